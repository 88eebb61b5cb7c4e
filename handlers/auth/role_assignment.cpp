#include "handlers/auth/role_assignment.h"

#include <algorithm>

#include "handlers/auth/requirement.h"

namespace gatehouse::auth {
namespace {

FieldError BadRole(std::size_t index, std::string_view code, std::string_view detail) {
  return {"/role_ids/" + std::to_string(index), std::string(code), std::string(detail),
          "Please choose the roles again."};
}

FieldError UnknownRole(std::size_t index) {
  return BadRole(index, "unknown_role", "There is no such role in the tenant.");
}

bool Has(const std::vector<store::Role>& roles, RoleId id) {
  return std::any_of(roles.begin(), roles.end(), [id](const auto& role) { return role.id == id; });
}

Status CheckMayGrant(db::Executor& ex, const Actor& actor, const store::Role& role) {
  GH_ASSIGN(const auto permissions, store::PermissionsOf(ex, role.id));
  if (!MayGrant(actor.who, permissions, !role.tenant_id)) {
    return MakeError(ErrorCode::kEscalation, "role " + role.id.ToString());
  }
  return {};
}

Result<std::vector<store::Role>> FindAll(db::Executor& ex, TenantId tenant,
                                         const std::vector<RoleId>& wanted) {
  Error invalid{ErrorCode::kValidationFailed, "role_ids", {}, 0};
  std::vector<store::Role> out;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    GH_ASSIGN(auto role, store::FindRole(ex, tenant, wanted[i]));
    if (!role) {
      invalid.fields.push_back(UnknownRole(i));
    } else if (Has(out, role->id)) {
      invalid.fields.push_back(BadRole(i, "repeated", "The role is named twice."));
    } else {
      bytes += role->name.size();
      out.push_back(std::move(*role));
    }
  }
  if (bytes > kMaxRoleNameBytes) {
    invalid.fields.push_back({"/role_ids", "too_long",
                              "The names of all roles together must not pass 2048 bytes.",
                              "Please choose fewer roles."});
  }
  if (!invalid.fields.empty()) return invalid;
  return out;
}

}  // namespace

Status AssignRoles(Services& services, db::Executor& ex, const Actor& actor, UserId user,
                   const std::vector<store::Role>& held, const std::vector<RoleId>& wanted) {
  GH_ASSIGN(const auto roles, FindAll(ex, actor.tenant, wanted));
  for (const auto& role : held) {
    if (!Has(roles, role.id)) GH_TRY(CheckMayGrant(ex, actor, role));
  }
  for (const auto& role : roles) {
    if (!Has(held, role.id)) GH_TRY(CheckMayGrant(ex, actor, role));
  }
  // What is held in the wanted order stays as it is; from the first difference on, anew.
  std::size_t same = 0;
  while (same < held.size() && same < roles.size() && held[same].id == roles[same].id) ++same;
  for (std::size_t i = same; i < held.size(); ++i) {
    GH_TRY(store::UnassignRole(ex, user, held[i].id));
  }
  const TimePoint now = services.clock.Now();
  for (std::size_t i = same; i < roles.size(); ++i) {
    const auto assigned = store::AssignRole(ex, user, roles[i].id, now, actor.id());
    if (!assigned.ok() && assigned.error().code == ErrorCode::kNotFound) {
      return Error{ErrorCode::kValidationFailed, "role deleted meanwhile", {UnknownRole(i)}, 0};
    }
    GH_TRY(assigned);
  }
  return {};
}

}  // namespace gatehouse::auth
