// A proof: what verification needs to know of one session, as read from MariaDB at `read_at`, and
// the pure decision from it (SPEC T8, T9; DESIGN.md 3). Records are what the cache holds: a proof,
// a tombstone, a tenant's generation or a lease; each carries a MAC over the cache key and the
// content, so that a poisoned or mixed-up value is a miss.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/base/clock.h"
#include "fcgi/base/result.h"
#include "fcgi/lib/crypto.h"
#include "handlers/auth/principal.h"
#include "handlers/auth/token.h"

namespace gatehouse::auth {

struct Proof : Identity {
  TimePoint read_at;  // before the read, by the reader's clock
  SessionId session_id;
  UserId user_id;
  TenantId tenant_id;
  std::uint64_t tenant_generation = 0;
  TimePoint session_expires_at;
  TimePoint last_active_at;
  Seconds idle_timeout{0};  // 0: off
  TimePoint authenticated_at;
  Seconds access_ttl{0};
  bool revoked = false;  // session revoked or expired, user not active, tenant suspended
  bool tenant_admin = false;
  bool platform_admin = false;
  bool must_change_password = false;
  bool must_enrol = false;
  bool sliding_renewal = false;
  bool roles_as_csv = false;
  bool with_permissions = true;
  bool bound_to_ip = false;      // SPEC S5, strict
  bool bound_to_subnet = false;  // likewise, /24 or /64
  std::optional<TimePoint> subscription_ends_at;
  std::string session_ip;
};

// How often last-active is written for a session (SPEC S3).
Millis TouchInterval(Seconds idle_timeout);

// SPEC S5.
bool IsBoundElsewhere(const Proof& proof, std::string_view ip);

// Whether nobody has been active for too long (SPEC S4), as far as the proof knows: another worker
// may have seen somebody since, and MariaDB knows.
bool IsIdle(const Proof& proof, TimePoint now);

// The decision. kInvalidToken with the reason in `inner` for whatever does not hold. Without `ip`
// the address is not judged: a service that asks about a token is not where its person is.
Result<Principal> Judge(const std::shared_ptr<const Proof>& proof, const TokenClaims& claims,
                        std::optional<std::string_view> ip, TimePoint now);

enum class RecordKind : char { kProof = 'P', kTombstone = 'T', kGeneration = 'G', kLease = 'L' };

struct Record {
  RecordKind kind = RecordKind::kLease;
  Proof proof;                   // kProof
  std::uint64_t generation = 0;  // kGeneration
  TimePoint read_at;             // kProof, kGeneration
};

class RecordCodec {
 public:
  explicit RecordCodec(std::string_view cache_key) : mac_(cache_key) {}

  std::string EncodeProof(std::string_view key, const Proof& proof) const;
  std::string EncodeTombstone(std::string_view key) const;
  std::string EncodeGeneration(std::string_view key, std::uint64_t generation,
                               TimePoint read_at) const;
  std::string EncodeLease(std::string_view key, std::string_view nonce) const;
  // nullopt where the MAC does not fit the key and the content, or the content is malformed.
  std::optional<Record> Decode(std::string_view key, std::string_view value) const;

  // "<kind>:" + base64url(HMAC(length-prefixed tenant and id)).
  std::string SessionKey(TenantId tenant, SessionId session) const;
  std::string TenantKey(TenantId tenant) const;

 private:
  std::string Sealed(std::string_view key, std::string body) const;
  crypto::HmacSha256 mac_;
};

}  // namespace gatehouse::auth
