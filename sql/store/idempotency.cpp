#include "sql/store/idempotency.h"

#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

const db::Sql kClaim{"idempotency.claim",
                     "INSERT IGNORE INTO idempotency_keys (caller_id, key_hash, request_hash,"
                     " claim, claimed_until, created_at) VALUES (?, ?, ?, ?, ?, ?)"};
const db::Sql kFind{"idempotency.find",
                    "SELECT request_hash, claim, claimed_until, status, answer, created_at"
                    " FROM idempotency_keys WHERE caller_id = ? AND key_hash = ?"};
const db::Sql kTakeOver{"idempotency.take_over",
                        "UPDATE idempotency_keys SET request_hash = ?, claim = ?,"
                        " claimed_until = ?, status = NULL, answer = NULL, created_at = ?"
                        " WHERE caller_id = ? AND key_hash = ? AND claim = ? AND status <=> ?"};
const db::Sql kKeep{"idempotency.keep",
                    "UPDATE idempotency_keys SET status = ?, answer = ?"
                    " WHERE caller_id = ? AND key_hash = ? AND claim = ?"};
const db::Sql kRelease{"idempotency.release",
                       "DELETE FROM idempotency_keys"
                       " WHERE caller_id = ? AND key_hash = ? AND claim = ? AND status IS NULL"};

}  // namespace

Result<bool> ClaimIdempotencyKey(db::Executor& ex, UserId caller, std::string_view key_hash,
                                 const IdempotencyRow& row) {
  return Any(ex.Execute(
      kClaim, {caller, key_hash, row.request_hash, row.claim, row.claimed_until, row.created_at}));
}

Result<std::optional<IdempotencyRow>> FindIdempotencyKey(db::Executor& ex, UserId caller,
                                                         std::string_view key_hash) {
  return Map(ex.QueryOne(kFind, {caller, key_hash}), [](const db::Row& row) {
    return IdempotencyRow{row.Text(0),        row.Uuid16(1), row.Time(2),
                          row.OptionalInt(3), row.Text(4),   row.Time(5)};
  });
}

Result<bool> TakeOverIdempotencyKey(db::Executor& ex, UserId caller, std::string_view key_hash,
                                    const IdempotencyRow& old, const IdempotencyRow& row) {
  return Any(ex.Execute(kTakeOver, {row.request_hash, row.claim, row.claimed_until, row.created_at,
                                    caller, key_hash, old.claim, old.status}));
}

Status KeepIdempotentAnswer(db::Executor& ex, UserId caller, std::string_view key_hash,
                            const Uuid& claim, int status, std::string_view answer) {
  return OneRow(kKeep, ex.Execute(kKeep, {status, answer, caller, key_hash, claim}));
}

Status ReleaseIdempotencyKey(db::Executor& ex, UserId caller, std::string_view key_hash,
                             const Uuid& claim) {
  return Done(ex.Execute(kRelease, {caller, key_hash, claim}));
}

}  // namespace gatehouse::store
