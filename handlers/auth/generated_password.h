// Passwords that we make for people (SPEC P5).
#pragma once

#include <string>

#include "fcgi/base/entropy.h"

namespace gatehouse::auth {

// At least 20 characters (and `min_length` code points) of an alphabet without look-alikes: no
// 0 O, 1 l I. Over 115 bits.
std::string GeneratePassword(Entropy& entropy, int min_length = 0);

}  // namespace gatehouse::auth
