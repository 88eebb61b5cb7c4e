#include "sql/store/every_tenant.h"

#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

const db::Sql kLock{"every_tenant.lock", "SELECT id FROM tenants ORDER BY id FOR UPDATE"};
// Nothing of the tenant itself has changed: updated_at stays.
const db::Sql kBump{"every_tenant.bump_generation",
                    "UPDATE tenants SET generation = generation + 1"};
const db::Sql kIds{"every_tenant.ids", "SELECT id FROM tenants"};

}  // namespace

Status LockEveryTenant(db::Executor& ex) {
  GH_TRY(ex.Query(kLock, {}));
  return {};
}

Status BumpEveryGeneration(db::Executor& ex) { return Done(ex.Execute(kBump, {})); }

Result<std::vector<TenantId>> AllTenantIds(db::Executor& ex) {
  return Map(ex.Query(kIds, {}), [](const db::Row& row) { return row.As<TenantId>(0); });
}

}  // namespace gatehouse::store
