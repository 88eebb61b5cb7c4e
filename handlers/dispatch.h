// What happens to every request around its endpoint, in the order of API.md ("Order of checks"):
//
//   path (404) · method (405) · body size (413) · credential (401) · CSRF (403) · account state
//   (403) · permission (403) · content type (415) · syntax (400) · validation (422) · named tenant
//   (404) · Idempotency-Key (409, 422) · endpoint
//
// A batch is one walk: all requests up to the credential, one question to memcached for all their
// tokens, then each to its end.
#pragma once

#include <span>

#include "fcgi/http/server.h"
#include "handlers/auth/gate.h"
#include "handlers/auth/services.h"
#include "handlers/routes.h"

namespace gatehouse {

class Dispatch final : public http::Handler {
 public:
  explicit Dispatch(auth::Services& services);
  ~Dispatch() override;

  void Handle(std::span<http::Exchange> batch) override;
  void AfterBatch() override;

 private:
  struct Pending;
  void Begin(Pending& p) const;
  Result<http::Response> Finish(Pending& p);
  Result<http::Response> RunEndpoint(api::Call& call, const Route& route, std::string_view body);
  void Answer(Pending& p, Result<http::Response> result);

  auth::Services& services_;
  auth::Gate gate_;
};

}  // namespace gatehouse
