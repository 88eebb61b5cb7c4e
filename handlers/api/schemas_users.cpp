#include <array>

#include "handlers/api/schema_parts.h"
#include "handlers/api/schemas.h"

namespace gatehouse::api::schema {
namespace {

using http::FieldSpec;
using http::FieldType;
using http::Format;
using http::Schema;

constexpr std::array<std::string_view, 3> kUserStates = {"pending", "active", "disabled"};
constexpr std::array<std::string_view, 2> kSettableUserStates = {"active", "disabled"};
constexpr std::array<std::string_view, 4> kByCreationOrEmail = {"created_at", "-created_at",
                                                                "email", "-email"};

constexpr FieldSpec kKraPinField = Optional("kra_pin", 11, Format::kKraPin, 11);
constexpr FieldSpec kUidItem{.name = "", .min = 36, .max = 36, .format = Format::kUuid};
constexpr FieldSpec kRoleIdList{
    .name = "role_ids", .type = FieldType::kArray, .max = 100, .item = &kUidItem};
constexpr std::array kNewUserFields = {
    kEmailField,
    FieldSpec{
        .name = "first_name", .required = true, .min = 1, .max = 100, .format = Format::kName},
    FieldSpec{.name = "last_name", .required = true, .min = 1, .max = 100, .format = Format::kName},
    kPhoneField,
    Optional("address", 500),
    Optional("employee_id", 64),
    kKraPinField,
    Optional("branch_id", 64),
    Optional("restaurant_id", 64),
    kRoleIdList,
    Flag("is_tenant_admin"),
};
constexpr std::array kUserChangeFields = {
    Optional("first_name", 100, Format::kName),
    Optional("last_name", 100, Format::kName),
    kPhoneField,
    Optional("address", 500),
    Optional("employee_id", 64),
    kKraPinField,
    Optional("branch_id", 64),
    Optional("restaurant_id", 64),
    FieldSpec{.name = "status", .max = 16, .one_of = kSettableUserStates},
    Flag("is_tenant_admin"),
    FieldSpec{.name = "email", .min = 3, .max = 254, .format = Format::kEmail},
};
constexpr std::array kRoleIdsFields = {
    FieldSpec{.name = "role_ids",
              .type = FieldType::kArray,
              .required = true,
              .max = 100,
              .item = &kUidItem},
};
constexpr std::array kUserFilterFields = {
    kLimit,
    kCursor,
    SortBy(kByCreationOrEmail),
    FieldSpec{.name = "q",
              .min = 1,
              .max = 100,
              .description = "Words that begin a word of address, names or employee id"},
    FieldSpec{.name = "status", .max = 16, .one_of = kUserStates},
    Uid("role_id"),
    FieldSpec{.name = "branch_id", .min = 1, .max = 64},
    FieldSpec{.name = "restaurant_id", .min = 1, .max = 64},
    FieldSpec{.name = "email", .min = 3, .max = 254},
};

constexpr std::array kNamedFields = {Uid("id"), Text("name")};
constexpr Schema kNamed{"RoleReference", kNamedFields};
constexpr FieldSpec kNamedItem = Item(&kNamed);
constexpr std::array kUserFields = {
    Uid("id"),
    Uid("tenant_id"),
    Text("email", 254),
    Flag("email_verified"),
    FieldSpec{.name = "status", .max = 16, .one_of = kUserStates},
    Nullable("first_name"),
    Nullable("last_name"),
    Nullable("phone"),
    Nullable("address", 500),
    Nullable("employee_id"),
    Nullable("kra_pin"),
    Nullable("branch_id"),
    Nullable("restaurant_id"),
    Flag("is_tenant_admin"),
    Flag("is_platform_admin"),
    Flag("must_change_password"),
    Flag("two_factor_enabled"),
    Nullable("picture_url", 500),
    List("roles", &kNamedItem),
    List("permissions", &kTextItem),
    Time("created_at"),
    Uid("created_by", true),
    Time("updated_at"),
    Uid("updated_by", true),
    Time("last_login_at", true),
};
constexpr FieldSpec kUserItem = Item(&kUserAnswer);
constexpr auto kUserListFields = PageOf(&kUserItem);

}  // namespace

const Schema kNewUser{"NewUser", kNewUserFields};
const Schema kUserChange{"UserChange", kUserChangeFields};
const Schema kRoleIds{"RoleIds", kRoleIdsFields};

const Schema kUserFilter{"UserFilter", kUserFilterFields};

const Schema kUserAnswer{"User", kUserFields};
const Schema kUserList{"UserList", kUserListFields};

}  // namespace gatehouse::api::schema
