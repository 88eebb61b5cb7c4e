// Tokens of mailed links: 256 random bits, of which only the SHA-256 is stored.
#pragma once

#include <string>
#include <string_view>

#include "fcgi/base/entropy.h"

namespace gatehouse::auth {

struct LinkToken {
  std::string text;  // base64url, 43 characters: goes into the mail
  std::string hash;  // 32 bytes: goes into the database
};
LinkToken NewLinkToken(Entropy& entropy);
// "" for text that cannot be a token.
std::string LinkTokenHash(std::string_view text);

}  // namespace gatehouse::auth
