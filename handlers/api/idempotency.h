// Idempotency-Key (API.md "Conventions"): per caller and for 24 hours, the same key with the same
// request gives the first answer again.
//
// A key is claimed before the endpoint runs, in a statement of its own, so that a second request
// sees that the first one is under way. The answer of a success is kept in the transaction that
// does the work: there is no moment in which the work is done and the answer forgotten. A claim
// whose request died is free again a little after that request's timeout.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fcgi/http/message.h"
#include "handlers/auth/services.h"

namespace gatehouse::api {

class Idempotency {
 public:
  // The answer given before, where there is one; else the endpoint is to run. `request` is what
  // must be the same the second time. kIdempotencyInProgress, kIdempotencyKeyReused,
  // kValidationFailed for a key that is none.
  Result<std::optional<http::Response>> Begin(auth::Services& services, const auth::Caller& caller,
                                              UserId user, Seconds timeout, std::string_view key,
                                              std::string_view request);

  // Inside the transaction that does the work, at its end. Nothing where no key came.
  Status Keep(db::Executor& ex, const http::Response& response) const;

  // After an endpoint that failed: nothing was done, so the key is free for another try. Where the
  // work was committed all the same (the answer of COMMIT was lost), its answer stays.
  void Release(auth::Services& services, const auth::Caller& caller);

 private:
  struct Claim {
    UserId user;
    std::string key_hash;
    Uuid id;
  };
  std::optional<Claim> claim_;
};

}  // namespace gatehouse::api
