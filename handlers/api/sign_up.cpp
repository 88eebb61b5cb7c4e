#include "handlers/api/endpoints.h"
#include "handlers/auth/registration.h"
#include "handlers/auth/verification.h"

namespace gatehouse::api {

Result<http::Response> PostRegister(Call& call) {
  const auth::RegistrationRequest request{call.body.Text("tenant"),
                                          call.body.Text("email"),
                                          call.body.Text("password"),
                                          call.body.OptionalText("first_name"),
                                          call.body.OptionalText("last_name"),
                                          call.body.OptionalText("phone")};
  GH_TRY(auth::Register(call.services, call.caller, request));
  return http::Response::Json(202, R"({"status":"verification_sent"})");
}

Result<http::Response> PostVerifyEmail(Call& call) {
  GH_TRY(auth::VerifyEmail(call.services, call.caller, call.body.Text("token")));
  return http::Response::Json(200, R"({"status":"verified"})");
}

Result<http::Response> PostResendVerification(Call& call) {
  GH_TRY(auth::ResendVerification(call.services, call.caller, call.body.Text("tenant"),
                                  call.body.Text("email")));
  return http::Response::Json(202, R"({"status":"accepted"})");
}

}  // namespace gatehouse::api
