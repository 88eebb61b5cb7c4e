#include "handlers/auth/attempt.h"

#include "fcgi/lib/json.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/identifier.h"
#include "handlers/auth/lockout.h"
#include "handlers/auth/notify.h"
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
      subject.tenant ? subject.tenant->row.id.view() : std::string_view(subject.tenant_slug),
      subject.email);
}

Status Record(Services& services, db::Executor& ex, const Caller& caller,
              const AttemptSubject& subject, const Evaluation& evaluation, bool success,
              std::string_view reason, bool counted, TimePoint at) {
  const auto user = evaluation.user ? std::optional(evaluation.user->id) : std::nullopt;
  store::Attempt row;
  row.id = AttemptId::New(at, services.entropy);
  row.tenant_id = subject.tenant_id();
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
  const std::string_view event = success                      ? event::kLoginSucceeded
                                 : reason == kReasonLocked    ? event::kLoginLocked
                                 : reason == kReasonWrongCode ? event::kTwoFactorFailed
                                                              : event::kLoginFailed;
  json::Writer after;
  after.BeginObject().Member("email", subject.email).Member("reason", std::string(reason));
  after.EndObject();
  return Audit(services, ex, caller,
               {event, subject.tenant_id(), success ? user : std::nullopt, "user",
                user ? std::optional(user->ToString()) : std::nullopt, std::nullopt, after.Take()});
}

// Whoever is locked out by this failure hears of it. An address without an account costs the same.
Status TellLocked(Services& services, db::Executor& ex, const AttemptSubject& subject,
                  const Evaluation& evaluation, TimePoint at) {
  if (!subject.tenant) return {};
  const auto& tenant = *subject.tenant;
  const auto& user = evaluation.user;
  GH_ASSIGN(const bool full, RecipientIsFull(services, ex, tenant, subject.email));
  const bool theirs =
      user && user->status == store::UserStatus::kActive && user->email_verified_at && !full;
  if (!theirs) return NotifyNobody(services, ex, tenant, MailKind::kLockout, subject.email);
  const auto minutes = (subject.settings().lockout_duration.count() + 59) / 60;
  return Notify(services, ex, tenant, MailKind::kLockout, {user->email, user->DisplayName()},
                {{"minutes", std::to_string(minutes)}, {"time", ToRfc3339(at)}});
}

}  // namespace

const TenantSettings& AttemptSubject::settings() const {
  static const TenantSettings defaults;
  return tenant ? tenant->settings : defaults;
}

Result<Evaluation> OpenAttempt(Services& services, db::Executor& ex, const Caller& caller,
                               const AttemptSubject& subject) {
  GH_TRY(store::LockIdentifier(ex, AttemptKey(services, subject), services.clock.Now()));
  Evaluation out;
  GH_ASSIGN(out.user,
            store::LockUserByEmail(ex, subject.tenant_id().value_or(TenantId{}), subject.email));
  const auto& user = out.user;
  if (!caller.browser_id.empty()) {
    GH_ASSIGN(const bool known,
              store::KnowsBrowser(ex, user ? user->id : UserId{}, caller.browser_id));
    if (known) out.counter = caller.browser_id;
  }
  if (user) out.outcome = Evaluation::Outcome::kRight;
  return out;
}

Status CheckLock(Services& services, db::Executor& ex, const Caller& caller,
                 const AttemptSubject& subject, LockedBy failures, Evaluation& evaluation) {
  // The time after the wait for the lock: attempts are ordered by it.
  const TimePoint at = services.clock.Now();
  const auto& settings = subject.settings();
  const std::string key = AttemptKey(services, subject);
  const auto reason =
      failures == LockedBy::kWrongCodes ? std::optional(kReasonWrongCode) : std::nullopt;
  // Of a browser's own or of one kind, older ones may be behind many others. Of all, the newest are
  // found at once however old they are, and where there is none a success has nothing to clear.
  const bool any = !evaluation.counter && !reason;
  const TimePoint since = any ? TimePoint{} : LockoutHorizon(at, settings);
  GH_ASSIGN(evaluation.failures, store::CountedFailures(ex, key, evaluation.counter, since,
                                                        settings.lockout_threshold, reason));
  if (any) evaluation.nothing_counts = evaluation.failures.empty();
  const LockoutState lockout = EvaluateLockout(evaluation.failures, at, settings);
  if (!lockout.locked) return {};
  evaluation.outcome = Evaluation::Outcome::kLocked;
  evaluation.retry_after = lockout.retry_after;
  return Record(services, ex, caller, subject, evaluation, false, kReasonLocked, false, at);
}

Status RecordFailure(Services& services, db::Executor& ex, const Caller& caller,
                     const AttemptSubject& subject, std::string_view reason,
                     Evaluation& evaluation) {
  const TimePoint at = services.clock.Now();
  evaluation.outcome = Evaluation::Outcome::kWrong;
  evaluation.nothing_counts = false;
  GH_TRY(Record(services, ex, caller, subject, evaluation, false, reason, true, at));
  evaluation.failures.insert(evaluation.failures.begin(), at);
  if (!EvaluateLockout(evaluation.failures, at, subject.settings()).locked) return {};
  return TellLocked(services, ex, subject, evaluation, at);
}

Result<Evaluation> EvaluatePassword(Services& services, db::Executor& ex, const Caller& caller,
                                    const AttemptSubject& subject, std::string_view password) {
  GH_ASSIGN(Evaluation opened, OpenAttempt(services, ex, caller, subject));
  GH_TRY(EvaluatePassword(services, ex, caller, subject, password, opened));
  return opened;
}

Status EvaluatePassword(Services& services, db::Executor& ex, const Caller& caller,
                        const AttemptSubject& subject, std::string_view password,
                        Evaluation& opened) {
  GH_TRY(CheckLock(services, ex, caller, subject, LockedBy::kAnyFailure, opened));
  if (opened.outcome == Evaluation::Outcome::kLocked) return {};
  const auto& user = opened.user;
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
    return RecordFailure(services, ex, caller, subject, reason, opened);
  }
  opened.outcome = Evaluation::Outcome::kRight;
  return {};
}

Status ClearFailures(Services& services, db::Executor& ex, const AttemptSubject& subject,
                     const Evaluation& right) {
  if (right.nothing_counts) return {};
  const std::string key = AttemptKey(services, subject);
  if (!right.counter) return store::ClearCounted(ex, key);
  return store::ClearCounted(ex, key, *right.counter,
                             LockoutHorizon(services.clock.Now(), subject.settings()));
}

Status MoveFailures(Services& services, db::Executor& ex, const store::User& user,
                    std::string_view new_email) {
  return store::MoveCounted(ex, IdentifierKey(services.keys, user.tenant_id.view(), user.email),
                            IdentifierKey(services.keys, user.tenant_id.view(), new_email),
                            kReasonWrongCode);
}

Status RecordOutcome(Services& services, db::Executor& ex, const Caller& caller,
                     const AttemptSubject& subject, const Evaluation& right, bool success,
                     std::string_view reason) {
  if (success) GH_TRY(ClearFailures(services, ex, subject, right));
  return Record(services, ex, caller, subject, right, success, reason, false, services.clock.Now());
}

Error EvaluationError(const Evaluation& evaluation, ErrorCode wrong) {
  if (evaluation.outcome == Evaluation::Outcome::kLocked) {
    return RetryLater(ErrorCode::kTooManyAttempts,
                      static_cast<int>(evaluation.retry_after.count()));
  }
  return MakeError(wrong);
}

}  // namespace gatehouse::auth
