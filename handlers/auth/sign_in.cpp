#include "handlers/auth/sign_in.h"

#include "handlers/auth/attempt.h"
#include "handlers/auth/identifier.h"
#include "handlers/auth/notify.h"

namespace gatehouse::auth {
namespace {

// Committed in every case: a refusal is on record too.
struct Outcome {
  std::optional<SessionGrant> grant;
  std::optional<Error> refused;
  EndedSessions ended;
};

// What is wrong with an account whose password was right.
std::optional<ErrorCode> Obstacle(const store::User& user, const TenantContext& tenant,
                                  TimePoint now) {
  if (user.status == store::UserStatus::kDisabled) return ErrorCode::kAccountDisabled;
  if (user.status == store::UserStatus::kPending || !user.email_verified_at) {
    return ErrorCode::kEmailNotVerified;
  }
  if (tenant.row.suspended) return ErrorCode::kTenantSuspended;
  if (tenant.SubscriptionEnded(now) && !user.is_tenant_admin) {
    return ErrorCode::kSubscriptionExpired;
  }
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

class SignInTransaction {
 public:
  SignInTransaction(Services& services, const Caller& caller, const SignInRequest& request,
                    const std::optional<TenantContext>& tenant, AttemptSubject subject,
                    SessionId session_id)
      : services_(services),
        caller_(caller),
        request_(request),
        tenant_(tenant),
        subject_(std::move(subject)),
        session_id_(session_id) {}

  Result<Outcome> Run(db::Executor& ex) const {
    GH_ASSIGN(auto evaluation,
              EvaluatePassword(services_, ex, caller_, subject_, request_.password));
    if (evaluation.outcome != Evaluation::Outcome::kRight) {
      return Refuse(EvaluationError(evaluation, ErrorCode::kInvalidCredentials));
    }
    store::User& user = *evaluation.user;
    auto obstacle = Obstacle(user, *tenant_, services_.clock.Now());
    if (obstacle == ErrorCode::kSubscriptionExpired) {
      // Somebody must be able to prolong it.
      GH_ASSIGN(const auto grants, store::GrantsOf(ex, user.tenant_id, user.id));
      if (grants.platform_admin) obstacle.reset();
    }
    if (obstacle) {
      GH_TRY(
          RecordOutcome(services_, ex, caller_, subject_, evaluation, false, Info(*obstacle).name));
      return Refuse(MakeError(*obstacle));
    }
    return Begin(ex, evaluation);
  }

 private:
  static Outcome Refuse(Error error) { return {std::nullopt, std::move(error), {}}; }

  Result<Outcome> Begin(db::Executor& ex, Evaluation& evaluation) const {
    store::User& user = *evaluation.user;
    GH_TRY(UpgradeHashIfDue(services_, ex, user, request_.password));
    GH_ASSIGN(auto begun, BeginSession(services_, ex, caller_, *tenant_, user, session_id_,
                                       request_.device, "pwd", request_.cookie_mode));
    GH_TRY(RecordOutcome(services_, ex, caller_, subject_, evaluation, true, "password"));
    GH_TRY(store::SetLastLogin(ex, user.tenant_id, user.id, begun.session.created_at));
    user.last_login_at = begun.session.created_at;
    if (begun.new_device) {
      GH_TRY(Notify(services_, ex, *tenant_, MailKind::kNewDevice, {user.email, user.DisplayName()},
                    {{"device", request_.device.name},
                     {"time", ToRfc3339(begun.session.created_at)},
                     {"ip", caller_.ip},
                     {"sessions_link", services_.config.base_url + "/auth/ui/account"}}));
    }
    GH_ASSIGN(auto grants, store::GrantsOf(ex, user.tenant_id, user.id));
    Outcome out;
    const TimePoint now = begun.session.created_at;
    out.grant = MakeGrant(services_, std::move(begun.session), std::move(user), std::move(grants),
                          tenant_->settings, begun.row_key, now);
    out.ended = std::move(begun.ended);
    return out;
  }

  Services& services_;
  const Caller& caller_;
  const SignInRequest& request_;
  const std::optional<TenantContext>& tenant_;
  AttemptSubject subject_;
  SessionId session_id_;
};

}  // namespace

Result<SessionGrant> SignIn(Services& services, const Caller& caller,
                            const SignInRequest& request) {
  const std::string slug = TenantSlug(services, caller, request.tenant);
  GH_ASSIGN(const auto tenant, FindTenantContext(services, caller, slug));
  AttemptSubject subject;
  subject.tenant_slug = slug;
  subject.email = CanonicalEmail(request.email);
  subject.device = request.device.name;
  if (tenant) {
    subject.tenant = tenant->row.id;
    subject.settings = tenant->settings;
  }
  const auto session_id = SessionId::New(caller.now, services.entropy);
  const auto tenant_id = subject.tenant;
  const SignInTransaction transaction(services, caller, request, tenant, std::move(subject),
                                      session_id);
  GH_ASSIGN(Outcome outcome,
            services.db.Transact<Outcome>(
                caller.deadline, [&](db::Executor& ex) { return transaction.Run(ex); },
                // Where the commit's outcome was not heard, the session's row tells.
                [&](db::Executor& ex) -> Result<bool> {
                  if (!tenant_id) return false;
                  GH_ASSIGN(const auto found, store::FindSession(ex, *tenant_id, session_id));
                  return found.has_value();
                }));
  TellEnded(services, outcome.ended);
  if (outcome.refused) return std::move(*outcome.refused);
  return std::move(*outcome.grant);
}

}  // namespace gatehouse::auth
