#include "handlers/api/endpoints.h"

namespace gatehouse::api {

Result<http::Response> GetTenants(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> PostTenants(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> GetTenant(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> PatchTenant(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> DeleteTenant(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> GetTenantSettings(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> PatchTenantSettings(Call&) { return MakeError(ErrorCode::kInternal); }

}  // namespace gatehouse::api
