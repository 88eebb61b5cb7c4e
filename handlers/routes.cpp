#include "handlers/routes.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "fcgi/run/oauth_provider.h"
#include "handlers/api/endpoints.h"
#include "handlers/api/schemas.h"

namespace gatehouse {
namespace {

using namespace api;          // NOLINT(*using-namespace*): the table reads as a page
using namespace api::schema;  // NOLINT(*using-namespace*)
using enum Auth;
using enum Pool;
using enum Gate;

constexpr std::size_t kBody = std::size_t{64} * 1024;
// Ten thousand permissions of everyday length (API.md: a role may hold thousands).
constexpr std::size_t kGrants = std::size_t{512} * 1024;
constexpr std::size_t kUpload = std::size_t{6} * 1024 * 1024;
constexpr Seconds kQuick{5};
constexpr Seconds kUsual{30};
// The verify pool has others waiting: what reads MariaDB there must be quick or not at all.
constexpr Seconds kGate{3};
constexpr Seconds kHashing{15};
// Somebody else's server may take 5 s of it (handlers/auth/provider_directory.h).
constexpr Seconds kOutside{15};
constexpr auto kSignIn = Rate::kSignIn;
constexpr auto kSigned = Rate::kSession;
constexpr auto kOpen = Rate::kNone;

// clang-format off
const std::array kRoutes = {
//    method    path                                     auth               permission            pool      rate            timeout   body     request           query               answer                 ok   gate         roleless idempotent endpoint
Route{"POST",   "/auth/register",                        kAnyone,           {},                   kAccount, kSignIn,        kHashing, kBody,   &kRegister,       nullptr,            &kStatusAnswer,        202, kRestricted, true,    false,     PostRegister,            "Register with e-mail and password; a mail brings the link that activates the account."},
Route{"POST",   "/auth/mailed-link",                     kAnyone,           {},                   kAccount, kSignIn,        kUsual,   kBody,   &kMailedLink,     nullptr,            &kMailedLinkAnswer,    200, kRestricted, true,    false,     PostMailedLink,          "What a mailed link is for; uses nothing up."},
Route{"POST",   "/auth/verify-email",                    kAnyone,           {},                   kAccount, kSignIn,        kUsual,   kBody,   &kVerifyEmail,    nullptr,            &kStatusAnswer,        200, kRestricted, true,    false,     PostVerifyEmail,         "Use the link that verifies an address."},
Route{"POST",   "/auth/resend-verification",             kAnyone,           {},                   kAccount, kSignIn,        kUsual,   kBody,   &kAddress,        nullptr,            &kStatusAnswer,        202, kRestricted, true,    false,     PostResendVerification,  "Ask for a new verification link; older ones die."},
Route{"POST",   "/auth/login",                           kAnyone,           {},                   kAccount, kSignIn,        kHashing, kBody,   &kLogin,          nullptr,            &kLoginAnswer,         200, kRestricted, true,    false,     PostLogin,               "Sign in with e-mail and password: a session, or the second factor's challenge."},
Route{"POST",   "/auth/refresh",                         kAnyone,           {},                   kVerify,  Rate::kRefresh, kGate,    kBody,   &kRefresh,        nullptr,            &kSessionAnswer,       200, kRestricted, true,    false,     PostRefresh,             "Trade a refresh token for a new pair of tokens."},
Route{"POST",   "/auth/logout",                          kSession,          {},                   kVerify,  kSigned,        kGate,    kBody,   &kEmpty,          nullptr,            nullptr,               204, kRestricted, true,    false,     PostLogout,              "End this session."},
Route{"POST",   "/auth/logout-all",                      kSession,          {},                   kAccount, kSigned,        kUsual,   kBody,   &kLogoutAll,      nullptr,            nullptr,               204, kFull,       true,    false,     PostLogoutAll,           "End all sessions, or all but this one."},
Route{"GET",    "/auth/session",                         kSession,          {},                   kVerify,  kSigned,        kGate,    0,       nullptr,          nullptr,            &kSessionInfo,         200, kRestricted, true,    false,     GetSession,              "The current session and its user."},
Route{"GET",    "/auth/session/end",                     kAnyone,           {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          nullptr,            &kSessionEnd,          200, kRestricted, true,    false,     GetSessionEnd,           "Why the session of this access token ended."},
Route{"GET",    "/auth/info",                            kSession,          {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          nullptr,            &kInfoAnswer,          200, kFull,       true,    false,     GetInfo,                 "What the tenant tells its people."},
Route{"GET",    "/auth/csrf",                            kSession,          {},                   kVerify,  kSigned,        kGate,    0,       nullptr,          nullptr,            &kCsrfAnswer,          200, kRestricted, true,    false,     GetCsrf,                 "A CSRF token for this cookie session."},
Route{"POST",   "/auth/forgot-password",                 kAnyone,           {},                   kAccount, kSignIn,        kUsual,   kBody,   &kAddress,        nullptr,            &kStatusAnswer,        202, kRestricted, true,    false,     PostForgotPassword,      "Ask for a link that resets the password."},
Route{"POST",   "/auth/reset-password",                  kAnyone,           {},                   kAccount, kSignIn,        kHashing, kBody,   &kResetPassword,  nullptr,            nullptr,               204, kRestricted, true,    false,     PostResetPassword,       "Set a new password with a mailed link; ends all sessions."},
Route{"POST",   "/auth/change-password",                 kSession,          {},                   kAccount, kSigned,        kHashing, kBody,   &kChangePassword, nullptr,            nullptr,               204, kPassword,   true,    false,     PostChangePassword,      "Change the password; ends all other sessions."},
Route{"POST",   "/auth/2fa/challenge",                   kAnyone,           {},                   kAccount, kSignIn,        kUsual,   kBody,   &kChallenge,      nullptr,            &kSessionAnswer,       200, kRestricted, true,    false,     PostChallenge,           "Answer the second factor's challenge with a code."},
Route{"POST",   "/auth/2fa/enrol",                       kSession,          {},                   kAccount, kSigned,        kHashing, kBody,   &kEnrol,          nullptr,            &kEnrolmentAnswer,     200, kEnrolment,  true,    false,     PostEnrol,               "A secret for an authenticator, in force once it is confirmed."},
Route{"POST",   "/auth/2fa/confirm",                     kSession,          {},                   kAccount, kSigned,        kUsual,   kBody,   &kConfirm,        nullptr,            &kRecoveryCodes,       200, kEnrolment,  true,    false,     PostConfirm,             "Turn the second factor on with a code; shows the recovery codes this once."},
Route{"POST",   "/auth/2fa/disable",                     kSession,          {},                   kAccount, kSigned,        kHashing, kBody,   &kBothFactors,    nullptr,            nullptr,               204, kFull,       true,    false,     PostDisable,             "Turn the second factor off."},
Route{"POST",   "/auth/2fa/recovery-codes",              kSession,          {},                   kAccount, kSigned,        kHashing, kBody,   &kBothFactors,    nullptr,            &kRecoveryCodes,       200, kFull,       true,    false,     PostRecoveryCodes,       "Ten new recovery codes; those before are dead."},

Route{"GET",    "/auth/verify",                          kSession,          {},                   kVerify,  kOpen,          kQuick,   0,       nullptr,          &kRequirement,      nullptr,               204, kFull,       true,    false,     GetVerify,               "Who is this, and may they? For nginx auth_request."},
Route{"POST",   "/auth/check",                           kSession,          {},                   kVerify,  kSigned,        kQuick,   kBody,   &kCheck,          nullptr,            &kCheckAnswer,         200, kFull,       false,   false,     PostCheck,               "Answers many permission questions at once."},
Route{"POST",   "/auth/introspect",                      kService,          {},                   kVerify,  kSigned,        kGate,    kBody,   &kTokenForm,      nullptr,            &kIntrospection,       200, kRestricted, true,    false,     PostIntrospect,          "What a token says (RFC 7662). For services."},
Route{"POST",   "/auth/revoke",                          kServiceOrSession, {},                   kVerify,  kSigned,        kGate,    kBody,   &kTokenForm,      nullptr,            nullptr,               200, kFull,       true,    false,     PostRevoke,              "End a token (RFC 7009); a session may end its own."},
Route{"GET",    "/auth/service-credentials",             kTenantAdmin,      {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          &kPage,             &kCredentialList,      200, kFull,       false,   false,     GetServiceCredentials,   "The tenant's service credentials."},
Route{"POST",   "/auth/service-credentials",             kTenantAdmin,      {},                   kAccount, kSigned,        kUsual,   kBody,   &kNewCredential,  nullptr,            &kNewCredentialAnswer, 201, kFull,       false,   false,     PostServiceCredentials,  "Create a service credential; its secret is shown this once."},
Route{"DELETE", "/auth/service-credentials/{id}",        kTenantAdmin,      {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          nullptr,            nullptr,               204, kFull,       false,   false,     DeleteServiceCredential, "Delete a service credential."},

Route{"GET",    "/auth/me",                              kSession,          {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          nullptr,            &kUserAnswer,          200, kFull,       true,    false,     GetMe,                   "The caller's own profile."},
Route{"GET",    "/auth/me/sessions",                     kSession,          {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          &kPage,             &kSessionList,         200, kFull,       true,    false,     GetMySessions,           "The caller's live sessions."},
Route{"DELETE", "/auth/me/sessions/{id}",                kSession,          {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          nullptr,            nullptr,               204, kFull,       true,    false,     DeleteMySession,         "End one of the caller's sessions."},
Route{"GET",    "/auth/me/login-attempts",               kSession,          {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          &kOwnAttemptFilter, &kAttemptList,         200, kFull,       true,    false,     GetMyAttempts,           "The caller's own sign-in history."},
Route{"PATCH",  "/auth/me",                              kSession,          {},                   kAccount, kSigned,        kUsual,   kBody,   &kProfileChange,  nullptr,            &kUserAnswer,          200, kFull,       true,    false,     PatchMe,                 "Change the caller's own profile."},
Route{"POST",   "/auth/me/email",                        kSession,          {},                   kAccount, kSigned,        kHashing, kBody,   &kEmailChange,    nullptr,            &kStatusAnswer,        202, kFull,       true,    false,     PostMyEmail,             "Change the address: a link goes to the new one, a warning to the old."},
Route{"PUT",    "/auth/me/picture",                      kSession,          {},                   kAccount, Rate::kUpload,  kUsual,   kUpload, &kPictureForm,    nullptr,            &kPictureAnswer,       200, kFull,       true,    false,     PutMyPicture,            "Set the caller's picture."},
Route{"DELETE", "/auth/me/picture",                      kSession,          {},                   kAccount, Rate::kUpload,  kUsual,   0,       nullptr,          nullptr,            nullptr,               204, kFull,       true,    false,     DeleteMyPicture,         "Remove the caller's picture."},
Route{"GET",    "/auth/me/export",                       kSession,          {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          nullptr,            &kExport,              200, kFull,       true,    false,     GetMyExport,             "Everything that is stored about the caller."},
Route{"DELETE", "/auth/me",                              kSession,          {},                   kAccount, kSigned,        kHashing, kBody,   &kDeleteMe,       nullptr,            nullptr,               204, kFull,       true,    false,     DeleteMe,                "Delete the caller's account."},

Route{"GET",    "/auth/users",                           kPermission,       "auth:users:view",    kAccount, kSigned,        kUsual,   0,       nullptr,          &kUserFilter,       &kUserList,            200, kFull,       false,   false,     GetUsers,                "The tenant's users."},
Route{"POST",   "/auth/users",                           kPermission,       "auth:users:create",  kAccount, kSigned,        kHashing, kBody,   &kNewUser,        nullptr,            &kUserAnswer,          201, kFull,       false,   true,      PostUsers,               "Create a user: active, verified; a generated password goes out by mail."},
Route{"GET",    "/auth/users/{id}",                      kPermission,       "auth:users:view",    kAccount, kSigned,        kUsual,   0,       nullptr,          nullptr,            &kUserAnswer,          200, kFull,       false,   false,     GetUser,                 "One user."},
Route{"PATCH",  "/auth/users/{id}",                      kPermission,       "auth:users:edit",    kAccount, kSigned,        kUsual,   kBody,   &kUserChange,     nullptr,            &kUserAnswer,          200, kFull,       false,   false,     PatchUser,               "Change a user."},
Route{"DELETE", "/auth/users/{id}",                      kPermission,       "auth:users:delete",  kAccount, kSigned,        kUsual,   0,       nullptr,          nullptr,            nullptr,               204, kFull,       false,   false,     DeleteUser,              "Delete a user; the address is free again."},
Route{"PUT",    "/auth/users/{id}/roles",                kPermission,       "auth:roles:assign",  kAccount, kSigned,        kUsual,   kBody,   &kRoleIds,        nullptr,            &kUserAnswer,          200, kFull,       false,   false,     PutUserRoles,            "Set a user's roles."},
Route{"POST",   "/auth/users/{id}/unlock",               kPermission,       "auth:users:edit",    kAccount, kSigned,        kUsual,   kBody,   &kEmpty,          nullptr,            nullptr,               204, kFull,       false,   false,     PostUserUnlock,          "End a lock after failed sign-ins."},
Route{"POST",   "/auth/users/{id}/force-password-reset", kPermission,       "auth:users:edit",    kAccount, kSigned,        kUsual,   kBody,   &kEmpty,          nullptr,            nullptr,               204, kFull,       false,   false,     PostUserPasswordReset,   "End sessions and password; a link goes out by mail."},

Route{"GET",    "/auth/users/{id}/sessions",             kPermission,       "auth:users:view",    kAccount, kSigned,        kUsual,   0,       nullptr,          &kPage,             &kSessionList,         200, kFull,       false,   false,     GetUserSessions,         "A user's live sessions."},
Route{"POST",   "/auth/users/{id}/logout",               kPermission,       "auth:users:edit",    kAccount, kSigned,        kUsual,   kBody,   &kEmpty,          nullptr,            nullptr,               204, kFull,       false,   false,     PostUserLogout,          "End all sessions of a user."},
Route{"GET",    "/auth/users/{id}/picture",              kSession,          {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          nullptr,            nullptr,               200, kFull,       true,    false,     GetUserPicture,          "A user's picture."},
Route{"GET",    "/auth/roles",                           kPermission,       "auth:roles:view",    kAccount, kSigned,        kUsual,   0,       nullptr,          &kRoleFilter,       &kRoleList,            200, kFull,       false,   false,     GetRoles,                "The tenant's roles and the system's."},
Route{"POST",   "/auth/roles",                           kPermission,       "auth:roles:create",  kAccount, kSigned,        kUsual,   kGrants, &kNewRole,        nullptr,            &kRoleAnswer,          201, kFull,       false,   true,      PostRoles,               "Create a role."},
Route{"GET",    "/auth/roles/{id}",                      kPermission,       "auth:roles:view",    kAccount, kSigned,        kUsual,   0,       nullptr,          nullptr,            &kRoleAnswer,          200, kFull,       false,   false,     GetRole,                 "One role."},
Route{"PATCH",  "/auth/roles/{id}",                      kPermission,       "auth:roles:edit",    kAccount, kSigned,        kUsual,   kGrants, &kRoleChange,     nullptr,            &kRoleAnswer,          200, kFull,       false,   false,     PatchRole,               "Change a role."},
Route{"DELETE", "/auth/roles/{id}",                      kPermission,       "auth:roles:delete",  kAccount, kSigned,        kUsual,   0,       nullptr,          &kForce,            nullptr,               204, kFull,       false,   false,     DeleteRole,              "Delete a role; one in use only with force=true."},
Route{"GET",    "/auth/permissions",                     kPermission,       "auth:roles:view",    kAccount, kSigned,        kUsual,   0,       nullptr,          &kPermissionFilter, &kPermissionList,      200, kFull,       false,   false,     GetPermissions,          "The catalogue of permissions."},
Route{"POST",   "/auth/permissions/{code}",              kPlatformAdmin,    {},                   kAccount, kSigned,        kUsual,   kBody,   &kNewPermission,  nullptr,            &kPermissionAnswer,    201, kFull,       false,   false,     PostPermissions,         "Add a permission to the catalogue."},
Route{"DELETE", "/auth/permissions/{code}",              kPlatformAdmin,    {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          nullptr,            nullptr,               204, kFull,       false,   false,     DeletePermission,        "Take a permission out of the catalogue, and out of the roles that hold it."},
Route{"GET",    "/auth/tenants",                         kPlatformAdmin,    {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          &kTenantFilter,     &kTenantList,          200, kFull,       false,   false,     GetTenants,              "All tenants."},
Route{"POST",   "/auth/tenants",                         kPlatformAdmin,    {},                   kAccount, kSigned,        kUsual,   kBody,   &kNewTenant,      nullptr,            &kTenantAnswer,        201, kFull,       false,   true,      PostTenants,             "Create a tenant."},
Route{"GET",    "/auth/tenants/{id}",                    kSession,          {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          nullptr,            &kTenantAnswer,        200, kFull,       true,    false,     GetTenant,               "The caller's own tenant; any for platform administrators."},
Route{"PATCH",  "/auth/tenants/{id}",                    kPlatformAdmin,    {},                   kAccount, kSigned,        kUsual,   kBody,   &kTenantChange,   nullptr,            &kTenantAnswer,        200, kFull,       false,   false,     PatchTenant,             "Change, suspend or resume a tenant."},
Route{"DELETE", "/auth/tenants/{id}",                    kPlatformAdmin,    {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          &kForce,            nullptr,               204, kFull,       false,   false,     DeleteTenant,            "Delete a tenant; one with users only with force=true."},
Route{"GET",    "/auth/tenants/{id}/settings",           kTenantAdmin,      {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          nullptr,            &kSettingsAnswer,      200, kFull,       false,   false,     GetTenantSettings,       "A tenant's settings, all keys."},
Route{"PATCH",  "/auth/tenants/{id}/settings",           kTenantAdmin,      {},                   kAccount, kSigned,        kUsual,   kBody,   &kSettingsChange, nullptr,            &kSettingsAnswer,      200, kFull,       false,   false,     PatchTenantSettings,     "Change settings; null resets one."},
Route{"GET",    "/auth/login-attempts",                  kPermission,       "auth:attempts:view", kAccount, kSigned,        kUsual,   0,       nullptr,          &kAttemptFilter,    &kAttemptList,         200, kFull,       false,   false,     GetAttempts,             "The tenant's sign-in attempts."},
Route{"GET",    "/auth/login-attempts/summary",          kPermission,       "auth:attempts:view", kAccount, kSigned,        kQuick,   0,       nullptr,          &kSummaryRange,     &kAttemptSummary,      200, kFull,       false,   false,     GetAttemptSummary,       "How many sign-ins succeeded and failed, by hour or day."},
Route{"GET",    "/auth/audit",                           kPermission,       "auth:audit:view",    kAccount, kSigned,        kUsual,   0,       nullptr,          &kAuditFilter,      &kAuditList,           200, kFull,       false,   false,     GetAudit,                "The tenant's audit log."},
Route{"GET",    "/auth/outbox",                          kTenantAdmin,      {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          &kOutboxFilter,     &kOutboxList,          200, kFull,       false,   false,     GetOutbox,               "What became of the tenant's mails."},

Route{"GET",    "/auth/sign-in-options",                 kAnyone,           {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          &kOAuthTenant,      &kSignInOptions,       200, kRestricted, true,    false,     GetSignInOptions,        "What the sign-in page must know of a tenant."},
Route{"GET",    "/auth/oauth/providers",                 kAnyone,           {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          &kOAuthTenant,      &kOAuthProviderList,   200, kRestricted, true,    false,     GetOAuthProviders,       "The OAuth providers that a tenant offers."},
Route{"GET",    "/auth/oauth/{provider}/start",          kAnyone,           {},                   kAccount, kSignIn,        kOutside, 0,       nullptr,          &kOAuthStart,       nullptr,               302, kRestricted, true,    false,     GetOAuthStart,           "Send a person to the provider to sign in."},
Route{"GET",    "/auth/oauth/{provider}/callback",       kAnyone,           {},                   kAccount, kSignIn,        kOutside, 0,       nullptr,          &kOAuthCallback,    nullptr,               302, kRestricted, true,    false,     GetOAuthCallback,        "Where the provider sends a person back to."},
Route{"POST",   "/auth/oauth/{provider}/link",           kSession,          {},                   kAccount, kSignIn,        kOutside, kBody,   &kEmpty,          nullptr,            &kOAuthLinkAnswer,     200, kFull,       true,    false,     PostOAuthLink,           "Link an account at the provider: where to send the browser."},
Route{"DELETE", "/auth/oauth/{provider}",                kSession,          {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          nullptr,            nullptr,               204, kFull,       true,    false,     DeleteOAuthIdentity,     "Unlink an account, unless no other way to sign in is left."},
Route{"GET",    "/auth/me/identities",                   kSession,          {},                   kAccount, kSigned,        kUsual,   0,       nullptr,          &kPage,             &kIdentityList,        200, kFull,       true,    false,     GetMyIdentities,         "The caller's accounts at OAuth providers."},

Route{"GET",    "/auth/health",                          kAnyone,           {},                   kVerify,  kSigned,        kQuick,   0,       nullptr,          nullptr,            &kStatusAnswer,        200, kRestricted, true,    false,     GetHealth,               "Is a worker alive?"},
Route{"GET",    "/auth/ready",                           kAnyone,           {},                   kAccount, kSigned,        kQuick,   0,       nullptr,          nullptr,            &kReadyAnswer,         200, kRestricted, true,    false,     GetReady,                "Can requests be served?"},
Route{"GET",    "/auth/metrics",                         kLocal,            {},                   kAccount, kSigned,        kQuick,   0,       nullptr,          nullptr,            nullptr,               200, kRestricted, true,    false,     GetMetrics,              "Prometheus metrics, summed over all workers."},
Route{"GET",    "/auth/openapi.json",                    kAnyone,           {},                   kAccount, kSigned,        kQuick,   0,       nullptr,          nullptr,            nullptr,               200, kRestricted, true,    false,     GetOpenApi,              "This document."},
Route{"GET",    "/.well-known/jwks.json",                kAnyone,           {},                   kVerify,  kSigned,        kQuick,   0,       nullptr,          nullptr,            &kJwkSet,              200, kRestricted, true,    false,     GetJwks,                 "The public keys of access tokens (RFC 7517)."},
};
// clang-format on

constexpr std::string_view kCodeSegment = "{code}";
constexpr std::string_view kProviderSegment = "{provider}";

// Where "/auth/users/{id}/sessions" matches, the text in place of {id}.
std::optional<std::string_view> MatchSegment(std::string_view pattern, std::string_view path) {
  const auto at = pattern.find('{');
  if (at == std::string_view::npos) return std::nullopt;
  const auto head = pattern.substr(0, at);
  const auto tail = pattern.substr(pattern.find('}') + 1);
  if (path.size() <= head.size() + tail.size() || !path.starts_with(head) ||
      !path.ends_with(tail)) {
    return std::nullopt;
  }
  const auto id = path.substr(head.size(), path.size() - head.size() - tail.size());
  return id.find('/') == std::string_view::npos ? std::optional(id) : std::nullopt;
}

// Rows of one path, in the order of the table.
struct PathRows {
  std::vector<const Route*> rows;
  std::string allow;
};

using Index = std::map<std::string_view, PathRows>;

const Index& PathIndex() {
  static const Index index = [] {
    Index out;
    for (const auto& route : kRoutes) {
      auto& entry = out[route.path];
      entry.rows.push_back(&route);
      if (!entry.allow.empty()) entry.allow += ", ";
      entry.allow += route.method;
      if (route.method == "GET") entry.allow += ", HEAD";
    }
    return out;
  }();
  return index;
}

RouteMatch Pick(const PathRows& path, std::string_view method) {
  RouteMatch out;
  out.allow = path.allow;
  for (const Route* row : path.rows) {
    if (row->method == method || (row->method == "GET" && method == "HEAD")) out.route = row;
  }
  return out;
}

}  // namespace

std::span<const Route> Routes() { return kRoutes; }

bool IsTenantScoped(const Route& route) {
  // A tenant's own routes name it in the path.
  if (route.path.starts_with("/auth/tenants")) return false;
  return route.auth == kPermission || route.auth == kTenantAdmin || route.auth == kPlatformAdmin;
}

std::string_view AllowOf(std::string_view path) { return PathIndex().at(path).allow; }

bool NeedsBody(const Route& route) {
  if (route.body == nullptr) return false;
  const auto& fields = route.body->fields;
  return route.method == "PATCH" || std::any_of(fields.begin(), fields.end(),
                                                [](const auto& field) { return field.required; });
}

RouteMatch FindRoute(std::string_view method, std::string_view path) {
  const Index& index = PathIndex();
  // A literal "{id}" in a path is not the pattern.
  const bool literal = path.find('{') == std::string_view::npos;
  const auto exact = literal ? index.find(path) : index.end();
  if (exact != index.end()) return Pick(exact->second, method);
  for (const auto& [pattern, rows] : index) {
    const auto text = MatchSegment(pattern, path);
    if (!text) continue;
    // A segment that is not of its kind names nothing.
    RouteMatch out = Pick(rows, method);
    if (pattern.find(kCodeSegment) != std::string_view::npos) {
      // Any: who adds one is told what is wrong with it, after who they are (API.md, order of
      // checks).
      out.code = *text;
    } else if (pattern.find(kProviderSegment) != std::string_view::npos) {
      if (!IsProviderId(*text)) continue;
      out.code = *text;
    } else {
      out.id = Uuid::Parse(*text);
      if (!out.id) continue;
    }
    return out;
  }
  return {};
}

}  // namespace gatehouse
