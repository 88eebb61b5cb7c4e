// POST /auth/login (SPEC L1, L2, S1, S2).
#pragma once

#include <optional>
#include <string>

#include "handlers/auth/session.h"

namespace gatehouse::auth {

struct SignInRequest {
  std::string tenant;  // slug of the body; may be empty
  std::string email;   // as typed
  std::string password;
  Device device;
  bool cookie_mode = false;
};

// kInvalidCredentials, kTooManyAttempts; after the right password also kEmailNotVerified,
// kAccountDisabled, kTenantSuspended, kSubscriptionExpired.
Result<SessionGrant> SignIn(Services& services, const Caller& caller, const SignInRequest& request);

}  // namespace gatehouse::auth
