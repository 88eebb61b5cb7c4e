// What an endpoint is given: the services, who asks, and a request that has passed every check of
// the pipeline (handlers/dispatch.h). An endpoint parses what is left to parse, calls one rule,
// answers.
#pragma once

#include <optional>

#include "fcgi/http/message.h"
#include "fcgi/http/schema.h"
#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"

namespace gatehouse::api {

struct Call {
  auth::Services& services;
  const http::Request& request;
  auth::Caller caller;
  std::optional<auth::Principal> principal;  // with every Auth but kAnyone, kService and kLocal
  http::Fields body;
  bool empty_body = false;  // nothing was sent (where the schema requires nothing)
  http::Fields query;
  std::optional<Uuid> id;  // the {segment} of the path
};

using Endpoint = Result<http::Response> (*)(Call& call);

}  // namespace gatehouse::api
