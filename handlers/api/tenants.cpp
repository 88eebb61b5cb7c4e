// Tenants and their settings (API.md "Administration").
#include "handlers/api/endpoints.h"
#include "handlers/api/paging.h"
#include "handlers/api/views.h"
#include "handlers/auth/tenant.h"
#include "handlers/auth/tenant_admin.h"

namespace gatehouse::api {
namespace {

// The path's tenant: the caller's own, any for platform administrators. Whether another one is
// there, nobody else learns (SPEC N1).
Result<TenantId> NamedTenant(const Call& call) {
  const TenantId id{*call.id};
  if (id != call.principal->tenant_id && !call.principal->platform_admin) {
    return MakeError(ErrorCode::kNotFound, "another tenant");
  }
  return id;
}

http::Response TenantAnswer(int status, const store::Tenant& tenant) {
  json::Writer out;
  WriteTenant(out, tenant);
  return http::Response::Json(status, out.Take());
}

// nullopt where the field was not sent; an inner nullopt where it was null.
template <class T>
std::optional<std::optional<T>> Change(const http::Fields& body, std::string_view name,
                                       std::optional<T> value) {
  if (!body.Has(name)) return std::nullopt;
  return std::optional<std::optional<T>>(std::in_place, std::move(value));
}

}  // namespace

Result<http::Response> GetTenants(Call& call) {
  GH_ASSIGN(const Page page, ReadPage(call.query));
  const auto executor = call.services.db.Auto(call.caller.deadline);
  const bool by_slug = page.sort == "slug";
  const auto read = [&]() -> Result<std::vector<store::Tenant>> {
    const std::string& text = call.query.Text("q");
    const int limit = page.limit + 1;
    if (by_slug) {
      const auto after = page.after ? std::optional(page.after->key) : std::nullopt;
      return store::TenantsBySlug(*executor, text, after, page.ascending, limit);
    }
    std::optional<store::TenantPlace> after;
    if (page.after) after = {*page.AfterTime(), TenantId{page.after->id}};
    return store::TenantsByCreation(*executor, text, after, page.ascending, limit);
  };
  GH_ASSIGN(const auto tenants, read());
  return ListAnswer(
      tenants, page,
      [&](const store::Tenant& t) {
        return Cursor{by_slug ? t.slug : TimeKey(t.created_at), t.id.uuid};
      },
      WriteTenant);
}

Result<http::Response> PostTenants(Call& call) {
  const auto& body = call.body;
  const auth::TenantDraft draft{body.Text("slug"),
                                body.Text("name"),
                                body.Text("preset"),
                                body.Text("status") == "suspended",
                                body.OptionalText("plan"),
                                body.OptionalTime("subscription_ends_at"),
                                body.OptionalInt("max_users")};
  http::Response response;
  const auto keep = [&](db::Executor& ex, const store::Tenant& tenant) {
    response = TenantAnswer(201, tenant);
    return call.idempotency.Keep(ex, response);
  };
  GH_TRY(auth::CreateTenant(call.services, call.caller, &*call.principal, draft, keep));
  return response;
}

Result<http::Response> GetTenant(Call& call) {
  GH_ASSIGN(const TenantId id, NamedTenant(call));
  GH_ASSIGN(const auto tenant, store::FindTenant(*call.services.db.Auto(call.caller.deadline), id));
  if (!tenant) return MakeError(ErrorCode::kNotFound, "tenant");
  return TenantAnswer(200, *tenant);
}

Result<http::Response> PatchTenant(Call& call) {
  GH_ASSIGN(const TenantId id, NamedTenant(call));
  const auto& body = call.body;
  auth::TenantPatch patch;
  patch.slug = body.OptionalText("slug");
  patch.name = body.OptionalText("name");
  if (body.Has("status")) patch.suspended = body.Text("status") == "suspended";
  patch.plan = Change(body, "plan", body.OptionalText("plan"));
  patch.subscription_ends_at =
      Change(body, "subscription_ends_at", body.OptionalTime("subscription_ends_at"));
  patch.max_users = Change(body, "max_users", body.OptionalInt("max_users"));
  GH_ASSIGN(const auto tenant,
            auth::UpdateTenant(call.services, call.caller, &*call.principal, id, patch));
  return TenantAnswer(200, tenant);
}

Result<http::Response> DeleteTenant(Call& call) {
  GH_ASSIGN(const TenantId id, NamedTenant(call));
  GH_TRY(auth::DeleteTenant(call.services, call.caller, &*call.principal, id,
                            call.query.Bool("force")));
  return http::Response::Empty(204);
}

Result<http::Response> GetTenantSettings(Call& call) {
  GH_ASSIGN(const TenantId id, NamedTenant(call));
  GH_ASSIGN(const auto tenant,
            auth::FindTenantContext(*call.services.db.Auto(call.caller.deadline), id));
  if (!tenant) return MakeError(ErrorCode::kNotFound, "tenant");
  return http::Response::Json(200, auth::SettingsJson(tenant->settings));
}

Result<http::Response> PatchTenantSettings(Call& call) {
  GH_ASSIGN(const TenantId id, NamedTenant(call));
  GH_ASSIGN(const auto settings, auth::UpdateSettings(call.services, call.caller, &*call.principal,
                                                      id, call.body.value()));
  return http::Response::Json(200, auth::SettingsJson(settings));
}

}  // namespace gatehouse::api
