// What is kept for how long (handlers/auth/housekeeping.h).
#include "handlers/auth/housekeeping.h"

#include "sql/store/idempotency.h"
#include "tests/sql/fixture.h"

namespace gatehouse::auth {
namespace {

using std::chrono::days;
using std::chrono::hours;

class HousekeepingTest : public SqlTest {
 protected:
  std::uint64_t Purge(TimePoint now) {
    clock_.Set(now);
    return Must(PurgeExpired(db_, clock_, 2, [](Millis) { return true; }));
  }
  ManualClock clock_{now_};
  store::Tenant one_ = NewTenant("one");
  store::User ann_ = NewUser(one_.id, "ann@example.org");
};

TEST_F(HousekeepingTest, IdempotencyAnswersADay) {
  for (int i = 0; i < 3; ++i) {
    const store::IdempotencyRow row{entropy_.Bytes(32), NewId<EventId>().uuid, now_, {}, {}, now_};
    EXPECT_TRUE(Must(store::ClaimIdempotencyKey(ex(), ann_.id, entropy_.Bytes(32), row)));
  }
  EXPECT_EQ(Purge(now_ + hours(24)), 0U);
  EXPECT_EQ(Purge(now_ + hours(24) + Micros(1)), 3U);
}

TEST_F(HousekeepingTest, DevicesFourHundredDays) {
  for (const char* device : {"a", "b", "c"}) {
    EXPECT_GH_OK(store::RememberDevice(ex(), ann_.id, device, std::string(16, 'b'), now_));
  }
  EXPECT_EQ(Purge(now_ + days(400)), 0U);
  EXPECT_EQ(Purge(now_ + days(400) + Micros(1)), 3U);
}

TEST_F(HousekeepingTest, N3_DeletedTenantsNotAMoment) {
  for (int i = 0; i < 4; ++i) NewUser(one_.id, std::to_string(i) + "@example.org");
  const auto two = NewTenant("two");
  EXPECT_EQ(Purge(now_), 0U);
  Must(store::DeleteTenant(ex(), one_.id, now_, std::nullopt));
  EXPECT_EQ(Purge(now_), 6U) << "five people and the tenant, over several batches";
  EXPECT_EQ(Purge(now_), 0U);
  EXPECT_TRUE(Must(store::FindTenant(ex(), two.id)));
}

}  // namespace
}  // namespace gatehouse::auth
