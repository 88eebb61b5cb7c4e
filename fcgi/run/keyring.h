// The key file (DESIGN.md 7): named rings of keys, TOML, mode 0600.
//
//   [[jwt]]               # signs access tokens
//   kid = "k1f0c…"        # [a-z0-9]{8,32}
//   algorithm = "HS256"   # or EdDSA, ES256, RS256
//   state = "active"      # verify-only, active or retired
//   created = "2026-…Z"   # RFC 3339; may be absent
//   secret = "…"          # base64url: at least 32 bytes, or a private key as PKCS#8 DER
//
// Every ring must have exactly one active key. Start-up refuses a file that is missing, readable by
// group or others, malformed, or holds a short or repetitive key.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/base/clock.h"
#include "fcgi/base/entropy.h"
#include "fcgi/base/result.h"
#include "fcgi/base/secret.h"
#include "fcgi/run/private_file.h"

namespace gatehouse {

enum class Ring { kJwt, kRefresh, kTotp, kCsrf, kCache, kIdentifier };
inline constexpr std::array<std::string_view, 6> kRingNames = {"jwt",  "refresh", "totp",
                                                               "csrf", "cache",   "identifier"};

enum class KeyState { kVerifyOnly, kActive, kRetired };
std::string_view ToString(KeyState state);  // "verify-only", "active", "retired"

// "EdDSA", "ES256" and "RS256": the secret is a private key as PKCS#8 DER. Here it is a string of
// bytes; whoever uses the ring makes a key of it, or refuses it.
bool IsAsymmetric(std::string_view algorithm);

struct Key {
  std::string kid;
  // jwt: "HS256", "EdDSA", "ES256", "RS256"; refresh, totp: "AES-256-GCM"; else "HMAC-SHA256".
  std::string algorithm;
  KeyState state = KeyState::kActive;
  std::optional<TimePoint> created;
  Secret secret;
};

class KeyRings {
 public:
  static Result<KeyRings> Load(const std::string& path);
  static Result<KeyRings> Parse(std::string_view toml, const std::string& name);
  // One fresh symmetric active key in every ring.
  static KeyRings Generate(Entropy& entropy, std::optional<TimePoint> now = std::nullopt);
  static std::string NewKid(Entropy& entropy);

  Secret Render() const;  // as the file has it
  // A file that was not there before (NewPrivateFile); kAlreadyExists.
  Status Create(const std::string& path) const;

  // `key` becomes the ring's active one; the one before goes on verifying.
  void Rotate(Ring ring, Key key);
  // The state before. kNotFound; kValidationFailed for the active key.
  Result<KeyState> Retire(Ring ring, std::string_view kid);

  const Key& Active(Ring ring) const;
  const std::vector<Key>& All(Ring ring) const { return rings_[static_cast<std::size_t>(ring)]; }
  // nullptr where unknown or retired.
  const Key* Find(Ring ring, std::string_view kid) const;

 private:
  std::array<std::vector<Key>, kRingNames.size()> rings_;
};

// A change of the key file. Others who would change it wait from Open to the end of this object;
// readers see the old file until Commit, and then the new one, never a part.
class KeyFileEdit {
 public:
  static Result<KeyFileEdit> Open(const std::string& path);

  KeyRings rings;
  Status Prepare();  // `rings` are on disk; what can fail has not
  Status Commit();   // after Prepare

 private:
  KeyFileEdit(std::string path, FileLock lock, KeyRings read)
      : rings(std::move(read)), path_(std::move(path)), lock_(std::move(lock)) {}
  std::string path_;
  FileLock lock_;
  std::optional<NewPrivateFile> file_;
};

}  // namespace gatehouse
