#include "handlers/api/endpoints.h"
#include "handlers/auth/recovery.h"

namespace gatehouse::api {

Result<http::Response> PostForgotPassword(Call& call) {
  GH_TRY(auth::ForgotPassword(call.services, call.caller, call.body.Text("tenant"),
                              call.body.Text("email")));
  return http::Response::Json(202, R"({"status":"accepted"})");
}

Result<http::Response> PostResetPassword(Call& call) {
  GH_TRY(auth::ResetPassword(call.services, call.caller, call.body.Text("token"),
                             call.body.Text("new_password")));
  return http::Response::Empty(204);
}

Result<http::Response> PostChangePassword(Call& call) {
  GH_TRY(auth::ChangePassword(call.services, call.caller, *call.principal,
                              {call.body.Text("current_password"), call.body.Text("code"), true},
                              call.body.Text("new_password")));
  return http::Response::Empty(204);
}

}  // namespace gatehouse::api
