// Sessions, devices, links: SPEC S1, S2, T8, U1, P3.
#include <thread>

#include "fcgi/base/codec.h"
#include "sql/store/links.h"
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using store::Link;
using store::LinkPurpose;

class StoreSessions : public SqlTest {
 protected:
  store::Tenant one_ = NewTenant("one");
  store::Tenant two_ = NewTenant("two");
  store::User ann_ = NewUser(one_.id, "ann@example.org");
  store::User bob_ = NewUser(one_.id, "bob@example.org");

  store::Session Read(SessionId id) { return *Must(store::FindSession(ex(), one_.id, id)); }
};

TEST_F(StoreSessions, EveryFieldComesBack) {
  auto s = MakeSession(ann_, now_);
  s.cookie_mode = true;
  s.device_type = "pos";
  s.ip = "2001:db8::1";
  s.refresh_generation = 4'000'000'000;
  s.refresh_rotated_at = now_ + Micros(1);
  s.last_active_at = now_ + Micros(2);
  s.authenticated_at = now_ - Micros(3);
  s.by_installation = true;
  ASSERT_GH_OK(store::InsertSession(ex(), s));
  const auto got = Read(s.id);
  EXPECT_EQ(got.user_id, s.user_id);
  EXPECT_EQ(got.device_id, s.device_id);
  EXPECT_EQ(got.device_name, s.device_name);
  EXPECT_EQ(got.device_type, s.device_type);
  EXPECT_EQ(got.ip, s.ip);
  EXPECT_EQ(got.user_agent, s.user_agent);
  EXPECT_EQ(got.amr, s.amr);
  EXPECT_TRUE(got.by_installation);
  EXPECT_TRUE(got.cookie_mode);
  EXPECT_EQ(got.authenticated_at, s.authenticated_at);
  EXPECT_EQ(got.created_at, s.created_at);
  EXPECT_EQ(got.last_active_at, s.last_active_at);
  EXPECT_EQ(got.expires_at, s.expires_at);
  EXPECT_EQ(got.refresh_generation, s.refresh_generation);
  EXPECT_EQ(got.refresh_rotated_at, s.refresh_rotated_at);
  EXPECT_EQ(got.refresh_key, s.refresh_key);
  EXPECT_EQ(got.refresh_kid, s.refresh_kid);
  EXPECT_EQ(got.revoked_at, std::nullopt);
  EXPECT_EQ(got.revoke_reason, std::nullopt);
}

TEST_F(StoreSessions, AnotherTenantFindsNothing) {
  const auto s = NewSession(ann_, now_);
  EXPECT_FALSE(Must(store::FindSession(ex(), two_.id, s.id)));
  EXPECT_FALSE(Must(store::LockSession(ex(), two_.id, s.id)));
  EXPECT_FALSE(Must(store::ReadGate(ex(), two_.id, s.id)));
  EXPECT_TRUE(Must(store::LiveSessions(ex(), two_.id, ann_.id, now_)).empty());
  EXPECT_FALSE(Must(store::RevokeSession(ex(), two_.id, s.id, now_, "logout")));
  EXPECT_EQ(Code(store::RotateRefresh(ex(), two_.id, s.id, 9, now_)), "not_found");
  EXPECT_GH_OK(store::TouchSession(ex(), two_.id, s.id, now_ + Seconds(60), Millis(0)));
  const auto after = Read(s.id);
  EXPECT_EQ(after.revoked_at, std::nullopt);
  EXPECT_EQ(after.refresh_generation, 1U);
  EXPECT_EQ(after.last_active_at, now_);
}

TEST_F(StoreSessions, LiveAreThoseNeitherRevokedNorExpiredOldestFirst) {
  const auto newer = NewSession(ann_, now_ + Seconds(2));
  const auto older = NewSession(ann_, now_ + Seconds(1));
  const auto revoked = NewSession(ann_, now_);
  NewSession(bob_, now_);
  ASSERT_TRUE(Must(store::RevokeSession(ex(), one_.id, revoked.id, now_, "logout")));
  const auto live = Must(store::LiveSessions(ex(), one_.id, ann_.id, now_));
  ASSERT_EQ(live.size(), 2U);
  EXPECT_EQ(live[0].id, older.id);
  EXPECT_EQ(live[1].id, newer.id);
  EXPECT_EQ(Must(store::LiveSessions(ex(), one_.id, ann_.id, older.expires_at)).size(), 1U)
      << "its end is exclusive";
  EXPECT_EQ(Must(store::LiveSessions(ex(), one_.id, ann_.id, newer.expires_at)).size(), 0U);
}

TEST_F(StoreSessions, RecentAreThoseThatLiveAndThoseRevokedSince) {
  const auto live = NewSession(ann_, now_);
  const auto just = NewSession(ann_, now_ + Seconds(1));
  const auto before = NewSession(ann_, now_ + Seconds(2));
  NewSession(bob_, now_);
  const TimePoint since = now_ + Seconds(10);
  ASSERT_TRUE(Must(store::RevokeSession(ex(), one_.id, just.id, since, "logout")));
  ASSERT_TRUE(Must(store::RevokeSession(ex(), one_.id, before.id, since - Millis(1), "logout")));
  const auto recent = Must(store::RecentSessions(ex(), one_.id, ann_.id, now_, since));
  ASSERT_EQ(recent.size(), 2U);
  EXPECT_EQ(recent[0].id, live.id);
  EXPECT_EQ(recent[1].id, just.id);
  EXPECT_TRUE(Must(store::RecentSessions(ex(), two_.id, ann_.id, now_, since)).empty());
  EXPECT_EQ(Must(store::RecentSessions(ex(), one_.id, ann_.id, live.expires_at, since)).size(), 1U)
      << "its end is exclusive";
}

TEST_F(StoreSessions, RevokedOnceAndForAll) {
  const auto s = NewSession(ann_, now_);
  EXPECT_TRUE(Must(store::RevokeSession(ex(), one_.id, s.id, now_ + Seconds(1), "logout")));
  EXPECT_FALSE(Must(store::RevokeSession(ex(), one_.id, s.id, now_ + Seconds(2), "reuse")));
  const auto got = Read(s.id);
  EXPECT_EQ(got.revoked_at, now_ + Seconds(1));
  EXPECT_EQ(got.revoke_reason, "logout");
  EXPECT_FALSE(Must(store::RevokeSession(ex(), one_.id, NewId<SessionId>(), now_, "logout")));
}

TEST_F(StoreSessions, LastActiveOnlyMovesForward) {
  const auto s = NewSession(ann_, now_);
  ASSERT_GH_OK(store::TouchSession(ex(), one_.id, s.id, now_ + Seconds(60), Millis(0)));
  ASSERT_GH_OK(store::TouchSession(ex(), one_.id, s.id, now_ + Seconds(30), Millis(0)));
  EXPECT_EQ(Read(s.id).last_active_at, now_ + Seconds(60));
}

// S3: at most once a minute, however many workers notice at once.
TEST_F(StoreSessions, LastActiveMovesByItsDistanceAtLeast) {
  const auto s = NewSession(ann_, now_);
  const Millis minute{60000};
  ASSERT_GH_OK(store::TouchSession(ex(), one_.id, s.id, now_ + minute - Micros(1), minute));
  EXPECT_EQ(Read(s.id).last_active_at, now_);
  ASSERT_GH_OK(store::TouchSession(ex(), one_.id, s.id, now_ + minute, minute));
  ASSERT_GH_OK(store::TouchSession(ex(), one_.id, s.id, now_ + minute + Millis(3), minute));
  EXPECT_EQ(Read(s.id).last_active_at, now_ + minute);
}

// A4: whose sessions there are to list and to end, page by page.
TEST_F(StoreSessions, OwnersHaveLivingSessions) {
  const auto carl = NewUser(one_.id, "carl@example.org");
  const auto dora = NewUser(two_.id, "dora@example.org");
  NewSession(ann_, now_);
  NewSession(ann_, now_ + Seconds(1));
  const auto bobs = NewSession(bob_, now_ + Seconds(9));
  NewSession(dora, now_);
  const auto carls = NewSession(carl, now_);
  ASSERT_TRUE(Must(store::RevokeSession(ex(), one_.id, carls.id, now_, "logout")));
  const auto all = Must(store::SessionOwners(ex(), one_.id, "", now_, 10));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].id, ann_.id);
  EXPECT_EQ(all[1].email, "bob@example.org");
  const auto first = Must(store::SessionOwners(ex(), one_.id, "", now_, 1));
  ASSERT_EQ(first.size(), 1U);
  const auto rest = Must(store::SessionOwners(ex(), one_.id, first[0].email, now_, 10));
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].id, bob_.id);
  EXPECT_TRUE(Must(store::SessionOwners(ex(), one_.id, "", bobs.expires_at, 10)).empty());
}

TEST_F(StoreSessions, Rotation) {
  const auto s = NewSession(ann_, now_);
  ASSERT_GH_OK(store::RotateRefresh(ex(), one_.id, s.id, 2, now_ + Seconds(9)));
  EXPECT_EQ(Read(s.id).refresh_generation, 2U);
  EXPECT_EQ(Read(s.id).refresh_rotated_at, now_ + Seconds(9));
}

// S2, T6: whoever holds the lock decides alone.
TEST_F(StoreSessions, TheLockSerializes) {
  const auto s = NewSession(ann_, now_);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      db::Database db(server_.app());
      for (int n = 0; n < 5; ++n) {
        EXPECT_GH_OK(db.Transact<void>(Soon(), [&](db::Executor& tx) -> Status {
          GH_ASSIGN(const auto row, store::LockSession(tx, one_.id, s.id));
          return store::RotateRefresh(tx, one_.id, s.id, row->refresh_generation + 1, now_);
        }));
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(Read(s.id).refresh_generation, 21U);
}

TEST_F(StoreSessions, TheGateReadsSessionUserAndTenant) {
  const auto s = NewSession(ann_, now_);
  auto gate = *Must(store::ReadGate(ex(), one_.id, s.id));
  EXPECT_EQ(gate.session.id, s.id);
  EXPECT_EQ(gate.session.refresh_key, s.refresh_key);
  EXPECT_EQ(gate.email, ann_.email);
  EXPECT_EQ(gate.display_name, ann_.email);
  EXPECT_TRUE(gate.user_active);
  EXPECT_FALSE(gate.is_tenant_admin);
  EXPECT_EQ(gate.branch_id, std::nullopt);
  EXPECT_EQ(gate.tenant_slug, "one");
  EXPECT_FALSE(gate.tenant_suspended);
  EXPECT_EQ(gate.tenant_settings, "{}");
  EXPECT_EQ(gate.tenant_generation, 1U);

  server_.Root(
      "UPDATE gatehouse.users SET first_name = 'Ann', last_name = 'Lee', branch_id = 'b',"
      " restaurant_id = 'r', is_tenant_admin = 1, must_change_password = 1,"
      " two_factor_enabled = 1, status = 'disabled' WHERE email = 'ann@example.org';"
      "UPDATE gatehouse.tenants SET subscription_ends_at = '2026-01-01' WHERE slug = 'one'");
  server_.Root("UPDATE gatehouse.tenants SET status = 'suspended' WHERE slug = 'one'");
  Must(store::BumpTenantGeneration(ex(), one_.id, now_));
  Must(store::RevokeSession(ex(), one_.id, s.id, now_, "admin"));
  gate = *Must(store::ReadGate(ex(), one_.id, s.id));
  EXPECT_EQ(gate.display_name, "Ann Lee");
  EXPECT_FALSE(gate.user_active);
  EXPECT_TRUE(gate.is_tenant_admin);
  EXPECT_TRUE(gate.must_change_password);
  EXPECT_TRUE(gate.two_factor_enabled);
  EXPECT_EQ(gate.branch_id, "b");
  EXPECT_EQ(gate.restaurant_id, "r");
  EXPECT_TRUE(gate.tenant_suspended);
  EXPECT_EQ(gate.subscription_ends_at, FromRfc3339("2026-01-01T00:00:00Z"));
  EXPECT_EQ(gate.tenant_generation, 2U);
  EXPECT_EQ(gate.session.revoke_reason, "admin");
  server_.Root("DELETE FROM gatehouse.users WHERE email = 'ann@example.org'");
  EXPECT_FALSE(Must(store::ReadGate(ex(), one_.id, s.id)));
}

// DESIGN.md 3: "one primary-key join".
TEST_F(StoreSessions, TheGateLooksUpByPrimaryKeyOnly) {
  const auto s = NewSession(ann_, now_);
  for (const db::Sql* sql : db::Sql::All()) {
    if (std::string_view(sql->name) != "sessions.gate") continue;
    std::string text = sql->text;
    for (const auto& id : {s.id.view(), one_.id.view()}) {
      text.replace(text.find('?'), 1, "X'" + HexEncode(id) + "'");
    }
    const auto plan = server_.Root("USE gatehouse; EXPLAIN " + text);
    ASSERT_EQ(plan.size(), 3U);
    for (const auto& step : plan) {
      EXPECT_TRUE(step[3] == "const" || step[3] == "eq_ref") << step[2] << ": " << step[3];
      EXPECT_EQ(step[5], "PRIMARY") << step[2];
    }
  }
}

TEST_F(StoreSessions, ADeviceIsNewOnlyBesideOthers) {
  const auto remember = [&](const store::User& user, const char* device) {
    return Must(store::RememberDevice(ex(), user.id, device, std::string(16, 'b'), now_));
  };
  EXPECT_FALSE(remember(ann_, "laptop")) << "the first of all is no surprise";
  EXPECT_FALSE(remember(ann_, "laptop"));
  EXPECT_TRUE(remember(ann_, "phone"));
  EXPECT_FALSE(remember(ann_, "phone"));
  EXPECT_TRUE(remember(ann_, "phone ")) << "another id";
  EXPECT_FALSE(remember(bob_, "phone")) << "another person's";
}

// SPEC L3: by the cookie that the last sign-in on a device left, of this account alone.
TEST_F(StoreSessions, ABrowserIsKnownWhereItSignedIn) {
  const std::string browser(16, 'b');
  const std::string next(16, 'n');
  const auto knows = [&](const store::User& user, const std::string& id) {
    return Must(store::KnowsBrowser(ex(), user.id, id));
  };
  EXPECT_FALSE(knows(ann_, browser));
  Must(store::RememberDevice(ex(), ann_.id, "laptop", browser, now_));
  EXPECT_TRUE(knows(ann_, browser));
  EXPECT_FALSE(knows(bob_, browser));
  EXPECT_FALSE(knows(ann_, ""));
  EXPECT_FALSE(knows(ann_, std::string(16, '\0')));
  Must(store::RememberDevice(ex(), ann_.id, "laptop", next, now_));
  EXPECT_FALSE(knows(ann_, browser)) << "the cookie was replaced";
  EXPECT_TRUE(knows(ann_, next));
}

class StoreLinks : public StoreSessions {
 protected:
  Link NewLink(const store::User& user, LinkPurpose purpose, TimePoint created_at) {
    Link link;
    link.id = NewId<LinkId>();
    link.tenant_id = user.tenant_id;
    link.user_id = user.id;
    link.purpose = purpose;
    link.token_hash = entropy_.Bytes(32);
    link.email = user.email;
    link.created_at = created_at;
    link.expires_at = created_at + std::chrono::hours(1);
    Must(store::InsertLink(ex(), link));
    return link;
  }
  Link Read(const Link& link) { return *Must(store::FindLink(ex(), link.token_hash)); }
};

TEST_F(StoreLinks, EveryFieldComesBack) {
  Link link;
  link.id = NewId<LinkId>();
  link.tenant_id = one_.id;
  link.purpose = LinkPurpose::kChangeEmail;
  link.token_hash = std::string("\0\0", 2) + entropy_.Bytes(28) + std::string("\0\0", 2);
  link.email = "new@example.org";
  link.password_hash = "h";
  link.first_name = "F";
  link.last_name = "L";
  link.phone = "+1";
  link.created_at = now_;
  link.expires_at = now_ + Seconds(1);
  link.used_at = now_ + Seconds(2);
  ASSERT_GH_OK(store::InsertLink(ex(), link));
  const auto got = *Must(store::LockLink(ex(), link.token_hash));
  EXPECT_EQ(got.id, link.id);
  EXPECT_EQ(got.tenant_id, link.tenant_id);
  EXPECT_EQ(got.user_id, std::nullopt) << "written for an address without an account";
  EXPECT_EQ(got.purpose, link.purpose);
  EXPECT_EQ(got.token_hash, link.token_hash);
  EXPECT_EQ(got.email, link.email);
  EXPECT_EQ(got.password_hash, link.password_hash);
  EXPECT_EQ(got.first_name, link.first_name);
  EXPECT_EQ(got.last_name, link.last_name);
  EXPECT_EQ(got.phone, link.phone);
  EXPECT_EQ(got.created_at, link.created_at);
  EXPECT_EQ(got.expires_at, link.expires_at);
  EXPECT_EQ(got.used_at, link.used_at);
  EXPECT_FALSE(Must(store::FindLink(ex(), std::string(32, 'x'))));
  EXPECT_FALSE(Must(store::FindLink(ex(), "")));
}

TEST_F(StoreLinks, TheFirstUseStays) {
  const auto link = NewLink(ann_, LinkPurpose::kPasswordReset, now_);
  ASSERT_GH_OK(store::MarkLinkUsed(ex(), link.id, now_ + Seconds(1)));
  ASSERT_GH_OK(store::MarkLinkUsed(ex(), link.id, now_ + Seconds(2)));
  EXPECT_EQ(Read(link).used_at, now_ + Seconds(1));
}

TEST_F(StoreLinks, OlderLinksDieByPurposeAndUser) {
  const auto reset = NewLink(ann_, LinkPurpose::kPasswordReset, now_);
  const auto verify = NewLink(ann_, LinkPurpose::kVerifyEmail, now_);
  const auto bobs = NewLink(bob_, LinkPurpose::kPasswordReset, now_);
  ASSERT_GH_OK(store::MarkLinksUsed(ex(), two_.id, ann_.id, LinkPurpose::kPasswordReset, now_));
  EXPECT_EQ(Read(reset).used_at, std::nullopt) << "another tenant's hand";
  ASSERT_GH_OK(store::MarkLinksUsed(ex(), one_.id, ann_.id, LinkPurpose::kPasswordReset, now_));
  EXPECT_EQ(Read(reset).used_at, now_);
  EXPECT_EQ(Read(verify).used_at, std::nullopt);
  EXPECT_EQ(Read(bobs).used_at, std::nullopt);
}

TEST_F(StoreLinks, TheNewestUnusedVerifyLink) {
  const auto first = NewLink(ann_, LinkPurpose::kVerifyEmail, now_);
  const auto second = NewLink(ann_, LinkPurpose::kVerifyEmail, now_ + Seconds(1));
  NewLink(ann_, LinkPurpose::kPasswordReset, now_ + Seconds(2));
  NewLink(bob_, LinkPurpose::kVerifyEmail, now_ + Seconds(3));
  EXPECT_EQ(Must(store::NewestVerifyLink(ex(), one_.id, ann_.id))->id, second.id);
  ASSERT_GH_OK(store::MarkLinkUsed(ex(), second.id, now_));
  EXPECT_EQ(Must(store::NewestVerifyLink(ex(), one_.id, ann_.id))->id, first.id);
  EXPECT_FALSE(Must(store::NewestVerifyLink(ex(), two_.id, ann_.id)));
}

}  // namespace
}  // namespace gatehouse
