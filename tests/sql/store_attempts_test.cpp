// Attempts, their lock, the audit log: SPEC L1, L4, A1.
#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "fcgi/base/codec.h"
#include "sql/store/attempts.h"
#include "sql/store/audit.h"
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using store::Attempt;
using store::AttemptCursor;
using store::AttemptFilter;

class StoreAttempts : public SqlTest {
 protected:
  store::Tenant one_ = NewTenant("one");
  store::Tenant two_ = NewTenant("two");
  store::User ann_ = NewUser(one_.id, "ann@example.org");
  const std::string key_ = std::string(32, 'k');
  const store::Counter kEverybody = std::nullopt;
  const TimePoint kBefore = now_ - Seconds(1);
  const store::Counter kLaptop = std::string(16, 'l');

  Attempt Make(std::optional<TenantId> tenant, const std::string& identifier, TimePoint at) {
    Attempt a;
    a.id = AttemptId::New(at, entropy_);
    a.tenant_id = tenant;
    a.identifier = identifier;
    a.identifier_key = key_;
    a.ip = "192.0.2.1";
    a.user_agent = "test";
    a.created_at = at;
    a.reason = "invalid_credentials";
    return a;
  }
  Attempt Add(Attempt a) {
    Must(store::InsertAttempt(ex(), a));
    return a;
  }
  std::vector<Attempt> List(const AttemptFilter& filter, bool ascending = false, int limit = 100,
                            const std::optional<AttemptCursor>& after = std::nullopt) {
    return Must(store::ListAttempts(ex(), one_.id, filter, after, ascending, limit));
  }
};

TEST_F(StoreAttempts, EveryFieldComesBack) {
  auto a = Make(one_.id, "ann@example.org", now_);
  a.user_id = ann_.id;
  a.device = "Laptop 💻";
  a.success = true;
  a.counted = true;
  a.browser_id = std::string("\0browser of ann", 16);
  Add(a);
  const auto got = List({});
  ASSERT_EQ(got.size(), 1U);
  EXPECT_EQ(got[0].id, a.id);
  EXPECT_EQ(got[0].tenant_id, a.tenant_id);
  EXPECT_EQ(got[0].user_id, a.user_id);
  EXPECT_EQ(got[0].identifier, a.identifier);
  EXPECT_EQ(got[0].identifier_key, a.identifier_key);
  EXPECT_EQ(got[0].ip, a.ip);
  EXPECT_EQ(got[0].user_agent, a.user_agent);
  EXPECT_EQ(got[0].device, a.device);
  EXPECT_EQ(got[0].created_at, a.created_at);
  EXPECT_TRUE(got[0].success);
  EXPECT_EQ(got[0].reason, a.reason);
  EXPECT_TRUE(got[0].counted);
  EXPECT_EQ(got[0].browser_id, a.browser_id);
}

TEST_F(StoreAttempts, CountedFailuresNewestFirstUntilCleared) {
  for (int i = 0; i < 7; ++i) {
    auto a = Make(one_.id, "x", now_ + Seconds(i));
    a.counted = i != 3;
    Add(a);
  }
  auto other = Make(one_.id, "y", now_);
  other.identifier_key = std::string(32, 'o');
  other.counted = true;
  Add(other);
  const auto times = Must(store::CountedFailures(ex(), key_, kEverybody, kBefore, 5));
  EXPECT_EQ(times, (std::vector<TimePoint>{now_ + Seconds(6), now_ + Seconds(5), now_ + Seconds(4),
                                           now_ + Seconds(2), now_ + Seconds(1)}));
  ASSERT_GH_OK(store::ClearCounted(ex(), key_));
  EXPECT_TRUE(Must(store::CountedFailures(ex(), key_, kEverybody, kBefore, 5)).empty());
  EXPECT_EQ(Must(store::CountedFailures(ex(), other.identifier_key, kEverybody, kBefore, 5)).size(),
            1U);
  EXPECT_EQ(List({}).size(), 8U) << "the attempts themselves stay";
}

// L3: everybody's failures count for a stranger, its own alone for a known browser.
TEST_F(StoreAttempts, AKnownBrowserHasACounterOfItsOwn) {
  const auto fail = [&](const store::Counter& browser, TimePoint at) {
    auto a = Make(one_.id, "x", at);
    a.counted = true;
    a.browser_id = browser;
    Add(a);
  };
  const auto count = [&](const store::Counter& counter) {
    return Must(store::CountedFailures(ex(), key_, counter, kBefore, 10)).size();
  };
  fail(std::nullopt, now_);
  fail(std::nullopt, now_);
  fail(kLaptop, now_);
  fail(kLaptop, kBefore);
  EXPECT_EQ(count(kEverybody), 3U) << "the one at the horizon is of no account";
  EXPECT_EQ(count(kLaptop), 1U);
  EXPECT_EQ(count(std::string(16, 'p')), 0U);
  ASSERT_GH_OK(store::ClearCounted(ex(), key_, *kLaptop, kBefore));
  EXPECT_EQ(count(kEverybody), 2U);
  EXPECT_EQ(count(kLaptop), 0U);
  fail(kLaptop, now_);
  ASSERT_GH_OK(store::ClearCounted(ex(), key_));
  EXPECT_EQ(count(kEverybody), 0U);
  EXPECT_EQ(count(kLaptop), 0U);
}

// O3: where guessed passwords must not stop anybody, wrong codes alone count.
TEST_F(StoreAttempts, OneKindOfFailureIsCountedByItself) {
  for (const char* reason : {"wrong_password", "wrong_code", "wrong_code"}) {
    auto a = Make(one_.id, "x", now_);
    a.counted = true;
    a.reason = reason;
    Add(a);
  }
  EXPECT_EQ(Must(store::CountedFailures(ex(), key_, kEverybody, kBefore, 10)).size(), 3U);
  EXPECT_EQ(Must(store::CountedFailures(ex(), key_, kEverybody, kBefore, 10, "wrong_code")).size(),
            2U);
}

// L1: of 64 guesses at once, each sees what the others before it did. DESIGN.md 5.
TEST_F(StoreAttempts, TheLockLetsOneDecideAtATime) {
  std::atomic<int> evaluated = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      db::Database db(server_.app());
      SeededEntropy entropy(static_cast<std::uint64_t>(100 + i));
      for (int n = 0; n < 8; ++n) {
        bool slot = false;
        EXPECT_GH_OK(db.Transact<void>(Soon(), [&](db::Executor& tx) -> Status {
          slot = false;
          GH_TRY(store::LockIdentifier(tx, key_, now_));
          GH_ASSIGN(const auto failures, store::CountedFailures(tx, key_, kEverybody, kBefore, 5));
          if (failures.size() >= 5) return {};
          Attempt a;
          a.id = AttemptId::New(now_, entropy);
          a.identifier_key = key_;
          a.created_at = now_;
          a.counted = slot = true;
          return store::InsertAttempt(tx, a);
        }));
        if (slot) ++evaluated;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(evaluated, 5);
}

TEST_F(StoreAttempts, AnotherTenantsAndNobodysAreNotListed) {
  Add(Make(two_.id, "x", now_));
  Add(Make(std::nullopt, "x", now_));
  EXPECT_TRUE(List({}).empty());
  AttemptFilter filter;
  filter.email = "x";
  EXPECT_TRUE(List(filter).empty());
}

TEST_F(StoreAttempts, FiltersAloneAndTogether) {
  auto a = Make(one_.id, "ann@example.org", now_);
  a.user_id = ann_.id;
  a.success = true;
  Add(a);
  auto b = Make(one_.id, "ann@example.org", now_ + Seconds(1));
  b.user_id = ann_.id;
  b.ip = "2001:db8::1";
  Add(b);
  auto c = Make(one_.id, "nobody@example.org", now_ + Seconds(2));
  Add(c);

  const auto ids = [&](const AttemptFilter& filter) {
    std::vector<AttemptId> out;
    for (const auto& attempt : List(filter)) out.push_back(attempt.id);
    return out;
  };
  using Ids = std::vector<AttemptId>;
  AttemptFilter f;
  EXPECT_EQ(ids(f), (Ids{c.id, b.id, a.id}));
  f.user_id = ann_.id;
  EXPECT_EQ(ids(f), (Ids{b.id, a.id}));
  f.success = false;
  EXPECT_EQ(ids(f), Ids{b.id});
  f.success = true;
  EXPECT_EQ(ids(f), Ids{a.id});
  f = {};
  f.email = "nobody@example.org";
  EXPECT_EQ(ids(f), Ids{c.id});
  f.user_id = ann_.id;
  EXPECT_EQ(ids(f), Ids{});
  f = {};
  f.ip = "2001:db8::1";
  EXPECT_EQ(ids(f), Ids{b.id});
  f = {};
  f.from = now_ + Seconds(1);
  EXPECT_EQ(ids(f), (Ids{c.id, b.id})) << "from is inclusive";
  f.to = now_ + Seconds(2);
  EXPECT_EQ(ids(f), Ids{b.id}) << "to is exclusive";
  f.from = TimePoint::min();
  f.to = TimePoint::max();
  EXPECT_EQ(ids(f).size(), 3U) << "times that the server cannot write";
  f = {};
  f.email = "é🦉\xff";
  f.ip = "é🦉";
  EXPECT_EQ(ids(f), Ids{}) << "hostile, but only a filter that matches nothing";
}

TEST_F(StoreAttempts, PagesNeitherRepeatNorSkipAmongEqualTimes) {
  std::vector<AttemptId> all;
  for (int i = 0; i < 25; ++i) all.push_back(Add(Make(one_.id, "x", now_ + Seconds(i / 10))).id);
  for (const bool ascending : {false, true}) {
    std::vector<AttemptId> seen;
    std::optional<AttemptCursor> after;
    for (;;) {
      const auto page = List({}, ascending, 4, after);
      if (page.empty()) break;
      for (const auto& attempt : page) seen.push_back(attempt.id);
      after = AttemptCursor{page.back().created_at, page.back().id};
    }
    ASSERT_EQ(seen.size(), all.size());
    auto unique = seen;
    std::sort(unique.begin(), unique.end());
    EXPECT_EQ(std::unique(unique.begin(), unique.end()), unique.end());
    const auto listed = List({}, ascending);
    for (std::size_t i = 1; i < listed.size(); ++i) {
      EXPECT_TRUE(ascending ? listed[i - 1].created_at <= listed[i].created_at
                            : listed[i - 1].created_at >= listed[i].created_at);
      EXPECT_EQ(listed[i].id, seen[i]);
    }
  }
}

// L4: any filter, any order, any page size; whichever index leads.
TEST_F(StoreAttempts, PagesHoldExactlyWhatMatchesInOrder) {
  std::mt19937 random(3);
  const auto chance = [&](unsigned one_in) { return random() % one_in == 0; };
  const auto bob = NewUser(one_.id, "bob@example.org");
  static constexpr const char* kEmails[] = {"ann@example.org", "bob@example.org", "x"};
  static constexpr const char* kIps[] = {"192.0.2.1", "192.0.2.2", "::1"};
  std::vector<Attempt> all;
  for (int i = 0; i < 200; ++i) {
    auto a =
        Make(chance(6) ? two_.id : one_.id, kEmails[random() % 3], now_ + Seconds(random() % 25));
    if (!chance(3)) a.user_id = chance(2) ? ann_.id : bob.id;
    a.ip = kIps[random() % 3];
    a.success = chance(3);
    all.push_back(Add(a));
  }
  std::size_t found = 0;
  for (int round = 0; round < 150; ++round) {
    AttemptFilter f;
    if (chance(3)) f.user_id = chance(2) ? ann_.id : bob.id;
    if (chance(3)) f.email = kEmails[random() % 3];
    if (chance(3)) f.ip = kIps[random() % 3];
    if (chance(3)) f.success = chance(2);
    if (chance(4)) f.from = now_ + Seconds(random() % 25);
    if (chance(4)) f.to = now_ + Seconds(random() % 25);
    const int limit = 1 + static_cast<int>(random() % 40);
    for (const bool ascending : {false, true}) {
      std::vector<std::pair<TimePoint, AttemptId>> expected, seen;
      for (const auto& a : all) {
        if (a.tenant_id == one_.id && (!f.user_id || a.user_id == f.user_id) &&
            (!f.email || a.identifier == *f.email) && (!f.ip || a.ip == *f.ip) &&
            (!f.success || a.success == *f.success) && (!f.from || a.created_at >= *f.from) &&
            (!f.to || a.created_at < *f.to)) {
          expected.emplace_back(a.created_at, a.id);
        }
      }
      std::sort(expected.begin(), expected.end());
      if (!ascending) std::reverse(expected.begin(), expected.end());
      std::optional<AttemptCursor> after;
      for (;;) {
        const auto page = List(f, ascending, limit, after);
        for (const auto& a : page) seen.emplace_back(a.created_at, a.id);
        if (page.size() < static_cast<std::size_t>(limit)) break;
        after = AttemptCursor{page.back().created_at, page.back().id};
      }
      ASSERT_EQ(seen, expected) << "round " << round << ", limit " << limit;
      found += expected.size();
    }
  }
  EXPECT_GT(found, 1000U);
}

// A page costs a page, wherever it is and whatever narrows the list.
TEST_F(StoreAttempts, APageReadsNoMoreRowsThanItShows) {
  server_.Root(
      "INSERT INTO gatehouse.attempts (id, tenant_id, user_id, identifier, identifier_key, ip,"
      " user_agent, created_at, success, reason, counted) SELECT UNHEX(MD5(seq)), X'" +
      HexEncode(one_.id.view()) + "', X'" + HexEncode(ann_.id.view()) +
      "', 'x', REPEAT('k', 32), 'ip', 'ua', '2026-03-01' + INTERVAL seq SECOND, 0, 'r', 0"
      " FROM gatehouse.seq_1_to_20000; ANALYZE TABLE gatehouse.attempts");
  static const db::Sql kReads{"test.handler_reads",
                              "SELECT CAST(SUM(variable_value) AS SIGNED)"
                              " FROM information_schema.session_status"
                              " WHERE variable_name LIKE 'Handler_read%'"};
  AttemptFilter none, user, email, ip, lost;
  user.user_id = ann_.id;
  email.email = "x";
  ip.ip = "ip";
  lost.success = false;
  const AttemptCursor middle{*FromRfc3339("2026-03-01T02:30:00Z"), {}};
  for (const auto& filter : {none, user, email, ip, lost}) {
    for (const bool ascending : {false, true}) {
      db::Database db(server_.app());
      const auto reader = db.Auto(Soon());
      const auto reads = [&] { return Must(reader->QueryOne(kReads, {}))->Int(0); };
      const auto first = reads();
      const auto before = reads();
      const auto idle = before - first;  // reading them reads, too
      const auto page = Must(store::ListAttempts(*reader, one_.id, filter, middle, ascending, 50));
      EXPECT_EQ(page.size(), 50U);
      EXPECT_LT(reads() - before - idle, 100);
    }
  }
}

TEST_F(StoreAttempts, AuditEventsAreKeptWhole) {
  store::AuditEvent event;
  event.id = NewId<EventId>();
  event.event = "role.updated";
  event.tenant_id = one_.id;
  event.actor_id = ann_.id;
  event.target_type = "role";
  event.target_id = "x";
  event.ip = "192.0.2.1";
  event.request_id = "r1";
  event.created_at = now_;
  event.before_json = R"({"permissions":[]})";
  event.after_json = "{\"name\":\"" + std::string(300'000, 'p') + "\"}";
  ASSERT_GH_OK(store::InsertAudit(ex(), event));
  store::AuditEvent bare;
  bare.id = NewId<EventId>();
  bare.event = "key.rotated";
  bare.target_type = "key";
  bare.created_at = now_;
  ASSERT_GH_OK(store::InsertAudit(ex(), bare));
  const auto rows = server_.Root(
      "SELECT event, tenant_id IS NULL, target_id, created_at, before_json, LENGTH(after_json)"
      " FROM gatehouse.audit_events ORDER BY event");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0][1], "1");
  EXPECT_EQ(rows[0][4], "NULL");
  EXPECT_EQ(rows[1],
            (std::vector<std::string>{"role.updated", "0", "x", "2026-03-01 12:00:00.123456",
                                      *event.before_json, "300011"}));
}

}  // namespace
}  // namespace gatehouse
