#include "handlers/auth/lockout.h"

#include <gtest/gtest.h>

#include <vector>

namespace gatehouse::auth {
namespace {

const TimePoint kStart = FromUnixSeconds(1'800'000'000);

std::vector<TimePoint> At(std::initializer_list<int> seconds_newest_first) {
  std::vector<TimePoint> out;
  for (const int s : seconds_newest_first) out.push_back(kStart + Seconds(s));
  return out;
}

// SPEC L1 with its default numbers.
TEST(LockoutTest, L1FiveFailuresWithinTheWindowLockFromTheNewest) {
  const TenantSettings settings;
  const auto failures = At({40, 30, 20, 10, 0});
  const auto locked = EvaluateLockout(failures, kStart + Seconds(41), settings);
  EXPECT_TRUE(locked.locked);
  EXPECT_EQ(locked.retry_after, Seconds(899));
  EXPECT_TRUE(EvaluateLockout(failures, kStart + Seconds(40 + 899), settings).locked);
  EXPECT_FALSE(EvaluateLockout(failures, kStart + Seconds(40 + 900), settings).locked);
}

TEST(LockoutTest, L1FourFailuresDoNotLock) {
  EXPECT_FALSE(EvaluateLockout(At({30, 20, 10, 0}), kStart + Seconds(31), {}).locked);
}

TEST(LockoutTest, L1FailuresFurtherApartThanTheWindowDoNotLock) {
  const auto within = At({900, 30, 20, 10, 0});
  const auto beyond = At({901, 30, 20, 10, 0});
  EXPECT_TRUE(EvaluateLockout(within, kStart + Seconds(905), {}).locked);
  EXPECT_FALSE(EvaluateLockout(beyond, kStart + Seconds(905), {}).locked);
}

TEST(LockoutTest, RetryAfterIsRoundedUpAndNeverZero) {
  const auto failures = At({4, 3, 2, 1, 0});
  const auto state = EvaluateLockout(failures, kStart + Seconds(4 + 900) - Micros(1), {});
  EXPECT_TRUE(state.locked);
  EXPECT_EQ(state.retry_after, Seconds(1));
}

// What the database is asked for is enough: forgetting everything older changes no answer.
TEST(LockoutTest, L1NothingBeyondTheHorizonMatters) {
  TenantSettings settings;
  settings.lockout_threshold = 3;
  settings.lockout_window = Seconds(5);
  for (const int duration : {1, 4, 9}) {
    settings.lockout_duration = Seconds(duration);
    for (int gap = 0; gap <= 6; ++gap) {
      const auto failures = At({2 * gap, gap, 0});
      for (int later = 0; later <= 20; ++later) {
        const TimePoint now = failures[0] + Seconds(later);
        auto remembered = failures;
        std::erase_if(remembered,
                      [&](TimePoint at) { return at <= LockoutHorizon(now, settings); });
        EXPECT_EQ(EvaluateLockout(failures, now, settings).retry_after,
                  EvaluateLockout(remembered, now, settings).retry_after)
            << duration << " " << gap << " " << later;
      }
    }
  }
}

TEST(LockoutTest, NumbersAreTheTenants) {
  TenantSettings settings;
  settings.lockout_threshold = 2;
  settings.lockout_window = Seconds(10);
  settings.lockout_duration = Seconds(3);
  EXPECT_TRUE(EvaluateLockout(At({5, 0}), kStart + Seconds(7), settings).locked);
  EXPECT_FALSE(EvaluateLockout(At({5, 0}), kStart + Seconds(8), settings).locked);
  EXPECT_FALSE(EvaluateLockout(At({11, 0}), kStart + Seconds(12), settings).locked);
}

}  // namespace
}  // namespace gatehouse::auth
