#include "handlers/auth/delivery.h"

#include <algorithm>
#include <array>
#include <string>
#include <thread>
#include <vector>

#include "fcgi/run/log.h"

namespace gatehouse::auth {
namespace {

constexpr std::array kAfterRefusal = {Seconds(60), Seconds(300), Seconds(1800)};
constexpr Seconds kFirstDeferral{10};
constexpr Seconds kLongestDeferral{100};
constexpr Seconds kDeferredFor = std::chrono::hours(72);
constexpr Seconds kUnreachable{5};

constexpr Millis kRecordDeadline{5000};
constexpr Millis kBetweenRecordings{500};
constexpr int kRecordingsAfterStop = 20;

// Servers quote the recipient in what they say to it.
std::string_view WithoutAddress(const std::string& detail) {
  return detail.find('@') == std::string::npos ? std::string_view(detail) : "(names an address)";
}

class Round {
 public:
  Round(db::Database& db, SmtpClient& smtp, const std::string& from, const Uuid& mailer,
        const Clock& clock, const Pause& pause)
      : db_(db), smtp_(smtp), from_(from), mailer_(mailer), clock_(clock), pause_(pause) {}

  Result<DeliveryReport> Run(int limit) {
    const TimePoint until = clock_.Now() + kClaim;
    GH_ASSIGN(const auto mails, store::ClaimDue(*Executor(), mailer_, clock_.Now(), until, limit));
    for (std::size_t i = 0; i < mails.size(); ++i) {
      // A claim that ran out while its message was under way could be sent by another mailer too.
      const bool time_left = clock_.Now() < until - kClaim / 2;
      if (report_.server_unreachable || !time_left || !pause_(Millis(0))) {
        Release(mails[i]);
      } else {
        GH_TRY(Deliver(mails[i]));
      }
    }
    return report_;
  }

 private:
  std::unique_ptr<db::Executor> Executor() { return db_.Auto(Deadline::In(kRecordDeadline)); }

  Status Deliver(const store::OutboxMail& mail) {
    const SmtpResult result = smtp_.Send(from_, mail.recipient, mail.message);
    const TimePoint now = clock_.Now();
    const auto age = std::chrono::floor<Seconds>(now - mail.created_at);
    const NextStep next = AfterDelivery(result.outcome, mail.tries, age);
    if (next.kind == NextStep::Kind::kSent) {
      ++report_.sent;
      return RecordSent(mail);
    }
    const bool give_up = next.kind == NextStep::Kind::kGiveUp;
    if (result.outcome == SmtpOutcome::kServerUnreachable) {
      report_.server_unreachable = true;
      report_.unreachable_detail = WithoutAddress(result.detail);
    } else {
      log::Warn(give_up ? "mail.given_up" : "mail.not_delivered",
                {{"mail_id", mail.id.ToString()},
                 {"kind", mail.kind},
                 {"outcome", result.outcome == SmtpOutcome::kRefused ? "refused" : "deferred"},
                 {"tries", mail.tries + 1},
                 {"detail", WithoutAddress(result.detail)}});
    }
    ++(give_up ? report_.given_up : report_.retried);
    // Where this cannot be recorded the claim runs out by itself.
    return Settled(give_up ? store::MarkFailed(*Executor(), mail.id, mailer_, now, result.detail)
                           : store::MarkRetry(*Executor(), mail.id, mailer_, now + next.wait,
                                              result.detail, next.count_try));
  }

  // Hands a claimed message back unsent.
  void Release(const store::OutboxMail& mail) {
    const Seconds wait = report_.server_unreachable ? kUnreachable : Seconds(0);
    const auto released =
        store::MarkRetry(*Executor(), mail.id, mailer_, clock_.Now() + wait, "not sent yet", false);
    if (!released.ok()) {
      log::Warn("mail.not_released",
                {{"mail_id", mail.id.ToString()}, {"reason", released.error().inner}});
    }
  }

  Status RecordSent(const store::OutboxMail& mail) {
    for (int after_stop = 0; after_stop <= kRecordingsAfterStop;) {
      auto marked = store::MarkSent(*Executor(), mail.id, mailer_, clock_.Now());
      const bool again = !marked.ok() && (marked.error().code == ErrorCode::kUnavailable ||
                                          marked.error().code == ErrorCode::kTimeout);
      if (!again) return Settled(std::move(marked));
      log::Warn("mail.sent_not_recorded",
                {{"mail_id", mail.id.ToString()}, {"reason", marked.error().inner}});
      if (!pause_(kBetweenRecordings)) {
        ++after_stop;
        std::this_thread::sleep_for(kBetweenRecordings);
      }
    }
    return MakeError(ErrorCode::kUnavailable, "mail sent, but not recorded: " + mail.id.ToString());
  }

  // kNotFound: the claim is no longer ours. After a lost connection that is the first attempt's
  // own doing; else the claim ran out, and whoever has it now records its own outcome.
  Status Settled(Status status) {
    if (!status.ok() && status.error().code == ErrorCode::kNotFound) return {};
    return status;
  }

  db::Database& db_;
  SmtpClient& smtp_;
  const std::string& from_;
  const Uuid& mailer_;
  const Clock& clock_;
  const Pause& pause_;
  DeliveryReport report_;
};

}  // namespace

NextStep AfterDelivery(SmtpOutcome outcome, int tries, Seconds age) {
  using Kind = NextStep::Kind;
  const auto before = static_cast<std::size_t>(std::max(tries, 0));
  switch (outcome) {
    case SmtpOutcome::kAccepted:
      return {Kind::kSent};
    case SmtpOutcome::kServerUnreachable:
      return {Kind::kRetry, kUnreachable, false};
    case SmtpOutcome::kRefused:
      if (before >= kAfterRefusal.size()) return {Kind::kGiveUp};
      return {Kind::kRetry, kAfterRefusal[before]};
    case SmtpOutcome::kDeferred:
      if (age >= kDeferredFor) return {Kind::kGiveUp};
      return {Kind::kRetry, std::min(kFirstDeferral * (1 << std::min<std::size_t>(before, 10)),
                                     kLongestDeferral)};
  }
  return {Kind::kGiveUp};
}

Result<DeliveryReport> DeliverDue(db::Database& db, SmtpClient& smtp, const std::string& from,
                                  const Uuid& mailer, const Clock& clock, int limit,
                                  const Pause& pause) {
  return Round(db, smtp, from, mailer, clock, pause).Run(limit);
}

}  // namespace gatehouse::auth
