// Reading what clients put into queries, forms and cookies. Query strings and forms are parsed by
// cgicc, from memory that was capped before (cgicc itself trusts CONTENT_LENGTH).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fcgi/base/result.h"

namespace gatehouse::http {

using Pairs = std::vector<std::pair<std::string, std::string>>;  // decoded, in order

// application/x-www-form-urlencoded text, as a query or a body. More than 64 pairs, a broken
// percent escape or text that is not UTF-8 is kMalformedJson.
Result<Pairs> ParseUrlEncoded(std::string_view text);

// How often a cookie occurs in a Cookie header and its first value (a view into the header).
struct CookieMatch {
  int count = 0;
  std::string_view value;
};
CookieMatch FindCookie(std::string_view cookie_header, std::string_view name);

// True where `content_type` is the media type `type`, whatever parameters follow (RFC 9110 8.3.1);
// a charset other than utf-8 is not accepted.
bool IsMediaType(std::string_view content_type, std::string_view type);

}  // namespace gatehouse::http
