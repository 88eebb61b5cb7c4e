#include "handlers/auth/reauthenticate.h"

#include "handlers/auth/attempt.h"
#include "handlers/auth/second_factor.h"

namespace gatehouse::auth {
namespace {

constexpr Seconds kFreshSignIn{600};

Error MissingPassword() {
  return {ErrorCode::kValidationFailed,
          "password",
          {{"/password", "required", "This account has a password: it is needed here.",
            "Please enter your password."}},
          0};
}

Reauthentication Refuse(Error error) { return {std::move(error), std::nullopt}; }

// The error of the first factor, or none; the user is there.
Result<std::optional<Error>> CheckFirst(Services& services, db::Executor& ex, const Caller& caller,
                                        const AttemptSubject& subject, const Principal& who,
                                        std::string_view password, Evaluation& opened) {
  using Refusal = std::optional<Error>;
  if (!opened.user->password_hash) {
    const bool fresh = services.clock.Now() < who.authenticated_at + kFreshSignIn;
    if (!fresh) return Refusal(MakeError(ErrorCode::kAuthenticationRequired, "sign-in too old"));
    return Refusal();
  }
  if (password.empty()) return Refusal(MissingPassword());
  GH_TRY(EvaluatePassword(services, ex, caller, subject, password, opened));
  if (opened.outcome == Evaluation::Outcome::kRight) return Refusal();
  return Refusal(EvaluationError(opened, ErrorCode::kWrongPassword));
}

Result<std::optional<Error>> CheckSecond(Services& services, db::Executor& ex, const Caller& caller,
                                         const AttemptSubject& subject, std::string_view code,
                                         Evaluation& opened) {
  using Refusal = std::optional<Error>;
  if (code.empty()) return Refusal(MakeError(ErrorCode::kSecondFactorRequired));
  if (!opened.user->password_hash) {  // nobody has looked yet
    GH_TRY(CheckLock(services, ex, caller, subject, LockedBy::kWrongCodes, opened));
    if (opened.outcome == Evaluation::Outcome::kLocked) {
      return Refusal(EvaluationError(opened, ErrorCode::kInvalidCode));
    }
  }
  GH_ASSIGN(const auto used, UseCode(services, ex, caller, *opened.user, code));
  if (used) return Refusal();
  GH_TRY(RecordFailure(services, ex, caller, subject, kReasonWrongCode, opened));
  return Refusal(EvaluationError(opened, ErrorCode::kInvalidCode));
}

}  // namespace

Result<Reauthentication> Reauthenticate(Services& services, db::Executor& ex, const Caller& caller,
                                        const TenantContext& tenant, const Principal& who,
                                        const OwnProof& proof) {
  const AttemptSubject subject{tenant, who.identity->tenant_slug, who.identity->email,
                               std::nullopt};
  GH_ASSIGN(auto opened, OpenAttempt(services, ex, caller, subject));
  if (!opened.user || opened.user->id != who.user_id) {
    return MakeError(ErrorCode::kInvalidToken, "address moved on");
  }
  GH_ASSIGN(auto refused, CheckFirst(services, ex, caller, subject, who, proof.password, opened));
  if (refused) return Refuse(std::move(*refused));
  const bool on = opened.user->two_factor_enabled;
  if (on && proof.with_code) {
    GH_ASSIGN(refused, CheckSecond(services, ex, caller, subject, proof.code, opened));
    if (refused) return Refuse(std::move(*refused));
  }
  const bool whole = !on || proof.with_code;
  if (whole && (opened.user->password_hash || on)) {
    GH_TRY(ClearFailures(services, ex, subject, opened));
  }
  return Reauthentication{std::nullopt, std::move(opened.user)};
}

}  // namespace gatehouse::auth
