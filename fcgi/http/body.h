// What CONTENT_LENGTH says of a body, before a byte of it is read.
#pragma once

#include <charconv>
#include <cstddef>
#include <string_view>

#include "fcgi/base/result.h"

namespace gatehouse::http {

// Decimal digits only (RFC 9110 8.6); "" is 0, which is what nginx sends where there is no body.
// Anything else, a number beyond std::size_t too, is kMalformedJson.
inline Result<std::size_t> DeclaredLength(std::string_view text) {
  std::size_t length = 0;
  if (text.empty()) return length;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || end != text.data() + text.size()) {
    return MakeError(ErrorCode::kMalformedJson, "CONTENT_LENGTH is not a number");
  }
  return length;
}

}  // namespace gatehouse::http
