#include "sql/store/tenants.h"

#include <chrono>

#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

#define GH_TENANT_COLUMNS                                                                  \
  "id, slug, name, status = 'suspended', plan, subscription_ends_at, max_users, settings," \
  " generation, created_at, created_by, updated_at, updated_by"
#define GH_LIVING_TENANT(condition) \
  "SELECT " GH_TENANT_COLUMNS " FROM tenants WHERE " condition " AND deleted_at IS NULL"

const db::Sql kFind{"tenants.find", GH_LIVING_TENANT("id = ?")};
const db::Sql kLock{"tenants.lock", GH_LIVING_TENANT("id = ?") " FOR UPDATE"};
const db::Sql kShare{"tenants.share", GH_LIVING_TENANT("id = ?") " LOCK IN SHARE MODE"};
const db::Sql kFindBySlug{"tenants.find_by_slug", GH_LIVING_TENANT("slug = ?")};
const db::Sql kList{"tenants.list", "SELECT " GH_TENANT_COLUMNS
                                    " FROM tenants WHERE deleted_at IS NULL ORDER BY slug"};

// The index is named so that the server never weighs that of deleted_at, which nearly all have in
// common, and sorts every tenant for a page.
#define GH_TENANT_PAGE(index, place, order)                                                    \
  "SELECT " GH_TENANT_COLUMNS " FROM tenants FORCE INDEX (" index                              \
  ") WHERE deleted_at IS NULL AND " place                                                      \
  " AND CONCAT(slug, '\n', name) COLLATE utf8mb4_unicode_ci LIKE ? ESCAPE '|' ORDER BY " order \
  " LIMIT ?"
const db::Sql kOldestFirst{
    "tenants.list_oldest",
    GH_TENANT_PAGE("tenants_created", "created_at >= ? AND (created_at > ? OR id > ?)",
                   "created_at, id")};
const db::Sql kNewestFirst{
    "tenants.list_newest",
    GH_TENANT_PAGE("tenants_created", "created_at <= ? AND (created_at < ? OR id < ?)",
                   "created_at DESC, id DESC")};
const db::Sql kBySlug{"tenants.list_by_slug", GH_TENANT_PAGE("tenants_slug", "slug > ?", "slug")};
const db::Sql kBySlugBackwards{"tenants.list_by_slug_backwards",
                               GH_TENANT_PAGE("tenants_slug", "slug < ?", "slug DESC")};

const db::Sql kInsert{
    "tenants.insert",
    "INSERT INTO tenants (id, slug, name, status, plan, subscription_ends_at, max_users, settings,"
    " generation, created_at, created_by, updated_at, updated_by)"
    " VALUES (?, ?, ?, IF(?, 'suspended', 'active'), ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
const db::Sql kUpdate{
    "tenants.update",
    "UPDATE tenants SET slug = ?, name = ?, status = IF(?, 'suspended', 'active'),"
    " plan = ?, subscription_ends_at = ?, max_users = ?,"
    " generation = generation + ?, updated_at = ?, updated_by = ?"
    " WHERE id = ? AND deleted_at IS NULL"};
// The slug becomes one that no tenant can have.
const db::Sql kDelete{"tenants.delete",
                      "UPDATE tenants SET deleted_at = ?, status = 'suspended',"
                      " slug = CONCAT('-', LOWER(HEX(id))), generation = generation + 1,"
                      " updated_at = ?, updated_by = ? WHERE id = ? AND deleted_at IS NULL"};
// Nobody is there any more to be written to.
const db::Sql kVoidMail{"tenants.void_mail",
                        "UPDATE outbox SET status = 'void', message = NULL, finished_at = ?"
                        " WHERE status = 'queued' AND tenant_id = ?"};
const db::Sql kSetSettings{"tenants.set_settings",
                           "UPDATE tenants SET settings = ?, generation = generation + 1,"
                           " updated_at = ?, updated_by = ? WHERE id = ? AND deleted_at IS NULL"};
const db::Sql kBump{"tenants.bump_generation",
                    "UPDATE tenants SET generation = generation + 1, updated_at = ? WHERE id = ?"};
const db::Sql kHasUsers{"tenants.has_users",
                        "SELECT EXISTS(SELECT 1 FROM users WHERE tenant_id = ?)"};
const db::Sql kCountUsers{"tenants.count_users", "SELECT COUNT(*) FROM users WHERE tenant_id = ?"};

#undef GH_TENANT_PAGE
#undef GH_LIVING_TENANT
#undef GH_TENANT_COLUMNS

// What DATETIME can hold.
constexpr TimePoint kFirstTime =
    std::chrono::sys_days(std::chrono::year(1000) / std::chrono::January / 1);
constexpr TimePoint kLastTime =
    std::chrono::sys_days(std::chrono::year(10000) / std::chrono::January / 1) - Micros(1);
// Behind every slug.
constexpr std::string_view kLastSlug = "~";

// For LIKE … ESCAPE '|': whatever has `text` in it.
std::string Holding(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '|') pattern += '|';
    pattern += c;
  }
  return pattern.size() == 1 ? pattern : pattern + '%';
}

Tenant ReadTenant(const db::Row& row) {
  Tenant tenant;
  tenant.id = row.As<TenantId>(0);
  tenant.slug = row.Text(1);
  tenant.name = row.Text(2);
  tenant.suspended = row.Bool(3);
  tenant.plan = row.OptionalText(4);
  tenant.subscription_ends_at = row.OptionalTime(5);
  tenant.max_users = row.OptionalInt(6);
  tenant.settings = row.Text(7);
  tenant.generation = static_cast<std::uint64_t>(row.Int(8));
  tenant.created_at = row.Time(9);
  tenant.created_by = row.OptionalAs<UserId>(10);
  tenant.updated_at = row.Time(11);
  tenant.updated_by = row.OptionalAs<UserId>(12);
  return tenant;
}

TenantPlace BeforeTheFirst(bool ascending) {
  TenantPlace place{ascending ? kFirstTime : kLastTime, {}};
  place.id.uuid.bytes.fill(ascending ? 0 : 0xff);
  return place;
}

}  // namespace

Result<std::optional<Tenant>> FindTenant(db::Executor& ex, TenantId id) {
  return Map(ex.QueryOne(kFind, {id}), ReadTenant);
}

Result<std::optional<Tenant>> LockTenant(db::Executor& ex, TenantId id) {
  return Map(ex.QueryOne(kLock, {id}), ReadTenant);
}

Result<std::optional<Tenant>> ShareTenant(db::Executor& ex, TenantId id) {
  return Map(ex.QueryOne(kShare, {id}), ReadTenant);
}

Result<std::optional<Tenant>> FindTenantBySlug(db::Executor& ex, std::string_view slug) {
  return Map(ex.QueryOne(kFindBySlug, {slug}), ReadTenant);
}

Result<std::vector<Tenant>> ListTenants(db::Executor& ex) {
  return Map(ex.Query(kList, {}), ReadTenant);
}

Result<std::vector<Tenant>> TenantsByCreation(db::Executor& ex, std::string_view text,
                                              const std::optional<TenantPlace>& after,
                                              bool ascending, int limit) {
  const TenantPlace place = after.value_or(BeforeTheFirst(ascending));
  return Map(ex.Query(ascending ? kOldestFirst : kNewestFirst,
                      {place.created_at, place.created_at, place.id, Holding(text), limit}),
             ReadTenant);
}

Result<std::vector<Tenant>> TenantsBySlug(db::Executor& ex, std::string_view text,
                                          const std::optional<std::string>& after, bool ascending,
                                          int limit) {
  const std::string place = after.value_or(std::string(ascending ? "" : kLastSlug));
  return Map(ex.Query(ascending ? kBySlug : kBySlugBackwards, {place, Holding(text), limit}),
             ReadTenant);
}

Status InsertTenant(db::Executor& ex, const Tenant& tenant, std::optional<UserId> by) {
  return Done(
      ex.Execute(kInsert, {tenant.id, tenant.slug, tenant.name, tenant.suspended, tenant.plan,
                           tenant.subscription_ends_at, tenant.max_users, tenant.settings,
                           tenant.generation, tenant.created_at, by, tenant.updated_at, by}));
}

Status UpdateTenant(db::Executor& ex, const Tenant& tenant, bool bump, TimePoint now,
                    std::optional<UserId> by) {
  return OneRow(kUpdate, ex.Execute(kUpdate, {tenant.slug, tenant.name, tenant.suspended,
                                              tenant.plan, tenant.subscription_ends_at,
                                              tenant.max_users, bump, now, by, tenant.id}));
}

Status DeleteTenant(db::Executor& ex, TenantId id, TimePoint now, std::optional<UserId> by) {
  GH_TRY(OneRow(kDelete, ex.Execute(kDelete, {now, now, by, id})));
  return Done(ex.Execute(kVoidMail, {now, id}));
}

Result<bool> SetTenantSettings(db::Executor& ex, TenantId id, std::string_view settings,
                               TimePoint now, std::optional<UserId> by) {
  return Any(ex.Execute(kSetSettings, {settings, now, by, id}));
}

Status BumpTenantGeneration(db::Executor& ex, TenantId id, TimePoint now) {
  return OneRow(kBump, ex.Execute(kBump, {now, id}));
}

Result<bool> HasUsers(db::Executor& ex, TenantId id) {
  GH_ASSIGN(const auto row, ex.QueryOne(kHasUsers, {id}));
  return row && row->Bool(0);
}

Result<std::int64_t> CountUsers(db::Executor& ex, TenantId id) {
  GH_ASSIGN(const auto row, ex.QueryOne(kCountUsers, {id}));
  return row ? row->Int(0) : 0;
}

}  // namespace gatehouse::store
