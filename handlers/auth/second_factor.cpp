#include "handlers/auth/second_factor.h"

#include <algorithm>

#include "fcgi/base/codec.h"
#include "fcgi/lib/json.h"
#include "fcgi/run/log.h"
#include "handlers/auth/attempt.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/reauthenticate.h"
#include "handlers/auth/recovery_code.h"
#include "handlers/auth/sealed.h"
#include "handlers/auth/session.h"
#include "handlers/auth/totp_secret.h"
#include "sql/store/challenges.h"
#include "sql/store/second_factor.h"

namespace gatehouse::auth {
namespace {

constexpr std::size_t kTotpDigits = 6;

// The six digits of a TOTP code, as authenticators show them ("123 456"); "" for anything else.
std::string TotpDigits(std::string_view code) {
  std::string out;
  for (const char c : code) {
    if (c == ' ') continue;
    if (c < '0' || c > '9') return {};
    out.push_back(c);
  }
  return out.size() == kTotpDigits ? out : std::string();
}

// Uses the step of a code up that fits the user's secret; false where none does.
Result<bool> UseTotp(Services& services, db::Executor& ex, const store::User& user,
                     std::string_view digits) {
  GH_ASSIGN(const auto row, store::FindTotp(ex, user.tenant_id, user.id));
  if (!row) return false;
  GH_ASSIGN(const Secret secret, OpenTotp(services, *row));
  const auto step = MatchTotp(secret.Reveal(), digits, services.clock.Now(), row->last_step);
  if (!step) return false;
  return store::UseTotpStep(ex, user.tenant_id, user.id, *step);
}

Result<bool> UseRecovery(Services& services, db::Executor& ex, const Caller& caller,
                         const store::User& user, std::string_view code) {
  const std::string hash = RecoveryCodeHash(user.id, code);
  if (hash.empty()) return false;
  GH_ASSIGN(const bool used, store::UseRecoveryCode(ex, user.tenant_id, user.id, hash));
  if (!used) return false;
  GH_TRY(Audit(services, ex, caller,
               {event::kRecoveryUsed, user.tenant_id, user.id, "user", user.id.ToString(),
                std::nullopt, std::nullopt}));
  return true;
}

struct NewCodes {
  explicit NewCodes(Services& services, UserId user) : texts(NewRecoveryCodes(services.entropy)) {
    for (const auto& text : texts) hashes.push_back(RecoveryCodeHash(user, text));
  }
  std::vector<std::string> texts, hashes;
};

// What the person did themselves.
AuditEntry ByPerson(const store::User& user, std::string_view event, std::string_view change) {
  std::optional<std::string> after;
  if (!change.empty()) after = json::Writer().BeginObject().Member(change, true).EndObject().Take();
  return {event,        user.tenant_id,  user.id, "user", user.id.ToString(),
          std::nullopt, std::move(after)};
}

Status TurnOff(Services& services, db::Executor& ex, const store::User& user,
               std::optional<UserId> by) {
  GH_TRY(store::DeleteSecondFactor(ex, user.tenant_id, user.id));
  GH_TRY(store::TrimChallenges(ex, user.tenant_id, user.id, 0));
  return store::SetTwoFactor(ex, user.tenant_id, user.id, false, services.clock.Now(), by);
}

// Committed in every case: wrong passwords and codes are on record.
using Refusal = std::optional<Error>;

// After password and code: `change` is done to the person whose second factor is on.
Result<Refusal> WithBothFactors(Services& services, db::Executor& ex, const Caller& caller,
                                const Principal& who, std::string_view password,
                                std::string_view code,
                                const std::function<Status(const store::User&)>& change) {
  GH_ASSIGN(const auto tenant, LoadTenantContext(ex, who.tenant_id));
  GH_ASSIGN(auto proven, Reauthenticate(services, ex, caller, tenant, who, {password, code, true}));
  if (proven.refused) return std::move(proven.refused);
  if (!proven.user->two_factor_enabled) return Refusal(MakeError(ErrorCode::kInvalidCode, "off"));
  GH_TRY(change(*proven.user));
  return Refusal();
}

Result<Refusal> EnrolIn(Services& services, db::Executor& ex, const Caller& caller,
                        const TenantContext& tenant, const Principal& who,
                        std::string_view password, std::string_view secret) {
  GH_ASSIGN(auto proven, Reauthenticate(services, ex, caller, tenant, who, {password}));
  if (proven.refused) return std::move(proven.refused);
  const store::User& user = *proven.user;
  if (user.two_factor_enabled) return Refusal(MakeError(ErrorCode::kTwoFactorAlreadyEnabled));
  GH_TRY(store::PutTotp(ex, SealTotp(services, user, secret)));
  GH_TRY(Audit(services, ex, caller,
               ByPerson(user, event::kUserUpdated, "two_factor_enrolment_begun")));
  return Refusal();
}

Result<Refusal> ConfirmIn(Services& services, db::Executor& ex, const Caller& caller,
                          const Principal& who, std::string_view code,
                          const std::vector<std::string>& recovery_hashes) {
  GH_ASSIGN(const auto tenant, LoadTenantContext(ex, who.tenant_id));
  const AttemptSubject subject{tenant, who.identity->tenant_slug, who.identity->email,
                               std::nullopt};
  GH_ASSIGN(auto opened, OpenAttempt(services, ex, caller, subject));
  if (!opened.user || opened.user->id != who.user_id) {
    return MakeError(ErrorCode::kInvalidToken, "address moved on");
  }
  const store::User& user = *opened.user;
  if (user.two_factor_enabled) return Refusal(MakeError(ErrorCode::kTwoFactorAlreadyEnabled));
  // A stranger's wrong passwords do not keep anybody from setting theirs up.
  GH_TRY(CheckLock(services, ex, caller, subject, LockedBy::kWrongCodes, opened));
  if (opened.outcome == Evaluation::Outcome::kLocked) {
    return Refusal(EvaluationError(opened, ErrorCode::kInvalidCode));
  }
  GH_ASSIGN(const bool fits, UseTotp(services, ex, user, TotpDigits(code)));
  if (!fits) {
    GH_TRY(RecordFailure(services, ex, caller, subject, kReasonWrongCode, opened));
    return Refusal(EvaluationError(opened, ErrorCode::kInvalidCode));
  }
  GH_TRY(ClearFailures(services, ex, subject, opened));
  const TimePoint now = services.clock.Now();
  GH_TRY(store::SetTwoFactor(ex, user.tenant_id, user.id, true, now, user.id));
  GH_TRY(store::ReplaceRecoveryCodes(ex, user.tenant_id, user.id, recovery_hashes, now));
  GH_TRY(Audit(services, ex, caller, ByPerson(user, event::kTwoFactorEnabled, "")));
  return Refusal();
}

// Whether the work of a transaction with fresh recovery codes is there: the codes are shown once,
// so an unheard COMMIT must not lose them.
std::function<Result<bool>(db::Executor&)> CodesAreThere(const Principal& who,
                                                         const NewCodes& codes) {
  return [&](db::Executor& ex) {
    return store::HasRecoveryCode(ex, who.tenant_id, who.user_id, codes.hashes.front());
  };
}

}  // namespace

std::string_view AmrOf(CodeKind kind) { return kind == CodeKind::kTotp ? "otp" : "rec"; }

Result<std::optional<CodeKind>> UseCode(Services& services, db::Executor& ex, const Caller& caller,
                                        const store::User& user, std::string_view code) {
  using Kind = std::optional<CodeKind>;
  if (!user.two_factor_enabled) return Kind();
  if (const std::string digits = TotpDigits(code); !digits.empty()) {
    GH_ASSIGN(const bool used, UseTotp(services, ex, user, digits));
    return used ? Kind(CodeKind::kTotp) : Kind();
  }
  GH_ASSIGN(const bool used, UseRecovery(services, ex, caller, user, code));
  return used ? Kind(CodeKind::kRecoveryCode) : Kind();
}

Result<Enrolment> Enrol(Services& services, const Caller& caller, const Principal& who,
                        std::string_view password) {
  const Secret secret(services.entropy.Bytes(kTotpSecretBytes));
  GH_ASSIGN(const auto tenant,
            LoadTenantContext(*services.db.Auto(caller.deadline), who.tenant_id));
  GH_ASSIGN(auto refused, services.db.Transact<Refusal>(caller.deadline, [&](db::Executor& ex) {
    return EnrolIn(services, ex, caller, tenant, who, password, secret.Reveal());
  }));
  if (refused) return std::move(*refused);
  Enrolment out;
  out.secret = Base32Encode(secret.Reveal());
  out.otpauth_uri = OtpauthUri(secret.Reveal(), tenant.row.name, who.identity->email);
  GH_ASSIGN(out.qr, DrawQr(out.otpauth_uri));
  return out;
}

Result<std::vector<std::string>> ConfirmEnrolment(Services& services, const Caller& caller,
                                                  const Principal& who, std::string_view code) {
  NewCodes codes(services, who.user_id);
  GH_ASSIGN(auto refused, services.db.Transact<Refusal>(
                              caller.deadline,
                              [&](db::Executor& ex) {
                                return ConfirmIn(services, ex, caller, who, code, codes.hashes);
                              },
                              CodesAreThere(who, codes)));
  if (refused) return std::move(*refused);
  // Nothing ends; who had to enrol is let in everywhere. The codes are shown once, so they are
  // shown even where the cache is told no more: what it knows ends by itself.
  if (const auto told = VoidProofs(services, caller, who.tenant_id, who.user_id); !told.ok()) {
    log::Warn("two_factor.proofs_not_voided", {{"reason", told.error().inner}});
  }
  return std::move(codes.texts);
}

Status DisableSecondFactor(Services& services, const Caller& caller, const Principal& who,
                           std::string_view password, std::string_view code) {
  GH_ASSIGN(auto refused, services.db.Transact<Refusal>(caller.deadline, [&](db::Executor& ex) {
    return WithBothFactors(
        services, ex, caller, who, password, code, [&](const store::User& user) -> Status {
          GH_TRY(TurnOff(services, ex, user, user.id));
          return Audit(services, ex, caller, ByPerson(user, event::kTwoFactorDisabled, ""));
        });
  }));
  // Also where it was off before: an earlier try may have died before it told the cache.
  if (!refused || refused->code == ErrorCode::kInvalidCode) {
    GH_TRY(VoidProofs(services, caller, who.tenant_id, who.user_id));
  }
  if (refused) return std::move(*refused);
  return {};
}

Result<std::vector<std::string>> RenewRecoveryCodes(Services& services, const Caller& caller,
                                                    const Principal& who, std::string_view password,
                                                    std::string_view code) {
  NewCodes codes(services, who.user_id);
  GH_ASSIGN(auto refused,
            services.db.Transact<Refusal>(
                caller.deadline,
                [&](db::Executor& ex) {
                  return WithBothFactors(
                      services, ex, caller, who, password, code,
                      [&](const store::User& user) -> Status {
                        GH_TRY(store::ReplaceRecoveryCodes(ex, user.tenant_id, user.id,
                                                           codes.hashes, services.clock.Now()));
                        return Audit(services, ex, caller,
                                     ByPerson(user, event::kUserUpdated, "recovery_codes_renewed"));
                      });
                },
                CodesAreThere(who, codes)));
  if (refused) return std::move(*refused);
  return std::move(codes.texts);
}

Result<bool> ResetSecondFactor(Services& services, const Caller& caller, const Actor& actor,
                               UserId id) {
  GH_ASSIGN(const bool was_on,
            services.db.Transact<bool>(caller.deadline, [&](db::Executor& ex) -> Result<bool> {
              GH_ASSIGN(const auto user, store::LockUser(ex, actor.tenant, id));
              if (!user) return MakeError(ErrorCode::kNotFound, "user");
              GH_TRY(TurnOff(services, ex, *user, actor.id()));
              if (!user->two_factor_enabled) return false;
              GH_TRY(Audit(services, ex, caller,
                           ByActor(actor, event::kTwoFactorDisabled, "user", id.ToString(),
                                   std::nullopt, std::nullopt)));
              return true;
            }));
  GH_TRY(VoidProofs(services, caller, actor.tenant, id));
  return was_on;
}

}  // namespace gatehouse::auth
