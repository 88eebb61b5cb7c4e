// The roles that a tenant can start from (SPEC R5).
#pragma once

#include <optional>
#include <string_view>

#include "handlers/auth/services.h"
#include "sql/db/database.h"

namespace gatehouse::auth {

// In the transaction that makes the tenant. kValidationFailed for a preset that there is not.
Status CreatePresetRoles(Services& services, db::Executor& ex, const Caller& caller,
                         TenantId tenant, std::string_view preset, std::optional<UserId> by);

}  // namespace gatehouse::auth
