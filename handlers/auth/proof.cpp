#include "handlers/auth/proof.h"

#include <algorithm>
#include <cstring>

#include "fcgi/base/codec.h"
#include "fcgi/base/net.h"

namespace gatehouse::auth {
namespace {

constexpr std::size_t kMacBytes = 32;
// Bumped whenever the layout changes, so that workers of two versions read each other's records as
// misses.
constexpr char kLayout = '1';

class Packer {
 public:
  void Raw(std::string_view bytes) { out_.append(bytes); }
  void U64(std::uint64_t v) {
    char bytes[8];
    for (int i = 7; i >= 0; --i, v >>= 8U) bytes[i] = static_cast<char>(v & 255U);
    out_.append(bytes, sizeof bytes);
  }
  void Time(TimePoint t) { U64(static_cast<std::uint64_t>(t.time_since_epoch().count())); }
  void Text(std::string_view s) {
    U64(s.size());
    out_.append(s);
  }
  void OptionalText(const std::optional<std::string>& s) {
    U64(s ? 1 : 0);
    if (s) Text(*s);
  }
  template <class Items>
  void List(const Items& items) {
    U64(items.size());
    for (const auto& item : items) Text(item);
  }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

// Reads what Packer wrote; every length is distrusted (the MAC was right, but a bug of ours must
// not become an over-read).
class Unpacker {
 public:
  explicit Unpacker(std::string_view in) : in_(in) {}
  std::string_view Raw(std::size_t n) {
    if (n > in_.size()) {
      ok_ = false;
      return {};
    }
    const auto out = in_.substr(0, n);
    in_.remove_prefix(n);
    return out;
  }
  std::uint64_t U64() {
    std::uint64_t v = 0;
    for (const char c : Raw(8)) v = (v << 8U) | static_cast<unsigned char>(c);
    return v;
  }
  TimePoint Time() { return TimePoint(Micros(static_cast<std::int64_t>(U64()))); }
  std::string Text() { return std::string(Raw(U64())); }
  std::optional<std::string> OptionalText() {
    return U64() == 0 ? std::nullopt : std::optional<std::string>(Text());
  }
  std::vector<std::string> List() {
    std::vector<std::string> out;
    const auto n = U64();
    if (n > in_.size() / 8) ok_ = false;
    for (std::uint64_t i = 0; i < n && ok_; ++i) out.push_back(Text());
    return out;
  }
  // What Packer's List wrote, where nothing else follows.
  TextList RestAsTextList() {
    TextList out;
    const auto n = U64();
    if (n > in_.size() / 8) ok_ = false;
    if (!ok_) return out;
    out.Reserve(n, in_.size() - 8 * n);
    for (std::uint64_t i = 0; i < n && ok_; ++i) out.Append(Raw(U64()));
    return out;
  }
  template <class T>
  T Id() {
    const auto uuid = Uuid::FromBytes(Raw(16));
    if (!uuid) ok_ = false;
    return T{uuid.value_or(Uuid{})};
  }
  bool Done() const { return ok_ && in_.empty(); }

 private:
  std::string_view in_;
  bool ok_ = true;
};

constexpr std::uint64_t kRevoked = 1;
constexpr std::uint64_t kTenantAdmin = 2;
constexpr std::uint64_t kPlatformAdmin = 4;
constexpr std::uint64_t kMustChange = 8;
constexpr std::uint64_t kMustEnrol = 16;
constexpr std::uint64_t kSubscriptionEnds = 32;
constexpr std::uint64_t kSliding = 64;
constexpr std::uint64_t kRolesAsCsv = 128;
constexpr std::uint64_t kWithPermissions = 256;
constexpr std::uint64_t kBoundToIp = 512;
constexpr std::uint64_t kBoundToSubnet = 1024;

std::uint64_t FlagsOf(const Proof& p) {
  std::uint64_t flags = 0;
  if (p.revoked) flags |= kRevoked;
  if (p.tenant_admin) flags |= kTenantAdmin;
  if (p.platform_admin) flags |= kPlatformAdmin;
  if (p.must_change_password) flags |= kMustChange;
  if (p.must_enrol) flags |= kMustEnrol;
  if (p.subscription_ends_at) flags |= kSubscriptionEnds;
  if (p.sliding_renewal) flags |= kSliding;
  if (p.roles_as_csv) flags |= kRolesAsCsv;
  if (p.with_permissions) flags |= kWithPermissions;
  if (p.bound_to_ip) flags |= kBoundToIp;
  if (p.bound_to_subnet) flags |= kBoundToSubnet;
  return flags;
}

std::string PackProof(const Proof& p) {
  Packer out;
  out.Time(p.read_at);
  out.Raw(p.session_id.view());
  out.Raw(p.user_id.view());
  out.Raw(p.tenant_id.view());
  out.U64(p.tenant_generation);
  out.Time(p.session_expires_at);
  out.Time(p.last_active_at);
  out.U64(static_cast<std::uint64_t>(p.idle_timeout.count()));
  out.Time(p.authenticated_at);
  out.U64(static_cast<std::uint64_t>(p.access_ttl.count()));
  out.U64(FlagsOf(p));
  out.Time(p.subscription_ends_at.value_or(TimePoint{}));
  out.Text(p.tenant_slug);
  out.Text(p.email);
  out.Text(p.name);
  out.Text(p.amr);
  out.Text(p.session_ip);
  out.OptionalText(p.branch_id);
  out.OptionalText(p.restaurant_id);
  out.List(p.roles);
  out.List(p.permissions);
  return out.Take();
}

bool UnpackProof(Unpacker& in, Proof& p) {
  p.read_at = in.Time();
  p.session_id = in.Id<SessionId>();
  p.user_id = in.Id<UserId>();
  p.tenant_id = in.Id<TenantId>();
  p.tenant_generation = in.U64();
  p.session_expires_at = in.Time();
  p.last_active_at = in.Time();
  p.idle_timeout = Seconds(static_cast<std::int64_t>(in.U64()));
  p.authenticated_at = in.Time();
  p.access_ttl = Seconds(static_cast<std::int64_t>(in.U64()));
  const auto flags = in.U64();
  p.revoked = (flags & kRevoked) != 0;
  p.tenant_admin = (flags & kTenantAdmin) != 0;
  p.platform_admin = (flags & kPlatformAdmin) != 0;
  p.must_change_password = (flags & kMustChange) != 0;
  p.must_enrol = (flags & kMustEnrol) != 0;
  p.sliding_renewal = (flags & kSliding) != 0;
  p.roles_as_csv = (flags & kRolesAsCsv) != 0;
  p.with_permissions = (flags & kWithPermissions) != 0;
  p.bound_to_ip = (flags & kBoundToIp) != 0;
  p.bound_to_subnet = (flags & kBoundToSubnet) != 0;
  const TimePoint ends = in.Time();
  if ((flags & kSubscriptionEnds) != 0) p.subscription_ends_at = ends;
  p.tenant_slug = in.Text();
  p.email = in.Text();
  p.name = in.Text();
  p.amr = in.Text();
  p.session_ip = in.Text();
  p.branch_id = in.OptionalText();
  p.restaurant_id = in.OptionalText();
  p.roles = in.List();
  p.permissions = in.RestAsTextList();
  return in.Done();
}

Error Refuse(std::string reason) { return MakeError(ErrorCode::kInvalidToken, std::move(reason)); }

}  // namespace

Millis TouchInterval(Seconds idle_timeout) {
  constexpr Millis kLongest{60000};
  if (idle_timeout.count() == 0) return kLongest;
  return std::min(Millis(idle_timeout) / 4, kLongest);
}

bool IsBoundElsewhere(const Proof& proof, std::string_view ip) {
  return (proof.bound_to_ip && !IsSameIp(ip, proof.session_ip)) ||
         (proof.bound_to_subnet && !IsSameSubnet(proof.session_ip, ip));
}

bool IsIdle(const Proof& proof, TimePoint now) {
  return proof.idle_timeout.count() > 0 && now >= proof.last_active_at + proof.idle_timeout;
}

Result<Principal> Judge(const std::shared_ptr<const Proof>& held, const TokenClaims& claims,
                        std::optional<std::string_view> ip, TimePoint now) {
  const Proof& proof = *held;
  if (proof.revoked) return Refuse("revoked");
  if (proof.session_id != claims.session_id || proof.user_id != claims.user_id ||
      proof.tenant_id != claims.tenant_id) {
    return Refuse("claims do not fit the session");
  }
  if (now >= proof.session_expires_at) return Refuse("session ended");
  if (IsIdle(proof, now)) return Refuse("idle");
  if (ip && IsBoundElsewhere(proof, *ip)) return Refuse("another address");
  Principal out;
  out.session_id = proof.session_id;
  out.user_id = proof.user_id;
  out.tenant_id = proof.tenant_id;
  out.identity = held;
  out.tenant_admin = proof.tenant_admin;
  out.platform_admin = proof.platform_admin;
  out.must_change_password = proof.must_change_password;
  out.must_enrol = proof.must_enrol;
  out.subscription_ended =
      proof.subscription_ends_at.has_value() && now >= *proof.subscription_ends_at;
  out.session_expires_at = proof.session_expires_at;
  out.token_expires_at = claims.expires_at;
  const auto half_life = (claims.expires_at - claims.issued_at) / 2;
  out.renewal_due = proof.sliding_renewal && now >= claims.issued_at + half_life &&
                    claims.expires_at < std::chrono::floor<Seconds>(proof.session_expires_at);
  out.authenticated_at = proof.authenticated_at;
  out.access_ttl = proof.access_ttl;
  out.roles_as_csv = proof.roles_as_csv;
  out.with_permissions = proof.with_permissions;
  return out;
}

std::string RecordCodec::Sealed(std::string_view key, std::string body) const {
  const auto mac = mac_.Mac({key, body});
  body.append(crypto::AsView(mac));
  return body;
}

std::string RecordCodec::EncodeProof(std::string_view key, const Proof& proof) const {
  return Sealed(key,
                std::string{kLayout, static_cast<char>(RecordKind::kProof)} + PackProof(proof));
}

std::string RecordCodec::EncodeTombstone(std::string_view key) const {
  return Sealed(key, {kLayout, static_cast<char>(RecordKind::kTombstone)});
}

std::string RecordCodec::EncodeGeneration(std::string_view key, std::uint64_t generation,
                                          TimePoint read_at) const {
  Packer out;
  out.Time(read_at);
  out.U64(generation);
  return Sealed(key, std::string{kLayout, static_cast<char>(RecordKind::kGeneration)} + out.Take());
}

std::string RecordCodec::EncodeLease(std::string_view key, std::string_view nonce) const {
  return Sealed(key,
                std::string{kLayout, static_cast<char>(RecordKind::kLease)} + std::string(nonce));
}

std::optional<Record> RecordCodec::Decode(std::string_view key, std::string_view value) const {
  if (value.size() < kMacBytes + 2 || value[0] != kLayout) return std::nullopt;
  const auto body = value.substr(0, value.size() - kMacBytes);
  const auto mac = mac_.Mac({key, body});
  if (!crypto::ConstantTimeEqual(crypto::AsView(mac), value.substr(body.size()))) {
    return std::nullopt;
  }
  Record out;
  out.kind = static_cast<RecordKind>(body[1]);
  Unpacker in(body.substr(2));
  switch (out.kind) {
    case RecordKind::kTombstone:
    case RecordKind::kLease:
      return out;
    case RecordKind::kGeneration:
      out.read_at = in.Time();
      out.generation = in.U64();
      return in.Done() ? std::optional<Record>(std::move(out)) : std::nullopt;
    case RecordKind::kProof:
      if (!UnpackProof(in, out.proof)) return std::nullopt;
      out.read_at = out.proof.read_at;
      return out;
  }
  return std::nullopt;
}

std::string RecordCodec::SessionKey(TenantId tenant, SessionId session) const {
  std::string key = "s:";
  AppendBase64Url(
      key,
      crypto::AsView(mac_.Mac(crypto::LengthPrefixed({"session", tenant.view(), session.view()}))));
  return key;
}

std::string RecordCodec::TenantKey(TenantId tenant) const {
  std::string key = "t:";
  AppendBase64Url(key, crypto::AsView(mac_.Mac(crypto::LengthPrefixed({"tenant", tenant.view()}))));
  return key;
}

}  // namespace gatehouse::auth
