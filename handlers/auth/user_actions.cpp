// What administrators do to users beside changing them: delete, roles, unlock, reset, sign out.
#include <algorithm>
#include <functional>

#include "fcgi/lib/json.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/identifier.h"
#include "handlers/auth/proof_cache.h"
#include "handlers/auth/recovery.h"
#include "handlers/auth/role_assignment.h"
#include "handlers/auth/session.h"
#include "handlers/auth/user_admin.h"
#include "sql/store/attempts.h"
#include "sql/store/links.h"
#include "sql/store/oauth.h"

namespace gatehouse::auth {
namespace {

std::string RolesJson(const std::vector<store::Role>& roles) {
  json::Writer out;
  out.BeginObject().Key("role_ids").BeginArray();
  for (const auto& role : roles) out.String(role.id.ToString());
  out.EndArray().Key("roles").BeginArray();
  for (const auto& role : roles) out.String(role.name);
  return out.EndArray().EndObject().Take();
}

// The wanted roles, from those that are held.
using Choose = std::function<std::vector<RoleId>(const std::vector<store::Role>& held)>;

Result<UserView> SetRolesIn(Services& services, db::Executor& ex, const Caller& caller,
                            const Actor& actor, UserId id, const Choose& choose) {
  GH_ASSIGN(UserView view, LockForAction(ex, actor, id));
  const auto held = std::move(view.grants.roles);
  GH_TRY(AssignRoles(services, ex, actor, id, held, choose(held)));
  GH_ASSIGN(view.grants, store::GrantsOf(ex, actor.tenant, id));
  const bool same =
      std::equal(held.begin(), held.end(), view.grants.roles.begin(), view.grants.roles.end(),
                 [](const auto& a, const auto& b) { return a.id == b.id; });
  if (same) return view;
  GH_TRY(Audit(services, ex, caller,
               ByActor(actor, event::kRoleAssigned, "user", id.ToString(), RolesJson(held),
                       RolesJson(view.grants.roles))));
  return view;
}

Result<UserView> ChooseRoles(Services& services, const Caller& caller, const Actor& actor,
                             UserId id, const Choose& choose) {
  GH_ASSIGN(UserView view, services.db.Transact<UserView>(caller.deadline, [&](db::Executor& ex) {
    return SetRolesIn(services, ex, caller, actor, id, choose);
  }));
  GH_TRY(VoidProofs(services, caller, actor.tenant, id));
  return view;
}

}  // namespace

Result<UserView> SetUserRoles(Services& services, const Caller& caller, const Actor& actor,
                              UserId id, const std::vector<RoleId>& roles) {
  return ChooseRoles(services, caller, actor, id, [&](const auto&) { return roles; });
}

Result<UserView> AddUserRole(Services& services, const Caller& caller, const Actor& actor,
                             UserId id, RoleId role) {
  return ChooseRoles(services, caller, actor, id, [&](const std::vector<store::Role>& held) {
    std::vector<RoleId> wanted;
    wanted.reserve(held.size() + 1);
    for (const auto& one : held) wanted.push_back(one.id);
    if (std::find(wanted.begin(), wanted.end(), role) == wanted.end()) wanted.push_back(role);
    return wanted;
  });
}

Status DeleteUser(Services& services, const Caller& caller, const Actor& actor, UserId id) {
  const auto remove = [&](db::Executor& ex) -> Result<EndedSessions> {
    // Before the user's row: they may be the last administrator.
    GH_TRY(store::LockTenant(ex, actor.tenant));
    GH_ASSIGN(const auto view, LockForAction(ex, actor, id));
    return DeleteUserIn(services, ex, caller, actor, view.user);
  };
  const auto committed = [&](db::Executor& ex) -> Result<bool> {
    GH_ASSIGN(const auto found, store::FindUser(ex, actor.tenant, id));
    return !found.has_value();
  };
  const auto ended = services.db.Transact<EndedSessions>(caller.deadline, remove, committed);
  // Also where they were gone before: see DeleteUserIn.
  if (ended.ok() || ended.error().code == ErrorCode::kNotFound) {
    services.proofs.InvalidateTenant(actor.tenant);
  }
  GH_TRY(ended);
  TellEnded(services, *ended);
  return {};
}

Result<EndedSessions> DeleteUserIn(Services& services, db::Executor& ex, const Caller& caller,
                                   const Actor& actor, const store::User& user) {
  if (user.is_tenant_admin && user.status == store::UserStatus::kActive) {
    GH_TRY(KeepATenantAdmin(ex, user.tenant_id, user.id));
  }
  GH_ASSIGN(auto ended, EndSessionsIn(services, ex, caller, user.tenant_id, user.id, actor.id(),
                                      std::nullopt, "account_deleted"));
  json::Writer before;
  before.BeginObject().Member("email", user.email);
  before.Member("first_name", user.first_name).Member("last_name", user.last_name).EndObject();
  GH_TRY(Audit(services, ex, caller,
               ByActor(actor, event::kUserDeleted, "user", user.id.ToString(), before.Take(),
                       std::nullopt)));
  // With the user their sessions go, and nobody could tell the cache of them any more if this try
  // dies after its commit: the generation lets another try void their proofs.
  GH_TRY(store::BumpTenantGeneration(ex, user.tenant_id, services.clock.Now()));
  GH_TRY(store::DeleteUser(ex, user.tenant_id, user.id));
  return ended;
}

Status UnlockUser(Services& services, const Caller& caller, const Actor& actor, UserId id) {
  // The address first, for its lock comes before the user's.
  GH_ASSIGN(const auto found,
            store::FindUser(*services.db.Auto(caller.deadline), actor.tenant, id));
  if (!found) return MakeError(ErrorCode::kNotFound, "user");
  return services.db.Transact<void>(caller.deadline, [&](db::Executor& ex) -> Status {
    const auto key = IdentifierKey(services.keys, actor.tenant.view(), found->email);
    GH_TRY(store::LockIdentifier(ex, key, services.clock.Now()));
    GH_TRY(LockForAction(ex, actor, id));
    GH_TRY(store::ClearCounted(ex, key));
    return Audit(
        services, ex, caller,
        ByActor(actor, event::kUserUnlocked, "user", id.ToString(), std::nullopt, std::nullopt));
  });
}

Status ForcePasswordReset(Services& services, const Caller& caller, const Actor& actor, UserId id) {
  GH_ASSIGN(
      const auto ended,
      services.db.Transact<EndedSessions>(
          caller.deadline, [&](db::Executor& ex) -> Result<EndedSessions> {
            GH_ASSIGN(const auto tenant, LoadTenantContext(ex, actor.tenant));
            GH_ASSIGN(const auto view, LockForAction(ex, actor, id));
            GH_TRY(store::MarkEveryLinkUsed(ex, actor.tenant, id, services.clock.Now()));
            GH_TRY(store::DeleteIdentitiesByLink(ex, actor.tenant, id));
            GH_TRY(store::ClearPassword(ex, actor.tenant, id, services.clock.Now(), actor.id()));
            GH_TRY(Audit(
                services, ex, caller,
                ByActor(actor, event::kResetRequested, "user", id.ToString(), std::nullopt,
                        json::Writer().BeginObject().Member("forced", true).EndObject().Take())));
            if (view.user.status == store::UserStatus::kActive) {
              GH_TRY(SendResetLink(services, ex, tenant, view.user));
            }
            return EndSessionsIn(services, ex, caller, actor.tenant, id, actor.id(), std::nullopt,
                                 "password_reset_forced");
          }));
  TellEnded(services, ended);
  return {};
}

Status SignOutUser(Services& services, const Caller& caller, const Actor& actor, UserId id) {
  GH_ASSIGN(const auto ended, services.db.Transact<EndedSessions>(
                                  caller.deadline, [&](db::Executor& ex) -> Result<EndedSessions> {
                                    GH_TRY(LockForAction(ex, actor, id));
                                    return EndSessionsIn(services, ex, caller, actor.tenant, id,
                                                         actor.id(), std::nullopt,
                                                         "ended_by_admin");
                                  }));
  TellEnded(services, ended);
  return {};
}

}  // namespace gatehouse::auth
