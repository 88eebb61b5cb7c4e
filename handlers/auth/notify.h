// Mail that a rule causes: rendered and put into the outbox inside the rule's transaction (SPEC
// M2).
#pragma once

#include <string>

#include "handlers/auth/mail.h"
#include "handlers/auth/services.h"
#include "handlers/auth/tenant.h"

namespace gatehouse::auth {

struct Recipient {
  std::string address;
  std::string name;  // "" where unknown
};

Status Notify(Services& services, db::Executor& ex, const TenantContext& tenant, MailKind kind,
              const Recipient& recipient, MailValues values);

// The row that keeps the cost alike where there is nobody to write to. Never sent.
Status NotifyNobody(Services& services, db::Executor& ex, const TenantContext& tenant,
                    MailKind kind, const std::string& address);

// The identifier's lock, which sign-in takes too: first in every transaction on an address, so that
// a wait for somebody's row does not tell that there is one (SPEC L2).
Status LockAddress(Services& services, db::Executor& ex, const TenantContext& tenant,
                   const std::string& address);

// Asked-for mails only (SPEC L5): true where this recipient has had as many as an hour allows. The
// caller then sends nothing and answers as ever.
Result<bool> RecipientIsFull(Services& services, db::Executor& ex, const TenantContext& tenant,
                             const std::string& address);

// "{base_url}/auth/ui/verify#token=…": the token in the fragment, so that it is in no log.
std::string LinkTo(const Services& services, std::string_view page, std::string_view token);

// "{base_url}/auth/ui/sign-in?tenant=acme": of the tenant that the mail comes from, which the
// browser where it is opened need not know.
std::string PageOf(const Services& services, const TenantContext& tenant, std::string_view page);

}  // namespace gatehouse::auth
