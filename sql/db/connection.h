// One connection to MariaDB: the connector's non-blocking interface, driven with poll to a
// deadline, and the statements prepared on it. Private to sql/db.
//
// A call that does not end by its deadline is cut short by shutting the socket down: the
// connector's coroutine then runs to its own end and leaves nothing behind. Such a connection, and
// one that was lost, is `broken` and good for nothing but destruction.
#pragma once

#include <mysql.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sql/db/database.h"
#include "sql/db/fault.h"

namespace gatehouse::db {

struct Reply {
  std::vector<Row> rows;
  const Executor::Visit* visit = nullptr;  // takes the rows, where it is set
  std::uint64_t matched = 0;               // or the rows that there were, also where one failed
};

class Connection {
 public:
  // Connects and sets the session up; `out` is set where no fault is returned.
  [[nodiscard]] static std::optional<Fault> Open(const Options& options, Deadline deadline,
                                                 std::unique_ptr<Connection>& out);

  [[nodiscard]] std::optional<Fault> Prepare(const Sql& sql, Deadline deadline);
  [[nodiscard]] std::optional<Fault> Run(const Sql& sql, Params params, Deadline deadline,
                                         Reply& reply);
  // One statement in text form that returns no rows: "COMMIT". `name` goes into errors.
  [[nodiscard]] std::optional<Fault> Command(std::string_view name, std::string_view text,
                                             Deadline deadline);
  // Several statements, without the limit on how long each may take.
  [[nodiscard]] std::optional<Fault> Script(const std::string& text, Deadline deadline);

  // False where the server has hung up in the meantime. Looks only; costs one system call.
  bool Alive() const;
  bool broken() const { return broken_; }
  std::uint64_t id() const { return mysql_thread_id(mysql_.get()); }

 private:
  struct CloseHandle {
    void operator()(MYSQL* mysql) const { mysql_close(mysql); }
  };
  struct CloseStatement {
    void operator()(MYSQL_STMT* stmt) const { mysql_stmt_close(stmt); }
  };
  using Statement = std::unique_ptr<MYSQL_STMT, CloseStatement>;

  Connection() : mysql_(mysql_init(nullptr)) {}

  // Runs one call to its end. False where the deadline came first.
  template <class Start, class Continue>
  bool Drive(Deadline deadline, Start start, Continue proceed);
  std::optional<Fault> SetUp(const Options& options, Deadline deadline);
  std::optional<Fault> ScriptStatements(const std::string& text, Deadline deadline);
  Fault Failed(std::string_view what, bool values_bound);
  Fault Failed(const Sql& sql, MYSQL_STMT* stmt, bool values_bound);
  Fault Noted(Fault fault);

  // In this order: closing the handle first turns closing a statement into freeing its memory,
  // where it would otherwise write to a connection that may be out of step.
  std::unordered_map<const Sql*, Statement> statements_;
  std::unique_ptr<MYSQL, CloseHandle> mysql_;
  bool broken_ = false;
};

}  // namespace gatehouse::db
