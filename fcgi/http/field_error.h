// The problems that validation finds, in the words of developers and of people (API.md, errors).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/base/error.h"
#include "fcgi/http/schema.h"

namespace gatehouse::http {

enum class Problem {
  kRequired,
  kUnknownField,
  kWrongType,
  kTooShort,  // also: too few items
  kTooLong,   // also: too many items
  kTooSmall,
  kTooLarge,
  kInvalidFormat,
  kNotAllowed,
  kRepeated,
  kControlCharacter,
  kInvalidEncoding,
};

// `field` says what was declared; nullptr where nothing was (kUnknownField, or a body that is no
// object).
FieldError Describe(Problem problem, std::string pointer, const FieldSpec* field);

// Bytes of a name that the client made up, as far as answers repeat it.
inline constexpr std::size_t kMaxNameInPointer = 64;
// `base` and one more reference token, RFC 6901 section 3.
std::string PointerTo(const std::string& base, std::string_view token);

}  // namespace gatehouse::http
