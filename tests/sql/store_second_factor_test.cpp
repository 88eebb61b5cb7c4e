#include "sql/store/challenges.h"
#include "sql/store/purge.h"
#include "sql/store/second_factor.h"
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

class StoreSecondFactor : public SqlTest {
 protected:
  store::TotpSecret Put(const store::User& user, const std::string& kid = "k1") {
    store::TotpSecret row{user.id, user.tenant_id, std::string("\0\xff'", 3), kid, {}, now_};
    Must(store::PutTotp(ex(), row));
    return row;
  }
  std::optional<store::TotpSecret> Totp(const store::User& user) {
    return Must(store::FindTotp(ex(), user.tenant_id, user.id));
  }
  store::Challenge Challenge(const store::User& user, char name, TimePoint at) {
    store::Challenge row;
    row.token_hash = std::string(32, name);
    row.tenant_id = user.tenant_id;
    row.user_id = user.id;
    row.amr = "pwd";
    row.by_installation = true;
    row.device_id = "till";
    row.device_name = "Till 3";
    row.device_type = "pos";
    row.browser_id = std::string(16, 'b');
    row.cookie_mode = true;
    row.ip = "192.0.2.1";
    row.user_agent = "Agent";
    row.created_at = at;
    row.expires_at = at + Seconds(300);
    Must(store::InsertChallenge(ex(), row));
    return row;
  }
  bool IsThere(const store::Challenge& c) {
    return Must(store::FindChallenge(ex(), c.token_hash)).has_value();
  }

  store::Tenant one_ = NewTenant("one"), two_ = NewTenant("two");
  store::User ann_ = NewUser(one_.id, "ann@example.test");
  store::User bob_ = NewUser(one_.id, "bob@example.test");
};

TEST_F(StoreSecondFactor, F1ASecretComesBackAndIsReplaced) {
  const auto put = Put(ann_);
  const auto got = Totp(ann_);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->secret, put.secret);
  EXPECT_EQ(got->kid, "k1");
  EXPECT_EQ(got->created_at, now_);
  EXPECT_FALSE(got->last_step);
  EXPECT_FALSE(Must(store::FindTotp(ex(), two_.id, ann_.id))) << "another tenant's";
  EXPECT_TRUE(Must(store::UseTotpStep(ex(), one_.id, ann_.id, 5)));
  Put(ann_, "k2");
  EXPECT_EQ(Totp(ann_)->kid, "k2");
  EXPECT_FALSE(Totp(ann_)->last_step) << "of the secret before";
}

TEST_F(StoreSecondFactor, F2AStepIsUsedOnceAndOnlyForward) {
  Put(ann_);
  EXPECT_TRUE(Must(store::UseTotpStep(ex(), one_.id, ann_.id, 100)));
  EXPECT_FALSE(Must(store::UseTotpStep(ex(), one_.id, ann_.id, 100)));
  EXPECT_FALSE(Must(store::UseTotpStep(ex(), one_.id, ann_.id, 99)));
  EXPECT_FALSE(Must(store::UseTotpStep(ex(), two_.id, ann_.id, 101))) << "another tenant's";
  EXPECT_TRUE(Must(store::UseTotpStep(ex(), one_.id, ann_.id, 101)));
  EXPECT_EQ(Totp(ann_)->last_step, 101);
}

TEST_F(StoreSecondFactor, F3ARecoveryCodeIsUsedOnce) {
  const std::string a(32, 'a'), b(32, 'b'), c(32, 'c');
  ASSERT_GH_OK(store::ReplaceRecoveryCodes(ex(), one_.id, ann_.id, {a, b}, now_));
  EXPECT_FALSE(Must(store::UseRecoveryCode(ex(), one_.id, bob_.id, a)));
  EXPECT_FALSE(Must(store::UseRecoveryCode(ex(), two_.id, ann_.id, a)));
  EXPECT_TRUE(Must(store::UseRecoveryCode(ex(), one_.id, ann_.id, a)));
  EXPECT_FALSE(Must(store::UseRecoveryCode(ex(), one_.id, ann_.id, a)));
  ASSERT_GH_OK(store::ReplaceRecoveryCodes(ex(), one_.id, ann_.id, {c}, now_));
  EXPECT_FALSE(Must(store::HasRecoveryCode(ex(), one_.id, ann_.id, b))) << "replaced";
  EXPECT_TRUE(Must(store::HasRecoveryCode(ex(), one_.id, ann_.id, c)));
}

TEST_F(StoreSecondFactor, F1TurnedOffNothingIsLeft) {
  Put(ann_);
  Put(bob_);
  ASSERT_GH_OK(store::SetTwoFactor(ex(), one_.id, ann_.id, true, now_, ann_.id));
  EXPECT_TRUE(Must(store::FindUser(ex(), one_.id, ann_.id))->two_factor_enabled);
  EXPECT_EQ(Code(store::SetTwoFactor(ex(), two_.id, ann_.id, false, now_, {})), "not_found");
  ASSERT_GH_OK(store::ReplaceRecoveryCodes(ex(), one_.id, ann_.id, {std::string(32, 'a')}, now_));
  ASSERT_GH_OK(store::DeleteSecondFactor(ex(), two_.id, ann_.id));
  EXPECT_TRUE(Totp(ann_)) << "another tenant's";
  ASSERT_GH_OK(store::DeleteSecondFactor(ex(), one_.id, ann_.id));
  EXPECT_FALSE(Totp(ann_));
  EXPECT_FALSE(Must(store::HasRecoveryCode(ex(), one_.id, ann_.id, std::string(32, 'a'))));
  EXPECT_TRUE(Totp(bob_));
}

TEST_F(StoreSecondFactor, F1SecretsUnderOtherKeysAreFoundAndSealedAgain) {
  const auto ann = Put(ann_, "old");
  Put(bob_, "new");
  const auto found = Must(store::TotpNotUnder(ex(), "new", UserId{}, 10));
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].user_id, ann_.id);
  EXPECT_TRUE(Must(store::TotpNotUnder(ex(), "new", ann_.id, 10)).empty());
  EXPECT_TRUE(Must(store::AnyTotpUnder(ex(), "old")));
  store::TotpSecret stale = ann;
  stale.secret = "another";
  ASSERT_GH_OK(store::ResealTotp(ex(), stale, "box", "new"));
  EXPECT_EQ(Totp(ann_)->kid, "old") << "replaced meanwhile: not overwritten";
  ASSERT_TRUE(Must(store::UseTotpStep(ex(), one_.id, ann_.id, 9)));
  ASSERT_GH_OK(store::ResealTotp(ex(), ann, "box", "new"));
  EXPECT_EQ(Totp(ann_)->secret, "box");
  EXPECT_EQ(Totp(ann_)->last_step, 9) << "what was used stays used";
  EXPECT_FALSE(Must(store::AnyTotpUnder(ex(), "old")));
}

TEST_F(StoreSecondFactor, F2AChallengeComesBack) {
  const auto put = Challenge(ann_, 'x', now_);
  const auto got = Must(store::LockChallenge(ex(), put.token_hash));
  ASSERT_TRUE(got);
  EXPECT_EQ(got->user_id, ann_.id);
  EXPECT_EQ(got->tenant_id, one_.id);
  EXPECT_EQ(got->amr, "pwd");
  EXPECT_TRUE(got->by_installation);
  EXPECT_EQ(got->device_id, "till");
  EXPECT_EQ(got->device_name, "Till 3");
  EXPECT_EQ(got->device_type, "pos");
  EXPECT_EQ(got->browser_id, put.browser_id);
  EXPECT_TRUE(got->cookie_mode);
  EXPECT_EQ(got->ip, "192.0.2.1");
  EXPECT_EQ(got->user_agent, "Agent");
  EXPECT_EQ(got->failures, 0);
  EXPECT_EQ(got->created_at, now_);
  EXPECT_EQ(got->expires_at, put.expires_at);
  ASSERT_GH_OK(store::SetFailures(ex(), one_.id, put.token_hash, 3));
  EXPECT_EQ(Must(store::FindChallenge(ex(), put.token_hash))->failures, 3);
  EXPECT_EQ(Code(store::SetFailures(ex(), two_.id, put.token_hash, 4)), "not_found");
  ASSERT_GH_OK(store::DeleteChallenge(ex(), two_.id, put.token_hash));
  EXPECT_TRUE(IsThere(put)) << "another tenant's";
  ASSERT_GH_OK(store::DeleteChallenge(ex(), one_.id, put.token_hash));
  EXPECT_FALSE(IsThere(put));
}

TEST_F(StoreSecondFactor, F2OnlyTheNewestChallengesOfAPersonStay) {
  const auto first = Challenge(ann_, 'a', now_), second = Challenge(ann_, 'b', now_ + Seconds(1)),
             third = Challenge(ann_, 'c', now_ + Seconds(2)), other = Challenge(bob_, 'd', now_);
  ASSERT_GH_OK(store::TrimChallenges(ex(), two_.id, ann_.id, 0));
  EXPECT_TRUE(IsThere(first)) << "another tenant's";
  ASSERT_GH_OK(store::TrimChallenges(ex(), one_.id, ann_.id, 2));
  EXPECT_FALSE(IsThere(first));
  EXPECT_TRUE(IsThere(second) && IsThere(third) && IsThere(other));
  ASSERT_GH_OK(store::TrimChallenges(ex(), one_.id, ann_.id, 0));
  EXPECT_FALSE(IsThere(second) || IsThere(third));
  EXPECT_TRUE(IsThere(other));
}

TEST_F(StoreSecondFactor, F2ExpiredChallengesArePurged) {
  const auto old = Challenge(ann_, 'a', now_ - Seconds(400)), alive = Challenge(ann_, 'b', now_);
  EXPECT_EQ(Must(store::PurgeChallenges(ex(), now_, 10)), 1U);
  EXPECT_FALSE(IsThere(old));
  EXPECT_TRUE(IsThere(alive));
}

TEST_F(StoreSecondFactor, U7EverythingGoesWithTheUser) {
  Put(ann_);
  const auto challenge = Challenge(ann_, 'a', now_);
  ASSERT_GH_OK(store::ReplaceRecoveryCodes(ex(), one_.id, ann_.id, {std::string(32, 'a')}, now_));
  ASSERT_GH_OK(store::DeleteUser(ex(), one_.id, ann_.id));
  EXPECT_FALSE(Totp(ann_));
  EXPECT_FALSE(IsThere(challenge));
  EXPECT_FALSE(Must(store::HasRecoveryCode(ex(), one_.id, ann_.id, std::string(32, 'a'))));
}

}  // namespace
}  // namespace gatehouse
