// Whether a string has the form that a field declares.
#pragma once

#include <string_view>

#include "fcgi/http/schema.h"

namespace gatehouse::http {

// `s` is well-formed UTF-8 without controls.
bool HasFormat(std::string_view s, Format format);

}  // namespace gatehouse::http
