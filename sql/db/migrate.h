// Schema migrations: numbered, forward only, compiled into the program from sql/migrations/ (so
// that a binary knows which schema it needs). Each is recorded in schema_migrations with the
// SHA-256 of its text; a recorded migration whose text differs is an error.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::db {

struct Migration {
  int number;
  std::string_view name;  // "0001_init"
  std::string_view text;
};

// In order of number. Made by CMake.
std::span<const Migration> Migrations();

// Applies what is missing, under GET_LOCK so that two callers do not race, then grants `app_user`
// ('user'@'host' parts) what it needs on every table: SELECT, INSERT, UPDATE, DELETE, but on
// audit_events SELECT and INSERT only, and on schema_migrations SELECT only. Returns the names
// applied. `db` must be connected as an account with DDL and GRANT OPTION.
Result<std::vector<std::string>> Migrate(Database& db, const std::string& app_user,
                                         const std::string& app_host, Deadline deadline);

// True where every migration of this binary is recorded. A database without the table is not
// current, not an error.
Result<bool> IsCurrent(Executor& ex);

}  // namespace gatehouse::db
