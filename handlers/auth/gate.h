// Verification of an access token (SPEC T8, R7; DESIGN.md 3), in three steps that do not wait, so
// that a worker takes every request that is ready, asks memcached once for all of them, and answers
// all. Unknown means: ask MariaDB. No MariaDB: kUnavailable, never a yes.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "handlers/auth/principal.h"
#include "handlers/auth/proof_cache.h"
#include "handlers/auth/services.h"
#include "handlers/auth/token.h"

namespace gatehouse::auth {

// One access token on its way through the gate.
struct Ticket {
  TokenClaims claims;
  ProofAnswer answer;
};

class Gate {
 public:
  explicit Gate(Services& services);

  // Step 1: the token alone. kInvalidToken, with the reason in `inner`.
  Result<Ticket> Open(std::string_view token, TimePoint now) const;
  // Step 2: one question to the cache for all tickets.
  void Ask(std::span<Ticket* const> tickets);
  // Step 3: decides; reads MariaDB only where the cache did not know.
  Result<Principal> Decide(Ticket& ticket, const Caller& caller);

  // Writes what verification noticed: last-active times (SPEC S3) and tokens used from another
  // address (SPEC S5). Called when the answers are out. What cannot be written is forgotten; the
  // next request notices again.
  void WriteNotes();
  // Gives back what reading thousands of permissions took for a moment. Likewise afterwards.
  void ReturnMemory();

 private:
  struct Touch {
    TenantId tenant;
    SessionId session;
    TimePoint at;
    Millis apart;  // from the touch before
  };
  struct Mismatch {
    TenantId tenant;
    UserId user;
    SessionId session;
    Caller caller;
  };
  Result<Principal> DecideFromDatabase(Ticket& ticket, const Caller& caller);
  Result<Principal> JudgeFor(const std::shared_ptr<const Proof>& proof, const TokenClaims& claims,
                             const Caller& caller);
  void NoteMismatch(const std::shared_ptr<const Proof>& proof, const TokenClaims& claims,
                    const Caller& caller);
  Status WriteTouches();
  Status WriteMismatches();

  Services& services_;
  std::vector<Touch> touches_;
  std::vector<Mismatch> mismatches_;
  // By session and address: until when this worker need not ask whether a mismatch is on record.
  std::unordered_map<std::string, Deadline> on_record_;
  bool read_much_ = false;  // since memory was returned
};

// What MariaDB says of a session, read in two statements. `gone`: the session itself is revoked,
// expired or deleted, for good.
struct ProofRead {
  std::shared_ptr<Proof> proof;  // never null
  bool gone = false;
};
Result<ProofRead> ReadProof(db::Executor& ex, TenantId tenant, SessionId session, TimePoint now);

// The proof of a session for a service that asks about somebody else's token (SPEC T10): from the
// cache, else from MariaDB, by the rules of the Gate; but nobody becomes active by being asked
// about. Null: the session is over for good. kUnavailable where nobody can say.
Result<std::shared_ptr<const Proof>> PeekProof(Services& services, const ProofQuestion& question,
                                               const Caller& caller);

}  // namespace gatehouse::auth
