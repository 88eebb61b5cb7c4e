// ID tokens (OpenID Connect Core 3.1.3.7), held against the provider's published keys. Pure.
//
// RS256, ES256 and EdDSA; a key has one algorithm, by its kind, and nothing that a token says can
// change it: neither `none` nor HS256 has a key here.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fcgi/base/clock.h"
#include "fcgi/lib/json.h"
#include "fcgi/lib/signature.h"
#include "handlers/auth/token.h"

namespace gatehouse::auth {

// A provider's JWK set (RFC 7517). Keys of other kinds, for other uses, or malformed ones are left
// out.
class ProviderKeys {
 public:
  // nullopt where the text is no JWK set.
  static std::optional<ProviderKeys> Parse(std::string_view text);

  // The key that a token's header names. Without a `kid` there must be exactly one that fits.
  const crypto::SignatureKey* Find(const std::optional<std::string>& kid,
                                   crypto::SignatureAlgorithm algorithm) const;
  bool Knows(std::string_view kid) const;

 private:
  struct Entry {
    std::string kid;
    crypto::SignatureKey key;
  };
  std::vector<Entry> keys_;
};

struct IdTokenExpectation {
  std::string issuer;
  std::string client_id;
  std::string nonce;
};

// The `kid` of a token's header; nullopt where there is none.
std::optional<std::string> KidOf(std::string_view token);

// The claims, as an object. TokenReject's reason is for the log.
std::variant<json::Value, TokenReject> VerifyIdToken(std::string_view token,
                                                     const ProviderKeys& keys,
                                                     const IdTokenExpectation& expected,
                                                     TimePoint now);

}  // namespace gatehouse::auth
