#include "handlers/auth/tenant.h"

namespace gatehouse::auth {
namespace {

Result<std::optional<TenantContext>> WithSettings(Result<std::optional<store::Tenant>> found) {
  GH_ASSIGN(auto tenant, std::move(found));
  if (!tenant) return std::optional<TenantContext>();
  TenantSettings settings = ParseSettings(tenant->settings);
  return std::optional<TenantContext>({std::move(*tenant), std::move(settings)});
}

}  // namespace

std::string TenantSlug(const Services& services, const Caller& caller, std::string_view from_body) {
  if (!from_body.empty()) return std::string(from_body);
  if (!caller.tenant_slug.empty()) return caller.tenant_slug;
  return services.config.default_tenant;
}

Result<std::optional<TenantContext>> FindTenantContext(Services& services, const Caller& caller,
                                                       std::string_view slug) {
  return WithSettings(store::FindTenantBySlug(*services.db.Auto(caller.deadline), slug));
}

Result<std::optional<TenantContext>> FindTenantContext(db::Executor& ex, TenantId id) {
  return WithSettings(store::FindTenant(ex, id));
}

Result<TenantContext> LoadTenantContext(db::Executor& ex, TenantId id) {
  GH_ASSIGN(auto tenant, FindTenantContext(ex, id));
  if (!tenant) return MakeError(ErrorCode::kInvalidToken, "the tenant was deleted meanwhile");
  return std::move(*tenant);
}

Status CheckUserLimit(db::Executor& ex, TenantId id, std::int64_t more) {
  // A look without a lock tells which one to take: two that hold the row shared and then both want
  // it alone are a deadlock. A tenant without a limit is shared, so that nobody waits.
  GH_ASSIGN(auto tenant, store::FindTenant(ex, id));
  const bool limited = tenant && tenant->max_users;
  GH_ASSIGN(tenant, limited ? store::LockTenant(ex, id) : store::ShareTenant(ex, id));
  if (tenant && tenant->max_users && !limited) {  // given one meanwhile
    GH_ASSIGN(tenant, store::LockTenant(ex, id));
  }
  if (!tenant) return MakeError(ErrorCode::kUnknownTenant, "deleted meanwhile");
  if (!tenant->max_users) return {};
  GH_ASSIGN(const auto users, store::CountUsers(ex, id));
  if (users + more > *tenant->max_users) return MakeError(ErrorCode::kTenantUserLimit);
  return {};
}

}  // namespace gatehouse::auth
