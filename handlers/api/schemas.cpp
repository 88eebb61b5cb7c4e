#include "handlers/api/schemas.h"

#include <algorithm>
#include <array>
#include <deque>
#include <vector>

#include "handlers/auth/session_end.h"
#include "handlers/auth/settings.h"

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
constexpr FieldSpec kCursor{.name = "cursor", .min = 1, .max = 600};
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
constexpr std::array<std::string_view, 4> kMailStates = {"queued", "sent", "failed", "void"};
constexpr std::array kOutboxFilterFields = {
    kLimit,
    kCursor,
    kSort,
    FieldSpec{.name = "state", .max = 16, .one_of = kMailStates},
    FieldSpec{.name = "kind", .min = 1, .max = 32},
    FieldSpec{.name = "recipient", .min = 3, .max = 254},
};
constexpr std::array kSummaryRangeFields = {Time("from"), Time("to")};
// Administration and self-service. What PATCH may clear is nullable.
constexpr FieldSpec Optional(std::string_view name, std::int64_t max, Format format = Format::kAny,
                             std::int64_t min = 1) {
  return {.name = name, .nullable = true, .min = min, .max = max, .format = format};
}
constexpr FieldSpec kPhoneField = Optional("phone", 16, Format::kPhone, 8);
constexpr FieldSpec kKraPinField = Optional("kra_pin", 11, Format::kKraPin, 11);
constexpr FieldSpec kUidItem{.name = "", .min = 36, .max = 36, .format = Format::kUuid};
constexpr FieldSpec kRoleIdList{
    .name = "role_ids", .type = FieldType::kArray, .max = 100, .item = &kUidItem};
constexpr FieldSpec kGrantItem{.name = "", .min = 5, .max = 200, .format = Format::kGrant};
constexpr FieldSpec kGrantList{
    .name = "permissions", .type = FieldType::kArray, .max = 10000, .item = &kGrantItem};
constexpr std::array<std::string_view, 2> kSettableUserStates = {"active", "disabled"};
constexpr std::array<std::string_view, 2> kTenantStates = {"active", "suspended"};
constexpr std::array<std::string_view, 3> kPresets = {"default", "maintenance", "operations"};
constexpr std::array<std::string_view, 4> kByCreationOrEmail = {"created_at", "-created_at",
                                                                "email", "-email"};
constexpr std::array<std::string_view, 4> kByCreationOrName = {"created_at", "-created_at", "name",
                                                               "-name"};
constexpr std::array<std::string_view, 4> kByCreationOrSlug = {"created_at", "-created_at", "slug",
                                                               "-slug"};
constexpr std::array<std::string_view, 2> kByCode = {"code", "-code"};

constexpr std::array kTokenFormFields = {
    FieldSpec{.name = "token", .required = true, .min = 1, .max = 16384},
    FieldSpec{.name = "token_type_hint", .max = 64},
};
constexpr std::array kNewCredentialFields = {
    FieldSpec{.name = "name", .required = true, .min = 1, .max = 100},
};
constexpr std::array kProfileFields = {
    Optional("first_name", 100),
    Optional("last_name", 100),
    kPhoneField,
    Optional("address", 500),
};
// Not required: who came by OAuth has none. The rule asks those for it who do.
constexpr FieldSpec kOwnPassword{.name = "password", .max = 1024, .format = Format::kPassword};
constexpr FieldSpec kSecondFactorCode{.name = "code", .min = 6, .max = 32};
constexpr FieldSpec kRequiredCode{.name = "code", .required = true, .min = 6, .max = 32};
// Not required: in cookie mode the cookie carries the token.
constexpr std::array kChallengeFields = {FieldSpec{.name = "challenge_token", .min = 1, .max = 512},
                                         kRequiredCode};
constexpr std::array kEnrolFields = {kOwnPassword};
constexpr std::array kConfirmFields = {kRequiredCode};
constexpr std::array kBothFactorsFields = {kOwnPassword, kRequiredCode};
constexpr std::array kEmailChangeFields = {
    FieldSpec{
        .name = "new_email", .required = true, .min = 3, .max = 254, .format = Format::kEmail},
    kOwnPassword,
};
constexpr std::array kPictureFields = {
    FieldSpec{.name = "picture",
              .required = true,
              .max = 5 * 1024 * 1024,
              .description = "A JPEG, PNG or WebP file"},
};
constexpr std::array kDeleteMeFields = {kOwnPassword, kSecondFactorCode};
constexpr std::array kNewUserFields = {
    kEmailField,
    FieldSpec{.name = "first_name", .required = true, .min = 1, .max = 100},
    FieldSpec{.name = "last_name", .required = true, .min = 1, .max = 100},
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
    Optional("first_name", 100),
    Optional("last_name", 100),
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
constexpr std::array kNewRoleFields = {
    FieldSpec{.name = "name", .required = true, .min = 1, .max = 64, .format = Format::kRoleName},
    Optional("description", 500),
    kGrantList,
    Flag("system"),
};
constexpr std::array kRoleChangeFields = {
    FieldSpec{.name = "name", .min = 1, .max = 64, .format = Format::kRoleName},
    Optional("description", 500),
    kGrantList,
};
constexpr std::array kNewPermissionFields = {Optional("description", 500)};
constexpr FieldSpec kMaxUsers{.name = "max_users",
                              .type = FieldType::kInteger,
                              .nullable = true,
                              .min = 1,
                              .max = 1000000000};
constexpr FieldSpec kTenantStatus{.name = "status", .max = 16, .one_of = kTenantStates};
constexpr std::array kNewTenantFields = {
    FieldSpec{.name = "slug", .required = true, .min = 1, .max = 63, .format = Format::kSlug},
    FieldSpec{.name = "name", .required = true, .min = 1, .max = 200},
    FieldSpec{.name = "preset", .max = 16, .one_of = kPresets},
    Optional("plan", 64),
    Time("subscription_ends_at", true),
    kMaxUsers,
    kTenantStatus,
};
constexpr std::array kTenantChangeFields = {
    FieldSpec{.name = "slug", .min = 1, .max = 63, .format = Format::kSlug},
    FieldSpec{.name = "name", .min = 1, .max = 200},
    Optional("plan", 64),
    Time("subscription_ends_at", true),
    kMaxUsers,
    kTenantStatus,
};

constexpr FieldSpec SortBy(std::span<const std::string_view> fields) {
  return {.name = "sort", .max = 32, .one_of = fields};
}
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
constexpr std::array kRoleFilterFields = {kLimit, kCursor, SortBy(kByCreationOrName)};
constexpr std::array kPermissionFilterFields = {kLimit, kCursor, SortBy(kByCode)};
constexpr std::array kTenantFilterFields = {kLimit, kCursor, SortBy(kByCreationOrSlug)};
constexpr std::array kForceFields = {Flag("force")};
constexpr std::array kAuditFilterFields = {
    kLimit,
    kCursor,
    kSort,
    Uid("actor_id"),
    FieldSpec{.name = "target_id", .min = 1, .max = 200},
    FieldSpec{.name = "event", .min = 1, .max = 64},
    Time("from"),
    Time("to"),
};

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
constexpr std::array kAttemptCountFields = {Time("start"), Number("succeeded"), Number("failed")};
constexpr Schema kAttemptCount{"LoginAttemptCount", kAttemptCountFields};
constexpr FieldSpec kAttemptCountItem{
    .name = "", .type = FieldType::kObject, .object = &kAttemptCount};
constexpr std::array kAttemptSummaryFields = {
    Time("from"),
    Time("to"),
    FieldSpec{.name = "interval",
              .type = FieldType::kInteger,
              .min = 3600,
              .max = 86400,
              .description = "Seconds: 3600 up to three days, else 86400"},
    List("items", &kAttemptCountItem),
};
constexpr std::array kMailFields = {
    Uid("id"),
    Text("kind", 32),
    Text("recipient", 254),
    FieldSpec{.name = "state",
              .max = 16,
              .one_of = kMailStates,
              .description = "void: never sent, for the address has no account"},
    Number("tries"),
    Time("next_try_at", true),
    Nullable("last_error"),
    Time("created_at"),
    Time("finished_at", true),
};
constexpr Schema kMail{"OutboxMail", kMailFields};
constexpr FieldSpec kMailItem{.name = "", .type = FieldType::kObject, .object = &kMail};
constexpr std::array kOutboxListFields = {List("items", &kMailItem), Nullable("next_cursor")};
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

// By kind: OKP has crv and x, EC also y, RSA has n and e.
constexpr std::array kJwkFields = {
    Text("kid", 32), Text("alg", 8), Text("use", 8), Text("kty", 8),  Text("crv", 16),
    Text("x", 64),   Text("y", 64),  Text("e", 64),  Text("n", 2048),
};
constexpr Schema kJwkSchema{"Jwk", kJwkFields};
constexpr FieldSpec kJwkItem{.name = "", .type = FieldType::kObject, .object = &kJwkSchema};
constexpr std::array kJwkSetFields = {List("keys", &kJwkItem)};

constexpr Schema kUserSchema{"User", kUserFields};
constexpr FieldSpec kUserItem{.name = "", .type = FieldType::kObject, .object = &kUserSchema};
constexpr std::array kUserListFields = {List("items", &kUserItem), Nullable("next_cursor")};

constexpr std::array kIntrospectionFields = {
    Flag("active"),
    Text("scope", 4096),
    Text("username"),
    Text("token_type"),
    Number("exp"),
    Number("iat"),
    Number("nbf"),
    Text("sub"),
    Text("aud"),
    Text("iss"),
    Text("jti"),
    Text("sid"),
    Uid("tenant_id"),
    Text("email", 254),
    Nullable("role"),
    List("roles", &kTextItem),
    List("permissions", &kTextItem),
    List("amr", &kTextItem),
    Number("auth_time"),
};
constexpr std::array kCredentialFields = {
    Uid("id"), Text("name", 100), Text("client_id"), Time("created_at"), Uid("created_by", true),
};
constexpr Schema kCredential{"ServiceCredential", kCredentialFields};
constexpr FieldSpec kCredentialItem{.name = "", .type = FieldType::kObject, .object = &kCredential};
constexpr std::array kCredentialListFields = {List("items", &kCredentialItem),
                                              Nullable("next_cursor")};
constexpr std::array kNewCredentialAnswerFields = {
    Uid("id"),          Text("name", 100),       Text("client_id"), Text("client_secret"),
    Time("created_at"), Uid("created_by", true),
};
constexpr std::array kPictureAnswerFields = {Text("picture_url", 500)};
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
constexpr Schema kRoleSchema{"Role", kRoleFields};
constexpr FieldSpec kRoleItem{.name = "", .type = FieldType::kObject, .object = &kRoleSchema};
constexpr std::array kRoleListFields = {List("items", &kRoleItem), Nullable("next_cursor")};
constexpr std::array kPermissionFields = {
    Text("code", 200),
    Nullable("description", 500),
    Time("created_at"),
    Uid("created_by", true),
};
constexpr Schema kPermissionSchema{"Permission", kPermissionFields};
constexpr FieldSpec kPermissionItem{
    .name = "", .type = FieldType::kObject, .object = &kPermissionSchema};
constexpr std::array kPermissionListFields = {List("items", &kPermissionItem),
                                              Nullable("next_cursor")};
constexpr std::array kTenantFields = {
    Uid("id"),
    Text("slug", 63),
    Text("name", 200),
    FieldSpec{.name = "status", .max = 16, .one_of = kTenantStates},
    Nullable("plan", 64),
    Time("subscription_ends_at", true),
    kMaxUsers,
    Time("created_at"),
    Uid("created_by", true),
    Time("updated_at"),
    Uid("updated_by", true),
};
constexpr Schema kTenantSchema{"Tenant", kTenantFields};
constexpr FieldSpec kTenantItem{.name = "", .type = FieldType::kObject, .object = &kTenantSchema};
constexpr std::array kTenantListFields = {List("items", &kTenantItem), Nullable("next_cursor")};
constexpr std::array kAuditFields = {
    Uid("id"),
    Text("event", 64),
    Uid("actor_id", true),
    Text("target_type", 32),
    Nullable("target_id", 200),
    Uid("tenant_id", true),
    Text("ip", 45),
    Text("request_id", 64),
    Time("created_at"),
    FieldSpec{.name = "before", .type = FieldType::kObject, .nullable = true},
    FieldSpec{.name = "after", .type = FieldType::kObject, .nullable = true},
};
constexpr Schema kAuditEvent{"AuditEvent", kAuditFields};
constexpr FieldSpec kAuditItem{.name = "", .type = FieldType::kObject, .object = &kAuditEvent};
constexpr std::array kAuditListFields = {List("items", &kAuditItem), Nullable("next_cursor")};
constexpr std::array kOAuthTenantFields = {kTenantField};
// Where it leads is judged by the rule that knows the configuration.
constexpr std::array kOAuthStartFields = {kTenantField,
                                          FieldSpec{.name = "return_to", .min = 1, .max = 2000}};
// The provider adds what it likes; the endpoint reads what it needs and never answers 422.
constexpr std::array kOAuthCallbackFields = {Text("state", 64), Text("code", 4096),
                                             Text("iss", 500), Text("error", 100)};
constexpr std::array kOfferedProviderFields = {Text("id", 32), Text("name", 100)};
constexpr Schema kOfferedProvider{"OfferedProvider", kOfferedProviderFields};
constexpr FieldSpec kOfferedProviderItem{
    .name = "", .type = FieldType::kObject, .object = &kOfferedProvider};
constexpr std::array kOAuthProviderListFields = {List("items", &kOfferedProviderItem)};
constexpr std::array<std::string_view, 3> kRegistrations = {"open", "domain", "closed"};
constexpr std::array kSignInTenantFields = {Text("slug", 63), Text("name", 200)};
constexpr Schema kSignInTenant{"SignInTenant", kSignInTenantFields};
constexpr std::array kSignInOptionsFields = {
    Nested("tenant", &kSignInTenant),
    FieldSpec{.name = "registration", .max = 16, .one_of = kRegistrations},
    Number("password_min_length"),
    List("providers", &kOfferedProviderItem),
};
constexpr std::array kOAuthLinkAnswerFields = {Text("authorize_url", 8000)};
constexpr std::array kIdentityFields = {Uid("id"),
                                        Text("provider", 32),
                                        Text("name", 100),
                                        Text("subject", 255),
                                        Nullable("email", 254),
                                        Time("created_at"),
                                        Time("last_used_at", true)};
constexpr Schema kIdentity{"Identity", kIdentityFields};
constexpr FieldSpec kIdentityItem{.name = "", .type = FieldType::kObject, .object = &kIdentity};
constexpr std::array kIdentityListFields = {List("items", &kIdentityItem), Nullable("next_cursor")};
constexpr std::array kExportFields = {
    Time("exported_at"),
    Nested("user", &kUserSchema),
    List("sessions", &kSessionItem),
    List("identities", &kIdentityItem),
    List("login_attempts", &kAttemptItem),
    List("audit_events", &kAuditItem),
};
constexpr std::array kSessionAnswerFields = {
    Text("access_token", 8192),   Text("token_type"),           Number("expires_in"),
    Text("refresh_token", 128),   Number("refresh_expires_in"), Text("csrf_token"),
    Nested("session", &kSession), Nested("user", &kUserSchema),
};
// Of a session, or of the second factor's challenge.
constexpr std::array kLoginAnswerFields = {
    Text("access_token", 8192),   Text("token_type"),           Number("expires_in"),
    Text("refresh_token", 128),   Number("refresh_expires_in"), Text("csrf_token"),
    Nested("session", &kSession), Nested("user", &kUserSchema), Flag("mfa_required"),
    Text("challenge_token", 64),  List("methods", &kTextItem),
};
constexpr std::array kEnrolmentFields = {Text("secret", 64), Text("otpauth_uri", 2000),
                                         Text("qr_svg", 1000000), Text("qr_png_base64", 1000000)};
constexpr std::array kRecoveryCodesFields = {List("recovery_codes", &kTextItem)};
constexpr std::array kSessionInfoFields = {Nested("session", &kSession),
                                           Nested("user", &kUserSchema)};

// Each word once, in the order of the table.
std::span<const std::string_view> EndReasons() {
  static const std::vector<std::string_view> all = [] {
    std::vector<std::string_view> out;
    for (const auto& word : auth::kEndWords) {
      if (std::find(out.begin(), out.end(), word.told) == out.end()) out.push_back(word.told);
    }
    return out;
  }();
  return all;
}
const std::vector<FieldSpec> kSessionEndFields = {
    FieldSpec{.name = "reason", .max = 32, .one_of = EndReasons()}, Time("ended_at")};

std::span<const std::string_view> Choices(std::string_view list) {
  static std::deque<std::vector<std::string_view>> kept;
  auto& out = kept.emplace_back();
  for (auto bar = list.find('|'); bar != std::string_view::npos; bar = list.find('|')) {
    out.push_back(list.substr(0, bar));
    list.remove_prefix(bar + 1);
  }
  out.push_back(list);
  return out;
}

constexpr std::array<std::string_view, 2> kProviderTypes = {"oidc", "oauth2"};
constexpr FieldSpec kScopeItem{.name = "", .min = 1, .max = 200};
template <bool kWithSecret>
constexpr auto ProviderFields() {
  constexpr std::array kFields = {
      FieldSpec{.name = "id", .required = true, .min = 1, .max = 32},
      FieldSpec{.name = "name", .required = true, .min = 1, .max = 100},
      FieldSpec{.name = "type", .required = true, .max = 8, .one_of = kProviderTypes},
      FieldSpec{.name = "issuer", .min = 1, .max = 500},
      FieldSpec{.name = "authorization_endpoint", .min = 1, .max = 500},
      FieldSpec{.name = "token_endpoint", .min = 1, .max = 500},
      FieldSpec{.name = "userinfo_endpoint", .min = 1, .max = 500},
      FieldSpec{.name = "client_id", .required = true, .min = 1, .max = 255},
      List("scopes", &kScopeItem, 20),
  };
  if constexpr (kWithSecret) {
    std::array<FieldSpec, kFields.size() + 1> out{};
    std::copy(kFields.begin(), kFields.end(), out.begin());
    out.back() = {.name = "client_secret",
                  .nullable = true,
                  .min = 1,
                  .max = 1024,
                  .format = Format::kPassword,
                  .description = "Write-only; left out: the one before stays; null: none"};
    return out;
  } else {
    return kFields;
  }
}
constexpr auto kProviderFields = ProviderFields<false>();
constexpr auto kProviderChangeFields = ProviderFields<true>();
constexpr Schema kProvider{"OAuthProvider", kProviderFields};
constexpr Schema kProviderChange{"OAuthProviderChange", kProviderChangeFields};
constexpr FieldSpec kProviderItem{.name = "", .type = FieldType::kObject, .object = &kProvider};
constexpr FieldSpec kProviderChangeItem{
    .name = "", .type = FieldType::kObject, .object = &kProviderChange};

// The settings' own table (SPEC N5) as fields.
std::vector<FieldSpec> SettingFields(bool nullable) {
  static constexpr FieldSpec kSettingItem{.name = "", .max = 253};
  std::vector<FieldSpec> out;
  for (const auto& spec : auth::SettingTable()) {
    FieldSpec field{.name = spec.key, .nullable = nullable, .min = spec.min, .max = spec.max};
    switch (spec.type) {
      case auth::SettingType::kSeconds:
      case auth::SettingType::kInteger:
        field.type = FieldType::kInteger;
        break;
      case auth::SettingType::kBoolean:
        field.type = FieldType::kBoolean;
        break;
      case auth::SettingType::kChoice:
        field.max = 32;
        field.one_of = Choices(spec.choices);
        break;
      case auth::SettingType::kText:
        field.format = spec.key == "info_text" ? Format::kLines : Format::kAny;
        break;
      case auth::SettingType::kTextList:
        field.type = FieldType::kArray;
        field.max = 100;
        field.item = &kSettingItem;
        break;
      case auth::SettingType::kProviders:
        field.type = FieldType::kArray;
        field.max = 20;
        field.item = nullable ? &kProviderChangeItem : &kProviderItem;
        break;
    }
    out.push_back(field);
  }
  return out;
}
const std::vector<FieldSpec> kSettingsChangeFields = SettingFields(true);
const std::vector<FieldSpec> kSettingsFields = SettingFields(false);

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
const Schema kTokenForm{"TokenForm", kTokenFormFields, http::Media::kForm};
const Schema kNewCredential{"NewServiceCredential", kNewCredentialFields};
const Schema kProfileChange{"ProfileChange", kProfileFields};
const Schema kEmailChange{"EmailChange", kEmailChangeFields};
const Schema kPictureForm{"PictureForm", kPictureFields, http::Media::kMultipart};
const Schema kDeleteMe{"DeleteMe", kDeleteMeFields};
const Schema kNewUser{"NewUser", kNewUserFields};
const Schema kUserChange{"UserChange", kUserChangeFields};
const Schema kRoleIds{"RoleIds", kRoleIdsFields};
const Schema kNewRole{"NewRole", kNewRoleFields};
const Schema kRoleChange{"RoleChange", kRoleChangeFields};
const Schema kNewPermission{"NewPermission", kNewPermissionFields};
const Schema kNewTenant{"NewTenant", kNewTenantFields};
const Schema kTenantChange{"TenantChange", kTenantChangeFields};
const Schema kSettingsChange{"SettingsChange", kSettingsChangeFields};
const Schema kChallenge{"ChallengeRequest", kChallengeFields};
const Schema kEnrol{"EnrolRequest", kEnrolFields};
const Schema kConfirm{"ConfirmRequest", kConfirmFields};
const Schema kBothFactors{"BothFactorsRequest", kBothFactorsFields};

const Schema kOAuthTenant{"OAuthTenant", kOAuthTenantFields};
const Schema kOAuthStart{"OAuthStart", kOAuthStartFields};
const Schema kOAuthCallback{"OAuthCallback", kOAuthCallbackFields};
const Schema kNoQuery{"NoQuery", {}};
const Schema kPage{"Page", kPageFields};
const Schema kAttemptFilter{"AttemptFilter", kAttemptFilterFields};
const Schema kOwnAttemptFilter{"OwnAttemptFilter", kOwnAttemptFilterFields};
const Schema kRequirement{"Requirement", kRequirementFields};
const Schema kUserFilter{"UserFilter", kUserFilterFields};
const Schema kRoleFilter{"RoleFilter", kRoleFilterFields};
const Schema kPermissionFilter{"PermissionFilter", kPermissionFilterFields};
const Schema kTenantFilter{"TenantFilter", kTenantFilterFields};
const Schema kForce{"Force", kForceFields};
const Schema kAuditFilter{"AuditFilter", kAuditFilterFields};
const Schema kOutboxFilter{"OutboxFilter", kOutboxFilterFields};
const Schema kSummaryRange{"SummaryRange", kSummaryRangeFields};

const Schema kOAuthProviderList{"OAuthProviderList", kOAuthProviderListFields};
const Schema kSignInOptions{"SignInOptions", kSignInOptionsFields};
const Schema kOAuthLinkAnswer{"OAuthLinkAnswer", kOAuthLinkAnswerFields};
const Schema kIdentityList{"IdentityList", kIdentityListFields};
const Schema kStatusAnswer{"StatusAnswer", kStatusFields};
const Schema kSessionAnswer{"SessionAnswer", kSessionAnswerFields};
const Schema kSessionInfo{"SessionInfo", kSessionInfoFields};
const Schema kSessionEnd{"SessionEnd", kSessionEndFields};
const Schema kLoginAnswer{"LoginAnswer", kLoginAnswerFields};
const Schema kEnrolmentAnswer{"Enrolment", kEnrolmentFields};
const Schema kRecoveryCodes{"RecoveryCodes", kRecoveryCodesFields};
const Schema kInfoAnswer{"InfoAnswer", kInfoFields};
const Schema kCsrfAnswer{"CsrfAnswer", kCsrfFields};
const Schema kCheckAnswer{"CheckAnswer", kCheckAnswerFields};
const Schema kUserAnswer = kUserSchema;
const Schema kSessionList{"SessionList", kSessionListFields};
const Schema kAttemptList{"AttemptList", kAttemptListFields};
const Schema kAttemptSummary{"LoginAttemptSummary", kAttemptSummaryFields};
const Schema kOutboxList{"OutboxList", kOutboxListFields};
const Schema kReadyAnswer{"ReadyAnswer", kReadyFields};
const Schema kJwkSet{"JwkSet", kJwkSetFields};
const Schema kIntrospection{"Introspection", kIntrospectionFields};
const Schema kCredentialList{"ServiceCredentialList", kCredentialListFields};
const Schema kNewCredentialAnswer{"NewServiceCredentialAnswer", kNewCredentialAnswerFields};
const Schema kPictureAnswer{"PictureAnswer", kPictureAnswerFields};
const Schema kExport{"Export", kExportFields};
const Schema kUserList{"UserList", kUserListFields};
const Schema kRoleAnswer = kRoleSchema;
const Schema kRoleList{"RoleList", kRoleListFields};
const Schema kPermissionAnswer = kPermissionSchema;
const Schema kPermissionList{"PermissionList", kPermissionListFields};
const Schema kTenantAnswer = kTenantSchema;
const Schema kTenantList{"TenantList", kTenantListFields};
const Schema kSettingsAnswer{"Settings", kSettingsFields};
const Schema kAuditList{"AuditList", kAuditListFields};

}  // namespace gatehouse::api::schema
