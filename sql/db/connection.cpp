#include "sql/db/connection.h"

#include <errmsg.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "sql/db/binding.h"

namespace gatehouse::db {
namespace {

// Strict whatever the server's defaults are; NO_AUTO_CREATE_USER so that a GRANT to an account
// that does not exist fails instead of making one without a password.
constexpr std::string_view kSessionSetUp =
    "SET SESSION time_zone = '+00:00',"
    " sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
    "NO_AUTO_CREATE_USER,NO_ENGINE_SUBSTITUTION',"
    " tx_isolation = 'READ-COMMITTED', innodb_lock_wait_timeout = 3, max_statement_time = 30";
constexpr std::string_view kNoStatementLimit = "SET SESSION max_statement_time = 0";
constexpr std::string_view kStatementLimit = "SET SESSION max_statement_time = 30";

// Waits for what the connector asks for; its answer as the connector wants it, 0 past the deadline.
int Await(MYSQL* mysql, int waiting, Deadline deadline) {
  pollfd fd{};
  fd.fd = mysql_get_socket(mysql);
  if ((waiting & MYSQL_WAIT_READ) != 0) fd.events |= POLLIN;
  if ((waiting & MYSQL_WAIT_WRITE) != 0) fd.events |= POLLOUT;
  if ((waiting & MYSQL_WAIT_EXCEPT) != 0) fd.events |= POLLPRI;
  for (;;) {
    Millis left = deadline.Left();
    if (left.count() == 0) return 0;
    const bool connector_limit = (waiting & MYSQL_WAIT_TIMEOUT) != 0;
    const Millis limit(connector_limit ? mysql_get_timeout_value_ms(mysql) : 0);
    const bool connector_first = connector_limit && limit < left;
    if (connector_first) left = limit;
    const int ready = poll(&fd, 1, static_cast<int>(left.count()));
    if (ready < 0) continue;  // a signal; the worker looks at its flags between requests
    if (ready == 0) {
      if (connector_first) return MYSQL_WAIT_TIMEOUT;
      continue;
    }
    int events = 0;
    if ((fd.revents & POLLIN) != 0) events |= MYSQL_WAIT_READ;
    if ((fd.revents & POLLOUT) != 0) events |= MYSQL_WAIT_WRITE;
    if ((fd.revents & POLLPRI) != 0) events |= MYSQL_WAIT_EXCEPT;
    // An error or a hang-up is for the connector to find out, by reading or writing.
    return events != 0 ? events : waiting & ~MYSQL_WAIT_TIMEOUT;
  }
}

}  // namespace

template <class Start, class Continue>
bool Connection::Drive(Deadline deadline, Start start, Continue proceed) {
  int waiting = start();
  while (waiting != 0) {
    const int ready = Await(mysql_.get(), waiting, deadline);
    if (ready == 0) break;
    waiting = proceed(ready);
  }
  if (waiting == 0) return true;
  broken_ = true;
  while (waiting != 0) {
    // Reads now meet the end of the stream and writes a closed pipe: the call fails by itself.
    shutdown(mysql_get_socket(mysql_.get()), SHUT_RDWR);
    waiting = proceed((waiting & MYSQL_WAIT_TIMEOUT) != 0 ? MYSQL_WAIT_TIMEOUT : waiting);
  }
  return false;
}

Fault Connection::Noted(Fault fault) {
  if (fault.kind != Fault::Kind::kServer) broken_ = true;
  return fault;
}

Fault Connection::Failed(std::string_view what, bool values_bound) {
  return Noted(
      ServerFault(what, mysql_errno(mysql_.get()), mysql_error(mysql_.get()), values_bound));
}

Fault Connection::Failed(const Sql& sql, MYSQL_STMT* stmt, bool values_bound) {
  return Noted(ServerFault(sql.name, mysql_stmt_errno(stmt), mysql_stmt_error(stmt), values_bound));
}

std::optional<Fault> Connection::Open(const Options& options, Deadline deadline,
                                      std::unique_ptr<Connection>& out) {
  // Not safe to be done by two threads at once, which mysql_init would do.
  static const int library = mysql_library_init(0, nullptr, nullptr);
  if (library != 0) std::abort();
  std::unique_ptr<Connection> connection(new Connection);
  if (connection->mysql_ == nullptr) std::abort();  // out of memory
  if (auto fault = connection->SetUp(options, deadline)) {
    // A session that could not be set up is no connection, whatever its server said.
    if (fault->kind != Fault::Kind::kDeadline) fault->kind = Fault::Kind::kUnreachable;
    return fault;
  }
  out = std::move(connection);
  return std::nullopt;
}

std::optional<Fault> Connection::SetUp(const Options& options, Deadline deadline) {
  MYSQL* mysql = mysql_.get();
  const unsigned no_local_infile = 0;
  const my_bool no_reconnect = 0;
  const auto seconds = static_cast<unsigned>(
      std::max<std::int64_t>(1, std::chrono::ceil<Seconds>(options.connect_timeout).count()));
  mysql_options(mysql, MYSQL_OPT_NONBLOCK, nullptr);
  mysql_options(mysql, MYSQL_OPT_LOCAL_INFILE, &no_local_infile);
  mysql_options(mysql, MYSQL_OPT_RECONNECT, &no_reconnect);
  mysql_options(mysql, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
  mysql_options(mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");

  const bool local = !options.socket.empty();
  const Deadline connect_deadline = deadline.Within(options.connect_timeout);
  MYSQL* connected = nullptr;
  const bool in_time = Drive(
      connect_deadline,
      [&] {
        return mysql_real_connect_start(
            &connected, mysql, local ? nullptr : options.host.c_str(), options.user.c_str(),
            options.password.c_str(), options.name.c_str(),
            local ? 0 : static_cast<unsigned>(options.port),
            local ? options.socket.c_str() : nullptr, CLIENT_FOUND_ROWS);
      },
      [&](int ready) { return mysql_real_connect_cont(&connected, mysql, ready); });
  if (!in_time && deadline.Expired()) return DeadlineFault("db.connect");
  if (!in_time) return UnreachableFault("db.connect", 0, "connect_timeout passed");
  if (connected == nullptr) {
    return UnreachableFault("db.connect", mysql_errno(mysql), mysql_error(mysql));
  }
  return Command("db.set_up", kSessionSetUp, connect_deadline);
}

std::optional<Fault> Connection::Command(std::string_view name, std::string_view text,
                                         Deadline deadline) {
  MYSQL* mysql = mysql_.get();
  if (deadline.Expired()) return DeadlineFault(name);
  int failed = 0;
  if (!Drive(
          deadline,
          [&] { return mysql_real_query_start(&failed, mysql, text.data(), text.size()); },
          [&](int ready) { return mysql_real_query_cont(&failed, mysql, ready); })) {
    return DeadlineFault(name);
  }
  if (failed != 0) return Failed(name, false);
  return std::nullopt;
}

std::optional<Fault> Connection::Script(const std::string& text, Deadline deadline) {
  MYSQL* mysql = mysql_.get();
  const auto allow_several = [&](enum_mysql_set_option option) -> std::optional<Fault> {
    int failed = 0;
    if (!Drive(
            deadline, [&] { return mysql_set_server_option_start(&failed, mysql, option); },
            [&](int ready) { return mysql_set_server_option_cont(&failed, mysql, ready); })) {
      return DeadlineFault("db.script");
    }
    if (failed != 0) return Failed("db.script", false);
    return std::nullopt;
  };
  if (auto fault = Command("db.script", kNoStatementLimit, deadline)) return fault;
  if (auto fault = allow_several(MYSQL_OPTION_MULTI_STATEMENTS_ON)) return fault;
  auto fault = ScriptStatements(text, deadline);
  if (broken_) return fault;
  // Back to how every other call expects the session, also where the script failed.
  if (auto undo = allow_several(MYSQL_OPTION_MULTI_STATEMENTS_OFF)) return undo;
  if (auto undo = Command("db.script", kStatementLimit, deadline)) return undo;
  return fault;
}

std::optional<Fault> Connection::ScriptStatements(const std::string& text, Deadline deadline) {
  MYSQL* mysql = mysql_.get();
  std::optional<Fault> fault = Command("db.script", text, deadline);
  int more = fault ? -1 : 0;
  while (more == 0) {
    MYSQL_RES* rows = nullptr;
    if (!Drive(
            deadline, [&] { return mysql_store_result_start(&rows, mysql); },
            [&](int ready) { return mysql_store_result_cont(&rows, mysql, ready); })) {
      fault = DeadlineFault("db.script");
    }
    if (!fault && rows == nullptr && mysql_errno(mysql) != 0) fault = Failed("db.script", false);
    mysql_free_result(rows);
    if (fault) break;
    if (!Drive(
            deadline, [&] { return mysql_next_result_start(&more, mysql); },
            [&](int ready) { return mysql_next_result_cont(&more, mysql, ready); })) {
      fault = DeadlineFault("db.script");
      break;
    }
    if (more > 0) fault = Failed("db.script", false);
  }
  return fault;
}

std::optional<Fault> Connection::Prepare(const Sql& sql, Deadline deadline) {
  if (statements_.contains(&sql)) return std::nullopt;
  if (deadline.Expired()) return DeadlineFault(sql.name);
  Statement stmt(mysql_stmt_init(mysql_.get()));
  if (stmt == nullptr) return Failed(sql.name, false);
  int failed = 0;
  const std::string_view text = sql.text;
  if (!Drive(
          deadline,
          [&] { return mysql_stmt_prepare_start(&failed, stmt.get(), text.data(), text.size()); },
          [&](int ready) { return mysql_stmt_prepare_cont(&failed, stmt.get(), ready); })) {
    // Kept: closing it here would write to the connection; it goes when the connection has gone.
    statements_.emplace(&sql, std::move(stmt));
    return DeadlineFault(sql.name);
  }
  if (failed != 0) {
    auto fault = Failed(sql, stmt.get(), false);
    if (broken_) statements_.emplace(&sql, std::move(stmt));
    return fault;
  }
  const my_bool on = 1;
  mysql_stmt_attr_set(stmt.get(), STMT_ATTR_UPDATE_MAX_LENGTH, &on);
  statements_.emplace(&sql, std::move(stmt));
  return std::nullopt;
}

std::optional<Fault> Connection::Run(const Sql& sql, Params params, Deadline deadline,
                                     Reply& reply) {
  if (auto fault = Prepare(sql, deadline)) return fault;
  if (deadline.Expired()) return DeadlineFault(sql.name);
  MYSQL_STMT* stmt = statements_.at(&sql).get();
  BoundParams bound(params);
  if (mysql_stmt_param_count(stmt) != bound.size()) {
    return ServerFault(sql.name, 0, "wrong number of parameters", false);
  }
  if (bound.size() != 0 && mysql_stmt_bind_param(stmt, bound.data()) != 0) {
    return Failed(sql, stmt, true);
  }
  int failed = 0;
  if (!Drive(
          deadline, [&] { return mysql_stmt_execute_start(&failed, stmt); },
          [&](int ready) { return mysql_stmt_execute_cont(&failed, stmt, ready); })) {
    return DeadlineFault(sql.name);
  }
  if (failed != 0) return Failed(sql, stmt, true);
  if (mysql_stmt_field_count(stmt) == 0) {
    reply.matched = mysql_stmt_affected_rows(stmt);
    return std::nullopt;
  }

  if (!Drive(
          deadline, [&] { return mysql_stmt_store_result_start(&failed, stmt); },
          [&](int ready) { return mysql_stmt_store_result_cont(&failed, stmt, ready); })) {
    return DeadlineFault(sql.name);
  }
  if (failed != 0) return Failed(sql, stmt, true);
  reply.rows.clear();
  if (reply.visit == nullptr) reply.rows.reserve(mysql_stmt_num_rows(stmt));
  const bool read = FetchStored(stmt, [&](Row row) {
    ++reply.matched;
    if (reply.visit != nullptr) return (*reply.visit)(row);
    reply.rows.push_back(std::move(row));
  });
  if (!read) {
    return Noted(ServerFault(sql.name, CR_MALFORMED_PACKET, "a row could not be read", false));
  }
  // The connector frees only rows that it thinks are yet to be read. Not where there were none: it
  // would wait for them.
  if (reply.matched != 0) mysql_stmt_data_seek(stmt, 0);
  mysql_stmt_free_result(stmt);
  return std::nullopt;
}

bool Connection::Alive() const {
  // Nothing may come in between two calls, but for the end of the stream or the server's farewell.
  pollfd fd{mysql_get_socket(mysql_.get()), POLLIN, 0};
  return !broken_ && poll(&fd, 1, 0) == 0;
}

}  // namespace gatehouse::db
