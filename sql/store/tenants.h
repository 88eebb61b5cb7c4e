// Tenants (SPEC N).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::store {

struct Tenant {
  TenantId id;
  std::string slug;
  std::string name;
  bool suspended = false;
  std::optional<std::string> plan;
  std::optional<TimePoint> subscription_ends_at;
  std::optional<std::int64_t> max_users;
  std::string settings;  // JSON object
  std::uint64_t generation = 1;
  TimePoint created_at;
  TimePoint updated_at;
};

Result<std::optional<Tenant>> FindTenant(db::Executor& ex, TenantId id);
// Holding the row's lock to the end of the transaction.
Result<std::optional<Tenant>> LockTenant(db::Executor& ex, TenantId id);
Result<std::optional<Tenant>> FindTenantBySlug(db::Executor& ex, std::string_view slug);
Result<std::vector<Tenant>> ListTenants(db::Executor& ex);  // by slug
// kAlreadyExists ("tenants_slug") for a slug that is taken.
Status InsertTenant(db::Executor& ex, const Tenant& tenant, std::optional<UserId> by);
// Also bumps the generation. False where there is no such tenant.
Result<bool> SetTenantSuspended(db::Executor& ex, TenantId id, bool suspended, TimePoint now,
                                std::optional<UserId> by);
// Replaces the settings document and bumps the generation.
Result<bool> SetTenantSettings(db::Executor& ex, TenantId id, std::string_view settings,
                               TimePoint now, std::optional<UserId> by);
// Voids every proof of the tenant's sessions (once the caller has also told the cache).
Status BumpTenantGeneration(db::Executor& ex, TenantId id, TimePoint now);
// Everybody not deleted (API.md: what max_users counts).
Result<std::int64_t> CountUsers(db::Executor& ex, TenantId id);

}  // namespace gatehouse::store
