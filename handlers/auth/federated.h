// What a provider says of a person (SPEC O1): read from an ID token's claims or a userinfo answer,
// and trusted no further than it says. Pure.
#pragma once

#include <optional>
#include <string>

#include "fcgi/lib/json.h"

namespace gatehouse::auth {

struct FederatedPerson {
  std::string subject;               // the provider's id of them: 1 to 255 bytes, printable ASCII
  std::optional<std::string> email;  // canonical; nullopt where there is none that we could use
  bool email_verified = false;       // only where the provider says so
  std::optional<std::string> first_name, last_name;
};

// OpenID Connect: `sub`. nullopt where that is missing or unusable.
std::optional<FederatedPerson> PersonOfClaims(const json::Value& claims);
// Plain OAuth 2: `sub`, else `id` (GitHub's is a number).
std::optional<FederatedPerson> PersonOfUserinfo(const json::Value& answer);

}  // namespace gatehouse::auth
