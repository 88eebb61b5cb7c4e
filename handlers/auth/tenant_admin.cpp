#include "handlers/auth/tenant_admin.h"

#include "sql/store/tenants.h"
namespace gatehouse::auth {
Status CheckUserLimit(db::Executor& ex, TenantId tenant) {
  GH_TRY(store::LockTenant(ex, tenant));
  return {};
}
}  // namespace gatehouse::auth
