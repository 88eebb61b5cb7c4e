// Routes that ask for the caller's own password, which not everybody has (SPEC O1): their schemas
// do not require it, the rule does, of those who have one.
#pragma once

#include "handlers/api/call.h"

namespace gatehouse::api {

// As where the schema requires a field: no body at all is 400, whatever is missing from it.
inline Error WithoutBody(const Call& call, Error error) {
  if (!call.empty_body || error.code != ErrorCode::kValidationFailed) return error;
  return MakeError(ErrorCode::kMalformedJson, "empty body");
}

}  // namespace gatehouse::api
