// Uploads: the file in a multipart/form-data body (RFC 7578). cgicc takes the parts apart, from
// memory that was capped before; what it would misread is refused first (see multipart.cpp).
#pragma once

#include <string>
#include <string_view>

#include "fcgi/base/result.h"

namespace gatehouse::http {

// The content of the one file that comes as `field`; its file name and declared type are not
// believed and not returned. At its peak this needs about six times the body's size. Errors:
// kUnsupportedMediaType where the body is no multipart/form-data; kMalformedJson where it cannot be
// read (also: no boundary, cut off, more than 16 parts); kValidationFailed with pointers "/picture"
// where the field is missing, empty, repeated or no file, or others come with it.
Result<std::string> ReadUpload(std::string_view content_type, std::string_view body,
                               std::string_view field);

}  // namespace gatehouse::http
