// Users of a tenant, for administrators.
#include "handlers/api/cookies.h"
#include "handlers/api/endpoints.h"
#include "handlers/api/lists.h"
#include "handlers/api/user_change.h"
#include "handlers/api/views.h"
#include "handlers/auth/user_admin.h"

namespace gatehouse::api {
namespace {

http::Response UserAnswer(int status, const auth::UserView& view) {
  json::Writer out;
  WriteUser(out, view.user, view.grants);
  return http::Response::Json(status, out.Take());
}

std::vector<RoleId> RoleIds(const http::Fields& body) {
  std::vector<RoleId> out;
  for (const auto& item : body.Items("role_ids")) out.push_back(*RoleId::Parse(*item.string()));
  return out;
}

}  // namespace

Result<http::Response> PostUsers(Call& call) {
  auth::NewUser wanted{call.body.Text("email"), ReadUserChange(call.body), RoleIds(call.body)};
  wanted.profile.email.reset();
  GH_ASSIGN(const auto view, auth::CreateUser(call.services, call.caller, call.actor(), wanted,
                                              [&](db::Executor& ex, const auth::UserView& made) {
                                                return call.idempotency.Keep(ex,
                                                                             UserAnswer(201, made));
                                              }));
  return UserAnswer(201, view);
}

Result<http::Response> GetUser(Call& call) {
  GH_ASSIGN(const auto view, auth::FindUserView(*call.services.db.Auto(call.caller.deadline),
                                                call.tenant_id, UserId{*call.id}));
  return UserAnswer(200, view);
}

Result<http::Response> PatchUser(Call& call) {
  GH_ASSIGN(const auto view, auth::ChangeUser(call.services, call.caller, call.actor(),
                                              UserId{*call.id}, ReadUserChange(call.body)));
  auto response = UserAnswer(200, view);
  const auto& who = *call.principal;
  const bool me = who.by_cookie && view.user.id == who.user_id;
  if (me && view.user.status != store::UserStatus::kActive) ClearAccessCookies(response);
  return response;
}

Result<http::Response> DeleteUser(Call& call) {
  GH_TRY(auth::DeleteUser(call.services, call.caller, call.actor(), UserId{*call.id}));
  return SignedOut(*call.principal, UserId{*call.id});
}

Result<http::Response> PutUserRoles(Call& call) {
  GH_ASSIGN(const auto view, auth::SetUserRoles(call.services, call.caller, call.actor(),
                                                UserId{*call.id}, RoleIds(call.body)));
  return UserAnswer(200, view);
}

Result<http::Response> PostUserUnlock(Call& call) {
  GH_TRY(auth::UnlockUser(call.services, call.caller, call.actor(), UserId{*call.id}));
  return http::Response::Empty(204);
}

Result<http::Response> PostUserPasswordReset(Call& call) {
  GH_TRY(auth::ForcePasswordReset(call.services, call.caller, call.actor(), UserId{*call.id}));
  return SignedOut(*call.principal, UserId{*call.id});
}

Result<http::Response> PostUserLogout(Call& call) {
  GH_TRY(auth::SignOutUser(call.services, call.caller, call.actor(), UserId{*call.id}));
  return SignedOut(*call.principal, UserId{*call.id});
}

Result<http::Response> GetUserSessions(Call& call) { return SessionsOf(call, UserId{*call.id}); }

}  // namespace gatehouse::api
