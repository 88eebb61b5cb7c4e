#include "handlers/auth/tenant.h"

namespace gatehouse::auth {

std::string TenantSlug(const Services& services, const Caller& caller, std::string_view from_body) {
  if (!from_body.empty()) return std::string(from_body);
  if (!caller.tenant_slug.empty()) return caller.tenant_slug;
  return services.config.default_tenant;
}

Result<std::optional<TenantContext>> FindTenantContext(Services& services, const Caller& caller,
                                                       std::string_view slug) {
  GH_ASSIGN(auto tenant, store::FindTenantBySlug(*services.db.Auto(caller.deadline), slug));
  if (!tenant) return std::optional<TenantContext>();
  TenantSettings settings = ParseSettings(tenant->settings);
  return std::optional<TenantContext>({std::move(*tenant), std::move(settings)});
}

Result<TenantContext> LoadTenantContext(db::Executor& ex, TenantId id) {
  GH_ASSIGN(auto tenant, store::FindTenant(ex, id));
  if (!tenant) return MakeError(ErrorCode::kInternal, "tenant of a live session is gone");
  TenantSettings settings = ParseSettings(tenant->settings);
  return TenantContext{std::move(*tenant), std::move(settings)};
}

}  // namespace gatehouse::auth
