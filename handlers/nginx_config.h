// `gatehouse nginx-config`: the nginx configuration of this installation, made from the route
// table, the error catalogue and the configuration (SPEC E1, E2, E4, E6, L5; DESIGN.md 8).
#pragma once

#include <string>

#include "fcgi/run/config.h"

namespace gatehouse {

// For the http {} context: upstreams, rate limit zones, the CORS map, defaults of the requirement
// variables, the JSON log format.
std::string NginxHttpConfig(const Config& config);

// For a server {} context: one location a path of the route table, nginx's own error pages as
// problem documents, the internal /_gatehouse/verify for auth_request, preflight, headers.
std::string NginxServerConfig(const Config& config);

}  // namespace gatehouse
