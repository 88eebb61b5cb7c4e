// SPEC T5, T6, T7, S3, S4 over time: what holds one microsecond before an edge and no longer on it.
#include <gtest/gtest.h>

#include <thread>

#include "tests/handlers/dispatch_fixture.h"

namespace gatehouse {
namespace {

using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;

constexpr Micros kMoment{1};
constexpr const char* kDead = "401 invalid_refresh_token";
constexpr const char* kBadToken = "401 invalid_token";

class SlidingRenewalTest : public DispatchTest {
 protected:
  // The token that came with the answer, where one did; in the way of its mode and in no other.
  std::optional<std::string> RenewedBy(const http::Response& response, const Tokens& tokens) {
    const auto header = HeaderOf(response, "X-Renewed-Token");
    const auto cookie = CookieSet(response, "__Host-gatehouse_access");
    EXPECT_FALSE(tokens.csrf.empty() ? cookie.has_value() : header.has_value());
    if (!cookie) return header;
    // The cookie goes when its token does, or within the second.
    const auto left = FromUnixSeconds(Claim(cookie->value, "exp")) - clock_.Now();
    EXPECT_GE(Seconds(cookie->max_age), left);
    EXPECT_LE(Seconds(cookie->max_age), left + Seconds(2));
    return cookie->value;
  }
  // Somebody who comes every five minutes and takes what they are given, from the sign-in to the
  // end; how often they were given a token.
  int ADay(bool cookie_mode, const char* path, int status);

  std::string At(TimePoint when, const std::string& path, const Tokens& tokens) {
    clock_.Set(when);
    return Outcome(Get(path, tokens));
  }
  std::string RefreshAt(TimePoint when, const Tokens& tokens) {
    clock_.Set(when);
    return Outcome(Refresh(tokens));
  }
  Tokens Refreshed(const Tokens& tokens) {
    const auto document = Document(Refresh(tokens));
    const auto* access = document.Find("access_token");
    const auto* refresh = document.Find("refresh_token");
    EXPECT_TRUE(access != nullptr && refresh != nullptr) << json::Write(document);
    if (access == nullptr || refresh == nullptr) return {};
    return {*access->string(), *refresh->string(), ""};
  }
};

int SlidingRenewalTest::ADay(bool cookie_mode, const char* path, int status) {
  const store::User user = NewPerson();
  Tokens tokens = SignIn(user, cookie_mode);
  const TimePoint begin = clock_.Now();
  const TimePoint end = begin + hours(24);
  const TimePoint last_exp = floor<Seconds>(end);  // a token's times are whole seconds
  int renewals = 0;
  for (TimePoint now = begin; now < last_exp; now += minutes(5)) {
    clock_.Set(now);
    const auto issued = FromUnixSeconds(Claim(tokens.access, "iat"));
    const auto expires = FromUnixSeconds(Claim(tokens.access, "exp"));
    const auto answer = Get(path, tokens);
    EXPECT_EQ(answer.status, status) << ToRfc3339(now);
    const auto renewed = RenewedBy(answer, tokens);
    const bool due = now - issued >= (expires - issued) / 2 && expires < last_exp;
    EXPECT_EQ(renewed.has_value(), due) << ToRfc3339(now);
    if (!renewed) continue;
    ++renewals;
    EXPECT_EQ(Claim(*renewed, "iat"), ToUnixSeconds(now));
    EXPECT_EQ(Claim(*renewed, "exp"), ToUnixSeconds(std::min<TimePoint>(now + hours(1), end)));
    EXPECT_EQ(Claim(*renewed, "auth_time"), ToUnixSeconds(begin));
    tokens.access = *renewed;
  }
  EXPECT_EQ(Row(user).expires_at, end) << "activity does not move the end";
  EXPECT_EQ(At(last_exp - kMoment, path, tokens), std::to_string(status));
  EXPECT_EQ(At(last_exp, path, tokens), kBadToken);
  EXPECT_EQ(At(end, path, tokens), kBadToken);
  EXPECT_EQ(RefreshAt(end, tokens), kDead);
  return renewals;
}

// Every half hour from the first to the 23rd hour; the last one lives to the end.
TEST_F(SlidingRenewalTest, T7ADayWithBearerTokens) {
  EXPECT_EQ(ADay(false, "/auth/verify", 204), 46);
  clock_.Set(now_);
  EXPECT_EQ(ADay(false, "/auth/session", 200), 46);
}

TEST_F(SlidingRenewalTest, T7ADayWithCookies) {
  EXPECT_EQ(ADay(true, "/auth/verify", 204), 46);
  clock_.Set(now_);
  EXPECT_EQ(ADay(true, "/auth/session", 200), 46);
}

TEST_F(SlidingRenewalTest, T7ExactlyHalfOfTheLifeAndNotAMomentEarlier) {
  const Tokens tokens = SignIn(NewPerson());
  const TimePoint half = floor<Seconds>(now_) + minutes(30);
  for (const bool first : {true, false}) {  // by MariaDB, by the proof
    SCOPED_TRACE(first);
    clock_.Set(half - kMoment);
    EXPECT_FALSE(RenewedBy(Get("/auth/verify", tokens), tokens));
    clock_.Set(half);
    EXPECT_TRUE(RenewedBy(Get("/auth/verify", tokens), tokens));
  }
}

TEST_F(SlidingRenewalTest, T7NoneWhereTheTenantDoesNotWantIt) {
  const Tokens tokens = SignIn(NewPerson(R"({"sliding_renewal":false})"));
  clock_.Advance(minutes(59));
  const auto answer = Get("/auth/verify", tokens);
  EXPECT_EQ(answer.status, 204);
  EXPECT_FALSE(RenewedBy(answer, tokens));
}

// Nobody who stays away for longer than a token lives comes back by it.
TEST_F(SlidingRenewalTest, T5AnExpiredTokenIsNotRenewed) {
  const Tokens tokens = SignIn(NewPerson());
  clock_.Set(floor<Seconds>(now_) + hours(1));
  const auto answer = Get("/auth/verify", tokens);
  EXPECT_EQ(Outcome(answer), kBadToken);
  EXPECT_FALSE(RenewedBy(answer, tokens));
  EXPECT_EQ(Outcome(Refresh(tokens)), "200");
}

TEST_F(SlidingRenewalTest, T7NoTokenOutlivesItsSession) {
  const store::User user = NewPerson(R"({"access_ttl":86400,"session_ttl":600})");
  const Tokens tokens = SignIn(user);
  const TimePoint end = now_ + minutes(10);
  EXPECT_EQ(Claim(tokens.access, "exp"), ToUnixSeconds(end));
  clock_.Set(end - Seconds(4));
  EXPECT_FALSE(RenewedBy(Get("/auth/verify", tokens), tokens)) << "it could live no longer";
  const auto document = Document(Refresh(tokens));
  EXPECT_EQ(*document.Find("expires_in")->integer(), 4);
  EXPECT_EQ(*document.Find("refresh_expires_in")->integer(), 4);
  const Tokens next{*document.Find("access_token")->string(),
                    *document.Find("refresh_token")->string(), ""};
  EXPECT_EQ(Claim(next.access, "exp"), ToUnixSeconds(end));
  EXPECT_EQ(Row(user).expires_at, end) << "a refresh does not move the end";
  EXPECT_EQ(At(floor<Seconds>(end) - kMoment, "/auth/verify", next), "204");
  EXPECT_EQ(At(floor<Seconds>(end), "/auth/verify", next), kBadToken);
}

// Somebody whose token comes up for renewal when the session has less than its life left.
TEST_F(SlidingRenewalTest, T7TheLastRenewedTokenEndsWithTheSession) {
  for (const bool cookie_mode : {false, true}) {
    SCOPED_TRACE(cookie_mode);
    clock_.Set(now_);
    const store::User user = NewPerson(R"({"session_ttl":5400})");
    Tokens tokens = SignIn(user, cookie_mode);
    const TimePoint end = now_ + minutes(90);
    clock_.Set(end - minutes(40));
    const auto answer = Get("/auth/verify", tokens);
    const auto renewed = RenewedBy(answer, tokens);
    ASSERT_TRUE(renewed);
    EXPECT_EQ(Claim(*renewed, "exp"), ToUnixSeconds(end));
    if (cookie_mode) {
      EXPECT_EQ(CookieSet(answer, "__Host-gatehouse_access")->max_age, 2400);
    }
    tokens.access = *renewed;
    EXPECT_EQ(At(floor<Seconds>(end) - kMoment, "/auth/verify", tokens), "204");
    EXPECT_EQ(At(floor<Seconds>(end), "/auth/verify", tokens), kBadToken);
  }
}

TEST_F(SlidingRenewalTest, T6TheCookiesOfARefreshEndWithTheSession) {
  const Tokens tokens = SignIn(NewPerson(), true);
  clock_.Set(now_ + hours(24) - Seconds(90));
  const auto answer = Refresh(tokens);
  EXPECT_EQ(Outcome(answer), "200");
  for (const char* name :
       {"__Host-gatehouse_access", "__Secure-gatehouse_refresh", "__Host-gatehouse_csrf"}) {
    const auto cookie = CookieSet(answer, name);
    ASSERT_TRUE(cookie) << name;
    EXPECT_EQ(cookie->max_age, 90) << name;
  }
  EXPECT_EQ(Claim(CookieSet(answer, "__Host-gatehouse_access")->value, "exp"),
            ToUnixSeconds(now_ + hours(24)));
}

TEST_F(SlidingRenewalTest, T6TheSessionsEndIsExact) {
  const Tokens tokens = SignIn(NewPerson());
  EXPECT_EQ(RefreshAt(now_ + hours(24) - kMoment, tokens), "200");
  EXPECT_EQ(RefreshAt(now_ + hours(24), tokens), kDead);
  const Tokens other = SignIn(NewPerson());
  EXPECT_EQ(RefreshAt(clock_.Now() + hours(24), other), kDead) << "the current token as well";
}

TEST_F(SlidingRenewalTest, T6TheGraceIncludesItsLastMomentAndNoRepeatProlongsIt) {
  const store::User user = NewPerson();
  const Tokens first = SignIn(user);
  clock_.Advance(minutes(7));
  const TimePoint rotated = clock_.Now();
  const Tokens second = Refreshed(first);
  for (const Micros later : {kMoment, Micros(Seconds(9)), Micros(Seconds(10))}) {
    clock_.Set(rotated + later);
    EXPECT_EQ(Refreshed(first).refresh, second.refresh) << later.count();
  }
  EXPECT_EQ(Row(user).refresh_rotated_at, rotated);
  EXPECT_EQ(Row(user).refresh_generation, 2U);
  EXPECT_EQ(EventsNamed("token.reuse_detected"), 0);
  const Tokens newest = Refreshed(first);
  EXPECT_EQ(Outcome(Get("/auth/verify", newest)), "204");
  EXPECT_EQ(RefreshAt(rotated + Seconds(10) + kMoment, first), kDead);
  for (const Tokens& tokens : {first, second, newest}) {
    EXPECT_EQ(Outcome(Get("/auth/verify", tokens)), kBadToken);
    EXPECT_EQ(Outcome(Refresh(tokens)), kDead);
  }
  EXPECT_EQ(Row(user).revoked_at, clock_.Now());
  EXPECT_EQ(EventsNamed("token.reuse_detected"), 1);
}

// Also where the session is idle by then, and the previous token one of an hour ago.
TEST_F(SlidingRenewalTest, T6ReuseIsSeenHoweverLate) {
  const store::User user = NewPerson(R"({"idle_timeout":600})");
  const Tokens first = SignIn(user);
  const Tokens second = Refreshed(first);
  EXPECT_EQ(RefreshAt(now_ + hours(23), first), kDead);
  EXPECT_TRUE(Row(user).revoked_at);
  EXPECT_EQ(EventsNamed("token.reuse_detected"), 1);
}

TEST_F(SlidingRenewalTest, T6TheGraceDoesNotReachBeyondTheSession) {
  const store::User user = NewPerson();
  const Tokens first = SignIn(user);
  clock_.Set(now_ + hours(24) - Seconds(5));
  Refreshed(first);
  EXPECT_EQ(RefreshAt(now_ + hours(24) - kMoment, first), "200");
  EXPECT_EQ(RefreshAt(now_ + hours(24), first), kDead);
  EXPECT_EQ(EventsNamed("token.reuse_detected"), 0) << "over is over, and no theft";
}

// What decides is the row as it is once its lock is free, not as it was when the request came: two
// rotations happen while this one waits.
TEST_F(SlidingRenewalTest, T6ARefreshWaitsForTheOneBeforeIt) {
  const store::User user = NewPerson();
  const Tokens first = SignIn(user);
  db::Database other(server_.app());
  std::string outcome;
  std::thread waiting;
  Must(other.Transact<void>(Soon(), [&](db::Executor& tx) -> Status {
    GH_TRY(store::LockSession(tx, user.tenant_id, session_));
    waiting = std::thread([&] { outcome = Outcome(Refresh(first)); });
    EXPECT_TRUE(testing::WaitUntil(
        [&] {
          return server_.Root(
                     "SELECT COUNT(*) FROM information_schema.processlist"
                     " WHERE command = 'Execute' AND info LIKE '%FROM sessions%FOR UPDATE'")[0]
                                                                                            [0] ==
                 "1";
        },
        Seconds(2)));
    return store::RotateRefresh(tx, user.tenant_id, session_, 3, clock_.Now());
  }));
  waiting.join();
  EXPECT_EQ(outcome, kDead);
  EXPECT_EQ(Row(user).refresh_generation, 3U) << "and not back to the second";
  EXPECT_EQ(EventsNamed("token.reuse_detected"), 1);
}

TEST_F(SlidingRenewalTest, S4TheIdleEndIsExact) {
  const store::User user = NewPerson(R"({"idle_timeout":600})");
  const Tokens tokens = SignIn(user);
  // Each as the first that is heard of this person since the sign-in.
  EXPECT_EQ(At(now_ + minutes(10) - kMoment, "/auth/verify", tokens), "204");
  const TimePoint seen = clock_.Now();
  EXPECT_EQ(Row(user).last_active_at, seen);
  EXPECT_EQ(At(seen + minutes(10), "/auth/verify", tokens), kBadToken);
  EXPECT_EQ(At(seen + minutes(10), "/auth/session", tokens), kBadToken);
  EXPECT_EQ(RefreshAt(seen + minutes(10), tokens), kDead);
  EXPECT_EQ(Row(user).last_active_at, seen) << "asking in vain is no activity";
  EXPECT_EQ(RefreshAt(seen + minutes(10) - kMoment, tokens), "200");
  EXPECT_EQ(Row(user).last_active_at, clock_.Now()) << "a refresh is";
}

// A proof that is in the cache knows the idle end, too, and MariaDB is asked before it counts.
TEST_F(SlidingRenewalTest, S4AProofInTheCacheNeitherShortensNorProlongsIt) {
  const store::User user = NewPerson(R"({"idle_timeout":4})");
  const Tokens tokens = SignIn(user);
  EXPECT_EQ(At(now_, "/auth/verify", tokens), "204");
  EXPECT_EQ(At(now_ + Seconds(4) - kMoment, "/auth/verify", tokens), "204");
  const TimePoint seen = clock_.Now();
  // Somebody else's worker heard of them since; this proof does not know.
  Must(store::TouchSession(ex(), user.tenant_id, session_, seen + Seconds(2), Millis(0)));
  EXPECT_EQ(At(seen + Seconds(4), "/auth/verify", tokens), "204");
  const TimePoint last = clock_.Now();
  EXPECT_EQ(At(last + Seconds(4), "/auth/verify", tokens), kBadToken);
}

TEST_F(SlidingRenewalTest, S3LastActiveIsWrittenOnceAnInterval) {
  struct Case {
    int idle_timeout;
    Micros interval;
  };
  for (const auto& [idle_timeout, interval] :
       {Case{0, Seconds(60)}, Case{240, Seconds(60)}, Case{3600, Seconds(60)},
        Case{100, Seconds(25)}, Case{1, Millis(250)}}) {
    SCOPED_TRACE(idle_timeout);
    clock_.Set(now_);
    const store::User user = NewPerson(R"({"idle_timeout":)" + std::to_string(idle_timeout) + "}");
    const Tokens tokens = SignIn(user);
    for (TimePoint last = now_; last < now_ + 3 * interval; last += interval) {
      EXPECT_EQ(At(last + interval / 2, "/auth/verify", tokens), "204");
      EXPECT_EQ(At(last + interval - kMoment, "/auth/verify", tokens), "204");
      EXPECT_EQ(Row(user).last_active_at, last);
      EXPECT_EQ(At(last + interval, "/auth/verify", tokens), "204");
      EXPECT_EQ(Row(user).last_active_at, last + interval);
    }
  }
}

// An active person is never idle, however short the timeout: they are seen in time.
TEST_F(SlidingRenewalTest, S4AnActivePersonIsNeverIdle) {
  const Tokens tokens = SignIn(NewPerson(R"({"idle_timeout":60})"));
  for (TimePoint now = now_; now < now_ + minutes(20); now += Seconds(44)) {
    // 44 s and not 59: last-active is written at the quarter, so up to 15 s of it are not known.
    ASSERT_EQ(At(now, "/auth/verify", tokens), "204") << ToRfc3339(now);
  }
}

TEST_F(SlidingRenewalTest, N4PastTheSubscriptionThereIsNeitherRenewalNorRefresh) {
  store::User user = NewPerson();
  user.is_tenant_admin = false;
  Must(store::UpdateUser(ex(), user));
  auto tenant = *Must(store::FindTenant(ex(), user.tenant_id));
  const TimePoint ends = now_ + minutes(40);
  tenant.subscription_ends_at = ends;
  Must(store::UpdateTenant(ex(), tenant, true, now_, std::nullopt));
  const Tokens tokens = SignIn(user);
  EXPECT_EQ(At(ends - kMoment, "/auth/session", tokens), "200");
  EXPECT_TRUE(RenewedBy(Get("/auth/session", tokens), tokens));
  EXPECT_EQ(At(ends, "/auth/session", tokens), "403 subscription_expired");
  EXPECT_EQ(RefreshAt(ends, tokens), "403 subscription_expired");
  EXPECT_EQ(RefreshAt(ends - kMoment, tokens), "200");
}

}  // namespace
}  // namespace gatehouse
