#include "handlers/routes.h"

#include <array>
#include <map>
#include <utility>
#include <vector>

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
constexpr Seconds kQuick{5};
constexpr Seconds kUsual{30};
// The verify pool has others waiting: what reads MariaDB there must be quick or not at all.
constexpr Seconds kGate{3};
constexpr Seconds kHashing{15};
constexpr auto kSignIn = Rate::kSignIn;
constexpr auto kSigned = Rate::kSession;
constexpr auto kOpen = Rate::kNone;

// clang-format off
const std::array kRoutes = {
//    method    path                             auth         permission             pool      rate            timeout   body   request           query               answer           ok   gate         roleless endpoint
Route{"POST",   "/auth/register",                kAnyone,     {},                    kAccount, kSignIn,        kHashing, kBody, &kRegister,       nullptr,            &kStatusAnswer,  202, kRestricted, true,  PostRegister,           "Register with e-mail and password; a mail brings the link that activates the account."},
Route{"POST",   "/auth/verify-email",            kAnyone,     {},                    kAccount, kSignIn,        kUsual,   kBody, &kVerifyEmail,    nullptr,            &kStatusAnswer,  200, kRestricted, true,  PostVerifyEmail,        "Use the link that verifies an address."},
Route{"POST",   "/auth/resend-verification",     kAnyone,     {},                    kAccount, kSignIn,        kUsual,   kBody, &kAddress,        nullptr,            &kStatusAnswer,  202, kRestricted, true,  PostResendVerification, "Ask for a new verification link; older ones die."},
Route{"POST",   "/auth/login",                   kAnyone,     {},                    kAccount, kSignIn,        kHashing, kBody, &kLogin,          nullptr,            &kSessionAnswer, 200, kRestricted, true,  PostLogin,              "Sign in with e-mail and password."},
Route{"POST",   "/auth/refresh",                 kAnyone,     {},                    kVerify,  Rate::kRefresh, kGate,    kBody, &kRefresh,        nullptr,            &kSessionAnswer, 200, kRestricted, true,  PostRefresh,            "Trade a refresh token for a new pair of tokens."},
Route{"POST",   "/auth/logout",                  kSession,    {},                    kVerify,  kSigned,        kGate,    kBody, &kEmpty,          nullptr,            nullptr,         204, kRestricted, true,  PostLogout,             "End this session."},
Route{"POST",   "/auth/logout-all",              kSession,    {},                    kAccount, kSigned,        kUsual,   kBody, &kLogoutAll,      nullptr,            nullptr,         204, kFull,       true,  PostLogoutAll,          "End all sessions, or all but this one."},
Route{"GET",    "/auth/session",                 kSession,    {},                    kVerify,  kSigned,        kGate,    0,     nullptr,          nullptr,            &kSessionInfo,   200, kRestricted, true,  GetSession,             "The current session and its user."},
Route{"GET",    "/auth/info",                    kSession,    {},                    kAccount, kSigned,        kUsual,   0,     nullptr,          nullptr,            &kInfoAnswer,    200, kFull,       true,  GetInfo,                "What the tenant tells its people."},
Route{"GET",    "/auth/csrf",                    kSession,    {},                    kVerify,  kSigned,        kGate,    0,     nullptr,          nullptr,            &kCsrfAnswer,    200, kRestricted, true,  GetCsrf,                "A CSRF token for this cookie session."},
Route{"POST",   "/auth/forgot-password",         kAnyone,     {},                    kAccount, kSignIn,        kUsual,   kBody, &kAddress,        nullptr,            &kStatusAnswer,  202, kRestricted, true,  PostForgotPassword,     "Ask for a link that resets the password."},
Route{"POST",   "/auth/reset-password",          kAnyone,     {},                    kAccount, kSignIn,        kHashing, kBody, &kResetPassword,  nullptr,            nullptr,         204, kRestricted, true,  PostResetPassword,      "Set a new password with a mailed link; ends all sessions."},
Route{"POST",   "/auth/change-password",         kSession,    {},                    kAccount, kSigned,        kHashing, kBody, &kChangePassword, nullptr,            nullptr,         204, kRestricted, true,  PostChangePassword,     "Change the password; ends all other sessions."},

Route{"GET",    "/auth/verify",                  kSession,    {},                    kVerify,  kOpen,          kQuick,   0,     nullptr,          &kRequirement,      nullptr,         204, kFull,       true,  GetVerify,              "Who is this, and may they? For nginx auth_request."},
Route{"POST",   "/auth/check",                   kSession,    {},                    kVerify,  kSigned,        kQuick,   kBody, &kCheck,          nullptr,            &kCheckAnswer,   200, kFull,       false, PostCheck,              "Answers many permission questions at once."},

Route{"GET",    "/auth/me",                      kSession,    {},                    kAccount, kSigned,        kUsual,   0,     nullptr,          nullptr,            &kUserAnswer,    200, kFull,       true,  GetMe,                  "The caller's own profile."},
Route{"GET",    "/auth/me/sessions",             kSession,    {},                    kAccount, kSigned,        kUsual,   0,     nullptr,          &kPage,             &kSessionList,   200, kFull,       true,  GetMySessions,          "The caller's live sessions."},
Route{"DELETE", "/auth/me/sessions/{id}",        kSession,    {},                    kAccount, kSigned,        kUsual,   0,     nullptr,          nullptr,            nullptr,         204, kFull,       true,  DeleteMySession,        "End one of the caller's sessions."},
Route{"GET",    "/auth/me/login-attempts",       kSession,    {},                    kAccount, kSigned,        kUsual,   0,     nullptr,          &kOwnAttemptFilter, &kAttemptList,   200, kFull,       true,  GetMyAttempts,          "The caller's own sign-in history."},

Route{"GET",    "/auth/users/{id}/sessions",     kPermission, "auth:users:view",     kAccount, kSigned,        kUsual,   0,     nullptr,          &kPage,             &kSessionList,   200, kFull,       false, GetUserSessions,        "A user's live sessions."},
Route{"POST",   "/auth/users/{id}/logout",       kPermission, "auth:users:edit",     kAccount, kSigned,        kUsual,   kBody, &kEmpty,          nullptr,            nullptr,         204, kFull,       false, PostUserLogout,         "End all sessions of a user."},
Route{"GET",    "/auth/login-attempts",          kPermission, "auth:attempts:view",  kAccount, kSigned,        kUsual,   0,     nullptr,          &kAttemptFilter,    &kAttemptList,   200, kFull,       false, GetAttempts,            "The tenant's sign-in attempts."},

Route{"GET",    "/auth/health",                  kAnyone,     {},                    kVerify,  kSigned,        kQuick,   0,     nullptr,          nullptr,            &kStatusAnswer,  200, kRestricted, true,  GetHealth,              "Is a worker alive?"},
Route{"GET",    "/auth/ready",                   kAnyone,     {},                    kAccount, kSigned,        kQuick,   0,     nullptr,          nullptr,            &kReadyAnswer,   200, kRestricted, true,  GetReady,               "Can requests be served?"},
Route{"GET",    "/auth/metrics",                 kLocal,      {},                    kAccount, kSigned,        kQuick,   0,     nullptr,          nullptr,            nullptr,         200, kRestricted, true,  GetMetrics,             "Prometheus metrics, summed over all workers."},
Route{"GET",    "/auth/openapi.json",            kAnyone,     {},                    kAccount, kSigned,        kQuick,   0,     nullptr,          nullptr,            nullptr,         200, kRestricted, true,  GetOpenApi,             "This document."},
};
// clang-format on

constexpr std::string_view kIdSegment = "{id}";

// Where "/auth/users/{id}/sessions" matches, the text in place of {id}.
std::optional<std::string_view> MatchId(std::string_view pattern, std::string_view path) {
  const auto at = pattern.find(kIdSegment);
  if (at == std::string_view::npos) return std::nullopt;
  const auto head = pattern.substr(0, at);
  const auto tail = pattern.substr(at + kIdSegment.size());
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

RouteMatch FindRoute(std::string_view method, std::string_view path) {
  const Index& index = PathIndex();
  // A literal "{id}" in a path is not the pattern.
  const bool literal = path.find('{') == std::string_view::npos;
  const auto exact = literal ? index.find(path) : index.end();
  if (exact != index.end()) return Pick(exact->second, method);
  for (const auto& [pattern, rows] : index) {
    const auto text = MatchId(pattern, path);
    if (!text) continue;
    // A segment that is no UUID names nothing.
    const auto id = Uuid::Parse(*text);
    if (!id) continue;
    RouteMatch out = Pick(rows, method);
    out.id = id;
    return out;
  }
  return {};
}

}  // namespace gatehouse
