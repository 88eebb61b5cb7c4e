#include "handlers/auth/id_token.h"

#include <algorithm>

#include "fcgi/base/codec.h"
#include "fcgi/lib/crypto.h"

namespace gatehouse::auth {
namespace {

using crypto::SignatureAlgorithm;

constexpr std::size_t kMaxIdToken = std::size_t{16} * 1024;
constexpr std::size_t kMaxKeys = 64;
constexpr std::size_t kMaxKid = 255;
// Between two hosts' clocks.
constexpr Seconds kLeeway{30};
// A token of a sign-in that has just happened: what is older was kept by somebody.
constexpr Seconds kMaxAge{600};

const std::string* TextOf(const json::Value& object, std::string_view name) {
  const auto* value = object.Find(name);
  return value != nullptr ? value->string() : nullptr;
}

// A key's algorithm is what its kind is for; nullopt where we have no use for it.
std::optional<SignatureAlgorithm> AlgorithmOf(const json::Value& jwk) {
  const auto* kty = TextOf(jwk, "kty");
  if (kty == nullptr) return std::nullopt;
  std::optional<SignatureAlgorithm> out;
  if (*kty == "RSA") out = SignatureAlgorithm::kRs256;
  if (*kty == "EC") out = SignatureAlgorithm::kEs256;
  if (*kty == "OKP") out = SignatureAlgorithm::kEdDsa;
  const auto* use = jwk.Find("use");
  if (use != nullptr && (use->string() == nullptr || *use->string() != "sig")) return std::nullopt;
  const auto* alg = jwk.Find("alg");
  const bool other = alg != nullptr &&
                     (alg->string() == nullptr || !out || *alg->string() != crypto::ToString(*out));
  return other ? std::nullopt : out;
}

struct Parts {
  std::string_view signed_part;
  json::Value header, claims;
  std::string signature;
};

std::optional<json::Value> DecodeObject(std::string_view part) {
  const auto bytes = Base64UrlDecode(part);
  auto value = bytes ? json::Parse(*bytes) : std::nullopt;
  if (!value || value->object() == nullptr) return std::nullopt;
  return value;
}

std::optional<Parts> Split(std::string_view token) {
  if (token.size() > kMaxIdToken) return std::nullopt;
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  auto header = DecodeObject(token.substr(0, first));
  auto claims = DecodeObject(token.substr(first + 1, second - first - 1));
  auto signature = Base64UrlDecode(token.substr(second + 1));
  if (!header || !claims || !signature) return std::nullopt;
  return Parts{token.substr(0, second), std::move(*header), std::move(*claims),
               std::move(*signature)};
}

// Several audiences name the one that asked as `azp`.
bool IsForUs(const json::Value& claims, const std::string& client_id) {
  const auto* aud = claims.Find("aud");
  if (aud == nullptr) return false;
  const auto* azp = claims.Find("azp");
  const bool azp_fits = azp != nullptr && azp->string() != nullptr && *azp->string() == client_id;
  if (azp != nullptr && !azp_fits) return false;
  if (aud->string() != nullptr) return *aud->string() == client_id;
  if (aud->array() == nullptr) return false;
  const auto& all = *aud->array();
  const bool named = std::any_of(all.begin(), all.end(), [&](const json::Value& one) {
    return one.string() != nullptr && *one.string() == client_id;
  });
  return named && (all.size() == 1 || azp_fits);
}

// Seconds, perhaps with a fraction; nothing that a TimePoint could not hold.
std::optional<TimePoint> DateOf(const json::Value& claims, std::string_view name) {
  const auto* value = claims.Find(name);
  if (value == nullptr) return std::nullopt;
  std::int64_t seconds = -1;
  if (value->integer() != nullptr) seconds = *value->integer();
  if (value->number() != nullptr && *value->number() >= 0 && *value->number() < 1e10) {
    seconds = static_cast<std::int64_t>(*value->number());
  }
  if (seconds < 0 || seconds >= std::int64_t{1} << 36U) return std::nullopt;
  return FromUnixSeconds(seconds);
}

std::optional<TokenReject> CheckClaims(const json::Value& claims,
                                       const IdTokenExpectation& expected, TimePoint now) {
  const auto* iss = TextOf(claims, "iss");
  if (iss == nullptr || *iss != expected.issuer) return TokenReject{"iss"};
  if (!IsForUs(claims, expected.client_id)) return TokenReject{"aud"};
  const auto* nonce = TextOf(claims, "nonce");
  if (nonce == nullptr || !crypto::ConstantTimeEqual(*nonce, expected.nonce)) {
    return TokenReject{"nonce"};
  }
  const auto exp = DateOf(claims, "exp");
  const auto iat = DateOf(claims, "iat");
  if (!exp || !iat) return TokenReject{"dates"};
  if (now >= *exp) return TokenReject{"expired"};
  if (*iat > now + kLeeway) return TokenReject{"iat in the future"};
  if (*iat + kMaxAge < now) return TokenReject{"iat long ago"};
  if (claims.Find("nbf") != nullptr) {
    const auto nbf = DateOf(claims, "nbf");
    if (!nbf || *nbf > now + kLeeway) return TokenReject{"nbf"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<ProviderKeys> ProviderKeys::Parse(std::string_view text) {
  const auto document = json::Parse(text);
  const auto* keys = document ? document->Find("keys") : nullptr;
  if (keys == nullptr || keys->array() == nullptr) return std::nullopt;
  ProviderKeys out;
  for (const auto& jwk : *keys->array()) {
    if (out.keys_.size() == kMaxKeys) break;
    const auto algorithm = AlgorithmOf(jwk);
    if (!algorithm) continue;
    auto key = crypto::SignatureKey::FromJwk(*algorithm, jwk);
    if (!key) continue;
    const auto* kid = TextOf(jwk, "kid");
    if (kid != nullptr && kid->size() > kMaxKid) continue;
    out.keys_.push_back({kid != nullptr ? *kid : std::string(), std::move(*key)});
  }
  return out;
}

const crypto::SignatureKey* ProviderKeys::Find(const std::optional<std::string>& kid,
                                               SignatureAlgorithm algorithm) const {
  const crypto::SignatureKey* found = nullptr;
  for (const auto& entry : keys_) {
    if (entry.key.algorithm() != algorithm || (kid && entry.kid != *kid)) continue;
    if (found != nullptr) return nullptr;  // which of them, nobody says
    found = &entry.key;
  }
  return found;
}

bool ProviderKeys::Knows(std::string_view kid) const {
  return std::any_of(keys_.begin(), keys_.end(),
                     [&](const Entry& entry) { return entry.kid == kid; });
}

std::optional<std::string> KidOf(std::string_view token) {
  if (token.size() > kMaxIdToken) return std::nullopt;
  const auto header = DecodeObject(token.substr(0, token.find('.')));
  const auto* kid = header ? TextOf(*header, "kid") : nullptr;
  return kid != nullptr ? std::optional(*kid) : std::nullopt;
}

std::variant<json::Value, TokenReject> VerifyIdToken(std::string_view token,
                                                     const ProviderKeys& keys,
                                                     const IdTokenExpectation& expected,
                                                     TimePoint now) {
  auto parts = Split(token);
  if (!parts) return TokenReject{"malformed"};
  // RFC 7515 section 4.1.11: what we do not understand and must, we refuse.
  if (parts->header.Find("crit") != nullptr) return TokenReject{"crit"};
  const auto* alg = TextOf(parts->header, "alg");
  const auto algorithm = alg != nullptr ? crypto::ParseSignatureAlgorithm(*alg) : std::nullopt;
  if (!algorithm) return TokenReject{"alg"};
  std::optional<std::string> kid;
  if (const auto* value = parts->header.Find("kid")) {
    if (value->string() == nullptr) return TokenReject{kUnknownKid};
    kid = *value->string();
  }
  const auto* key = keys.Find(kid, *algorithm);
  if (key == nullptr) return TokenReject{kUnknownKid};
  if (!key->Verify(parts->signed_part, parts->signature)) return TokenReject{"signature"};
  if (const auto reject = CheckClaims(parts->claims, expected, now)) return *reject;
  return std::move(parts->claims);
}

}  // namespace gatehouse::auth
