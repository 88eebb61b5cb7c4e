// Roles, made, changed and deleted (SPEC R2 to R5; API.md /auth/roles).
//
// Whatever a role would hold, its maker must hold; to change or delete one, one must hold all that
// it holds now (R4). The system's roles are changed by platform administrators only, and theirs,
// store::kPlatformAdministrator, by nobody.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"
#include "sql/store/roles.h"

namespace gatehouse::auth {

struct RoleDetails {
  store::Role role;
  std::vector<std::string> permissions;  // sorted
};

struct NewRole {
  std::string name;
  std::optional<std::string> description;
  std::vector<std::string> permissions;  // as asked for
  bool system = false;
};

// What is not set stays.
struct RoleChange {
  std::optional<std::string> name;
  std::optional<std::optional<std::string>> description;
  std::optional<std::vector<std::string>> permissions;
};

// Runs at the end of the transaction, with what it will have made.
using RoleMade = std::function<Status(db::Executor&, const RoleDetails&)>;

// kPermissionDenied (a system role), kUnknownPermission, kEscalation, kAlreadyExists.
Result<RoleDetails> CreateRole(Services& services, const Caller& caller, const Actor& actor,
                               const NewRole& wanted, const RoleMade& made);
// Holds for the next verification once it has returned (SPEC T8). kNotFound, and the above.
Result<RoleDetails> ChangeRole(Services& services, const Caller& caller, const Actor& actor,
                               RoleId id, const RoleChange& change);
// `force`: also a role that people have; they lose it. kRoleInUse, kNotFound, kPermissionDenied,
// kEscalation.
Status RemoveRole(Services& services, const Caller& caller, const Actor& actor, RoleId id,
                  bool force);

// Inside a transaction: what every new role goes through, whoever makes it. `permissions` as asked
// for. `who`: whose own permissions are the limit; nullptr on the command line and for presets.
// kAlreadyExists where the name is the tenant's own role's ("roles_name", see IsRoleOfThatName), or
// one that may not be borne beside a system's role. kNotFound without such a tenant.
Status AddRole(db::Executor& ex, const Principal* who, const store::Role& role,
               std::span<const std::string> permissions, TimePoint now, std::optional<UserId> by);

// Is `error` about a role of that name in the same tenant (or, of the system's, in the system)?
bool IsRoleOfThatName(const Error& error);

// {"name", "description", "permissions"}: what the audit log says of a role that came.
std::string RoleAsJson(const store::Role& role, std::span<const std::string> permissions);

// After the commit of a change to a system's role or to the catalogue: proofs everywhere are void.
Status InvalidateEveryTenant(Services& services, const Caller& caller);

}  // namespace gatehouse::auth
