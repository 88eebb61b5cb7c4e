#include "handlers/api/endpoints.h"

namespace gatehouse::api {

Result<http::Response> PutMyPicture(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> DeleteMyPicture(Call&) { return MakeError(ErrorCode::kInternal); }
Result<http::Response> GetUserPicture(Call&) { return MakeError(ErrorCode::kInternal); }

}  // namespace gatehouse::api
