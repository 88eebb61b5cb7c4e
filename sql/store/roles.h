// Roles, their permissions, and who has them (SPEC R).
#pragma once

#include <optional>
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
// By name among the tenant's roles, else among the system's.
Result<std::optional<Role>> FindRoleByName(db::Executor& ex, TenantId tenant,
                                           std::string_view name);
Status InsertRole(db::Executor& ex, const Role& role, std::span<const std::string> permissions,
                  TimePoint now, std::optional<UserId> by);
// Assigning what is assigned already changes nothing. kNotFound where the role is neither the
// system's nor of the user's tenant.
Status AssignRole(db::Executor& ex, UserId user, RoleId role, TimePoint now,
                  std::optional<UserId> by);
Result<bool> UnassignRole(db::Executor& ex, UserId user, RoleId role);

}  // namespace gatehouse::store
