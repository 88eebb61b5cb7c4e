// Passwords that come from, or go to, a terminal.
#pragma once

#include <string>

#include "fcgi/base/result.h"

namespace gatehouse::cli {

// The first line of standard input, without its end.
Result<std::string> ReadPassword();

}  // namespace gatehouse::cli
