#include "handlers/auth/registration.h"

#include <algorithm>

#include "fcgi/lib/json.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/identifier.h"
#include "handlers/auth/link_token.h"
#include "handlers/auth/notify.h"
#include "handlers/auth/password_policy.h"
#include "handlers/auth/verification.h"
#include "sql/store/links.h"
#include "sql/store/users.h"

namespace gatehouse::auth {
namespace {

store::Link LinkOf(Services& services, const TenantContext& tenant, const Registration& draft,
                   const std::string& token_hash) {
  const TimePoint now = services.clock.Now();
  store::Link link;
  link.id = LinkId::New(now, services.entropy);
  link.tenant_id = tenant.row.id;
  link.purpose = store::LinkPurpose::kVerifyEmail;
  link.token_hash = token_hash;
  link.email = draft.email;
  link.password_hash = draft.password_hash;
  link.first_name = draft.first_name;
  link.last_name = draft.last_name;
  link.phone = draft.phone;
  link.created_at = now;
  link.expires_at = now + tenant.settings.verify_email_ttl;
  return link;
}

// The pending account of this registration, made or updated; nullopt where the address is taken.
Result<std::optional<UserId>> PendingUser(Services& services, db::Executor& ex,
                                          const Caller& caller, const TenantContext& tenant,
                                          const Registration& draft) {
  const TimePoint now = services.clock.Now();
  GH_ASSIGN(const auto existing, store::LockUserByEmail(ex, tenant.row.id, draft.email));
  if (existing && existing->status != store::UserStatus::kPending) {
    // Changes nothing (the row is not pending): what a free address costs, a taken one costs too.
    const auto nothing = store::UpdatePending(ex, tenant.row.id, existing->id, std::nullopt,
                                              std::nullopt, std::nullopt, std::nullopt, now);
    if (!nothing.ok() && nothing.error().code != ErrorCode::kNotFound) return nothing.error();
    return std::optional<UserId>();
  }
  UserId id = existing ? existing->id : UserId::New(now, services.entropy);
  if (existing) {
    GH_TRY(store::UpdatePending(ex, tenant.row.id, id, draft.password_hash, draft.first_name,
                                draft.last_name, draft.phone, now));
  } else {
    store::User user;
    user.id = id;
    user.tenant_id = tenant.row.id;
    user.email = draft.email;
    user.password_hash = draft.password_hash;
    user.first_name = draft.first_name;
    user.last_name = draft.last_name;
    user.phone = draft.phone;
    user.created_at = user.updated_at = now;
    GH_TRY(store::InsertUser(ex, user));
  }
  json::Writer after;
  after.BeginObject().Member("email", draft.email).EndObject();
  GH_TRY(Audit(services, ex, caller,
               {event::kUserRegistered, tenant.row.id, std::nullopt, "user", id.ToString(),
                std::nullopt, after.Take()}));
  return std::optional(id);
}

}  // namespace

Status CheckRegistrationPolicy(const TenantContext& tenant, std::string_view email) {
  if (tenant.row.suspended) return MakeError(ErrorCode::kTenantSuspended);
  if (tenant.settings.registration == "closed") return MakeError(ErrorCode::kRegistrationClosed);
  if (tenant.settings.registration == "domain") {
    const auto domain = email.substr(email.find('@') + 1);
    const auto& allowed = tenant.settings.registration_domains;
    if (std::find(allowed.begin(), allowed.end(), domain) == allowed.end()) {
      return MakeError(ErrorCode::kRegistrationDomainNotAllowed);
    }
  }
  return {};
}

Status RegisterIn(Services& services, db::Executor& ex, const Caller& caller,
                  const TenantContext& tenant, const Registration& draft) {
  GH_TRY(LockAddress(services, ex, tenant, draft.email));
  // Before the address is looked for: a full tenant says the same of every address.
  GH_TRY(CheckUserLimit(ex, tenant.row.id));
  GH_ASSIGN(const bool full, RecipientIsFull(services, ex, tenant, draft.email));
  GH_ASSIGN(const auto user, PendingUser(services, ex, caller, tenant, draft));
  const LinkToken token = NewLinkToken(services.entropy);
  store::Link link = LinkOf(services, tenant, draft, token.hash);
  link.user_id = user;
  if (!user) link.password_hash.reset();
  GH_TRY(store::InsertLink(ex, link));
  // Also where the link attaches nothing: it has no user then.
  if (draft.account) GH_TRY(store::InsertOAuthRegistration(ex, link.id, *draft.account));
  if (full) return NotifyNobody(services, ex, tenant, MailKind::kVerifyEmail, draft.email);
  if (user) return SendVerification(services, ex, tenant, link, token.text);
  return Notify(services, ex, tenant, MailKind::kAlreadyRegistered, {draft.email, {}},
                {{"sign_in_link", PageOf(services, tenant, "sign-in")},
                 {"reset_link", PageOf(services, tenant, "forgot")}});
}

Status Register(Services& services, const Caller& caller, const RegistrationRequest& request) {
  GH_ASSIGN(const TenantContext tenant, NamedTenant(services, caller, request.tenant));
  const std::string email = CanonicalEmail(request.email);
  GH_TRY(CheckRegistrationPolicy(tenant, email));
  PasswordContext context{email,
                          tenant.row.name,
                          tenant.row.slug,
                          {},
                          tenant.settings.password_min_length,
                          services.hash_policy.algorithm};
  for (const auto* name : {&request.first_name, &request.last_name}) {
    if (*name) context.names.push_back(**name);
  }
  GH_TRY(CheckPassword(request.password, context, "/password"));
  GH_ASSIGN(auto hash, HashPassword(request.password, services.hash_policy, services.entropy));
  const Registration draft{
      email, std::move(hash), std::nullopt, request.first_name, request.last_name, request.phone};
  const auto attempt = [&] {
    return services.db.Transact<void>(caller.deadline, [&](db::Executor& ex) {
      return RegisterIn(services, ex, caller, tenant, draft);
    });
  };
  auto status = attempt();
  // Two registrations of a new address at once: the second finds the first's row now.
  if (!status.ok() && db::IsDuplicate(status.error(), "users_email")) status = attempt();
  return status;
}

}  // namespace gatehouse::auth
