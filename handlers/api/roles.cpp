#include "handlers/api/endpoints.h"

namespace gatehouse::api {

Result<http::Response> GetRoles(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> PostRoles(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> GetRole(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> PatchRole(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> DeleteRole(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> GetPermissions(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> PostPermissions(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> DeletePermission(Call&) { return MakeError(ErrorCode::kInternal); }

}  // namespace gatehouse::api
