// What DESIGN.md section 6 promises of MariaDB's faults, on a real server.
#include <thread>

#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using db::Sql;

const Sql kOne{"test.one", "SELECT 1"};
const Sql kConnectionId{"test.faults_connection_id", "SELECT CONNECTION_ID()"};
const Sql kSleep{"test.sleep", "SELECT SLEEP(20), 'a statement that sleeps'"};
const Sql kTouch{"test.touch_tenant", "UPDATE tenants SET name = ? WHERE slug = ?"};
const Sql kNames{"test.tenant_name", "SELECT name FROM tenants WHERE slug = ?"};

class DbFaults : public SqlTest {
 protected:
  std::string NameOf(const std::string& slug) {
    return Must(ex().QueryOne(kNames, {slug}))->Text(0);
  }
};

TEST_F(DbFaults, ARestartBetweenCallsIsNotNoticed) {
  NewTenant("one");
  server_.Restart();
  EXPECT_GH_OK(ex().Query(kOne, {}));
  server_.Restart();
  EXPECT_GH_OK(ex().Execute(kTouch, {"after the restart", "one"}));
  EXPECT_EQ(NameOf("one"), "after the restart");
}

TEST_F(DbFaults, WithoutAServerItIsUnavailableUntilThereIsOne) {
  ASSERT_GH_OK(ex().Query(kOne, {}));
  server_.Kill();
  const auto start = std::chrono::steady_clock::now();
  const auto read = ex().Query(kOne, {});
  const auto ping = db_.Ping(Soon());
  const auto transaction = db_.Transact<void>(Soon(), [&](db::Executor&) { return Status(); });
  const auto took = Since(start);
  server_.Start();
  ASSERT_EQ(Code(read), "unavailable");
  EXPECT_GT(read.error().retry_after_s, 0);
  EXPECT_EQ(Code(ping), "unavailable");
  EXPECT_EQ(Code(transaction), "unavailable");
  EXPECT_LT(took, Millis(1000));
  EXPECT_GH_OK(ex().Query(kOne, {})) << "by itself, without a restart of ours";
}

TEST_F(DbFaults, AConnectionKilledBetweenCallsIsReplaced) {
  NewTenant("one");
  const auto id = Must(ex().QueryOne(kConnectionId, {}))->Int(0);
  server_.Root("KILL " + std::to_string(id));
  EXPECT_GH_OK(ex().Execute(kTouch, {"written", "one"}));
  EXPECT_NE(Must(ex().QueryOne(kConnectionId, {}))->Int(0), id);
  EXPECT_EQ(NameOf("one"), "written");
}

// E3: past the deadline the worker is free, however dead the server plays.
TEST_F(DbFaults, AFrozenServerTimesOut) {
  ASSERT_GH_OK(ex().Query(kOne, {}));
  server_.Freeze();
  const auto start = std::chrono::steady_clock::now();
  const auto read = db_.Auto(Deadline::In(Millis(300)))->Query(kOne, {});
  const auto took = Since(start);
  db::Database other(server_.app());
  const auto connect_start = std::chrono::steady_clock::now();
  const auto connect = other.Auto(Deadline::In(Millis(200)))->Query(kOne, {});
  const auto connect_took = Since(connect_start);
  auto options = server_.app();
  options.connect_timeout = Millis(200);
  db::Database impatient(options);
  const auto limit_start = std::chrono::steady_clock::now();
  const auto limited = impatient.Auto(Soon())->Query(kOne, {});
  const auto limit_took = Since(limit_start);
  server_.Thaw();

  EXPECT_EQ(Code(read), "timeout");
  EXPECT_GE(took, Millis(290));
  EXPECT_LT(took, Millis(1600)) << "deadline, and at most a second for the kill";
  EXPECT_EQ(Code(connect), "timeout");
  EXPECT_LT(connect_took, Millis(900)) << "nothing to kill";
  EXPECT_EQ(Code(limited), "unavailable") << "connect_timeout is not the call's deadline";
  EXPECT_LT(limit_took, Millis(900));
  EXPECT_GH_OK(ex().Query(kOne, {}));
  EXPECT_GH_OK(other.Auto(Soon())->Query(kOne, {}));
}

// E3: "its database work is cancelled".
TEST_F(DbFaults, ASlowStatementIsKilledOnTheServerAtTheDeadline) {
  const auto sleeping = [&] {
    return server_
        .Root(
            "SELECT id FROM information_schema.processlist"
            " WHERE info LIKE '%a statement that sleeps%' AND id <> CONNECTION_ID()")
        .size();
  };
  const auto start = std::chrono::steady_clock::now();
  std::thread call(
      [&] { EXPECT_EQ(Code(db_.Auto(Deadline::In(Millis(1500)))->Query(kSleep, {})), "timeout"); });
  EXPECT_TRUE(testing::WaitUntil([&] { return sleeping() == 1; }, Millis(1400)));
  call.join();
  EXPECT_LT(Since(start), Millis(2700));
  EXPECT_TRUE(testing::WaitUntil([&] { return sleeping() == 0; }, Millis(1000)));
  EXPECT_GH_OK(ex().Query(kOne, {}));
}

TEST_F(DbFaults, NothingIsSentPastTheDeadline) {
  NewTenant("one");
  const auto id = Must(ex().QueryOne(kConnectionId, {}))->Int(0);
  const auto late = db_.Auto(Deadline::In(Millis(0)));
  EXPECT_EQ(Code(late->Execute(kTouch, {"late", "one"})), "timeout");
  EXPECT_EQ(NameOf("one"), "Tenant one");
  EXPECT_EQ(Must(ex().QueryOne(kConnectionId, {}))->Int(0), id) << "the connection is still good";
}

TEST_F(DbFaults, AReadOnlyServerIsUnavailableForWritesAlone) {
  NewTenant("one");
  server_.SetReadOnly(true);
  const auto write = ex().Execute(kTouch, {"x", "one"});
  const auto read = ex().Query(kNames, {"one"});
  const auto transaction = db_.Transact<void>(Soon(), [&](db::Executor& tx) -> Status {
    GH_TRY(tx.Execute(kTouch, {"y", "one"}));
    return {};
  });
  server_.SetReadOnly(false);
  ASSERT_EQ(Code(write), "unavailable");
  EXPECT_GT(write.error().retry_after_s, 0);
  EXPECT_GH_OK(read);
  EXPECT_EQ(Code(transaction), "unavailable");
  EXPECT_EQ(NameOf("one"), "Tenant one");
}

TEST_F(DbFaults, AWrongPasswordOrSchemaIsUnavailableAndNotInTheError) {
  auto options = server_.app();
  options.password = "hunter2";
  const auto denied = db::Database(options).Ping(Soon());
  ASSERT_EQ(Code(denied), "unavailable");
  EXPECT_EQ(denied.error().inner.find("hunter2"), std::string::npos);
  options = server_.app();
  options.name = "no_such_schema";
  EXPECT_EQ(Code(db::Database(options).Ping(Soon())), "unavailable");
}

TEST_F(DbFaults, ManyTimeoutsLeaveNoConnectionBehind) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(Code(db_.Auto(Deadline::In(Millis(20)))->Query(kSleep, {})), "timeout");
  }
  EXPECT_TRUE(testing::WaitUntil(
      [&] {
        return server_.Root("SELECT id FROM information_schema.processlist WHERE user='gatehouse'")
                   .size() == 0;
      },
      Millis(2000)));
}

}  // namespace
}  // namespace gatehouse
