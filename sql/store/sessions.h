// Sessions (SPEC S) and what verification reads of them (DESIGN.md 3).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::store {

struct Session {
  SessionId id;
  TenantId tenant_id;
  UserId user_id;
  std::string device_id, device_name, device_type;
  std::string ip, user_agent;
  std::string amr;               // comma-separated, the first factor first
  bool by_installation = false;  // a provider of the installation vouched
  bool cookie_mode = false;
  TimePoint authenticated_at, created_at, last_active_at, expires_at;
  std::uint32_t refresh_generation = 1;
  TimePoint refresh_rotated_at;
  std::string refresh_key;  // sealed (handlers/auth/refresh.h)
  std::string refresh_kid;
  std::optional<TimePoint> revoked_at;
  std::optional<std::string> revoke_reason;
};

Status InsertSession(db::Executor& ex, const Session& session);
Result<std::optional<Session>> FindSession(db::Executor& ex, TenantId tenant, SessionId id);
Result<std::optional<Session>> LockSession(db::Executor& ex, TenantId tenant, SessionId id);
// Who has living sessions, by address; the page behind `after_email`.
struct SessionOwner {
  UserId id;
  std::string email;
};
Result<std::vector<SessionOwner>> SessionOwners(db::Executor& ex, TenantId tenant,
                                                std::string_view after_email, TimePoint now,
                                                int limit);
// Not revoked and not past `now`, oldest first. Call under the user's row lock where the answer
// decides anything.
Result<std::vector<Session>> LiveSessions(db::Executor& ex, TenantId tenant, UserId user,
                                          TimePoint now);
// Revoked at or after `since`. Whoever ends sessions tells the cache of these too: an earlier
// attempt may have died between its commit and the cache.
Result<std::vector<Session>> JustRevoked(db::Executor& ex, TenantId tenant, UserId user,
                                         TimePoint since);
// Both in one: what lives, and what was revoked since then.
Result<std::vector<Session>> RecentSessions(db::Executor& ex, TenantId tenant, UserId user,
                                            TimePoint now, TimePoint revoked_since);
// False where it was revoked before or is not the tenant's.
Result<bool> RevokeSession(db::Executor& ex, TenantId tenant, SessionId id, TimePoint now,
                           std::string_view reason);
// kNotFound where the tenant has no such session.
Status RotateRefresh(db::Executor& ex, TenantId tenant, SessionId id, std::uint32_t generation,
                     TimePoint rotated_at);
// Only forward, and only where the last touch lies at least `apart` before: of several that notice
// at once, one writes.
Status TouchSession(db::Executor& ex, TenantId tenant, SessionId id, TimePoint last_active_at,
                    Millis apart);

// One primary-key join: the state on which an access token's fate hangs.
struct GateRow {
  Session session;
  std::string email;
  std::string display_name;
  bool user_active = false;  // status 'active'
  bool is_tenant_admin = false;
  bool must_change_password = false;
  bool two_factor_enabled = false;
  std::optional<std::string> branch_id, restaurant_id;
  std::string tenant_slug;
  bool tenant_suspended = false;
  std::optional<TimePoint> subscription_ends_at;
  std::string tenant_settings;
  std::uint64_t tenant_generation = 0;
};
// nullopt: no such session in this tenant (deleted with its user, or never there).
Result<std::optional<GateRow>> ReadGate(db::Executor& ex, TenantId tenant, SessionId id);

// Device history. True where this device has not been seen before while others have been.
// `browser_id` (16 bytes) is in the device cookie that goes out with the sign-in.
Result<bool> RememberDevice(db::Executor& ex, UserId user, std::string_view device_id,
                            std::string_view browser_id, TimePoint now);
// Whether a sign-in of this user left this browser its device cookie.
Result<bool> KnowsBrowser(db::Executor& ex, UserId user, std::string_view browser_id);

}  // namespace gatehouse::store
