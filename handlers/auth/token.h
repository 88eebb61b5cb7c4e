// Access tokens (SPEC T1, T4, T5): JWTs (RFC 7519, typ "at+jwt" of RFC 9068), JWS compact
// serialization (RFC 7515). Verification follows RFC 8725: the algorithm belongs to the key that
// `kid` names and is never taken from the token.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fcgi/base/clock.h"
#include "fcgi/base/ids.h"
#include "fcgi/lib/crypto.h"
#include "fcgi/lib/signature.h"
#include "fcgi/run/keyring.h"

namespace gatehouse::auth {

// What goes into a token.
struct TokenSubject {
  UserId user_id;
  TenantId tenant_id;
  SessionId session_id;
  std::string email;
  std::string username;
  std::vector<std::string> roles;
  std::vector<std::string> permissions;
  std::optional<std::string> branch_id, restaurant_id;
  std::string amr;  // comma-separated (RFC 8176)
  TimePoint authenticated_at;
  bool roles_as_csv = false;
  bool with_permissions = true;
};

// What verification reads out of one; everything else is decided from Gatehouse's own state.
struct TokenClaims {
  UserId user_id;
  TenantId tenant_id;
  SessionId session_id;
  TimePoint issued_at, not_before, expires_at;
};

// Why a token was refused: for the log alone, callers see one and the same answer.
struct TokenReject {
  std::string_view reason;  // static: "signature", "expired", "kid", …
};

// The one reason that newer keys could change.
inline constexpr std::string_view kUnknownKid = "kid";

inline constexpr std::size_t kMaxTokenBytes = 8192;
// Past this the permissions are left out and the token says so (SPEC T2).
inline constexpr std::size_t kMaxTokenWithPermissions = 3072;
inline constexpr Seconds kIssuedAheadLeeway{30};

// Expiry is exact; iat and nbf may lie 30 s ahead (API.md). `late`: how far expiry may lie in the
// past, where nobody is let in (session_end.h).
std::optional<TokenReject> CheckTimes(const TokenClaims& claims, TimePoint now,
                                      Seconds late = Seconds(0));

// Issues with the active key of the ring jwt, verifies with every key of it that is not retired.
class TokenSigner {
 public:
  // The error names a key that is not what its algorithm says.
  static Result<TokenSigner> Make(const KeyRings& keys, std::string issuer, std::string audience);

  // `jti` is a fresh id. Times are cut to whole seconds (NumericDate).
  std::string Issue(const TokenSubject& subject, const Uuid& jti, TimePoint now,
                    TimePoint expires_at) const;

  // Authenticate and CheckTimes.
  std::variant<TokenClaims, TokenReject> Verify(std::string_view token, TimePoint now) const;
  // All but the time: the same answer for the same token as long as the keys are the same.
  std::variant<TokenClaims, TokenReject> Authenticate(std::string_view token) const;

  // The public keys as a JWK set (RFC 7517 section 5): of symmetric keys there is none.
  std::string PublicKeys() const;
  const std::string& active_kid() const { return keys_[active_].kid; }

 private:
  struct SigningKey {
    std::string kid, algorithm;
    std::string header;  // encoded, as this server writes it
    std::variant<crypto::HmacSha256, crypto::SignatureKey> key;

    std::string Sign(std::string_view message) const;
    bool Verify(std::string_view message, std::string_view signature) const;
  };
  TokenSigner(std::string issuer, std::string audience)
      : issuer_(std::move(issuer)), audience_(std::move(audience)) {}
  const SigningKey* KeyOf(std::string_view encoded_header, std::string_view* reason) const;

  std::string issuer_, audience_;
  std::vector<SigningKey> keys_;
  std::size_t active_ = 0;
};

}  // namespace gatehouse::auth
