#include "sql/store/links.h"
#include "sql/store/oauth.h"
#include "sql/store/purge.h"
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

class StoreOAuth : public SqlTest {
 protected:
  store::OAuthState State(char name, TimePoint end) {
    store::OAuthState s;
    s.state_hash = std::string(32, name);
    s.browser_hash = std::string(32, 'b');
    s.tenant_id = one_.id;
    s.provider = "corp";
    s.authority = corp_;
    s.return_to = "/demo/?a=b";
    s.created_at = now_;
    s.expires_at = end;
    return s;
  }
  std::optional<store::OAuthState> Take(const std::string& hash) {
    return Must(store::TakeOAuthState(ex(), hash));
  }
  store::Identity Identity(const store::User& user, const std::string& provider,
                           const std::string& authority, const std::string& subject) {
    return {IdentityId::New(now_, entropy_),
            user.tenant_id,
            user.id,
            {provider, authority, subject},
            user.email,
            std::nullopt,
            now_};
  }
  std::optional<store::Identity> Find(TenantId tenant, const std::string& subject) {
    return Must(store::FindIdentity(ex(), tenant, corp_, subject));
  }

  const std::string corp_ = std::string(31, '\xff') + "c", hub_ = std::string(32, 'h');
  store::Tenant one_ = NewTenant("one"), two_ = NewTenant("two");
  store::User ann_ = NewUser(one_.id, "ann@example.test");
  store::User bob_ = NewUser(one_.id, "bob@example.test");
  store::User cem_ = NewUser(two_.id, "cem@example.test");
};

TEST_F(StoreOAuth, O1AStateIsTakenOnce) {
  auto state = State('a', now_ + Seconds(600));
  state.user_id = ann_.id;
  state.session_id = SessionId::New(now_, entropy_);
  Must(store::InsertOAuthState(ex(), state));
  const auto taken = Take(state.state_hash);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->browser_hash, state.browser_hash);
  EXPECT_EQ(taken->tenant_id, one_.id);
  EXPECT_EQ(taken->provider, "corp");
  EXPECT_EQ(taken->authority, corp_);
  EXPECT_EQ(taken->return_to, state.return_to);
  EXPECT_EQ(taken->user_id, ann_.id);
  EXPECT_EQ(taken->session_id, state.session_id);
  EXPECT_EQ(taken->expires_at, state.expires_at);
  EXPECT_FALSE(Take(state.state_hash));
  EXPECT_FALSE(Take(std::string(32, 'z')));
}

TEST_F(StoreOAuth, O1StatesArePurgedAtTheirEnd) {
  Must(store::InsertOAuthState(ex(), State('a', now_ - Seconds(1))));
  Must(store::InsertOAuthState(ex(), State('b', now_ + Seconds(1))));
  EXPECT_EQ(Must(store::PurgeOAuthStates(ex(), now_, 100)), 1U);
  EXPECT_FALSE(Take(std::string(32, 'a')));
  EXPECT_TRUE(Take(std::string(32, 'b')));
}

// O1, mix-up: whoever a code came for first keeps it, until nobody could use it any more.
TEST_F(StoreOAuth, O1ACodeIsOfOneProviderOfOneTenant) {
  const std::string code(32, 'k'), other(32, 'l');
  const auto claim = [&](const std::string& hash, TenantId tenant, const std::string& authority) {
    return Must(store::ClaimOAuthCode(ex(), hash, tenant, authority, now_ + Seconds(1)));
  };
  EXPECT_TRUE(claim(code, one_.id, corp_));
  EXPECT_TRUE(claim(code, one_.id, corp_)) << "once is the provider's to enforce";
  EXPECT_FALSE(claim(code, one_.id, hub_));
  EXPECT_FALSE(claim(code, two_.id, corp_));
  EXPECT_TRUE(claim(other, two_.id, corp_));
  EXPECT_EQ(Must(store::PurgeOAuthCodes(ex(), now_ + Seconds(1), 100)), 0U);
  EXPECT_EQ(Must(store::PurgeOAuthCodes(ex(), now_ + Seconds(2), 100)), 2U);
}

// O2: those of a mailed link alone, of one person alone.
TEST_F(StoreOAuth, O2WhatALinkAttachedIsTakenBack) {
  auto mailed = Identity(ann_, "corp", corp_, "s1");
  mailed.by_link = true;
  auto theirs = Identity(bob_, "corp", corp_, "s2");
  theirs.by_link = true;
  Must(store::InsertIdentity(ex(), mailed));
  Must(store::InsertIdentity(ex(), theirs));
  Must(store::InsertIdentity(ex(), Identity(ann_, "hub", hub_, "s1")));
  EXPECT_TRUE(Find(one_.id, "s1")->by_link);
  Must(store::DeleteIdentitiesByLink(ex(), two_.id, ann_.id));
  EXPECT_EQ(Must(store::IdentitiesOf(ex(), one_.id, ann_.id)).size(), 2U) << "another tenant";
  Must(store::DeleteIdentitiesByLink(ex(), one_.id, ann_.id));
  const auto left = Must(store::IdentitiesOf(ex(), one_.id, ann_.id));
  ASSERT_EQ(left.size(), 1U);
  EXPECT_FALSE(left[0].by_link);
  EXPECT_TRUE(Find(one_.id, "s2"));
}

TEST_F(StoreOAuth, O2AnAccountIsOnePersonsInATenant) {
  Must(store::InsertIdentity(ex(), Identity(ann_, "corp", corp_, "s1")));
  EXPECT_EQ(Find(one_.id, "s1")->user_id, ann_.id);
  EXPECT_FALSE(Find(two_.id, "s1"));
  EXPECT_FALSE(Find(one_.id, "S1")) << "subjects are compared byte by byte";
  EXPECT_FALSE(Find(one_.id, "s1 "));
  EXPECT_FALSE(Must(store::FindIdentity(ex(), one_.id, hub_, "s1")));
  const auto taken = store::InsertIdentity(ex(), Identity(bob_, "corp", corp_, "s1"));
  EXPECT_TRUE(db::IsDuplicate(taken.error(), "oauth_identities_subject"));
  const auto second = store::InsertIdentity(ex(), Identity(ann_, "corp", corp_, "s2"));
  EXPECT_TRUE(db::IsDuplicate(second.error(), "oauth_identities_user"));
  Must(store::InsertIdentity(ex(), Identity(cem_, "corp", corp_, "s1")));
  Must(store::InsertIdentity(ex(), Identity(ann_, "hub", hub_, "s1")));
  EXPECT_EQ(Must(store::IdentitiesOf(ex(), one_.id, ann_.id)).size(), 2U);
  EXPECT_TRUE(Must(store::IdentitiesOf(ex(), two_.id, ann_.id)).empty());
}

TEST_F(StoreOAuth, O2AnAccountIsTouchedAndUnlinkedInItsTenant) {
  const auto identity = Identity(ann_, "corp", corp_, "s1");
  Must(store::InsertIdentity(ex(), identity));
  EXPECT_FALSE(store::TouchIdentity(ex(), two_.id, identity.id, "x@y.test", now_).ok());
  Must(store::TouchIdentity(ex(), one_.id, identity.id, "x@y.test", now_));
  EXPECT_EQ(Find(one_.id, "s1")->email, "x@y.test");
  EXPECT_EQ(Find(one_.id, "s1")->last_used_at, now_);
  EXPECT_EQ(store::DeleteIdentity(ex(), two_.id, identity.id).error().code, ErrorCode::kNotFound);
  Must(store::DeleteIdentity(ex(), one_.id, identity.id));
  EXPECT_FALSE(Find(one_.id, "s1"));
  Must(store::InsertIdentity(ex(), identity));
  Must(store::DeleteUser(ex(), one_.id, ann_.id));
  EXPECT_FALSE(Find(one_.id, "s1")) << "goes with its person";
}

TEST_F(StoreOAuth, O2ARegistrationsAccountHangsOnItsLink) {
  store::Link link;
  link.id = LinkId::New(now_, entropy_);
  link.tenant_id = one_.id;
  link.user_id = ann_.id;
  link.token_hash = std::string(32, 't');
  link.email = ann_.email;
  link.created_at = now_;
  link.expires_at = now_ + Seconds(60);
  Must(store::InsertLink(ex(), link));
  Must(store::InsertOAuthRegistration(ex(), link.id, {"corp", corp_, "s1"}));
  const auto found = Must(store::FindOAuthRegistration(ex(), link.id));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->provider, "corp");
  EXPECT_EQ(found->authority, corp_);
  EXPECT_EQ(found->subject, "s1");
  EXPECT_FALSE(Must(store::FindOAuthRegistration(ex(), LinkId{})));
  EXPECT_EQ(Must(store::PurgeLinks(ex(), now_ + Seconds(61), 10)), 1U);
  EXPECT_FALSE(Must(store::FindOAuthRegistration(ex(), link.id)));
}

TEST_F(StoreOAuth, N5SecretsAreATenantsOwn) {
  const std::string box("\0\xff'", 3);
  Must(store::PutOAuthSecret(ex(), one_.id, {"corp", "old", "k1"}, now_));
  Must(store::PutOAuthSecret(ex(), one_.id, {"corp", box, "k1"}, now_));
  Must(store::PutOAuthSecret(ex(), two_.id, {"corp", "other", "k2"}, now_));
  EXPECT_EQ(Must(store::FindOAuthSecret(ex(), one_.id, "corp"))->box, box);
  EXPECT_EQ(Must(store::OAuthSecretsOf(ex(), one_.id)).size(), 1U);
  EXPECT_FALSE(Must(store::FindOAuthSecret(ex(), one_.id, "hub")));
  Must(store::DeleteOAuthSecret(ex(), two_.id, "corp"));
  EXPECT_TRUE(Must(store::FindOAuthSecret(ex(), one_.id, "corp")));
}

TEST_F(StoreOAuth, T3SecretsAreSealedAnew) {
  Must(store::PutOAuthSecret(ex(), one_.id, {"corp", "a", "k1"}, now_));
  Must(store::PutOAuthSecret(ex(), two_.id, {"corp", "b", "k2"}, now_));
  EXPECT_TRUE(Must(store::AnyOAuthSecretUnder(ex(), "k1")));
  const auto due = Must(store::OAuthSecretsNotUnder(ex(), "k2", TenantId{}, "", 10));
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].tenant, one_.id);
  EXPECT_TRUE(Must(store::OAuthSecretsNotUnder(ex(), "k2", one_.id, "corp", 10)).empty());
  Must(store::ResealOAuthSecret(ex(), one_.id, {"corp", "changed meanwhile", "k1"}, "c", "k2"));
  EXPECT_TRUE(Must(store::AnyOAuthSecretUnder(ex(), "k1")));
  Must(store::ResealOAuthSecret(ex(), one_.id, due[0].secret, "c", "k2"));
  EXPECT_FALSE(Must(store::AnyOAuthSecretUnder(ex(), "k1")));
  EXPECT_EQ(Must(store::FindOAuthSecret(ex(), one_.id, "corp"))->box, "c");
}

}  // namespace
}  // namespace gatehouse
