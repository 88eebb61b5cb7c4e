// Transactions: what is run again, what is rolled back, and what is unknown (DESIGN.md section 4).
#include <atomic>
#include <barrier>
#include <stdexcept>
#include <thread>

#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using db::Executor;
using db::Sql;

const Sql kTouch{"test.tx_touch", "UPDATE tenants SET plan = ? WHERE slug = ?"};
const Sql kAppend{"test.tx_append", "UPDATE tenants SET name = CONCAT(name, ?) WHERE slug = ?"};
const Sql kName{"test.tx_name", "SELECT name FROM tenants WHERE slug = ?"};
const Sql kPlan{"test.tx_plan", "SELECT plan FROM tenants WHERE slug = ?"};
const Sql kConnectionId{"test.tx_connection_id", "SELECT CONNECTION_ID()"};
const Sql kCommit{"test.tx_commit", "COMMIT"};

class DbTransact : public SqlTest {
 protected:
  DbTransact() {
    for (const char* slug : {"one", "two", "three", "four"}) NewTenant(slug);
  }
  std::string Name(const std::string& slug) { return Must(ex().QueryOne(kName, {slug}))->Text(0); }
  std::optional<std::string> Plan(const std::string& slug) {
    return Must(ex().QueryOne(kPlan, {slug}))->OptionalText(0);
  }
  void KillConnectionOf(Executor& tx) {
    const auto id = Must(tx.QueryOne(kConnectionId, {}))->Int(0);
    server_.Root("KILL " + std::to_string(id));
  }
};

TEST_F(DbTransact, CommitsWhatReturnsOkAndRollsBackWhatDoesNot) {
  const auto value = db_.Transact<int>(Soon(), [&](Executor& tx) -> Result<int> {
    GH_TRY(tx.Execute(kTouch, {"gold", "one"}));
    return 42;
  });
  EXPECT_EQ(Must(value), 42);
  EXPECT_EQ(Plan("one"), "gold");

  const auto refused = db_.Transact<void>(Soon(), [&](Executor& tx) -> Status {
    GH_TRY(tx.Execute(kTouch, {"silver", "one"}));
    return MakeError(ErrorCode::kEscalation);
  });
  EXPECT_EQ(Code(refused), "escalation");
  EXPECT_EQ(Plan("one"), "gold");
}

TEST_F(DbTransact, AnExceptionCommitsNothing) {
  EXPECT_THROW((void)db_.Transact<void>(Soon(),
                                        [&](Executor& tx) -> Status {
                                          GH_TRY(tx.Execute(kTouch, {"silver", "one"}));
                                          throw std::runtime_error("body");
                                        }),
               std::runtime_error);
  EXPECT_EQ(Plan("one"), std::nullopt);
  EXPECT_GH_OK(ex().Execute(kTouch, {"gold", "one"}));
}

TEST_F(DbTransact, DeadlocksAreRunAgain) {
  std::barrier both_hold_one(2);
  std::atomic<int> runs = 0;
  const auto cross = [&](const char* first, const char* second) {
    db::Database db(server_.app());
    bool first_run = true;
    const auto status = db.Transact<void>(Soon(), [&](Executor& tx) -> Status {
      ++runs;
      GH_TRY(tx.Execute(kAppend, {"+", first}));
      if (std::exchange(first_run, false)) both_hold_one.arrive_and_wait();
      GH_TRY(tx.Execute(kAppend, {"+", second}));
      return {};
    });
    EXPECT_GH_OK(status);
  };
  std::thread other([&] { cross("one", "two"); });
  cross("two", "one");
  other.join();
  EXPECT_EQ(Name("one"), "Tenant one++");
  EXPECT_EQ(Name("two"), "Tenant two++");
  EXPECT_EQ(runs, 3) << "one of them was undone and run again";
}

// The server has undone everything before the deadlock; what comes after must not be committed as
// if that had not been so.
TEST_F(DbTransact, ABodyThatOverlooksADeadlockCommitsNoHalf) {
  std::barrier both_hold_one(2);
  std::thread other([&] {
    db::Database db(server_.app());
    bool first_run = true;
    EXPECT_GH_OK(db.Transact<void>(Soon(), [&](Executor& tx) -> Status {
      for (const char* slug : {"two", "three", "four"}) {  // more work: not the victim
        GH_TRY(tx.Execute(kAppend, {"+", slug}));
      }
      if (std::exchange(first_run, false)) both_hold_one.arrive_and_wait();
      GH_TRY(tx.Execute(kAppend, {"+", "one"}));
      return {};
    }));
  });
  int runs = 0;
  EXPECT_GH_OK(db_.Transact<void>(Soon(), [&](Executor& tx) -> Status {
    GH_TRY(tx.Execute(kAppend, {"-", "one"}));
    if (++runs == 1) both_hold_one.arrive_and_wait();
    (void)tx.Execute(kAppend, {"-", "two"});
    (void)tx.Execute(kAppend, {"-", "three"});
    return {};
  }));
  other.join();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Name("one"), "Tenant one+-");
  EXPECT_EQ(Name("two"), "Tenant two+-");
  EXPECT_EQ(Name("three"), "Tenant three+-");
}

TEST_F(DbTransact, ALockWaitIsRunAgain) {
  std::barrier locked(2);
  std::thread holder([&] {
    db::Database db(server_.app());
    EXPECT_GH_OK(db.Transact<void>(Soon(), [&](Executor& tx) -> Status {
      GH_TRY(tx.Execute(kTouch, {"holder", "one"}));
      locked.arrive_and_wait();
      std::this_thread::sleep_for(Millis(3800));  // over innodb_lock_wait_timeout
      return {};
    }));
  });
  locked.arrive_and_wait();
  int runs = 0;
  EXPECT_GH_OK(db_.Transact<void>(Soon(), [&](Executor& tx) -> Status {
    ++runs;
    GH_TRY(tx.Execute(kTouch, {"waiter", "one"}));
    return {};
  }));
  holder.join();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Plan("one"), "waiter");
}

TEST_F(DbTransact, ALockThatNobodyGivesUpEndsAtTheDeadline) {
  std::barrier locked(2);
  std::barrier done(2);
  std::thread holder([&] {
    db::Database db(server_.app());
    EXPECT_GH_OK(db.Transact<void>(Soon(), [&](Executor& tx) -> Status {
      GH_TRY(tx.Execute(kTouch, {"holder", "one"}));
      locked.arrive_and_wait();
      done.arrive_and_wait();
      return {};
    }));
  });
  locked.arrive_and_wait();
  const auto start = std::chrono::steady_clock::now();
  const auto status = db_.Transact<void>(Deadline::In(Millis(400)), [&](Executor& tx) -> Status {
    GH_TRY(tx.Execute(kTouch, {"two's", "two"}));
    GH_TRY(tx.Execute(kTouch, {"waiter", "one"}));
    return {};
  });
  EXPECT_EQ(Code(status), "timeout");
  EXPECT_LT(Since(start), Millis(1500));
  // The lock on "two" went with the connection.
  EXPECT_GH_OK(db_.Auto(Deadline::In(Millis(1000)))->Execute(kTouch, {"free", "two"}));
  done.arrive_and_wait();
  holder.join();
}

TEST_F(DbTransact, AConnectionLostBeforeCommitRunsTheBodyAgain) {
  int runs = 0;
  EXPECT_GH_OK(db_.Transact<void>(Soon(), [&](Executor& tx) -> Status {
    GH_TRY(tx.Execute(kAppend, {"+", "one"}));
    if (++runs == 1) server_.Restart();
    GH_TRY(tx.Execute(kAppend, {"+", "two"}));
    return {};
  }));
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Name("one"), "Tenant one+");
  EXPECT_EQ(Name("two"), "Tenant two+");
}

TEST_F(DbTransact, AnUnknownCommitIsUnavailableWithoutAWayToAsk) {
  const auto status = db_.Transact<void>(Soon(), [&](Executor& tx) -> Status {
    GH_TRY(tx.Execute(kTouch, {"gold", "one"}));
    KillConnectionOf(tx);
    return {};
  });
  EXPECT_EQ(Code(status), "unavailable");
  EXPECT_EQ(Plan("one"), std::nullopt);
}

TEST_F(DbTransact, AnUnknownCommitIsAskedForOnAFreshConnection) {
  const auto is_gold = [&](Executor& check) -> Result<bool> {
    GH_ASSIGN(const auto row, check.QueryOne(kPlan, {"one"}));
    return row->Text(0) == "gold";
  };
  // Not there: the server died before.
  int runs = 0;
  const auto lost = db_.Transact<int>(
      Soon(),
      [&](Executor& tx) -> Result<int> {
        ++runs;
        GH_TRY(tx.Execute(kTouch, {"gold", "one"}));
        server_.Restart();
        return 1;
      },
      is_gold);
  EXPECT_EQ(Code(lost), "unavailable");
  EXPECT_EQ(runs, 1) << "never blindly repeated";
  // There: only the answer was lost.
  const auto there = db_.Transact<int>(
      Soon(),
      [&](Executor& tx) -> Result<int> {
        ++runs;
        GH_TRY(tx.Execute(kTouch, {"gold", "one"}));
        const auto id = Must(tx.QueryOne(kConnectionId, {}))->Int(0);
        GH_TRY(tx.Execute(kCommit, {}));
        server_.Root("KILL " + std::to_string(id));
        return 7;
      },
      is_gold);
  EXPECT_EQ(Must(there), 7);
  EXPECT_EQ(runs, 2);
  // Nor can it be asked.
  const auto unanswered = db_.Transact<int>(
      Soon(),
      [&](Executor& tx) -> Result<int> {
        GH_TRY(tx.Execute(kTouch, {"lead", "one"}));
        server_.Kill();
        return 1;
      },
      is_gold);
  server_.Start();
  EXPECT_EQ(Code(unanswered), "unavailable");
}

TEST_F(DbTransact, PastTheDeadlineNothingIsCommitted) {
  const auto status = db_.Transact<void>(Deadline::In(Millis(200)), [&](Executor& tx) -> Status {
    GH_TRY(tx.Execute(kTouch, {"gold", "one"}));
    std::this_thread::sleep_for(Millis(250));
    return {};
  });
  EXPECT_EQ(Code(status), "timeout");
  EXPECT_EQ(Plan("one"), std::nullopt);
}

TEST_F(DbTransact, ARefusedStatementDoesNotEndTheTransaction) {
  EXPECT_GH_OK(db_.Transact<void>(Soon(), [&](Executor& tx) -> Status {
    store::Tenant twin;
    twin.id = NewId<TenantId>();
    twin.slug = "one";
    twin.settings = "{}";
    twin.created_at = twin.updated_at = now_;
    const auto taken = store::InsertTenant(tx, twin, std::nullopt);
    EXPECT_TRUE(db::IsDuplicate(taken.error(), "tenants_slug"));
    GH_TRY(tx.Execute(kTouch, {"gold", "one"}));
    return {};
  }));
  EXPECT_EQ(Plan("one"), "gold");
}

using DbTransactDeathTest = DbTransact;

TEST_F(DbTransactDeathTest, AutocommitInsideATransactionIsABug) {
  EXPECT_DEBUG_DEATH(
      {
        const auto status = db_.Transact<void>(Soon(), [&](Executor&) -> Status {
          GH_TRY(db_.Auto(Soon())->Execute(kTouch, {"gold", "one"}));
          return {};
        });
        EXPECT_EQ(Code(status), "internal");
      },
      "in_transaction");
}

}  // namespace
}  // namespace gatehouse
