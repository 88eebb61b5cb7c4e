// Asymmetric signatures of JSON Web Tokens (RFC 7518, RFC 8037), through OpenSSL: Ed25519, ECDSA on
// P-256 with SHA-256 as raw r || s, RSA PKCS#1 v1.5 with SHA-256. A key has one algorithm, fixed
// when it is made; nothing that a token says can change it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fcgi/base/secret.h"
#include "fcgi/lib/json.h"

namespace gatehouse::crypto {

enum class SignatureAlgorithm { kEdDsa, kEs256, kRs256 };

// "EdDSA", "ES256", "RS256" (RFC 7518 section 3.1, RFC 8037), spelled exactly so.
std::string_view ToString(SignatureAlgorithm algorithm);
std::optional<SignatureAlgorithm> ParseSignatureAlgorithm(std::string_view name);

// A key pair, or a public key alone. Keeps its OpenSSL contexts from one call to the next: not
// thread-safe; movable.
class SignatureKey {
 public:
  // A fresh private key as PKCS#8 DER (RFC 5958): Ed25519, P-256, or RSA of 3072 bits.
  static Secret Generate(SignatureAlgorithm algorithm);

  // nullopt where the DER is not exactly one private key of the algorithm's kind (RSA: 2048 to 8192
  // bits and an odd exponent over 2^16), or where what it signs is not what it verifies.
  static std::optional<SignatureKey> FromPkcs8(SignatureAlgorithm algorithm, std::string_view der);

  // A public key by the members of its JWK (RFC 7517). nullopt where it is of another kind, its
  // numbers are not in their only spelling, its point is not on the curve or, Ed25519, of small
  // order. Members that say how it may be used are the caller's to judge.
  static std::optional<SignatureKey> FromJwk(SignatureAlgorithm algorithm, const json::Value& jwk);

  SignatureKey(SignatureKey&&) noexcept;
  SignatureKey& operator=(SignatureKey&&) noexcept;
  ~SignatureKey();

  SignatureAlgorithm algorithm() const;
  // Requires a private key.
  std::string Sign(std::string_view message) const;
  // False for a signature of any other length than the algorithm's, too.
  bool Verify(std::string_view message, std::string_view signature) const;

  // The public key's required JWK members in the order of RFC 7638, ready to be written.
  std::vector<std::pair<std::string, std::string>> PublicJwk() const;

 private:
  struct Impl;
  explicit SignatureKey(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gatehouse::crypto
