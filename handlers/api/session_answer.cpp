#include "handlers/api/session_answer.h"

#include <algorithm>

#include "fcgi/lib/text.h"
#include "handlers/api/cookies.h"
#include "handlers/api/views.h"
#include "handlers/auth/csrf.h"

namespace gatehouse::api {
namespace {

http::Response ChallengeAnswer(const auth::Challenge& challenge) {
  json::Writer out;
  out.BeginObject().Member("mfa_required", true).Member("challenge_token", challenge.token);
  out.Member("expires_in", std::int64_t{challenge.expires_in.count()}).Key("methods").BeginArray();
  out.String("totp").String("recovery_code").EndArray();
  auto response = http::Response::Json(200, out.EndObject().Take());
  if (challenge.cookie_mode) SetChallengeCookie(response, challenge.token, challenge.expires_in);
  return response;
}

}  // namespace

std::string BrowserIdOf(const Call& call) {
  return call.device ? call.device->browser_id : auth::NewBrowserId(call.services.entropy);
}

auth::Device DeviceOf(const Call& call, const http::Fields& named, bool cookie_mode) {
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

std::string SetSessionCookies(const Call& call, http::Response& response,
                              const auth::SessionGrant& grant, const std::string& browser_id) {
  auto csrf = auth::NewCsrfToken(call.services.keys, grant.session.id, call.services.entropy);
  SetAccessCookies(response, grant, csrf);
  SetDeviceCookie(response,
                  auth::SignDevice(call.services.keys, {grant.session.device_id, browser_id}));
  return csrf;
}

http::Response SessionAnswer(const Call& call, const auth::SessionGrant& grant,
                             const std::string& browser_id) {
  const auto seconds_until = [&](TimePoint end) {
    return std::max<std::int64_t>(0, std::chrono::floor<Seconds>(end - grant.issued_at).count());
  };
  json::Writer out;
  http::Response response{200, "application/json", {}, {}};
  out.BeginObject();
  if (grant.session.cookie_mode) {
    out.Member("csrf_token", SetSessionCookies(call, response, grant, browser_id));
  } else {
    out.Member("access_token", grant.access_token).Member("refresh_token", grant.refresh_token);
    SetDeviceCookie(response,
                    auth::SignDevice(call.services.keys, {grant.session.device_id, browser_id}));
  }
  out.Member("token_type", "Bearer").Member("expires_in", seconds_until(grant.access_expires_at));
  out.Member("refresh_expires_in", seconds_until(grant.session.expires_at)).Key("session");
  WriteSession(out, grant.session, grant.settings, true);
  out.Key("user");
  WriteUser(out, grant.user, grant.grants);
  response.body = out.EndObject().Take();
  return response;
}

http::Response AnswerSignIn(const Call& call, const auth::SignInAnswer& answer,
                            const std::string& browser_id) {
  if (const auto* challenge = std::get_if<auth::Challenge>(&answer)) {
    return ChallengeAnswer(*challenge);
  }
  return SessionAnswer(call, std::get<auth::SessionGrant>(answer), browser_id);
}

}  // namespace gatehouse::api
