// Cookie mode's protection against cross-site requests (SPEC S8): a signed double-submit token
// bound to the session, and the Origin allowlist.
#pragma once

#include <string>
#include <string_view>

#include "fcgi/base/entropy.h"
#include "fcgi/base/ids.h"
#include "fcgi/run/config.h"
#include "fcgi/run/keyring.h"

namespace gatehouse::auth {

// base64url(16 random bytes) "." base64url(HMAC(csrf ring, session . random)).
std::string NewCsrfToken(const KeyRings& keys, SessionId session, Entropy& entropy);
// The header's token equals the cookie's and was made for this session.
bool IsValidCsrf(const KeyRings& keys, SessionId session, std::string_view header,
                 std::string_view cookie);

// base_url's own origin, an exact entry of cors_origins, or a subdomain of "https://*.domain".
// "" (no Origin header) is allowed; "null" is not.
bool IsAllowedOrigin(const Config& config, std::string_view origin);

}  // namespace gatehouse::auth
