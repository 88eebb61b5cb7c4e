#include "handlers/api/endpoints.h"

namespace gatehouse::api {

Result<http::Response> PostIntrospect(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> PostRevoke(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> GetServiceCredentials(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> PostServiceCredentials(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> DeleteServiceCredential(Call&) { return MakeError(ErrorCode::kInternal); }

}  // namespace gatehouse::api
