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
  TimePoint created_at{};
  std::optional<UserId> created_by{};
  TimePoint updated_at{};
  std::optional<UserId> updated_by{};
};

// A tenant that is deleted is nowhere to be found, whatever of it is still to be purged.
Result<std::optional<Tenant>> FindTenant(db::Executor& ex, TenantId id);
// Holding the row's lock to the end of the transaction.
Result<std::optional<Tenant>> LockTenant(db::Executor& ex, TenantId id);
// The same, shared: others may do so too, but nobody changes or deletes the tenant meanwhile.
Result<std::optional<Tenant>> ShareTenant(db::Executor& ex, TenantId id);
Result<std::optional<Tenant>> FindTenantBySlug(db::Executor& ex, std::string_view slug);
Result<std::vector<Tenant>> ListTenants(db::Executor& ex);  // by slug

// One page of the tenants with `text` in slug or name, whatever its case and accents (an empty one
// is in all), from behind `after` on (from the beginning where there is none); at most `limit`.
struct TenantPlace {
  TimePoint created_at;
  TenantId id;
};
Result<std::vector<Tenant>> TenantsByCreation(db::Executor& ex, std::string_view text,
                                              const std::optional<TenantPlace>& after,
                                              bool ascending, int limit);
Result<std::vector<Tenant>> TenantsBySlug(db::Executor& ex, std::string_view text,
                                          const std::optional<std::string>& after, bool ascending,
                                          int limit);

// kAlreadyExists ("tenants_slug") for a slug that is taken.
Status InsertTenant(db::Executor& ex, const Tenant& tenant, std::optional<UserId> by);
// Writes what an administrator may change: slug, name, suspended, plan, subscription, max_users.
// `bump` where a proof holds what changed. kAlreadyExists as above.
Status UpdateTenant(db::Executor& ex, const Tenant& tenant, bool bump, TimePoint now,
                    std::optional<UserId> by);
// Out of sight from the commit on, its slug free, its proofs void; its rows are purge's
// (sql/store/purge.h). kNotFound where it is not there.
Status DeleteTenant(db::Executor& ex, TenantId id, TimePoint now, std::optional<UserId> by);
// Replaces the settings document and bumps the generation.
Result<bool> SetTenantSettings(db::Executor& ex, TenantId id, std::string_view settings,
                               TimePoint now, std::optional<UserId> by);
// Voids every proof of the tenant's sessions (once the caller has also told the cache).
Status BumpTenantGeneration(db::Executor& ex, TenantId id, TimePoint now);
Result<bool> HasUsers(db::Executor& ex, TenantId id);
// Everybody not deleted (API.md: what max_users counts).
Result<std::int64_t> CountUsers(db::Executor& ex, TenantId id);

}  // namespace gatehouse::store
