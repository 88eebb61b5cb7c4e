#include "handlers/auth/generated_password.h"

#include <algorithm>
#include <string_view>

namespace gatehouse::auth {

std::string GeneratePassword(Entropy& entropy, int min_length) {
  constexpr std::string_view kAlphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  constexpr std::size_t kLength = 20;
  constexpr std::size_t kFair = 256 / kAlphabet.size() * kAlphabet.size();
  const auto length = std::max(kLength, static_cast<std::size_t>(std::max(min_length, 0)));
  std::string out;
  while (out.size() < length) {
    for (const char c : entropy.Bytes(length)) {
      const auto byte = static_cast<unsigned char>(c);
      // Bytes past the last whole multiple would favour the first letters.
      if (byte < kFair && out.size() < length) out.push_back(kAlphabet[byte % kAlphabet.size()]);
    }
  }
  return out;
}

}  // namespace gatehouse::auth
