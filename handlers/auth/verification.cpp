#include "handlers/auth/verification.h"

#include <algorithm>

#include "fcgi/lib/json.h"
#include "handlers/auth/attempt.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/identifier.h"
#include "handlers/auth/link_token.h"
#include "handlers/auth/notify.h"
#include "handlers/auth/oauth_identity.h"
#include "handlers/auth/reauthenticate.h"
#include "handlers/auth/session.h"

namespace gatehouse::auth {
namespace {

using store::LinkPurpose;
using store::UserStatus;

std::string FullName(const store::Link& link) {
  std::string out = link.first_name.value_or("");
  if (link.last_name) out += (out.empty() ? "" : " ") + *link.last_name;
  return out;
}

store::Link NewLink(Services& services, const TenantContext& tenant, LinkPurpose purpose,
                    const std::string& email, const LinkToken& token) {
  const TimePoint now = services.clock.Now();
  store::Link link;
  link.id = LinkId::New(now, services.entropy);
  link.tenant_id = tenant.row.id;
  link.purpose = purpose;
  link.token_hash = token.hash;
  link.email = email;
  link.created_at = now;
  link.expires_at = now + tenant.settings.verify_email_ttl;
  return link;
}

// The registration that the link is sent for is the one of now: a later one under the same address
// must not come in its place.
void TakeRegistration(store::Link& link, const store::User& user) {
  link.password_hash = user.password_hash;
  link.first_name = user.first_name;
  link.last_name = user.last_name;
  link.phone = user.phone;
}

constexpr std::string_view kAddressTaken = "the address was taken meanwhile";

Error Unusable(std::string_view why) {
  return MakeError(ErrorCode::kInvalidLink, std::string(why));
}

// What an account must be for a link of its to be of use.
Status CheckAccount(const store::Link& link, const store::User& user) {
  if (link.purpose == LinkPurpose::kChangeEmail) {
    return user.status == UserStatus::kActive ? Status() : Unusable("not active");
  }
  if (link.email != user.email || (user.status != UserStatus::kPending && user.email_verified_at)) {
    return Unusable("another address, or verified before");
  }
  return {};
}

// A living link and its account.
struct Target {
  store::Link link;
  store::User user;
};
Result<Target> FindTarget(db::Executor& ex, std::string_view hash, TimePoint now, bool lock) {
  GH_ASSIGN(auto link, lock ? store::LockLink(ex, hash) : store::FindLink(ex, hash));
  if (!link || link->used_at || now >= link->expires_at || !link->user_id ||
      link->purpose == LinkPurpose::kPasswordReset) {
    return Unusable("unknown, used or expired");
  }
  GH_ASSIGN(const auto tenant, store::FindTenant(ex, link->tenant_id));
  GH_ASSIGN(auto user, lock ? store::LockUser(ex, link->tenant_id, *link->user_id)
                            : store::FindUser(ex, link->tenant_id, *link->user_id));
  if (!tenant || !user) return Unusable("no such user, or the tenant is gone");
  GH_TRY(CheckAccount(*link, *user));
  return Target{std::move(*link), std::move(*user)};
}

Status CheckFree(db::Executor& ex, TenantId tenant, const store::OAuthAccount& account) {
  GH_ASSIGN(const auto taken, store::FindIdentity(ex, tenant, account.authority, account.subject));
  return taken ? Unusable("the provider's account was linked meanwhile") : Status();
}

// The account at a provider that a registration came with. Not where it is somebody's by now.
Status AttachAccount(Services& services, db::Executor& ex, const Caller& caller,
                     const store::OAuthAccount& account, const store::User& user) {
  GH_TRY(CheckFree(ex, user.tenant_id, account));
  return LinkAccount(services, ex, caller, account, user.email, user, true);
}

// What the link was sent for. An address that an administrator entered brings no registration, and
// so neither password nor names. One that came from a provider brings no password: whatever another
// registration left there goes.
Status ConfirmAddress(Services& services, db::Executor& ex, const Caller& caller,
                      const store::Link& link, store::User& user, TimePoint now) {
  const bool pending = user.status == UserStatus::kPending;
  GH_ASSIGN(const auto account, store::FindOAuthRegistration(ex, link.id));
  if (!pending) {
    user.email_verified_at = now;
    user.updated_at = now;
    GH_TRY(store::UpdateUser(ex, user));
    if (account) return AttachAccount(services, ex, caller, *account, user);
    if (!link.password_hash) return {};
    return store::SetPassword(ex, user.tenant_id, user.id, *link.password_hash, now, user.id);
  }
  if (link.password_hash || account) {
    GH_TRY(store::UpdatePending(ex, user.tenant_id, user.id, link.password_hash, link.first_name,
                                link.last_name, link.phone, now));
  }
  if (account) GH_TRY(AttachAccount(services, ex, caller, *account, user));
  user.status = UserStatus::kActive;
  return store::ActivateUser(ex, user.tenant_id, user.id, now);
}

Status MoveAddress(Services& services, db::Executor& ex, const store::Link& link, store::User& user,
                   TimePoint now) {
  GH_TRY(MoveFailures(services, ex, user, link.email));
  user.email = link.email;
  user.email_verified_at = now;
  user.updated_at = now;
  user.updated_by = user.id;
  GH_TRY(store::UpdateUser(ex, user));
  // Other links went to the old address.
  return store::MarkEveryLinkUsed(ex, user.tenant_id, user.id, now);
}

std::string AddressJson(const store::User& user) {
  json::Writer out;
  out.BeginObject().Member("email", user.email);
  return out.Member("status", store::ToString(user.status)).EndObject().Take();
}

Result<store::User> VerifyIn(Services& services, db::Executor& ex, const Caller& caller,
                             std::string_view hash, TimePoint now) {
  GH_ASSIGN(Target target, FindTarget(ex, hash, now, true));
  store::User& user = target.user;
  const std::string before = AddressJson(user);
  const bool moves = target.link.purpose == LinkPurpose::kChangeEmail;
  GH_TRY(moves ? MoveAddress(services, ex, target.link, user, now)
               : ConfirmAddress(services, ex, caller, target.link, user, now));
  GH_TRY(store::MarkLinksUsed(ex, user.tenant_id, user.id, target.link.purpose, now));
  GH_TRY(Audit(services, ex, caller,
               {moves ? event::kEmailChanged : event::kEmailVerified, user.tenant_id, user.id,
                "user", user.id.ToString(), before, AddressJson(user)}));
  return target.user;
}

}  // namespace

Result<TenantContext> NamedTenant(Services& services, const Caller& caller,
                                  std::string_view from_body) {
  GH_ASSIGN(auto tenant,
            FindTenantContext(services, caller, TenantSlug(services, caller, from_body)));
  if (!tenant) return MakeError(ErrorCode::kUnknownTenant);
  return std::move(*tenant);
}

Status VerifyEmail(Services& services, const Caller& caller, std::string_view token) {
  const std::string hash = LinkTokenHash(token);
  if (hash.empty()) return Unusable("malformed");
  TimePoint now;
  auto verified = services.db.Transact<store::User>(
      caller.deadline,
      [&](db::Executor& ex) {
        now = services.clock.Now();
        return VerifyIn(services, ex, caller, hash, now);
      },
      [&](db::Executor& ex) -> Result<bool> {
        GH_ASSIGN(const auto link, store::FindLink(ex, hash));
        return link && link->used_at == now;
      });
  if (!verified.ok() && db::IsDuplicate(verified.error(), "users_email")) {
    return Unusable(kAddressTaken);
  }
  GH_TRY(verified);
  return VoidProofs(services, caller, verified->tenant_id, verified->id);
}

Status CheckVerifyLink(db::Executor& ex, std::string_view token_hash, TimePoint now) {
  GH_ASSIGN(const Target target, FindTarget(ex, token_hash, now, false));
  const auto& [link, user] = target;
  if (link.purpose == LinkPurpose::kChangeEmail) {
    GH_ASSIGN(const auto owner, store::FindUserByEmail(ex, link.tenant_id, link.email));
    return owner && owner->id != user.id ? Unusable(kAddressTaken) : Status();
  }
  GH_ASSIGN(const auto account, store::FindOAuthRegistration(ex, link.id));
  return account ? CheckFree(ex, link.tenant_id, *account) : Status();
}

Status SendVerification(Services& services, db::Executor& ex, const TenantContext& tenant,
                        const store::Link& link, const std::string& token) {
  const auto minutes = tenant.settings.verify_email_ttl.count() / 60;
  return Notify(services, ex, tenant, MailKind::kVerifyEmail, {link.email, FullName(link)},
                {{"link", LinkTo(services, "verify", token)},
                 {"minutes_valid", std::to_string(std::max<std::int64_t>(minutes, 1))}});
}

Status SendAddressLink(Services& services, db::Executor& ex, const TenantContext& tenant,
                       const store::User& user) {
  GH_TRY(store::MarkLinksUsed(ex, user.tenant_id, user.id, LinkPurpose::kVerifyEmail,
                              services.clock.Now()));
  const LinkToken token = NewLinkToken(services.entropy);
  store::Link link = NewLink(services, tenant, LinkPurpose::kVerifyEmail, user.email, token);
  link.user_id = user.id;
  if (user.status == UserStatus::kPending) TakeRegistration(link, user);
  link.first_name = user.first_name;
  link.last_name = user.last_name;
  GH_TRY(store::InsertLink(ex, link));
  return SendVerification(services, ex, tenant, link, token.text);
}

namespace {

Status ResendIn(Services& services, db::Executor& ex, const TenantContext& tenant,
                const std::string& email) {
  const TimePoint now = services.clock.Now();
  GH_TRY(LockAddress(services, ex, tenant, email));
  GH_ASSIGN(const bool full, RecipientIsFull(services, ex, tenant, email));
  GH_ASSIGN(const auto user, store::LockUserByEmail(ex, tenant.row.id, email));
  const UserId user_id = user ? user->id : UserId{};
  GH_ASSIGN(auto newest, store::NewestVerifyLink(ex, tenant.row.id, user_id));
  const bool due =
      user && !user->email_verified_at && user->status != UserStatus::kDisabled && !full;
  const LinkToken token = NewLinkToken(services.entropy);
  store::Link link = NewLink(services, tenant, LinkPurpose::kVerifyEmail, email, token);
  if (due) {
    link.user_id = user->id;
    if (newest && newest->email == email) {
      link.password_hash = newest->password_hash;
      link.first_name = newest->first_name;
      link.last_name = newest->last_name;
      link.phone = newest->phone;
    } else if (user->status == UserStatus::kPending) {
      // The last link was purged; the account keeps its newest registration.
      TakeRegistration(link, *user);
    }
  }
  GH_TRY(store::MarkLinksUsed(ex, tenant.row.id, due ? user_id : UserId{},
                              LinkPurpose::kVerifyEmail, now));
  GH_TRY(store::InsertLink(ex, link));
  // A registration through a provider stays one.
  GH_ASSIGN(const auto account, store::FindOAuthRegistration(ex, newest ? newest->id : LinkId{}));
  if (due && account && newest->email == email) {
    GH_TRY(store::InsertOAuthRegistration(ex, link.id, *account));
  }
  if (!due) return NotifyNobody(services, ex, tenant, MailKind::kVerifyEmail, email);
  return SendVerification(services, ex, tenant, link, token.text);
}

// Committed in every case: a wrong password is on record.
Result<std::optional<Error>> RequestIn(Services& services, db::Executor& ex, const Caller& caller,
                                       const Principal& who, const std::string& new_email,
                                       std::string_view password) {
  GH_ASSIGN(const auto tenant, LoadTenantContext(ex, who.tenant_id));
  // Not the new address's lock: its owner's sign-ins would wait for this.
  GH_ASSIGN(auto proven, Reauthenticate(services, ex, caller, tenant, who, {password}));
  if (proven.refused) return std::move(proven.refused);
  const store::User& user = *proven.user;
  GH_ASSIGN(const bool full, RecipientIsFull(services, ex, tenant, new_email));
  GH_ASSIGN(const auto owner, store::FindUserByEmail(ex, who.tenant_id, new_email));
  const TimePoint now = services.clock.Now();
  GH_TRY(store::MarkLinksUsed(ex, who.tenant_id, user.id, LinkPurpose::kChangeEmail, now));
  const LinkToken token = NewLinkToken(services.entropy);
  store::Link link = NewLink(services, tenant, LinkPurpose::kChangeEmail, new_email, token);
  if (!owner) link.user_id = user.id;
  link.first_name = user.first_name;
  link.last_name = user.last_name;
  GH_TRY(store::InsertLink(ex, link));
  json::Writer after;
  after.BeginObject().Member("new_email", new_email).EndObject();
  GH_TRY(Audit(services, ex, caller,
               {event::kUserUpdated, who.tenant_id, user.id, "user", user.id.ToString(),
                std::nullopt, after.Take()}));
  GH_TRY(Notify(services, ex, tenant, MailKind::kEmailChanged, {user.email, user.DisplayName()},
                {{"new_email", new_email}}));
  if (full || owner) {
    GH_TRY(NotifyNobody(services, ex, tenant, MailKind::kVerifyEmail, new_email));
  } else {
    GH_TRY(SendVerification(services, ex, tenant, link, token.text));
  }
  return std::optional<Error>();
}

}  // namespace

Status ResendVerification(Services& services, const Caller& caller, std::string_view tenant_slug,
                          std::string_view email) {
  GH_ASSIGN(const TenantContext tenant, NamedTenant(services, caller, tenant_slug));
  const std::string canonical = CanonicalEmail(email);
  return services.db.Transact<void>(
      caller.deadline, [&](db::Executor& ex) { return ResendIn(services, ex, tenant, canonical); });
}

Status RequestEmailChange(Services& services, const Caller& caller, const Principal& who,
                          std::string_view new_email, std::string_view password) {
  const std::string canonical = CanonicalEmail(new_email);
  if (canonical == who.identity->email) {
    return Error{ErrorCode::kValidationFailed,
                 "new_email",
                 {{"/new_email", "not_allowed", "That is the present address.",
                   "Please enter another e-mail address than your present one."}},
                 0};
  }
  GH_ASSIGN(auto refused,
            services.db.Transact<std::optional<Error>>(caller.deadline, [&](db::Executor& ex) {
              return RequestIn(services, ex, caller, who, canonical, password);
            }));
  if (refused) return std::move(*refused);
  return {};
}

}  // namespace gatehouse::auth
