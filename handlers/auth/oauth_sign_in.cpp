#include "handlers/auth/oauth_sign_in.h"

#include "fcgi/lib/crypto.h"
#include "fcgi/lib/json.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/link_token.h"
#include "handlers/auth/notify.h"
#include "handlers/auth/oauth_identity.h"
#include "handlers/auth/registration.h"

namespace gatehouse::auth {
namespace {

constexpr std::string_view kReason = "oauth";
constexpr std::string_view kReasonPlatformAdmin = "oauth_platform_admin";
constexpr std::size_t kMaxReason = 40;

// A refusal on record: nobody's count goes up, for nobody guessed.
Status RecordRefusal(Services& services, db::Executor& ex, const Caller& caller,
                     const AttemptSubject& subject, std::string_view reason) {
  return RecordOutcome(services, ex, caller, subject, Evaluation{}, false,
                       reason.substr(0, kMaxReason));
}

Error Refuse(Services& services, const Caller& caller, const AttemptSubject& subject,
             const FlowRefusal& refusal) {
  auto recorded = services.db.Transact<void>(caller.deadline, [&](db::Executor& ex) {
    return RecordRefusal(services, ex, caller, subject, refusal.reason);
  });
  // No record, no answer about the cause (DESIGN.md 5).
  if (!recorded.ok()) return std::move(recorded).error();
  return MakeError(refusal.code, refusal.reason);
}

SignInOutcome Refused(ErrorCode code, std::string why) {
  return {std::nullopt, std::nullopt, MakeError(code, std::move(why)), {}};
}

// One sign-in of a person whom a provider vouches for, in one transaction.
class FederatedSignIn {
 public:
  FederatedSignIn(Services& services, const Caller& caller, const TenantContext& tenant,
                  const store::OAuthAccount& account, bool of_installation,
                  const FederatedPerson& person, const Device& device, const SignInKeys& made)
      : services_(services),
        caller_(caller),
        tenant_(tenant),
        account_(account),
        person_(person),
        factor_{kFederated, kReason, device, true, of_installation},
        made_(made) {}

  Result<SignInOutcome> Run(db::Executor& ex) const {
    GH_ASSIGN(const auto identity,
              store::FindIdentity(ex, tenant_.row.id, account_.authority, account_.subject));
    if (identity) return Known(ex, *identity);
    if (!person_.email) return RefuseIn(ex, "", ErrorCode::kEmailNotVerified, "oauth_no_email");
    const std::string& email = *person_.email;
    GH_TRY(LockAddress(services_, ex, tenant_, email));
    if (person_.email_verified && tenant_.settings.oauth_link_verified_email) {
      GH_ASSIGN(auto linked, ByVerifiedAddress(ex, email));
      if (linked) return std::move(*linked);
    }
    // From here on, all but the last step is the same whether the address has an account.
    if (const auto policy = CheckRegistrationPolicy(tenant_, email); !policy.ok()) {
      return RefuseIn(ex, email, policy.error().code, Info(policy.error().code).name);
    }
    if (auto room = CheckUserLimit(ex, tenant_.row.id); !room.ok()) {
      if (room.error().code != ErrorCode::kTenantUserLimit) return std::move(room).error();
      return RefuseIn(ex, email, room.error().code, Info(room.error().code).name);
    }
    if (!person_.email_verified) {
      GH_TRY(RegisterIn(
          services_, ex, caller_, tenant_,
          {email, std::nullopt, account_, person_.first_name, person_.last_name, std::nullopt}));
      return RefuseIn(ex, email, ErrorCode::kEmailNotVerified, "oauth_email_not_verified");
    }
    return ByNewAddress(ex, email);
  }

 private:
  AttemptSubject SubjectOf(std::string email) const {
    return {tenant_, tenant_.row.slug, std::move(email), factor_.device.name};
  }

  Result<SignInOutcome> RefuseIn(db::Executor& ex, const std::string& email, ErrorCode code,
                                 std::string_view reason) const {
    GH_TRY(RecordRefusal(services_, ex, caller_, SubjectOf(email), reason));
    return Refused(code, std::string(reason));
  }

  Result<bool> Exceeded(db::Executor& ex, const store::User& user) const {
    return ExceedsFirstFactor(ex, factor_.amr, factor_.by_installation, user);
  }

  Result<SignInOutcome> Known(db::Executor& ex, const store::Identity& identity) const {
    GH_ASSIGN(const auto user, store::FindUser(ex, tenant_.row.id, identity.user_id));
    if (!user) return RefuseIn(ex, "", ErrorCode::kInvalidCredentials, "oauth_user_gone");
    const AttemptSubject subject = SubjectOf(user->email);
    GH_ASSIGN(const auto right, OpenAttempt(services_, ex, caller_, subject));
    // Under the locks: the address may have moved on, the account may be unlinked.
    GH_ASSIGN(const auto still,
              store::FindIdentity(ex, tenant_.row.id, account_.authority, account_.subject));
    if (!right.user || !still || still->user_id != right.user->id) {
      return RefuseIn(ex, user->email, ErrorCode::kInvalidCredentials, "oauth_unlinked");
    }
    // However it was linked: they may have been promoted since.
    GH_ASSIGN(const bool exceeded, Exceeded(ex, *right.user));
    if (exceeded) {
      return RefuseIn(ex, user->email, ErrorCode::kAlreadyExists, kReasonPlatformAdmin);
    }
    GH_TRY(
        store::TouchIdentity(ex, tenant_.row.id, still->id, person_.email, services_.clock.Now()));
    return FinishFirstFactor(services_, ex, caller_, subject, right, factor_, made_);
  }

  // Both ends have proven the address, and the tenant takes that for the same person. nullopt where
  // there is no such account.
  Result<std::optional<SignInOutcome>> ByVerifiedAddress(db::Executor& ex,
                                                         const std::string& email) const {
    const auto has_proven = [](const std::optional<store::User>& user) {
      return user && user->status != store::UserStatus::kPending && user->email_verified_at;
    };
    // A look without a lock: where it comes to nothing, the tenant's row is due before any user's.
    GH_ASSIGN(const auto seen, store::FindUserByEmail(ex, tenant_.row.id, email));
    if (!has_proven(seen)) return std::optional<SignInOutcome>();
    const AttemptSubject subject = SubjectOf(email);
    GH_ASSIGN(const auto right, OpenAttempt(services_, ex, caller_, subject));
    if (!has_proven(right.user)) {
      GH_ASSIGN(auto refused,
                RefuseIn(ex, email, ErrorCode::kAlreadyExists, "oauth_address_taken"));
      return std::optional(std::move(refused));
    }
    GH_ASSIGN(const bool exceeded, Exceeded(ex, *right.user));
    if (exceeded) {
      GH_ASSIGN(auto refused, RefuseIn(ex, email, ErrorCode::kAlreadyExists, kReasonPlatformAdmin));
      return std::optional(std::move(refused));
    }
    GH_ASSIGN(const auto obstacle, ObstacleOf(services_, ex, *right.user, tenant_));
    if (!obstacle) {
      const auto linked = LinkAccount(services_, ex, caller_, account_, email, *right.user);
      // They have another account of this provider.
      if (!linked.ok() && db::IsDuplicate(linked.error(), "oauth_identities_user")) {
        GH_ASSIGN(auto refused,
                  RefuseIn(ex, email, ErrorCode::kAlreadyExists, "oauth_other_account"));
        return std::optional(std::move(refused));
      }
      GH_TRY(linked);
    }
    GH_ASSIGN(auto outcome,
              FinishFirstFactor(services_, ex, caller_, subject, right, factor_, made_));
    return std::optional(std::move(outcome));
  }

  Result<SignInOutcome> ByNewAddress(db::Executor& ex, const std::string& email) const {
    const AttemptSubject subject = SubjectOf(email);
    GH_ASSIGN(const auto taken, store::FindUserByEmail(ex, tenant_.row.id, email));
    if (taken && taken->status == store::UserStatus::kPending) {
      // A registration that waits is nobody's account; the address is proven now, and whoever
      // registered it has not proven it. Its links go with it.
      GH_TRY(store::DeleteUser(ex, tenant_.row.id, taken->id));
    } else if (taken) {
      if (taken->status == store::UserStatus::kActive && taken->email_verified_at) {
        GH_TRY(TellOwner(ex, *taken));
      }
      return RefuseIn(ex, email, ErrorCode::kAlreadyExists, "oauth_address_taken");
    }
    const TimePoint now = services_.clock.Now();
    store::User user;
    user.id = UserId::New(now, services_.entropy);
    user.tenant_id = tenant_.row.id;
    user.email = email;
    user.email_verified_at = now;
    user.status = store::UserStatus::kActive;
    user.first_name = person_.first_name;
    user.last_name = person_.last_name;
    user.created_at = user.updated_at = now;
    GH_TRY(store::InsertUser(ex, user));
    json::Writer after;
    after.BeginObject().Member("email", email).Member("provider", account_.provider).EndObject();
    GH_TRY(Audit(services_, ex, caller_,
                 {event::kUserRegistered, tenant_.row.id, std::nullopt, "user", user.id.ToString(),
                  std::nullopt, after.Take()}));
    GH_TRY(LinkAccount(services_, ex, caller_, account_, email, user));
    GH_ASSIGN(const auto right, OpenAttempt(services_, ex, caller_, subject));
    return FinishFirstFactor(services_, ex, caller_, subject, right, factor_, made_);
  }

  // How to sign in, and so to link the account.
  Status TellOwner(db::Executor& ex, const store::User& user) const {
    GH_ASSIGN(const bool full, RecipientIsFull(services_, ex, tenant_, user.email));
    if (full) return {};
    return Notify(services_, ex, tenant_, MailKind::kAlreadyRegistered, {user.email, {}},
                  {{"sign_in_link", PageOf(services_, tenant_, "sign-in")},
                   {"reset_link", PageOf(services_, tenant_, "forgot")}});
  }

  Services& services_;
  const Caller& caller_;
  const TenantContext& tenant_;
  const store::OAuthAccount& account_;
  const FederatedPerson& person_;
  FirstFactor factor_;
  const SignInKeys& made_;
};

Result<SignInAnswer> SignInFederated(Services& services, const Caller& caller,
                                     const TenantContext& tenant,
                                     const store::OAuthAccount& account, bool of_installation,
                                     const FederatedPerson& person, const Device& device) {
  const SignInKeys made = NewSignInKeys(services);
  const FederatedSignIn transaction(services, caller, tenant, account, of_installation, person,
                                    device, made);
  const auto attempt = [&] {
    return services.db.Transact<SignInOutcome>(
        caller.deadline, [&](db::Executor& ex) { return transaction.Run(ex); },
        [&](db::Executor& ex) { return SignInIsThere(ex, tenant.row.id, made); });
  };
  auto outcome = attempt();
  // Twice at once: the second finds what the first made.
  if (!outcome.ok() && outcome.error().code == ErrorCode::kAlreadyExists) outcome = attempt();
  GH_TRY(outcome);
  return Conclude(services, std::move(*outcome));
}

// A provider that makes another one send a person's code here gets to see it (all of them come to
// the same redirect URI), and could bring it back in a flow of its own: nonce and PKCE of that flow
// fit, for it chose them. But the code has come here before, for a provider that it is not of
// (RFC 9207 section 4; no matter in which tenant). Shorter codes can be guessed whatever we do.
Result<bool> ClaimCode(Services& services, const Caller& caller, const store::OAuthState& state,
                       const std::string& code) {
  constexpr std::size_t kUnguessable = 16;
  if (code.size() < kUnguessable) return true;
  const auto hash = crypto::Sha256(code);
  return store::ClaimOAuthCode(*services.db.Auto(caller.deadline), crypto::AsView(hash),
                               state.tenant_id, state.authority,
                               services.clock.Now() + std::chrono::hours(1));
}

// A signed-in person's wish, which they are still there for.
Status LinkTo(Services& services, const Caller& caller, const TenantContext& tenant,
              const store::OAuthState& state, const store::OAuthAccount& account,
              bool of_installation, const FederatedPerson& person, AttemptSubject subject) {
  const auto link = [&](db::Executor& ex) -> Result<std::optional<Error>> {
    const auto refuse = [&](ErrorCode code,
                            std::string_view reason) -> Result<std::optional<Error>> {
      GH_TRY(RecordRefusal(services, ex, caller, subject, reason));
      return std::optional(MakeError(code, std::string(reason)));
    };
    GH_ASSIGN(const auto user, store::LockUser(ex, tenant.row.id, *state.user_id));
    GH_ASSIGN(const auto session, store::FindSession(ex, tenant.row.id, *state.session_id));
    const TimePoint now = services.clock.Now();
    if (!user || user->status != store::UserStatus::kActive || tenant.row.suspended || !session ||
        session->user_id != user->id || session->revoked_at || now >= session->expires_at ||
        IdleEnd(*session, tenant.settings).value_or(session->expires_at) <= now) {
      return refuse(ErrorCode::kInvalidToken, "oauth_link_session_over");
    }
    subject.email = user->email;
    GH_ASSIGN(const auto taken,
              store::FindIdentity(ex, tenant.row.id, account.authority, account.subject));
    if (taken && taken->user_id == user->id) return std::optional<Error>();
    if (taken) return refuse(ErrorCode::kAlreadyExists, "oauth_account_taken");
    // It would not sign them in.
    GH_ASSIGN(const bool exceeded, ExceedsFirstFactor(ex, kFederated, of_installation, *user));
    if (exceeded) return refuse(ErrorCode::kEscalation, kReasonPlatformAdmin);
    const auto linked = LinkAccount(services, ex, caller, account, person.email, *user);
    if (!linked.ok() && db::IsDuplicate(linked.error(), "oauth_identities_user")) {
      return refuse(ErrorCode::kAlreadyExists, "oauth_other_account");
    }
    GH_TRY(linked);
    return std::optional<Error>();
  };
  GH_ASSIGN(auto refused, services.db.Transact<std::optional<Error>>(caller.deadline, link));
  if (refused) return std::move(*refused);
  return {};
}

}  // namespace

Result<CallbackOutcome> FinishFlow(Services& services, const Caller& caller,
                                   const CallbackRequest& request) {
  AttemptSubject subject;
  subject.device = request.device.name;
  GH_ASSIGN(const auto state, TakeState(services, caller, request.secrets.state));
  if (!state) {
    subject.tenant_slug = TenantSlug(services, caller, {});
    GH_ASSIGN(subject.tenant, FindTenantContext(services, caller, subject.tenant_slug));
    return Refuse(services, caller, subject, {ErrorCode::kInvalidChallenge, "oauth_state"});
  }
  GH_ASSIGN(subject.tenant,
            FindTenantContext(*services.db.Auto(caller.deadline), state->tenant_id));
  if (!subject.tenant) return MakeError(ErrorCode::kInvalidChallenge, "tenant gone");
  const TenantContext tenant = *subject.tenant;
  subject.tenant_slug = tenant.row.slug;
  const auto refuse = [&](const FlowRefusal& refusal) {
    return Refuse(services, caller, subject, refusal);
  };
  if (!crypto::ConstantTimeEqual(state->browser_hash, LinkTokenHash(request.secrets.browser))) {
    return refuse({ErrorCode::kInvalidChallenge, "oauth_other_browser"});
  }
  const auto offered = FindProvider(services, tenant.settings, request.provider);
  if (!offered || services.providers == nullptr || state->provider != request.provider ||
      state->authority != AuthorityHash(offered->provider)) {
    return refuse({ErrorCode::kInvalidChallenge, "oauth_other_provider"});
  }
  if (request.error) {
    // RFC 6749 section 4.1.2.1; what else it may say is about the request, not the person.
    const bool said_no = *request.error == "access_denied";
    return refuse(said_no ? FlowRefusal{ErrorCode::kAuthenticationRequired, "oauth_denied"}
                          : FlowRefusal{ErrorCode::kInvalidCredentials, "oauth_error"});
  }

  std::variant<FederatedPerson, FlowRefusal> told = FlowRefusal{};
  {
    const Deadline outside = caller.deadline.Within(kOutboundBudget);
    const auto slot = services.providers->TakeSlot(outside);
    if (!slot) return refuse({ErrorCode::kUnavailable, "oauth_busy"});
    GH_ASSIGN(const Secret secret,
              SecretOf(services, *services.db.Auto(caller.deadline), tenant.row.id, *offered));
    // Before anybody else gets to see it.
    GH_ASSIGN(const bool ours, ClaimCode(services, caller, *state, request.code));
    if (!ours) return refuse({ErrorCode::kInvalidChallenge, "oauth_code_elsewhere"});
    told =
        Exchange(services, *offered, secret, request.secrets, {request.code, request.iss}, outside);
  }
  if (const auto* refusal = std::get_if<FlowRefusal>(&told)) return refuse(*refusal);
  const auto& person = std::get<FederatedPerson>(told);
  const store::OAuthAccount account{offered->provider.id, state->authority, person.subject};
  if (state->user_id) {
    GH_TRY(LinkTo(services, caller, tenant, *state, account, offered->of_installation, person,
                  std::move(subject)));
    return CallbackOutcome{std::nullopt, state->return_to};
  }
  GH_ASSIGN(auto answer, SignInFederated(services, caller, tenant, account,
                                         offered->of_installation, person, request.device));
  return CallbackOutcome{std::move(answer), state->return_to};
}

}  // namespace gatehouse::auth
