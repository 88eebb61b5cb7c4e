#include "fcgi/cli/password.h"

#include <iostream>

#include "fcgi/lib/text.h"

namespace gatehouse::cli {

Result<std::string> ReadPassword() {
  std::string line;
  if (!std::getline(std::cin, line)) {
    return MakeError(ErrorCode::kValidationFailed, "no password on standard input");
  }
  if (line.ends_with('\r')) line.pop_back();
  // As a request's password: what is hashed here must be what is sent there.
  auto normalized = text::Nfc(line);
  if (!normalized || text::HasControl(*normalized)) {
    return MakeError(ErrorCode::kValidationFailed,
                     "the password must be UTF-8 without control characters");
  }
  return std::move(*normalized);
}

}  // namespace gatehouse::cli
