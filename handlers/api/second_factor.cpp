#include "handlers/auth/second_factor.h"

#include "fcgi/base/codec.h"
#include "handlers/api/cookies.h"
#include "handlers/api/endpoints.h"
#include "handlers/api/own_password.h"
#include "handlers/api/session_answer.h"
#include "handlers/auth/challenge.h"
#include "handlers/auth/csrf.h"

namespace gatehouse::api {
namespace {

Error MissingChallenge() {
  return {ErrorCode::kValidationFailed,
          "challenge_token",
          {{"/challenge_token", "required",
            "Neither a challenge_token nor a challenge cookie came.", "Please sign in again."}},
          0};
}

http::Response RecoveryCodes(const std::vector<std::string>& codes) {
  json::Writer out;
  out.BeginObject().Key("recovery_codes").BeginArray();
  for (const auto& code : codes) out.String(code);
  return http::Response::Json(200, out.EndArray().EndObject().Take());
}

}  // namespace

Result<http::Response> PostChallenge(Call& call) {
  std::string token = call.body.Text("challenge_token");
  if (token.empty()) token = CookieValue(call.request, kChallengeCookie);
  if (token.empty()) return MissingChallenge();
  const std::string code = call.body.Text("code");
  GH_ASSIGN(const auto answered,
            auth::AnswerChallenge(
                call.services, call.caller,
                {token, code,
                 auth::IsAllowedOrigin(call.services.config, call.request.Param("HTTP_ORIGIN"))}));
  auto response = SessionAnswer(call, answered.grant, answered.browser_id);
  if (answered.grant.session.cookie_mode) ClearChallengeCookie(response);
  return response;
}

Result<http::Response> PostEnrol(Call& call) {
  auto made = auth::Enrol(call.services, call.caller, *call.principal, call.body.Text("password"));
  if (!made.ok()) return WithoutBody(call, std::move(made).error());
  json::Writer out;
  out.BeginObject().Member("secret", made->secret).Member("otpauth_uri", made->otpauth_uri);
  out.Member("qr_svg", made->qr.svg).Member("qr_png_base64", Base64Encode(made->qr.png));
  return http::Response::Json(200, out.EndObject().Take());
}

Result<http::Response> PostConfirm(Call& call) {
  GH_ASSIGN(const auto codes, auth::ConfirmEnrolment(call.services, call.caller, *call.principal,
                                                     call.body.Text("code")));
  return RecoveryCodes(codes);
}

Result<http::Response> PostDisable(Call& call) {
  GH_TRY(auth::DisableSecondFactor(call.services, call.caller, *call.principal,
                                   call.body.Text("password"), call.body.Text("code")));
  return http::Response::Empty(204);
}

Result<http::Response> PostRecoveryCodes(Call& call) {
  GH_ASSIGN(const auto codes,
            auth::RenewRecoveryCodes(call.services, call.caller, *call.principal,
                                     call.body.Text("password"), call.body.Text("code")));
  return RecoveryCodes(codes);
}

}  // namespace gatehouse::api
