// The second factor under a clock that is turned back (SPEC F2; DESIGN.md 6), on a real MariaDB.
#include "handlers/auth/second_factor.h"

#include <gtest/gtest.h>

#include "handlers/auth/totp_secret.h"
#include "tests/handlers/dispatch_fixture.h"

namespace gatehouse {
namespace {

class SecondFactorTest : public DispatchTest {
 protected:
  SecondFactorTest() {
    Must(store::PutTotp(ex(), auth::SealTotp(services_, ann_, kSecret)));
    Must(store::SetTwoFactor(ex(), ann_.tenant_id, ann_.id, true, clock_.Now(), std::nullopt));
  }
  bool Use(const std::string& code) {
    const auto caller = NewCaller();
    return Must(db_.Transact<bool>(Soon(), [&](db::Executor& tx) -> Result<bool> {
      GH_ASSIGN(const auto user, store::LockUser(tx, ann_.tenant_id, ann_.id));
      GH_ASSIGN(const auto used, auth::UseCode(services_, tx, caller, *user, code));
      return used.has_value();
    }));
  }
  std::string CodeNow(std::int64_t drift = 0) {
    return auth::TotpCode(kSecret, auth::TotpStep(clock_.Now()) + drift);
  }

  static constexpr std::string_view kSecret = "12345678901234567890";
  store::User ann_ = NewPerson();
};

TEST_F(SecondFactorTest, F2AClockTurnedBackReplaysNothing) {
  const TimePoint start = clock_.Now();
  std::vector<std::string> used;
  for (int i = 0; i < 4; ++i) {
    used.push_back(CodeNow());
    EXPECT_TRUE(Use(used.back()));
    EXPECT_FALSE(Use(used.back()));
    clock_.Advance(Seconds(30));
  }
  for (int i = 0; i < 4; ++i) {
    clock_.Set(start + Seconds(30 * i));
    EXPECT_FALSE(Use(used[static_cast<std::size_t>(i)])) << i;
    EXPECT_FALSE(Use(CodeNow(-1))) << "nor what was skipped: " << i;
  }
  clock_.Set(start + Seconds(120));
  EXPECT_TRUE(Use(CodeNow())) << "and it goes on once the clock has caught up";
}

TEST_F(SecondFactorTest, F2ATurnedOffFactorTakesNoCode) {
  Must(store::SetTwoFactor(ex(), ann_.tenant_id, ann_.id, false, clock_.Now(), std::nullopt));
  EXPECT_FALSE(Use(CodeNow()));
}

}  // namespace
}  // namespace gatehouse
