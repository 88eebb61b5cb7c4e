// THE route table: the single truth of the HTTP surface, one row a route (routes.cpp). From it come
// dispatch, the nginx locations (`gatehouse nginx-config`), the OpenAPI document, and the tests
// that walk every row.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fcgi/base/clock.h"
#include "fcgi/http/message.h"
#include "fcgi/http/schema.h"
#include "handlers/api/call.h"

namespace gatehouse {

enum class Auth {
  kAnyone,
  kSession,           // S in API.md
  kPermission,        // P:x; `permission` says which
  kTenantAdmin,       // TA
  kPlatformAdmin,     // PA
  kService,           // C
  kServiceOrSession,  // C, or S
  kLocal,             // config metrics_allow, by the address nginx sees
};

enum class Pool { kVerify, kAccount };  // DESIGN.md 2

// Which nginx rate limit zone a route counts in, per client address (SPEC L5).
enum class Rate {
  kNone,     // asked by nginx or monitors
  kSignIn,   // passwords, mail, codes: a dozen at once pass, a few hundred do not
  kSession,  // signed-in routes: 50 a second and more
  kRefresh,
  kUpload,  // work that is dear: a few a minute
};

// What an account may still do that must change its password or enrol (API.md).
enum class Gate {
  kFull,        // nothing
  kRestricted,  // this all the same
  kPassword,    // this is the change of the password
  kEnrolment,   // this is the enrolment, once no password is due
};

struct Route {
  std::string_view method;  // GET also answers HEAD
  std::string_view path;    // "/auth/me/sessions/{id}"; {id} is a UUID, {provider} an OAuth
                            // provider's id, else 404; what is no {code} is told by the endpoint
  Auth auth;
  std::string_view permission;  // with kPermission
  Pool pool;
  Rate rate;
  Seconds timeout;             // SPEC E3
  std::size_t body_limit;      // bytes; 0: no body is read
  const http::Schema* body;    // nullptr: none
  const http::Schema* query;   // nullptr: no parameters
  const http::Schema* answer;  // of a success; nullptr: empty, or not JSON
  int success;                 // status
  Gate gate;
  bool roleless;    // may a person without a role come here (SPEC R6)
  bool idempotent;  // takes Idempotency-Key (API.md)
  api::Endpoint endpoint;
  std::string_view summary;  // one sentence for OpenAPI
};

std::span<const Route> Routes();

// Administration of a tenant: `?tenant_id=` names another one, for platform administrators.
bool IsTenantScoped(const Route& route);

// An empty body is no request here: something is required in it, or it is all that is asked for
// (PATCH). Elsewhere it needs no content type either (API.md "Conventions").
bool NeedsBody(const Route& route);

// The rows whose path matches, with the value of {segments}. Empty: 404. The caller picks the
// method (none: 405 with Allow).
struct RouteMatch {
  const Route* route = nullptr;  // of the wanted method
  std::string allow;             // methods of this path, "GET, HEAD, POST"; empty: no such path
  std::optional<Uuid> id;        // {id}
  std::string code;              // {code}, {provider}
};
RouteMatch FindRoute(std::string_view method, std::string_view path);

// RouteMatch::allow of what is found under `path`, which stands in the table as it is.
std::string_view AllowOf(std::string_view path);

}  // namespace gatehouse
