// What a mailed link is for, told to whoever holds it before they use it (SPEC U1, P3, W1): a page
// that is opened in another browser than the one that asked for the mail knows neither the tenant
// nor how long its passwords are. Tells of a link that lives, and that it does, which using it
// would tell too; nothing of the account.
#pragma once

#include <string_view>

#include "handlers/auth/services.h"
#include "handlers/auth/tenant.h"
#include "sql/store/links.h"

namespace gatehouse::auth {

struct MailedLink {
  store::LinkPurpose purpose;
  TenantContext tenant;
};

// Uses nothing up. kInvalidLink, the same for all that could not be used now: unknown, used,
// replaced, expired, its account or tenant gone, its address taken.
Result<MailedLink> LookAtLink(Services& services, const Caller& caller, std::string_view token);

}  // namespace gatehouse::auth
