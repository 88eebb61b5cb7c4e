// The owner of MariaDB Connector/C. One connection a process, opened when first needed, dropped
// after any error that may have left it out of step, and opened anew by the next call: a restart of
// MariaDB needs no restart of ours. Statements are prepared once a connection and cached.
//
// Every call takes a Deadline. The connector's non-blocking interface is driven with poll, so that
// a frozen server cannot hold a worker: past the deadline the statement is killed (best effort, by
// a second short-lived connection), the connection is dropped, and the call is kTimeout. A server
// that cannot be reached or refuses writes (read-only 1290/1792/1836, disk full 1021/1114, lock
// wait 1205 after retries) is kUnavailable with retry_after_s.
//
// Sessions are set up with UTC, utf8mb4, strict mode, READ COMMITTED, innodb_lock_wait_timeout 3,
// max_statement_time 30.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fcgi/base/clock.h"
#include "fcgi/base/ids.h"
#include "fcgi/base/result.h"

namespace gatehouse::db {

struct Options {
  std::string socket;  // or host and port
  std::string host;
  int port = 3306;
  std::string name;
  std::string user;
  std::string password;
  Millis connect_timeout{2000};
};

// A named statement. Constants of this type register themselves, so that a test can prepare every
// statement of the program against the migrated schema.
class Sql {
 public:
  Sql(const char* name, const char* text);
  Sql(const Sql&) = delete;
  const char* name;
  const char* text;
  static std::span<const Sql* const> All();
};

// A bound parameter. Views must live until the call returns.
class Param {
 public:
  Param(std::nullptr_t) {}                                      // NOLINT(*explicit*)
  Param(std::int64_t v) : v_(v) {}                              // NOLINT(*explicit*)
  Param(int v) : v_(static_cast<std::int64_t>(v)) {}            // NOLINT(*explicit*)
  Param(std::uint64_t v) : v_(static_cast<std::int64_t>(v)) {}  // NOLINT(*explicit*)
  Param(bool v) : v_(static_cast<std::int64_t>(v)) {}           // NOLINT(*explicit*)
  Param(std::string_view v) : v_(v) {}                          // NOLINT(*explicit*)
  Param(const std::string& v) : v_(std::string_view(v)) {}      // NOLINT(*explicit*)
  Param(const char* v) : v_(std::string_view(v)) {}             // NOLINT(*explicit*)
  Param(TimePoint v) : v_(v) {}                                 // NOLINT(*explicit*)
  Param(const Uuid& v) : v_(v.view()) {}                        // NOLINT(*explicit*)
  template <class Tag>
  Param(const Id<Tag>& v) : v_(v.view()) {}  // NOLINT(*explicit*)
  template <class T>
  Param(const std::optional<T>& v) {  // NOLINT(*explicit*)
    if (v) *this = Param(*v);
  }

  const std::variant<std::monostate, std::int64_t, std::string_view, TimePoint>& value() const {
    return v_;
  }

 private:
  std::variant<std::monostate, std::int64_t, std::string_view, TimePoint> v_;
};

// One row of a result, by column index. Asking a NULL for its value gives 0 or "".
class Row {
 public:
  using Cell = std::variant<std::monostate, std::int64_t, std::string, TimePoint>;
  explicit Row(std::vector<Cell> cells) : cells_(std::move(cells)) {}

  bool IsNull(std::size_t i) const { return std::holds_alternative<std::monostate>(cells_[i]); }
  std::int64_t Int(std::size_t i) const;
  bool Bool(std::size_t i) const { return Int(i) != 0; }
  const std::string& Text(std::size_t i) const;
  TimePoint Time(std::size_t i) const;
  std::optional<std::int64_t> OptionalInt(std::size_t i) const;
  std::optional<std::string> OptionalText(std::size_t i) const;
  std::optional<TimePoint> OptionalTime(std::size_t i) const;
  Uuid Uuid16(std::size_t i) const;
  template <class T>
  T As(std::size_t i) const {
    return T{Uuid16(i)};
  }
  template <class T>
  std::optional<T> OptionalAs(std::size_t i) const {
    return IsNull(i) ? std::nullopt : std::optional<T>(T{Uuid16(i)});
  }

 private:
  std::vector<Cell> cells_;
};

using Params = std::initializer_list<Param>;

// What store functions take: the connection in autocommit, or inside a transaction.
class Executor {
 public:
  virtual ~Executor() = default;
  // All rows of a SELECT (also of a SELECT … FOR UPDATE).
  virtual Result<std::vector<Row>> Query(const Sql& sql, Params params) = 0;
  // The same rows, shown one after the other, for there may be thousands: none is kept. Where it
  // fails, some may have been shown.
  using Visit = std::function<void(const Row&)>;
  virtual Status Each(const Sql& sql, Params params, const Visit& visit) = 0;
  // Number of rows matched (not only changed: CLIENT_FOUND_ROWS).
  virtual Result<std::uint64_t> Execute(const Sql& sql, Params params) = 0;

  // First row, or nullopt.
  Result<std::optional<Row>> QueryOne(const Sql& sql, Params params);
};

class Database {
 public:
  explicit Database(Options options);
  ~Database();
  Database(Database&&) noexcept;

  // Autocommit statements under `deadline`. A statement that only reads is tried once more on a
  // fresh connection where the old one turned out to be gone; one that the server undid (deadlock,
  // lock wait) is run again as Transact does. Not inside of a Transact on this Database.
  std::unique_ptr<Executor> Auto(Deadline deadline);

  // Runs `body` in one transaction and commits where it returned ok, rolls back where it did not.
  // Deadlock, lock wait timeout and certification failure (1213, 1205, 1020) run the whole body
  // anew, up to three times: it must have no effect outside the database. Where the connection is
  // lost at COMMIT the outcome is unknown: `committed` (if given) is asked on a fresh connection
  // whether the work is there; without it, where it is not, or where that fails too, the error is
  // kUnavailable. Past the deadline, at COMMIT too, it is kTimeout.
  template <class T>
  Result<T> Transact(Deadline deadline, const std::function<Result<T>(Executor&)>& body,
                     const std::function<Result<bool>(Executor&)>& committed = nullptr);

  // Runs a script of several statements (migrations), without parameters or result.
  Status RunScript(const std::string& script, Deadline deadline);

  // A cheap round trip; also says whether the server accepts writes (not @@read_only).
  Status Ping(Deadline deadline);

  // Prepares a statement without running it (tests, doctor).
  Status Prepare(const Sql& sql, Deadline deadline);

 private:
  // How a transaction ended, for Transact's loop.
  Status TransactErased(Deadline deadline, const std::function<Status(Executor&)>& body,
                        const std::function<Result<bool>(Executor&)>& committed);
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A violated UNIQUE key: Executor returns kAlreadyExists with the key's name in `inner`.
bool IsDuplicate(const Error& error, std::string_view key_name);

template <class T>
Result<T> Database::Transact(Deadline deadline, const std::function<Result<T>(Executor&)>& body,
                             const std::function<Result<bool>(Executor&)>& committed) {
  if constexpr (std::is_void_v<T>) {
    return TransactErased(deadline, body, committed);
  } else {
    std::optional<T> out;
    auto status = TransactErased(
        deadline,
        [&](Executor& ex) -> Status {
          out.reset();
          auto r = body(ex);
          if (!r.ok()) return std::move(r).error();
          out.emplace(std::move(r).value());
          return {};
        },
        committed);
    if (!status.ok()) return std::move(status).error();
    return std::move(*out);
  }
}

}  // namespace gatehouse::db
