// Coming back from a provider (SPEC O1 to O3): who is this, may they come in, and as whom?
//
//   an account that is somebody's       signs them in
//   one that a signed-in person links   becomes theirs
//   otherwise, with an address that the provider says is verified:
//     the tenant's setting allows it, and an active account has the same verified address: linked
//     nobody has the address: a new account under the registration policy
//     somebody has it: refused, and told by mail
//   with an address that is not verified: a registration like any other, which a mailed link
//     completes; the answer does not tell whether there is an account
//
// A tenant's own provider signs no platform administrator in, and none links an account there.
//
// A registration that waits for its link is nobody's account: nothing is linked to it, and what the
// provider's link brings replaces whatever else was entered there.
#pragma once

#include <optional>
#include <string>

#include "handlers/auth/oauth_exchange.h"
#include "handlers/auth/sign_in.h"

namespace gatehouse::auth {

struct CallbackRequest {
  std::string provider;  // of the path
  FlowSecrets secrets;   // what came in the URL and in the cookie
  std::string code;
  std::optional<std::string> iss;
  std::optional<std::string> error;  // the provider's
  Device device;
};

struct CallbackOutcome {
  std::optional<SignInAnswer> signed_in;  // nullopt: linked
  std::string return_to;
};

// Refusals are errors, recorded as attempts and audited before they are returned:
// kInvalidChallenge (state unknown, used, expired, of another browser or provider),
// kAuthenticationRequired (the person said no), kInvalidCredentials (what the provider says does
// not hold), kUnavailable (it says nothing), kAlreadyExists (the account or address is
// somebody's; a tenant's provider vouched for a platform administrator), kEscalation (who links at
// one is that), kEmailNotVerified, what the registration policy says, and what any first factor may
// lead to.
Result<CallbackOutcome> FinishFlow(Services& services, const Caller& caller,
                                   const CallbackRequest& request);

}  // namespace gatehouse::auth
