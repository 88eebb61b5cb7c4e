// The caller's own session: GET /auth/session, /auth/info, /auth/csrf.
#include "handlers/api/cookies.h"
#include "handlers/api/endpoints.h"
#include "handlers/api/views.h"
#include "handlers/auth/csrf.h"
#include "handlers/auth/tenant.h"
#include "sql/store/roles.h"

namespace gatehouse::api {

Result<http::Response> GetSession(Call& call) {
  const auto& who = *call.principal;
  const auto executor = call.services.db.Auto(call.caller.deadline);
  GH_ASSIGN(const auto session, store::FindSession(*executor, who.tenant_id, who.session_id));
  GH_ASSIGN(const auto user, store::FindUser(*executor, who.tenant_id, who.user_id));
  if (!session || !user || session->revoked_at) {
    return MakeError(ErrorCode::kInvalidToken, "session ended meanwhile");
  }
  GH_ASSIGN(const auto grants, store::GrantsOf(*executor, who.tenant_id, who.user_id));
  GH_ASSIGN(const auto tenant, auth::LoadTenantContext(*executor, who.tenant_id));
  json::Writer out;
  out.BeginObject().Key("session");
  WriteSession(out, *session, tenant.settings, true);
  out.Key("user");
  WriteUser(out, *user, grants);
  auto response = http::Response::Json(200, out.EndObject().Take());
  GH_TRY(RenewToken(response, call.services, who, call.caller.now));
  return response;
}

Result<http::Response> GetInfo(Call& call) {
  const auto& who = *call.principal;
  GH_ASSIGN(const auto tenant,
            auth::LoadTenantContext(*call.services.db.Auto(call.caller.deadline), who.tenant_id));
  json::Writer out;
  out.BeginObject().Key("tenant").BeginObject().Member("id", who.tenant_id.ToString());
  out.Member("slug", tenant.row.slug).Member("name", tenant.row.name).EndObject();
  out.Member("text", tenant.settings.info_text);
  out.Member("roles_assigned", !who.identity->roles.empty()).EndObject();
  return http::Response::Json(200, out.Take());
}

Result<http::Response> GetCsrf(Call& call) {
  if (!call.principal->by_cookie) {
    return MakeError(ErrorCode::kNotFound, "a bearer token needs no CSRF token");
  }
  // One that is good stays: another site may make a browser ask for this, and another tab may hold
  // the token that a new one would take the place of.
  std::string token(CookieValue(call.request, kCsrfCookie));
  if (!auth::IsValidCsrf(call.services.keys, call.principal->session_id, token, token)) {
    token =
        auth::NewCsrfToken(call.services.keys, call.principal->session_id, call.services.entropy);
  }
  json::Writer out;
  out.BeginObject().Member("csrf_token", token).EndObject();
  auto response = http::Response::Json(200, out.Take());
  SetCsrfCookie(response, token, call.principal->session_expires_at, call.caller.now);
  return response;
}

}  // namespace gatehouse::api
