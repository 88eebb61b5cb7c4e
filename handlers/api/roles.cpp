// Roles and the catalogue of permissions (API.md "Administration").
#include <utility>

#include "fcgi/http/field_error.h"
#include "fcgi/http/format.h"
#include "handlers/api/endpoints.h"
#include "handlers/api/paging.h"
#include "handlers/api/schemas.h"
#include "handlers/api/views.h"
#include "handlers/auth/permission_admin.h"
#include "handlers/auth/role_admin.h"

namespace gatehouse::api {
namespace {

std::vector<std::string> Texts(const json::Array& items) {
  std::vector<std::string> out;
  out.reserve(items.size());
  for (const auto& item : items) out.push_back(*item.string());
  return out;
}

http::Response RoleAnswer(int status, const auth::RoleDetails& details) {
  json::Writer out;
  WriteRole(out, details.role, details.permissions);
  return http::Response::Json(status, out.Take());
}

// The route takes any segment for one.
bool IsCode(std::string_view text) { return http::HasFormat(text, schema::kPermissionCode.format); }

}  // namespace

Result<http::Response> GetRoles(Call& call) {
  GH_ASSIGN(const Page page, ReadPage(call.query, "name"));
  const auto ex = call.services.db.Auto(call.caller.deadline);
  GH_ASSIGN(auto roles, store::ListRoles(*ex, call.tenant_id));
  const auto place = [&](const store::Role& role) {
    return Cursor{page.sort == "name" ? role.name : TimeKey(role.created_at), role.id.uuid};
  };
  CutToPage(roles, page, place);
  GH_ASSIGN(auto permissions, store::PermissionsOfEach(*ex, roles));
  std::vector<auth::RoleDetails> rows;
  rows.reserve(roles.size());
  for (std::size_t i = 0; i < roles.size(); ++i) {
    rows.push_back({std::move(roles[i]), std::move(permissions[i])});
  }
  return ListAnswer(
      rows, page, [&](const auth::RoleDetails& row) { return place(row.role); },
      [](json::Writer& out, const auth::RoleDetails& row) {
        WriteRole(out, row.role, row.permissions);
      });
}

Result<http::Response> PostRoles(Call& call) {
  const auth::NewRole wanted{call.body.Text("name"), call.body.OptionalText("description"),
                             Texts(call.body.Items("permissions")), call.body.Bool("system")};
  GH_ASSIGN(const auto made, auth::CreateRole(call.services, call.caller, call.actor(), wanted,
                                              [&](db::Executor& ex, const auth::RoleDetails& role) {
                                                return call.idempotency.Keep(ex,
                                                                             RoleAnswer(201, role));
                                              }));
  return RoleAnswer(201, made);
}

Result<http::Response> GetRole(Call& call) {
  const auto ex = call.services.db.Auto(call.caller.deadline);
  GH_ASSIGN(const auto role, store::FindRole(*ex, call.tenant_id, RoleId{*call.id}));
  if (!role) return MakeError(ErrorCode::kNotFound, "role");
  GH_ASSIGN(auto permissions, store::PermissionsOf(*ex, role->id));
  return RoleAnswer(200, {*role, std::move(permissions)});
}

Result<http::Response> PatchRole(Call& call) {
  auth::RoleChange change;
  if (call.body.Has("name")) change.name = call.body.Text("name");
  if (call.body.Has("description")) change.description = call.body.OptionalText("description");
  if (call.body.Has("permissions")) change.permissions = Texts(call.body.Items("permissions"));
  GH_ASSIGN(const auto role,
            auth::ChangeRole(call.services, call.caller, call.actor(), RoleId{*call.id}, change));
  return RoleAnswer(200, role);
}

Result<http::Response> DeleteRole(Call& call) {
  GH_TRY(auth::RemoveRole(call.services, call.caller, call.actor(), RoleId{*call.id},
                          call.query.Bool("force")));
  return http::Response::Empty(204);
}

Result<http::Response> GetPermissions(Call& call) {
  GH_ASSIGN(const Page page, ReadPage(call.query, "code"));
  std::optional<std::string> after;
  if (page.after) after = page.after->key;
  // One more than is shown tells whether there is a next page.
  GH_ASSIGN(const auto rows, store::ListPermissions(*call.services.db.Auto(call.caller.deadline),
                                                    after, page.ascending, page.limit + 1));
  return ListAnswer(
      rows, page,
      [](const store::Permission& row) {
        return Cursor{row.code, Uuid{}};
      },
      WritePermission);
}

Result<http::Response> PostPermissions(Call& call) {
  if (!IsCode(call.code)) {
    Error error = MakeError(ErrorCode::kValidationFailed, "no code of a permission");
    error.fields.push_back(
        http::Describe(http::Problem::kInvalidFormat, "/code", &schema::kPermissionCode));
    return error;
  }
  GH_ASSIGN(const auto made,
            auth::CreatePermission(call.services, call.caller, *call.principal, call.code,
                                   call.body.OptionalText("description")));
  json::Writer out;
  WritePermission(out, made);
  return http::Response::Json(201, out.Take());
}

Result<http::Response> DeletePermission(Call& call) {
  if (!IsCode(call.code)) return MakeError(ErrorCode::kNotFound, "no code of a permission");
  GH_TRY(auth::RemovePermission(call.services, call.caller, *call.principal, call.code));
  return http::Response::Empty(204);
}

}  // namespace gatehouse::api
