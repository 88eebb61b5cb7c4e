#include "handlers/auth/recovery.h"

#include <algorithm>

#include "fcgi/lib/json.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/identifier.h"
#include "handlers/auth/link_token.h"
#include "handlers/auth/notify.h"
#include "handlers/auth/password_policy.h"
#include "handlers/auth/proof_cache.h"
#include "handlers/auth/session.h"
#include "sql/store/attempts.h"
#include "sql/store/links.h"
#include "sql/store/oauth.h"

namespace gatehouse::auth {
namespace {

using store::LinkPurpose;

PasswordContext ContextOf(const Services& services, const TenantContext& tenant,
                          const store::User& user) {
  PasswordContext out{user.email,
                      tenant.row.name,
                      tenant.row.slug,
                      {},
                      tenant.settings.password_min_length,
                      services.hash_policy.algorithm};
  for (const auto* name : {&user.first_name, &user.last_name}) {
    if (*name) out.names.push_back(**name);
  }
  return out;
}

Status TellChanged(Services& services, db::Executor& ex, const Caller& caller,
                   const TenantContext& tenant, const store::User& user) {
  return Notify(services, ex, tenant, MailKind::kPasswordChanged, {user.email, user.DisplayName()},
                {{"time", ToRfc3339(services.clock.Now())}, {"ip", caller.ip}});
}

store::Link NewResetLink(Services& services, const TenantContext& tenant, const std::string& email,
                         const LinkToken& token) {
  const TimePoint now = services.clock.Now();
  store::Link link;
  link.id = LinkId::New(now, services.entropy);
  link.tenant_id = tenant.row.id;
  link.purpose = LinkPurpose::kPasswordReset;
  link.token_hash = token.hash;
  link.email = email;
  link.created_at = now;
  link.expires_at = now + tenant.settings.password_reset_ttl;
  return link;
}

Status TellResetLink(Services& services, db::Executor& ex, const TenantContext& tenant,
                     const store::User& user, const std::string& token) {
  const auto minutes = std::max<std::int64_t>(tenant.settings.password_reset_ttl.count() / 60, 1);
  return Notify(
      services, ex, tenant, MailKind::kReset, {user.email, user.DisplayName()},
      {{"link", LinkTo(services, "reset", token)}, {"minutes_valid", std::to_string(minutes)}});
}

Status ForgotIn(Services& services, db::Executor& ex, const Caller& caller,
                const TenantContext& tenant, const std::string& email) {
  GH_TRY(LockAddress(services, ex, tenant, email));
  GH_ASSIGN(const bool full, RecipientIsFull(services, ex, tenant, email));
  GH_ASSIGN(const auto user, store::FindUserByEmail(ex, tenant.row.id, email));
  const bool active = user && user->status == store::UserStatus::kActive && !full;
  const LinkToken token = NewLinkToken(services.entropy);
  store::Link link = NewResetLink(services, tenant, email, token);
  if (active) link.user_id = user->id;
  GH_TRY(store::InsertLink(ex, link));
  json::Writer after;
  after.BeginObject().Member("email", email).EndObject();
  GH_TRY(Audit(
      services, ex, caller,
      {event::kResetRequested, tenant.row.id, std::nullopt, "user",
       active ? std::optional(user->id.ToString()) : std::nullopt, std::nullopt, after.Take()}));
  if (!active) return NotifyNobody(services, ex, tenant, MailKind::kReset, email);
  return TellResetLink(services, ex, tenant, *user, token.text);
}

bool IsAlive(const std::optional<store::Link>& link, TimePoint now) {
  return link && !link->used_at && now < link->expires_at && link->user_id &&
         link->purpose == LinkPurpose::kPasswordReset;
}

// The account that a living reset link is for; kInvalidLink otherwise.
struct ResetTarget {
  store::Link link;
  store::User user;
  TenantContext tenant;
};
Result<ResetTarget> FindTarget(Services& services, db::Executor& ex, std::string_view hash,
                               bool lock) {
  GH_ASSIGN(auto link, lock ? store::LockLink(ex, hash) : store::FindLink(ex, hash));
  if (!IsAlive(link, services.clock.Now())) {
    return MakeError(ErrorCode::kInvalidLink, "unknown, used or expired");
  }
  GH_ASSIGN(auto user, lock ? store::LockUser(ex, link->tenant_id, *link->user_id)
                            : store::FindUser(ex, link->tenant_id, *link->user_id));
  // The address may have changed since the link was sent there.
  if (!user || user->status != store::UserStatus::kActive || user->email != link->email) {
    return MakeError(ErrorCode::kInvalidLink, "account not active");
  }
  GH_ASSIGN(auto tenant, FindTenantContext(ex, link->tenant_id));
  if (!tenant) return MakeError(ErrorCode::kInvalidLink, "the tenant is gone");
  return ResetTarget{std::move(*link), std::move(*user), std::move(*tenant)};
}

Result<EndedSessions> ResetIn(Services& services, db::Executor& ex, const Caller& caller,
                              std::string_view token_hash, std::string_view new_hash,
                              TimePoint now) {
  GH_ASSIGN(const ResetTarget target, FindTarget(services, ex, token_hash, true));
  const auto& user = target.user;
  GH_TRY(store::SetPassword(ex, user.tenant_id, user.id, new_hash, now, user.id));
  json::Writer after;
  after.BeginObject();
  if (!user.email_verified_at) {
    after.Member("email_verified", true);
    // Whoever has the link reads the address's mail.
    store::User verified = user;
    verified.email_verified_at = verified.updated_at = now;
    GH_TRY(store::UpdateUser(ex, verified));
  }
  GH_TRY(store::MarkEveryLinkUsed(ex, user.tenant_id, user.id, now));
  // Whoever registered with them had not proven the address.
  GH_TRY(store::DeleteIdentitiesByLink(ex, user.tenant_id, user.id));
  GH_TRY(store::ClearCounted(ex, IdentifierKey(services.keys, user.tenant_id.view(), user.email)));
  GH_ASSIGN(auto ended, EndSessionsIn(services, ex, caller, user.tenant_id, user.id, user.id,
                                      std::nullopt, "password_reset"));
  GH_TRY(TellChanged(services, ex, caller, target.tenant, user));
  GH_TRY(Audit(services, ex, caller,
               {event::kPasswordReset, user.tenant_id, user.id, "user", user.id.ToString(),
                std::nullopt, after.EndObject().Take()}));
  return ended;
}

}  // namespace

Status SendResetLink(Services& services, db::Executor& ex, const TenantContext& tenant,
                     const store::User& user) {
  const LinkToken token = NewLinkToken(services.entropy);
  store::Link link = NewResetLink(services, tenant, user.email, token);
  link.user_id = user.id;
  GH_TRY(store::InsertLink(ex, link));
  return TellResetLink(services, ex, tenant, user, token.text);
}

Status ForgotPassword(Services& services, const Caller& caller, std::string_view tenant_slug,
                      std::string_view email) {
  GH_ASSIGN(const auto tenant,
            FindTenantContext(services, caller, TenantSlug(services, caller, tenant_slug)));
  if (!tenant) return MakeError(ErrorCode::kUnknownTenant);
  const std::string canonical = CanonicalEmail(email);
  return services.db.Transact<void>(caller.deadline, [&](db::Executor& ex) {
    return ForgotIn(services, ex, caller, *tenant, canonical);
  });
}

Status CheckResetLink(Services& services, db::Executor& ex, std::string_view token_hash) {
  GH_TRY(FindTarget(services, ex, token_hash, false));
  return {};
}

Status ResetPassword(Services& services, const Caller& caller, std::string_view token,
                     std::string_view new_password) {
  const std::string token_hash = LinkTokenHash(token);
  if (token_hash.empty()) return MakeError(ErrorCode::kInvalidLink, "malformed");
  // The policy is checked before anything is used up, and the hashes are made outside of the
  // transaction; the link is looked at again under its lock.
  GH_ASSIGN(const ResetTarget target,
            FindTarget(services, *services.db.Auto(caller.deadline), token_hash, false));
  GH_TRY(CheckPassword(new_password, ContextOf(services, target.tenant, target.user),
                       "/new_password"));
  if (target.user.password_hash && VerifyPassword(new_password, *target.user.password_hash)) {
    return SameAsCurrent("/new_password");
  }
  GH_ASSIGN(const auto new_hash,
            HashPassword(new_password, services.hash_policy, services.entropy));
  const TimePoint now = services.clock.Now();
  GH_ASSIGN(const auto ended, services.db.Transact<EndedSessions>(
                                  caller.deadline,
                                  [&](db::Executor& ex) {
                                    return ResetIn(services, ex, caller, token_hash, new_hash, now);
                                  },
                                  [&](db::Executor& ex) -> Result<bool> {
                                    GH_ASSIGN(const auto link, store::FindLink(ex, token_hash));
                                    return link && link->used_at == now;
                                  }));
  TellEnded(services, ended);
  return {};
}

namespace {

// Committed in every case: a wrong current password is on record.
struct ChangeOutcome {
  std::optional<Error> refused;
  EndedSessions ended;
};

std::optional<Error> NewPasswordProblem(const PasswordContext& context, std::string_view current,
                                        std::string_view wanted) {
  if (auto weak = CheckPassword(wanted, context, "/new_password"); !weak.ok()) {
    return std::move(weak).error();
  }
  if (wanted == current) return SameAsCurrent("/new_password");
  return std::nullopt;
}

Result<ChangeOutcome> ChangeIn(Services& services, db::Executor& ex, const Caller& caller,
                               const Principal& principal, const OwnProof& proof,
                               std::string_view new_password) {
  ChangeOutcome out;
  GH_ASSIGN(const auto tenant, LoadTenantContext(ex, principal.tenant_id));
  GH_ASSIGN(const auto self, store::FindUser(ex, principal.tenant_id, principal.user_id));
  if (!self) return MakeError(ErrorCode::kInvalidToken, "deleted meanwhile");
  auto weak = NewPasswordProblem(ContextOf(services, tenant, *self), proof.password, new_password);
  // A code is not used up for a password that is refused.
  OwnProof asked = proof;
  if (weak) asked.with_code = false;
  GH_ASSIGN(auto proven, Reauthenticate(services, ex, caller, tenant, principal, asked));
  out.refused = proven.refused ? std::move(proven.refused) : std::move(weak);
  if (out.refused) return out;
  const store::User& user = *proven.user;
  const TimePoint now = services.clock.Now();
  GH_ASSIGN(const auto hash, HashPassword(new_password, services.hash_policy, services.entropy));
  GH_TRY(store::SetPassword(ex, user.tenant_id, user.id, hash, now, user.id));
  GH_TRY(store::MarkEveryLinkUsed(ex, user.tenant_id, user.id, now));
  GH_ASSIGN(out.ended, EndSessionsIn(services, ex, caller, user.tenant_id, user.id, user.id,
                                     principal.session_id, "password_changed"));
  GH_TRY(TellChanged(services, ex, caller, tenant, user));
  GH_TRY(Audit(services, ex, caller,
               {event::kPasswordChanged, user.tenant_id, user.id, "user", user.id.ToString(),
                std::nullopt, std::nullopt}));
  return out;
}

}  // namespace

Status ChangePassword(Services& services, const Caller& caller, const Principal& principal,
                      const OwnProof& proof, std::string_view new_password) {
  GH_ASSIGN(ChangeOutcome outcome,
            services.db.Transact<ChangeOutcome>(caller.deadline, [&](db::Executor& ex) {
              return ChangeIn(services, ex, caller, principal, proof, new_password);
            }));
  if (outcome.refused) return std::move(*outcome.refused);
  TellEnded(services, outcome.ended);
  // Its proof may say that the password must be changed.
  services.proofs.Invalidate(principal.tenant_id, principal.session_id);
  return {};
}

}  // namespace gatehouse::auth
