// Whether a string has the form that a field declares.
#pragma once

#include <string>
#include <string_view>

#include "fcgi/http/schema.h"

namespace gatehouse::http {

// `s` is well-formed UTF-8 without controls.
bool HasFormat(std::string_view s, Format format);
// The one spelling that is stored and shown of an `s` that has the format: capitals in a KRA PIN.
void Canonicalize(std::string& s, Format format);

}  // namespace gatehouse::http
