// The roles that a tenant can start from (SPEC R5).
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "fcgi/base/ids.h"
#include "handlers/auth/services.h"

namespace gatehouse::auth {

struct PresetRole {
  std::string_view name;
  std::string_view description;
  std::span<const std::string_view> permissions;
};

struct Preset {
  std::string_view name;
  std::span<const PresetRole> roles;
};

std::span<const Preset> Presets();

// Inside the transaction that makes the tenant, whose event covers the roles. What the catalogue no
// longer lists is left out. kValidationFailed for a preset that there is not; kAlreadyExists where
// the system has a role of one of the names.
Status CreatePresetRoles(Services& services, db::Executor& ex, const Caller& caller,
                         TenantId tenant, std::string_view preset, std::optional<UserId> by);

}  // namespace gatehouse::auth
