// One private MariaDB for a test program: a temporary data folder, a unix socket, no network, the
// settings that DESIGN.md asks for. It is migrated, and has an account that owns the schema and
// the application's, granted as db::Migrate grants it. It ends with the program, however that ends.
//
//   auto& server = support::TestDatabase::Instance();
//   server.Reset();                    // no rows but what the migrations made
//   db::Database db(server.app());
//
// What a test does to the server (Kill, Freeze, SetReadOnly) it undoes before it ends.
#pragma once

#include <mysql.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sql/db/database.h"
#include "sql/db/migrate.h"
#include "tests/support/process.h"

namespace gatehouse::support {

class TestDatabase {
 public:
  // Started by the first call.
  static TestDatabase& Instance() {
    static TestDatabase server;
    return server;
  }

  db::Options owner() const { return Account("gatehouse_owner"); }  // DDL, for Migrate
  db::Options app() const { return Account("gatehouse"); }
  const std::string& socket() const { return socket_; }

  // Deletes every row that the migrations have not made.
  void Reset() {
    std::string script;
    for (const char* table :
         {"outbox", "audit_events", "attempts", "lockouts", "links", "devices", "sessions",
          "service_credentials", "idempotency_keys", "user_roles", "users"}) {
      script += std::string("DELETE FROM gatehouse.") + table + ";";
    }
    Root(script +
         "DELETE FROM gatehouse.roles WHERE id <> X'00000000000070008000000000000001';"
         "DELETE FROM gatehouse.tenants;");
  }

  // Runs statements as root. The cells of the last one's rows, NULL as "NULL".
  std::vector<std::vector<std::string>> Root(const std::string& script) {
    const auto mysql = Connect();
    std::vector<std::vector<std::string>> rows;
    int more = mysql_real_query(mysql.get(), script.data(), script.size());
    for (; more == 0; more = mysql_next_result(mysql.get())) {
      rows.clear();
      MYSQL_RES* result = mysql_store_result(mysql.get());
      if (result == nullptr) continue;
      const unsigned columns = mysql_num_fields(result);
      while (MYSQL_ROW row = mysql_fetch_row(result)) {
        auto& cells = rows.emplace_back();
        const unsigned long* lengths = mysql_fetch_lengths(result);
        for (unsigned i = 0; i < columns; ++i) {
          cells.push_back(row[i] != nullptr ? std::string(row[i], lengths[i]) : "NULL");
        }
      }
      mysql_free_result(result);
    }
    if (more > 0) testing::Die(script + ": " + mysql_error(mysql.get()));
    return rows;
  }

  void Kill() { process_->Kill(); }  // kill -9
  void Freeze() { process_->Freeze(); }
  void Thaw() { process_->Thaw(); }
  void Start() {
    const std::string log = folder_.File("mariadbd.log");
    process_.emplace(
        Command("mariadbd", {"--socket=" + socket_, "--pid-file=" + folder_.File("pid"),
                             "--skip-networking", "--skip-log-bin", "--innodb-buffer-pool-size=32M",
                             "--innodb-flush-log-at-trx-commit=1", "--innodb-lock-wait-timeout=3",
                             "--performance-schema=0", "--key-buffer-size=1M", "--local-infile=0",
                             "--character-set-server=utf8mb4",
                             "--sql-mode=STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION",
                             "--default-time-zone=+00:00"}),
        log);
    if (!process_->WaitForListener(socket_, std::chrono::seconds(60))) {
      testing::Die("mariadbd does not start, see " + log);
    }
  }
  void Restart() {
    Kill();
    Start();
  }
  void SetReadOnly(bool on) { Root(std::string("SET GLOBAL read_only = ") + (on ? "1" : "0")); }

 private:
  using Handle = std::unique_ptr<MYSQL, decltype(&mysql_close)>;

  TestDatabase() : socket_(folder_.File("sock")), data_(folder_.File("data")) {
    testing::Process install(
        Command("mariadb-install-db",
                {"--auth-root-authentication-method=normal", "--skip-test-db"}),
        folder_.File("install.log"));
    if (install.Wait() != 0) testing::Die("mariadb-install-db, see " + folder_.File("install.log"));
    Start();
    Root(
        "CREATE DATABASE gatehouse CHARACTER SET utf8mb4;"
        "CREATE USER gatehouse@localhost IDENTIFIED BY 'test';"
        "CREATE USER gatehouse_owner@localhost IDENTIFIED BY 'test';"
        "GRANT ALL ON gatehouse.* TO gatehouse_owner@localhost WITH GRANT OPTION;");
    db::Database db(owner());
    const auto done = db::Migrate(db, "gatehouse", "localhost", Deadline::In(Seconds(60)));
    if (!done.ok()) testing::Die("migrate: " + done.error().inner);
  }

  // A tmpdir of its own, also to install: a server that starts deletes what others have in theirs.
  std::vector<std::string> Command(const char* program, std::vector<std::string> options) const {
    std::vector<std::string> argv = {program,
                                     "--no-defaults",
                                     "--datadir=" + data_,
                                     "--tmpdir=" + folder_.path(),
                                     "--skip-name-resolve",
                                     "--innodb-log-file-size=8M",
                                     "--innodb-use-native-aio=0"};
    if (geteuid() == 0) options.emplace_back("--user=root");  // refused otherwise
    argv.insert(argv.end(), options.begin(), options.end());
    return argv;
  }

  db::Options Account(const char* user) const {
    db::Options options;
    options.socket = socket_;
    options.name = "gatehouse";
    options.user = user;
    options.password = "test";
    return options;
  }

  Handle Connect() const {
    Handle mysql(mysql_init(nullptr), mysql_close);
    if (mysql_real_connect(mysql.get(), nullptr, "root", "", nullptr, 0, socket_.c_str(),
                           CLIENT_MULTI_STATEMENTS) == nullptr) {
      testing::Die(std::string("connect as root: ") + mysql_error(mysql.get()));
    }
    return mysql;
  }

  testing::TempDir folder_;
  const std::string socket_;
  const std::string data_;
  std::optional<testing::Process> process_;  // ends before its folder goes
};

}  // namespace gatehouse::support
