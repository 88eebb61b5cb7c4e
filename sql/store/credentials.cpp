#include "sql/store/credentials.h"

#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

const db::Sql kFindLive{"credentials.find_live",
                        "SELECT c.id, c.tenant_id, c.name, c.secret_hash, c.created_at,"
                        " c.created_by FROM service_credentials c"
                        " JOIN tenants t ON t.id = c.tenant_id"
                        " WHERE c.id = ? AND t.status = 'active' AND t.deleted_at IS NULL"};

Credential ReadCredential(const db::Row& row) {
  return {row.As<CredentialId>(0),  row.As<TenantId>(1), row.Text(2), row.Text(3), row.Time(4),
          row.OptionalAs<UserId>(5)};
}

}  // namespace

Result<std::optional<Credential>> FindLiveCredential(db::Executor& ex, CredentialId id) {
  return Map(ex.QueryOne(kFindLive, {id}), ReadCredential);
}

}  // namespace gatehouse::store
