// Errors as RFC 9457 problem documents (SPEC E4).
#pragma once

#include <string_view>

#include "fcgi/base/error.h"
#include "fcgi/http/message.h"

namespace gatehouse::api {

// With Retry-After where it is due, and WWW-Authenticate on every 401 (`basic`: routes of service
// credentials). `detail` takes the place of the catalogue's; it is public.
http::Response Problem(const Error& error, std::string_view request_id, bool basic = false,
                       std::string_view detail = {});

}  // namespace gatehouse::api
