// The two lists that a person and an administrator share: sessions and attempts.
#pragma once

#include "handlers/api/call.h"

namespace gatehouse::api {

// Live sessions of a user of the caller's tenant, paged by the query. kNotFound.
Result<http::Response> SessionsOf(Call& call, UserId user);
// Attempts of the caller's tenant by the query's filter; of one user where `only` is given.
Result<http::Response> AttemptsOf(Call& call, std::optional<UserId> only);

}  // namespace gatehouse::api
