// Between our values and the connector's binary protocol. Private to sql/db.
#pragma once

#include <mysql.h>

#include <cstddef>
#include <functional>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::db {

// DATETIME(6) in UTC, both ways.
MYSQL_TIME ToMysqlTime(TimePoint t);
TimePoint FromMysqlTime(const MYSQL_TIME& t);

// Parameters in the connector's form. Refers to the values of `params`, which must outlive it.
class BoundParams {
 public:
  explicit BoundParams(Params params);
  BoundParams(const BoundParams&) = delete;
  MYSQL_BIND* data() { return binds_.data(); }
  std::size_t size() const { return binds_.size(); }

 private:
  std::vector<MYSQL_BIND> binds_;
  std::vector<MYSQL_TIME> times_;
};

// All rows of a statement whose result has been stored (so that max_length is known and nothing
// waits for the network). False where the connector cannot tell a row in full.
bool FetchStored(MYSQL_STMT* stmt, const std::function<void(Row)>& take);

}  // namespace gatehouse::db
