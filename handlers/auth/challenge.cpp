#include "handlers/auth/challenge.h"

#include "handlers/auth/second_factor.h"
#include "sql/store/challenges.h"

namespace gatehouse::auth {
namespace {

constexpr int kTries = 5;

Error Invalid(std::string why) { return MakeError(ErrorCode::kInvalidChallenge, std::move(why)); }

SignInOutcome Refuse(Error error) { return {std::nullopt, std::nullopt, std::move(error), {}}; }

class ChallengeTransaction {
 public:
  ChallengeTransaction(Services& services, const Caller& caller, const ChallengeAnswer& answer,
                       std::string_view token_hash, TenantId tenant, UserId user, std::string email,
                       SessionId session)
      : services_(services),
        caller_(caller),
        answer_(answer),
        token_hash_(token_hash),
        tenant_(tenant),
        user_(user),
        email_(std::move(email)),
        session_(session) {}

  Result<SignInOutcome> Run(db::Executor& ex) const {
    AttemptSubject subject;
    GH_ASSIGN(subject.tenant, FindTenantContext(ex, tenant_));
    if (!subject.tenant) return Refuse(Invalid("the tenant is gone"));
    subject.tenant_slug = subject.tenant->row.slug;
    subject.email = email_;
    GH_ASSIGN(auto opened, OpenAttempt(services_, ex, caller_, subject));
    if (!opened.user || opened.user->id != user_) return Refuse(Invalid("address moved on"));
    GH_ASSIGN(const auto row, store::LockChallenge(ex, token_hash_));
    if (!row || services_.clock.Now() >= row->expires_at) return Refuse(Invalid("used or expired"));
    subject.device = row->device_name;
    if (caller_.ip != row->ip && caller_.user_agent != row->user_agent) {
      GH_TRY(Record(ex, subject, opened));
      return Refuse(Invalid("from another address with another user agent"));
    }
    GH_ASSIGN(const auto obstacle, ObstacleOf(services_, ex, *opened.user, *subject.tenant));
    GH_ASSIGN(const bool exceeded,
              ExceedsFirstFactor(ex, row->amr, row->by_installation, *opened.user));
    if (obstacle || exceeded || !opened.user->two_factor_enabled) {
      GH_TRY(store::DeleteChallenge(ex, tenant_, token_hash_));
      GH_TRY(Record(ex, subject, opened));
      return Refuse(Invalid("the account has changed"));
    }
    if (row->cookie_mode && !answer_.origin_allowed) {
      return Refuse(MakeError(ErrorCode::kOriginNotAllowed));
    }
    return Evaluate(ex, subject, *row, opened);
  }

 private:
  // A token that is right, in hands that are not: it counts for nothing, but is on record (SPEC
  // L4).
  Status Record(db::Executor& ex, const AttemptSubject& subject, const Evaluation& opened) const {
    return RecordOutcome(services_, ex, caller_, subject, opened, false, "invalid_challenge");
  }

  Result<SignInOutcome> Evaluate(db::Executor& ex, const AttemptSubject& subject,
                                 const store::Challenge& row, Evaluation& opened) const {
    // A sign-in that others vouch for is not stopped by guessed passwords (SPEC O3).
    const auto locked_by = row.amr == kFederated ? LockedBy::kWrongCodes : LockedBy::kAnyFailure;
    GH_TRY(CheckLock(services_, ex, caller_, subject, locked_by, opened));
    if (opened.outcome == Evaluation::Outcome::kLocked) {
      return Refuse(EvaluationError(opened, ErrorCode::kInvalidCode));
    }
    GH_ASSIGN(const auto used, UseCode(services_, ex, caller_, *opened.user, answer_.code));
    if (!used) {
      const int failures = row.failures + 1;
      GH_TRY(failures < kTries ? store::SetFailures(ex, tenant_, token_hash_, failures)
                               : store::DeleteChallenge(ex, tenant_, token_hash_));
      GH_TRY(RecordFailure(services_, ex, caller_, subject, kReasonWrongCode, opened));
      return Refuse(EvaluationError(opened, ErrorCode::kInvalidCode));
    }
    GH_TRY(store::DeleteChallenge(ex, tenant_, token_hash_));
    const std::string amr = row.amr + "," + std::string(AmrOf(*used));
    const FirstFactor factor{amr,
                             *used == CodeKind::kTotp ? "totp" : "recovery_code",
                             {row.device_id, row.device_name, row.device_type, row.browser_id},
                             row.cookie_mode,
                             row.by_installation};
    return BeginSignedIn(services_, ex, caller_, subject, opened, factor, session_);
  }

  Services& services_;
  const Caller& caller_;
  const ChallengeAnswer& answer_;
  std::string_view token_hash_;
  TenantId tenant_;
  UserId user_;
  std::string email_;
  SessionId session_;
};

}  // namespace

Result<AnsweredChallenge> AnswerChallenge(Services& services, const Caller& caller,
                                          const ChallengeAnswer& answer) {
  const std::string token_hash = LinkTokenHash(answer.token);
  if (token_hash.empty()) return Invalid("malformed");
  // Whose it is, for the locks are taken from the address on; it is looked at again under them.
  GH_ASSIGN(const auto found, store::FindChallenge(*services.db.Auto(caller.deadline), token_hash));
  if (!found) return Invalid("unknown or used");
  const TenantId tenant = found->tenant_id;
  GH_ASSIGN(const auto user,
            store::FindUser(*services.db.Auto(caller.deadline), tenant, found->user_id));
  if (!user) return Invalid("the user is gone");
  const auto session = SessionId::New(services.clock.Now(), services.entropy);
  const ChallengeTransaction transaction(services, caller, answer, token_hash, tenant, user->id,
                                         user->email, session);
  GH_ASSIGN(SignInOutcome outcome,
            services.db.Transact<SignInOutcome>(
                caller.deadline, [&](db::Executor& ex) { return transaction.Run(ex); },
                // Where the commit's outcome was not heard, the session's row tells.
                [&](db::Executor& ex) -> Result<bool> {
                  GH_ASSIGN(const auto made, store::FindSession(ex, tenant, session));
                  return made.has_value();
                }));
  TellEnded(services, outcome.ended);
  if (outcome.refused) return std::move(*outcome.refused);
  return AnsweredChallenge{std::move(*outcome.grant), found->browser_id};
}

}  // namespace gatehouse::auth
