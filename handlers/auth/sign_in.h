// Signing in (SPEC L1, L2, S1, S2, F2, F4): a first factor, and what it leads to. A password is
// checked here; an OAuth provider's word (SPEC O3) is checked elsewhere and leads to the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "handlers/auth/attempt.h"
#include "handlers/auth/link_token.h"
#include "handlers/auth/session.h"

namespace gatehouse::auth {

// The second factor is due; handlers/auth/challenge.h takes the answer.
struct Challenge {
  std::string token;
  Seconds expires_in{0};
  bool cookie_mode = false;
};
using SignInAnswer = std::variant<SessionGrant, Challenge>;

struct SignInRequest {
  std::string tenant;  // slug of the body; may be empty
  std::string email;   // as typed
  std::string password;
  Device device;
  bool cookie_mode = false;
};

// kInvalidCredentials, kTooManyAttempts; after the right password also kEmailNotVerified,
// kAccountDisabled, kTenantSuspended, kSubscriptionExpired.
Result<SignInAnswer> SignIn(Services& services, const Caller& caller, const SignInRequest& request);

// For whoever checks a first factor. The whole sign-in is one transaction:
//
//   const auto made = NewSignInKeys(services);
//   Transact<SignInOutcome>(deadline,
//       [&](ex) { OpenAttempt or EvaluatePassword, first of all (attempt.h);
//                 return FinishFirstFactor(...); },
//       [&](ex) { return SignInIsThere(ex, tenant, made); });
//   return Conclude(services, outcome);

// What the sign-in will make, chosen before its transaction, so that an unheard COMMIT can be asked
// after.
struct SignInKeys {
  SessionId session;
  LinkToken challenge;
};
SignInKeys NewSignInKeys(Services& services);
Result<bool> SignInIsThere(db::Executor& ex, TenantId tenant, const SignInKeys& made);

// Committed in every case: a refusal is on record too.
struct SignInOutcome {
  std::optional<SessionGrant> grant;
  std::optional<Challenge> challenge;
  std::optional<Error> refused;
  EndedSessions ended;
};

// What a right first factor leads to, with the user's row locked: refused where the account is
// disabled, not verified, its tenant suspended or the subscription over (in this order); with the
// second factor on a challenge; else a session. Records the attempt and audits it. A challenge is
// no success: nothing that counts against the account is cleared by it.
Result<SignInOutcome> FinishFirstFactor(Services& services, db::Executor& ex, const Caller& caller,
                                        const AttemptSubject& subject, const Evaluation& right,
                                        const FirstFactor& factor, const SignInKeys& made);

// After the commit.
Result<SignInAnswer> Conclude(Services& services, SignInOutcome outcome);

// The last step of either way in: the session, its mail to the person, the attempt's record.
Result<SignInOutcome> BeginSignedIn(Services& services, db::Executor& ex, const Caller& caller,
                                    const AttemptSubject& subject, const Evaluation& right,
                                    const FirstFactor& factor, SessionId session);

// What keeps somebody out whose first factor was right.
Result<std::optional<ErrorCode>> ObstacleOf(Services& services, db::Executor& ex,
                                            const store::User& user, const TenantContext& tenant);

}  // namespace gatehouse::auth
