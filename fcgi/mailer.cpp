// gatehouse-mailer: sends the outbox, and removes what has expired. Several may run.
//
//   gatehouse-mailer --config FILE
//
// SIGTERM ends it after the message that is under way.
#include <csignal>
#include <cstdio>
#include <ctime>
#include <string>
#include <string_view>

#include "fcgi/run/log.h"
#include "handlers/auth/delivery.h"
#include "handlers/auth/housekeeping.h"
#include "handlers/runtime.h"

namespace gatehouse {
namespace {

constexpr Millis kIdle{500};
constexpr Millis kDatabaseAway{1000};
constexpr Millis kServerAway{3000};
constexpr Millis kPurgeEvery{std::chrono::minutes(5)};
constexpr Millis kPurgeRetry{std::chrono::seconds(30)};
constexpr int kMessagesARound = 20;
constexpr int kPurgeBatch = 500;
constexpr Millis kSmtpTimeout{20000};
static_assert(kSmtpTimeout < auth::kClaim / 2);

// SIGTERM and SIGINT stay blocked, and are taken here only: no sleep can miss one, and no call is
// interrupted by one.
class StopSignal {
 public:
  StopSignal() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    sigprocmask(SIG_BLOCK, &signals_, nullptr);
  }
  // As auth::Pause.
  bool Pause(Millis span) {
    if (stopped_) return false;
    const auto seconds = std::chrono::floor<Seconds>(span);
    timespec wait{};
    wait.tv_sec = seconds.count();
    wait.tv_nsec = std::chrono::nanoseconds(span - seconds).count();
    stopped_ = sigtimedwait(&signals_, nullptr, &wait) > 0;
    return !stopped_;
  }

 private:
  sigset_t signals_{};
  bool stopped_ = false;
};

// Logs when something goes away and when it is back, not at every attempt between.
class Condition {
 public:
  Condition(std::string_view lost, std::string_view back) : lost_(lost), back_(back) {}
  // True where it has just come back.
  bool Good() {
    if (good_) return false;
    log::Info(back_);
    return good_ = true;
  }
  void Bad(std::string_view why) {
    if (good_) log::Warn(lost_, {{"reason", why}});
    good_ = false;
  }
  bool good() const { return good_; }

 private:
  std::string_view lost_, back_;
  bool good_ = true;
};

class Mailer {
 public:
  Mailer(const Config& config, db::Database database, SmtpClient smtp)
      : config_(config), db_(std::move(database)), smtp_(std::move(smtp)) {}

  void Run() {
    Millis wait{0};
    while (pause_(wait)) {
      wait = Deliver();
      if (database_.good() && next_purge_.Expired()) Purge();
    }
  }

 private:
  // One round; how long to wait until the next.
  Millis Deliver() {
    // While the server is away one message asks for all whether it is back.
    const int limit = server_.good() ? kMessagesARound : 1;
    const auto report = auth::DeliverDue(db_, smtp_, config_.mail_from, id_, clock_, limit, pause_);
    if (!report.ok()) {
      database_.Bad(report.error().inner);
      return kDatabaseAway;
    }
    database_.Good();
    if (report->server_unreachable) {
      server_.Bad(report->unreachable_detail);
      return kServerAway;
    }
    const int done = report->sent + report->retried + report->given_up;
    if (done == 0) return kIdle;
    if (server_.Good()) Wake();
    return Millis(0);
  }

  // What waits for a retry waits because of the server, most likely.
  void Wake() {
    const auto woken = store::WakeAll(*db_.Auto(Deadline::In(Millis(5000))), clock_.Now());
    if (!woken.ok()) log::Warn("mail.not_woken", {{"reason", woken.error().inner}});
  }

  void Purge() {
    const auto purged = auth::PurgeExpired(db_, clock_, kPurgeBatch, pause_);
    if (!purged.ok()) log::Warn("purge.failed", {{"reason", purged.error().inner}});
    // Where there was something there may be more: it goes in portions, with mail in between.
    const bool idle = purged.ok() && *purged == 0;
    next_purge_ = Deadline::In(idle ? kPurgeEvery : kPurgeRetry);
  }

  const Config& config_;
  SystemClock clock_;
  SystemEntropy entropy_;
  Uuid id_ = Uuid::V7(clock_.Now(), entropy_);
  db::Database db_;
  SmtpClient smtp_;
  StopSignal stop_;
  auth::Pause pause_ = [this](Millis span) { return stop_.Pause(span); };
  Condition database_{"mailer.database_away", "mailer.database_back"};
  Condition server_{"mailer.server_away", "mailer.server_back"};
  Deadline next_purge_ = Deadline::In(kPurgeRetry);
};

Status Main(const std::string& config_path) {
  ForbidCoreDumps();
  GH_ASSIGN(const Config config, LoadConfig(config_path));
  std::string password;
  if (!config.db_password_file.empty()) {
    GH_ASSIGN(password, ReadSecretFile(config.db_password_file));
  }
  SmtpOptions smtp;
  smtp.url = config.smtp_url;
  smtp.security = config.smtp_security;
  smtp.user = config.smtp_user;
  smtp.ca_file = config.smtp_ca_file;
  smtp.timeout = kSmtpTimeout;
  if (!config.smtp_password_file.empty()) {
    GH_ASSIGN(smtp.password, ReadSecretFile(config.smtp_password_file));
  }
  log::Open(config.log_file, log::ParseLevel(config.log_level), "mailer");
  Mailer mailer(config, db::Database(DatabaseOptions(config, config.db_user, std::move(password))),
                SmtpClient(std::move(smtp)));
  log::Info("mailer.started");
  mailer.Run();
  log::Info("mailer.stopped");
  return {};
}

}  // namespace
}  // namespace gatehouse

int main(int argc, char** argv) {
  if (argc != 3 || std::string_view(argv[1]) != "--config") {
    std::fprintf(stderr, "usage: gatehouse-mailer --config FILE\n");
    return 1;
  }
  const auto done = gatehouse::Main(argv[2]);
  if (!done.ok()) std::fprintf(stderr, "gatehouse-mailer: %s\n", done.error().inner.c_str());
  return done.ok() ? 0 : 1;
}
