// Sign-in attempts and the lock that serializes them (SPEC L1, L4; DESIGN.md 5).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::store {

struct Attempt {
  AttemptId id;
  std::optional<TenantId> tenant_id;
  std::optional<UserId> user_id;
  std::string identifier;      // canonical, as typed by the client
  std::string identifier_key;  // 32 bytes
  std::string ip, user_agent;
  std::optional<std::string> device;
  TimePoint created_at;
  bool success = false;
  std::string reason;
  bool counted = false;
  std::optional<std::string> browser_id;  // 16 bytes; the known browser that it came from
};

// Creates the identifier's row or finds it, and holds its lock to the end of the transaction.
Status LockIdentifier(db::Executor& ex, std::string_view identifier_key, TimePoint now);
// Which failures count: those of one known browser (its id), or (nullopt) everybody's (SPEC L3).
using Counter = std::optional<std::string>;
// Times of the failures after `since` that count now, newest first, at most `limit`; with `reason`
// those of this kind alone.
Result<std::vector<TimePoint>> CountedFailures(
    db::Executor& ex, std::string_view identifier_key, const Counter& counter, TimePoint since,
    int limit, std::optional<std::string_view> reason = std::nullopt);
// A success or an unlock: nothing counts any more.
Status ClearCounted(db::Executor& ex, std::string_view identifier_key);
// A success in a known browser: of what it did after `since`, nothing counts any more.
Status ClearCounted(db::Executor& ex, std::string_view identifier_key, std::string_view browser_id,
                    TimePoint since);
// Failures of one reason that count now do so under another key from now on.
Status MoveCounted(db::Executor& ex, std::string_view from_key, std::string_view to_key,
                   std::string_view reason);
Status InsertAttempt(db::Executor& ex, const Attempt& attempt);

struct AttemptFilter {
  std::optional<UserId> user_id;
  std::optional<std::string> email, ip;
  std::optional<bool> success;
  std::optional<TimePoint> from, to;  // from <= created_at < to
};
// Where the page before ended.
struct AttemptCursor {
  TimePoint created_at;
  AttemptId id;
};
// Newest first unless `ascending`.
Result<std::vector<Attempt>> ListAttempts(db::Executor& ex, TenantId tenant,
                                          const AttemptFilter& filter,
                                          const std::optional<AttemptCursor>& after, bool ascending,
                                          int limit);

// Attempts of one bucket of time: those from `number` * interval after the year 0 (UTC) on.
struct AttemptCount {
  std::int64_t number = 0;
  std::int64_t succeeded = 0, failed = 0;
};
// Of the attempts with from <= created_at < to and another reason than `but`; buckets without any
// are left out. Ascending.
Result<std::vector<AttemptCount>> CountAttempts(db::Executor& ex, TenantId tenant, TimePoint from,
                                                TimePoint to, Seconds interval,
                                                std::string_view but);
// The number of the bucket that a time falls in.
std::int64_t BucketOf(TimePoint at, Seconds interval);
TimePoint BucketStart(std::int64_t number, Seconds interval);

}  // namespace gatehouse::store
