#include "handlers/auth/role_admin.h"

#include <utility>

#include "fcgi/lib/json.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/catalogue.h"
#include "handlers/auth/proof_cache.h"
#include "handlers/auth/requirement.h"
#include "sql/store/every_tenant.h"
#include "sql/store/permissions.h"
#include "sql/store/tenants.h"

namespace gatehouse::auth {
namespace {

constexpr std::string_view kNameKey = "roles_name";

void WritePermissions(json::Writer& out, std::span<const std::string> permissions) {
  out.Key("permissions").BeginArray();
  for (const auto& permission : permissions) out.String(permission);
  out.EndArray();
}

void WriteRoleMembers(json::Writer& out, const store::Role& role,
                      std::span<const std::string> permissions) {
  out.Member("name", role.name).Member("description", role.description);
  WritePermissions(out, permissions);
}

// Events of the system's roles are recorded where their administrator is.
Actor AuditActor(const Actor& actor, const store::Role& role) {
  return {actor.who, role.tenant_id ? actor.tenant : actor.who.tenant_id};
}

Status CheckChangeable(const Principal& who, const store::Role& role) {
  if (role.id == store::kPlatformAdministrator) {
    return MakeError(ErrorCode::kPermissionDenied, "the platform administrator's role is fixed");
  }
  if (!role.tenant_id && !who.platform_admin) {
    return MakeError(ErrorCode::kPermissionDenied, "a system role");
  }
  return {};
}

Status CheckMayGrant(const Principal& who, const store::Role& role,
                     std::span<const std::string> permissions) {
  if (MayGrant(who, permissions, !role.tenant_id)) return {};
  return MakeError(ErrorCode::kEscalation);
}

Status CheckListed(db::Executor& ex, std::span<const std::string> permissions) {
  if (permissions.empty()) return {};
  GH_ASSIGN(const auto codes, store::PermissionCodes(ex));
  return Catalogue(codes).Check(permissions);
}

Status CheckName(db::Executor& ex, const store::Role& role) {
  GH_ASSIGN(const auto other, store::FindNamesake(ex, role));
  if (!other) return {};
  if (other->tenant_id == role.tenant_id) {
    return MakeError(ErrorCode::kAlreadyExists, "a role of that name: " + std::string(kNameKey));
  }
  return MakeError(ErrorCode::kAlreadyExists, other->tenant_id
                                                  ? "a tenant has a role " + role.name
                                                  : "the system has a role " + role.name);
}

// In the order of locks: tenants, rules, roles. Whoever changes a system's role changes what people
// may do in every tenant.
Status LockAbove(db::Executor& ex, const std::optional<TenantId>& tenant) {
  if (tenant) {
    GH_ASSIGN(const auto row, store::LockTenant(ex, *tenant));
    if (!row) return MakeError(ErrorCode::kNotFound, "tenant");
  } else {
    GH_TRY(store::LockEveryTenant(ex));
  }
  return store::LockRoleRules(ex, !tenant);
}

Status Bump(db::Executor& ex, const store::Role& role, TimePoint now) {
  return role.tenant_id ? store::BumpTenantGeneration(ex, *role.tenant_id, now)
                        : store::BumpEveryGeneration(ex);
}

Status TellCache(Services& services, const Caller& caller, const std::optional<TenantId>& tenant) {
  if (!tenant) return InvalidateEveryTenant(services, caller);
  services.proofs.InvalidateTenant(*tenant);
  return {};
}

// The role that is to be changed or deleted, and its permissions, under its lock.
Result<RoleDetails> LockForChange(db::Executor& ex, const Actor& actor, const store::Role& seen) {
  GH_TRY(LockAbove(ex, seen.tenant_id));
  GH_ASSIGN(auto role, store::LockRole(ex, actor.tenant, seen.id));
  if (!role) return MakeError(ErrorCode::kNotFound, "role");
  GH_ASSIGN(auto permissions, store::PermissionsOf(ex, role->id));
  GH_TRY(CheckMayGrant(actor.who, *role, permissions));
  return RoleDetails{std::move(*role), std::move(permissions)};
}

// `change` done to `now_is`; before and after of what differs, "" where nothing does.
struct Difference {
  json::Writer before, after;
  bool name = false, description = false, permissions = false;
  bool any() const { return name || description || permissions; }
};

void Apply(const RoleChange& change, RoleDetails& now_is, Difference& difference) {
  auto& [before, after, name, description, permissions] = difference;
  before.BeginObject();
  after.BeginObject();
  if (change.name && *change.name != now_is.role.name) {
    name = true;
    before.Member("name", now_is.role.name);
    now_is.role.name = *change.name;
    after.Member("name", now_is.role.name);
  }
  if (change.description && *change.description != now_is.role.description) {
    description = true;
    before.Member("description", now_is.role.description);
    now_is.role.description = *change.description;
    after.Member("description", now_is.role.description);
  }
  if (change.permissions) {
    auto folded = Folded(*change.permissions);
    if (folded != now_is.permissions) {
      permissions = true;
      WritePermissions(before, now_is.permissions);
      now_is.permissions = std::move(folded);
      WritePermissions(after, now_is.permissions);
    }
  }
  before.EndObject();
  after.EndObject();
}

Result<RoleDetails> ChangeIn(Services& services, db::Executor& ex, const Caller& caller,
                             const Actor& actor, const store::Role& seen,
                             const RoleChange& change) {
  GH_ASSIGN(RoleDetails out, LockForChange(ex, actor, seen));
  if (change.permissions) {
    GH_TRY(CheckListed(ex, *change.permissions));
    GH_TRY(CheckMayGrant(actor.who, out.role, *change.permissions));
  }
  Difference difference;
  Apply(change, out, difference);
  if (!difference.any()) return out;
  if (difference.name) GH_TRY(CheckName(ex, out.role));
  out.role.updated_at = services.clock.Now();
  out.role.updated_by = actor.who.user_id;
  GH_TRY(store::UpdateRole(ex, out.role));
  if (difference.permissions) {
    GH_TRY(store::ReplacePermissions(ex, out.role.id, out.permissions));
  }
  if (difference.name || difference.permissions) GH_TRY(Bump(ex, out.role, caller.now));
  GH_TRY(Audit(services, ex, caller,
               ByActor(AuditActor(actor, out.role), event::kRoleUpdated, "role",
                       out.role.id.ToString(), difference.before.Take(), difference.after.Take())));
  return out;
}

Status RemoveIn(Services& services, db::Executor& ex, const Caller& caller, const Actor& actor,
                const store::Role& seen, bool force) {
  GH_ASSIGN(const RoleDetails gone, LockForChange(ex, actor, seen));
  const RoleId id = gone.role.id;
  GH_ASSIGN(const bool assigned, store::IsAssigned(ex, id));
  if (assigned && !force) return MakeError(ErrorCode::kRoleInUse);
  GH_ASSIGN(const auto unassigned, store::UnassignFromAll(ex, id));
  GH_TRY(store::DeleteRole(ex, gone.role));
  GH_TRY(Bump(ex, gone.role, caller.now));
  json::Writer before;
  WriteRoleMembers(before.BeginObject(), gone.role, gone.permissions);
  before.Member("unassigned_from", static_cast<std::int64_t>(unassigned));
  return Audit(services, ex, caller,
               ByActor(AuditActor(actor, gone.role), event::kRoleDeleted, "role", id.ToString(),
                       before.EndObject().Take(), std::nullopt));
}

}  // namespace

Status AddRole(db::Executor& ex, const Principal* who, const store::Role& role,
               std::span<const std::string> permissions, TimePoint now, std::optional<UserId> by) {
  // A new role is nobody's yet: for a system's, the tenants need no lock.
  if (role.tenant_id) {
    GH_TRY(LockAbove(ex, role.tenant_id));
  } else {
    GH_TRY(store::LockRoleRules(ex, true));
  }
  GH_TRY(CheckListed(ex, permissions));
  if (who != nullptr) GH_TRY(CheckMayGrant(*who, role, permissions));
  GH_TRY(CheckName(ex, role));
  return store::InsertRole(ex, role, permissions, now, by);
}

bool IsRoleOfThatName(const Error& error) { return db::IsDuplicate(error, kNameKey); }

std::string RoleAsJson(const store::Role& role, std::span<const std::string> permissions) {
  json::Writer out;
  WriteRoleMembers(out.BeginObject(), role, permissions);
  return out.EndObject().Take();
}

Result<RoleDetails> CreateRole(Services& services, const Caller& caller, const Actor& actor,
                               const NewRole& wanted, const RoleMade& made) {
  if (wanted.system && !actor.who.platform_admin) {
    return MakeError(ErrorCode::kPermissionDenied, "a system role");
  }
  const TimePoint now = services.clock.Now();
  const UserId by = actor.who.user_id;
  const RoleDetails out{{RoleId::New(now, services.entropy),
                         wanted.system ? std::nullopt : std::optional(actor.tenant), wanted.name,
                         wanted.description, now, by, now, by},
                        Folded(wanted.permissions)};
  const auto inserted = services.db.Transact<void>(
      caller.deadline,
      [&](db::Executor& ex) -> Status {
        GH_TRY(AddRole(ex, &actor.who, out.role, wanted.permissions, now, by));
        GH_TRY(Audit(
            services, ex, caller,
            ByActor(AuditActor(actor, out.role), event::kRoleCreated, "role",
                    out.role.id.ToString(), std::nullopt, RoleAsJson(out.role, out.permissions))));
        return made(ex, out);
      },
      [&](db::Executor& ex) -> Result<bool> {
        GH_ASSIGN(const auto found, store::FindRole(ex, actor.tenant, out.role.id));
        return found.has_value();
      });
  GH_TRY(inserted);
  return out;
}

Result<RoleDetails> ChangeRole(Services& services, const Caller& caller, const Actor& actor,
                               RoleId id, const RoleChange& change) {
  GH_ASSIGN(const auto seen, store::FindRole(*services.db.Auto(caller.deadline), actor.tenant, id));
  if (!seen) return MakeError(ErrorCode::kNotFound, "role");
  GH_TRY(CheckChangeable(actor.who, *seen));
  GH_ASSIGN(RoleDetails out,
            services.db.Transact<RoleDetails>(caller.deadline, [&](db::Executor& ex) {
              return ChangeIn(services, ex, caller, actor, *seen, change);
            }));
  // Also where nothing was left to change: the try that did it may have died before this.
  if (change.name || change.permissions) GH_TRY(TellCache(services, caller, seen->tenant_id));
  return out;
}

Status RemoveRole(Services& services, const Caller& caller, const Actor& actor, RoleId id,
                  bool force) {
  GH_ASSIGN(const auto seen, store::FindRole(*services.db.Auto(caller.deadline), actor.tenant, id));
  if (!seen) {
    // Perhaps gone by a try that died before it told the cache.
    GH_TRY(TellCache(services, caller,
                     actor.who.platform_admin ? std::nullopt : std::optional(actor.tenant)));
    return MakeError(ErrorCode::kNotFound, "role");
  }
  GH_TRY(CheckChangeable(actor.who, *seen));
  GH_TRY(services.db.Transact<void>(caller.deadline, [&](db::Executor& ex) {
    return RemoveIn(services, ex, caller, actor, *seen, force);
  }));
  return TellCache(services, caller, seen->tenant_id);
}

Status InvalidateEveryTenant(Services& services, const Caller& caller) {
  // Read after the commit: a tenant that came before it is among them, and one that came later has
  // no proof from before.
  GH_ASSIGN(const auto tenants, store::AllTenantIds(*services.db.Auto(caller.deadline)));
  for (const TenantId tenant : tenants) {
    // A cache that hangs costs a tenth of a second each; the rest is then late by proof_ttl at
    // most.
    if (caller.deadline.Expired()) return MakeError(ErrorCode::kTimeout, "telling the cache");
    services.proofs.InvalidateTenant(tenant);
  }
  return {};
}

}  // namespace gatehouse::auth
