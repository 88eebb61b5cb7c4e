#include "handlers/dispatch.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <vector>

#include "fcgi/base/net.h"
#include "fcgi/http/input.h"
#include "fcgi/http/multipart.h"
#include "fcgi/lib/crypto.h"
#include "fcgi/lib/text.h"
#include "fcgi/run/log.h"
#include "fcgi/run/metrics.h"
#include "handlers/api/cookies.h"
#include "handlers/api/endpoints.h"
#include "handlers/api/problem.h"
#include "handlers/api/schemas.h"
#include "handlers/auth/csrf.h"
#include "handlers/auth/live_tokens.h"
#include "handlers/auth/requirement.h"
#include "handlers/auth/service_credential.h"
#include "handlers/routes.h"

namespace gatehouse {
namespace {

constexpr std::size_t kMaxUserAgent = 512;

// Counters of one route: answers by class of status, and how long they took.
struct RouteMetrics {
  std::array<Metrics::Handle, 4> by_class{};  // 2xx to 5xx
  Metrics::Handle seconds = 0;

  explicit RouteMetrics(std::string_view label) {
    auto& metrics = Metrics::Instance();
    for (std::size_t i = 0; i < by_class.size(); ++i) {
      by_class[i] = metrics.Counter(
          "gatehouse_requests_total", "Requests answered.",
          "route=\"" + std::string(label) + "\",status=\"" + std::to_string(i + 2) + "xx\"");
    }
    seconds = metrics.Histogram("gatehouse_request_seconds", "Time to an answer.",
                                "route=\"" + std::string(label) + "\"");
  }
};

// In the order of the route table; the last is for paths that are not in it.
std::vector<RouteMetrics>& AllRouteMetrics() {
  static std::vector<RouteMetrics> all = [] {
    std::vector<RouteMetrics> out;
    for (const auto& route : Routes()) {
      out.emplace_back(std::string(route.method) + " " + std::string(route.path));
    }
    out.emplace_back("none");
    return out;
  }();
  return all;
}

RouteMetrics& MetricsOf(const Route* route) {
  auto& all = AllRouteMetrics();
  return route == nullptr ? all.back() : all[static_cast<std::size_t>(route - Routes().data())];
}

bool IsUnsafe(std::string_view method) { return method != "GET" && method != "HEAD"; }

auth::Caller CallerOf(const http::Request& request, TimePoint now, Deadline deadline) {
  return {std::string(request.Param("REMOTE_ADDR")),
          text::Printable(request.Param("HTTP_USER_AGENT"), kMaxUserAgent),
          std::string(request.Param("REQUEST_ID")),
          std::string(request.Param("GATEHOUSE_TENANT")),
          now,
          deadline};
}

bool IsAllowedLocally(const Config& config, std::string_view ip) {
  const auto& allowed = config.metrics_allow;
  if (allowed.empty()) return IsLoopback(ip);
  return std::any_of(allowed.begin(), allowed.end(),
                     [&](const std::string& network) { return IpInNetwork(ip, network); });
}

// 413 before anything of the body is read.
bool SaysTooLarge(const http::Request& request, std::size_t limit) {
  const auto text = request.Param("CONTENT_LENGTH");
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (text.empty()) return false;
  return error == std::errc::result_out_of_range || length > limit;
}

Status CheckState(const auth::Principal& who, const Route& route) {
  if (route.gate == Gate::kRestricted) return {};
  if (who.must_change_password) {
    if (route.gate == Gate::kPassword) return {};
    return MakeError(ErrorCode::kPasswordChangeRequired);
  }
  if (who.must_enrol && route.gate != Gate::kEnrolment) {
    return MakeError(ErrorCode::kTwoFactorEnrolmentRequired);
  }
  return {};
}

Status CheckPermission(const auth::Principal& who, const Route& route) {
  if (who.roleless() && !route.roleless) return MakeError(ErrorCode::kNoRoleAssigned);
  bool may = true;
  switch (route.auth) {
    case Auth::kPermission:
      may = auth::May(who, route.permission, false);
      break;
    case Auth::kTenantAdmin:
      may = who.tenant_admin || who.platform_admin;
      break;
    case Auth::kPlatformAdmin:
      may = who.platform_admin;
      break;
    default:
      break;
  }
  if (!may) return MakeError(ErrorCode::kPermissionDenied);
  return {};
}

// Reads the body into `call`; returns it as it came.
Result<std::string> ReadBody(http::Request& request, const Route& route, api::Call& call) {
  if (route.body == nullptr) return std::string();
  const http::Schema& schema = *route.body;
  GH_ASSIGN(std::string body, request.ReadBody(route.body_limit));
  call.empty_body = body.empty();
  if (call.empty_body && !NeedsBody(route)) return body;
  if (!http::IsMediaType(request.content_type(), http::MediaTypeName(schema.media)) &&
      !(body.empty() && request.content_type().empty())) {
    return MakeError(ErrorCode::kUnsupportedMediaType);
  }
  switch (schema.media) {
    case http::Media::kJson: {
      GH_ASSIGN(call.body, http::ReadJson(schema, body));
      break;
    }
    case http::Media::kForm: {
      GH_ASSIGN(call.body, http::ReadForm(schema, body));
      break;
    }
    case http::Media::kMultipart: {
      GH_ASSIGN(call.upload, http::ReadUpload(request.content_type(), body, schema.fields[0].name));
      break;
    }
  }
  return body;
}

using api::schema::kTenantParameter;

Result<http::Fields> ReadQuery(const http::Request& request, const Route& route) {
  static const http::Schema kNothing{"NoQuery", {}};
  const http::Schema& schema = route.query != nullptr ? *route.query : kNothing;
  if (request.query().empty()) return http::Fields();
  GH_ASSIGN(auto pairs, http::ParseUrlEncoded(request.query()));
  if (!IsTenantScoped(route)) return http::ReadPairs(schema, pairs);
  std::erase_if(pairs, [](const auto& pair) {
    return pair.first == kTenantParameter.name && TenantId::Parse(pair.second).has_value();
  });
  // What is left of it is malformed: one mistake among the query's others.
  std::vector<http::FieldSpec> fields(schema.fields.begin(), schema.fields.end());
  fields.push_back(kTenantParameter);
  return http::ReadPairs({schema.name, fields}, pairs);
}

// The tenant that is administered (API.md "Administration"): another than the caller's own only for
// platform administrators. What is malformed is left to the query's validation.
Result<TenantId> TenantOf(const auth::Principal& who, const http::Request& request,
                          const Route& route) {
  if (!IsTenantScoped(route) || request.query().empty()) return who.tenant_id;
  const auto pairs = http::ParseUrlEncoded(request.query());
  if (!pairs.ok()) return who.tenant_id;
  std::optional<TenantId> named;
  for (const auto& [name, value] : *pairs) {
    if (name != kTenantParameter.name) continue;
    const auto id = TenantId::Parse(value);
    if (!id) return who.tenant_id;
    if (named && *named != *id) return MakeError(ErrorCode::kPermissionDenied, "two tenants named");
    named = id;
  }
  if (!named || *named == who.tenant_id) return who.tenant_id;
  if (!who.platform_admin) return MakeError(ErrorCode::kPermissionDenied, "another tenant");
  return *named;
}

}  // namespace

struct Dispatch::Pending {
  http::Exchange* exchange;
  std::chrono::steady_clock::time_point started;
  auth::Caller caller;
  RouteMatch match;
  std::optional<Error> error;
  std::optional<auth::Ticket> ticket;
  std::optional<auth::BasicCredential> basic;
  bool by_cookie = false;

  http::Request& request() const { return *exchange->request; }
};

Dispatch::Dispatch(auth::Services& services) : services_(services), gate_(services) {
  AllRouteMetrics();
}

Dispatch::~Dispatch() = default;

void Dispatch::Begin(Pending& p) const {
  const http::Request& request = p.request();
  p.match = FindRoute(request.method(), request.path());
  if (p.match.allow.empty()) {
    p.error = MakeError(ErrorCode::kNotFound, "no such path");
    return;
  }
  if (p.match.route == nullptr) {
    p.error = MakeError(ErrorCode::kMethodNotAllowed);
    return;
  }
  const Route& route = *p.match.route;
  p.caller = CallerOf(request, services_.clock.Now(), Deadline::In(route.timeout));
  if (route.body != nullptr && SaysTooLarge(request, route.body_limit)) {
    p.error = MakeError(ErrorCode::kBodyTooLarge);
    return;
  }
  if (route.auth == Auth::kAnyone) return;
  if (route.auth == Auth::kLocal) {
    if (!IsAllowedLocally(services_.config, p.caller.ip)) {
      p.error = MakeError(ErrorCode::kPermissionDenied, "address not on the allowlist");
    }
    return;
  }
  const bool services_come = route.auth == Auth::kService || route.auth == Auth::kServiceOrSession;
  if (services_come) {
    p.basic = auth::ParseBasic(request.Param("HTTP_AUTHORIZATION"));
    if (p.basic) return;
    if (route.auth == Auth::kService) {
      p.error = MakeError(ErrorCode::kInvalidClient, "no usable Basic credential");
      return;
    }
  }
  const auto credential = api::FindCredential(request);
  if (credential.kind == api::Credential::Kind::kNone) {
    p.error = MakeError(ErrorCode::kAuthenticationRequired);
    return;
  }
  if (credential.kind == api::Credential::Kind::kUnusable) {
    p.error = MakeError(ErrorCode::kInvalidToken, "empty, or two access cookies");
    return;
  }
  auto ticket = gate_.Open(credential.token, p.caller.now);
  if (!ticket.ok()) {
    p.error = std::move(ticket).error();
    return;
  }
  p.by_cookie = credential.by_cookie;
  p.ticket = std::move(ticket).value();
}

Result<http::Response> Dispatch::Finish(Pending& p) {
  const Route& route = *p.match.route;
  api::Call call{.services = services_, .request = p.request(), .caller = p.caller};
  call.id = p.match.id;
  call.code = p.match.code;
  const bool comes_back = route.endpoint == api::GetOAuthCallback;
  if (IsUnsafe(route.method) || comes_back) {
    call.device =
        auth::OpenDevice(services_.keys, api::CookieValue(call.request, api::kDeviceCookie));
    if (call.device) p.caller.browser_id = call.device->browser_id;
  }
  if (p.basic) {
    GH_ASSIGN(call.service, auth::Authenticate(services_, p.caller, *p.basic));
  }
  if (p.ticket) {
    GH_ASSIGN(call.principal, gate_.Decide(*p.ticket, p.caller));
    auth::Principal& who = *call.principal;
    who.by_cookie = p.by_cookie;
    if (p.by_cookie && IsUnsafe(route.method)) {
      if (!auth::IsAllowedOrigin(services_.config, call.request.Param("HTTP_ORIGIN"))) {
        return MakeError(ErrorCode::kOriginNotAllowed);
      }
      if (!auth::IsValidCsrf(services_.keys, who.session_id,
                             call.request.Param("HTTP_X_CSRF_TOKEN"),
                             api::CookieValue(call.request, api::kCsrfCookie))) {
        return MakeError(ErrorCode::kCsrfFailed);
      }
    }
    GH_TRY(CheckState(who, route));
    GH_TRY(CheckPermission(who, route));
    GH_ASSIGN(call.tenant_id, TenantOf(who, call.request, route));
  }
  GH_ASSIGN(const std::string body, ReadBody(p.request(), route, call));
  // The gate's own query, and what a provider adds to its own, are read by their endpoints: they
  // never answer 422.
  if (route.endpoint != api::GetVerify && !comes_back) {
    GH_ASSIGN(call.query, ReadQuery(p.request(), route));
  }
  if (call.principal && call.tenant_id != call.principal->tenant_id) {
    GH_ASSIGN(const auto named,
              store::FindTenant(*services_.db.Auto(p.caller.deadline), call.tenant_id));
    if (!named) return MakeError(ErrorCode::kNotFound, "tenant");
  }
  return RunEndpoint(call, route, body);
}

Result<http::Response> Dispatch::RunEndpoint(api::Call& call, const Route& route,
                                             std::string_view body) {
  const auto key = call.request.Param("HTTP_IDEMPOTENCY_KEY");
  if (!route.idempotent || key.empty()) return route.endpoint(call);
  const auto request = crypto::LengthPrefixed(
      {call.request.method(), call.request.path(), call.request.query(), body});
  GH_ASSIGN(auto before, call.idempotency.Begin(services_, call.caller, call.principal->user_id,
                                                route.timeout, key, request));
  if (before) return std::move(*before);
  auto result = route.endpoint(call);
  if (!result.ok()) call.idempotency.Release(services_, call.caller);
  return result;
}

void Dispatch::Answer(Pending& p, Result<http::Response> result) {
  const Route* route = p.match.route;
  const bool basic =
      route != nullptr && (route->auth == Auth::kService || route->auth == Auth::kServiceOrSession);
  const auto request_id = p.request().Param("REQUEST_ID");
  http::Response& response = p.exchange->response;
  std::string_view code;
  std::string reason;
  if (result.ok()) {
    response = std::move(result).value();
  } else {
    response = api::Problem(result.error(), request_id, basic);
    code = Info(result.error().code).name;
    reason = std::move(result.error().inner);
  }
  if (response.status == 405) response.Header("Allow", p.match.allow);
  // auth_request drops the body; the snippets make the problem document from this header.
  if (response.status == 403 && route != nullptr && route->endpoint == api::GetVerify) {
    response.Header("X-Auth-Error", std::string(code));
  }

  const auto taken =
      std::chrono::duration_cast<Micros>(std::chrono::steady_clock::now() - p.started);
  RouteMetrics& metrics = MetricsOf(route);
  const auto status_class = static_cast<std::size_t>(std::clamp(response.status / 100, 2, 5) - 2);
  Metrics::Instance().Add(metrics.by_class[status_class]);
  Metrics::Instance().Observe(metrics.seconds, taken);

  // A yes at the gate is nginx's to log; everything else is worth a line.
  const bool quiet = response.status == 204 && p.ticket && !IsUnsafe(p.request().method());
  const auto level = response.status >= 500 ? log::Level::kError
                     : quiet                ? log::Level::kDebug
                                            : log::Level::kInfo;
  if (!log::Enabled(level)) return;
  log::Write(level, "request",
             {{"method", p.request().method()},
              {"route", route != nullptr ? route->path : "none"},
              {"status", response.status},
              {"micros", static_cast<std::int64_t>(taken.count())},
              {"ip", p.request().Param("REMOTE_ADDR")},
              {"code", code},
              {"reason", reason}});
}

void Dispatch::Handle(std::span<http::Exchange> batch) {
  std::vector<Pending> all(batch.size(), Pending{nullptr,
                                                 std::chrono::steady_clock::now(),
                                                 {{}, {}, {}, {}, {}, Deadline::Never()},
                                                 {},
                                                 {},
                                                 {},
                                                 {},
                                                 false});
  std::vector<auth::Ticket*> tickets;
  tickets.reserve(batch.size());
  for (std::size_t i = 0; i < batch.size(); ++i) {
    all[i].exchange = &batch[i];
    Begin(all[i]);
    if (all[i].ticket) tickets.push_back(&*all[i].ticket);
  }
  if (!tickets.empty()) gate_.Ask(tickets);
  for (auto& p : all) {
    log::SetRequestId(p.request().Param("REQUEST_ID"));
    Answer(p, p.error ? Result<http::Response>(std::move(*p.error)) : Finish(p));
    log::SetRequestId({});
  }
}

void Dispatch::AfterBatch() {
  services_.tokens.Follow();
  gate_.WriteNotes();
  gate_.ReturnMemory();
}

}  // namespace gatehouse
