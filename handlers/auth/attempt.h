// One evaluation of somebody's password, counted (SPEC L1, L2, L4; DESIGN.md 5). Every path that
// asks for a password goes through here: sign-in and re-authentication alike.
//
// Attempts on one identifier are serialized by the lock on its row, held from before the count to
// the commit of the outcome: however many come at once, no more than the threshold are evaluated,
// and parallel right passwords simply follow one another. An identifier without an account runs the
// same statements and the same hash.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "handlers/auth/services.h"
#include "handlers/auth/settings.h"
#include "sql/store/users.h"

namespace gatehouse::auth {

struct AttemptSubject {
  std::optional<TenantId> tenant;  // nullopt: there is no such tenant
  std::string tenant_slug;         // what was asked for
  TenantSettings settings;         // of the tenant, or the defaults
  std::string email;               // canonical
  std::optional<std::string> device;
};

struct Evaluation {
  enum class Outcome { kLocked, kWrong, kRight } outcome = Outcome::kWrong;
  Seconds retry_after{0};           // kLocked
  std::optional<store::User> user;  // locked row; kRight: always there
};

// Inside a transaction. A locked or wrong attempt is recorded and audited here; of a right one the
// caller says what became of it with RecordOutcome.
Result<Evaluation> EvaluatePassword(Services& services, db::Executor& ex, const Caller& caller,
                                    const AttemptSubject& subject, std::string_view password);

// The row of an attempt with the right password: a success (which clears the count), or a refusal
// for another reason (which counts for nothing).
Status RecordOutcome(Services& services, db::Executor& ex, const Caller& caller,
                     const AttemptSubject& subject, const UserId& user, bool success,
                     std::string_view reason);

// After a right password where there is no sign-in to record: the count starts anew.
Status ClearFailures(Services& services, db::Executor& ex, const AttemptSubject& subject);

// What a locked or wrong evaluation is answered with; `wrong` is kInvalidCredentials or
// kWrongPassword.
Error EvaluationError(const Evaluation& evaluation, ErrorCode wrong);

}  // namespace gatehouse::auth
