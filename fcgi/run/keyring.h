// The key file (DESIGN.md 7): named rings of keys, TOML, mode 0600.
//
//   [[jwt]]            # signs access tokens
//   kid = "k1f0c…"     # [a-z0-9]{8,32}
//   algorithm = "HS256"
//   state = "active"   # verify-only, active or retired
//   secret = "…"       # base64url, at least 32 bytes
//
// Every ring must have exactly one active key. Start-up refuses a file that is missing, readable by
// group or others, malformed, or holds a short or repetitive key.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/base/entropy.h"
#include "fcgi/base/result.h"
#include "fcgi/base/secret.h"

namespace gatehouse {

enum class Ring { kJwt, kRefresh, kTotp, kCsrf, kCache, kIdentifier };
inline constexpr std::array<std::string_view, 6> kRingNames = {"jwt",  "refresh", "totp",
                                                               "csrf", "cache",   "identifier"};

enum class KeyState { kVerifyOnly, kActive, kRetired };
std::string_view ToString(KeyState state);  // "verify-only", "active", "retired"

struct Key {
  std::string kid;
  std::string algorithm;  // "HS256" in jwt; "AES-256-GCM" in refresh, totp; "HMAC-SHA256" elsewhere
  KeyState state = KeyState::kActive;
  Secret secret;
};

class KeyRings {
 public:
  static Result<KeyRings> Load(const std::string& path);
  static Result<KeyRings> Parse(std::string_view toml, const std::string& name);
  // One fresh active key in every ring.
  static KeyRings Generate(Entropy& entropy);

  // Writes the file anew, mode 0600, atomically (temporary file and rename, both synced). With
  // `overwrite` false an existing file is an error.
  Status Save(const std::string& path, bool overwrite) const;

  const Key& Active(Ring ring) const;
  const std::vector<Key>& All(Ring ring) const { return rings_[static_cast<std::size_t>(ring)]; }
  // nullptr where unknown or retired.
  const Key* Find(Ring ring, std::string_view kid) const;

 private:
  std::array<std::vector<Key>, kRingNames.size()> rings_;
};

}  // namespace gatehouse
