#include "fcgi/cli/doctor.h"

#include <cstdlib>

#include "fcgi/cli/command.h"
#include "fcgi/cli/probe.h"
#include "handlers/auth/live_tokens.h"
#include "sql/db/migrate.h"
#include "sql/store/inspect.h"
#include "sql/store/outbox.h"

namespace gatehouse::cli {
namespace {

constexpr Millis kProbe{5000};

// Collects the lines.
class Findings {
 public:
  void Check(bool good, std::string_view what, std::string_view if_bad) {
    if (!good) ++failed_;
    Say(std::string(good ? "ok    " : "FAIL  ") + std::string(what) +
        (good ? "" : ": " + std::string(if_bad)));
  }
  void Check(const Status& status, std::string_view what) {
    Check(status.ok(), what, status.ok() ? "" : Describe(status.error()));
  }
  Status Sum() const {
    if (failed_ == 0) return {};
    return MakeError(ErrorCode::kInternal,
                     std::to_string(failed_) + (failed_ == 1 ? " check" : " checks") + " failed");
  }

 private:
  int failed_ = 0;
};

template <class T>
Status AsStatus(const Result<T>& result) {
  return result.ok() ? Status() : Status(result.error());
}

void CheckServer(const store::ServerSettings& s, Findings& findings) {
  const std::string server = "MariaDB " + s.version + ", ";
  findings.Check(!s.read_only, server + "takes writes", "read_only is on");
  findings.Check(s.flush_log_at_commit == 1, server + "innodb_flush_log_at_trx_commit = 1",
                 "is " + std::to_string(s.flush_log_at_commit) +
                     ": a crash may lose acknowledged revocations");
  findings.Check(!s.binlog || s.sync_binlog == 1, server + "sync_binlog = 1 or no binlog",
                 "is " + std::to_string(s.sync_binlog));
  findings.Check(s.lock_wait_s <= 3, server + "innodb_lock_wait_timeout = 3",
                 "is " + std::to_string(s.lock_wait_s));
  findings.Check(!s.local_infile, server + "local_infile = 0", "is on");
  findings.Check(s.strict, server + "strict sql_mode", "is not strict");
  findings.Check(s.database_charset == "utf8mb4", server + "database in utf8mb4",
                 "is " + s.database_charset);
  constexpr std::int64_t kApart = 2'000'000;
  findings.Check(std::llabs(s.clock_ahead_us) < kApart, server + "clocks agree",
                 "apart by " + std::to_string(s.clock_ahead_us / 1'000'000) + " s");
}

void CheckAccount(const Config& config, const store::Excess& excess, Findings& findings) {
  const std::string account = "account " + config.db_user + ", ";
  findings.Check(!excess.update_audit && !excess.delete_audit,
                 account + "cannot change the audit log",
                 "has UPDATE or DELETE on audit_events; see `gatehouse migrate`");
  findings.Check(!excess.ddl, account + "has no DDL", "has " + excess.ddl.value_or(""));
}

void CheckDatabase(const Config& config, Findings& findings) {
  std::string password;
  if (!config.db_password_file.empty()) {
    auto read = ReadSecretFile(config.db_password_file);
    findings.Check(AsStatus(read), "mariadb.password_file");
    if (!read.ok()) return;
    password = std::move(*read);
  }
  db::Database db(DatabaseOptions(config, config.db_user, std::move(password)));
  const auto ex = db.Auto(Deadline::In(Millis(20000)));
  const auto settings = store::ReadServerSettings(*ex, SystemClock().Now());
  findings.Check(AsStatus(settings), "MariaDB answers");
  if (!settings.ok()) return;
  CheckServer(*settings, findings);
  const auto current = db::IsCurrent(*ex);
  findings.Check(current.ok() && *current, "migrations are current",
                 current.ok() ? "run `gatehouse migrate`" : Describe(current.error()));
  if (!current.ok() || !*current) return;
  const auto excess = store::FindExcess(*ex);
  findings.Check(AsStatus(excess), "account's privileges can be seen");
  if (excess.ok()) CheckAccount(config, *excess, findings);
  const auto outbox = store::ReadOutboxState(*ex);
  constexpr auto kLate = std::chrono::minutes(10);
  const bool late = outbox.ok() && outbox->oldest_queued_at &&
                    SystemClock().Now() - *outbox->oldest_queued_at > kLate;
  findings.Check(outbox.ok() && !late, "outbox moves",
                 outbox.ok() ? "its oldest message has waited since " +
                                   ToRfc3339(outbox->oldest_queued_at.value_or(TimePoint()))
                             : Describe(outbox.error()));
}

void CheckCache(const Config& config, Findings& findings) {
  for (const auto& server : config.memcached_servers) {
    // One by one: a client of several would be content with one that answers.
    MemcacheOptions options;
    options.servers = {server};
    findings.Check(Memcache(options).Ping(), "memcached " + server + " answers", "no answer");
  }
}

}  // namespace

Status Doctor(const std::string& config_path) {
  Findings findings;
  const auto config = LoadConfig(config_path);
  findings.Check(AsStatus(config), "configuration " + config_path);
  if (!config.ok()) return findings.Sum();
  findings.Check(AsStatus(auth::LiveTokens::Open(config->key_file, "", "")),
                 "key file " + config->key_file);
  findings.Check(AsStatus(auth::MailTemplates::Load(config->mail_templates)),
                 "mail templates " + config->mail_templates);
  CheckDatabase(*config, findings);
  CheckCache(*config, findings);
  const HostPort smtp = SplitSmtpUrl(config->smtp_url);
  const std::string refused = ProbeTcp(smtp.host, smtp.port, kProbe);
  findings.Check(refused.empty(), "mail server " + config->smtp_url + " accepts connections",
                 refused);
  return findings.Sum();
}

}  // namespace gatehouse::cli
