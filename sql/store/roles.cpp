#include "sql/store/roles.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "fcgi/base/codec.h"
#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

// The user's roles, as far as they are the system's or of the user's own tenant.
#define GH_ROLES_THAT_COUNT                  \
  " FROM users u"                            \
  " JOIN user_roles ur ON ur.user_id = u.id" \
  " JOIN roles r ON r.id = ur.role_id"       \
  "  AND (r.tenant_id IS NULL OR r.tenant_id = u.tenant_id)"
#define GH_THIS_USER " WHERE u.id = ? AND u.tenant_id = ?"

// One statement, so that roles and permissions are of one moment. Rows of permissions have no
// ordinal, and their role's tenant and the permission where roles have theirs.
const db::Sql kGrants{
    "roles.grants",
    "SELECT CAST(ur.ordinal AS SIGNED), r.tenant_id, r.name, r.id, "
    "r.description" GH_ROLES_THAT_COUNT GH_THIS_USER
    " UNION ALL "
    "SELECT CAST(NULL AS SIGNED), r.tenant_id, p.permission, NULL, NULL" GH_ROLES_THAT_COUNT
    " JOIN role_permissions p ON p.role_id = r.id" GH_THIS_USER};
#undef GH_ROLES_THAT_COUNT
#undef GH_THIS_USER

// owner_key is the tenant, or nil for the system: UNIQUE (owner_key, name).
#define GH_NIL "X'00000000000000000000000000000000'"
#define GH_ROLE_COLUMNS \
  "id, tenant_id, name, description, created_at, created_by, updated_at, updated_by"
const db::Sql kFind{"roles.find", "SELECT " GH_ROLE_COLUMNS
                                  " FROM roles WHERE id = ? AND owner_key IN (?, " GH_NIL ")"};
const db::Sql kList{"roles.list",
                    "SELECT " GH_ROLE_COLUMNS
                    " FROM roles"
                    " WHERE owner_key IN (?, " GH_NIL ") ORDER BY name, tenant_id IS NULL"};
const db::Sql kFindByName{"roles.find_by_name", "SELECT " GH_ROLE_COLUMNS
                                                " FROM roles"
                                                " WHERE owner_key IN (?, " GH_NIL
                                                ") AND name = ?"
                                                " ORDER BY tenant_id IS NULL LIMIT 1"};
const db::Sql kLockOne{"roles.lock",
                       "SELECT " GH_ROLE_COLUMNS
                       " FROM roles WHERE id = ? AND owner_key IN (?, " GH_NIL ") FOR UPDATE"};
const db::Sql kNamesakeInTenant{"roles.namesake_in_tenant", "SELECT " GH_ROLE_COLUMNS
                                                            " FROM roles"
                                                            " WHERE owner_key IN (?, " GH_NIL
                                                            ") AND name = ? AND id <> ?"
                                                            " ORDER BY tenant_id IS NULL LIMIT 1"};
// A deleted tenant's roles are on their way out.
const db::Sql kNamesakeAnywhere{"roles.namesake_anywhere",
                                "SELECT " GH_ROLE_COLUMNS
                                " FROM roles r"
                                " WHERE name = ? AND id <> ? AND NOT EXISTS"
                                "  (SELECT 1 FROM tenants t"
                                "   WHERE t.id = r.tenant_id AND t.deleted_at IS NOT NULL)"
                                " ORDER BY tenant_id IS NOT NULL LIMIT 1"};
#undef GH_NIL
#undef GH_ROLE_COLUMNS

// One row that is always there stands for the rules that span roles.
const db::Sql kLockRulesShared{"roles.lock_rules_shared",
                               "SELECT id FROM roles WHERE id = ? LOCK IN SHARE MODE"};
const db::Sql kLockRulesAlone{"roles.lock_rules_alone",
                              "SELECT id FROM roles WHERE id = ? FOR UPDATE"};

const db::Sql kPermissions{
    "roles.permissions",
    "SELECT permission FROM role_permissions WHERE role_id = ? ORDER BY permission"};
// In any order: the ids go in as a JSON array of hex.
const db::Sql kPermissionsOfEach{"roles.permissions_of_each",
                                 "SELECT p.role_id, p.permission"
                                 " FROM JSON_TABLE(?, '$[*]' COLUMNS (id CHAR(32) PATH '$')) AS j"
                                 " JOIN role_permissions p ON p.role_id = UNHEX(j.id)"};
const db::Sql kInsert{"roles.insert",
                      "INSERT INTO roles (id, tenant_id, name, description, created_at, created_by,"
                      " updated_at, updated_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"};
// A role may hold thousands of permissions (API.md): one round trip all the same. TEXT, because
// JSON_TABLE cuts what is too long for its column, where the table's column refuses it.
const db::Sql kInsertPermissions{
    "roles.insert_permissions",
    "INSERT INTO role_permissions (role_id, permission) SELECT ?, j.permission"
    " FROM JSON_TABLE(?, '$[*]' COLUMNS (permission TEXT PATH '$' ERROR ON ERROR)) AS j"};
const db::Sql kUpdate{"roles.update",
                      "UPDATE roles SET name = ?, description = ?, updated_at = ?, updated_by = ?"
                      " WHERE id = ? AND tenant_id <=> ?"};
const db::Sql kClear{"roles.clear_permissions", "DELETE FROM role_permissions WHERE role_id = ?"};
const db::Sql kIsAssigned{"roles.is_assigned",
                          "SELECT 1 FROM user_roles WHERE role_id = ? LIMIT 1"};
const db::Sql kUnassignAll{"roles.unassign_all", "DELETE FROM user_roles WHERE role_id = ?"};
const db::Sql kDelete{"roles.delete", "DELETE FROM roles WHERE id = ? AND tenant_id <=> ?"};
// From the rows themselves, so that nobody is given a role of another tenant. Locking, so that a
// role that somebody else deletes right now is not found, instead of a foreign key's failure.
const db::Sql kAssign{"roles.assign",
                      "INSERT INTO user_roles (user_id, role_id, assigned_at, assigned_by)"
                      " SELECT u.id, r.id, ?, ? FROM users u JOIN roles r"
                      " ON r.tenant_id IS NULL OR r.tenant_id = u.tenant_id"
                      " WHERE u.id = ? AND r.id = ? LOCK IN SHARE MODE"
                      " ON DUPLICATE KEY UPDATE user_roles.user_id = user_roles.user_id"};
const db::Sql kUnassign{"roles.unassign",
                        "DELETE FROM user_roles WHERE user_id = ? AND role_id = ?"};

Role ReadRole(const db::Row& row) {
  return {row.As<RoleId>(0), row.OptionalAs<TenantId>(1), row.Text(2), row.OptionalText(3),
          row.Time(4),       row.OptionalAs<UserId>(5),   row.Time(6), row.OptionalAs<UserId>(7)};
}

Status InsertPermissions(db::Executor& ex, RoleId role, std::span<const std::string> permissions) {
  if (permissions.empty()) return {};
  // Here, because the server would compare them in a collation of its own.
  const std::set<std::string_view> each_once(permissions.begin(), permissions.end());
  return Done(ex.Execute(kInsertPermissions, {role, JsonArray(each_once)}));
}

}  // namespace

const RoleId kPlatformAdministrator{
    Uuid{{0, 0, 0, 0, 0, 0, 0x70, 0, 0x80, 0, 0, 0, 0, 0, 0, 0x01}}};

Result<Grants> GrantsOf(db::Executor& ex, TenantId tenant, UserId user) {
  Grants grants;
  std::vector<std::pair<std::int64_t, Role>> roles;
  GH_TRY(ex.Each(kGrants, {user, tenant, user, tenant}, [&](const db::Row& row) {
    auto owner = row.OptionalAs<TenantId>(1);
    if (!row.IsNull(0)) {
      roles.emplace_back(row.Int(0),
                         Role{row.As<RoleId>(3), owner, row.Text(2), row.OptionalText(4)});
      return;
    }
    grants.permissions.push_back(row.Text(2));
    if (!owner && row.Text(2) == "ALL_PERMISSIONS") grants.platform_admin = true;
  }));
  std::sort(roles.begin(), roles.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [ordinal, role] : roles) grants.roles.push_back(std::move(role));
  auto& permissions = grants.permissions;
  std::sort(permissions.begin(), permissions.end());
  permissions.erase(std::unique(permissions.begin(), permissions.end()), permissions.end());
  return grants;
}

Result<std::optional<Role>> FindRole(db::Executor& ex, TenantId tenant, RoleId id) {
  return Map(ex.QueryOne(kFind, {id, tenant}), ReadRole);
}

Result<std::vector<Role>> ListRoles(db::Executor& ex, TenantId tenant) {
  return Map(ex.Query(kList, {tenant}), ReadRole);
}

Result<std::vector<std::string>> PermissionsOf(db::Executor& ex, RoleId role) {
  return Map(ex.Query(kPermissions, {role}), [](const db::Row& row) { return row.Text(0); });
}

Result<std::vector<std::vector<std::string>>> PermissionsOfEach(db::Executor& ex,
                                                                std::span<const Role> roles) {
  std::vector<std::vector<std::string>> out(roles.size());
  if (roles.empty()) return out;
  std::map<RoleId, std::size_t> places;
  std::vector<std::string> ids;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    places.emplace(roles[i].id, i);
    ids.push_back(HexEncode(roles[i].id.view()));
  }
  GH_ASSIGN(const auto rows, ex.Query(kPermissionsOfEach, {JsonArray(ids)}));
  for (const db::Row& row : rows) {
    const auto place = places.find(row.As<RoleId>(0));
    if (place != places.end()) out[place->second].push_back(row.Text(1));
  }
  for (auto& permissions : out) std::sort(permissions.begin(), permissions.end());
  return out;
}

Status LockRoleRules(db::Executor& ex, bool alone) {
  GH_ASSIGN(const auto row,
            ex.QueryOne(alone ? kLockRulesAlone : kLockRulesShared, {kPlatformAdministrator}));
  if (!row) return MakeError(ErrorCode::kInternal, "roles: the platform administrator is gone");
  return {};
}

Result<std::optional<Role>> LockRole(db::Executor& ex, TenantId tenant, RoleId id) {
  return Map(ex.QueryOne(kLockOne, {id, tenant}), ReadRole);
}

Result<std::optional<Role>> FindNamesake(db::Executor& ex, const Role& role) {
  if (role.tenant_id) {
    return Map(ex.QueryOne(kNamesakeInTenant, {*role.tenant_id, role.name, role.id}), ReadRole);
  }
  return Map(ex.QueryOne(kNamesakeAnywhere, {role.name, role.id}), ReadRole);
}

Result<std::optional<Role>> FindRoleByName(db::Executor& ex, TenantId tenant,
                                           std::string_view name) {
  return Map(ex.QueryOne(kFindByName, {tenant, name}), ReadRole);
}

Status InsertRole(db::Executor& ex, const Role& role, std::span<const std::string> permissions,
                  TimePoint now, std::optional<UserId> by) {
  GH_TRY(ex.Execute(kInsert,
                    {role.id, role.tenant_id, role.name, role.description, now, by, now, by}));
  return InsertPermissions(ex, role.id, permissions);
}

Status UpdateRole(db::Executor& ex, const Role& role) {
  return OneRow(kUpdate, ex.Execute(kUpdate, {role.name, role.description, role.updated_at,
                                              role.updated_by, role.id, role.tenant_id}));
}

Status ReplacePermissions(db::Executor& ex, RoleId role, std::span<const std::string> permissions) {
  GH_TRY(ex.Execute(kClear, {role}));
  return InsertPermissions(ex, role, permissions);
}

Result<bool> IsAssigned(db::Executor& ex, RoleId role) {
  GH_ASSIGN(const auto row, ex.QueryOne(kIsAssigned, {role}));
  return row.has_value();
}

Result<std::uint64_t> UnassignFromAll(db::Executor& ex, RoleId role) {
  return ex.Execute(kUnassignAll, {role});
}

Status DeleteRole(db::Executor& ex, const Role& role) {
  return OneRow(kDelete, ex.Execute(kDelete, {role.id, role.tenant_id}));
}

Status AssignRole(db::Executor& ex, UserId user, RoleId role, TimePoint now,
                  std::optional<UserId> by) {
  return OneRow(kAssign, ex.Execute(kAssign, {now, by, user, role}));
}

Result<bool> UnassignRole(db::Executor& ex, UserId user, RoleId role) {
  return Any(ex.Execute(kUnassign, {user, role}));
}

}  // namespace gatehouse::store
