// What an endpoint is given: the services, who asks, and a request that has passed every check of
// the pipeline (handlers/dispatch.h). An endpoint parses what is left to parse, calls one rule,
// answers.
#pragma once

#include <optional>

#include "fcgi/http/message.h"
#include "fcgi/http/schema.h"
#include "handlers/api/idempotency.h"
#include "handlers/auth/device_cookie.h"
#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"

namespace gatehouse::api {

struct Call {
  auth::Services& services;
  const http::Request& request;
  const auth::Caller& caller;
  std::optional<auth::Principal> principal{};  // with every Auth but kAnyone, kService and kLocal
  std::optional<auth::Service> service{};      // with kService, perhaps with kServiceOrSession
  // The tenant that is administered: the caller's own, or the one that a platform administrator
  // named. With every principal.
  TenantId tenant_id{};
  http::Fields body{};
  std::string upload{};     // the file of a Media::kMultipart body
  bool empty_body = false;  // nothing was sent (where the schema requires nothing)
  http::Fields query{};
  std::optional<Uuid> id{};  // the {id} of the path
  std::string code{};        // the {code} of the path
  // What the device cookie says, with an unsafe method, or coming back from a provider: no other
  // signs in or asks for a password.
  std::optional<auth::DeviceMark> device{};
  Idempotency idempotency{};

  auth::Actor actor() const { return {*principal, tenant_id}; }
};

using Endpoint = Result<http::Response> (*)(Call& call);

}  // namespace gatehouse::api
