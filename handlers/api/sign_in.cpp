#include "handlers/auth/sign_in.h"

#include "handlers/api/cookies.h"
#include "handlers/api/endpoints.h"
#include "handlers/api/session_answer.h"
#include "handlers/auth/csrf.h"
#include "handlers/auth/proof_cache.h"

namespace gatehouse::api {
namespace {

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
  const auth::SignInRequest request{
      call.body.Text("tenant"), call.body.Text("email"), call.body.Text("password"),
      DeviceOf(call, call.body.Object("device"), cookie_mode), cookie_mode};
  GH_ASSIGN(const auto answer, auth::SignIn(call.services, call.caller, request));
  return AnswerSignIn(call, answer, request.device.browser_id);
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
