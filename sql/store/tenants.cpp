#include "sql/store/tenants.h"

#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

#define GH_TENANT_COLUMNS                                                                  \
  "id, slug, name, status = 'suspended', plan, subscription_ends_at, max_users, settings," \
  " generation, created_at, updated_at"

const db::Sql kFind{"tenants.find", "SELECT " GH_TENANT_COLUMNS " FROM tenants WHERE id = ?"};
const db::Sql kLock{"tenants.lock",
                    "SELECT " GH_TENANT_COLUMNS " FROM tenants WHERE id = ? FOR UPDATE"};
const db::Sql kFindBySlug{"tenants.find_by_slug",
                          "SELECT " GH_TENANT_COLUMNS " FROM tenants WHERE slug = ?"};
const db::Sql kList{"tenants.list", "SELECT " GH_TENANT_COLUMNS " FROM tenants ORDER BY slug"};
const db::Sql kInsert{
    "tenants.insert",
    "INSERT INTO tenants (id, slug, name, status, plan, subscription_ends_at, max_users, settings,"
    " generation, created_at, created_by, updated_at, updated_by)"
    " VALUES (?, ?, ?, IF(?, 'suspended', 'active'), ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
const db::Sql kSetSuspended{"tenants.set_suspended",
                            "UPDATE tenants SET status = IF(?, 'suspended', 'active'),"
                            " generation = generation + 1, updated_at = ?, updated_by = ?"
                            " WHERE id = ?"};
const db::Sql kSetSettings{"tenants.set_settings",
                           "UPDATE tenants SET settings = ?, generation = generation + 1,"
                           " updated_at = ?, updated_by = ? WHERE id = ?"};
const db::Sql kBump{"tenants.bump_generation",
                    "UPDATE tenants SET generation = generation + 1, updated_at = ? WHERE id = ?"};
const db::Sql kCountUsers{"tenants.count_users", "SELECT COUNT(*) FROM users WHERE tenant_id = ?"};

#undef GH_TENANT_COLUMNS

Tenant ReadTenant(const db::Row& row) {
  Tenant tenant;
  tenant.id = row.As<TenantId>(0);
  tenant.slug = row.Text(1);
  tenant.name = row.Text(2);
  tenant.suspended = row.Bool(3);
  tenant.plan = row.OptionalText(4);
  tenant.subscription_ends_at = row.OptionalTime(5);
  tenant.max_users = row.OptionalInt(6);
  tenant.settings = row.Text(7);
  tenant.generation = static_cast<std::uint64_t>(row.Int(8));
  tenant.created_at = row.Time(9);
  tenant.updated_at = row.Time(10);
  return tenant;
}

}  // namespace

Result<std::optional<Tenant>> FindTenant(db::Executor& ex, TenantId id) {
  return Map(ex.QueryOne(kFind, {id}), ReadTenant);
}

Result<std::optional<Tenant>> LockTenant(db::Executor& ex, TenantId id) {
  return Map(ex.QueryOne(kLock, {id}), ReadTenant);
}

Result<std::optional<Tenant>> FindTenantBySlug(db::Executor& ex, std::string_view slug) {
  return Map(ex.QueryOne(kFindBySlug, {slug}), ReadTenant);
}

Result<std::vector<Tenant>> ListTenants(db::Executor& ex) {
  return Map(ex.Query(kList, {}), ReadTenant);
}

Status InsertTenant(db::Executor& ex, const Tenant& tenant, std::optional<UserId> by) {
  return Done(
      ex.Execute(kInsert, {tenant.id, tenant.slug, tenant.name, tenant.suspended, tenant.plan,
                           tenant.subscription_ends_at, tenant.max_users, tenant.settings,
                           tenant.generation, tenant.created_at, by, tenant.updated_at, by}));
}

Result<bool> SetTenantSuspended(db::Executor& ex, TenantId id, bool suspended, TimePoint now,
                                std::optional<UserId> by) {
  return Any(ex.Execute(kSetSuspended, {suspended, now, by, id}));
}

Result<bool> SetTenantSettings(db::Executor& ex, TenantId id, std::string_view settings,
                               TimePoint now, std::optional<UserId> by) {
  return Any(ex.Execute(kSetSettings, {settings, now, by, id}));
}

Status BumpTenantGeneration(db::Executor& ex, TenantId id, TimePoint now) {
  return OneRow(kBump, ex.Execute(kBump, {now, id}));
}

Result<std::int64_t> CountUsers(db::Executor& ex, TenantId id) {
  GH_ASSIGN(const auto row, ex.QueryOne(kCountUsers, {id}));
  return row ? row->Int(0) : 0;
}

}  // namespace gatehouse::store
