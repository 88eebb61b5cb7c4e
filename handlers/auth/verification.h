// Addresses and the mailed links that verify them (SPEC U1, U3): of a registration, of an address
// that an administrator entered, of one that a person wants to move to.
#pragma once

#include <string>
#include <string_view>

#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"
#include "handlers/auth/tenant.h"
#include "sql/store/links.h"
#include "sql/store/users.h"

namespace gatehouse::auth {

// The tenant that a request without a session names; kUnknownTenant.
Result<TenantContext> NamedTenant(Services& services, const Caller& caller,
                                  std::string_view from_body);

// Uses a link up. A registration becomes active with that registration's password, an account gets
// its new address, a new address counts as verified. kInvalidLink where the token is unknown, used,
// replaced or expired, or where the address was taken meanwhile.
Status VerifyEmail(Services& services, const Caller& caller, std::string_view token);

// Would VerifyEmail take the link with this hash? kInvalidLink where not; changes nothing.
Status CheckVerifyLink(db::Executor& ex, std::string_view token_hash, TimePoint now);

// A new link for an account that is not verified; older ones die. Costs and answers the same where
// there is none (SPEC L2). kUnknownTenant.
Status ResendVerification(Services& services, const Caller& caller, std::string_view tenant,
                          std::string_view email);

// A person's wish for another address (SPEC U3): its owner gets a link, the old address a warning.
// What it answers does not tell whether the new one is taken. kWrongPassword, kTooManyAttempts;
// kValidationFailed where it is the present one.
Status RequestEmailChange(Services& services, const Caller& caller, const Principal& who,
                          std::string_view new_email, std::string_view password);

// Inside a transaction: the mail with the link.
Status SendVerification(Services& services, db::Executor& ex, const TenantContext& tenant,
                        const store::Link& link, const std::string& token);

// Inside a transaction: a link for the address that an administrator gave to `user`; older ones
// die.
Status SendAddressLink(Services& services, db::Executor& ex, const TenantContext& tenant,
                       const store::User& user);

}  // namespace gatehouse::auth
