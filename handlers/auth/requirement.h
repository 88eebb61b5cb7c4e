// What a protected place asks for (SPEC R6, R7; API.md "For nginx and services"), and the decision.
// Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/base/result.h"
#include "handlers/auth/principal.h"

namespace gatehouse::auth {

class Requirement {
 public:
  // The place belongs to this tenant (SPEC N2): whoever belongs to another has no business there,
  // whatever they hold at home, where they may be named and called anything. Platform
  // administrators are at home everywhere. An empty text asks for nothing.
  void RequireTenant(std::string_view slug) { tenant_ = slug; }
  // Comma-separated, any of. An empty text asks for nothing; an empty element or a malformed
  // permission makes the whole requirement malformed, which nobody meets.
  void RequirePermission(std::string_view any_of);
  void RequireRole(std::string_view any_of);
  // For a value that was given but cannot be a requirement.
  void MarkMalformed() { malformed_ = true; }
  void AllowRoleless(bool allow) { allow_roleless_ = allow; }

  // kNoRoleAssigned, kPermissionDenied.
  Status Check(const Principal& principal) const;

 private:
  // Each inner list: any of; all inner lists must be met.
  std::vector<std::vector<std::string>> permissions_, roles_;
  std::string tenant_;
  bool allow_roleless_ = false;
  bool malformed_ = false;
};

// May this person do `permission` ("m:r:a")? Tenant and platform admins may do everything in their
// tenant. `owns`: the resource in question is theirs.
bool May(const Principal& principal, std::string_view permission, bool owns);

// May `who` act on somebody of their tenant who holds this? Not on whoever holds what they do not
// (SPEC R4, API.md "Administration").
bool MayActOn(const Principal& who, bool tenant_admin, bool platform_admin,
              std::span<const std::string> permissions);

// May `who` give somebody this role, take it away, or make a role that holds these (SPEC R4)?
// Nobody grants what they do not hold; ALL_PERMISSIONS through a system role only platform admins
// have to give.
bool MayGrant(const Principal& who, std::span<const std::string> permissions, bool system_role);

}  // namespace gatehouse::auth
