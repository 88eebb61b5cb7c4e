// Time-based one-time passwords (RFC 6238 over RFC 4226: SHA-1, 6 digits, 30 s; SPEC F1). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fcgi/base/clock.h"

namespace gatehouse::auth {

inline constexpr std::size_t kTotpSecretBytes = 20;

// Steps since the epoch.
std::int64_t TotpStep(TimePoint time);

std::string TotpCode(std::string_view secret, std::int64_t step);

// The step that `code` is of: the present one, or one before or after it, for clocks drift. None up
// to `last_used` counts, so that a code works once, also where the clock was turned back.
std::optional<std::int64_t> MatchTotp(std::string_view secret, std::string_view code, TimePoint now,
                                      std::optional<std::int64_t> last_used);

// What an authenticator reads from the QR code.
std::string OtpauthUri(std::string_view secret, std::string_view issuer, std::string_view account);

}  // namespace gatehouse::auth
