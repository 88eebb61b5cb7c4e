#include "handlers/nginx_config.h"

#include <algorithm>
#include <vector>

#include "handlers/nginx_blocks.h"
#include "handlers/nginx_text.h"

namespace gatehouse {
namespace {

constexpr std::string_view kNotice =
    "# Written by `gatehouse nginx-config`; changes here are lost. ";

// nginx gives up a little after the worker, whose 504 names the route (SPEC E3).
constexpr std::int64_t kPatienceSeconds = 2;
// A route that is excluded from the timeout still ends some day.
constexpr std::int64_t kExcludedSeconds = 3600;
// SPEC E5. A route without a body gets this too: nginx takes 0 for "unlimited".
constexpr std::size_t kBodyLimit = 65536;

// The token of what nginx's http server redirects to: the configured address, never the Host that
// a client claims.
std::string PublicUrl(const Config& config) { return NginxQuote(config.base_url + "$request_uri"); }

void AppendUpstreams(std::string& out, const Config& config) {
  const auto server = [](const std::string& socket) {
    return "    server " + NginxQuote("unix:" + socket) + " max_fails=0;\n";
  };
  // Named twice, so that a question whose worker died is asked once more, of the next one.
  const std::string verify = server(config.verify_socket) + server(config.verify_socket);
  out += "upstream gatehouse_verify {\n" + verify + "}\n";
  // Apart from the one above: auth_request cannot keep a connection and would use these up.
  out += "upstream gatehouse_verify_kept {\n" + verify +
         "    keepalive 32;\n    keepalive_requests 100000;\n    keepalive_timeout 60s;\n}\n";
  out += "upstream gatehouse_account {\n" + server(config.account_socket) + "}\n\n";
}

void AppendCorsMap(std::string& out, const Config& config) {
  out += "# CORS: an origin that is not listed gets no header at all.\n";
  out += "map $http_origin $gatehouse_cors_origin {\n    default \"\";\n";
  for (const std::string& origin : config.cors_origins) {
    if (const auto row = CorsMapRow(origin)) out += "    " + *row + ";\n";
  }
  out += "}\n";
  out += kNginxCorsMaps;
}

// The bodies of 401 and 403 on a protected site: auth_request drops what /auth/verify says, except
// X-Auth-Error, which carries the code across.
void AppendDenialMap(std::string& out, int status, ErrorCode fallback, std::string_view source) {
  const std::string number = std::to_string(status);
  out += "map " + std::string(source) + " $gatehouse_problem_" + number + " {\n    default " +
         ProblemToken(Info(fallback)) + ";\n";
  for (const ErrorInfo& info : ErrorCatalogue()) {
    if (info.status != status) continue;
    out += "    " + std::string(info.name) + " " + ProblemToken(info) + ";\n";
  }
  out += "}\n";
}

// A row of `map $uri`, a regular expression like those of CorsMapRow and for their reasons.
std::string AllowRow(const std::string& pattern, std::string_view allow) {
  return "    \"~" + pattern + "\" \"" + std::string(allow) + "\";\n";
}

void AppendAllowMaps(std::string& out) {
  out += kNginxAllowNotice;
  out += "map $uri $gatehouse_methods {\n    default \"GET, HEAD\";\n";
  std::vector<std::string_view> paths;
  for (const Route& route : Routes()) {
    if (std::find(paths.begin(), paths.end(), route.path) == paths.end()) {
      paths.push_back(route.path);
    }
  }
  // The first that matches counts: /auth/oauth/providers is none of /auth/oauth/{provider}.
  std::stable_partition(paths.begin(), paths.end(),
                        [](std::string_view path) { return !PathPattern(path); });
  for (const std::string_view path : paths) out += AllowRow(StrictPattern(path), AllowOf(path));
  out += AllowRow("^/auth/ui/", "GET, HEAD") + AllowRow("^/auth/", "") + "}\n";
  out += kNginxRefusedMap;
}

struct ErrorPage {
  std::string_view statuses;  // of nginx
  ErrorCode code;
  std::string_view header;
};

constexpr ErrorPage kErrorPages[] = {
    {"400 412 414 494 501 505", ErrorCode::kMalformedJson, ""},
    {"405", ErrorCode::kMethodNotAllowed, "add_header Allow $gatehouse_methods always;"},
    {"413", ErrorCode::kBodyTooLarge, "add_header Allow $gatehouse_other_methods always;"},
    {"429", ErrorCode::kRateLimited, "add_header Retry-After 1 always;"},
    {"500", ErrorCode::kInternal, ""},
    {"502", ErrorCode::kBadGateway, ""},
    {"503", ErrorCode::kUnavailable, "add_header Retry-After 5 always;"},
    {"504", ErrorCode::kTimeout, ""},
};

std::string ErrorUri(int status) { return "/_gatehouse/error/" + std::to_string(status); }

// nginx refuses a method and a body before anybody has looked at the path, which comes first
// (API.md, "Order of checks"). These answer from a named location: there $uri and $request_method
// are still those of the request.
bool AsksForPath(ErrorCode code) {
  return code == ErrorCode::kMethodNotAllowed || code == ErrorCode::kBodyTooLarge;
}

std::string ErrorPageDirective(const ErrorPage& page) {
  const int status = Info(page.code).status;
  const std::string to = std::to_string(status);
  // A bare "=": the location says the status.
  if (AsksForPath(page.code)) return "    error_page " + to + " = @gatehouse_" + to + ";\n";
  const std::string overwrite = page.statuses == to ? "" : " =" + to;
  return "    error_page " + std::string(page.statuses) + overwrite + " " + ErrorUri(status) +
         ";\n";
}

// server_name, where none is configured: the host of base_url.
std::string ServerName(const Config& config) {
  if (!config.server_name.empty()) return NginxQuote(config.server_name);
  std::string_view host = config.base_url;
  if (const auto scheme = host.find("://"); scheme != host.npos) host.remove_prefix(scheme + 3);
  const std::size_t end = host.starts_with('[') ? host.find(']') + 1 : host.find_first_of(":/");
  return NginxQuote(host.substr(0, end));
}

void AppendListen(std::string& out, const Config& config) {
  for (const std::string& address : config.listen) {
    out += "listen " + ListenAddress(address, config.https_port) + " ssl http2;\n";
  }
  out += "server_name " + ServerName(config) + ";\n";
  out += "ssl_certificate " + NginxQuote(config.tls_certificate) + ";\n";
  out += "ssl_certificate_key " + NginxQuote(config.tls_key) + ";\n";
  out += kNginxTls;
  // Raised before nginx knows the location, or by plain HTTP on the port of HTTPS.
  for (const ErrorPage& page : kErrorPages) {
    if (Info(page.code).status <= 405) out += ErrorPageDirective(page).substr(4);
  }
  out +=
      "error_page 497 = @gatehouse_https;\nlocation @gatehouse_https {\n    auth_request off;\n" +
      std::string(kNginxRedirectHeaders) + "    return 308 " + PublicUrl(config) + ";\n}\n\n";
}

std::string ReturnProblem(ErrorCode code) {
  const ErrorInfo& info = Info(code);
  return "return " + std::to_string(info.status) + " " + ProblemToken(info) + ";";
}

void AppendErrorLocations(std::string& out) {
  const auto location = [&out](const std::string& head, std::string_view header,
                               const std::string& answer) {
    // The body that was too large is measured here again where it came over HTTP/2, and nginx's
    // own page would be the answer.
    out += "location " + head + "    auth_request off;\n    client_max_body_size 0;\n" +
           // No name of the request, which may end in .json, says another type.
           "    types { }\n    default_type application/problem+json;\n" +
           std::string(kNginxHeaders);
    if (!header.empty()) out += "    " + std::string(header) + "\n";
    out += "    " + answer + "\n}\n";
  };
  const auto internal = [](int status) { return "= " + ErrorUri(status) + " {\n    internal;\n"; };
  for (const ErrorPage& page : kErrorPages) {
    const int status = Info(page.code).status;
    std::string answer = ReturnProblem(page.code);
    if (page.code == ErrorCode::kBodyTooLarge) {
      answer = "if ($gatehouse_other_methods) { " + ReturnProblem(ErrorCode::kMethodNotAllowed) +
               " }\n    " + answer;
    }
    if (!AsksForPath(page.code)) {
      location(internal(status), page.header, answer);
      continue;
    }
    location("@gatehouse_" + std::to_string(status) + " {\n", page.header,
             "if ($gatehouse_methods = \"\") { " + ReturnProblem(ErrorCode::kNotFound) +
                 " }\n    " + answer);
  }
  // WWW-Authenticate of a 401 comes from the subrequest: auth_request passes it on.
  location(internal(401), "", "return 401 $gatehouse_problem_401;");
  location(internal(403), "", "return 403 $gatehouse_problem_403;");
  out += "location = /_gatehouse/preflight {\n    internal;\n    auth_request off;\n" +
         std::string(kNginxHeaders) +
         R"(    add_header Access-Control-Allow-Methods $gatehouse_cors_methods always;
    add_header Access-Control-Allow-Headers $gatehouse_cors_headers always;
    add_header Access-Control-Max-Age $gatehouse_cors_max_age always;
    return 204;
}
# For people: snippets/sign-in-redirect.conf. A fragment, so that the way back may hold a query.
location @gatehouse_sign_in {
    auth_request off;
    absolute_redirect off;
    add_header Cache-Control "no-store" always;
    add_header X-Request-Id $request_id always;
    return 302 /auth/ui/#return_to=$request_uri;
}
)";
}

void AppendVerifyLocation(std::string& out, std::int64_t patience) {
  out += "# For auth_request: nginx/snippets/protect-*.conf.\n";
  out += "location = /_gatehouse/verify {\n    internal;\n";
  out += kNginxGate;
  out += kNginxManners;
  out += kNginxIdentityParams;
  out += kNginxVerifyParams;
  // Fail closed: with an error_page of the site (502 =200 /sorry) an outage would be a permission.
  out += "    error_page 500 502 503 504 /_gatehouse/error/503;\n";
  out += "    fastcgi_read_timeout " + std::to_string(patience) + "s;\n";
  out += "    fastcgi_pass gatehouse_verify;\n}\n";
}

// All rows of one path become one location, which cannot tell methods apart: it takes the larger
// limits, the stricter rate, and the pool that may wait.
struct Place {
  std::string_view path;
  Pool pool = Pool::kVerify;
  Rate rate = Rate::kNone;
  std::size_t body_limit = 0;
  std::int64_t patience = 0;
  bool repeatable = true;  // nginx itself never repeats a POST or PATCH that it has sent
};

int Strictness(Rate rate) {
  switch (rate) {
    case Rate::kNone:
      return 0;
    case Rate::kSession:
      return 1;
    case Rate::kRefresh:
      return 2;
    case Rate::kSignIn:
      return 3;
    case Rate::kUpload:
      return 4;
  }
  return 4;
}

std::int64_t Patience(const Route& route) {
  return route.timeout.count() > 0 ? route.timeout.count() + kPatienceSeconds : kExcludedSeconds;
}

std::vector<Place> Places(std::span<const Route> routes) {
  std::vector<Place> places;
  for (const Route& route : routes) {
    auto place = std::find_if(places.begin(), places.end(),
                              [&](const Place& seen) { return seen.path == route.path; });
    if (place == places.end()) place = places.insert(places.end(), Place{.path = route.path});
    if (route.pool == Pool::kAccount) place->pool = Pool::kAccount;
    if (Strictness(route.rate) > Strictness(place->rate)) place->rate = route.rate;
    place->body_limit = std::max(place->body_limit, route.body_limit);
    place->patience = std::max(place->patience, Patience(route));
    if (route.method == "PUT" || route.method == "DELETE") place->repeatable = false;
  }
  return places;
}

std::string_view RateDirective(Rate rate) {
  switch (rate) {
    case Rate::kNone:
      return "";
    case Rate::kSignIn:
      return "limit_req zone=gatehouse_sign_in burst=30 nodelay;";
    case Rate::kSession:
      return "limit_req zone=gatehouse_session burst=200 nodelay;";
    case Rate::kRefresh:
      return "limit_req zone=gatehouse_refresh burst=100 nodelay;";
    case Rate::kUpload:
      return "limit_req zone=gatehouse_upload burst=20 nodelay;";
  }
  return "";
}

// What differs from location to location; the rest is inherited from the one around it.
void AppendPass(std::string& out, const Place& place, const std::string& indent) {
  // Neither `if` nor `rewrite` is inherited.
  out += indent + "if ($gatehouse_preflight) { rewrite ^ /_gatehouse/preflight last; }\n";
  if (place.rate != Rate::kNone) out += indent + std::string(RateDirective(place.rate)) + "\n";
  const std::size_t limit = place.body_limit == 0 ? kBodyLimit : place.body_limit;
  out += indent + "client_max_body_size " + std::to_string(limit) + ";\n";
  out += indent + "fastcgi_read_timeout " + std::to_string(place.patience) + "s;\n";
  const bool kept = place.pool == Pool::kVerify;
  out += indent + "fastcgi_next_upstream " + (kept && place.repeatable ? "error" : "off") + ";\n";
  out += indent + "fastcgi_keep_conn " + (kept ? "on" : "off") + ";\n";
  out += indent + "fastcgi_pass " + (kept ? "gatehouse_verify_kept" : "gatehouse_account") + ";\n";
}

std::string LocationHead(std::string_view path) {
  if (const auto pattern = PathPattern(path)) return "location ~ \"" + *pattern + "\" {\n";
  return "location = " + std::string(path) + " {\n";
}

void AppendCommon(std::string& out) {
  out += std::string(kNginxManners) + std::string(kNginxHeaders);
  for (const ErrorPage& page : kErrorPages) out += ErrorPageDirective(page);
  out += std::string(kNginxIdentityParams) + std::string(kNginxDirectParams);
}

}  // namespace

std::string NginxHttpConfig(const Config& config) {
  std::string out = std::string(kNotice) + "Include it in http {}.\n\n";
  AppendUpstreams(out, config);
  AppendCorsMap(out, config);
  out += kNginxHttpMaps;
  AppendDenialMap(out, 401, ErrorCode::kAuthenticationRequired, "$gatehouse_error_401");
  AppendDenialMap(out, 403, ErrorCode::kPermissionDenied, "$gatehouse_error");
  AppendAllowMaps(out);
  if (config.tls_certificate.empty() || config.http_port <= 0) return out;
  out += "\nserver {\n";
  for (const std::string& address : config.listen) {
    out += "    listen " + ListenAddress(address, config.http_port) + ";\n";
  }
  out += "    server_name " + ServerName(config) + ";\n    server_tokens off;\n" +
         std::string(kNginxRedirectHeaders) + "    return 308 " + PublicUrl(config) + ";\n}\n";
  return out;
}

std::string NginxServerConfig(const Config& config) { return NginxServerConfig(config, Routes()); }

std::string NginxServerConfig(const Config& config, std::span<const Route> routes) {
  std::string out = std::string(kNotice) + "Include it in a server {}.\n\n";
  if (!config.tls_certificate.empty()) AppendListen(out, config);
  if (!config.trusted_proxies.empty()) {
    for (const std::string& proxy : config.trusted_proxies) {
      out += "set_real_ip_from " + NginxQuote(proxy) + ";\n";
    }
    out += "real_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n\n";
  }
  const std::vector<Place> places = Places(routes);
  std::int64_t verify_patience = kPatienceSeconds;
  for (const Place& place : places) {
    if (place.path == "/auth/verify") verify_patience = place.patience;
  }

  // One location around all: nothing of the site's own regular expressions comes between.
  out += "location ^~ /auth/ {\n";
  AppendCommon(out);
  for (const Place& place : places) {
    if (!place.path.starts_with("/auth/")) continue;
    out += "    " + LocationHead(place.path);
    AppendPass(out, place, "        ");
    out += "    }\n";
  }
  // The last regular expression takes the rest: no such path, and the worker says so. Not in the
  // location around, from which a path without a rate would inherit this one.
  out += "    location ~ ^/auth/ {\n";
  AppendPass(out, Place{.path = "/auth/", .rate = Rate::kSession, .patience = 10}, "        ");
  out += "    }\n}\n";
  for (const Place& place : places) {
    if (place.path.starts_with("/auth/")) continue;
    out += LocationHead(place.path);
    AppendCommon(out);
    AppendPass(out, place, "    ");
    out += "}\n";
  }
  AppendVerifyLocation(out, verify_patience);
  AppendErrorLocations(out);
  return out;
}

}  // namespace gatehouse
