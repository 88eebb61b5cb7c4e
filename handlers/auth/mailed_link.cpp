#include "handlers/auth/mailed_link.h"

#include <string>

#include "handlers/auth/link_token.h"
#include "handlers/auth/recovery.h"
#include "handlers/auth/verification.h"

namespace gatehouse::auth {

Result<MailedLink> LookAtLink(Services& services, const Caller& caller, std::string_view token) {
  const std::string hash = LinkTokenHash(token);
  if (hash.empty()) return MakeError(ErrorCode::kInvalidLink, "malformed");
  const auto ex = services.db.Auto(caller.deadline);
  GH_ASSIGN(const auto link, store::FindLink(*ex, hash));
  if (!link) return MakeError(ErrorCode::kInvalidLink, "unknown");
  const bool resets = link->purpose == store::LinkPurpose::kPasswordReset;
  GH_TRY(resets ? CheckResetLink(services, *ex, hash)
                : CheckVerifyLink(*ex, hash, services.clock.Now()));
  GH_ASSIGN(auto tenant, FindTenantContext(*ex, link->tenant_id));
  if (!tenant) return MakeError(ErrorCode::kInvalidLink, "the tenant is gone");
  return MailedLink{link->purpose, std::move(*tenant)};
}

}  // namespace gatehouse::auth
