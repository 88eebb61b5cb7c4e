#include "handlers/api/endpoints.h"
#include "handlers/api/lists.h"
#include "handlers/api/views.h"

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
  GH_TRY(auth::EndOwnSession(call.services, call.caller, *call.principal, SessionId{*call.id}));
  return http::Response::Empty(204);
}

Result<http::Response> GetMyAttempts(Call& call) {
  return AttemptsOf(call, call.principal->user_id);
}

Result<http::Response> PatchMe(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> PostMyEmail(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> GetMyExport(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> DeleteMe(Call&) { return MakeError(ErrorCode::kInternal); }

}  // namespace gatehouse::api
