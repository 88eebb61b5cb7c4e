// Administration of the caller's tenant.
#include "handlers/api/endpoints.h"
#include "handlers/api/lists.h"
#include "handlers/auth/requirement.h"
#include "handlers/auth/session.h"

namespace gatehouse::api {

Result<http::Response> GetUserSessions(Call& call) { return SessionsOf(call, UserId{*call.id}); }

Result<http::Response> PostUserLogout(Call& call) {
  const auto& who = *call.principal;
  const auto executor = call.services.db.Auto(call.caller.deadline);
  GH_ASSIGN(const auto target, store::FindUser(*executor, who.tenant_id, UserId{*call.id}));
  if (!target) return MakeError(ErrorCode::kNotFound, "user");
  GH_ASSIGN(const auto grants, store::GrantsOf(*executor, who.tenant_id, target->id));
  if (!auth::MayActOn(who, target->is_tenant_admin, grants.platform_admin, grants.permissions)) {
    return MakeError(ErrorCode::kEscalation);
  }
  GH_TRY(auth::EndSessions(call.services, call.caller, who.tenant_id, UserId{*call.id}, who.user_id,
                           std::nullopt, "ended_by_admin"));
  return http::Response::Empty(204);
}

Result<http::Response> PostUsers(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> GetUser(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> PatchUser(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> DeleteUser(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> PutUserRoles(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> PostUserUnlock(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> PostUserPasswordReset(Call&) { return MakeError(ErrorCode::kInternal); }

}  // namespace gatehouse::api
