// Which tenant a request without a session is about (SPEC N2), and whether another person fits in
// (SPEC N4).
#pragma once

#include <optional>
#include <string_view>

#include "handlers/auth/services.h"
#include "handlers/auth/settings.h"
#include "sql/store/tenants.h"

namespace gatehouse::auth {

struct TenantContext {
  store::Tenant row;
  TenantSettings settings;

  bool SubscriptionEnded(TimePoint now) const {
    return row.subscription_ends_at && now >= *row.subscription_ends_at;
  }
};

// Past the end of a subscription nobody signs in, and no token is renewed, but for those who can
// have it prolonged (SPEC N4): the tenant's administrators and the platform's. Does it stop them?
inline bool StopsAtSubscriptionsEnd(bool tenant_admin, bool platform_admin) {
  return !tenant_admin && !platform_admin;
}

// The slug that counts: the body's, else nginx's, else the configured default.
std::string TenantSlug(const Services& services, const Caller& caller, std::string_view from_body);

// nullopt: no such tenant.
Result<std::optional<TenantContext>> FindTenantContext(Services& services, const Caller& caller,
                                                       std::string_view slug);
Result<std::optional<TenantContext>> FindTenantContext(db::Executor& ex, TenantId id);
// For somebody who is signed in: kInvalidToken where it was deleted meanwhile.
Result<TenantContext> LoadTenantContext(db::Executor& ex, TenantId id);

// May `more` people be added (SPEC N4)? To be asked in every transaction that inserts users: after
// the identifier's lock, before any user's, and, where outsiders ask, before anything that depends
// on whether an address exists. To the end of the transaction the tenant is neither deleted nor
// given another limit, and where it has one, nobody else adds people. kTenantUserLimit;
// kUnknownTenant where it is gone.
Status CheckUserLimit(db::Executor& ex, TenantId id, std::int64_t more = 1);

}  // namespace gatehouse::auth
