// `gatehouse nginx-config`: the nginx configuration of this installation, made from the route
// table, the error catalogue and the configuration (SPEC E1, E2, E4, E6, L5; DESIGN.md 8).
#pragma once

#include <span>
#include <string>

#include "fcgi/run/config.h"
#include "handlers/routes.h"

namespace gatehouse {

// For the http {} context: upstreams, rate limit zones, the CORS map, defaults of the requirement
// variables, the JSON log format.
std::string NginxHttpConfig(const Config& config);

// For a server {} context: one location a path of the route table, nginx's own error pages as
// problem documents, the internal /_gatehouse/verify for auth_request, preflight, headers. With
// nginx.tls_certificate set, also `listen`, TLS and the redirect from http; without it the text is
// for inclusion in the server {} of an existing site.
std::string NginxServerConfig(const Config& config);
std::string NginxServerConfig(const Config& config, std::span<const Route> routes);  // for tests

}  // namespace gatehouse
