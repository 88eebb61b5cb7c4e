#pragma once
#include <string>

#include "fcgi/base/result.h"
namespace gatehouse::http {
Result<std::string> ReadUpload(std::string_view content_type, std::string_view body,
                               std::string_view field);
}
