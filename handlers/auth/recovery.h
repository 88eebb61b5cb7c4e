// Passwords forgotten, reset and changed (SPEC P3, P4).
#pragma once

#include <string_view>

#include "handlers/auth/principal.h"
#include "handlers/auth/reauthenticate.h"
#include "handlers/auth/services.h"
#include "handlers/auth/tenant.h"
#include "sql/store/users.h"

namespace gatehouse::auth {

// Mails a link where the address has an active account; costs and answers the same where it has
// none. kUnknownTenant.
Status ForgotPassword(Services& services, const Caller& caller, std::string_view tenant,
                      std::string_view email);

// Ends all sessions and other links, clears a lock. kInvalidLink; kWeakPassword, which leaves the
// link alive.
Status ResetPassword(Services& services, const Caller& caller, std::string_view token,
                     std::string_view new_password);

// Would ResetPassword take the link with this hash, given a good password? kInvalidLink where not;
// changes nothing.
Status CheckResetLink(Services& services, db::Executor& ex, std::string_view token_hash);

// Keeps the caller's session, ends the others. As Reauthenticate, with the second factor where one
// is on; kWeakPassword, which leaves the code unused.
Status ChangePassword(Services& services, const Caller& caller, const Principal& principal,
                      const OwnProof& proof, std::string_view new_password);

// Inside a transaction: a link that makes a new password, by mail.
Status SendResetLink(Services& services, db::Executor& ex, const TenantContext& tenant,
                     const store::User& user);

}  // namespace gatehouse::auth
