// What `gatehouse doctor` asks MariaDB about itself (DESIGN.md 6).
#pragma once

#include <optional>
#include <string>

#include "sql/db/database.h"

namespace gatehouse::store {

// Of the server, not of our sessions (which set up what they need themselves).
struct ServerSettings {
  std::string version;
  std::int64_t flush_log_at_commit = 0;
  bool binlog = false;
  std::int64_t sync_binlog = 0;
  std::int64_t lock_wait_s = 0;
  bool local_infile = false;
  bool strict = false;
  bool read_only = false;
  std::string database_charset;     // "utf8mb4"
  std::int64_t clock_ahead_us = 0;  // of the server's clock against `now`; microseconds
};
Result<ServerSettings> ReadServerSettings(db::Executor& ex, TimePoint now);

// What the connected account could do that the application's must not. Found out by statements that
// match no row.
struct Excess {
  bool update_audit = false;
  bool delete_audit = false;
  std::optional<std::string> ddl;  // a privilege such as "CREATE"
};
Result<Excess> FindExcess(db::Executor& ex);

}  // namespace gatehouse::store
