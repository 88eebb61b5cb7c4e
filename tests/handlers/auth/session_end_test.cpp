// What a person is told of the end of their session: SPEC S2, S4, W1.
#include "handlers/auth/session_end.h"

#include <gtest/gtest.h>

#include <set>

namespace gatehouse::auth {
namespace {

using std::chrono::hours;

class SessionEndTest : public ::testing::Test {
 protected:
  static inline const TimePoint kNow = FromRfc3339("2026-03-01T12:00:00.123456Z").value();
  store::Session session;
  TenantSettings settings;

  SessionEndTest() {
    session.created_at = session.last_active_at = kNow;
    session.expires_at = kNow + hours(24);
  }
  // "reason at seconds after kNow", or "lives".
  std::string End(TimePoint now) const {
    const auto end = EndOf(session, settings, now);
    if (!end) return "lives";
    return std::string(end->reason) + " at " + std::to_string((end->ended_at - kNow) / Seconds(1));
  }
  void Revoke(const std::string& reason, Seconds after) {
    session.revoked_at = kNow + after;
    session.revoke_reason = reason;
  }
};

TEST_F(SessionEndTest, EachReasonThatTheCodeWritesHasItsWord) {
  const std::pair<const char*, const char*> kTold[] = {
      {"other_device", "signed_in_elsewhere"},
      {"replaced", "signed_in_again"},
      {"logout", "signed_out"},
      {"logout_all", "signed_out_elsewhere"},
      {"ended_by_user", "signed_out_elsewhere"},
      {"ended_by_admin", "revoked"},
      {"revoked_by_service", "revoked"},
      {"password_changed", "password_changed"},
      {"password_reset", "password_changed"},
      {"password_reset_forced", "password_reset_required"},
      {"email_changed", "email_changed"},
      {"account_disabled", "account_disabled"},
      {"reuse", "reuse_detected"},
      {"idle", "idle"},
      {"of a version to come", "revoked"},
  };
  for (const auto& [reason, told] : kTold) {
    Revoke(reason, Seconds(60));
    EXPECT_EQ(End(kNow + Seconds(61)), std::string(told) + " at 60");
  }
  session.revoke_reason.reset();
  EXPECT_EQ(End(kNow + Seconds(61)), "revoked at 60");
}

TEST_F(SessionEndTest, TheAbsoluteEndIsExact) {
  EXPECT_EQ(End(kNow + hours(24) - Micros(1)), "lives");
  EXPECT_EQ(End(kNow + hours(24)), "expired at 86400");
  Revoke("other_device", Seconds(5));
  EXPECT_EQ(End(kNow + hours(25)), "signed_in_elsewhere at 5") << "whatever came first";
}

TEST_F(SessionEndTest, SoIsTheEndByIdleness) {
  settings.idle_timeout = Seconds(600);
  EXPECT_EQ(End(kNow + Seconds(600) - Micros(1)), "lives");
  EXPECT_EQ(End(kNow + Seconds(600)), "idle at 600");
  EXPECT_EQ(End(kNow + hours(30)), "idle at 600") << "long before its absolute end";
  session.last_active_at = kNow + hours(24) - Seconds(300);
  EXPECT_EQ(End(kNow + hours(24)), "expired at 86400");
  session.last_active_at = kNow;
  Revoke("idle", Seconds(9000));
  EXPECT_EQ(End(kNow + Seconds(9001)), "idle at 600") << "noticed late";
  settings.idle_timeout = Seconds(0);
  EXPECT_EQ(End(kNow + Seconds(9001)), "idle at 9000") << "the setting is gone";
  Revoke("password_changed", Seconds(9000));
  settings.idle_timeout = Seconds(600);
  EXPECT_EQ(End(kNow + Seconds(9001)), "password_changed at 9000");
}

TEST_F(SessionEndTest, TheTableNamesNothingTwice) {
  std::set<std::string_view> seen;
  for (const auto& word : kEndWords) EXPECT_TRUE(seen.insert(word.revoke_reason).second);
}

}  // namespace
}  // namespace gatehouse::auth
