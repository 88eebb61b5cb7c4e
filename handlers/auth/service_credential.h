// Service credentials (SPEC T10): how a service says who it is. client_id is the credential's id,
// the secret has 256 random bits; only its hash is kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"

namespace gatehouse::auth {

// HTTP Basic (RFC 7617), the way of RFC 6749 section 2.3.1.
struct BasicCredential {
  std::string client_id;
  std::string secret;
};
// nullopt where the header is no well-formed Basic credential.
std::optional<BasicCredential> ParseBasic(std::string_view authorization);

// kInvalidClient for an unknown id, a wrong secret, a tenant that is suspended or gone.
Result<Service> Authenticate(Services& services, const Caller& caller,
                             const BasicCredential& credential);

}  // namespace gatehouse::auth
