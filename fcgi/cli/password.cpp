#include "fcgi/cli/password.h"

#include <iostream>
#include <string_view>

namespace gatehouse::cli {

Result<std::string> ReadPassword() {
  std::string line;
  if (!std::getline(std::cin, line)) {
    return MakeError(ErrorCode::kValidationFailed, "no password on standard input");
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::string GeneratePassword(Entropy& entropy) {
  constexpr std::string_view kAlphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
  constexpr std::size_t kLength = 20;
  constexpr std::size_t kFair = 256 / kAlphabet.size() * kAlphabet.size();
  std::string out;
  while (out.size() < kLength) {
    for (const char c : entropy.Bytes(kLength)) {
      const auto byte = static_cast<unsigned char>(c);
      // Bytes past the last whole multiple would favour the first letters.
      if (byte < kFair && out.size() < kLength) out.push_back(kAlphabet[byte % kAlphabet.size()]);
    }
  }
  return out;
}

}  // namespace gatehouse::cli
