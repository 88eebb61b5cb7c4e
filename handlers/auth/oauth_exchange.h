// From an authorization code to the person that the provider means (SPEC O1): the token endpoint,
// the ID token, the userinfo endpoint where it is needed. Waits for somebody else's server.
#pragma once

#include <string>
#include <variant>

#include "handlers/auth/federated.h"
#include "handlers/auth/oauth_flow.h"

namespace gatehouse::auth {

// Why nobody is signed in. `reason` stands with the recorded attempt, for administrators.
struct FlowRefusal {
  ErrorCode code;
  std::string reason;
};

struct CodeAnswer {
  std::string code;
  std::optional<std::string> iss;  // RFC 9207
};

std::variant<FederatedPerson, FlowRefusal> Exchange(Services& services,
                                                    const OfferedProvider& offered,
                                                    const Secret& client_secret,
                                                    const FlowSecrets& secrets,
                                                    const CodeAnswer& answer, Deadline deadline);

}  // namespace gatehouse::auth
