// What people do with their own account as a whole (SPEC U7).
#pragma once

#include <string_view>

#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"

namespace gatehouse::auth {

// Ends all sessions and deletes the account. kWrongPassword, kTooManyAttempts (counted like a
// sign-in), kLastTenantAdmin.
Status DeleteOwnAccount(Services& services, const Caller& caller, const Principal& who,
                        std::string_view password);

}  // namespace gatehouse::auth
