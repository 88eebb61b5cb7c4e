// GET /auth/session/end (SPEC W1). Anyone may come: a token that the gate refuses is what it is
// for.
#include "handlers/auth/session_end.h"

#include "handlers/api/cookies.h"
#include "handlers/api/endpoints.h"

namespace gatehouse::api {

Result<http::Response> GetSessionEnd(Call& call) {
  const auto credential = FindCredential(call.request);
  if (credential.kind == Credential::Kind::kNone) {
    return MakeError(ErrorCode::kAuthenticationRequired);
  }
  if (credential.kind == Credential::Kind::kUnusable) {
    return MakeError(ErrorCode::kInvalidToken, "empty, or two access cookies");
  }
  GH_ASSIGN(const auto end, auth::EndOfSession(call.services, call.caller, credential.token));
  json::Writer out;
  out.BeginObject().Member("reason", end.reason);
  out.Member("ended_at", ToRfc3339(end.ended_at)).EndObject();
  return http::Response::Json(200, out.Take());
}

}  // namespace gatehouse::api
