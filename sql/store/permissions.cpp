#include "sql/store/permissions.h"

#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

#define GH_PERMISSION_COLUMNS "code, description, created_at, created_by"
const db::Sql kCodes{"permissions.codes", "SELECT code FROM permissions"};
const db::Sql kListUp{"permissions.list_up",
                      "SELECT " GH_PERMISSION_COLUMNS
                      " FROM permissions WHERE code > ? ORDER BY code LIMIT ?"};
// Without a cursor from "~": every code is below it.
const db::Sql kListDown{"permissions.list_down",
                        "SELECT " GH_PERMISSION_COLUMNS
                        " FROM permissions WHERE code < ? ORDER BY code DESC LIMIT ?"};
const db::Sql kFind{"permissions.find",
                    "SELECT " GH_PERMISSION_COLUMNS " FROM permissions WHERE code = ?"};
#undef GH_PERMISSION_COLUMNS
const db::Sql kInsert{"permissions.insert",
                      "INSERT INTO permissions (code, description, created_at, created_by)"
                      " VALUES (?, ?, ?, ?)"};
const db::Sql kDelete{"permissions.delete", "DELETE FROM permissions WHERE code = ?"};

#define GH_BOTH_FORMS "(?, CONCAT(?, ':own'))"
const db::Sql kHolders{"permissions.holders",
                       "SELECT DISTINCT r.id, r.tenant_id FROM role_permissions p"
                       " JOIN roles r ON r.id = p.role_id WHERE p.permission IN " GH_BOTH_FORMS};
const db::Sql kTouchHolders{"permissions.touch_holders",
                            "UPDATE roles SET updated_at = ?, updated_by = ? WHERE id IN"
                            " (SELECT role_id FROM role_permissions"
                            "  WHERE permission IN " GH_BOTH_FORMS ")"};
const db::Sql kTake{"permissions.take",
                    "DELETE FROM role_permissions WHERE permission IN " GH_BOTH_FORMS};
#undef GH_BOTH_FORMS

Permission ReadPermission(const db::Row& row) {
  return {row.Text(0), row.OptionalText(1), row.Time(2), row.OptionalAs<UserId>(3)};
}

}  // namespace

Result<std::vector<std::string>> PermissionCodes(db::Executor& ex) {
  return Map(ex.Query(kCodes, {}), [](const db::Row& row) { return row.Text(0); });
}

Result<std::vector<Permission>> ListPermissions(db::Executor& ex,
                                                const std::optional<std::string>& after,
                                                bool ascending, int limit) {
  const std::string from = after.value_or(ascending ? "" : "~");
  return Map(ex.Query(ascending ? kListUp : kListDown, {from, limit}), ReadPermission);
}

Result<std::optional<Permission>> FindPermission(db::Executor& ex, std::string_view code) {
  return Map(ex.QueryOne(kFind, {code}), ReadPermission);
}

Status InsertPermission(db::Executor& ex, const Permission& permission) {
  return Done(ex.Execute(kInsert, {permission.code, permission.description, permission.created_at,
                                   permission.created_by}));
}

Result<bool> DeletePermission(db::Executor& ex, std::string_view code) {
  return Any(ex.Execute(kDelete, {code}));
}

Result<std::vector<PermissionHolder>> HoldersOf(db::Executor& ex, std::string_view code) {
  return Map(ex.Query(kHolders, {code, code}), [](const db::Row& row) {
    return PermissionHolder{row.As<RoleId>(0), row.OptionalAs<TenantId>(1)};
  });
}

Status TakeFromRoles(db::Executor& ex, std::string_view code, TimePoint now,
                     std::optional<UserId> by) {
  GH_TRY(ex.Execute(kTouchHolders, {now, by, code, code}));
  return Done(ex.Execute(kTake, {code, code}));
}

}  // namespace gatehouse::store
