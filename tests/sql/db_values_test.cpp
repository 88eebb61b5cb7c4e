// Values, errors and statements of sql/db.
#include <limits>

#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using db::Sql;

const Sql kTexts{"test.texts", "SELECT ?, LENGTH(?)"};
const Sql kNumbers{"test.numbers",
                   "SELECT CAST(? AS SIGNED), 1 = 1, CAST(NULL AS SIGNED), CAST(? AS SIGNED)"};
const Sql kInsertMail{"test.insert_mail",
                      "INSERT INTO outbox (id, kind, recipient, recipient_key, message, status,"
                      " next_try_at, created_at) VALUES (?, 'k', ?, ?, ?, 'queued', ?, ?)"};
const Sql kReadMail{"test.read_mail",
                    "SELECT recipient, recipient_key, message, next_try_at, claimed_until"
                    " FROM outbox WHERE id = ?"};
const Sql kTouchMails{"test.touch_mails", "UPDATE outbox SET kind = 'k' WHERE kind = ?"};
const Sql kMailIds{"test.mail_ids", "SELECT id FROM outbox ORDER BY id"};
const Sql kWrongColumn{"test.wrong_column", "SELECT no_such_column FROM tenants"};
const Sql kSession{"test.session",
                   "SELECT @@time_zone, @@sql_mode, @@tx_isolation, @@innodb_lock_wait_timeout,"
                   " CAST(@@max_statement_time AS SIGNED), @@character_set_client, @@autocommit"};
const Sql kConnectionId{"test.connection_id", "SELECT CONNECTION_ID()"};

class DbValues : public SqlTest {
 protected:
  Status InsertMail(const Uuid& id, std::string_view recipient, std::string_view key,
                    std::string_view message) {
    auto r = ex().Execute(kInsertMail, {id, recipient, key, message, now_, now_});
    if (!r.ok()) return std::move(r).error();
    return {};
  }
};

TEST_F(DbValues, TextsOfAnyBytesAndLengthComeBackWhole) {
  const std::string nul("a\0b\0", 4);
  const std::string emoji = "Ἀθηνᾶ 🦉 o'neil \\ \"; DROP TABLE users; --";
  std::string large;
  while (large.size() < 300'000) large += "0123456789 naïve 🐘\r\n";
  for (const std::string& text : {std::string(), nul, emoji, large}) {
    const Uuid id = Uuid::V7(now_, entropy_);
    const std::string key(32, text.empty() ? '\0' : '\xff');
    ASSERT_GH_OK(InsertMail(id, "r", key, text));
    const auto row = Must(ex().QueryOne(kReadMail, {id}));
    ASSERT_TRUE(row);
    EXPECT_EQ(row->Text(1), key);
    EXPECT_EQ(row->Text(2), text);
    EXPECT_FALSE(row->IsNull(2)) << "empty is not NULL";
  }
}

TEST_F(DbValues, ADefaultStringViewIsEmptyNotNull) {
  const auto row = Must(ex().QueryOne(kTexts, {std::string_view(), std::string_view()}));
  EXPECT_FALSE(row->IsNull(0));
  EXPECT_EQ(row->Text(0), "");
  const auto null = Must(ex().QueryOne(kTexts, {nullptr, std::optional<std::string>()}));
  EXPECT_TRUE(null->IsNull(0));
  EXPECT_TRUE(null->IsNull(1));
  EXPECT_EQ(null->OptionalText(0), std::nullopt);
  EXPECT_EQ(null->Text(0), "");
}

TEST_F(DbValues, ShortThenLongThenShortInOneStatement) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{100'000}, std::size_t{3}}) {
    const std::string text(size, 'x');
    const auto row = Must(ex().QueryOne(kTexts, {text, text}));
    EXPECT_EQ(row->Text(0), text);
    EXPECT_EQ(row->Int(1), static_cast<std::int64_t>(size));
  }
}

TEST_F(DbValues, NumbersAtTheirLimits) {
  const auto row = Must(ex().QueryOne(kNumbers, {std::numeric_limits<std::int64_t>::min(),
                                                 std::numeric_limits<std::int64_t>::max()}));
  EXPECT_EQ(row->Int(0), std::numeric_limits<std::int64_t>::min());
  EXPECT_TRUE(row->Bool(1));
  EXPECT_TRUE(row->IsNull(2));
  EXPECT_EQ(row->Int(2), 0);
  EXPECT_EQ(row->Int(3), std::numeric_limits<std::int64_t>::max());
}

TEST_F(DbValues, TimesKeepTheirMicroseconds) {
  const TimePoint times[] = {now_, FromUnixSeconds(0), FromUnixSeconds(0) - Micros(1),
                             *FromRfc3339("9999-12-31T23:59:59Z") + Micros(999'999),
                             *FromRfc3339("2024-02-29T23:59:59Z")};
  for (const TimePoint t : times) {
    const Uuid id = Uuid::V7(now_, entropy_);
    ASSERT_GH_OK(ex().Execute(kInsertMail, {id, "r", std::string(32, 'k'), "m", t, t}));
    const auto row = Must(ex().QueryOne(kReadMail, {id}));
    EXPECT_EQ(row->Time(3), t);
    EXPECT_EQ(row->OptionalTime(4), std::nullopt);
  }
}

TEST_F(DbValues, ExecuteCountsMatchedRowsNotChangedOnes) {
  ASSERT_GH_OK(InsertMail(Uuid::V7(now_, entropy_), "r", std::string(32, 'k'), "m"));
  EXPECT_EQ(Must(ex().Execute(kTouchMails, {"k"})), 1U);
  EXPECT_EQ(Must(ex().Execute(kTouchMails, {"none"})), 0U);
}

TEST_F(DbValues, ManyRowsArriveInOrder) {
  for (int i = 0; i < 300; ++i) {
    ASSERT_GH_OK(InsertMail(Uuid::V7(now_ + Millis(i), entropy_), "r", std::string(32, 'k'), "m"));
  }
  const auto rows = Must(ex().Query(kMailIds, {}));
  ASSERT_EQ(rows.size(), 300U);
  for (std::size_t i = 1; i < rows.size(); ++i) EXPECT_LT(rows[i - 1].Uuid16(0), rows[i].Uuid16(0));
  std::vector<Uuid> shown;
  ASSERT_GH_OK(
      ex().Each(kMailIds, {}, [&](const db::Row& row) { shown.push_back(row.Uuid16(0)); }));
  ASSERT_EQ(shown.size(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(shown[i], rows[i].Uuid16(0));
}

TEST_F(DbValues, DuplicateNamesTheKeyAndNothingElse) {
  const auto tenant = NewTenant("one");
  NewUser(tenant.id, "secret@example.org");
  store::User again;
  again.id = NewId<UserId>();
  again.tenant_id = tenant.id;
  again.email = "secret@example.org";
  again.created_at = again.updated_at = now_;
  const auto status = store::InsertUser(ex(), again);
  ASSERT_EQ(Code(status), "already_exists");
  EXPECT_TRUE(db::IsDuplicate(status.error(), "users_email"));
  EXPECT_FALSE(db::IsDuplicate(status.error(), "email")) << "a part of a name is not the name";
  EXPECT_FALSE(db::IsDuplicate(status.error(), "PRIMARY"));
  EXPECT_EQ(status.error().inner, "users.insert: 1062 users_email");
}

// A3: no value of a statement reaches an error, and thereby a log.
TEST_F(DbValues, ErrorsDoNotQuoteValues) {
  const std::string secret = "SECRET' for key 'x";
  const Uuid id = Uuid::V7(now_, entropy_);
  const auto too_long = InsertMail(id, secret + std::string(300, 'y'), std::string(32, 'k'), "m");
  ASSERT_EQ(Code(too_long), "internal");
  EXPECT_EQ(too_long.error().inner.find("SECRET"), std::string::npos) << too_long.error().inner;
  EXPECT_NE(too_long.error().inner.find("recipient"), std::string::npos) << "but the column";
  const auto not_utf8 = InsertMail(id, "SECRET\xff\xfe", std::string(32, 'k'), "m");
  ASSERT_EQ(Code(not_utf8), "internal");
  EXPECT_EQ(not_utf8.error().inner.find("SECRET"), std::string::npos) << not_utf8.error().inner;
  const auto tenant = NewTenant("one");
  NewUser(tenant.id, secret);
  auto twice = store::User{};
  twice.id = NewId<UserId>();
  twice.tenant_id = tenant.id;
  twice.email = secret;
  twice.created_at = twice.updated_at = now_;
  const auto duplicate = store::InsertUser(ex(), twice);
  EXPECT_TRUE(db::IsDuplicate(duplicate.error(), "users_email")) << duplicate.error().inner;
}

TEST_F(DbValues, AWrongStatementIsInternalAndTheConnectionGoesOn) {
  const auto before = Must(ex().QueryOne(kConnectionId, {}))->Int(0);
  const auto missing = ex().Query(kWrongColumn, {});
  ASSERT_EQ(Code(missing), "internal");
  EXPECT_NE(missing.error().inner.find("test.wrong_column: 1054"), std::string::npos);
  EXPECT_EQ(Code(ex().Query(kTexts, {"one too few"})), "internal");
  EXPECT_EQ(Must(ex().QueryOne(kConnectionId, {}))->Int(0), before);
}

TEST_F(DbValues, TheSessionIsSetUp) {
  const auto row = Must(ex().QueryOne(kSession, {}));
  EXPECT_EQ(row->Text(0), "+00:00");
  EXPECT_NE(row->Text(1).find("STRICT_ALL_TABLES"), std::string::npos);
  EXPECT_NE(row->Text(1).find("NO_ENGINE_SUBSTITUTION"), std::string::npos);
  EXPECT_EQ(row->Text(2), "READ-COMMITTED");
  EXPECT_EQ(row->Int(3), 3);
  EXPECT_EQ(row->Int(4), 30);
  EXPECT_EQ(row->Text(5), "utf8mb4");
  EXPECT_TRUE(row->Bool(6));
}

TEST_F(DbValues, PingSaysWhetherWritesAreTaken) {
  EXPECT_GH_OK(db_.Ping(Soon()));
  server_.SetReadOnly(true);
  EXPECT_EQ(Code(db_.Ping(Soon())), "unavailable");
  server_.SetReadOnly(false);
  EXPECT_GH_OK(db_.Ping(Soon()));
}

TEST_F(DbValues, AScriptLeavesTheSessionAsItWas) {
  db::Database owner(server_.owner());
  ASSERT_GH_OK(
      owner.RunScript("CREATE TABLE t1 (a INT); INSERT INTO t1 VALUES (1), (2);"
                      " SELECT * FROM t1; DROP TABLE t1;",
                      Soon()));
  const auto row = Must(owner.Auto(Soon())->QueryOne(kSession, {}));
  EXPECT_EQ(row->Int(4), 30);
  const auto failed =
      owner.RunScript("SELECT 1; SELECT nonsense; CREATE TABLE t2 (a INT);", Soon());
  ASSERT_EQ(Code(failed), "internal");
  EXPECT_NE(failed.error().inner.find("nonsense"), std::string::npos);
  EXPECT_EQ(server_.Root("SHOW TABLES FROM gatehouse LIKE 't2'").size(), 0U);
  EXPECT_EQ(Must(owner.Auto(Soon())->QueryOne(kSession, {}))->Int(4), 30);
  // Outside of scripts one statement is one statement.
  static const Sql kTwo{"test.two_statements", "SELECT 1; SELECT 2"};
  EXPECT_EQ(Code(owner.Auto(Soon())->Query(kTwo, {})), "internal");
}

}  // namespace
}  // namespace gatehouse
