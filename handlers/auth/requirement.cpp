#include "handlers/auth/requirement.h"

#include <algorithm>

#include "handlers/auth/catalogue.h"
#include "handlers/auth/permission.h"

namespace gatehouse::auth {
namespace {

std::vector<std::string> SplitAnyOf(std::string_view text) {
  std::vector<std::string> out;
  while (true) {
    const auto comma = text.find(',');
    auto item = text.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    out.emplace_back(item);
    if (comma == std::string_view::npos) return out;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace

void Requirement::RequirePermission(std::string_view any_of) {
  if (any_of.empty()) return;
  auto list = SplitAnyOf(any_of);
  if (!std::all_of(list.begin(), list.end(), [](const auto& p) { return IsQuestion(p); })) {
    malformed_ = true;
  }
  permissions_.push_back(std::move(list));
}

void Requirement::RequireRole(std::string_view any_of) {
  if (any_of.empty()) return;
  auto list = SplitAnyOf(any_of);
  if (std::find(list.begin(), list.end(), "") != list.end()) malformed_ = true;
  roles_.push_back(std::move(list));
}

Status Requirement::Check(const Principal& principal) const {
  if (!tenant_.empty() && principal.identity->tenant_slug != tenant_ && !principal.platform_admin) {
    return MakeError(ErrorCode::kPermissionDenied, "another tenant's place");
  }
  const bool asks = !permissions_.empty() || !roles_.empty() || malformed_;
  if (principal.roleless() && (asks || !allow_roleless_)) {
    return MakeError(ErrorCode::kNoRoleAssigned);
  }
  if (malformed_) return MakeError(ErrorCode::kPermissionDenied, "malformed requirement");
  for (const auto& any_of : permissions_) {
    if (!std::any_of(any_of.begin(), any_of.end(),
                     [&](const auto& p) { return May(principal, p, false); })) {
      return MakeError(ErrorCode::kPermissionDenied, "permission");
    }
  }
  for (const auto& any_of : roles_) {
    if (!std::any_of(any_of.begin(), any_of.end(), [&](const auto& role) {
          return std::find(principal.identity->roles.begin(), principal.identity->roles.end(),
                           role) != principal.identity->roles.end();
        })) {
      return MakeError(ErrorCode::kPermissionDenied, "role");
    }
  }
  return {};
}

bool May(const Principal& principal, std::string_view permission, bool owns) {
  if (principal.tenant_admin || principal.platform_admin) return IsQuestion(permission);
  return Allows(principal.identity->permissions, permission, owns);
}

bool MayActOn(const Principal& who, bool tenant_admin, bool platform_admin,
              std::span<const std::string> permissions) {
  if (who.platform_admin) return true;
  if (platform_admin) return false;
  if (who.tenant_admin) return true;
  return !tenant_admin &&
         std::all_of(permissions.begin(), permissions.end(), [&](const std::string& permission) {
           return HoldsGrant(who.identity->permissions, permission);
         });
}

bool MayGrant(const Principal& who, std::span<const std::string> permissions, bool system_role) {
  if (who.platform_admin) return true;
  if (system_role &&
      std::find(permissions.begin(), permissions.end(), kAllPermissions) != permissions.end()) {
    return false;
  }
  if (who.tenant_admin) return true;
  return std::all_of(permissions.begin(), permissions.end(), [&](const std::string& permission) {
    return HoldsGrant(who.identity->permissions, permission);
  });
}

}  // namespace gatehouse::auth
