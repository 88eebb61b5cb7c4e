#include "sql/db/migrate.h"

#include <algorithm>
#include <map>
#include <utility>

#include "fcgi/lib/crypto.h"
#include "fcgi/run/log.h"

namespace gatehouse::db {
namespace {

// A lock's name is the whole server's, so it holds the schema's.
#define GH_MIGRATE_LOCK "LEFT(CONCAT('gatehouse:', DATABASE()), 64)"
const Sql kLock{"migrate.lock", "SELECT GET_LOCK(" GH_MIGRATE_LOCK ", ?)"};
const Sql kHoldsLock{"migrate.holds_lock",
                     "SELECT IS_USED_LOCK(" GH_MIGRATE_LOCK ") <=> CONNECTION_ID()"};
const Sql kUnlock{"migrate.unlock", "SELECT RELEASE_LOCK(" GH_MIGRATE_LOCK ")"};
#undef GH_MIGRATE_LOCK

const Sql kCreateTable{"migrate.create_table",
                       "CREATE TABLE IF NOT EXISTS schema_migrations ("
                       " number INT UNSIGNED NOT NULL PRIMARY KEY,"
                       " name VARCHAR(100) NOT NULL,"
                       " sha256 BINARY(32) NOT NULL,"
                       " applied_at DATETIME(6) NOT NULL"
                       ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin"};
const Sql kTables{"migrate.tables",
                  "SELECT table_name FROM information_schema.tables"
                  " WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'"
                  " ORDER BY table_name"};
const Sql kHasTable{"migrate.has_table",
                    "SELECT 1 FROM information_schema.tables"
                    " WHERE table_schema = DATABASE() AND table_name = 'schema_migrations'"};
const Sql kRecorded{"migrate.recorded", "SELECT number, sha256 FROM schema_migrations"};
const Sql kRecord{"migrate.record",
                  "INSERT INTO schema_migrations (number, name, sha256, applied_at)"
                  " VALUES (?, ?, ?, UTC_TIMESTAMP(6))"};

// The server gives up on the lock before the call's own deadline or the statement limit does, so
// that the answer can say why.
constexpr Seconds kLongestLockWait{25};

std::string Sum(const Migration& migration) {
  return std::string(crypto::AsView(crypto::Sha256(migration.text)));
}

Result<std::map<std::int64_t, std::string>> Recorded(Executor& ex) {
  GH_ASSIGN(const auto rows, ex.Query(kRecorded, {}));
  std::map<std::int64_t, std::string> out;
  for (const Row& row : rows) out[row.Int(0)] = row.Text(1);
  return out;
}

// Account names come from a configuration and stand in GRANT, which takes no parameters.
bool IsPlainAccount(std::string_view part) {
  const auto plain = [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '%' || c == ':';
  };
  return !part.empty() && part.size() <= 80 && std::all_of(part.begin(), part.end(), plain);
}

std::string_view RightsOn(std::string_view table) {
  if (table == "audit_events") return "SELECT, INSERT";
  if (table == "schema_migrations") return "SELECT";
  return "SELECT, INSERT, UPDATE, DELETE";
}

Status Grant(Database& db, const std::string& user, const std::string& host, Deadline deadline) {
  GH_ASSIGN(const auto tables, db.Auto(deadline)->Query(kTables, {}));
  for (const Row& table : tables) {
    std::string name;
    for (const char c : table.Text(0)) name.append(c == '`' ? 2 : 1, c);
    std::string grant("GRANT ");
    grant += RightsOn(table.Text(0));
    grant += " ON `" + name + "` TO '" + user + "'@'" + host + "'";
    GH_TRY(db.RunScript(grant, deadline));
  }
  return {};
}

Result<std::vector<std::string>> ApplyMissing(Database& db, Deadline deadline) {
  auto ex = db.Auto(deadline);
  GH_TRY(ex->Execute(kCreateTable, {}));
  GH_ASSIGN(const auto recorded, Recorded(*ex));
  std::vector<std::string> applied;
  for (const Migration& migration : Migrations()) {
    const std::string sum = Sum(migration);
    const std::string name(migration.name);
    if (const auto found = recorded.find(migration.number); found != recorded.end()) {
      if (found->second == sum) continue;
      return MakeError(ErrorCode::kInternal,
                       "migrate: " + name + " is not the text that was applied under its number");
    }
    // The lock goes with its connection; one that was opened anew holds nothing.
    GH_ASSIGN(const auto held, ex->QueryOne(kHoldsLock, {}));
    if (!held || !held->Bool(0)) {
      return MakeError(ErrorCode::kUnavailable, "migrate: the lock was lost");
    }
    if (auto run = db.RunScript(std::string(migration.text), deadline); !run.ok()) {
      run.error().inner = "migrate: " + name + ": " + run.error().inner;
      return std::move(run).error();
    }
    GH_TRY(ex->Execute(kRecord, {migration.number, migration.name, sum}));
    log::Info("migrate.applied", {{"migration", name}});
    applied.push_back(name);
  }
  return applied;
}

}  // namespace

Result<std::vector<std::string>> Migrate(Database& db, const std::string& app_user,
                                         const std::string& app_host, Deadline deadline) {
  if (!IsPlainAccount(app_user) || !IsPlainAccount(app_host)) {
    return MakeError(ErrorCode::kInternal, "migrate: not a plain account name");
  }
  const auto wait = std::min<Millis>(deadline.Left() / 2, kLongestLockWait);
  const auto wait_s = std::chrono::floor<Seconds>(wait).count();
  GH_ASSIGN(const auto locked, db.Auto(deadline)->QueryOne(kLock, {wait_s}));
  if (!locked || locked->Int(0) != 1) {
    return MakeError(ErrorCode::kTimeout, "migrate: somebody else is at it");
  }
  auto applied = ApplyMissing(db, deadline);
  if (applied.ok()) {
    if (auto granted = Grant(db, app_user, app_host, deadline); !granted.ok()) {
      applied = std::move(granted).error();
    }
  }
  // Where this fails the connection is gone, and the lock with it.
  if (auto unlocked = db.Auto(deadline)->Query(kUnlock, {}); !unlocked.ok() && applied.ok()) {
    return std::move(unlocked).error();
  }
  return applied;
}

Result<bool> IsCurrent(Executor& ex) {
  GH_ASSIGN(const auto table, ex.QueryOne(kHasTable, {}));
  if (!table) return false;
  GH_ASSIGN(const auto recorded, Recorded(ex));
  return std::all_of(Migrations().begin(), Migrations().end(), [&](const Migration& migration) {
    return recorded.contains(migration.number);
  });
}

}  // namespace gatehouse::db
