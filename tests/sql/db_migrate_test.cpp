// The schema, its accounts, and that every statement of the program fits it.
#include <algorithm>
#include <string_view>
#include <thread>

#include "sql/db/migrate.h"
#include "sql/store/inspect.h"
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using db::Sql;

const Sql kUpdateAudit{"test.update_audit", "UPDATE audit_events SET event = 'x'"};
const Sql kDeleteAudit{"test.delete_audit", "DELETE FROM audit_events"};
const Sql kReadAudit{"test.read_audit", "SELECT COUNT(*) FROM audit_events"};
const Sql kTruncate{"test.truncate_audit", "TRUNCATE TABLE audit_events"};
const Sql kCreate{"test.create", "CREATE TABLE x (a INT)"};
const Sql kDrop{"test.drop", "DROP TABLE users"};
const Sql kAlter{"test.alter", "ALTER TABLE users ADD COLUMN x INT"};
const Sql kForge{"test.forge_migration", "DELETE FROM schema_migrations"};

class DbMigrate : public SqlTest {};

// DESIGN.md 12: every statement is prepared against the migrated schema, and with the rights that
// the application has, but for those that the owner runs, or that try what must be refused.
TEST_F(DbMigrate, EveryStatementPrepares) {
  db::Database owner(server_.owner());
  int statements = 0;
  for (const Sql* sql : Sql::All()) {
    const std::string_view name = sql->name;
    if (name.starts_with("test.")) continue;
    ++statements;
    const bool owners = name.starts_with("migrate.") || name.starts_with("inspect.");
    db::Database& db = owners ? owner : db_;
    const auto prepared = db.Prepare(*sql, Soon());
    if (name.starts_with("forbidden.")) {
      EXPECT_FALSE(prepared.ok()) << name;
      EXPECT_GH_OK(owner.Prepare(*sql, Soon()));
      continue;
    }
    EXPECT_GH_OK(prepared);
  }
  EXPECT_GT(statements, 50);
}

TEST_F(DbMigrate, StatementNamesAreUnique) {
  std::vector<std::string_view> names;
  for (const Sql* sql : Sql::All()) names.emplace_back(sql->name);
  std::sort(names.begin(), names.end());
  EXPECT_EQ(std::adjacent_find(names.begin(), names.end()), names.end());
}

// A migration of several statements may be cut off between any two; what was done stays done, so
// that each must be able to run anew. The first meets no data: a database made half is made again.
TEST_F(DbMigrate, WhatWasCutOffIsRunAgain) {
  db::Database owner(server_.owner());
  for (const auto& migration : db::Migrations()) {
    if (migration.number == 1) continue;
    EXPECT_GH_OK(owner.RunScript(std::string(migration.text), Soon()));
  }
  EXPECT_TRUE(Must(db::IsCurrent(ex())));
}

TEST_F(DbMigrate, AgainChangesNothing) {
  db::Database owner(server_.owner());
  EXPECT_TRUE(Must(db::Migrate(owner, "gatehouse", "localhost", Soon())).empty());
  EXPECT_TRUE(Must(db::IsCurrent(ex())));
  EXPECT_EQ(server_.Root("SELECT IS_USED_LOCK('gatehouse:gatehouse')")[0][0], "NULL");
}

class FreshSchema : public DbMigrate {
 protected:
  FreshSchema() {
    server_.Root(
        "DROP DATABASE IF EXISTS fresh; CREATE DATABASE fresh;"
        "GRANT ALL ON fresh.* TO gatehouse_owner@localhost WITH GRANT OPTION");
  }
  ~FreshSchema() override {
    server_.Root("DROP DATABASE fresh; REVOKE ALL ON fresh.* FROM gatehouse_owner@localhost");
  }
  db::Options Fresh() const {
    auto options = server_.owner();
    options.name = "fresh";
    return options;
  }
};

TEST_F(FreshSchema, FourAtOnceApplyEachMigrationOnce) {
  std::vector<std::thread> threads;
  std::atomic<std::size_t> applied = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      db::Database db(Fresh());
      const auto done = db::Migrate(db, "gatehouse", "localhost", Deadline::In(Seconds(60)));
      EXPECT_GH_OK(done);
      if (done.ok()) applied += done->size();
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(applied, db::Migrations().size());
}

TEST_F(FreshSchema, NotCurrentUntilEverythingIsRecorded) {
  db::Database db(Fresh());
  EXPECT_FALSE(Must(db::IsCurrent(*db.Auto(Soon())))) << "no table is not an error";
  Must(db::Migrate(db, "gatehouse", "localhost", Soon()));
  EXPECT_TRUE(Must(db::IsCurrent(*db.Auto(Soon()))));
  server_.Root("DELETE FROM fresh.schema_migrations WHERE number = 1");
  EXPECT_FALSE(Must(db::IsCurrent(*db.Auto(Soon()))));
}

TEST_F(FreshSchema, AChangedMigrationIsRefused) {
  db::Database db(Fresh());
  Must(db::Migrate(db, "gatehouse", "localhost", Soon()));
  server_.Root("UPDATE fresh.schema_migrations SET sha256 = REPEAT('x', 32) WHERE number = 1");
  const auto again = db::Migrate(db, "gatehouse", "localhost", Soon());
  ASSERT_EQ(Code(again), "internal");
  EXPECT_NE(again.error().inner.find("0001_init"), std::string::npos);
}

TEST_F(FreshSchema, AnAccountThatDoesNotExistIsNotMade) {
  db::Database db(Fresh());
  EXPECT_NE(Code(db::Migrate(db, "nobody_yet", "localhost", Soon())), "ok");
  EXPECT_TRUE(server_.Root("SELECT user FROM mysql.user WHERE user = 'nobody_yet'").empty());
  EXPECT_EQ(Code(db::Migrate(db, "x'@'%' WITH GRANT OPTION; -- ", "localhost", Soon())),
            "internal");
}

// A1: append-only for the application's account, which has no DDL either (DESIGN.md 6).
TEST_F(DbMigrate, TheApplicationCannotRewriteItsAuditLogNorTheSchema) {
  for (const Sql* sql :
       {&kUpdateAudit, &kDeleteAudit, &kTruncate, &kCreate, &kDrop, &kAlter, &kForge}) {
    const auto done = ex().Execute(*sql, {});
    ASSERT_EQ(Code(done), "internal") << sql->name;
    EXPECT_NE(done.error().inner.find("denied"), std::string::npos) << done.error().inner;
  }
  EXPECT_GH_OK(ex().Query(kReadAudit, {}));

  const auto excess = Must(store::FindExcess(ex()));
  EXPECT_FALSE(excess.update_audit);
  EXPECT_FALSE(excess.delete_audit);
  EXPECT_EQ(excess.ddl, std::nullopt);
  db::Database owner(server_.owner());
  const auto owners = Must(store::FindExcess(*owner.Auto(Soon())));
  EXPECT_TRUE(owners.update_audit);
  EXPECT_TRUE(owners.delete_audit);
  EXPECT_NE(owners.ddl, std::nullopt);
  EXPECT_TRUE(Must(store::ReadServerSettings(ex(), now_)).strict);
}

}  // namespace
}  // namespace gatehouse
