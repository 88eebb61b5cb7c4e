// OAuth sign-in (API.md "Second factor, OAuth"): people's browsers go through here on their way to
// a provider and back, so that what goes wrong leads to the sign-in page and not to a document.
#include "fcgi/base/url.h"
#include "fcgi/http/input.h"
#include "fcgi/run/log.h"
#include "handlers/api/cookies.h"
#include "handlers/api/endpoints.h"
#include "handlers/api/paging.h"
#include "handlers/api/session_answer.h"
#include "handlers/api/views.h"
#include "handlers/auth/oauth_identity.h"
#include "handlers/auth/oauth_sign_in.h"
#include "handlers/auth/verification.h"

namespace gatehouse::api {
namespace {

constexpr std::string_view kHome = "/";

http::Response Redirect(std::string_view location) {
  auto response = http::Response::Empty(302);
  response.Header("Location", location);
  return response;
}

std::string SignInPage(const Call& call) {
  return call.services.config.base_url + "/auth/ui/sign-in";
}

http::Response ToSignInPage(const Call& call, const Error& error) {
  return Redirect(WithQuery(SignInPage(call), {{"error", std::string(Info(error.code).name)}}));
}

// Where to go from there, in the fragment: for the page, not for logs.
http::Response ToSecondFactor(const Call& call, const auth::Challenge& challenge,
                              const std::string& return_to) {
  auto response =
      Redirect(SignInPage(call) + "?second_factor=required#return_to=" + QueryEncode(return_to));
  SetChallengeCookie(response, challenge.token, challenge.expires_in);
  return response;
}

// The one value of a parameter. Twice is as good as never (RFC 6749 section 3.1).
std::optional<std::string> OneOf(const http::Pairs& pairs, std::string_view name) {
  std::optional<std::string> out;
  for (const auto& [key, value] : pairs) {
    if (key != name) continue;
    if (out) return std::nullopt;
    out = value;
  }
  return out;
}

}  // namespace

Result<http::Response> GetOAuthProviders(Call& call) {
  GH_ASSIGN(const auto tenant,
            auth::NamedTenant(call.services, call.caller, call.query.Text("tenant")));
  json::Writer out;
  out.BeginObject().Key("items");
  WriteProviders(out, auth::ProvidersOf(call.services, tenant.settings));
  return http::Response::Json(200, out.EndObject().Take());
}

Result<http::Response> GetOAuthStart(Call& call) {
  GH_ASSIGN(const auto tenant,
            auth::NamedTenant(call.services, call.caller, call.query.Text("tenant")));
  const std::string asked = call.query.Text("return_to");
  const auto started = auth::StartFlow(call.services, call.caller, tenant, call.code,
                                       asked.empty() ? kHome : std::string_view(asked),
                                       CookieValue(call.request, kOAuthCookie), nullptr);
  if (!started.ok()) {
    const auto code = started.error().code;
    // A link that cannot be right is the site's mistake; a provider that is down is nobody's.
    if (code != ErrorCode::kUnavailable && code != ErrorCode::kTimeout) return started.error();
    log::Warn("oauth.not_started", {{"reason", started.error().inner}});
    return ToSignInPage(call, MakeError(ErrorCode::kUnavailable));
  }
  auto response = Redirect(started->authorize_url);
  SetOAuthCookie(response, started->browser, auth::kOAuthStateLife);
  return response;
}

Result<http::Response> GetOAuthCallback(Call& call) {
  const auto parsed = http::ParseUrlEncoded(call.request.query());
  const http::Pairs pairs = parsed.ok() ? *parsed : http::Pairs();
  auth::CallbackRequest request;
  request.provider = call.code;
  request.secrets = {OneOf(pairs, "state").value_or(""),
                     std::string(CookieValue(call.request, kOAuthCookie))};
  request.code = OneOf(pairs, "code").value_or("");
  request.iss = OneOf(pairs, "iss");
  request.error = OneOf(pairs, "error");
  request.device = DeviceOf(call, {}, true);
  const auto outcome = auth::FinishFlow(call.services, call.caller, request);
  if (!outcome.ok()) {
    log::Info("oauth.refused",
              {{"code", Info(outcome.error().code).name}, {"reason", outcome.error().inner}});
    return ToSignInPage(call, outcome.error());
  }
  if (!outcome->signed_in) return Redirect(outcome->return_to);
  if (const auto* challenge = std::get_if<auth::Challenge>(&*outcome->signed_in)) {
    return ToSecondFactor(call, *challenge, outcome->return_to);
  }
  auto response = Redirect(outcome->return_to);
  SetSessionCookies(call, response, std::get<auth::SessionGrant>(*outcome->signed_in),
                    request.device.browser_id);
  return response;
}

Result<http::Response> PostOAuthLink(Call& call) {
  GH_ASSIGN(const auto tenant, auth::LoadTenantContext(*call.services.db.Auto(call.caller.deadline),
                                                       call.principal->tenant_id));
  GH_ASSIGN(const auto started,
            auth::StartFlow(call.services, call.caller, tenant, call.code, "/auth/ui/account",
                            CookieValue(call.request, kOAuthCookie), &*call.principal));
  json::Writer out;
  out.BeginObject().Member("authorize_url", started.authorize_url).EndObject();
  auto response = http::Response::Json(200, out.Take());
  SetOAuthCookie(response, started.browser, auth::kOAuthStateLife);
  return response;
}

Result<http::Response> DeleteOAuthIdentity(Call& call) {
  GH_TRY(auth::Unlink(call.services, call.caller, *call.principal, call.code));
  return http::Response::Empty(204);
}

Result<http::Response> GetMyIdentities(Call& call) {
  GH_ASSIGN(const Page page, ReadPage(call.query));
  GH_ASSIGN(auto accounts, auth::LinkedAccounts(call.services, call.caller, *call.principal));
  const auto place = [](const auth::LinkedAccount& account) {
    return Cursor{TimeKey(account.identity.created_at), account.identity.id.uuid};
  };
  CutToPage(accounts, page, place);
  return ListAnswer(accounts, page, place, WriteIdentity);
}

}  // namespace gatehouse::api
