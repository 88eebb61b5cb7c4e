// Attempts counted by hour and day: SPEC L4, N1, W3.
#include <map>
#include <random>

#include "sql/store/attempts.h"
#include "tests/sql/fixture.h"
#include "tests/support/list_load.h"

namespace gatehouse {
namespace {

constexpr Seconds kHour{3600};
constexpr Seconds kDay{86400};
constexpr std::string_view kNeither = "second_factor_required";

class StoreAttemptCounts : public SqlTest {
 protected:
  store::Tenant one_ = NewTenant("one");
  store::Tenant two_ = NewTenant("two");

  store::Attempt Add(std::optional<TenantId> tenant, TimePoint at, bool success,
                     const std::string& reason) {
    store::Attempt a;
    a.id = AttemptId::New(at, entropy_);
    a.tenant_id = tenant;
    a.identifier = "ann@example.org";
    a.identifier_key = std::string(32, 'k');
    a.ip = "192.0.2.1";
    a.user_agent = "test";
    a.created_at = at;
    a.success = success;
    a.reason = reason;
    Must(store::InsertAttempt(ex(), a));
    return a;
  }
  std::vector<store::AttemptCount> Counts(TimePoint from, TimePoint to, Seconds interval) {
    return Must(store::CountAttempts(ex(), one_.id, from, to, interval, kNeither));
  }
};

TEST_F(StoreAttemptCounts, BucketsBeginOnTheHourAndAtMidnightUtc) {
  for (const char* text : {"1000-01-01T00:00:00Z", "1969-12-31T23:59:59.999999Z",
                           "1970-01-01T00:00:00Z", "2026-03-01T12:00:00.123456Z",
                           "2028-02-29T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"}) {
    const TimePoint at = FromRfc3339(text).value();
    EXPECT_EQ(store::BucketStart(store::BucketOf(at, kHour), kHour),
              std::chrono::floor<std::chrono::hours>(at))
        << text;
    EXPECT_EQ(store::BucketStart(store::BucketOf(at, kDay), kDay),
              std::chrono::floor<std::chrono::days>(at))
        << text;
  }
}

TEST_F(StoreAttemptCounts, EachAttemptCountsOnceInTheBucketOfItsTime) {
  const TimePoint from = FromRfc3339("2028-02-28T22:00:00Z").value();
  const TimePoint to = from + std::chrono::hours(60);
  std::mt19937 random(3);
  std::vector<store::Attempt> all;
  for (const Micros edge : {Micros(-1), Micros(0), Micros(1)}) {
    for (const TimePoint at : {from + edge, from + kHour + edge, to + edge}) {
      all.push_back(Add(one_.id, at, false, "wrong_password"));
      all.push_back(Add(one_.id, at, true, "ok"));
    }
  }
  for (int i = 0; i < 300; ++i) {
    const TimePoint at = from + Seconds(random() % (60 * 3600)) + Micros(random() % 1000000);
    static constexpr const char* kReasons[] = {"wrong_password", "locked", "wrong_code",
                                               "second_factor_required", "unknown_user"};
    const bool success = random() % 3 == 0;
    all.push_back(Add(one_.id, at, success, success ? "ok" : kReasons[random() % 5]));
    Add(random() % 2 ? std::optional(two_.id) : std::nullopt, at, success, "ok");
  }
  for (const Seconds interval : {kHour, kDay}) {
    std::map<std::int64_t, std::pair<std::int64_t, std::int64_t>> wanted;
    for (const auto& a : all) {
      if (a.created_at < from || a.created_at >= to || a.reason == kNeither) continue;
      auto& bucket = wanted[store::BucketOf(a.created_at, interval)];
      ++(a.success ? bucket.first : bucket.second);
    }
    decltype(wanted) got;
    std::int64_t before = 0;
    for (const auto& count : Counts(from, to, interval)) {
      EXPECT_LT(before, count.number);
      before = count.number;
      got[count.number] = {count.succeeded, count.failed};
    }
    EXPECT_EQ(got, wanted);
  }
}

TEST_F(StoreAttemptCounts, NothingIsNothing) {
  EXPECT_TRUE(Counts(now_ - kDay, now_, kHour).empty());
  Add(one_.id, now_, false, std::string(kNeither));
  EXPECT_TRUE(Counts(now_ - kDay, now_ + kDay, kHour).empty());
}

// A week of a busy tenant are 10^6 attempts: they are counted in the index, without their rows.
TEST_F(StoreAttemptCounts, TheIndexAloneIsRead) {
  for (int i = 0; i < 200; ++i) Add(one_.id, now_ + Seconds(i * 600), i % 3 == 0, "ok");
  auto& executor = ex();
  support::Explainer explainer(executor);
  Must(store::CountAttempts(explainer, one_.id, now_, now_ + kDay, kHour, kNeither));
  ASSERT_EQ(explainer.steps.size(), 1U);
  const auto& step = explainer.steps[0];
  EXPECT_EQ(step.key, "attempts_tenant");
  EXPECT_EQ(step.type, "range") << "two stretches, not all of the tenant's";
  EXPECT_NE(step.extra.find("Using index"), std::string::npos) << step.extra;
  EXPECT_EQ(step.extra.find("Using index condition"), std::string::npos) << step.extra;
}

}  // namespace
}  // namespace gatehouse
