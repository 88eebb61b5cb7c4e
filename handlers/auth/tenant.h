// Which tenant a request without a session is about (SPEC N2).
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

  // Past the end of the subscription only tenant admins come in (SPEC N4).
  bool SubscriptionEnded(TimePoint now) const {
    return row.subscription_ends_at && now >= *row.subscription_ends_at;
  }
};

// The slug that counts: the body's, else nginx's, else the configured default.
std::string TenantSlug(const Services& services, const Caller& caller, std::string_view from_body);

// nullopt: no such tenant.
Result<std::optional<TenantContext>> FindTenantContext(Services& services, const Caller& caller,
                                                       std::string_view slug);
// By id, for somebody who is signed in; kInternal where it is gone.
Result<TenantContext> LoadTenantContext(db::Executor& ex, TenantId id);

}  // namespace gatehouse::auth
