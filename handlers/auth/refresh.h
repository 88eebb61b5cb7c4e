// Refresh tokens (SPEC T6; DESIGN.md 4). A token is base64url(tenant . session . generation .
// HMAC-SHA256(row key, the rest)): the row key is a random 256-bit secret a session, sealed in the
// database under the key file, so that neither alone can forge one. The current token of a session
// can be made again identically, which is how two tabs or a lost reply get the same successor.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fcgi/base/clock.h"
#include "fcgi/base/entropy.h"
#include "fcgi/base/ids.h"
#include "fcgi/base/secret.h"
#include "fcgi/run/keyring.h"
#include "sql/store/sessions.h"

namespace gatehouse::auth {

struct RefreshToken {
  TenantId tenant;
  SessionId session;
  std::uint32_t generation = 0;
  std::string mac;  // 32 bytes, not yet checked
};

std::string EncodeRefreshToken(TenantId tenant, SessionId session, std::uint32_t generation,
                               std::string_view row_key);
// The form alone; nullopt for anything else.
std::optional<RefreshToken> ParseRefreshToken(std::string_view token);
// In constant time.
bool HasValidMac(const RefreshToken& token, std::string_view row_key);

// A fresh row key, sealed for the row of this session.
struct SealedRowKey {
  std::string box, kid;
  Secret key;
};
SealedRowKey NewRowKey(const KeyRings& keys, SessionId session, Entropy& entropy);
// nullopt where the key file no longer has the key, or the box is not this row's.
std::optional<Secret> OpenRowKey(const KeyRings& keys, const store::Session& session);

enum class RefreshDecision {
  kRotate,         // the current token: next generation
  kRepeat,         // the previous one within the grace: the current token again
  kReuse,          // an older one, or the previous one too late: end the session
  kFromTheFuture,  // newer than the row (data was lost): refuse, alarm
};
// Pure; for a token whose MAC is right.
RefreshDecision DecideRefresh(std::uint32_t presented, std::uint32_t current, TimePoint rotated_at,
                              Seconds grace, TimePoint now);

}  // namespace gatehouse::auth
