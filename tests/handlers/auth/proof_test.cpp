// The decision from a proof, at each edge (SPEC T7, S3, S4, N4), and the idle end that people are
// told.
#include "handlers/auth/proof.h"

#include <gtest/gtest.h>

#include "handlers/auth/session.h"

namespace gatehouse::auth {
namespace {

constexpr Micros kMoment{1};
const TimePoint kSignIn = FromUnixSeconds(1'800'000'000) + Micros(250'000);

class ProofTest : public ::testing::Test {
 protected:
  ProofTest() {
    proof.session_id = claims.session_id = SessionId::New(kSignIn, entropy);
    proof.user_id = claims.user_id = UserId::New(kSignIn, entropy);
    proof.tenant_id = claims.tenant_id = TenantId::New(kSignIn, entropy);
    proof.last_active_at = kSignIn;
    proof.session_expires_at = kSignIn + Seconds(86400);
    proof.access_ttl = Seconds(3600);
    proof.sliding_renewal = true;
    claims.issued_at = FromUnixSeconds(ToUnixSeconds(kSignIn));
    claims.expires_at = claims.issued_at + Seconds(3600);
  }
  Result<Principal> JudgeAt(TimePoint now) const {
    return Judge(std::make_shared<const Proof>(proof), claims, std::nullopt, now);
  }
  // Why it was refused, or "yes".
  std::string At(TimePoint now) const {
    const auto verdict = JudgeAt(now);
    return verdict.ok() ? "yes" : verdict.error().inner;
  }
  bool DueAt(TimePoint now) const {
    const auto verdict = JudgeAt(now);
    return verdict.ok() && verdict->renewal_due;
  }

  SeededEntropy entropy{21};
  Proof proof;
  TokenClaims claims;
};

TEST_F(ProofTest, T7TheSessionsEndIsExact) {
  EXPECT_EQ(At(proof.session_expires_at - kMoment), "yes");
  EXPECT_EQ(At(proof.session_expires_at), "session ended");
  EXPECT_EQ(At(proof.session_expires_at + Seconds(1)), "session ended");
}

TEST_F(ProofTest, S4TheIdleEndIsExact) {
  proof.idle_timeout = Seconds(900);
  EXPECT_EQ(At(kSignIn + Seconds(900) - kMoment), "yes");
  EXPECT_EQ(At(kSignIn + Seconds(900)), "idle");
  proof.idle_timeout = Seconds(0);
  EXPECT_EQ(At(kSignIn + Seconds(900)), "yes");
}

TEST_F(ProofTest, N4TheSubscriptionsEndIsExact) {
  proof.subscription_ends_at = kSignIn + Seconds(60);
  EXPECT_FALSE(JudgeAt(kSignIn + Seconds(60) - kMoment)->subscription_ended);
  EXPECT_TRUE(JudgeAt(kSignIn + Seconds(60))->subscription_ended);
}

TEST_F(ProofTest, T7RenewalIsDueInTheLastHalfOfLife) {
  EXPECT_FALSE(DueAt(claims.issued_at));
  EXPECT_FALSE(DueAt(claims.issued_at + Seconds(1800) - kMoment));
  EXPECT_TRUE(DueAt(claims.issued_at + Seconds(1800)));
  EXPECT_TRUE(DueAt(claims.expires_at - kMoment));
  proof.sliding_renewal = false;
  EXPECT_FALSE(DueAt(claims.expires_at - kMoment));
}

// A token of an odd number of seconds: its half is not a whole second.
TEST_F(ProofTest, T7HalfOfAnOddLife) {
  claims.expires_at = claims.issued_at + Seconds(3);
  EXPECT_FALSE(DueAt(claims.issued_at + Millis(1500) - kMoment));
  EXPECT_TRUE(DueAt(claims.issued_at + Millis(1500)));
}

// Whoever holds a token that lasts as long as any could is not given another at every request.
TEST_F(ProofTest, T7NotWhereTheTokenReachesTheSessionsEnd) {
  const TimePoint last = std::chrono::floor<Seconds>(proof.session_expires_at);
  claims.issued_at = last - Seconds(3600);
  claims.expires_at = last - Seconds(1);
  EXPECT_TRUE(DueAt(last - Seconds(2)));
  claims.expires_at = last;
  EXPECT_FALSE(DueAt(last - Seconds(2)));
}

TEST_F(ProofTest, S3TheTouchIntervalIsAQuarterAndAMinuteAtMost) {
  EXPECT_EQ(TouchInterval(Seconds(0)), Millis(60000));
  EXPECT_EQ(TouchInterval(Seconds(1)), Millis(250));
  EXPECT_EQ(TouchInterval(Seconds(7)), Millis(1750));
  EXPECT_EQ(TouchInterval(Seconds(239)), Millis(59750));
  EXPECT_EQ(TouchInterval(Seconds(240)), Millis(60000));
  EXPECT_EQ(TouchInterval(Seconds(241)), Millis(60000));
  EXPECT_EQ(TouchInterval(Seconds(86400 * 366)), Millis(60000));
}

TEST(IdleEndTest, S4IsTheNearerOfTheTwoEnds) {
  store::Session session;
  session.last_active_at = kSignIn;
  session.expires_at = kSignIn + Seconds(600);
  TenantSettings settings;
  EXPECT_FALSE(IdleEnd(session, settings));
  settings.idle_timeout = Seconds(599);
  EXPECT_EQ(IdleEnd(session, settings), kSignIn + Seconds(599));
  settings.idle_timeout = Seconds(601);
  EXPECT_EQ(IdleEnd(session, settings), session.expires_at);
}

}  // namespace
}  // namespace gatehouse::auth
