// What a service is told of a token (RFC 7662), and how a token is ended (RFC 7009): SPEC T10.
//
// A token is known by its form: a refresh token has no dots. Asking about one changes nothing: it
// neither rotates nor counts as reuse, and nobody becomes active by it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"

namespace gatehouse::auth {

struct ActiveToken {
  Principal who;  // as of now, whatever the token itself says
  TimePoint issued_at, expires_at;
  // What only an access token has; nullopt: a refresh token.
  struct Access {
    std::string jti;
    TimePoint not_before;
  };
  std::optional<Access> access;
};

// nullopt for whatever is not an active token of the service's tenant. An access token is active
// where /auth/verify takes it, wherever its person is; a refresh token where it could be traded in.
// Neither is where the account must first change its password or enrol a second factor.
// kUnavailable where nobody can say.
Result<std::optional<ActiveToken>> Introspect(Services& services, const Caller& caller,
                                              const Service& service, std::string_view token);

// Ends the session of a token of the service's tenant. Any other token is no error (RFC 7009
// section 2.2).
Status RevokeByService(Services& services, const Caller& caller, const Service& service,
                       std::string_view token);
// The same for a token of one of the caller's own sessions: the one that is over now.
Result<std::optional<SessionId>> RevokeOwn(Services& services, const Caller& caller,
                                           const Principal& principal, std::string_view token);

}  // namespace gatehouse::auth
