#include "handlers/auth/totp.h"

#include <chrono>

#include "fcgi/base/codec.h"
#include "fcgi/lib/crypto.h"
#include "fcgi/lib/text.h"

namespace gatehouse::auth {
namespace {

constexpr Seconds kStep{30};
constexpr std::int64_t kDrift = 1;  // steps, each way
constexpr std::size_t kDigits = 6;
// Longer names would make squares too small for a camera.
constexpr std::size_t kMaxIssuer = 120;  // bytes

}  // namespace

std::int64_t TotpStep(TimePoint time) {
  return std::chrono::floor<Seconds>(time.time_since_epoch()) / kStep;
}

std::string TotpCode(std::string_view secret, std::int64_t step) {
  std::string counter;
  for (int shift = 56; shift >= 0; shift -= 8) {
    counter.push_back(static_cast<char>(static_cast<std::uint64_t>(step) >> shift));
  }
  const auto mac = crypto::HmacSha1(secret, counter);
  // RFC 4226 section 5.3: 31 bits from where the last four say.
  const std::size_t at = mac.back() & 15U;
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = (number << 8U) | mac[at + i];
  number &= 0x7fffffffU;
  std::string out(kDigits, '0');
  for (auto digit = out.rbegin(); digit != out.rend(); ++digit, number /= 10) {
    *digit = static_cast<char>('0' + number % 10);
  }
  return out;
}

std::optional<std::int64_t> MatchTotp(std::string_view secret, std::string_view code, TimePoint now,
                                      std::optional<std::int64_t> last_used) {
  const std::int64_t present = TotpStep(now);
  std::optional<std::int64_t> match;
  // All of them, so that the time does not tell which.
  for (std::int64_t step = present - kDrift; step <= present + kDrift; ++step) {
    const bool fits = crypto::ConstantTimeEqual(code, TotpCode(secret, step));
    if (fits && (!last_used || step > *last_used)) match = step;
  }
  return match;
}

std::string OtpauthUri(std::string_view secret, std::string_view issuer, std::string_view account) {
  const std::string who = PercentEncode(text::Truncate(issuer, kMaxIssuer));
  return "otpauth://totp/" + who + ":" + PercentEncode(account) +
         "?secret=" + Base32Encode(secret) + "&issuer=" + who +
         "&algorithm=SHA1&digits=6&period=30";
}

}  // namespace gatehouse::auth
