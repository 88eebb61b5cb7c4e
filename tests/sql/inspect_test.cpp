// What `gatehouse doctor` learns from MariaDB (DESIGN.md 6; SPEC A1: the application's account
// cannot change the audit log).
#include "sql/store/inspect.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/mariadb.h"

namespace gatehouse::store {
namespace {

class InspectTest : public ::testing::Test {
 protected:
  static std::unique_ptr<db::Executor> Auto(db::Database& db) {
    return db.Auto(Deadline::In(Millis(10000)));
  }
  support::TestDatabase& server_ = support::TestDatabase::Instance();
  db::Database app_{server_.app()};
  db::Database owner_{server_.owner()};
};

TEST_F(InspectTest, TheServersSettingsNotTheSessions) {
  const auto settings = ReadServerSettings(*Auto(app_), SystemClock().Now());
  ASSERT_TRUE(settings.ok()) << settings.error().inner;
  EXPECT_EQ(settings->flush_log_at_commit, 1);
  EXPECT_FALSE(settings->binlog);
  EXPECT_EQ(settings->lock_wait_s, 3);
  EXPECT_FALSE(settings->local_infile);
  EXPECT_TRUE(settings->strict);
  EXPECT_FALSE(settings->read_only);
  EXPECT_EQ(settings->database_charset, "utf8mb4");
  EXPECT_LT(std::llabs(settings->clock_ahead_us), 2'000'000);

  server_.Root("SET GLOBAL innodb_lock_wait_timeout = 50; SET GLOBAL sql_mode = ''");
  const auto changed = ReadServerSettings(*Auto(app_), SystemClock().Now() - Seconds(60));
  server_.Root(
      "SET GLOBAL innodb_lock_wait_timeout = 3;"
      "SET GLOBAL sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'");
  ASSERT_TRUE(changed.ok());
  EXPECT_EQ(changed->lock_wait_s, 50);
  EXPECT_FALSE(changed->strict);
  EXPECT_GT(changed->clock_ahead_us, 59'000'000);
}

TEST_F(InspectTest, A1_TheApplicationsAccountCannotChangeTheAuditLog) {
  const auto excess = FindExcess(*Auto(app_));
  ASSERT_TRUE(excess.ok()) << excess.error().inner;
  EXPECT_FALSE(excess->update_audit);
  EXPECT_FALSE(excess->delete_audit);
  EXPECT_EQ(excess->ddl, std::nullopt);
}

TEST_F(InspectTest, A1_AnAccountThatCouldIsFoundOut) {
  server_.Root(
      "INSERT INTO gatehouse.audit_events (id, event, target_type, ip, request_id, created_at)"
      " VALUES (REPEAT('x', 16), 'login.failed', 'user', '::1', 'r', UTC_TIMESTAMP(6))");
  const auto excess = FindExcess(*Auto(owner_));
  ASSERT_TRUE(excess.ok()) << excess.error().inner;
  EXPECT_TRUE(excess->update_audit);
  EXPECT_TRUE(excess->delete_audit);
  EXPECT_EQ(excess->ddl, "ALTER");
  EXPECT_EQ(server_.Root("SELECT COUNT(*) FROM gatehouse.audit_events")[0][0], "1");
  server_.Root("DELETE FROM gatehouse.audit_events");
}

}  // namespace
}  // namespace gatehouse::store
