// The owner of zxcvbn: how guessable a password is.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gatehouse {

// zxcvbn's score, 0 (too guessable) to 4 (very unguessable), from its estimate of guesses:
// < 10^3: 0, < 10^6: 1, < 10^8: 2, < 10^10: 3, else 4. `known` are words that an attacker tries
// first (address, names, tenant). Only the first 100 bytes are estimated (zxcvbn is quadratic).
int PasswordScore(std::string_view password, std::span<const std::string> known);

}  // namespace gatehouse
