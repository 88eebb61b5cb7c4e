// Pieces of nginx configuration text: quoting, CORS patterns, problem documents. Everything that
// reaches nginx's parser from the configuration or the catalogue goes through here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fcgi/base/error.h"

namespace gatehouse {

// `text` as one double-quoted nginx token. Controls are dropped; '$' stays a variable reference,
// as nginx has no escape for it.
std::string NginxQuote(std::string_view text);

// An entry of server.cors_origins as one row of `map $http_origin`, whose value is the origin where
// it matches exactly or, for "https://*.example.com", is a subdomain (SPEC E2). nullopt where the
// entry is not an origin: "*", "null", a path, a wildcard elsewhere or over a top-level domain.
std::optional<std::string> CorsMapRow(std::string_view origin);

// The problem document of a catalogue row as one nginx token; nginx fills in the request id.
std::string ProblemToken(const ErrorInfo& info);

// The regular expression of a route with {segments}, anchored; nullopt where it has none.
std::optional<std::string> PathPattern(std::string_view path);

// The regular expression of exactly the paths that are found under a path of the route table: what
// stands for a {segment} is of its kind (handlers/routes.h).
std::string StrictPattern(std::string_view path);

// "::1", 8443 -> "[::1]:8443"
std::string ListenAddress(std::string_view address, std::int64_t port);

}  // namespace gatehouse
