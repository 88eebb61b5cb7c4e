#include "handlers/auth/sign_in.h"

#include <algorithm>

#include "fcgi/lib/text.h"
#include "handlers/api/cookies.h"
#include "handlers/api/endpoints.h"
#include "handlers/api/views.h"
#include "handlers/auth/csrf.h"
#include "handlers/auth/proof_cache.h"

namespace gatehouse::api {
namespace {

// The browser keeps its id wherever it signs in; one without a cookie gets a new one.
std::string BrowserIdOf(const Call& call) {
  return call.device ? call.device->browser_id : auth::NewBrowserId(call.services.entropy);
}

// The device that the body names, else the one of the device cookie, else a new one.
auth::Device DeviceOf(const Call& call, bool cookie_mode) {
  const http::Fields named = call.body.Object("device");
  auth::Device out{named.Text("id"), named.Text("name"), named.Text("type"), BrowserIdOf(call)};
  if (out.id.empty()) {
    out.id = call.device ? call.device->device_id
                         : Uuid::V7(call.caller.now, call.services.entropy).ToString();
  }
  if (out.name.empty()) out.name = text::Truncate(call.caller.user_agent, 100);
  if (out.name.empty()) out.name = "Unknown device";
  if (out.type.empty()) out.type = cookie_mode ? "web" : "other";
  return out;
}

// The session answer of API.md. In cookie mode the tokens go into cookies, and the body has the
// CSRF token instead.
http::Response SessionAnswer(const Call& call, const auth::SessionGrant& grant,
                             const std::string& browser_id) {
  const bool cookie_mode = grant.session.cookie_mode;
  const auto seconds_until = [&](TimePoint end) {
    return std::max<std::int64_t>(0, std::chrono::floor<Seconds>(end - grant.issued_at).count());
  };
  json::Writer out;
  http::Response response{200, "application/json", {}, {}};
  out.BeginObject();
  if (cookie_mode) {
    const auto csrf =
        auth::NewCsrfToken(call.services.keys, grant.session.id, call.services.entropy);
    out.Member("csrf_token", csrf);
    SetAccessCookies(response, grant, csrf);
  } else {
    out.Member("access_token", grant.access_token).Member("refresh_token", grant.refresh_token);
  }
  out.Member("token_type", "Bearer").Member("expires_in", seconds_until(grant.access_expires_at));
  out.Member("refresh_expires_in", seconds_until(grant.session.expires_at)).Key("session");
  WriteSession(out, grant.session, grant.settings, true);
  out.Key("user");
  WriteUser(out, grant.user, grant.grants);
  response.body = out.EndObject().Take();
  SetDeviceCookie(response,
                  auth::SignDevice(call.services.keys, {grant.session.device_id, browser_id}));
  return response;
}

Error MissingRefreshToken() {
  return {ErrorCode::kValidationFailed,
          "refresh_token",
          {{"/refresh_token", "required", "Neither a refresh_token nor a refresh cookie came.",
            "Please sign in again."}},
          0};
}

}  // namespace

Result<http::Response> PostLogin(Call& call) {
  const bool cookie_mode = call.body.Text("transport") == "cookie";
  if (cookie_mode &&
      !auth::IsAllowedOrigin(call.services.config, call.request.Param("HTTP_ORIGIN"))) {
    return MakeError(ErrorCode::kOriginNotAllowed);
  }
  const auth::SignInRequest request{call.body.Text("tenant"), call.body.Text("email"),
                                    call.body.Text("password"), DeviceOf(call, cookie_mode),
                                    cookie_mode};
  GH_ASSIGN(const auto grant, auth::SignIn(call.services, call.caller, request));
  return SessionAnswer(call, grant, request.device.browser_id);
}

Result<http::Response> PostRefresh(Call& call) {
  const bool from_allowed_origin =
      auth::IsAllowedOrigin(call.services.config, call.request.Param("HTTP_ORIGIN"));
  std::string token = call.body.Text("refresh_token");
  if (token.empty()) {
    token = CookieValue(call.request, kRefreshCookie);
    if (token.empty()) {
      return call.empty_body ? MakeError(ErrorCode::kMalformedJson, "empty body, no cookie")
                             : MissingRefreshToken();
    }
    const auto parsed = auth::ParseRefreshToken(token);
    if (!parsed) return MakeError(ErrorCode::kInvalidRefreshToken, "malformed cookie");
    if (!from_allowed_origin) return MakeError(ErrorCode::kOriginNotAllowed);
    if (!auth::IsValidCsrf(call.services.keys, parsed->session,
                           call.request.Param("HTTP_X_CSRF_TOKEN"),
                           CookieValue(call.request, kCsrfCookie))) {
      return MakeError(ErrorCode::kCsrfFailed);
    }
  }
  GH_ASSIGN(const auto grant,
            auth::Refresh(call.services, call.caller, token, from_allowed_origin));
  return SessionAnswer(call, grant, BrowserIdOf(call));
}

Result<http::Response> PostLogout(Call& call) {
  GH_TRY(auth::Logout(call.services, call.caller, *call.principal));
  auto response = http::Response::Empty(204);
  ClearAccessCookies(response);
  return response;
}

Result<http::Response> PostLogoutAll(Call& call) {
  const auto& who = *call.principal;
  const bool keep = call.body.Bool("keep_current");
  GH_TRY(auth::EndSessions(call.services, call.caller, who.tenant_id, who.user_id, who.user_id,
                           keep ? std::optional(who.session_id) : std::nullopt, "logout_all"));
  auto response = http::Response::Empty(204);
  if (!keep) {
    call.services.proofs.Revoke(who.tenant_id, who.session_id);
    ClearAccessCookies(response);
  }
  return response;
}

}  // namespace gatehouse::api
