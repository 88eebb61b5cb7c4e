// The catalogue of permissions (SPEC R5; API.md /auth/permissions). It is the installation's, of no
// tenant. Codes are module:resource:action without wildcards.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::store {

struct Permission {
  std::string code;
  std::optional<std::string> description;
  TimePoint created_at{};
  std::optional<UserId> created_by{};
};

Result<std::vector<std::string>> PermissionCodes(db::Executor& ex);
// By code, at most `limit`, past `after` where there is one.
Result<std::vector<Permission>> ListPermissions(db::Executor& ex,
                                                const std::optional<std::string>& after,
                                                bool ascending, int limit);
Result<std::optional<Permission>> FindPermission(db::Executor& ex, std::string_view code);
// kAlreadyExists ("PRIMARY") for a code that is there.
Status InsertPermission(db::Executor& ex, const Permission& permission);
// False where there was none.
Result<bool> DeletePermission(db::Executor& ex, std::string_view code);

// A role, of any tenant, that holds a permission.
struct PermissionHolder {
  RoleId role;
  std::optional<TenantId> tenant_id;
};
// Who holds the code or its `:own` form, spelt out; wildcards that cover it do not count. Under
// LockRoleRules.
Result<std::vector<PermissionHolder>> HoldersOf(db::Executor& ex, std::string_view code);
// Takes both forms away from all of them.
Status TakeFromRoles(db::Executor& ex, std::string_view code, TimePoint now,
                     std::optional<UserId> by);

}  // namespace gatehouse::store
