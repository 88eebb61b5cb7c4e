// Why a call to MariaDB failed. The error numbers that mean something to us stand in one table
// (fault.cpp): what leaves as which public code, what a transaction is run again for, and after
// which the connection is of no use. Private to sql/db.
//
// Texts of the server quote the values of a statement ("Duplicate entry 'a@b' …"). They are kept
// only where they cannot: before values are bound, and for numbers whose text names columns and
// keys alone.
#pragma once

#include <string_view>

#include "fcgi/base/error.h"

namespace gatehouse::db {

struct Fault {
  enum class Kind {
    kServer,       // the server refused; the connection is in step
    kLost,         // the connection went away; what was under way may or may not be done
    kUnreachable,  // no connection could be made
    kDeadline,     // the deadline passed; the connection must be dropped
  };
  Kind kind;
  unsigned number;  // MariaDB's, 0 where there is none
  Error error;      // what leaves sql/db
};

// `what` names the statement or the step ("users.find", "db.connect").
Fault ServerFault(std::string_view what, unsigned number, std::string_view text, bool values_bound);
Fault UnreachableFault(std::string_view what, unsigned number, std::string_view text);
Fault DeadlineFault(std::string_view what);

// Deadlock, lock wait timeout, certification failure: the work was undone and may be run again.
bool CallsForRerun(const Fault& fault);

}  // namespace gatehouse::db
