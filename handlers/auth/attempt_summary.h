// How many sign-ins succeeded and failed, by hour or day (SPEC L4, W3): what an administrator's
// chart shows.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "handlers/auth/services.h"
#include "sql/store/attempts.h"

namespace gatehouse::auth {

inline constexpr Seconds kLongestSummary = std::chrono::days(92);
// Without any bound: the last seven days.
inline constexpr Seconds kUsualSummary = std::chrono::days(7);
// By the hour as long as that is a chart; beyond, by the day.
inline constexpr Seconds kHourlySummary = std::chrono::days(3);

// from <= created_at < to. Both are taken as they are: the first bucket and the last may be cut.
struct SummaryRange {
  TimePoint from, to;

  enum class Fault { kNone, kBackwards, kTooLong };
  Fault Check() const;
  Seconds interval() const;  // 3600 or 86400
};
SummaryRange RangeOf(const std::optional<TimePoint>& from, const std::optional<TimePoint>& to,
                     TimePoint now);

struct SummaryItem {
  TimePoint
      start;  // of the bucket, on the hour or at midnight UTC; before `from` where that is cut
  std::int64_t succeeded = 0, failed = 0;
};
// One item for every bucket that the range touches, ascending. `counts` ascending too.
std::vector<SummaryItem> EveryBucket(const SummaryRange& range,
                                     std::span<const store::AttemptCount> counts);

// Of a range without a fault. A right password that led to the second factor's challenge is
// neither: what becomes of it is an attempt of its own.
Result<std::vector<SummaryItem>> SummarizeAttempts(Services& services, const Caller& caller,
                                                   TenantId tenant, const SummaryRange& range);

}  // namespace gatehouse::auth
