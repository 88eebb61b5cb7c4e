#include "sql/store/inspect.h"

#include <utility>

namespace gatehouse::store {
namespace {

const db::Sql kSettings{
    "inspect.settings",
    "SELECT VERSION(), @@GLOBAL.innodb_flush_log_at_trx_commit, @@GLOBAL.log_bin,"
    " @@GLOBAL.sync_binlog, @@GLOBAL.innodb_lock_wait_timeout, @@GLOBAL.local_infile,"
    " FIND_IN_SET('STRICT_TRANS_TABLES', @@GLOBAL.sql_mode)"
    "  + FIND_IN_SET('STRICT_ALL_TABLES', @@GLOBAL.sql_mode) > 0,"
    " @@GLOBAL.read_only, @@character_set_database,"
    " TIMESTAMPDIFF(MICROSECOND, ?, UTC_TIMESTAMP(6))"};
// "forbidden.": the application's account cannot even prepare these (a test says so).
const db::Sql kUpdateAudit{"forbidden.update_audit",
                           "UPDATE audit_events SET event = event WHERE 1 = 0"};
const db::Sql kDeleteAudit{"forbidden.delete_audit", "DELETE FROM audit_events WHERE 1 = 0"};
// The views show an account its own grants, and with rights on the mysql schema also others'.
const db::Sql kDdl{
    "inspect.ddl",
    "SELECT p FROM ("
    " SELECT privilege_type p, grantee g FROM information_schema.user_privileges"
    " UNION ALL SELECT privilege_type, grantee FROM information_schema.schema_privileges"
    "  WHERE DATABASE() LIKE table_schema"
    " UNION ALL SELECT privilege_type, grantee FROM information_schema.table_privileges"
    "  WHERE table_schema = DATABASE()) AS mine"
    " WHERE g = CONCAT('\\'', REPLACE(CURRENT_USER(), '@', '\\'@\\''), '\\'')"
    " AND p IN ('CREATE', 'ALTER', 'DROP', 'INDEX', 'TRIGGER', 'FILE', 'SUPER')"
    " ORDER BY p LIMIT 1"};

// True where the statement ran: it changes nothing, but would be allowed to.
Result<bool> IsAllowed(db::Executor& ex, const db::Sql& sql) {
  const auto run = ex.Execute(sql, {});
  if (run.ok()) return true;
  // 1142: command denied to user for table.
  if (run.error().inner.find("1142") != std::string::npos) return false;
  return run.error();
}

}  // namespace

Result<ServerSettings> ReadServerSettings(db::Executor& ex, TimePoint now) {
  GH_ASSIGN(const auto row, ex.QueryOne(kSettings, {now}));
  if (!row) return MakeError(ErrorCode::kInternal, "inspect.settings: no row");
  ServerSettings out;
  out.version = row->Text(0);
  out.flush_log_at_commit = row->Int(1);
  out.binlog = row->Bool(2);
  out.sync_binlog = row->Int(3);
  out.lock_wait_s = row->Int(4);
  out.local_infile = row->Bool(5);
  out.strict = row->Bool(6);
  out.read_only = row->Bool(7);
  out.database_charset = row->Text(8);
  out.clock_ahead_us = row->Int(9);
  return out;
}

Result<Excess> FindExcess(db::Executor& ex) {
  Excess out;
  GH_ASSIGN(out.update_audit, IsAllowed(ex, kUpdateAudit));
  GH_ASSIGN(out.delete_audit, IsAllowed(ex, kDeleteAudit));
  GH_ASSIGN(const auto row, ex.QueryOne(kDdl, {}));
  if (row) out.ddl = row->Text(0);
  return out;
}

}  // namespace gatehouse::store
