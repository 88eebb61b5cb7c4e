#include "handlers/auth/tenant_admin.h"

#include <chrono>

#include "handlers/auth/audit.h"
#include "handlers/auth/difference.h"
#include "handlers/auth/preset.h"
#include "handlers/auth/proof_cache.h"
#include "handlers/auth/provider_setting.h"

namespace gatehouse::auth {
namespace {

std::optional<UserId> IdOf(Administrator by) {
  return by != nullptr ? std::optional(by->user_id) : std::nullopt;
}

// Recorded with the tenant that it happened to.
AuditEntry Event(Administrator by, std::string_view event, TenantId tenant,
                 std::optional<std::string> before, std::optional<std::string> after) {
  if (by != nullptr) {
    return ByActor({*by, tenant}, event, "tenant", tenant.ToString(), std::move(before),
                   std::move(after));
  }
  return {event,           tenant, std::nullopt, "tenant", tenant.ToString(), std::move(before),
          std::move(after)};
}

template <class T>
json::Value OrNull(const std::optional<T>& value) {
  return value ? json::Value(*value) : json::Value();
}

// What an administrator may change, as the audit log shows it.
json::Object Facts(const store::Tenant& tenant) {
  return {{"slug", tenant.slug},
          {"name", tenant.name},
          {"status", tenant.suspended ? "suspended" : "active"},
          {"plan", OrNull(tenant.plan)},
          {"subscription_ends_at", tenant.subscription_ends_at
                                       ? json::Value(ToRfc3339(*tenant.subscription_ends_at))
                                       : json::Value()},
          {"max_users", OrNull(tenant.max_users)}};
}

store::Tenant Patched(store::Tenant tenant, const TenantPatch& patch) {
  if (patch.slug) tenant.slug = *patch.slug;
  if (patch.name) tenant.name = *patch.name;
  if (patch.suspended) tenant.suspended = *patch.suspended;
  if (patch.plan) tenant.plan = *patch.plan;
  if (patch.subscription_ends_at) tenant.subscription_ends_at = *patch.subscription_ends_at;
  if (patch.max_users) tenant.max_users = *patch.max_users;
  return tenant;
}

// Does a proof hold what differs?
bool TouchesProofs(const store::Tenant& a, const store::Tenant& b) {
  return a.slug != b.slug || a.suspended != b.suspended ||
         a.subscription_ends_at != b.subscription_ends_at;
}

// RFC 3339 has years that an offset pushes out of what MariaDB and RFC 3339 itself can hold.
Status CheckEnd(const std::optional<TimePoint>& end) {
  using namespace std::chrono;  // NOLINT(*using-namespace*): the calendar's operators
  if (!end ||
      (*end >= sys_days(year(1970) / January / 1) && *end < sys_days(year(10000) / January / 1))) {
    return {};
  }
  return Error{ErrorCode::kValidationFailed,
               "subscription_ends_at",
               {{"/subscription_ends_at", "out_of_range", "The year must be from 1970 to 9999.",
                 "Please check this date."}},
               0};
}

json::Object Members(const TenantSettings& settings) {
  auto document = json::Parse(SettingsJson(settings));
  return document && document->object() != nullptr ? std::move(*document->object())
                                                   : json::Object();
}

}  // namespace

Result<store::Tenant> CreateTenant(Services& services, const Caller& caller, Administrator by,
                                   const TenantDraft& draft, const AtEnd& at_end) {
  GH_TRY(CheckEnd(draft.subscription_ends_at));
  const TimePoint now = services.clock.Now();
  store::Tenant tenant;
  tenant.id = TenantId::New(now, services.entropy);
  tenant.slug = draft.slug;
  tenant.name = draft.name;
  tenant.suspended = draft.suspended;
  tenant.plan = draft.plan;
  tenant.subscription_ends_at = draft.subscription_ends_at;
  tenant.max_users = draft.max_users;
  tenant.settings = "{}";
  tenant.created_at = tenant.updated_at = now;
  tenant.created_by = tenant.updated_by = IdOf(by);
  json::Object facts = Facts(tenant);
  if (!draft.preset.empty()) facts.emplace_back("preset", draft.preset);
  const std::string after = json::Write(json::Value(std::move(facts)));
  const auto create = [&](db::Executor& ex) -> Status {
    GH_TRY(store::InsertTenant(ex, tenant, IdOf(by)));
    if (!draft.preset.empty()) {
      GH_TRY(CreatePresetRoles(services, ex, caller, tenant.id, draft.preset, IdOf(by)));
    }
    GH_TRY(Audit(services, ex, caller,
                 Event(by, event::kTenantCreated, tenant.id, std::nullopt, after)));
    return at_end ? at_end(ex, tenant) : Status();
  };
  const auto committed = [&](db::Executor& ex) -> Result<bool> {
    GH_ASSIGN(const auto found, store::FindTenant(ex, tenant.id));
    return found.has_value();
  };
  GH_TRY(services.db.Transact<void>(caller.deadline, create, committed));
  return tenant;
}

Result<store::Tenant> UpdateTenant(Services& services, const Caller& caller, Administrator by,
                                   TenantId id, const TenantPatch& patch) {
  if (patch.subscription_ends_at) GH_TRY(CheckEnd(*patch.subscription_ends_at));
  if (by != nullptr && by->tenant_id == id && patch.suspended.value_or(false)) {
    return MakeError(ErrorCode::kEscalation, "the administrator's own tenant");
  }
  TimePoint now;
  const auto update = [&](db::Executor& ex) -> Result<store::Tenant> {
    GH_ASSIGN(const auto before, store::LockTenant(ex, id));
    if (!before) return MakeError(ErrorCode::kNotFound, "tenant");
    store::Tenant after = Patched(*before, patch);
    const Difference changed = DifferenceOf(Facts(*before), Facts(after));
    if (changed.empty()) return after;
    now = services.clock.Now();
    after.updated_at = now;
    after.updated_by = IdOf(by);
    GH_TRY(store::UpdateTenant(ex, after, TouchesProofs(*before, after), now, IdOf(by)));
    GH_TRY(Audit(services, ex, caller,
                 Event(by, event::kTenantUpdated, id, changed.before, changed.after)));
    return after;
  };
  const auto committed = [&](db::Executor& ex) -> Result<bool> {
    GH_ASSIGN(const auto found, store::FindTenant(ex, id));
    return found && found->updated_at == now;
  };
  GH_ASSIGN(auto tenant, services.db.Transact<store::Tenant>(caller.deadline, update, committed));
  // Also where nothing changed: an earlier attempt may have died between commit and cache.
  services.proofs.InvalidateTenant(id);
  return tenant;
}

Status DeleteTenant(Services& services, const Caller& caller, Administrator by, TenantId id,
                    bool force) {
  if (by != nullptr && by->tenant_id == id) {
    return MakeError(ErrorCode::kEscalation, "the administrator's own tenant");
  }
  const auto remove = [&](db::Executor& ex) -> Status {
    GH_ASSIGN(const auto tenant, store::LockTenant(ex, id));
    if (!tenant) return MakeError(ErrorCode::kNotFound, "tenant");
    if (!force) {
      GH_ASSIGN(const bool inhabited, store::HasUsers(ex, id));
      if (inhabited) return MakeError(ErrorCode::kTenantNotEmpty);
    }
    GH_TRY(store::DeleteTenant(ex, id, services.clock.Now(), IdOf(by)));
    return Audit(services, ex, caller,
                 Event(by, event::kTenantDeleted, id, json::Write(json::Value(Facts(*tenant))),
                       std::nullopt));
  };
  const auto committed = [&](db::Executor& ex) -> Result<bool> {
    GH_ASSIGN(const auto found, store::FindTenant(ex, id));
    return !found.has_value();
  };
  auto removed = services.db.Transact<void>(caller.deadline, remove, committed);
  // Also where it was gone before: an earlier attempt may have died between commit and cache.
  if (removed.ok() || removed.error().code == ErrorCode::kNotFound) {
    services.proofs.InvalidateTenant(id);
  }
  return removed;
}

Result<TenantSettings> UpdateSettings(Services& services, const Caller& caller, Administrator by,
                                      TenantId id, const json::Value& patch) {
  TimePoint now;
  const auto update = [&](db::Executor& ex) -> Result<TenantSettings> {
    GH_ASSIGN(const auto tenant, store::LockTenant(ex, id));
    if (!tenant) return MakeError(ErrorCode::kNotFound, "tenant");
    GH_ASSIGN(const std::string merged,
              MergeSettings(tenant->settings, patch, services.config.OAuthLoopback()));
    const TenantSettings before = ParseSettings(tenant->settings);
    TenantSettings after = ParseSettings(merged);
    GH_ASSIGN(
        const auto secrets,
        ApplyClientSecrets(services, ex, id, patch, before.oauth_providers, after.oauth_providers));
    json::Object now_set = Members(after);
    if (!secrets.empty()) {
      json::Array providers;
      for (const auto& provider : secrets) providers.emplace_back(provider);
      now_set.emplace_back("oauth_client_secrets_changed", std::move(providers));
    }
    const Difference changed = DifferenceOf(Members(before), now_set);
    if (changed.empty()) return after;
    now = services.clock.Now();
    GH_TRY(store::SetTenantSettings(ex, id, merged, now, IdOf(by)));
    GH_TRY(Audit(services, ex, caller,
                 Event(by, event::kSettingsUpdated, id, changed.before, changed.after)));
    return after;
  };
  const auto committed = [&](db::Executor& ex) -> Result<bool> {
    GH_ASSIGN(const auto found, store::FindTenant(ex, id));
    return found && found->updated_at == now;
  };
  GH_ASSIGN(auto settings,
            services.db.Transact<TenantSettings>(caller.deadline, update, committed));
  // Also where nothing changed: an earlier attempt may have died between commit and cache.
  services.proofs.InvalidateTenant(id);
  return settings;
}

}  // namespace gatehouse::auth
