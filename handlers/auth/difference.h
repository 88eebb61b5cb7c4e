// What a change did to an object, for the audit log (SPEC A1): only the members that differ. Pure.
#pragma once

#include <string>

#include "fcgi/lib/json.h"

namespace gatehouse::auth {

struct Difference {
  std::string before = "{}", after = "{}";  // JSON objects

  bool empty() const { return before == after; }
};

// A member that is missing on one side counts as null there.
Difference DifferenceOf(const json::Object& before, const json::Object& after);

}  // namespace gatehouse::auth
