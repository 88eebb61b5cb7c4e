#include "handlers/auth/sign_in.h"

#include "handlers/auth/identifier.h"
#include "handlers/auth/notify.h"
#include "sql/store/challenges.h"

namespace gatehouse::auth {
namespace {

// Of one person at a time; a few, for people begin to sign in here and there.
constexpr int kLiveChallenges = 5;

SignInOutcome Refuse(Error error) { return {std::nullopt, std::nullopt, std::move(error), {}}; }

std::optional<ErrorCode> PlainObstacle(const store::User& user, const TenantContext& tenant) {
  if (user.status == store::UserStatus::kDisabled) return ErrorCode::kAccountDisabled;
  if (user.status == store::UserStatus::kPending || !user.email_verified_at) {
    return ErrorCode::kEmailNotVerified;
  }
  if (tenant.row.suspended) return ErrorCode::kTenantSuspended;
  return std::nullopt;
}

Status UpgradeHashIfDue(Services& services, db::Executor& ex, const store::User& user,
                        std::string_view password) {
  if (!NeedsRehash(*user.password_hash, services.hash_policy)) return {};
  auto hash = HashPassword(password, services.hash_policy, services.entropy);
  // bcrypt takes no more than 72 bytes; such a password keeps its old hash.
  if (!hash.ok()) return {};
  return store::UpgradeHash(ex, user.tenant_id, user.id, *user.password_hash, *hash);
}

Result<SignInOutcome> BeginChallenge(Services& services, db::Executor& ex, const Caller& caller,
                                     const AttemptSubject& subject, const Evaluation& right,
                                     const FirstFactor& factor, const LinkToken& token) {
  const store::User& user = *right.user;
  const Seconds ttl = subject.settings().mfa_challenge_ttl;
  store::Challenge row;
  row.token_hash = token.hash;
  row.tenant_id = user.tenant_id;
  row.user_id = user.id;
  row.amr = factor.amr;
  row.by_installation = factor.by_installation;
  row.device_id = factor.device.id;
  row.device_name = factor.device.name;
  row.device_type = factor.device.type;
  row.browser_id = factor.device.browser_id;
  row.cookie_mode = factor.cookie_mode;
  row.ip = caller.ip;
  row.user_agent = caller.user_agent;
  row.created_at = services.clock.Now();
  row.expires_at = row.created_at + ttl;
  GH_TRY(store::TrimChallenges(ex, user.tenant_id, user.id, kLiveChallenges - 1));
  GH_TRY(store::InsertChallenge(ex, row));
  GH_TRY(RecordOutcome(services, ex, caller, subject, right, false, kReasonSecondFactor));
  SignInOutcome out;
  out.challenge = {token.text, ttl, factor.cookie_mode};
  return out;
}

}  // namespace

Result<std::optional<ErrorCode>> ObstacleOf(Services& services, db::Executor& ex,
                                            const store::User& user, const TenantContext& tenant) {
  if (const auto obstacle = PlainObstacle(user, tenant)) return obstacle;
  if (!tenant.SubscriptionEnded(services.clock.Now())) return std::optional<ErrorCode>();
  GH_ASSIGN(const auto grants, store::GrantsOf(ex, user.tenant_id, user.id));
  if (!StopsAtSubscriptionsEnd(user.is_tenant_admin, grants.platform_admin)) {
    return std::optional<ErrorCode>();
  }
  return std::optional(ErrorCode::kSubscriptionExpired);
}

Result<SignInOutcome> BeginSignedIn(Services& services, db::Executor& ex, const Caller& caller,
                                    const AttemptSubject& subject, const Evaluation& right,
                                    const FirstFactor& factor, SessionId session) {
  const TenantContext& tenant = *subject.tenant;
  store::User user = *right.user;
  GH_ASSIGN(auto begun, BeginSession(services, ex, caller, tenant, user, session, factor));
  GH_TRY(RecordOutcome(services, ex, caller, subject, right, true, factor.reason));
  const TimePoint now = begun.session.created_at;
  GH_TRY(store::SetLastLogin(ex, user.tenant_id, user.id, now));
  user.last_login_at = now;
  if (begun.new_device) {
    GH_TRY(Notify(services, ex, tenant, MailKind::kNewDevice, {user.email, user.DisplayName()},
                  {{"device", factor.device.name},
                   {"time", ToRfc3339(now)},
                   {"ip", caller.ip},
                   {"sessions_link", PageOf(services, tenant, "account")}}));
  }
  GH_ASSIGN(auto grants, store::GrantsOf(ex, user.tenant_id, user.id));
  SignInOutcome out;
  out.grant = MakeGrant(services, std::move(begun.session), std::move(user), std::move(grants),
                        tenant.settings, begun.row_key, now);
  out.ended = std::move(begun.ended);
  return out;
}

SignInKeys NewSignInKeys(Services& services) {
  return {SessionId::New(services.clock.Now(), services.entropy), NewLinkToken(services.entropy)};
}

Result<bool> SignInIsThere(db::Executor& ex, TenantId tenant, const SignInKeys& made) {
  GH_ASSIGN(const auto session, store::FindSession(ex, tenant, made.session));
  if (session) return true;
  GH_ASSIGN(const auto challenge, store::FindChallenge(ex, made.challenge.hash));
  return challenge.has_value();
}

Result<SignInOutcome> FinishFirstFactor(Services& services, db::Executor& ex, const Caller& caller,
                                        const AttemptSubject& subject, const Evaluation& right,
                                        const FirstFactor& factor, const SignInKeys& made) {
  GH_ASSIGN(const auto obstacle, ObstacleOf(services, ex, *right.user, *subject.tenant));
  if (obstacle) {
    GH_TRY(RecordOutcome(services, ex, caller, subject, right, false, Info(*obstacle).name));
    return Refuse(MakeError(*obstacle));
  }
  if (right.user->two_factor_enabled) {
    return BeginChallenge(services, ex, caller, subject, right, factor, made.challenge);
  }
  return BeginSignedIn(services, ex, caller, subject, right, factor, made.session);
}

Result<SignInAnswer> Conclude(Services& services, SignInOutcome outcome) {
  TellEnded(services, outcome.ended);
  if (outcome.refused) return std::move(*outcome.refused);
  if (outcome.challenge) return SignInAnswer(std::move(*outcome.challenge));
  return SignInAnswer(std::move(*outcome.grant));
}

Result<SignInAnswer> SignIn(Services& services, const Caller& caller,
                            const SignInRequest& request) {
  AttemptSubject subject;
  subject.tenant_slug = TenantSlug(services, caller, request.tenant);
  GH_ASSIGN(subject.tenant, FindTenantContext(services, caller, subject.tenant_slug));
  subject.email = CanonicalEmail(request.email);
  subject.device = request.device.name;
  const FirstFactor factor{"pwd", "password", request.device, request.cookie_mode};
  const SignInKeys made = NewSignInKeys(services);
  GH_ASSIGN(SignInOutcome outcome,
            services.db.Transact<SignInOutcome>(
                caller.deadline,
                [&](db::Executor& ex) -> Result<SignInOutcome> {
                  GH_ASSIGN(const auto evaluation,
                            EvaluatePassword(services, ex, caller, subject, request.password));
                  if (evaluation.outcome != Evaluation::Outcome::kRight) {
                    return Refuse(EvaluationError(evaluation, ErrorCode::kInvalidCredentials));
                  }
                  GH_TRY(UpgradeHashIfDue(services, ex, *evaluation.user, request.password));
                  return FinishFirstFactor(services, ex, caller, subject, evaluation, factor, made);
                },
                // Where the commit's outcome was not heard, the row that it made tells.
                [&](db::Executor& ex) -> Result<bool> {
                  if (!subject.tenant) return false;
                  return SignInIsThere(ex, subject.tenant->row.id, made);
                }));
  return Conclude(services, std::move(outcome));
}

}  // namespace gatehouse::auth
