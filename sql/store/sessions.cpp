#include "sql/store/sessions.h"

#include "sql/store/outcome.h"
#include "sql/store/users.h"

namespace gatehouse::store {
namespace {

// 21 columns, in the order in which ReadSession takes them. ReadGate joins, hence the `s.`.
#define GH_SESSION_COLUMNS                                                                   \
  "s.id, s.tenant_id, s.user_id, s.device_id, s.device_name, s.device_type, s.ip,"           \
  " s.user_agent, s.amr, s.cookie_mode, s.authenticated_at, s.created_at, s.last_active_at," \
  " s.expires_at, s.refresh_generation, s.refresh_rotated_at, s.refresh_key, s.refresh_kid," \
  " s.revoked_at, s.revoke_reason, s.by_installation"
constexpr std::size_t kSessionColumns = 21;

const db::Sql kInsert{
    "sessions.insert",
    "INSERT INTO sessions (id, tenant_id, user_id, device_id, device_name, device_type, ip,"
    " user_agent, amr, cookie_mode, authenticated_at, created_at, last_active_at, expires_at,"
    " refresh_generation, refresh_rotated_at, refresh_key, refresh_kid, revoked_at, revoke_reason,"
    " by_installation)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
const db::Sql kFind{"sessions.find", "SELECT " GH_SESSION_COLUMNS
                                     " FROM sessions s WHERE s.id = ? AND s.tenant_id = ?"};
const db::Sql kLock{"sessions.lock",
                    "SELECT " GH_SESSION_COLUMNS
                    " FROM sessions s WHERE s.id = ? AND s.tenant_id = ? FOR UPDATE"};
const db::Sql kLive{"sessions.live",
                    "SELECT " GH_SESSION_COLUMNS
                    " FROM sessions s WHERE s.user_id = ? AND s.tenant_id = ?"
                    " AND s.revoked_at IS NULL AND s.expires_at > ? ORDER BY s.created_at, s.id"};
const db::Sql kOwners{"sessions.owners",
                      "SELECT u.id, u.email FROM users u WHERE u.tenant_id = ? AND u.email > ?"
                      " AND EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = u.id"
                      " AND s.tenant_id = u.tenant_id AND s.revoked_at IS NULL"
                      " AND s.expires_at > ?) ORDER BY u.email LIMIT ?"};
const db::Sql kJustRevoked{"sessions.just_revoked",
                           "SELECT " GH_SESSION_COLUMNS
                           " FROM sessions s WHERE s.user_id = ? AND s.tenant_id = ?"
                           " AND s.revoked_at >= ? ORDER BY s.created_at, s.id"};
const db::Sql kRecent{"sessions.recent",
                      "SELECT " GH_SESSION_COLUMNS
                      " FROM sessions s WHERE s.user_id = ? AND s.tenant_id = ?"
                      " AND ((s.revoked_at IS NULL AND s.expires_at > ?) OR s.revoked_at >= ?)"
                      " ORDER BY s.created_at, s.id"};
const db::Sql kRevoke{"sessions.revoke",
                      "UPDATE sessions SET revoked_at = ?, revoke_reason = ?"
                      " WHERE id = ? AND tenant_id = ? AND revoked_at IS NULL"};
const db::Sql kRotate{"sessions.rotate_refresh",
                      "UPDATE sessions SET refresh_generation = ?, refresh_rotated_at = ?"
                      " WHERE id = ? AND tenant_id = ?"};
const db::Sql kTouch{"sessions.touch",
                     "UPDATE sessions SET last_active_at = ?"
                     " WHERE id = ? AND tenant_id = ? AND last_active_at <= ?"};
const db::Sql kGate{"sessions.gate",
                    "SELECT " GH_SESSION_COLUMNS
                    ", u.email, u.first_name, u.last_name, u.status = 'active', u.is_tenant_admin,"
                    " u.must_change_password, u.two_factor_enabled, u.branch_id, u.restaurant_id,"
                    " t.slug, t.status = 'suspended' OR t.deleted_at IS NOT NULL,"
                    " t.subscription_ends_at, t.settings, t.generation"
                    " FROM sessions s"
                    " JOIN users u ON u.id = s.user_id AND u.tenant_id = s.tenant_id"
                    " JOIN tenants t ON t.id = s.tenant_id"
                    " WHERE s.id = ? AND s.tenant_id = ?"};
const db::Sql kSeenAgain{"devices.seen_again",
                         "UPDATE devices SET last_seen_at = GREATEST(last_seen_at, ?),"
                         " browser_id = ?"
                         " WHERE user_id = ? AND device_id = ?"};
const db::Sql kHasDevices{"devices.any", "SELECT EXISTS(SELECT 1 FROM devices WHERE user_id = ?)"};
// Two first sign-ins from one device at once: the second finds the row.
const db::Sql kInsertDevice{
    "devices.insert",
    "INSERT INTO devices (user_id, device_id, browser_id, first_seen_at, last_seen_at)"
    " VALUES (?, ?, ?, ?, ?)"
    " ON DUPLICATE KEY UPDATE last_seen_at = GREATEST(last_seen_at, VALUES(last_seen_at)),"
    " browser_id = VALUES(browser_id)"};
const db::Sql kKnowsBrowser{
    "devices.knows_browser",
    "SELECT EXISTS(SELECT 1 FROM devices WHERE user_id = ? AND browser_id = ?)"};

#undef GH_SESSION_COLUMNS

Session ReadSession(const db::Row& row) {
  Session s;
  s.id = row.As<SessionId>(0);
  s.tenant_id = row.As<TenantId>(1);
  s.user_id = row.As<UserId>(2);
  s.device_id = row.Text(3);
  s.device_name = row.Text(4);
  s.device_type = row.Text(5);
  s.ip = row.Text(6);
  s.user_agent = row.Text(7);
  s.amr = row.Text(8);
  s.cookie_mode = row.Bool(9);
  s.authenticated_at = row.Time(10);
  s.created_at = row.Time(11);
  s.last_active_at = row.Time(12);
  s.expires_at = row.Time(13);
  s.refresh_generation = static_cast<std::uint32_t>(row.Int(14));
  s.refresh_rotated_at = row.Time(15);
  s.refresh_key = row.Text(16);
  s.refresh_kid = row.Text(17);
  s.revoked_at = row.OptionalTime(18);
  s.revoke_reason = row.OptionalText(19);
  s.by_installation = row.Bool(20);
  return s;
}

GateRow ReadGateRow(const db::Row& row) {
  std::size_t i = kSessionColumns;
  GateRow gate;
  gate.session = ReadSession(row);
  User user;
  user.email = row.Text(i++);
  user.first_name = row.OptionalText(i++);
  user.last_name = row.OptionalText(i++);
  gate.display_name = user.DisplayName();
  gate.email = std::move(user.email);
  gate.user_active = row.Bool(i++);
  gate.is_tenant_admin = row.Bool(i++);
  gate.must_change_password = row.Bool(i++);
  gate.two_factor_enabled = row.Bool(i++);
  gate.branch_id = row.OptionalText(i++);
  gate.restaurant_id = row.OptionalText(i++);
  gate.tenant_slug = row.Text(i++);
  gate.tenant_suspended = row.Bool(i++);
  gate.subscription_ends_at = row.OptionalTime(i++);
  gate.tenant_settings = row.Text(i++);
  gate.tenant_generation = static_cast<std::uint64_t>(row.Int(i++));
  return gate;
}

}  // namespace

Status InsertSession(db::Executor& ex, const Session& s) {
  return Done(ex.Execute(kInsert, {s.id,
                                   s.tenant_id,
                                   s.user_id,
                                   s.device_id,
                                   s.device_name,
                                   s.device_type,
                                   s.ip,
                                   s.user_agent,
                                   s.amr,
                                   s.cookie_mode,
                                   s.authenticated_at,
                                   s.created_at,
                                   s.last_active_at,
                                   s.expires_at,
                                   std::int64_t{s.refresh_generation},
                                   s.refresh_rotated_at,
                                   s.refresh_key,
                                   s.refresh_kid,
                                   s.revoked_at,
                                   s.revoke_reason,
                                   s.by_installation}));
}

Result<std::optional<Session>> FindSession(db::Executor& ex, TenantId tenant, SessionId id) {
  return Map(ex.QueryOne(kFind, {id, tenant}), ReadSession);
}

Result<std::optional<Session>> LockSession(db::Executor& ex, TenantId tenant, SessionId id) {
  return Map(ex.QueryOne(kLock, {id, tenant}), ReadSession);
}

Result<std::vector<Session>> LiveSessions(db::Executor& ex, TenantId tenant, UserId user,
                                          TimePoint now) {
  return Map(ex.Query(kLive, {user, tenant, now}), ReadSession);
}

Result<std::vector<SessionOwner>> SessionOwners(db::Executor& ex, TenantId tenant,
                                                std::string_view after_email, TimePoint now,
                                                int limit) {
  return Map(ex.Query(kOwners, {tenant, after_email, now, limit}), [](const db::Row& row) {
    return SessionOwner{row.As<UserId>(0), row.Text(1)};
  });
}

Result<std::vector<Session>> JustRevoked(db::Executor& ex, TenantId tenant, UserId user,
                                         TimePoint since) {
  return Map(ex.Query(kJustRevoked, {user, tenant, since}), ReadSession);
}

Result<std::vector<Session>> RecentSessions(db::Executor& ex, TenantId tenant, UserId user,
                                            TimePoint now, TimePoint revoked_since) {
  return Map(ex.Query(kRecent, {user, tenant, now, revoked_since}), ReadSession);
}

Result<bool> RevokeSession(db::Executor& ex, TenantId tenant, SessionId id, TimePoint now,
                           std::string_view reason) {
  return Any(ex.Execute(kRevoke, {now, reason, id, tenant}));
}

Status RotateRefresh(db::Executor& ex, TenantId tenant, SessionId id, std::uint32_t generation,
                     TimePoint rotated_at) {
  return OneRow(kRotate, ex.Execute(kRotate, {std::int64_t{generation}, rotated_at, id, tenant}));
}

Status TouchSession(db::Executor& ex, TenantId tenant, SessionId id, TimePoint last_active_at,
                    Millis apart) {
  return Done(ex.Execute(kTouch, {last_active_at, id, tenant, last_active_at - apart}));
}

Result<std::optional<GateRow>> ReadGate(db::Executor& ex, TenantId tenant, SessionId id) {
  return Map(ex.QueryOne(kGate, {id, tenant}), ReadGateRow);
}

Result<bool> RememberDevice(db::Executor& ex, UserId user, std::string_view device_id,
                            std::string_view browser_id, TimePoint now) {
  GH_ASSIGN(const bool known, Any(ex.Execute(kSeenAgain, {now, browser_id, user, device_id})));
  if (known) return false;
  GH_ASSIGN(const auto others, ex.QueryOne(kHasDevices, {user}));
  GH_TRY(ex.Execute(kInsertDevice, {user, device_id, browser_id, now, now}));
  return others && others->Bool(0);
}

Result<bool> KnowsBrowser(db::Executor& ex, UserId user, std::string_view browser_id) {
  GH_ASSIGN(const auto row, ex.QueryOne(kKnowsBrowser, {user, browser_id}));
  return row && row->Bool(0);
}

}  // namespace gatehouse::store
