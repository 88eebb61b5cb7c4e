// Recovery codes (SPEC F3): sixteen characters of Crockford's base32 alphabet (80 random bits, no
// I, L, O or U), in groups of four. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fcgi/base/entropy.h"
#include "fcgi/base/ids.h"

namespace gatehouse::auth {

inline constexpr int kRecoveryCodes = 10;

std::vector<std::string> NewRecoveryCodes(Entropy& entropy);

// What is stored of a code: 32 bytes. Case, hyphens and spaces do not matter, and a letter that is
// easily read for another counts as that. "" for what cannot be one.
std::string RecoveryCodeHash(UserId user, std::string_view code);

}  // namespace gatehouse::auth
