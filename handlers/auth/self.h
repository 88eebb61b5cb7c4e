// What people do with their own account as a whole (SPEC U7).
#pragma once

#include "handlers/auth/principal.h"
#include "handlers/auth/reauthenticate.h"
#include "handlers/auth/services.h"

namespace gatehouse::auth {

// Ends all sessions and deletes the account. As Reauthenticate, with the second factor where one is
// on; kLastTenantAdmin.
Status DeleteOwnAccount(Services& services, const Caller& caller, const Principal& who,
                        const OwnProof& proof);

}  // namespace gatehouse::auth
