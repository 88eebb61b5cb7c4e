#include "handlers/api/cookies.h"
#include "handlers/api/endpoints.h"
#include "handlers/api/lists.h"
#include "handlers/api/own_password.h"
#include "handlers/api/user_change.h"
#include "handlers/api/views.h"
#include "handlers/auth/self.h"
#include "handlers/auth/verification.h"

namespace gatehouse::api {

Result<http::Response> GetMe(Call& call) {
  const auto& who = *call.principal;
  const auto executor = call.services.db.Auto(call.caller.deadline);
  GH_ASSIGN(const auto user, store::FindUser(*executor, who.tenant_id, who.user_id));
  if (!user) return MakeError(ErrorCode::kInvalidToken, "user deleted meanwhile");
  GH_ASSIGN(const auto grants, store::GrantsOf(*executor, who.tenant_id, who.user_id));
  json::Writer out;
  WriteUser(out, *user, grants);
  return http::Response::Json(200, out.Take());
}

Result<http::Response> GetMySessions(Call& call) {
  return SessionsOf(call, call.principal->user_id);
}

Result<http::Response> DeleteMySession(Call& call) {
  const SessionId session{*call.id};
  const auto& who = *call.principal;
  GH_TRY(auth::EndOwnSession(call.services, call.caller, who, session));
  auto response = http::Response::Empty(204);
  if (who.by_cookie && session == who.session_id) ClearAccessCookies(response);
  return response;
}

Result<http::Response> GetMyAttempts(Call& call) {
  return AttemptsOf(call, call.principal->user_id);
}

Result<http::Response> PatchMe(Call& call) {
  GH_ASSIGN(const auto view, auth::ChangeProfile(call.services, call.caller, *call.principal,
                                                 ReadUserChange(call.body)));
  json::Writer out;
  WriteUser(out, view.user, view.grants);
  return http::Response::Json(200, out.Take());
}

Result<http::Response> PostMyEmail(Call& call) {
  GH_TRY(auth::RequestEmailChange(call.services, call.caller, *call.principal,
                                  call.body.Text("new_email"), call.body.Text("password")));
  return http::Response::Json(202, R"({"status":"accepted"})");
}

Result<http::Response> DeleteMe(Call& call) {
  auto deleted = auth::DeleteOwnAccount(call.services, call.caller, *call.principal,
                                        {call.body.Text("password"), call.body.Text("code"), true});
  if (!deleted.ok()) return WithoutBody(call, std::move(deleted).error());
  auto response = http::Response::Empty(204);
  ClearAccessCookies(response);
  return response;
}

}  // namespace gatehouse::api
