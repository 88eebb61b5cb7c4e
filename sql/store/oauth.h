// OAuth sign-in (SPEC O): ways to providers that have not come back yet, accounts at providers, and
// what tenants keep of providers. Hashes are SHA-256, 32 bytes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::store {

struct OAuthState {
  std::string state_hash, browser_hash;
  TenantId tenant_id;
  std::string provider;
  std::string authority;  // hash
  std::string return_to;
  std::optional<UserId> user_id;  // who links an account
  std::optional<SessionId> session_id;
  TimePoint created_at, expires_at;
};
Status InsertOAuthState(db::Executor& ex, const OAuthState& state);
// In a transaction: reads it and removes it, so that nobody comes twice. By the state alone, which
// says of which tenant it is.
Result<std::optional<OAuthState>> TakeOAuthState(db::Executor& ex, std::string_view state_hash);

// An authorization code has come back for a provider of a tenant. False where it came for another
// one before: somebody who is not its owner has it.
Result<bool> ClaimOAuthCode(db::Executor& ex, std::string_view code_hash, TenantId tenant,
                            std::string_view authority, TimePoint expires_at);

// An account at a provider, however it is attached.
struct OAuthAccount {
  std::string provider;
  std::string authority;  // hash
  std::string subject;
};

struct Identity {
  IdentityId id;
  TenantId tenant_id;
  UserId user_id;
  OAuthAccount account;
  std::optional<std::string> email;
  std::optional<TimePoint> last_used_at;
  TimePoint created_at;
  bool by_link = false;  // a mailed link attached it: its provider did not vouch for the address
};
Result<std::optional<Identity>> FindIdentity(db::Executor& ex, TenantId tenant,
                                             std::string_view authority, std::string_view subject);
// Oldest first.
Result<std::vector<Identity>> IdentitiesOf(db::Executor& ex, TenantId tenant, UserId user);
// kAlreadyExists: "oauth_identities_subject" where the account is somebody's, else
// "oauth_identities_user" where the person has one of this provider. Created by the person.
Status InsertIdentity(db::Executor& ex, const Identity& identity);
Status TouchIdentity(db::Executor& ex, TenantId tenant, IdentityId id,
                     const std::optional<std::string>& email, TimePoint now);
Status DeleteIdentity(db::Executor& ex, TenantId tenant, IdentityId id);
// Those that a mailed link attached.
Status DeleteIdentitiesByLink(db::Executor& ex, TenantId tenant, UserId user);

// The account that a registration's link will attach.
Status InsertOAuthRegistration(db::Executor& ex, LinkId link, const OAuthAccount& account);
Result<std::optional<OAuthAccount>> FindOAuthRegistration(db::Executor& ex, LinkId link);

// A sealed client secret (handlers/auth/sealed.h).
struct OAuthSecret {
  std::string provider;
  std::string box, kid;
};
Result<std::vector<OAuthSecret>> OAuthSecretsOf(db::Executor& ex, TenantId tenant);
Result<std::optional<OAuthSecret>> FindOAuthSecret(db::Executor& ex, TenantId tenant,
                                                   std::string_view provider);
Status PutOAuthSecret(db::Executor& ex, TenantId tenant, const OAuthSecret& secret, TimePoint now);
Status DeleteOAuthSecret(db::Executor& ex, TenantId tenant, std::string_view provider);
// Of whatever tenant, under other keys than `kid`; by tenant and provider, those after a place.
struct OwnedOAuthSecret {
  TenantId tenant;
  OAuthSecret secret;
};
Result<std::vector<OwnedOAuthSecret>> OAuthSecretsNotUnder(db::Executor& ex, std::string_view kid,
                                                           TenantId after_tenant,
                                                           std::string_view after_provider,
                                                           int limit);
// Only where it is still `old`.
Status ResealOAuthSecret(db::Executor& ex, TenantId tenant, const OAuthSecret& old,
                         std::string_view box, std::string_view kid);
Result<bool> AnyOAuthSecretUnder(db::Executor& ex, std::string_view kid);

}  // namespace gatehouse::store
