// A person's accounts at providers (SPEC O2): linked, listed, unlinked.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "handlers/auth/oauth_flow.h"
#include "sql/store/users.h"

namespace gatehouse::auth {

// Inside a transaction with the user's row locked: attaches an account that is nobody's, and says
// so in the audit log. `email`: as the provider says. kAlreadyExists as InsertIdentity.
// `by_link`: a mailed link attaches it.
Status LinkAccount(Services& services, db::Executor& ex, const Caller& caller,
                   const store::OAuthAccount& account, const std::optional<std::string>& email,
                   const store::User& user, bool by_link = false);

struct LinkedAccount {
  store::Identity identity;
  std::string name;  // the provider's, for people; its id where it is not offered any more
};
Result<std::vector<LinkedAccount>> LinkedAccounts(Services& services, const Caller& caller,
                                                  const Principal& who);

// kNotFound; kLastSignInMethod where neither a password nor another account that still signs in
// is left.
Status Unlink(Services& services, const Caller& caller, const Principal& who,
              std::string_view provider);

}  // namespace gatehouse::auth
