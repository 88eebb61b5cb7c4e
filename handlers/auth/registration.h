// Signing up (SPEC U1, P2, L2). Whether an address has an account is not told: the same statements
// run, the same hash is made, the same answer is given.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "handlers/auth/tenant.h"
#include "sql/store/oauth.h"

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

// May somebody with this address (canonical) register? Says the same whether there is an account.
Status CheckRegistrationPolicy(const TenantContext& tenant, std::string_view email);

// One registration, whose address nobody has proven yet.
struct Registration {
  std::string email;                         // canonical
  std::optional<std::string> password_hash;  // or:
  std::optional<store::OAuthAccount> account;
  std::optional<std::string> first_name, last_name, phone;
};
// Inside a transaction, once the policy allows it: the pending account, new or overwritten, and the
// mail with the link. Costs the same where the address is taken, which gets a mail saying so.
// kTenantUserLimit, kUnknownTenant.
Status RegisterIn(Services& services, db::Executor& ex, const Caller& caller,
                  const TenantContext& tenant, const Registration& registration);

}  // namespace gatehouse::auth
