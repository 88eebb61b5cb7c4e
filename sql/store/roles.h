// Roles, their permissions, and who has them (SPEC R).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::store {

// 00000000-0000-7000-8000-000000000001, made by the first migration.
extern const RoleId kPlatformAdministrator;

struct Role {
  RoleId id;
  std::optional<TenantId> tenant_id;  // nullopt: system-wide
  std::string name;
  std::optional<std::string> description;
  TimePoint created_at{};
  std::optional<UserId> created_by{};
  TimePoint updated_at{};
  std::optional<UserId> updated_by{};
};

// What a user holds: roles in order of assignment, and the union of their permissions, sorted,
// without duplicates. Roles of other tenants do not count, whatever user_roles says.
struct Grants {
  std::vector<Role> roles;
  std::vector<std::string> permissions;
  bool platform_admin = false;  // ALL_PERMISSIONS through a system role (API.md)
};

Result<Grants> GrantsOf(db::Executor& ex, TenantId tenant, UserId user);

// A role of the tenant, or of the system.
Result<std::optional<Role>> FindRole(db::Executor& ex, TenantId tenant, RoleId id);
// Roles of the tenant and system roles, by name.
Result<std::vector<Role>> ListRoles(db::Executor& ex, TenantId tenant);
Result<std::vector<std::string>> PermissionsOf(db::Executor& ex, RoleId role);
// Of each of `roles`, in their order, in one statement.
Result<std::vector<std::vector<std::string>>> PermissionsOfEach(db::Executor& ex,
                                                                std::span<const Role> roles);
// By name among the tenant's roles, else among the system's.
Result<std::optional<Role>> FindRoleByName(db::Executor& ex, TenantId tenant,
                                           std::string_view name);
// Role names are compared across tenants (API.md: a requirement names a role by its name alone),
// and permissions across the catalogue and all roles: no key can hold either. Whoever makes or
// changes a tenant's role takes this lock shared; whoever makes or renames a system's role, or
// takes a permission out of the catalogue, takes it alone. To the end of the transaction; after the
// locks of tenants, before those of roles.
Status LockRoleRules(db::Executor& ex, bool alone);
// As FindRole, holding the row's lock to the end of the transaction: nobody is given the role
// meanwhile.
Result<std::optional<Role>> LockRole(db::Executor& ex, TenantId tenant, RoleId id);
// Another role whose name keeps `role` from having its own: of the same tenant or the system's; for
// a system's role, of anybody. Its own tenant's first. Under LockRoleRules.
Result<std::optional<Role>> FindNamesake(db::Executor& ex, const Role& role);
Status InsertRole(db::Executor& ex, const Role& role, std::span<const std::string> permissions,
                  TimePoint now, std::optional<UserId> by);
// Writes name, description, updated_at and updated_by.
Status UpdateRole(db::Executor& ex, const Role& role);
Status ReplacePermissions(db::Executor& ex, RoleId role, std::span<const std::string> permissions);
Result<bool> IsAssigned(db::Executor& ex, RoleId role);
// From everybody; how many had it.
Result<std::uint64_t> UnassignFromAll(db::Executor& ex, RoleId role);
// With its permissions. A role that is assigned cannot be deleted (a foreign key).
Status DeleteRole(db::Executor& ex, const Role& role);
// Assigning what is assigned already changes nothing. kNotFound where the role is neither the
// system's nor of the user's tenant.
Status AssignRole(db::Executor& ex, UserId user, RoleId role, TimePoint now,
                  std::optional<UserId> by);
Result<bool> UnassignRole(db::Executor& ex, UserId user, RoleId role);

}  // namespace gatehouse::store
