// The buckets of a chart: SPEC L4, W3.
#include "handlers/auth/attempt_summary.h"

#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::auth {
namespace {

using Fault = SummaryRange::Fault;
using std::chrono::days;
using std::chrono::hours;

TimePoint At(std::string_view text) { return FromRfc3339(text).value(); }

constexpr Seconds kHour{3600};
constexpr Seconds kDay{86400};

TEST(AttemptSummary, TheLastSevenDaysUnlessToldOtherwise) {
  const TimePoint now = At("2026-03-08T12:30:00Z");
  const auto usual = RangeOf({}, {}, now);
  EXPECT_EQ(usual.to, now);
  EXPECT_EQ(usual.from, At("2026-03-01T12:30:00Z"));
  EXPECT_EQ(RangeOf({}, At("2026-02-08T00:00:00Z"), now).from, At("2026-02-01T00:00:00Z"));
  EXPECT_EQ(RangeOf(At("2026-03-08T00:00:00Z"), {}, now).to, now);
}

TEST(AttemptSummary, RangesHaveBoundsThatAreExact) {
  const TimePoint from = At("2026-03-01T00:00:00Z");
  const auto until = [&](Micros length) { return SummaryRange{from, from + length}; };
  EXPECT_EQ(until(Micros(0)).Check(), Fault::kBackwards);
  EXPECT_EQ(until(Micros(-1)).Check(), Fault::kBackwards);
  EXPECT_EQ(until(Micros(1)).Check(), Fault::kNone);
  EXPECT_EQ(until(days(92)).Check(), Fault::kNone);
  EXPECT_EQ(until(days(92) + Micros(1)).Check(), Fault::kTooLong);
  EXPECT_EQ(until(days(3)).interval(), kHour);
  EXPECT_EQ(until(days(3) + Micros(1)).interval(), kDay);
}

TEST(AttemptSummary, EveryBucketThatTheRangeTouchesIsThere) {
  const auto starts = [](std::string_view from, std::string_view to) {
    std::vector<std::string> out;
    for (const auto& item : EveryBucket({At(from), At(to)}, {})) {
      EXPECT_EQ(item.succeeded + item.failed, 0);
      out.push_back(ToRfc3339(item.start));
    }
    return out;
  };
  using List = std::vector<std::string>;
  EXPECT_EQ(starts("2026-03-01T10:00:00Z", "2026-03-01T12:00:00Z"),
            (List{"2026-03-01T10:00:00.000Z", "2026-03-01T11:00:00.000Z"}));
  EXPECT_EQ(starts("2026-03-01T10:59:59.999999Z", "2026-03-01T11:00:00.000001Z"),
            (List{"2026-03-01T10:00:00.000Z", "2026-03-01T11:00:00.000Z"}));
  // Across a leap day, in UTC whatever the offset of the bounds.
  EXPECT_EQ(starts("2028-02-27T02:00:00+03:00", "2028-03-01T03:00:00+03:00"),
            (List{"2028-02-26T00:00:00.000Z", "2028-02-27T00:00:00.000Z",
                  "2028-02-28T00:00:00.000Z", "2028-02-29T00:00:00.000Z"}));
  const TimePoint from = At("2026-03-01T00:00:00Z");
  EXPECT_EQ(EveryBucket({from, from + days(3)}, {}).size(), 72U);
  EXPECT_EQ(EveryBucket({from + Seconds(1), from + Seconds(1) + days(3)}, {}).size(), 73U);
  EXPECT_EQ(EveryBucket({from, from + days(92)}, {}).size(), 92U);
}

TEST(AttemptSummary, CountsStandInTheirBuckets) {
  const SummaryRange range{At("2026-03-01T10:00:00Z"), At("2026-03-01T14:00:00Z")};
  const auto first = store::BucketOf(range.from, kHour);
  const std::vector<store::AttemptCount> counts = {{first + 1, 5, 7}, {first + 3, 0, 2}};
  const auto items = EveryBucket(range, counts);
  ASSERT_EQ(items.size(), 4U);
  const std::vector<std::pair<std::int64_t, std::int64_t>> wanted = {
      {0, 0}, {5, 7}, {0, 0}, {0, 2}};
  for (std::size_t i = 0; i < items.size(); ++i) {
    EXPECT_EQ(items[i].start, range.from + hours(i));
    EXPECT_EQ(items[i].succeeded, wanted[i].first) << i;
    EXPECT_EQ(items[i].failed, wanted[i].second) << i;
  }
}

}  // namespace
}  // namespace gatehouse::auth
