// The outbox against a real MariaDB and a real mail server (SPEC M2).
#include "handlers/auth/delivery.h"

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <thread>

#include "handlers/auth/housekeeping.h"
#include "tests/support/mariadb.h"
#include "tests/support/process.h"

namespace gatehouse::auth {
namespace {

using Kind = NextStep::Kind;

void Expect(const NextStep& step, Kind kind, int wait_s, bool count_try) {
  EXPECT_EQ(step.kind, kind);
  EXPECT_EQ(step.wait, Seconds(wait_s));
  EXPECT_EQ(step.count_try, count_try);
}

TEST(AfterDelivery, AcceptedIsSent) {
  Expect(AfterDelivery(SmtpOutcome::kAccepted, 0, Seconds(0)), Kind::kSent, 0, true);
}

TEST(AfterDelivery, RefusedIsTriedThreeTimesMore) {
  Expect(AfterDelivery(SmtpOutcome::kRefused, 0, Seconds(0)), Kind::kRetry, 60, true);
  Expect(AfterDelivery(SmtpOutcome::kRefused, 1, Seconds(0)), Kind::kRetry, 300, true);
  Expect(AfterDelivery(SmtpOutcome::kRefused, 2, Seconds(0)), Kind::kRetry, 1800, true);
  Expect(AfterDelivery(SmtpOutcome::kRefused, 3, Seconds(0)), Kind::kGiveUp, 0, true);
}

TEST(AfterDelivery, DeferredBacksOffForThreeDays) {
  const int waits[] = {10, 20, 40, 80, 100, 100};
  for (int tries = 0; tries < 6; ++tries) {
    Expect(AfterDelivery(SmtpOutcome::kDeferred, tries, Seconds(5)), Kind::kRetry, waits[tries],
           true);
  }
  Expect(AfterDelivery(SmtpOutcome::kDeferred, 100'000, Seconds(259'199)), Kind::kRetry, 100, true);
  Expect(AfterDelivery(SmtpOutcome::kDeferred, 1, Seconds(259'200)), Kind::kGiveUp, 0, true);
}

// The server's absence says nothing about the message: it is never given up for that.
TEST(AfterDelivery, UnreachableCountsNoTry) {
  Expect(AfterDelivery(SmtpOutcome::kServerUnreachable, 99, Seconds(9'999'999)), Kind::kRetry, 5,
         false);
}

class DeliveryTest : public ::testing::Test {
 protected:
  DeliveryTest() { server_.Reset(); }

  void StartSmtp() {
    smtp_server_.emplace(
        std::vector<std::string>{"/usr/bin/python3", "-W", "ignore",
                                 GATEHOUSE_SOURCE_DIR "/tests/support/smtp_server.py",
                                 std::to_string(port_), dir_.path()},
        dir_.File("log"));
    ASSERT_TRUE(smtp_server_->WaitForListener(port_, std::chrono::seconds(20)));
  }
  SmtpClient Client() const {
    SmtpOptions options;
    options.url = "smtp://127.0.0.1:" + std::to_string(port_);
    options.timeout = Millis(5000);
    return SmtpClient(options);
  }

  MailId Enqueue(const std::string& to, bool is_void = false) {
    store::OutboxMail mail;
    clock_.Advance(Millis(1));  // so that the order of sending is the order of writing
    mail.id = MailId::New(clock_.Now(), entropy_);
    mail.kind = "reset";
    mail.recipient = to;
    mail.recipient_key = std::string(32, 'k');
    mail.message = "Subject: " + mail.id.ToString() + "\r\n\r\nhello\r\n";
    mail.is_void = is_void;
    mail.created_at = clock_.Now();
    const auto done = store::Enqueue(*db_.Auto(Deadline::In(Millis(5000))), mail);
    EXPECT_TRUE(done.ok()) << done.error().inner;
    return mail.id;
  }

  DeliveryReport Deliver(int limit = 20) {
    auto client = Client();
    const auto report = DeliverDue(db_, client, "no-reply@example.org", mailer_, clock_, limit,
                                   [](Millis) { return true; });
    EXPECT_TRUE(report.ok()) << report.error().inner;
    return report.ok() ? *report : DeliveryReport();
  }

  // status, tries, body there, claimed
  std::string State(MailId id) {
    const auto rows = server_.Root(
        "SELECT CONCAT(status, ' ', tries, IF(message IS NULL, '', ' body'),"
        " IF(claimed_by IS NULL, '', ' claimed')) FROM gatehouse.outbox WHERE HEX(id) = "
        "REPLACE(UPPER('" +
        id.ToString() + "'), '-', '')");
    return rows.empty() ? "(none)" : rows[0][0];
  }

  // How often each message, by its subject, arrived.
  std::map<std::string, int> Arrived() const {
    std::map<std::string, int> out;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.path())) {
      if (entry.path().extension() != ".eml") continue;
      std::ifstream in(entry.path());
      std::string envelope, subject;
      std::getline(in, envelope);
      std::getline(in, subject);
      ++out[subject.substr(9, 36)];
    }
    return out;
  }

  support::TestDatabase& server_ = support::TestDatabase::Instance();
  db::Database db_{server_.app()};
  testing::TempDir dir_;
  int port_ = testing::FreePort();
  std::optional<testing::Process> smtp_server_;
  SystemEntropy entropy_;
  ManualClock clock_{*FromRfc3339("2026-11-21T11:30:28Z")};
  Uuid mailer_ = Uuid::V7(clock_.Now(), entropy_);
};

TEST_F(DeliveryTest, M2_DeliveredMailLosesItsBody) {
  StartSmtp();
  const MailId id = Enqueue("jane@example.com");
  const MailId nobody = Enqueue("ghost@example.com", true);
  EXPECT_EQ(Deliver().sent, 1);
  EXPECT_EQ(State(id), "sent 1");
  EXPECT_EQ(State(nobody), "void 0");
  EXPECT_EQ(Deliver().sent, 0);
  EXPECT_EQ(Arrived(), (std::map<std::string, int>{{id.ToString(), 1}}));
}

// FACTS: one bad message stalling the queue.
TEST_F(DeliveryTest, M2_OneBadMessageStopsNothing) {
  StartSmtp();
  const MailId refused = Enqueue("rcpt550@example.com");
  const MailId deferred = Enqueue("data451@example.com");
  const MailId odd = Enqueue("two words@example.com");
  const MailId good = Enqueue("jane@example.com");
  const auto report = Deliver();
  EXPECT_EQ(report.sent, 1);
  EXPECT_EQ(report.retried, 3);
  EXPECT_FALSE(report.server_unreachable);
  EXPECT_EQ(State(refused), "queued 1 body");
  EXPECT_EQ(State(deferred), "queued 1 body");
  EXPECT_EQ(State(odd), "queued 1 body");
  EXPECT_EQ(State(good), "sent 1");
  for (const int wait : {60, 300, 1800}) {
    clock_.Advance(Seconds(wait));
    Deliver();
  }
  EXPECT_EQ(State(refused), "failed 4");
  EXPECT_EQ(State(deferred), "queued 4 body");
  clock_.Advance(std::chrono::hours(73));
  EXPECT_EQ(Deliver().given_up, 1);
  EXPECT_EQ(State(deferred), "failed 5");
}

TEST_F(DeliveryTest, M2_AnAbsentServerCostsNoTryAndOneQuestion) {
  const MailId first = Enqueue("jane@example.com");
  const MailId second = Enqueue("joe@example.com");
  const auto report = Deliver();
  EXPECT_TRUE(report.server_unreachable);
  EXPECT_NE(report.unreachable_detail, "");
  EXPECT_EQ(report.retried, 1);
  EXPECT_EQ(State(first), "queued 0 body");
  EXPECT_EQ(State(second), "queued 0 body");
  EXPECT_EQ(Deliver().retried, 0);  // nothing is due yet
  StartSmtp();
  clock_.Advance(Seconds(5));
  EXPECT_EQ(Deliver().sent, 2);
}

TEST_F(DeliveryTest, M2_AClaimOfADeadMailerRunsOut) {
  StartSmtp();
  const MailId id = Enqueue("jane@example.com");
  const Uuid dead = Uuid::V7(clock_.Now(), entropy_);
  ASSERT_EQ(store::ClaimDue(*db_.Auto(Deadline::In(Millis(5000))), dead, clock_.Now(),
                            clock_.Now() + kClaim, 5)
                ->size(),
            1U);
  EXPECT_EQ(Deliver().sent, 0);
  clock_.Advance(kClaim);
  EXPECT_EQ(Deliver().sent, 1);
  EXPECT_EQ(State(id), "sent 1");
}

TEST_F(DeliveryTest, M2_AskedToEndItHandsBackWhatIsNotUnderWay) {
  StartSmtp();
  const MailId first = Enqueue("jane@example.com");
  const MailId second = Enqueue("joe@example.com");
  int asked = 0;
  auto client = Client();
  const auto report = DeliverDue(db_, client, "no-reply@example.org", mailer_, clock_, 5,
                                 [&](Millis) { return ++asked == 1; });
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(State(first), "sent 1");
  EXPECT_EQ(State(second), "queued 0 body");
  EXPECT_EQ(Deliver().sent, 1);
}

// DESIGN.md 6: a message is sent again only if the server's acceptance was not heard.
TEST_F(DeliveryTest, M2_MariaDbLostBetweenAcceptanceAndRecordSendsNothingTwice) {
  StartSmtp();
  const MailId id = Enqueue("jane@example.com");
  int pauses = 0;
  auto client = Client();
  const auto report =
      DeliverDue(db_, client, "no-reply@example.org", mailer_, clock_, 5, [&](Millis) {
        ++pauses;
        if (pauses == 1) server_.Kill();   // before it is handed over
        if (pauses == 3) server_.Start();  // after two vain records
        return true;
      });
  ASSERT_TRUE(report.ok()) << report.error().inner;
  EXPECT_EQ(report->sent, 1);
  EXPECT_GE(pauses, 3);
  EXPECT_EQ(State(id), "sent 1");
  EXPECT_EQ(Deliver().sent, 0);
  EXPECT_EQ(Arrived()[id.ToString()], 1);
}

// FACTS: duplicates from several senders.
TEST_F(DeliveryTest, M2_SeveralMailersSendEachMessageOnce) {
  StartSmtp();
  constexpr int kMessages = 60;
  for (int i = 0; i < kMessages; ++i) Enqueue("jane@example.com");
  std::vector<std::thread> mailers;
  for (int i = 0; i < 3; ++i) {
    mailers.emplace_back([this] {
      db::Database db(server_.app());
      auto client = Client();
      SystemEntropy entropy;
      const Uuid id = Uuid::V7(clock_.Now(), entropy);
      while (true) {
        const auto report = DeliverDue(db, client, "no-reply@example.org", id, clock_, 5,
                                       [](Millis) { return true; });
        ASSERT_TRUE(report.ok()) << report.error().inner;
        if (report->sent == 0) break;
      }
    });
  }
  for (auto& mailer : mailers) mailer.join();
  const auto arrived = Arrived();
  EXPECT_EQ(arrived.size(), static_cast<std::size_t>(kMessages));
  for (const auto& [id, count] : arrived) EXPECT_EQ(count, 1) << id;
}

TEST_F(DeliveryTest, PurgeRemovesWhatIsOldInBatchesAndNothingElse) {
  StartSmtp();
  for (int i = 0; i < 7; ++i) Enqueue("jane@example.com");
  Deliver();
  const MailId waiting = Enqueue("data451@example.com");
  clock_.Advance(std::chrono::days(7) - Seconds(1));
  const Pause go_on = [](Millis) { return true; };
  EXPECT_EQ(*PurgeExpired(db_, clock_, 3, go_on), 0U);
  clock_.Advance(Seconds(2));
  const MailId fresh = Enqueue("jane@example.com");
  EXPECT_EQ(*PurgeExpired(db_, clock_, 3, [](Millis) { return false; }), 0U);
  EXPECT_EQ(*PurgeExpired(db_, clock_, 3, go_on), 7U);
  EXPECT_EQ(State(waiting), "queued 0 body");
  EXPECT_EQ(State(fresh), "queued 0 body");
}

}  // namespace
}  // namespace gatehouse::auth
