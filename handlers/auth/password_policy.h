// Which passwords are acceptable (SPEC P2): length, strength by zxcvbn, nothing that is written on
// the person's door. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fcgi/base/result.h"
#include "fcgi/lib/password_hash.h"

namespace gatehouse::auth {

struct PasswordContext {
  std::string email;
  std::string tenant_name;
  std::string tenant_slug;
  std::vector<std::string> names;  // first and last name
  int min_length = 10;             // code points
  HashAlgorithm algorithm = HashAlgorithm::kArgon2id;
};

inline constexpr int kMaxPasswordLength = 128;  // code points
inline constexpr int kMinPasswordScore = 3;

// kWeakPassword with every reason as a field error at `pointer` ("/password").
Status CheckPassword(std::string_view password, const PasswordContext& context,
                     const std::string& pointer);

// kWeakPassword: the new password is the current one.
Error SameAsCurrent(const std::string& pointer);

}  // namespace gatehouse::auth
