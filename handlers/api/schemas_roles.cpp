#include <array>

#include "handlers/api/schema_parts.h"
#include "handlers/api/schemas.h"

namespace gatehouse::api::schema {
namespace {

using http::FieldSpec;
using http::FieldType;
using http::Format;
using http::Schema;

constexpr std::array<std::string_view, 4> kByCreationOrName = {"created_at", "-created_at", "name",
                                                               "-name"};
constexpr std::array<std::string_view, 2> kByCode = {"code", "-code"};

constexpr FieldSpec kGrantItem{.name = "", .min = 5, .max = 200, .format = Format::kGrant};
constexpr FieldSpec kGrantList{
    .name = "permissions", .type = FieldType::kArray, .max = 10000, .item = &kGrantItem};
constexpr std::array kNewRoleFields = {
    FieldSpec{.name = "name", .required = true, .min = 1, .max = 64, .format = Format::kRoleName},
    Optional("description", 500),
    FieldSpec{.name = "permissions",
              .type = FieldType::kArray,
              .required = true,
              .max = 10000,
              .item = &kGrantItem},
    Flag("system"),
};
constexpr std::array kRoleChangeFields = {
    FieldSpec{.name = "name", .min = 1, .max = 64, .format = Format::kRoleName},
    Optional("description", 500),
    kGrantList,
};
constexpr std::array kNewPermissionFields = {Optional("description", 500)};
constexpr std::array kRoleFilterFields = {kLimit, kCursor, SortBy(kByCreationOrName)};
constexpr std::array kPermissionFilterFields = {kLimit, kCursor, SortBy(kByCode)};

constexpr std::array kRoleFields = {
    Uid("id"),
    Uid("tenant_id", true),
    Text("name", 64),
    Nullable("description", 500),
    List("permissions", &kTextItem),
    Time("created_at"),
    Uid("created_by", true),
    Time("updated_at"),
    Uid("updated_by", true),
};
constexpr FieldSpec kRoleItem = Item(&kRoleAnswer);
constexpr auto kRoleListFields = PageOf(&kRoleItem);
constexpr std::array kPermissionFields = {
    Text("code", 200),
    Nullable("description", 500),
    Time("created_at"),
    Uid("created_by", true),
};
constexpr FieldSpec kPermissionItem = Item(&kPermissionAnswer);
constexpr auto kPermissionListFields = PageOf(&kPermissionItem);

}  // namespace

const Schema kNewRole{"NewRole", kNewRoleFields};
const Schema kRoleChange{"RoleChange", kRoleChangeFields};
const Schema kNewPermission{"NewPermission", kNewPermissionFields};

const Schema kRoleFilter{"RoleFilter", kRoleFilterFields};
const Schema kPermissionFilter{"PermissionFilter", kPermissionFilterFields};

const Schema kRoleAnswer{"Role", kRoleFields};
const Schema kRoleList{"RoleList", kRoleListFields};
const Schema kPermissionAnswer{"Permission", kPermissionFields};
const Schema kPermissionList{"PermissionList", kPermissionListFields};

}  // namespace gatehouse::api::schema
