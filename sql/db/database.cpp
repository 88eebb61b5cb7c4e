#include "sql/db/database.h"

#include <cassert>
#include <string>
#include <utility>

#include "fcgi/run/log.h"
#include "sql/db/connection.h"
#include "sql/db/fault.h"

namespace gatehouse::db {
namespace {

// How often a transaction is run anew (DESIGN.md section 4).
constexpr int kReruns = 3;
// What ending a statement on the server may cost past the deadline.
constexpr Millis kKillLimit{1000};

// A server that does not even accept a connection within kSlow is left alone for kRest, so that not
// every request waits for it in turn.
constexpr Millis kSlow{500};
constexpr Millis kRest{1000};

const Sql kPing{"db.ping", "SELECT @@global.read_only OR @@global.innodb_read_only"};

// FOR UPDATE and LOCK IN SHARE MODE take locks, GET_LOCK does too: none of them only reads.
bool OnlyReads(const Sql& sql) {
  const std::string_view text = sql.text;
  return text.starts_with("SELECT") && text.find("FOR UPDATE") == std::string_view::npos &&
         text.find("LOCK") == std::string_view::npos;
}

}  // namespace

struct Database::Impl {
  explicit Impl(Options o) : options(std::move(o)) {}

  // Makes sure that there is a connection whose server has not hung up. `fresh`: it is new.
  std::optional<Fault> Connect(Deadline deadline, bool* fresh = nullptr);
  // Every fault passes here: drops a connection that is of no more use.
  Fault Met(Fault fault);
  void KillOnServer(std::uint64_t connection_id) const;

  // One statement in autocommit, tried again where that is safe.
  std::optional<Fault> RunAuto(const Sql& sql, Params params, Deadline deadline, Reply& reply);

  class AutoExecutor;
  class TransactionExecutor;
  enum class End { kCommitted, kUndone, kUnknown };
  End RunTransaction(TransactionExecutor& ex, Deadline deadline,
                     const std::function<Status(Executor&)>& body, Status& status);

  const Options options;
  std::unique_ptr<Connection> connection;
  bool in_transaction = false;
  Deadline resting = Deadline::In(Millis(0));
};

std::optional<Fault> Database::Impl::Connect(Deadline deadline, bool* fresh) {
  if (connection != nullptr && !connection->Alive()) connection.reset();
  if (fresh != nullptr) *fresh = connection == nullptr;
  if (connection != nullptr) return std::nullopt;
  if (deadline.Expired()) return DeadlineFault("db.connect");
  if (!resting.Expired()) {
    return Fault{Fault::Kind::kUnreachable, 0,
                 RetryLater(ErrorCode::kUnavailable, 1, "db.connect: not reachable a moment ago")};
  }
  const Deadline slow = Deadline::In(kSlow);
  if (auto fault = Connection::Open(options, deadline, connection)) {
    if (slow.Expired()) resting = Deadline::In(kRest);
    log::Warn("db.unreachable", {{"detail", fault->error.inner}});
    return fault;
  }
  log::Debug("db.connected", {{"connection", static_cast<std::int64_t>(connection->id())}});
  return std::nullopt;
}

Fault Database::Impl::Met(Fault fault) {
  if (connection == nullptr || !connection->broken()) return fault;
  const auto id = connection->id();
  connection.reset();
  log::Warn("db.connection_dropped", {{"detail", fault.error.inner}});
  if (fault.kind == Fault::Kind::kDeadline) KillOnServer(id);
  return fault;
}

void Database::Impl::KillOnServer(std::uint64_t connection_id) const {
  // The whole connection, not the query alone: it is ours, nobody uses it any more, and its
  // transaction's locks go with it. A server that hung up already says so; nothing depends on it.
  const auto deadline = Deadline::In(kKillLimit);
  std::unique_ptr<Connection> killer;
  if (Connection::Open(options, deadline, killer)) return;
  if (auto fault = killer->Command("db.kill", "KILL " + std::to_string(connection_id), deadline)) {
    log::Debug("db.kill_failed", {{"detail", fault->error.inner}});
  }
}

std::optional<Fault> Database::Impl::RunAuto(const Sql& sql, Params params, Deadline deadline,
                                             Reply& reply) {
  for (int reruns = 0;; ++reruns) {
    bool fresh = false;
    if (auto fault = Connect(deadline, &fresh)) return fault;
    auto fault = connection->Run(sql, params, deadline, reply);
    if (!fault) return std::nullopt;
    fault = Met(std::move(*fault));
    // No row is shown twice.
    const bool again = fault->kind == Fault::Kind::kLost
                           ? !fresh && OnlyReads(sql) && reply.matched == 0
                           : CallsForRerun(*fault);
    if (!again || reruns == kReruns) return fault;
  }
}

class Database::Impl::AutoExecutor final : public Executor {
 public:
  AutoExecutor(Impl& db, Deadline deadline) : db_(db), deadline_(deadline) {}

  Result<std::vector<Row>> Query(const Sql& sql, Params params) override {
    Reply reply;
    GH_TRY(Run(sql, params, reply));
    return std::move(reply.rows);
  }
  Status Each(const Sql& sql, Params params, const Visit& visit) override {
    Reply reply;
    reply.visit = &visit;
    return Run(sql, params, reply);
  }
  Result<std::uint64_t> Execute(const Sql& sql, Params params) override {
    Reply reply;
    GH_TRY(Run(sql, params, reply));
    return reply.matched;
  }

 private:
  Status Run(const Sql& sql, Params params, Reply& reply) {
    // It would silently become part of the open transaction.
    assert(!db_.in_transaction);
    if (db_.in_transaction) {
      return MakeError(ErrorCode::kInternal, std::string(sql.name) + ": autocommit in transaction");
    }
    auto fault = db_.RunAuto(sql, params, deadline_, reply);
    if (fault) return std::move(fault->error);
    return {};
  }

  Impl& db_;
  Deadline deadline_;
};

class Database::Impl::TransactionExecutor final : public Executor {
 public:
  TransactionExecutor(Impl& db, Deadline deadline) : db_(db), deadline_(deadline) {}

  Result<std::vector<Row>> Query(const Sql& sql, Params params) override {
    Reply reply;
    GH_TRY(Run(sql, params, reply));
    return std::move(reply.rows);
  }
  Status Each(const Sql& sql, Params params, const Visit& visit) override {
    Reply reply;
    reply.visit = &visit;
    return Run(sql, params, reply);
  }
  Result<std::uint64_t> Execute(const Sql& sql, Params params) override {
    Reply reply;
    GH_TRY(Run(sql, params, reply));
    return reply.matched;
  }

  // Why nothing of this transaction can be committed any more, whatever its body returns: the
  // server has undone it, or the connection is gone.
  const std::optional<Fault>& voided() const { return voided_; }
  void Void(Fault fault) { voided_ = std::move(fault); }

 private:
  Status Run(const Sql& sql, Params params, Reply& reply) {
    if (voided_) return voided_->error;
    auto fault = db_.connection->Run(sql, params, deadline_, reply);
    if (!fault) return {};
    fault = db_.Met(std::move(*fault));
    if (fault->kind != Fault::Kind::kServer || CallsForRerun(*fault)) voided_ = *fault;
    return std::move(fault->error);
  }

  Impl& db_;
  Deadline deadline_;
  std::optional<Fault> voided_;
};

Database::Impl::End Database::Impl::RunTransaction(TransactionExecutor& ex, Deadline deadline,
                                                   const std::function<Status(Executor&)>& body,
                                                   Status& status) {
  if (auto fault = Connect(deadline)) {
    status = std::move(fault->error);
    return End::kUndone;
  }
  const auto command = [&](const char* name, const char* text) -> std::optional<Fault> {
    auto fault = connection->Command(name, text, deadline);
    return fault ? std::optional(Met(std::move(*fault))) : std::nullopt;
  };
  if (auto fault = command("db.begin", "START TRANSACTION")) {
    status = fault->error;
    ex.Void(std::move(*fault));
    return End::kUndone;
  }

  // Also where the body throws, the connection goes, and its transaction with it.
  struct Scope {
    Impl& db;
    bool ended = false;
    explicit Scope(Impl& d) : db(d) { db.in_transaction = true; }
    ~Scope() {
      db.in_transaction = false;
      if (!ended) db.connection.reset();
    }
  } scope(*this);

  status = body(ex);
  if (ex.voided()) status = ex.voided()->error;
  if (!status.ok()) {
    scope.ended = connection != nullptr && !command("db.rollback", "ROLLBACK");
    return End::kUndone;
  }
  if (deadline.Expired()) {
    status = DeadlineFault("db.commit").error;
    return End::kUndone;
  }
  auto fault = command("db.commit", "COMMIT");
  scope.ended = !fault;
  if (!fault) return End::kCommitted;
  status = fault->error;
  if (!CallsForRerun(*fault)) {
    // Whatever the server said, it may have committed.
    if (fault->kind == Fault::Kind::kServer) {
      status = UnreachableFault("db.commit", fault->number, "outcome unknown").error;
    }
    return End::kUnknown;
  }
  ex.Void(std::move(*fault));
  return End::kUndone;
}

Status Database::TransactErased(Deadline deadline, const std::function<Status(Executor&)>& body,
                                const std::function<Result<bool>(Executor&)>& committed) {
  assert(!impl_->in_transaction);
  if (impl_->in_transaction) {
    return MakeError(ErrorCode::kInternal, "db.begin: transaction in transaction");
  }
  for (int reruns = 0;; ++reruns) {
    Impl::TransactionExecutor ex(*impl_, deadline);
    Status status;
    const auto end = impl_->RunTransaction(ex, deadline, body, status);
    if (end == Impl::End::kCommitted) return {};
    if (end == Impl::End::kUnknown) {
      log::Warn("db.commit_unknown", {{"detail", status.error().inner}});
      if (committed == nullptr || deadline.Expired()) return status;
      Impl::AutoExecutor check(*impl_, deadline);
      auto there = committed(check);
      if (there.ok() && *there) return {};
      return status;
    }
    const bool again =
        ex.voided() && (ex.voided()->kind == Fault::Kind::kLost || CallsForRerun(*ex.voided()));
    if (!again || reruns == kReruns) return status;
    log::Info("db.rerun", {{"detail", status.error().inner}});
  }
}

Database::Database(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Database::~Database() = default;
Database::Database(Database&&) noexcept = default;

std::unique_ptr<Executor> Database::Auto(Deadline deadline) {
  return std::make_unique<Impl::AutoExecutor>(*impl_, deadline);
}

Status Database::RunScript(const std::string& script, Deadline deadline) {
  auto fault = impl_->Connect(deadline);
  if (!fault) fault = impl_->connection->Script(script, deadline);
  if (!fault) return {};
  return impl_->Met(std::move(*fault)).error;
}

Status Database::Ping(Deadline deadline) {
  GH_ASSIGN(const auto row, Auto(deadline)->QueryOne(kPing, {}));
  if (row && !row->Bool(0)) return {};
  return UnreachableFault("db.ping", 0, "the server is read-only").error;
}

Status Database::Prepare(const Sql& sql, Deadline deadline) {
  auto fault = impl_->Connect(deadline);
  if (!fault) fault = impl_->connection->Prepare(sql, deadline);
  if (!fault) return {};
  return impl_->Met(std::move(*fault)).error;
}

}  // namespace gatehouse::db
