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

}  // namespace gatehouse::store
