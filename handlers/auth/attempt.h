// One evaluation of somebody's password or second factor, counted (SPEC L1, L2, L4; DESIGN.md 5).
// Every path that asks for either goes through here: sign-in and re-authentication alike.
//
// Attempts on one identifier are serialized by the lock on its row, held from before the count to
// the commit of the outcome: however many come at once, no more than the threshold are evaluated,
// and parallel right passwords simply follow one another. An identifier without an account runs the
// same statements and the same hash.
//
// In a browser that has signed in to the account before, its own failures alone count (SPEC L3): a
// stranger's do not lock it out, nor does its success free the stranger. With everybody else, all
// failures count, those of known browsers too.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "handlers/auth/services.h"
#include "handlers/auth/settings.h"
#include "handlers/auth/tenant.h"
#include "sql/store/attempts.h"
#include "sql/store/users.h"

namespace gatehouse::auth {

struct AttemptSubject {
  std::optional<TenantContext> tenant;  // nullopt: there is no such tenant
  std::string tenant_slug;              // what was asked for
  std::string email;                    // canonical
  std::optional<std::string> device;

  std::optional<TenantId> tenant_id() const {
    return tenant ? std::optional(tenant->row.id) : std::nullopt;
  }
  const TenantSettings& settings() const;  // of the tenant, or the defaults
};

struct Evaluation {
  enum class Outcome { kLocked, kWrong, kRight } outcome = Outcome::kWrong;
  Seconds retry_after{0};           // kLocked
  std::optional<store::User> user;  // locked row; kRight: always there
  store::Counter counter;           // what counted
  std::vector<TimePoint> failures;  // that count now, newest first
  bool nothing_counts = false;      // against the address, as long as its lock is held
};

// Inside a transaction, as every attempt begins: takes the identifier's lock and the user's, and
// finds out whose failures count. The outcome is kRight where there is a user at all: for a first
// factor that others vouch for (SPEC O3), which no lock stops.
Result<Evaluation> OpenAttempt(Services& services, db::Executor& ex, const Caller& caller,
                               const AttemptSubject& subject);

// The failures that can lock: all, or wrong second factors alone, where the first factor was
// another's word and guessed passwords must not stop it (SPEC O3).
enum class LockedBy { kAnyFailure, kWrongCodes };
// Where too many failures count, the attempt is recorded as locked: kLocked. Else nothing changes.
Status CheckLock(Services& services, db::Executor& ex, const Caller& caller,
                 const AttemptSubject& subject, LockedBy failures, Evaluation& evaluation);

// A wrong answer to what CheckLock let pass: recorded, audited and counted; kWrong. The failure
// that locks is told to the person by mail (SPEC M1).
Status RecordFailure(Services& services, db::Executor& ex, const Caller& caller,
                     const AttemptSubject& subject, std::string_view reason,
                     Evaluation& evaluation);

// The reason of a wrong second factor: audited as such.
inline constexpr std::string_view kReasonWrongCode = "wrong_code";
// Of an attempt whose first factor was right: not signed in yet.
inline constexpr std::string_view kReasonSecondFactor = "second_factor_required";

// All of them: evaluates the password. A locked or wrong attempt is recorded and audited
// here; of a right one the caller says what became of it with RecordOutcome.
Result<Evaluation> EvaluatePassword(Services& services, db::Executor& ex, const Caller& caller,
                                    const AttemptSubject& subject, std::string_view password);

// The same after OpenAttempt.
Status EvaluatePassword(Services& services, db::Executor& ex, const Caller& caller,
                        const AttemptSubject& subject, std::string_view password,
                        Evaluation& opened);

// What counted against somebody who has proved themselves counts no more.
Status ClearFailures(Services& services, db::Executor& ex, const AttemptSubject& subject,
                     const Evaluation& right);

// Before the address of an account is another: its wrong second factors go along, for whoever has
// the password could else guess anew from each address. With the user's row locked, under which
// they are counted.
Status MoveFailures(Services& services, db::Executor& ex, const store::User& user,
                    std::string_view new_email);

// The row of an attempt with the right password or code: a success (which clears the count), or a
// refusal for another reason (which counts for nothing).
Status RecordOutcome(Services& services, db::Executor& ex, const Caller& caller,
                     const AttemptSubject& subject, const Evaluation& right, bool success,
                     std::string_view reason);

// What a locked or wrong evaluation is answered with; `wrong` is kInvalidCredentials,
// kWrongPassword or kInvalidCode.
Error EvaluationError(const Evaluation& evaluation, ErrorCode wrong);

}  // namespace gatehouse::auth
