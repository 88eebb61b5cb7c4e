// Who gets which roles (SPEC R2, R4). Inside a transaction, with the user's row locked or just
// made.
#pragma once

#include <vector>

#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"
#include "sql/store/roles.h"

namespace gatehouse::auth {

// Names of all roles of one person, together: they must fit into a token and into nginx's header.
inline constexpr std::size_t kMaxRoleNameBytes = 2048;

// Replaces `held` by `wanted`, in the order of `wanted` (the first is the primary role, API.md).
// kEscalation for a role to be given or taken that the actor may not give; kValidationFailed with
// "/role_ids/N" for one that is neither the tenant's nor the system's, or is named twice.
Status AssignRoles(Services& services, db::Executor& ex, const Actor& actor, UserId user,
                   const std::vector<store::Role>& held, const std::vector<RoleId>& wanted);

}  // namespace gatehouse::auth
