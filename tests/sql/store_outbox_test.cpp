// The outbox and what clears away: SPEC M2, L2.
#include <array>
#include <mutex>
#include <set>
#include <thread>

#include "fcgi/base/codec.h"
#include "sql/store/attempts.h"
#include "sql/store/links.h"
#include "sql/store/outbox.h"
#include "sql/store/purge.h"
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using store::OutboxMail;
using store::UserStatus;

class StoreOutbox : public SqlTest {
 protected:
  store::Tenant one_ = NewTenant("one");
  const Uuid mailer_ = Uuid::V7(now_, entropy_);
  const Uuid other_ = Uuid::V7(now_, entropy_);

  OutboxMail Make(TimePoint created_at) {
    OutboxMail mail;
    mail.id = NewId<MailId>();
    mail.tenant_id = one_.id;
    mail.kind = "reset";
    mail.recipient = "ann@example.org";
    mail.recipient_key = std::string(32, 'k');
    mail.message = "Subject: x\r\n\r\nbody 🦉";
    mail.created_at = created_at;
    return mail;
  }
  OutboxMail Add(TimePoint created_at) {
    auto mail = Make(created_at);
    Must(store::Enqueue(ex(), mail));
    return mail;
  }
  std::vector<OutboxMail> Claim(const Uuid& mailer, TimePoint now, int limit = 100) {
    return Must(store::ClaimDue(ex(), mailer, now, now + Seconds(60), limit));
  }
  std::vector<std::string> RowOf(const OutboxMail& mail) {
    return server_.Root(
        "SELECT status, tries, message IS NULL, IFNULL(last_error, ''), finished_at IS NULL"
        " FROM gatehouse.outbox WHERE id = X'" +
        HexEncode(mail.id.view()) + "'")[0];
  }
};

using Cells = std::vector<std::string>;

TEST_F(StoreOutbox, ClaimsWhatIsDueOldestFirst) {
  const auto second = Add(now_ - Seconds(1));
  const auto first = Add(now_ - Seconds(2));
  Add(now_ + Seconds(1));
  auto nothing = Make(now_ - Seconds(3));
  nothing.is_void = true;
  ASSERT_GH_OK(store::Enqueue(ex(), nothing));
  const auto got = Claim(mailer_, now_);
  ASSERT_EQ(got.size(), 2U);
  EXPECT_EQ(got[0].id, first.id);
  EXPECT_EQ(got[1].id, second.id);
  EXPECT_EQ(got[0].tenant_id, first.tenant_id);
  EXPECT_EQ(got[0].kind, first.kind);
  EXPECT_EQ(got[0].recipient, first.recipient);
  EXPECT_EQ(got[0].recipient_key, first.recipient_key);
  EXPECT_EQ(got[0].message, first.message);
  EXPECT_EQ(got[0].created_at, first.created_at);
  EXPECT_EQ(got[0].tries, 0);
}

TEST_F(StoreOutbox, AClaimHoldsUntilItRunsOut) {
  const auto mail = Add(now_);
  ASSERT_EQ(Claim(mailer_, now_).size(), 1U);
  EXPECT_TRUE(Claim(mailer_, now_).empty()) << "not twice, the same mailer neither";
  EXPECT_TRUE(Claim(other_, now_ + Seconds(59)).empty());
  EXPECT_EQ(Claim(other_, now_ + Seconds(60)).size(), 1U) << "that mailer died";
  EXPECT_EQ(Code(store::MarkSent(ex(), mail.id, mailer_, now_)), "not_found");
  EXPECT_EQ(Code(store::MarkRetry(ex(), mail.id, mailer_, now_, "x", true)), "not_found");
  EXPECT_EQ(Code(store::MarkFailed(ex(), mail.id, mailer_, now_, "x")), "not_found");
  EXPECT_GH_OK(store::MarkSent(ex(), mail.id, other_, now_));
}

TEST_F(StoreOutbox, SentRetriedFailed) {
  const auto sent = Add(now_);
  const auto retried = Add(now_);
  const auto failed = Add(now_);
  ASSERT_EQ(Claim(mailer_, now_).size(), 3U);
  ASSERT_GH_OK(store::MarkSent(ex(), sent.id, mailer_, now_));
  ASSERT_GH_OK(store::MarkRetry(ex(), retried.id, mailer_, now_ + Seconds(10),
                                "451 \xff\xfe später\r\n" + std::string(1000, 'x'), true));
  ASSERT_GH_OK(store::MarkFailed(ex(), failed.id, mailer_, now_, "550 no"));
  EXPECT_EQ(RowOf(sent), (Cells{"sent", "1", "1", "", "0"})) << "M2: the body is erased";
  EXPECT_EQ(RowOf(failed), (Cells{"failed", "1", "1", "550 no", "0"}));
  const auto row = RowOf(retried);
  EXPECT_EQ(row[0], "queued");
  EXPECT_EQ(row[1], "1");
  EXPECT_EQ(row[3].substr(0, 14), "451 ?? sp??ter");
  EXPECT_EQ(row[3].size(), 255U);
  EXPECT_TRUE(Claim(other_, now_ + Seconds(9)).empty());
  const auto again = Claim(other_, now_ + Seconds(10));
  ASSERT_EQ(again.size(), 1U);
  EXPECT_EQ(again[0].tries, 1);
  ASSERT_GH_OK(store::MarkRetry(ex(), retried.id, other_, now_ + Seconds(99), "down", false));
  EXPECT_EQ(RowOf(retried)[1], "1") << "the server's fault, not the message's";
  EXPECT_TRUE(Claim(mailer_, now_ + Seconds(20)).empty());
  ASSERT_GH_OK(store::WakeAll(ex(), now_ + Seconds(20)));
  EXPECT_EQ(Claim(mailer_, now_ + Seconds(20)).size(), 1U);
}

// M2: "Several mailers may run."
TEST_F(StoreOutbox, TwoMailersGetEachOfAThousandOnce) {
  server_.Root(
      "INSERT INTO gatehouse.outbox (id, kind, recipient, recipient_key, message, status,"
      " next_try_at, created_at) SELECT UNHEX(MD5(seq)), 'k', 'r', REPEAT('k', 32), 'm',"
      " 'queued', '2026-03-01', '2026-03-01' FROM gatehouse.seq_1_to_1000");
  std::mutex mutex;
  std::multiset<std::string> claimed;
  std::array<std::size_t, 3> shares{};
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    threads.emplace_back([&, i] {
      db::Database db(server_.app());
      SeededEntropy entropy(i + 50);
      const Uuid mailer = Uuid::V7(now_, entropy);
      for (;;) {
        auto mails = Must(store::ClaimDue(*db.Auto(Soon()), mailer, now_, now_ + Seconds(60), 20));
        if (mails.empty()) return;
        for (const auto& mail : mails) {
          EXPECT_GH_OK(store::MarkSent(*db.Auto(Soon()), mail.id, mailer, now_));
        }
        const std::lock_guard lock(mutex);
        shares[i] += mails.size();
        for (const auto& mail : mails) claimed.insert(mail.id.ToString());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(claimed.size(), 1000U);
  EXPECT_EQ(std::set<std::string>(claimed.begin(), claimed.end()).size(), 1000U);
  EXPECT_EQ(Must(store::ReadOutboxState(ex())).queued, 0);
}

TEST_F(StoreOutbox, StateAndCounts) {
  auto state = Must(store::ReadOutboxState(ex()));
  EXPECT_EQ(state.queued, 0);
  EXPECT_EQ(state.oldest_queued_at, std::nullopt);
  const auto mail = Add(now_ - Seconds(5));
  Add(now_);
  auto nothing = Make(now_ - Seconds(9));
  nothing.is_void = true;
  ASSERT_GH_OK(store::Enqueue(ex(), nothing));
  EXPECT_EQ(RowOf(nothing)[0], "void");
  state = Must(store::ReadOutboxState(ex()));
  EXPECT_EQ(state.queued, 2);
  EXPECT_EQ(state.failed, 0);
  EXPECT_EQ(state.oldest_queued_at, now_ - Seconds(5));
  Claim(mailer_, now_);
  ASSERT_GH_OK(store::MarkFailed(ex(), mail.id, mailer_, now_, "550"));
  EXPECT_EQ(Must(store::ReadOutboxState(ex())).failed, 1);
  // L5: void ones do not count, or asking again and again would deny the owner mail for ever.
  EXPECT_EQ(Must(store::CountForRecipient(ex(), mail.recipient_key, now_ - Seconds(9))), 2);
  EXPECT_EQ(Must(store::CountForRecipient(ex(), mail.recipient_key, now_ - Seconds(5))), 2);
  EXPECT_EQ(Must(store::CountForRecipient(ex(), std::string(32, 'x'), now_ - Seconds(9))), 0);
}

// M2: the mail exists exactly where its cause does.
TEST_F(StoreOutbox, EnqueuedInATransactionThatFailsIsNotThere) {
  const auto status = db_.Transact<void>(Soon(), [&](db::Executor& tx) -> Status {
    GH_TRY(store::Enqueue(tx, Make(now_)));
    return MakeError(ErrorCode::kEscalation);
  });
  EXPECT_EQ(Code(status), "escalation");
  EXPECT_TRUE(Claim(mailer_, now_ + Seconds(1)).empty());
}

class StorePurge : public StoreOutbox {
 protected:
  store::User ann_ = NewUser(one_.id, "ann@example.org");
  std::string Count(const std::string& table) {
    return server_.Root("SELECT COUNT(*) FROM gatehouse." + table)[0][0];
  }
};

TEST_F(StorePurge, SessionsThatEndedInEitherWay) {
  const auto day = std::chrono::hours(24);
  const auto live = NewSession(ann_, now_);
  for (int i = 0; i < 3; ++i) NewSession(ann_, now_ - 3 * day);
  for (int i = 0; i < 3; ++i) {
    const auto s = NewSession(ann_, now_ - Seconds(10));
    Must(store::RevokeSession(ex(), one_.id, s.id, now_ - Seconds(10 - i), "logout"));
  }
  const TimePoint before = now_ - Seconds(8);
  EXPECT_EQ(Must(store::PurgeSessions(ex(), before, 2)), 2U);
  EXPECT_EQ(Must(store::PurgeSessions(ex(), before, 2)), 2U);
  EXPECT_EQ(Must(store::PurgeSessions(ex(), before, 2)), 1U);
  EXPECT_EQ(Must(store::PurgeSessions(ex(), before, 2)), 0U);
  EXPECT_EQ(Count("sessions"), "2") << "the live one, and the one that was revoked too lately";
  EXPECT_TRUE(Must(store::FindSession(ex(), one_.id, live.id)));
}

TEST_F(StorePurge, PendingRegistrationsWithoutALiveLink) {
  const auto hour = std::chrono::hours(1);
  const auto add = [&](const char* email, UserStatus status, std::optional<TimePoint> link_ends,
                       bool used) {
    const auto user = NewUser(one_.id, email, status);
    if (!link_ends) return;
    store::Link link;
    link.id = NewId<LinkId>();
    link.tenant_id = one_.id;
    link.user_id = user.id;
    link.token_hash = entropy_.Bytes(32);
    link.email = email;
    link.created_at = now_;
    link.expires_at = *link_ends;
    if (used) link.used_at = now_;
    Must(store::InsertLink(ex(), link));
  };
  const TimePoint then = now_ + 2 * hour;
  add("no link", UserStatus::kPending, std::nullopt, false);
  add("expired link", UserStatus::kPending, now_ + hour, false);
  add("replaced link", UserStatus::kPending, then + hour, true);
  add("live link", UserStatus::kPending, then + hour, false);
  add("active", UserStatus::kActive, std::nullopt, false);
  add("disabled", UserStatus::kDisabled, std::nullopt, false);
  EXPECT_EQ(Must(store::PurgePending(ex(), then, now_, 10)), 0U) << "too young";
  EXPECT_EQ(Must(store::PurgePending(ex(), then, then, 2)), 2U);
  EXPECT_EQ(Must(store::PurgePending(ex(), then, then, 2)), 1U);
  EXPECT_EQ(server_.Root("SELECT GROUP_CONCAT(email ORDER BY email) FROM gatehouse.users")[0][0],
            "active,ann@example.org,disabled,live link");
}

TEST_F(StorePurge, TheRest) {
  const TimePoint old = now_ - Seconds(60);
  for (const TimePoint t : {old, now_}) {
    const std::string key = entropy_.Bytes(32);
    ASSERT_GH_OK(store::LockIdentifier(ex(), key, t));
    store::Attempt attempt;
    attempt.id = AttemptId::New(t, entropy_);
    attempt.identifier_key = key;
    attempt.created_at = t;
    ASSERT_GH_OK(store::InsertAttempt(ex(), attempt));
    store::Link link;
    link.id = NewId<LinkId>();
    link.tenant_id = one_.id;
    link.token_hash = key;
    link.created_at = link.expires_at = t;
    ASSERT_GH_OK(store::InsertLink(ex(), link));
    auto nothing = Make(t);
    nothing.is_void = true;
    ASSERT_GH_OK(store::Enqueue(ex(), nothing));
    Add(t);
  }
  ASSERT_EQ(Must(store::ClaimDue(ex(), mailer_, old, now_, 9)).size(), 1U);
  EXPECT_EQ(Must(store::PurgeLockouts(ex(), now_, 10)), 1U);
  EXPECT_EQ(Must(store::PurgeAttempts(ex(), now_, 10)), 1U);
  EXPECT_EQ(Must(store::PurgeLinks(ex(), now_, 10)), 1U);
  EXPECT_EQ(Must(store::PurgeOutbox(ex(), now_, 10)), 1U) << "the old void one alone";
  EXPECT_EQ(Count("outbox WHERE status = 'queued'"), "2") << "never what still waits";
  for (const char* table : {"lockouts", "attempts", "links"}) EXPECT_EQ(Count(table), "1");
}

}  // namespace
}  // namespace gatehouse
