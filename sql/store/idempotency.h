// Idempotency-Key (API.md "Conventions"): who asked what under which key, and what was answered.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sql/db/database.h"

namespace gatehouse::store {

struct IdempotencyRow {
  std::string request_hash;            // SHA-256 of method, path, query and body
  Uuid claim;                          // of the request that runs or ran
  TimePoint claimed_until;             // while it runs: afterwards somebody else may try
  std::optional<std::int64_t> status;  // of the answer, once there is one
  std::string answer;
  TimePoint created_at;
};

// Claims a key that nobody used. False where there is a row already.
Result<bool> ClaimIdempotencyKey(db::Executor& ex, UserId caller, std::string_view key_hash,
                                 const IdempotencyRow& row);
Result<std::optional<IdempotencyRow>> FindIdempotencyKey(db::Executor& ex, UserId caller,
                                                         std::string_view key_hash);
// Takes a key over from `old` (expired, or its request died). False where it is not as it was read:
// somebody else was quicker, or the request came to its end after all.
Result<bool> TakeOverIdempotencyKey(db::Executor& ex, UserId caller, std::string_view key_hash,
                                    const IdempotencyRow& old, const IdempotencyRow& row);
// kNotFound where the claim was taken over meanwhile: the transaction that does the work then
// fails, because somebody else does it.
Status KeepIdempotentAnswer(db::Executor& ex, UserId caller, std::string_view key_hash,
                            const Uuid& claim, int status, std::string_view answer);
// Nothing was done: the key is free again. An answer that was kept stays.
Status ReleaseIdempotencyKey(db::Executor& ex, UserId caller, std::string_view key_hash,
                             const Uuid& claim);

}  // namespace gatehouse::store
