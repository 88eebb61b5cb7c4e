// The public keys of access tokens (SPEC T3), for those who verify them by themselves.
#include "handlers/api/endpoints.h"
#include "handlers/auth/live_tokens.h"

namespace gatehouse::api {

Result<http::Response> GetJwks(Call& call) {
  auto response = http::Response::Json(200, call.services.tokens.PublicKeys());
  response.Header("Cache-Control", "public, max-age=300");
  return response;
}

}  // namespace gatehouse::api
