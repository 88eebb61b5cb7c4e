#include "sql/store/challenges.h"

#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

#define GH_CHALLENGE_COLUMNS                                                  \
  "token_hash, tenant_id, user_id, amr, device_id, device_name, device_type," \
  " browser_id, cookie_mode, ip, user_agent, failures, created_at, expires_at, by_installation"

const db::Sql kInsert{"challenges.insert",
                      "INSERT INTO challenges (" GH_CHALLENGE_COLUMNS
                      ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
const db::Sql kFind{"challenges.find",
                    "SELECT " GH_CHALLENGE_COLUMNS " FROM challenges WHERE token_hash = ?"};
const db::Sql kLock{"challenges.lock", "SELECT " GH_CHALLENGE_COLUMNS
                                       " FROM challenges WHERE token_hash = ? FOR UPDATE"};
const db::Sql kSetFailures{
    "challenges.set_failures",
    "UPDATE challenges SET failures = ? WHERE token_hash = ? AND tenant_id = ?"};
const db::Sql kDelete{"challenges.delete",
                      "DELETE FROM challenges WHERE token_hash = ? AND tenant_id = ?"};
const db::Sql kTrim{"challenges.trim",
                    "DELETE FROM challenges WHERE user_id = ? AND tenant_id = ?"
                    " AND token_hash NOT IN (SELECT token_hash FROM (SELECT token_hash"
                    "  FROM challenges WHERE user_id = ? ORDER BY created_at DESC, token_hash"
                    "  LIMIT ?) AS newest)"};

#undef GH_CHALLENGE_COLUMNS

Challenge ReadChallenge(const db::Row& row) {
  Challenge out;
  out.token_hash = row.Text(0);
  out.tenant_id = row.As<TenantId>(1);
  out.user_id = row.As<UserId>(2);
  out.amr = row.Text(3);
  out.device_id = row.Text(4);
  out.device_name = row.Text(5);
  out.device_type = row.Text(6);
  out.browser_id = row.Text(7);
  out.cookie_mode = row.Bool(8);
  out.ip = row.Text(9);
  out.user_agent = row.Text(10);
  out.failures = static_cast<int>(row.Int(11));
  out.created_at = row.Time(12);
  out.expires_at = row.Time(13);
  out.by_installation = row.Bool(14);
  return out;
}

}  // namespace

Status InsertChallenge(db::Executor& ex, const Challenge& c) {
  return Done(
      ex.Execute(kInsert, {c.token_hash, c.tenant_id, c.user_id, c.amr, c.device_id, c.device_name,
                           c.device_type, c.browser_id, c.cookie_mode, c.ip, c.user_agent,
                           c.failures, c.created_at, c.expires_at, c.by_installation}));
}

Result<std::optional<Challenge>> FindChallenge(db::Executor& ex, std::string_view token_hash) {
  return Map(ex.QueryOne(kFind, {token_hash}), ReadChallenge);
}

Result<std::optional<Challenge>> LockChallenge(db::Executor& ex, std::string_view token_hash) {
  return Map(ex.QueryOne(kLock, {token_hash}), ReadChallenge);
}

Status SetFailures(db::Executor& ex, TenantId tenant, std::string_view token_hash, int failures) {
  return OneRow(kSetFailures, ex.Execute(kSetFailures, {failures, token_hash, tenant}));
}

Status DeleteChallenge(db::Executor& ex, TenantId tenant, std::string_view token_hash) {
  return Done(ex.Execute(kDelete, {token_hash, tenant}));
}

Status TrimChallenges(db::Executor& ex, TenantId tenant, UserId user, int keep) {
  return Done(ex.Execute(kTrim, {user, tenant, user, keep}));
}

}  // namespace gatehouse::store
