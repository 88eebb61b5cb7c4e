// TOTP secrets at rest: sealed for the row of their user (handlers/auth/sealed.h).
#pragma once

#include <cstdint>
#include <string_view>

#include "fcgi/base/secret.h"
#include "handlers/auth/services.h"
#include "sql/store/second_factor.h"
#include "sql/store/users.h"

namespace gatehouse::auth {

store::TotpSecret SealTotp(Services& services, const store::User& user, std::string_view secret);

// kInternal, which names the key, where the key file cannot open it: nobody's code is wrong then.
Result<Secret> OpenTotp(Services& services, const store::TotpSecret& row);

// What was sealed before under the active key of the ring totp; returns how many there were. An
// error names the first that cannot be opened; what comes before it is done.
Result<std::uint64_t> ResealTotpSecrets(Services& services);

}  // namespace gatehouse::auth
