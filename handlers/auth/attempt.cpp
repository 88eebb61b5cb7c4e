#include "handlers/auth/attempt.h"

#include "fcgi/lib/json.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/identifier.h"
#include "handlers/auth/lockout.h"
#include "sql/store/sessions.h"

namespace gatehouse::auth {
namespace {

constexpr std::size_t kBcryptBytes = 72;
constexpr std::string_view kReasonLocked = "locked";
constexpr std::string_view kReasonWrongPassword = "wrong_password";
constexpr std::string_view kReasonUnknownUser = "unknown_user";
constexpr std::string_view kReasonUnknownTenant = "unknown_tenant";

// The key under which attempts on this address count.
std::string AttemptKey(const Services& services, const AttemptSubject& subject) {
  return IdentifierKey(
      services.keys,
      subject.tenant ? subject.tenant->view() : std::string_view(subject.tenant_slug),
      subject.email);
}

Status Record(Services& services, db::Executor& ex, const Caller& caller,
              const AttemptSubject& subject, const Evaluation& evaluation, bool success,
              std::string_view reason, bool counted, TimePoint at) {
  const auto user = evaluation.user ? std::optional(evaluation.user->id) : std::nullopt;
  store::Attempt row;
  row.id = AttemptId::New(at, services.entropy);
  row.tenant_id = subject.tenant;
  row.user_id = user;
  row.identifier = subject.email;
  row.identifier_key = AttemptKey(services, subject);
  row.ip = caller.ip;
  row.user_agent = caller.user_agent;
  row.device = subject.device;
  row.created_at = at;
  row.success = success;
  row.reason = reason;
  row.counted = counted;
  row.browser_id = evaluation.counter;
  GH_TRY(store::InsertAttempt(ex, row));
  const std::string_view event = success                   ? event::kLoginSucceeded
                                 : reason == kReasonLocked ? event::kLoginLocked
                                                           : event::kLoginFailed;
  json::Writer after;
  after.BeginObject().Member("email", subject.email).Member("reason", std::string(reason));
  after.EndObject();
  return Audit(services, ex, caller,
               {event, subject.tenant, success ? user : std::nullopt, "user",
                user ? std::optional(user->ToString()) : std::nullopt, std::nullopt, after.Take()});
}

// What counted against the one with the right password counts no more.
Status StartAnew(Services& services, db::Executor& ex, const AttemptSubject& subject,
                 const Evaluation& right) {
  const std::string key = AttemptKey(services, subject);
  if (!right.counter) return store::ClearCounted(ex, key);
  return store::ClearCounted(ex, key, *right.counter,
                             LockoutHorizon(services.clock.Now(), subject.settings));
}

}  // namespace

Result<Evaluation> EvaluatePassword(Services& services, db::Executor& ex, const Caller& caller,
                                    const AttemptSubject& subject, std::string_view password) {
  const std::string key = AttemptKey(services, subject);
  GH_TRY(store::LockIdentifier(ex, key, services.clock.Now()));
  Evaluation out;
  GH_ASSIGN(out.user,
            store::LockUserByEmail(ex, subject.tenant.value_or(TenantId{}), subject.email));
  const auto& user = out.user;
  GH_ASSIGN(const bool known,
            store::KnowsBrowser(ex, user ? user->id : UserId{}, caller.browser_id));
  if (known) out.counter = caller.browser_id;
  // The time after the wait for the lock: attempts are ordered by it.
  const TimePoint at = services.clock.Now();
  GH_ASSIGN(const auto failures,
            store::CountedFailures(ex, key, out.counter, LockoutHorizon(at, subject.settings),
                                   subject.settings.lockout_threshold));
  const LockoutState lockout = EvaluateLockout(failures, at, subject.settings);
  if (lockout.locked) {
    out.outcome = Evaluation::Outcome::kLocked;
    out.retry_after = lockout.retry_after;
    GH_TRY(Record(services, ex, caller, subject, out, false, kReasonLocked, false, at));
    return out;
  }
  // A hash that would be refused without work costs as much as a missing account.
  const bool has_password =
      user && user->password_hash && IsSupportedHash(*user->password_hash) &&
      !(user->password_hash->starts_with("$2") && password.size() > kBcryptBytes);
  const bool fits =
      VerifyPassword(password, has_password ? *user->password_hash : services.dummy_hash);
  if (!has_password || !fits) {
    const auto reason = !subject.tenant ? kReasonUnknownTenant
                        : !user         ? kReasonUnknownUser
                                        : kReasonWrongPassword;
    GH_TRY(Record(services, ex, caller, subject, out, false, reason, true, services.clock.Now()));
    out.outcome = Evaluation::Outcome::kWrong;
    return out;
  }
  out.outcome = Evaluation::Outcome::kRight;
  return out;
}

Status RecordOutcome(Services& services, db::Executor& ex, const Caller& caller,
                     const AttemptSubject& subject, const Evaluation& right, bool success,
                     std::string_view reason) {
  if (success) GH_TRY(StartAnew(services, ex, subject, right));
  return Record(services, ex, caller, subject, right, success, reason, false, services.clock.Now());
}

Error EvaluationError(const Evaluation& evaluation, ErrorCode wrong) {
  if (evaluation.outcome == Evaluation::Outcome::kLocked) {
    return RetryLater(ErrorCode::kTooManyAttempts,
                      static_cast<int>(evaluation.retry_after.count()));
  }
  return MakeError(wrong);
}

Result<Reauthentication> Reauthenticate(Services& services, db::Executor& ex, const Caller& caller,
                                        const TenantContext& tenant, const Principal& who,
                                        std::string_view password) {
  const AttemptSubject subject{who.tenant_id, who.identity->tenant_slug, tenant.settings,
                               who.identity->email, std::nullopt};
  GH_ASSIGN(auto evaluation, EvaluatePassword(services, ex, caller, subject, password));
  if (evaluation.outcome != Evaluation::Outcome::kRight) {
    return Reauthentication{EvaluationError(evaluation, ErrorCode::kWrongPassword), std::nullopt};
  }
  if (evaluation.user->id != who.user_id) {
    return MakeError(ErrorCode::kInvalidToken, "address moved on");
  }
  GH_TRY(StartAnew(services, ex, subject, evaluation));
  return Reauthentication{std::nullopt, std::move(evaluation.user)};
}

}  // namespace gatehouse::auth
