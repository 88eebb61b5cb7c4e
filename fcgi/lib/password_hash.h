// The owner of libargon2 and libxcrypt: password hashes as PHC / modular-crypt strings (SPEC P1).
// Verifies $argon2id$, $argon2i$, $2a$/$2b$/$2y$ (bcrypt), $6$ (sha512crypt) and $y$ (yescrypt), so
// that users of other systems can be imported unchanged. Parameters inside a hash are bounded
// before they are obeyed: argon2 m <= 256 MiB, t <= 16, p <= 16; bcrypt cost <= 16; $6$ rounds <=
// 1,000,000; a hash beyond them verifies false.
#pragma once

#include <string>
#include <string_view>

#include "fcgi/base/entropy.h"
#include "fcgi/base/result.h"

namespace gatehouse {

enum class HashAlgorithm { kArgon2id, kBcrypt };

struct HashPolicy {
  HashAlgorithm algorithm = HashAlgorithm::kArgon2id;
  int memory_kib = 19456;  // 19 MiB
  int iterations = 2;
  int parallelism = 1;
  int bcrypt_cost = 12;
};

// With bcrypt the password must have 72 bytes at most and no NUL (the policy refuses more before
// this is reached; here it is kInternal).
Result<std::string> HashPassword(std::string_view password, const HashPolicy& policy,
                                 Entropy& entropy);

// False for a wrong password and for a hash that is malformed, unknown or beyond the bounds. The
// final comparison is in constant time. For a password over 72 bytes a bcrypt hash never matches.
bool VerifyPassword(std::string_view password, const std::string& hash);

// True where `hash` is of another algorithm or other parameters than `policy`.
bool NeedsRehash(std::string_view hash, const HashPolicy& policy);

// True where VerifyPassword could ever say yes to `hash` (format known and within the bounds).
bool IsSupportedHash(std::string_view hash);

}  // namespace gatehouse
