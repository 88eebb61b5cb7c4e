#include "handlers/api/schemas.h"

#include <array>

namespace gatehouse::api::schema {
namespace {

using http::FieldSpec;
using http::FieldType;
using http::Format;
using http::Schema;

constexpr std::array<std::string_view, 7> kDeviceTypes = {"web", "mobile",  "desktop", "tablet",
                                                          "pos", "service", "other"};
constexpr std::array<std::string_view, 2> kTransports = {"body", "cookie"};
constexpr std::array<std::string_view, 2> kByCreation = {"created_at", "-created_at"};
constexpr std::array<std::string_view, 2> kReadiness = {"ready", "degraded"};
constexpr std::array<std::string_view, 3> kUserStates = {"pending", "active", "disabled"};

constexpr FieldSpec kTenantField{
    .name = "tenant", .max = 63, .format = Format::kSlug, .description = "Slug of the tenant"};
constexpr FieldSpec kEmailField{
    .name = "email", .required = true, .min = 3, .max = 254, .format = Format::kEmail};
// Wider than the policy, so that the policy and not the schema speaks of length.
constexpr FieldSpec NewPassword(std::string_view name) {
  return {.name = name, .required = true, .min = 1, .max = 1024, .format = Format::kPassword};
}
constexpr FieldSpec Token(std::string_view name) {
  return {.name = name, .required = true, .min = 1, .max = 512};
}
constexpr FieldSpec Text(std::string_view name, std::int64_t max = 255) {
  return {.name = name, .max = max};
}
constexpr FieldSpec Nullable(std::string_view name, std::int64_t max = 255) {
  return {.name = name, .nullable = true, .max = max};
}
constexpr FieldSpec Flag(std::string_view name) {
  return {.name = name, .type = FieldType::kBoolean};
}
constexpr FieldSpec Number(std::string_view name) {
  return {.name = name, .type = FieldType::kInteger, .max = INT64_MAX};
}
constexpr FieldSpec Time(std::string_view name, bool nullable = false) {
  return {.name = name, .nullable = nullable, .max = 40, .format = Format::kDateTime};
}
constexpr FieldSpec Uid(std::string_view name, bool nullable = false) {
  return {.name = name, .nullable = nullable, .min = 36, .max = 36, .format = Format::kUuid};
}
constexpr FieldSpec List(std::string_view name, const FieldSpec* item, std::int64_t max = 10000) {
  return {.name = name, .type = FieldType::kArray, .max = max, .item = item};
}
constexpr FieldSpec Nested(std::string_view name, const Schema* object) {
  return {.name = name, .type = FieldType::kObject, .object = object};
}

constexpr std::array kDeviceFields = {
    FieldSpec{.name = "id", .required = true, .min = 1, .max = 64},
    FieldSpec{.name = "name", .min = 1, .max = 100},
    FieldSpec{.name = "type", .max = 16, .one_of = kDeviceTypes},
};
constexpr Schema kDevice{"Device", kDeviceFields};

constexpr std::array kRegisterFields = {
    kTenantField,
    kEmailField,
    NewPassword("password"),
    FieldSpec{.name = "first_name", .nullable = true, .min = 1, .max = 100},
    FieldSpec{.name = "last_name", .nullable = true, .min = 1, .max = 100},
    FieldSpec{.name = "phone", .nullable = true, .min = 8, .max = 16, .format = Format::kPhone},
};
constexpr std::array kVerifyEmailFields = {Token("token")};
constexpr std::array kAddressFields = {kTenantField, kEmailField};
constexpr std::array kLoginFields = {
    kTenantField,
    kEmailField,
    NewPassword("password"),
    Nested("device", &kDevice),
    FieldSpec{.name = "transport", .max = 8, .one_of = kTransports},
};
// Not required: in cookie mode the cookie carries it.
constexpr std::array kRefreshFields = {
    FieldSpec{.name = "refresh_token", .min = 1, .max = 8192},
};
constexpr std::array kLogoutAllFields = {Flag("keep_current")};
constexpr std::array kResetFields = {Token("token"), NewPassword("new_password")};
constexpr std::array kChangeFields = {
    NewPassword("current_password"),
    NewPassword("new_password"),
    FieldSpec{.name = "code", .min = 6, .max = 32},
};
constexpr std::array kQuestionFields = {
    FieldSpec{.name = "permission",
              .required = true,
              .min = 5,
              .max = 200,
              .format = Format::kPermission},
    FieldSpec{.name = "owner_id", .nullable = true, .min = 1, .max = 64},
};
constexpr Schema kQuestion{"Question", kQuestionFields};
constexpr FieldSpec kQuestionItem{.name = "", .type = FieldType::kObject, .object = &kQuestion};
constexpr std::array kCheckFields = {
    FieldSpec{.name = "checks",
              .type = FieldType::kArray,
              .required = true,
              .min = 1,
              .max = 100,
              .item = &kQuestionItem},
};

constexpr FieldSpec kLimit{.name = "limit", .type = FieldType::kInteger, .min = 1, .max = 200};
constexpr FieldSpec kCursor{.name = "cursor", .min = 1, .max = 200};
constexpr FieldSpec kSort{.name = "sort", .max = 32, .one_of = kByCreation};
constexpr std::array kPageFields = {kLimit, kCursor, kSort};
constexpr std::array kAttemptFilterFields = {
    kLimit,          kCursor,
    kSort,           FieldSpec{.name = "email", .min = 3, .max = 254},
    Uid("user_id"),  FieldSpec{.name = "ip", .min = 2, .max = 45},
    Flag("success"), Time("from"),
    Time("to"),
};
constexpr std::array kOwnAttemptFilterFields = {kLimit,          kCursor,      kSort,
                                                Flag("success"), Time("from"), Time("to")};
constexpr std::array kRequirementFields = {Text("permission", 2000), Text("role", 2000)};

// Answers.
constexpr FieldSpec kTextItem{.name = "", .max = 200};
constexpr std::array kStatusFields = {Text("status")};
constexpr std::array kNamedFields = {Uid("id"), Text("name")};
constexpr Schema kNamed{"RoleReference", kNamedFields};
constexpr FieldSpec kNamedItem{.name = "", .type = FieldType::kObject, .object = &kNamed};
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
constexpr std::array kSessionFields = {
    Uid("id"),
    Nested("device", &kDevice),
    Text("ip", 45),
    Text("user_agent", 512),
    Time("created_at"),
    Time("last_active_at"),
    Time("expires_at"),
    Time("idle_expires_at", true),
    List("amr", &kTextItem),
    Flag("current"),
};
constexpr Schema kSession{"Session", kSessionFields};
constexpr std::array kAttemptFields = {
    Uid("id"),       Uid("tenant_id", true),  Uid("user_id", true), Text("email", 254),
    Text("ip", 45),  Text("user_agent", 512), Nullable("device"),   Time("created_at"),
    Flag("success"), Text("reason"),
};
constexpr Schema kAttempt{"LoginAttempt", kAttemptFields};
constexpr FieldSpec kSessionItem{.name = "", .type = FieldType::kObject, .object = &kSession};
constexpr FieldSpec kAttemptItem{.name = "", .type = FieldType::kObject, .object = &kAttempt};
constexpr std::array kSessionListFields = {List("items", &kSessionItem), Nullable("next_cursor")};
constexpr std::array kAttemptListFields = {List("items", &kAttemptItem), Nullable("next_cursor")};
constexpr std::array kTenantReferenceFields = {Uid("id"), Text("slug", 63), Text("name", 200)};
constexpr Schema kTenantReference{"TenantReference", kTenantReferenceFields};
constexpr std::array kInfoFields = {Nested("tenant", &kTenantReference), Text("text", 4000),
                                    Flag("roles_assigned")};
constexpr std::array kCsrfFields = {Text("csrf_token")};
constexpr FieldSpec kFlagItem{.name = "", .type = FieldType::kBoolean};
constexpr std::array kCheckAnswerFields = {List("results", &kFlagItem, 100), Flag("allowed")};
constexpr std::array kReadyFields = {
    FieldSpec{.name = "status", .max = 16, .one_of = kReadiness},
    List("degraded", &kTextItem),
};

constexpr Schema kUserSchema{"User", kUserFields};
constexpr std::array kSessionAnswerFields = {
    Text("access_token", 8192),   Text("token_type"),           Number("expires_in"),
    Text("refresh_token", 128),   Number("refresh_expires_in"), Text("csrf_token"),
    Nested("session", &kSession), Nested("user", &kUserSchema),
};
constexpr std::array kSessionInfoFields = {Nested("session", &kSession),
                                           Nested("user", &kUserSchema)};
}  // namespace

const Schema kEmpty{"Empty", {}};
const Schema kRegister{"RegisterRequest", kRegisterFields};
const Schema kVerifyEmail{"VerifyEmailRequest", kVerifyEmailFields};
const Schema kAddress{"AddressRequest", kAddressFields};
const Schema kLogin{"LoginRequest", kLoginFields};
const Schema kRefresh{"RefreshRequest", kRefreshFields};
const Schema kLogoutAll{"LogoutAllRequest", kLogoutAllFields};
const Schema kResetPassword{"ResetPasswordRequest", kResetFields};
const Schema kChangePassword{"ChangePasswordRequest", kChangeFields};
const Schema kCheck{"CheckRequest", kCheckFields};

const Schema kNoQuery{"NoQuery", {}};
const Schema kPage{"Page", kPageFields};
const Schema kAttemptFilter{"AttemptFilter", kAttemptFilterFields};
const Schema kOwnAttemptFilter{"OwnAttemptFilter", kOwnAttemptFilterFields};
const Schema kRequirement{"Requirement", kRequirementFields};

const Schema kStatusAnswer{"StatusAnswer", kStatusFields};
const Schema kSessionAnswer{"SessionAnswer", kSessionAnswerFields};
const Schema kSessionInfo{"SessionInfo", kSessionInfoFields};
const Schema kInfoAnswer{"InfoAnswer", kInfoFields};
const Schema kCsrfAnswer{"CsrfAnswer", kCsrfFields};
const Schema kCheckAnswer{"CheckAnswer", kCheckAnswerFields};
const Schema kUserAnswer = kUserSchema;
const Schema kSessionList{"SessionList", kSessionListFields};
const Schema kAttemptList{"AttemptList", kAttemptListFields};
const Schema kReadyAnswer{"ReadyAnswer", kReadyFields};

}  // namespace gatehouse::api::schema
