// Passwords that come from, or go to, a terminal.
#pragma once

#include <string>

#include "fcgi/base/entropy.h"
#include "fcgi/base/result.h"

namespace gatehouse::cli {

// The first line of standard input, without its end.
Result<std::string> ReadPassword();

// 20 characters of an alphabet without look-alikes: 116 bits (SPEC P5 asks for 16 characters).
std::string GeneratePassword(Entropy& entropy);

}  // namespace gatehouse::cli
