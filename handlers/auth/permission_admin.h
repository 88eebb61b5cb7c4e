// The catalogue of permissions, changed (API.md /auth/permissions). Platform administrators only:
// the route says so.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"
#include "sql/store/permissions.h"

namespace gatehouse::auth {

// kAlreadyExists.
Result<store::Permission> CreatePermission(Services& services, const Caller& caller,
                                           const Principal& who, std::string_view code,
                                           std::optional<std::string> description);

// Takes the code and its `:own` form out of every role that holds them, too; a wildcard that is
// left without anything to match gives nothing. Holds for the next verification once it has
// returned. kNotFound.
Status RemovePermission(Services& services, const Caller& caller, const Principal& who,
                        std::string_view code);

}  // namespace gatehouse::auth
