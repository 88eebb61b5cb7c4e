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

// As reseal.h says.
Result<std::uint64_t> ResealTotpSecrets(Services& services);

}  // namespace gatehouse::auth
