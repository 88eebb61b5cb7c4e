#include "handlers/auth/oauth_identity.h"

#include <algorithm>

#include "fcgi/lib/json.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/session.h"
#include "sql/store/challenges.h"

namespace gatehouse::auth {
namespace {

std::string IdentityJson(const store::OAuthAccount& account,
                         const std::optional<std::string>& email) {
  json::Writer out;
  out.BeginObject().Member("provider", account.provider).Member("subject", account.subject);
  return out.Member("email", email).EndObject().Take();
}

// Would this account let somebody who holds this in, by a provider that the tenant offers today?
bool SignsIn(const Services& services, const TenantSettings& settings, const store::Grants& grants,
             const store::OAuthAccount& account) {
  const auto offered = ProvidersOf(services, settings);
  return std::any_of(offered.begin(), offered.end(), [&](const OfferedProvider& o) {
    return AuthorityHash(o.provider) == account.authority &&
           !ExceedsFirstFactor(kFederated, o.of_installation, grants);
  });
}

}  // namespace

Status LinkAccount(Services& services, db::Executor& ex, const Caller& caller,
                   const store::OAuthAccount& account, const std::optional<std::string>& email,
                   const store::User& user, bool by_link) {
  const TimePoint now = services.clock.Now();
  GH_TRY(store::InsertIdentity(ex, {IdentityId::New(now, services.entropy), user.tenant_id, user.id,
                                    account, email, std::nullopt, now, by_link}));
  return Audit(services, ex, caller,
               {event::kOAuthLinked, user.tenant_id, user.id, "user", user.id.ToString(),
                std::nullopt, IdentityJson(account, email)});
}

Result<std::vector<LinkedAccount>> LinkedAccounts(Services& services, const Caller& caller,
                                                  const Principal& who) {
  const auto ex = services.db.Auto(caller.deadline);
  GH_ASSIGN(auto identities, store::IdentitiesOf(*ex, who.tenant_id, who.user_id));
  GH_ASSIGN(const auto tenant, LoadTenantContext(*ex, who.tenant_id));
  std::vector<LinkedAccount> out;
  for (auto& identity : identities) {
    const auto offered = FindProvider(services, tenant.settings, identity.account.provider);
    std::string name = offered ? offered->provider.name : identity.account.provider;
    out.push_back({std::move(identity), std::move(name)});
  }
  return out;
}

Status Unlink(Services& services, const Caller& caller, const Principal& who,
              std::string_view provider) {
  return services.db.Transact<void>(caller.deadline, [&](db::Executor& ex) -> Status {
    GH_ASSIGN(const auto tenant, LoadTenantContext(ex, who.tenant_id));
    GH_ASSIGN(const auto user, store::LockUser(ex, who.tenant_id, who.user_id));
    if (!user) return MakeError(ErrorCode::kInvalidToken, "user deleted meanwhile");
    GH_ASSIGN(const auto identities, store::IdentitiesOf(ex, who.tenant_id, who.user_id));
    GH_ASSIGN(const auto grants, store::GrantsOf(ex, who.tenant_id, who.user_id));
    const store::Identity* found = nullptr;
    bool another = user->password_hash.has_value();
    for (const auto& identity : identities) {
      if (identity.account.provider == provider) {
        found = &identity;
      } else {
        another = another || SignsIn(services, tenant.settings, grants, identity.account);
      }
    }
    if (found == nullptr) return MakeError(ErrorCode::kNotFound, "no account of this provider");
    if (!another) return MakeError(ErrorCode::kLastSignInMethod);
    GH_TRY(store::DeleteIdentity(ex, who.tenant_id, found->id));
    // A sign-in through it that waits for its second factor is over, too.
    GH_TRY(store::TrimChallenges(ex, who.tenant_id, who.user_id, 0));
    return Audit(
        services, ex, caller,
        ByActor({who, who.tenant_id}, event::kOAuthUnlinked, "user", who.user_id.ToString(),
                IdentityJson(found->account, found->email), std::nullopt));
  });
}

}  // namespace gatehouse::auth
