// Signing up (SPEC U1, P2, L2): registration, the link that verifies an address, and asking for
// another one. None of them tells whether an address has an account: the same statements run, the
// same hash is made, the same answer is given.
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

// Activates the registration that the link was sent for, with that registration's password.
// kInvalidLink where the token is unknown, used, replaced or expired.
Status VerifyEmail(Services& services, const Caller& caller, std::string_view token);

// A new link for the newest registration; older links die. kUnknownTenant.
Status ResendVerification(Services& services, const Caller& caller, std::string_view tenant,
                          std::string_view email);

}  // namespace gatehouse::auth
