#include "handlers/auth/permission_admin.h"

#include "fcgi/lib/json.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/role_admin.h"
#include "sql/store/every_tenant.h"
#include "sql/store/roles.h"

namespace gatehouse::auth {
namespace {

// The catalogue is of no tenant: its events are recorded where their administrator is.
AuditEntry EntryOf(const Principal& who, std::string_view event, std::string_view code,
                   std::optional<std::string> before, std::optional<std::string> after) {
  return ByActor({who, who.tenant_id}, event, "permission", std::string(code), std::move(before),
                 std::move(after));
}

// Ids and no names: whoever reads the log of the administrator's tenant has no business with what
// others call their roles.
std::string AsJson(const store::Permission& permission,
                   const std::vector<store::PermissionHolder>& holders) {
  json::Writer out;
  out.BeginObject().Member("code", permission.code);
  out.Member("description", permission.description).Key("roles").BeginArray();
  for (const auto& holder : holders) {
    out.BeginObject().Member("id", holder.role.ToString()).Key("tenant_id");
    if (holder.tenant_id) {
      out.String(holder.tenant_id->ToString());
    } else {
      out.Null();
    }
    out.EndObject();
  }
  return out.EndArray().EndObject().Take();
}

Status RemoveIn(Services& services, db::Executor& ex, const Caller& caller, const Principal& who,
                std::string_view code) {
  GH_TRY(store::LockEveryTenant(ex));
  GH_TRY(store::LockRoleRules(ex, true));
  GH_ASSIGN(const auto permission, store::FindPermission(ex, code));
  if (!permission) return MakeError(ErrorCode::kNotFound, "permission");
  GH_ASSIGN(const auto holders, store::HoldersOf(ex, code));
  GH_TRY(store::DeletePermission(ex, code));
  if (!holders.empty()) {
    GH_TRY(store::TakeFromRoles(ex, code, services.clock.Now(), who.user_id));
    GH_TRY(store::BumpEveryGeneration(ex));
  }
  return Audit(
      services, ex, caller,
      EntryOf(who, event::kPermissionDeleted, code, AsJson(*permission, holders), std::nullopt));
}

}  // namespace

Result<store::Permission> CreatePermission(Services& services, const Caller& caller,
                                           const Principal& who, std::string_view code,
                                           std::optional<std::string> description) {
  const store::Permission out{std::string(code), std::move(description), services.clock.Now(),
                              who.user_id};
  const auto inserted = services.db.Transact<void>(
      caller.deadline,
      [&](db::Executor& ex) -> Status {
        GH_TRY(store::InsertPermission(ex, out));
        json::Writer after;
        after.BeginObject().Member("code", out.code).Member("description", out.description);
        return Audit(
            services, ex, caller,
            EntryOf(who, event::kPermissionCreated, code, std::nullopt, after.EndObject().Take()));
      },
      [&](db::Executor& ex) -> Result<bool> {
        GH_ASSIGN(const auto found, store::FindPermission(ex, code));
        return found && found->created_by == out.created_by && found->created_at == out.created_at;
      });
  GH_TRY(inserted);
  return out;
}

Status RemovePermission(Services& services, const Caller& caller, const Principal& who,
                        std::string_view code) {
  auto removed = services.db.Transact<void>(
      caller.deadline, [&](db::Executor& ex) { return RemoveIn(services, ex, caller, who, code); });
  // Also where it was gone: the try that removed it may have died before it told the cache.
  if (removed.ok() || removed.error().code == ErrorCode::kNotFound) {
    GH_TRY(InvalidateEveryTenant(services, caller));
  }
  return removed;
}

}  // namespace gatehouse::auth
