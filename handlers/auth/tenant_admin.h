// Administering tenants (SPEC N3 to N6): by platform administrators, in part by a tenant's own, and
// by the command line. Who may name which tenant is for the caller to check.
//
// Everything here commits first and tells the cache then, before it returns: the very next
// verification knows (SPEC T8).
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "fcgi/lib/json.h"
#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"
#include "handlers/auth/settings.h"
#include "sql/store/tenants.h"

namespace gatehouse::auth {

// Who administers; nullptr: the command line, which is nobody in particular.
using Administrator = const Principal*;

struct TenantDraft {
  std::string slug, name;  // checked by the caller
  std::string preset;      // whose roles it starts with (SPEC R5), or ""
  bool suspended = false;
  std::optional<std::string> plan;
  std::optional<TimePoint> subscription_ends_at;
  std::optional<std::int64_t> max_users;
};

// `at_end` runs at the end of the transaction. kAlreadyExists for a slug that is taken,
// kValidationFailed.
using AtEnd = std::function<Status(db::Executor& ex, const store::Tenant& tenant)>;
Result<store::Tenant> CreateTenant(Services& services, const Caller& caller, Administrator by,
                                   const TenantDraft& draft, const AtEnd& at_end);

// What is not named stays; an inner nullopt clears.
struct TenantPatch {
  std::optional<std::string> slug, name;  // checked by the caller
  std::optional<bool> suspended;
  std::optional<std::optional<std::string>> plan;
  std::optional<std::optional<TimePoint>> subscription_ends_at;
  std::optional<std::optional<std::int64_t>> max_users;
};

// The tenant as it is then. kNotFound, kAlreadyExists, kValidationFailed.
Result<store::Tenant> UpdateTenant(Services& services, const Caller& caller, Administrator by,
                                   TenantId id, const TenantPatch& patch);

// Out of sight at once, its slug free, its tokens dead; housekeeping removes its rows. With `force`
// also where people are in it. kNotFound, kTenantNotEmpty; kEscalation for the own tenant.
Status DeleteTenant(Services& services, const Caller& caller, Administrator by, TenantId id,
                    bool force);

// `patch`: an object of some settings; null resets one to its default. kNotFound,
// kValidationFailed with a field each.
Result<TenantSettings> UpdateSettings(Services& services, const Caller& caller, Administrator by,
                                      TenantId id, const json::Value& patch);

}  // namespace gatehouse::auth
