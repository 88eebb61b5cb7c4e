#include "handlers/auth/attempt_summary.h"

#include <algorithm>
#include <chrono>

#include "handlers/auth/attempt.h"

namespace gatehouse::auth {
namespace {

constexpr Seconds kHour{3600};
constexpr Seconds kDay{86400};
// Before it there is nothing that RFC 3339 could write.
constexpr TimePoint kYear0 = std::chrono::sys_days(std::chrono::year(0) / std::chrono::January / 1);

}  // namespace

SummaryRange RangeOf(const std::optional<TimePoint>& from, const std::optional<TimePoint>& to,
                     TimePoint now) {
  const TimePoint end = to.value_or(now);
  return {from.value_or(std::max(end - kUsualSummary, kYear0)), end};
}

SummaryRange::Fault SummaryRange::Check() const {
  if (to <= from) return Fault::kBackwards;
  return to - from > kLongestSummary ? Fault::kTooLong : Fault::kNone;
}

Seconds SummaryRange::interval() const { return to - from <= kHourlySummary ? kHour : kDay; }

std::vector<SummaryItem> EveryBucket(const SummaryRange& range,
                                     std::span<const store::AttemptCount> counts) {
  const Seconds interval = range.interval();
  // What ends on the hour does not touch the next one.
  const auto last = store::BucketOf(range.to - Micros(1), interval);
  std::vector<SummaryItem> out;
  auto count = counts.begin();
  for (auto number = store::BucketOf(range.from, interval); number <= last; ++number) {
    SummaryItem item{store::BucketStart(number, interval)};
    while (count != counts.end() && count->number < number) ++count;
    if (count != counts.end() && count->number == number) {
      item.succeeded = count->succeeded;
      item.failed = count->failed;
    }
    out.push_back(item);
  }
  return out;
}

Result<std::vector<SummaryItem>> SummarizeAttempts(Services& services, const Caller& caller,
                                                   TenantId tenant, const SummaryRange& range) {
  GH_ASSIGN(const auto counts,
            store::CountAttempts(*services.db.Auto(caller.deadline), tenant, range.from, range.to,
                                 range.interval(), kReasonSecondFactor));
  return EveryBucket(range, counts);
}

}  // namespace gatehouse::auth
