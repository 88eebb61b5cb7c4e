#include "fcgi/base/clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace gatehouse {
namespace {

TEST(Clock, Rfc3339IsUtcWithMilliseconds) {
  EXPECT_EQ(ToRfc3339(TimePoint()), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(ToRfc3339(TimePoint(Micros(1795260628123999))), "2026-11-21T11:30:28.123Z");
  EXPECT_EQ(ToRfc3339(TimePoint(Micros(-1))), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(ToRfc3339(FromUnixSeconds(951782400)), "2000-02-29T00:00:00.000Z");
}

// RFC 3339 section 5.8, and neighbours.
TEST(Clock, Rfc3339IsReadWithAnyOffset) {
  const std::pair<const char*, const char*> pairs[] = {
      {"1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520Z"},
      {"1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57.000Z"},
      {"1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870Z"},
      {"2026-11-21T11:30:28.123Z", "2026-11-21T11:30:28.123Z"},
      {"2026-11-21t11:30:28z", "2026-11-21T11:30:28.000Z"},
      {"2026-11-21 11:30:28Z", "2026-11-21T11:30:28.000Z"},
      {"2026-01-01T00:30:00+01:00", "2025-12-31T23:30:00.000Z"},
      {"2026-11-21T11:30:28.123456789Z", "2026-11-21T11:30:28.123Z"},
      {"2024-02-29T00:00:00-00:00", "2024-02-29T00:00:00.000Z"}};
  for (const auto& [text, utc] : pairs) {
    const auto t = FromRfc3339(text);
    ASSERT_TRUE(t) << text;
    EXPECT_EQ(ToRfc3339(*t), utc) << text;
  }
  EXPECT_EQ(FromRfc3339("1970-01-01T00:00:00.123456789Z"), TimePoint(Micros(123456)));
}

TEST(Clock, EverythingElseIsRefused) {
  for (const char* bad : {"",
                          "2026",
                          "2026-11-21",
                          "2026-11-21T11:30Z",
                          "2026-11-21T11:30:28",
                          "2026-11-21T11:30:28.Z",
                          "2026-11-21T11:30:28,5Z",
                          "2026-11-21T11:30:28+0100",
                          "2026-11-21T11:30:28+01",
                          "2026-11-21T11:30:28+24:00",
                          "2026-11-21T11:30:28+01:60",
                          "2026-13-21T11:30:28Z",
                          "2026-00-21T11:30:28Z",
                          "2026-02-29T00:00:00Z",
                          "2026-11-31T00:00:00Z",
                          "2026-11-00T00:00:00Z",
                          "2026-11-21T24:00:00Z",
                          "2026-11-21T23:60:00Z",
                          "2026-11-21T11:30:28Zx",
                          " 2026-11-21T11:30:28Z",
                          "2026-11-21T11:30:28Z ",
                          "26-11-21T11:30:28Z",
                          "+2026-11-21T11:30:28Z",
                          "2026-1-21T11:30:28Z",
                          "2026-11-21T-1:30:28Z",
                          "2026-11-21X11:30:28Z",
                          "now"}) {
    EXPECT_EQ(FromRfc3339(bad), std::nullopt) << bad;
  }
}

TEST(Clock, UnixSecondsRoundDown) {
  EXPECT_EQ(ToUnixSeconds(TimePoint(Micros(1999999))), 1);
  EXPECT_EQ(ToUnixSeconds(TimePoint(Micros(-1))), -1);
  EXPECT_EQ(ToUnixSeconds(FromUnixSeconds(1700000000)), 1700000000);
}

TEST(Clock, AManualClockStandsStill) {
  ManualClock clock(FromUnixSeconds(100));
  EXPECT_EQ(ToUnixSeconds(clock.Now()), 100);
  clock.Advance(Seconds(5));
  EXPECT_EQ(ToUnixSeconds(clock.Now()), 105);
  clock.Set(FromUnixSeconds(7));
  EXPECT_EQ(ToUnixSeconds(clock.Now()), 7);
  EXPECT_GT(SystemClock().Now(), FromUnixSeconds(1700000000));
}

// DESIGN.md 6: "clock jump: nothing expired comes back".
TEST(Clock, TheSystemClockIsNeverSetBack) {
  static std::chrono::seconds wall, steady;
  const SystemClock clock({[] { return std::chrono::system_clock::time_point(wall); },
                           [] { return std::chrono::steady_clock::time_point(steady); }});
  const auto at = [&](int wall_s, int steady_s) {
    wall = std::chrono::seconds(wall_s);
    steady = std::chrono::seconds(steady_s);
    return ToUnixSeconds(clock.Now());
  };
  EXPECT_EQ(at(1'000'000, 50), 1'000'000);
  EXPECT_EQ(at(1'000'010, 60), 1'000'010);
  // Forward it is followed, back it is not; the time goes on all the same.
  EXPECT_EQ(at(1'000'500, 61), 1'000'500);
  EXPECT_EQ(at(1'000'012, 62), 1'000'501);
  EXPECT_EQ(at(999'000, 72), 1'000'511);
  EXPECT_EQ(at(1'000'400, 462), 1'000'901);
  // Until it has caught up.
  EXPECT_EQ(at(1'000'950, 470), 1'000'950);
  EXPECT_EQ(at(1'000'960, 480), 1'000'960);
  // By more than an hour: what was before cannot have been the time.
  EXPECT_EQ(at(900'000, 481), 900'000);
  EXPECT_EQ(at(900'001, 482), 900'001);
}

TEST(Deadline, ExpiresAndIsNeverNegative) {
  const auto past = Deadline::In(Millis(-5));
  EXPECT_TRUE(past.Expired());
  EXPECT_EQ(past.Left(), Millis(0));
  const auto soon = Deadline::In(Millis(20));
  EXPECT_FALSE(soon.Expired());
  EXPECT_GT(soon.Left(), Millis(0));
  EXPECT_LE(soon.Left(), Millis(20));
  std::this_thread::sleep_for(Millis(25));
  EXPECT_TRUE(soon.Expired());
  EXPECT_EQ(soon.Left(), Millis(0));
}

TEST(Deadline, WithinIsTheNearer) {
  const auto never = Deadline::Never();
  EXPECT_FALSE(never.Expired());
  EXPECT_EQ(never.Left(), std::chrono::hours(24));
  EXPECT_LE(never.Within(Millis(50)).Left(), Millis(50));
  EXPECT_LE(Deadline::In(Millis(50)).Within(std::chrono::hours(1)).Left(), Millis(50));
  EXPECT_TRUE(Deadline::In(Millis(-1)).Within(Millis(50)).Expired());
}

}  // namespace
}  // namespace gatehouse
