// Signing up (SPEC U1, P2, L2). Whether an address has an account is not told: the same statements
// run, the same hash is made, the same answer is given.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "handlers/auth/tenant.h"

namespace gatehouse::auth {

struct RegistrationRequest {
  std::string tenant;
  std::string email;
  std::string password;
  std::optional<std::string> first_name, last_name, phone;
};

// kUnknownTenant, kTenantSuspended, kRegistrationClosed, kRegistrationDomainNotAllowed,
// kWeakPassword; ok otherwise, whether the address is new, pending or taken.
Status Register(Services& services, const Caller& caller, const RegistrationRequest& request);

}  // namespace gatehouse::auth
