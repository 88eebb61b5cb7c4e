#include "handlers/auth/token.h"

#include <limits>

#include "fcgi/base/codec.h"
#include "fcgi/lib/json.h"

namespace gatehouse::auth {
namespace {

constexpr std::string_view kType = "at+jwt";
constexpr std::string_view kHs256 = "HS256";

std::string EncodedHeader(std::string_view algorithm, std::string_view kid) {
  json::Writer out;
  out.BeginObject().Member("alg", std::string(algorithm)).Member("kid", std::string(kid));
  out.Member("typ", std::string(kType)).EndObject();
  return Base64UrlEncode(out.Take());
}

// The protected header of a token that is not spelled as this server spells it.
class HeaderVisitor final : public json::FlatVisitor {
 public:
  bool OnString(std::string_view key, std::string_view value) override {
    if (key == "alg")
      alg = value;
    else if (key == "kid")
      kid = value;
    else if (key == "typ")
      typ = value;
    else
      return Refuse(key);
    return true;
  }
  bool OnInteger(std::string_view key, std::int64_t /*value*/) override { return Refuse(key); }
  bool OnOther(std::string_view key) override { return Refuse(key); }
  std::string alg, kid, typ;
  bool foreign = false;  // crit, jku, jwk, x5u, x5c or anything else that we never write

 private:
  bool Refuse(std::string_view /*key*/) {
    foreign = true;
    return false;
  }
};

class ClaimsVisitor final : public json::FlatVisitor {
 public:
  bool OnString(std::string_view key, std::string_view value) override {
    if (key == "iss")
      iss = value;
    else if (key == "aud")
      aud = value;
    else if (key == "sub")
      sub = UserId::Parse(value);
    else if (key == "sid")
      sid = SessionId::Parse(value);
    else if (key == "tenant_id")
      tenant = TenantId::Parse(value);
    return true;
  }
  bool OnInteger(std::string_view key, std::int64_t value) override {
    if (key == "exp")
      exp = value;
    else if (key == "nbf")
      nbf = value;
    else if (key == "iat")
      iat = value;
    return true;
  }
  bool OnOther(std::string_view /*key*/) override { return true; }
  std::string iss, aud;
  std::optional<UserId> sub;
  std::optional<SessionId> sid;
  std::optional<TenantId> tenant;
  std::optional<std::int64_t> exp, nbf, iat;
};

// NumericDates far outside anything we issue would overflow a TimePoint of microseconds.
bool IsPlausible(const std::optional<std::int64_t>& date) {
  return date && *date >= 0 && *date < std::int64_t{1} << 36U;
}

void WriteList(json::Writer& out, std::string_view key, const std::vector<std::string>& items) {
  out.Key(key).BeginArray();
  for (const auto& item : items) out.String(item);
  out.EndArray();
}

void WriteWords(json::Writer& out, std::string_view key, std::string_view comma_separated) {
  out.Key(key).BeginArray();
  while (!comma_separated.empty()) {
    const auto comma = comma_separated.find(',');
    out.String(comma_separated.substr(0, comma));
    if (comma == std::string_view::npos) break;
    comma_separated.remove_prefix(comma + 1);
  }
  out.EndArray();
}

std::string Join(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& item : items) {
    if (!out.empty()) out.push_back(',');
    out += item;
  }
  return out;
}

}  // namespace

Result<TokenSigner> TokenSigner::Make(const KeyRings& keys, std::string issuer,
                                      std::string audience) {
  TokenSigner out(std::move(issuer), std::move(audience));
  for (const auto& key : keys.All(Ring::kJwt)) {
    if (key.state == KeyState::kRetired) continue;
    if (key.state == KeyState::kActive) out.active_ = out.keys_.size();
    const std::string header = EncodedHeader(key.algorithm, key.kid);
    if (key.algorithm == kHs256) {
      out.keys_.push_back(
          {key.kid, key.algorithm, header, crypto::HmacSha256(key.secret.Reveal())});
      continue;
    }
    const auto algorithm = crypto::ParseSignatureAlgorithm(key.algorithm);
    auto pair =
        algorithm ? crypto::SignatureKey::FromPkcs8(*algorithm, key.secret.Reveal()) : std::nullopt;
    if (!pair) {
      return MakeError(ErrorCode::kInternal,
                       "ring jwt, key " + key.kid + ": not a private key for " + key.algorithm);
    }
    out.keys_.push_back({key.kid, key.algorithm, header, std::move(*pair)});
  }
  return out;
}

std::string TokenSigner::SigningKey::Sign(std::string_view message) const {
  if (const auto* pair = std::get_if<crypto::SignatureKey>(&key)) return pair->Sign(message);
  return std::string(crypto::AsView(std::get<crypto::HmacSha256>(key).Mac(message)));
}

bool TokenSigner::SigningKey::Verify(std::string_view message, std::string_view signature) const {
  if (const auto* pair = std::get_if<crypto::SignatureKey>(&key)) {
    return pair->Verify(message, signature);
  }
  const auto mac = std::get<crypto::HmacSha256>(key).Mac(message);
  return crypto::ConstantTimeEqual(signature, crypto::AsView(mac));
}

std::string TokenSigner::PublicKeys() const {
  json::Writer out;
  out.BeginObject().Key("keys").BeginArray();
  for (const auto& key : keys_) {
    const auto* pair = std::get_if<crypto::SignatureKey>(&key.key);
    if (pair == nullptr) continue;
    out.BeginObject().Member("kid", key.kid).Member("alg", key.algorithm).Member("use", "sig");
    for (const auto& [name, value] : pair->PublicJwk()) out.Member(name, value);
    out.EndObject();
  }
  return out.EndArray().EndObject().Take();
}

std::string TokenSigner::Issue(const TokenSubject& subject, const Uuid& jti, TimePoint now,
                               TimePoint expires_at) const {
  const SigningKey& key = keys_[active_];
  const auto build = [&](bool with_permissions) {
    json::Writer out;
    out.BeginObject().Member("iss", issuer_).Member("aud", audience_);
    out.Member("sub", subject.user_id.ToString()).Member("jti", jti.ToString());
    out.Member("sid", subject.session_id.ToString()).Member("iat", ToUnixSeconds(now));
    out.Member("nbf", ToUnixSeconds(now)).Member("exp", ToUnixSeconds(expires_at));
    out.Member("email", subject.email).Member("username", subject.username);
    out.Member("tenant_id", subject.tenant_id.ToString()).Key("role");
    if (subject.roles.empty()) {
      out.Null();
    } else {
      out.String(subject.roles.front());
    }
    if (subject.roles_as_csv) {
      out.Member("roles", Join(subject.roles));
    } else {
      WriteList(out, "roles", subject.roles);
    }
    if (with_permissions) WriteList(out, "permissions", subject.permissions);
    if (subject.with_permissions && !with_permissions) out.Member("permissions_omitted", true);
    if (subject.branch_id) out.Member("branch_id", *subject.branch_id);
    if (subject.restaurant_id) out.Member("restaurant_id", *subject.restaurant_id);
    WriteWords(out, "amr", subject.amr);
    out.Member("auth_time", ToUnixSeconds(subject.authenticated_at)).EndObject();
    std::string token = key.header + ".";
    AppendBase64Url(token, out.Take());
    const std::string signature = key.Sign(token);
    token.push_back('.');
    AppendBase64Url(token, signature);
    return token;
  };
  if (subject.with_permissions) {
    std::string token = build(true);
    if (token.size() <= kMaxTokenWithPermissions) return token;
  }
  return build(false);
}

const TokenSigner::SigningKey* TokenSigner::KeyOf(std::string_view encoded_header,
                                                  std::string_view* reason) const {
  for (const auto& key : keys_) {
    if (key.header == encoded_header) return &key;
  }
  const auto header = Base64UrlDecode(encoded_header);
  HeaderVisitor visitor;
  if (!header || !json::VisitFlat(*header, visitor)) {
    *reason = visitor.foreign ? "foreign header member" : "malformed header";
    return nullptr;
  }
  if (visitor.typ != kType) {
    *reason = "typ";
    return nullptr;
  }
  for (const auto& key : keys_) {
    if (key.kid == visitor.kid) {
      *reason = "alg";
      return visitor.alg == key.algorithm ? &key : nullptr;
    }
  }
  *reason = kUnknownKid;
  return nullptr;
}

std::variant<TokenClaims, TokenReject> TokenSigner::Verify(std::string_view token,
                                                           TimePoint now) const {
  auto verdict = Authenticate(token);
  if (const auto* claims = std::get_if<TokenClaims>(&verdict)) {
    if (const auto reject = CheckTimes(*claims, now)) return *reject;
  }
  return verdict;
}

std::optional<TokenReject> CheckTimes(const TokenClaims& claims, TimePoint now, Seconds late) {
  if (now >= claims.expires_at + late) return TokenReject{"expired"};
  if (claims.issued_at > now + kIssuedAheadLeeway) return TokenReject{"iat in the future"};
  if (claims.not_before > now + kIssuedAheadLeeway) return TokenReject{"nbf"};
  return std::nullopt;
}

std::variant<TokenClaims, TokenReject> TokenSigner::Authenticate(std::string_view token) const {
  if (token.size() > kMaxTokenBytes) return TokenReject{"too long"};
  const auto first = token.find('.');
  const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return TokenReject{"not three parts"};
  }
  std::string_view reason;
  const SigningKey* key = KeyOf(token.substr(0, first), &reason);
  if (key == nullptr) return TokenReject{reason};
  const auto signature = Base64UrlDecode(token.substr(second + 1));
  if (!signature) return TokenReject{"malformed signature"};
  if (!key->Verify(token.substr(0, second), *signature)) return TokenReject{"signature"};

  const auto payload = Base64UrlDecode(token.substr(first + 1, second - first - 1));
  ClaimsVisitor claims;
  if (!payload || !json::VisitFlat(*payload, claims)) return TokenReject{"malformed claims"};
  if (claims.iss != issuer_) return TokenReject{"iss"};
  if (claims.aud != audience_) return TokenReject{"aud"};
  if (!claims.sub || !claims.sid || !claims.tenant) return TokenReject{"missing id"};
  if (!IsPlausible(claims.exp) || !IsPlausible(claims.iat) || !IsPlausible(claims.nbf)) {
    return TokenReject{"dates"};
  }
  return TokenClaims{*claims.sub,
                     *claims.tenant,
                     *claims.sid,
                     FromUnixSeconds(*claims.iat),
                     FromUnixSeconds(*claims.nbf),
                     FromUnixSeconds(*claims.exp)};
}

}  // namespace gatehouse::auth
