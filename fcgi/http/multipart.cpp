#include "fcgi/http/multipart.h"
namespace gatehouse::http {
Result<std::string> ReadUpload(std::string_view, std::string_view, std::string_view) {
  return MakeError(ErrorCode::kInternal);
}
}  // namespace gatehouse::http
