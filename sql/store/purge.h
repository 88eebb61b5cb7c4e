// Removes what has expired, in small batches, so that no statement holds many locks. Run by the
// mailer. Each returns the number of rows removed; call again while it is `limit`.
#pragma once

#include "sql/db/database.h"

namespace gatehouse::store {

// Sessions that ended (expired or revoked) before `before`.
Result<std::uint64_t> PurgeSessions(db::Executor& ex, TimePoint before, int limit);
// Links that expired before `before`.
Result<std::uint64_t> PurgeLinks(db::Executor& ex, TimePoint before, int limit);
// Challenges that expired before `before`.
Result<std::uint64_t> PurgeChallenges(db::Executor& ex, TimePoint before, int limit);
// Ways to OAuth providers that did not come back before `before`.
Result<std::uint64_t> PurgeOAuthStates(db::Executor& ex, TimePoint before, int limit);
Result<std::uint64_t> PurgeOAuthCodes(db::Executor& ex, TimePoint before, int limit);
// Outbox rows that are finished or void and older than `before`.
Result<std::uint64_t> PurgeOutbox(db::Executor& ex, TimePoint before, int limit);
// Lock rows of identifiers that nobody has tried since `before`.
Result<std::uint64_t> PurgeLockouts(db::Executor& ex, TimePoint before, int limit);
// Attempts older than `before`.
Result<std::uint64_t> PurgeAttempts(db::Executor& ex, TimePoint before, int limit);
// Pending registrations without a live link, created before `before`.
Result<std::uint64_t> PurgePending(db::Executor& ex, TimePoint now, TimePoint before, int limit);
// Devices that nobody has signed in from since `before`.
Result<std::uint64_t> PurgeDevices(db::Executor& ex, TimePoint before, int limit);
// Idempotency keys that came before `before`.
Result<std::uint64_t> PurgeIdempotencyKeys(db::Executor& ex, TimePoint before, int limit);
// What is left of deleted tenants: their users, roles and service credentials, then themselves.
Result<std::uint64_t> PurgeDeletedTenants(db::Executor& ex, int limit);

}  // namespace gatehouse::store
