#include "handlers/auth/refresh.h"

#include "fcgi/base/codec.h"
#include "fcgi/lib/crypto.h"

namespace gatehouse::auth {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kGenerationBytes = 4;
constexpr std::size_t kMacBytes = 32;
constexpr std::size_t kSignedBytes = 2 * kIdBytes + kGenerationBytes;
// Keeps these MACs apart from anything else that might ever be made with a row key.
constexpr std::string_view kDomain = "gatehouse refresh token";

std::string SignedPart(TenantId tenant, SessionId session, std::uint32_t generation) {
  std::string out;
  out.append(tenant.view());
  out.append(session.view());
  for (int shift = 24; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((generation >> static_cast<unsigned>(shift)) & 255U));
  }
  return out;
}

crypto::Digest MacOf(std::string_view row_key, std::string_view signed_part) {
  return crypto::HmacSha256(row_key).Mac({kDomain, signed_part});
}

std::string BoxContext(SessionId session) { return "sessions.refresh_key " + session.ToString(); }

}  // namespace

std::string EncodeRefreshToken(TenantId tenant, SessionId session, std::uint32_t generation,
                               std::string_view row_key) {
  std::string raw = SignedPart(tenant, session, generation);
  raw.append(crypto::AsView(MacOf(row_key, raw)));
  return Base64UrlEncode(raw);
}

std::optional<RefreshToken> ParseRefreshToken(std::string_view token) {
  if (token.size() > 128) return std::nullopt;
  const auto raw = Base64UrlDecode(token);
  if (!raw || raw->size() != kSignedBytes + kMacBytes) return std::nullopt;
  RefreshToken out;
  out.tenant = TenantId{*Uuid::FromBytes(std::string_view(*raw).substr(0, kIdBytes))};
  out.session = SessionId{*Uuid::FromBytes(std::string_view(*raw).substr(kIdBytes, kIdBytes))};
  for (std::size_t i = 0; i < kGenerationBytes; ++i) {
    out.generation = (out.generation << 8U) | static_cast<unsigned char>((*raw)[2 * kIdBytes + i]);
  }
  out.mac = raw->substr(kSignedBytes);
  return out;
}

bool HasValidMac(const RefreshToken& token, std::string_view row_key) {
  const auto mac = MacOf(row_key, SignedPart(token.tenant, token.session, token.generation));
  return crypto::ConstantTimeEqual(token.mac, crypto::AsView(mac));
}

SealedRowKey NewRowKey(const KeyRings& keys, SessionId session, Entropy& entropy) {
  const Key& ring_key = keys.Active(Ring::kRefresh);
  std::string key = entropy.Bytes(32);
  SealedRowKey out;
  out.box = crypto::Seal(ring_key.secret.Reveal(), entropy.Bytes(12), key, BoxContext(session));
  out.kid = ring_key.kid;
  out.key = Secret(std::move(key));
  return out;
}

std::optional<Secret> OpenRowKey(const KeyRings& keys, const store::Session& session) {
  const Key* ring_key = keys.Find(Ring::kRefresh, session.refresh_kid);
  if (ring_key == nullptr) return std::nullopt;
  auto key = crypto::Open(ring_key->secret.Reveal(), session.refresh_key, BoxContext(session.id));
  if (!key) return std::nullopt;
  return Secret(std::move(*key));
}

RefreshDecision DecideRefresh(std::uint32_t presented, std::uint32_t current, TimePoint rotated_at,
                              Seconds grace, TimePoint now) {
  if (presented == current) return RefreshDecision::kRotate;
  if (presented > current) return RefreshDecision::kFromTheFuture;
  // Hosts' clocks differ a little; a clock that was put back must not make the grace longer.
  constexpr Seconds kSkew{30};
  const bool in_grace = rotated_at - kSkew <= now && now <= rotated_at + grace;
  return presented + 1 == current && in_grace ? RefreshDecision::kRepeat : RefreshDecision::kReuse;
}

}  // namespace gatehouse::auth
