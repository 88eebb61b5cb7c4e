#include "sql/store/credentials.h"

#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

#define GH_CREDENTIAL_COLUMNS "c.id, c.tenant_id, c.name, c.secret_hash, c.created_at, c.created_by"

const db::Sql kFindLive{"credentials.find_live",
                        "SELECT " GH_CREDENTIAL_COLUMNS
                        " FROM service_credentials c"
                        " JOIN tenants t ON t.id = c.tenant_id"
                        " WHERE c.id = ? AND t.status = 'active' AND t.deleted_at IS NULL"};
const db::Sql kInsert{"credentials.insert",
                      "INSERT INTO service_credentials"
                      " (id, tenant_id, name, secret_hash, created_at, created_by)"
                      " VALUES (?, ?, ?, ?, ?, ?)"};
const db::Sql kFind{"credentials.find",
                    "SELECT " GH_CREDENTIAL_COLUMNS
                    " FROM service_credentials c WHERE c.id = ? AND c.tenant_id = ?"};
const db::Sql kLock{"credentials.lock",
                    "SELECT " GH_CREDENTIAL_COLUMNS
                    " FROM service_credentials c WHERE c.id = ? AND c.tenant_id = ? FOR UPDATE"};
const db::Sql kDelete{"credentials.delete",
                      "DELETE FROM service_credentials WHERE id = ? AND tenant_id = ?"};
// Without a cursor its condition is constant and falls away.
const db::Sql kNewestFirst{"credentials.list_newest",
                           "SELECT " GH_CREDENTIAL_COLUMNS
                           " FROM service_credentials c WHERE c.tenant_id = ?"
                           " AND (? IS NULL OR (c.created_at <= ? AND (c.created_at < ?"
                           "  OR c.id < ?)))"
                           " ORDER BY c.created_at DESC, c.id DESC LIMIT ?"};
const db::Sql kOldestFirst{"credentials.list_oldest",
                           "SELECT " GH_CREDENTIAL_COLUMNS
                           " FROM service_credentials c WHERE c.tenant_id = ?"
                           " AND (? IS NULL OR (c.created_at >= ? AND (c.created_at > ?"
                           "  OR c.id > ?)))"
                           " ORDER BY c.created_at, c.id LIMIT ?"};

#undef GH_CREDENTIAL_COLUMNS

Credential ReadCredential(const db::Row& row) {
  return {row.As<CredentialId>(0),  row.As<TenantId>(1), row.Text(2), row.Text(3), row.Time(4),
          row.OptionalAs<UserId>(5)};
}

}  // namespace

Result<std::optional<Credential>> FindLiveCredential(db::Executor& ex, CredentialId id) {
  return Map(ex.QueryOne(kFindLive, {id}), ReadCredential);
}

Status InsertCredential(db::Executor& ex, const Credential& c) {
  return Done(
      ex.Execute(kInsert, {c.id, c.tenant_id, c.name, c.secret_hash, c.created_at, c.created_by}));
}

Result<std::optional<Credential>> FindCredential(db::Executor& ex, TenantId tenant,
                                                 CredentialId id) {
  return Map(ex.QueryOne(kFind, {id, tenant}), ReadCredential);
}

Result<std::optional<Credential>> LockCredential(db::Executor& ex, TenantId tenant,
                                                 CredentialId id) {
  return Map(ex.QueryOne(kLock, {id, tenant}), ReadCredential);
}

Status DeleteCredential(db::Executor& ex, TenantId tenant, CredentialId id) {
  return OneRow(kDelete, ex.Execute(kDelete, {id, tenant}));
}

Result<std::vector<Credential>> ListCredentials(db::Executor& ex, TenantId tenant,
                                                const std::optional<CredentialCursor>& after,
                                                bool ascending, int limit) {
  std::optional<TimePoint> time;
  std::optional<CredentialId> id;
  if (after) {
    time = after->created_at;
    id = after->id;
  }
  return Map(
      ex.Query(ascending ? kOldestFirst : kNewestFirst, {tenant, time, time, time, id, limit}),
      ReadCredential);
}

}  // namespace gatehouse::store
