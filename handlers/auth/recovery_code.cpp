#include "handlers/auth/recovery_code.h"

#include "fcgi/lib/crypto.h"

namespace gatehouse::auth {
namespace {

constexpr std::string_view kAlphabet = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kCharacters = 16;
constexpr std::size_t kGroup = 4;

// The character that was meant, or '\0'.
char Meant(char c) {
  if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (c == 'o') c = '0';
  if (c == 'i' || c == 'l') c = '1';
  return kAlphabet.find(c) == std::string_view::npos ? '\0' : c;
}

}  // namespace

std::vector<std::string> NewRecoveryCodes(Entropy& entropy) {
  std::vector<std::string> out;
  for (int i = 0; i < kRecoveryCodes; ++i) {
    auto& code = out.emplace_back();
    std::size_t n = 0;
    // 256 is a multiple of 32: five bits of each byte are as random as the byte.
    for (const char byte : entropy.Bytes(kCharacters)) {
      if (n != 0 && n % kGroup == 0) code.push_back('-');
      code.push_back(kAlphabet[static_cast<unsigned char>(byte) % kAlphabet.size()]);
      ++n;
    }
  }
  return out;
}

std::string RecoveryCodeHash(UserId user, std::string_view code) {
  std::string plain;
  for (const char c : code) {
    if (c == '-' || c == ' ') continue;
    const char meant = Meant(c);
    if (meant == '\0') return {};
    plain.push_back(meant);
  }
  if (plain.size() != kCharacters) return {};
  const auto digest = crypto::Sha256(crypto::LengthPrefixed({"recovery code", user.view(), plain}));
  return std::string(crypto::AsView(digest));
}

}  // namespace gatehouse::auth
