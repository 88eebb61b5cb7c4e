// What one record of an import may say, and what becomes of it (SPEC P1, R4; API.md, "Operation").
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::cli {

// The roles that a file may name: the tenant's, and the system's where the tenant has none of that
// name. Loaded once.
class RoleBook {
 public:
  struct Entry {
    RoleId id;
    bool everything_everywhere;  // a system role with ALL_PERMISSIONS
  };

  RoleBook() = default;
  explicit RoleBook(std::map<std::string, Entry, std::less<>> roles) : roles_(std::move(roles)) {}
  static Result<RoleBook> Load(db::Executor& ex, TenantId tenant);

  const Entry* Find(std::string_view name) const;  // nullptr: no such role

 private:
  std::map<std::string, Entry, std::less<>> roles_;
};

struct ImportRecord {
  std::string email;  // canonical
  std::string password_hash;
  std::optional<std::string> first_name, last_name;
  std::vector<std::string> role_names;
  std::vector<RoleId> roles;  // those, in their order
};

// Members beyond these are refused, so that a file cannot set what an administrator may not
// (mass assignment); so are a hash that could never verify or would cost a sign-in too much, and a
// role that gives everything everywhere. kMalformedJson, or kValidationFailed with every problem
// in `fields`; no text of it holds a hash.
Result<ImportRecord> ReadImportRecord(std::string_view text, const RoleBook& roles);

}  // namespace gatehouse::cli
