// Service credentials (SPEC T10): how a service says who it is. client_id is the credential's id,
// the secret has 256 random bits; only its hash is kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fcgi/base/secret.h"
#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"
#include "sql/store/credentials.h"

namespace gatehouse::auth {

// HTTP Basic (RFC 7617), the way of RFC 6749 section 2.3.1.
struct BasicCredential {
  std::string client_id;
  std::string secret;
};
// nullopt where the header is no well-formed Basic credential.
std::optional<BasicCredential> ParseBasic(std::string_view authorization);

// MariaDB is asked each time, so that a deleted credential stops at once. kInvalidClient for an
// unknown id, a wrong secret, a tenant that is suspended or gone, in the same time; kUnavailable.
Result<Service> Authenticate(Services& services, const Caller& caller,
                             const BasicCredential& credential);

struct NewCredential {
  store::Credential row;
  Secret secret;  // base64url; shown this once
};
Result<NewCredential> CreateCredential(Services& services, const Caller& caller, const Actor& actor,
                                       std::string name);

// kNotFound where the tenant has no such credential.
Status DeleteCredential(Services& services, const Caller& caller, const Actor& actor,
                        CredentialId id);

}  // namespace gatehouse::auth
