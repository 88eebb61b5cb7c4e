#include "sql/store/purge.h"

#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

// Each walks one index from its old end. Two statements where rows end in two ways: with OR, no
// index would do.
const db::Sql kExpiredSessions{
    "purge.expired_sessions",
    "DELETE FROM sessions WHERE expires_at < ? ORDER BY expires_at LIMIT ?"};
const db::Sql kRevokedSessions{
    "purge.revoked_sessions",
    "DELETE FROM sessions WHERE revoked_at < ? ORDER BY revoked_at LIMIT ?"};
const db::Sql kLinks{"purge.links",
                     "DELETE FROM links WHERE expires_at < ? ORDER BY expires_at LIMIT ?"};
const db::Sql kChallenges{
    "purge.challenges", "DELETE FROM challenges WHERE expires_at < ? ORDER BY expires_at LIMIT ?"};
const db::Sql kOAuthStates{
    "purge.oauth_states",
    "DELETE FROM oauth_states WHERE expires_at < ? ORDER BY expires_at LIMIT ?"};
const db::Sql kOAuthCodes{
    "purge.oauth_codes",
    "DELETE FROM oauth_codes WHERE expires_at < ? ORDER BY expires_at LIMIT ?"};
const db::Sql kOutbox{"purge.outbox",
                      "DELETE FROM outbox WHERE created_at < ? AND status <> 'queued'"
                      " ORDER BY created_at LIMIT ?"};
const db::Sql kLockouts{"purge.lockouts",
                        "DELETE FROM lockouts WHERE touched_at < ? ORDER BY touched_at LIMIT ?"};
const db::Sql kAttempts{"purge.attempts",
                        "DELETE FROM attempts WHERE created_at < ? ORDER BY created_at LIMIT ?"};
const db::Sql kPending{"purge.pending",
                       "DELETE FROM users WHERE status = 'pending' AND created_at < ?"
                       " AND NOT EXISTS (SELECT 1 FROM links l WHERE l.user_id = users.id"
                       "  AND l.purpose = 'verify_email' AND l.used_at IS NULL"
                       "  AND l.expires_at > ?)"
                       " ORDER BY created_at LIMIT ?"};
const db::Sql kDevices{"purge.devices",
                       "DELETE FROM devices WHERE last_seen_at < ? ORDER BY last_seen_at LIMIT ?"};
const db::Sql kIdempotencyKeys{
    "purge.idempotency_keys",
    "DELETE FROM idempotency_keys WHERE created_at < ? ORDER BY created_at LIMIT ?"};

// What is left of a deleted tenant, in the order in which it may go. Whatever hangs on a user or
// a role goes with it; attempts and audit events are history and stay.
const db::Sql kDeletedTenant{
    "purge.deleted_tenant",
    "SELECT id FROM tenants WHERE deleted_at IS NOT NULL ORDER BY deleted_at LIMIT 1"};
const db::Sql kItsUsers{"purge.users_of_tenant",
                        "DELETE FROM users WHERE tenant_id = ? ORDER BY created_at, id LIMIT ?"};
const db::Sql kItsRoles{"purge.roles_of_tenant",
                        "DELETE FROM roles WHERE tenant_id = ? ORDER BY id LIMIT ?"};
const db::Sql kItsCredentials{
    "purge.credentials_of_tenant",
    "DELETE FROM service_credentials WHERE tenant_id = ? ORDER BY created_at, id LIMIT ?"};
const db::Sql kTheTenant{"purge.tenant",
                         "DELETE FROM tenants WHERE id = ? AND deleted_at IS NOT NULL LIMIT ?"};

}  // namespace

Result<std::uint64_t> PurgeSessions(db::Executor& ex, TimePoint before, int limit) {
  GH_ASSIGN(const auto expired, ex.Execute(kExpiredSessions, {before, limit}));
  const int left = limit - static_cast<int>(expired);
  GH_ASSIGN(const auto revoked, ex.Execute(kRevokedSessions, {before, left}));
  return expired + revoked;
}

Result<std::uint64_t> PurgeLinks(db::Executor& ex, TimePoint before, int limit) {
  return ex.Execute(kLinks, {before, limit});
}

Result<std::uint64_t> PurgeChallenges(db::Executor& ex, TimePoint before, int limit) {
  return ex.Execute(kChallenges, {before, limit});
}

Result<std::uint64_t> PurgeOAuthCodes(db::Executor& ex, TimePoint before, int limit) {
  return ex.Execute(kOAuthCodes, {before, limit});
}

Result<std::uint64_t> PurgeOAuthStates(db::Executor& ex, TimePoint before, int limit) {
  return ex.Execute(kOAuthStates, {before, limit});
}

Result<std::uint64_t> PurgeOutbox(db::Executor& ex, TimePoint before, int limit) {
  return ex.Execute(kOutbox, {before, limit});
}

Result<std::uint64_t> PurgeLockouts(db::Executor& ex, TimePoint before, int limit) {
  return ex.Execute(kLockouts, {before, limit});
}

Result<std::uint64_t> PurgeAttempts(db::Executor& ex, TimePoint before, int limit) {
  return ex.Execute(kAttempts, {before, limit});
}

Result<std::uint64_t> PurgePending(db::Executor& ex, TimePoint now, TimePoint before, int limit) {
  return ex.Execute(kPending, {before, now, limit});
}

Result<std::uint64_t> PurgeDevices(db::Executor& ex, TimePoint before, int limit) {
  return ex.Execute(kDevices, {before, limit});
}

Result<std::uint64_t> PurgeIdempotencyKeys(db::Executor& ex, TimePoint before, int limit) {
  return ex.Execute(kIdempotencyKeys, {before, limit});
}

Result<std::uint64_t> PurgeDeletedTenants(db::Executor& ex, int limit) {
  const auto most = static_cast<std::uint64_t>(limit);
  std::uint64_t removed = 0;
  while (removed < most) {
    GH_ASSIGN(const auto tenant, ex.QueryOne(kDeletedTenant, {}));
    if (!tenant) break;
    const auto id = tenant->As<TenantId>(0);
    for (const db::Sql* part : {&kItsUsers, &kItsRoles, &kItsCredentials, &kTheTenant}) {
      GH_ASSIGN(const auto n, ex.Execute(*part, {id, most - removed}));
      removed += n;
      if (removed == most) return removed;
    }
  }
  return removed;
}

}  // namespace gatehouse::store
