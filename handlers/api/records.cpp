// Sign-in attempts and the audit log, for administrators.
#include "handlers/api/endpoints.h"
#include "handlers/api/lists.h"

namespace gatehouse::api {

Result<http::Response> GetAttempts(Call& call) { return AttemptsOf(call, std::nullopt); }

Result<http::Response> GetAudit(Call&) { return MakeError(ErrorCode::kInternal); }

}  // namespace gatehouse::api
