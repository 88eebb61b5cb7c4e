#include "fcgi/cli/password.h"

#include <iostream>

namespace gatehouse::cli {

Result<std::string> ReadPassword() {
  std::string line;
  if (!std::getline(std::cin, line)) {
    return MakeError(ErrorCode::kValidationFailed, "no password on standard input");
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace gatehouse::cli
