#include "sql/store/oauth.h"

#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

const db::Sql kInsertState{"oauth.insert_state",
                           "INSERT INTO oauth_states (state_hash, browser_hash, tenant_id,"
                           " provider, authority, return_to, user_id, session_id, created_at,"
                           " expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
const db::Sql kLockState{"oauth.lock_state",
                         "SELECT state_hash, browser_hash, tenant_id, provider, authority,"
                         " return_to, user_id, session_id, created_at, expires_at"
                         " FROM oauth_states WHERE state_hash = ? FOR UPDATE"};
const db::Sql kDeleteState{"oauth.delete_state", "DELETE FROM oauth_states WHERE state_hash = ?"};

const db::Sql kInsertCode{
    "oauth.insert_code",
    "INSERT IGNORE INTO oauth_codes (code_hash, tenant_id, authority, expires_at)"
    " VALUES (?, ?, ?, ?)"};
const db::Sql kFindCode{"oauth.find_code",
                        "SELECT 1 FROM oauth_codes"
                        " WHERE code_hash = ? AND tenant_id = ? AND authority = ?"};

#define GH_IDENTITY_COLUMNS                                                                \
  "id, tenant_id, user_id, provider, authority, subject, email, last_used_at, created_at," \
  " by_link"
const db::Sql kFindIdentity{"oauth.find_identity",
                            "SELECT " GH_IDENTITY_COLUMNS
                            " FROM oauth_identities"
                            " WHERE tenant_id = ? AND authority = ? AND subject = ?"};
const db::Sql kIdentitiesOf{"oauth.identities_of",
                            "SELECT " GH_IDENTITY_COLUMNS
                            " FROM oauth_identities WHERE user_id = ? AND tenant_id = ?"
                            " ORDER BY created_at, id"};
const db::Sql kInsertIdentity{"oauth.insert_identity",
                              "INSERT INTO oauth_identities (" GH_IDENTITY_COLUMNS
                              ", created_by, updated_at, updated_by)"
                              " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};
#undef GH_IDENTITY_COLUMNS
const db::Sql kTouchIdentity{"oauth.touch_identity",
                             "UPDATE oauth_identities SET email = ?, last_used_at = ?"
                             " WHERE id = ? AND tenant_id = ?"};
const db::Sql kDeleteIdentity{"oauth.delete_identity",
                              "DELETE FROM oauth_identities WHERE id = ? AND tenant_id = ?"};

const db::Sql kDeleteIdentitiesByLink{
    "oauth.delete_identities_by_link",
    "DELETE FROM oauth_identities WHERE user_id = ? AND tenant_id = ? AND by_link"};

const db::Sql kInsertRegistration{"oauth.insert_registration",
                                  "INSERT INTO oauth_registrations"
                                  " (link_id, provider, authority, subject) VALUES (?, ?, ?, ?)"};
const db::Sql kFindRegistration{"oauth.find_registration",
                                "SELECT provider, authority, subject FROM oauth_registrations"
                                " WHERE link_id = ?"};

const db::Sql kSecretsOf{"oauth.secrets_of",
                         "SELECT provider, secret, kid FROM oauth_secrets WHERE tenant_id = ?"
                         " ORDER BY provider"};
const db::Sql kFindSecret{"oauth.find_secret",
                          "SELECT provider, secret, kid FROM oauth_secrets"
                          " WHERE tenant_id = ? AND provider = ?"};
const db::Sql kPutSecret{"oauth.put_secret",
                         "INSERT INTO oauth_secrets (tenant_id, provider, secret, kid, updated_at)"
                         " VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE"
                         " secret = VALUES(secret), kid = VALUES(kid),"
                         " updated_at = VALUES(updated_at)"};
const db::Sql kDeleteSecret{"oauth.delete_secret",
                            "DELETE FROM oauth_secrets WHERE tenant_id = ? AND provider = ?"};

const db::Sql kSecretsNotUnder{"oauth.secrets_not_under",
                               "SELECT provider, secret, kid, tenant_id FROM oauth_secrets"
                               " WHERE kid <> ? AND (tenant_id, provider) > (?, ?)"
                               " ORDER BY tenant_id, provider LIMIT ?"};
const db::Sql kResealSecret{"oauth.reseal_secret",
                            "UPDATE oauth_secrets SET secret = ?, kid = ?"
                            " WHERE tenant_id = ? AND provider = ? AND secret = ?"};
const db::Sql kAnySecretUnder{"oauth.any_secret_under",
                              "SELECT 1 FROM oauth_secrets WHERE kid = ? LIMIT 1"};

OAuthState ReadState(const db::Row& row) {
  return {row.Text(0), row.Text(1), row.As<TenantId>(2),       row.Text(3),
          row.Text(4), row.Text(5), row.OptionalAs<UserId>(6), row.OptionalAs<SessionId>(7),
          row.Time(8), row.Time(9)};
}

Identity ReadIdentity(const db::Row& row) {
  return {row.As<IdentityId>(0), row.As<TenantId>(1),
          row.As<UserId>(2),     {row.Text(3), row.Text(4), row.Text(5)},
          row.OptionalText(6),   row.OptionalTime(7),
          row.Time(8),           row.Bool(9)};
}

OAuthSecret ReadSecret(const db::Row& row) { return {row.Text(0), row.Text(1), row.Text(2)}; }

}  // namespace

Status InsertOAuthState(db::Executor& ex, const OAuthState& s) {
  return Done(
      ex.Execute(kInsertState, {s.state_hash, s.browser_hash, s.tenant_id, s.provider, s.authority,
                                s.return_to, s.user_id, s.session_id, s.created_at, s.expires_at}));
}

Result<std::optional<OAuthState>> TakeOAuthState(db::Executor& ex, std::string_view state_hash) {
  GH_ASSIGN(auto found, Map(ex.QueryOne(kLockState, {state_hash}), ReadState));
  if (found) GH_TRY(ex.Execute(kDeleteState, {state_hash}));
  return found;
}

Result<std::optional<Identity>> FindIdentity(db::Executor& ex, TenantId tenant,
                                             std::string_view authority, std::string_view subject) {
  return Map(ex.QueryOne(kFindIdentity, {tenant, authority, subject}), ReadIdentity);
}

Result<std::vector<Identity>> IdentitiesOf(db::Executor& ex, TenantId tenant, UserId user) {
  return Map(ex.Query(kIdentitiesOf, {user, tenant}), ReadIdentity);
}

Status InsertIdentity(db::Executor& ex, const Identity& i) {
  return Done(ex.Execute(
      kInsertIdentity,
      {i.id, i.tenant_id, i.user_id, i.account.provider, i.account.authority, i.account.subject,
       i.email, i.last_used_at, i.created_at, i.by_link, i.user_id, i.created_at, i.user_id}));
}

Status TouchIdentity(db::Executor& ex, TenantId tenant, IdentityId id,
                     const std::optional<std::string>& email, TimePoint now) {
  return OneRow(kTouchIdentity, ex.Execute(kTouchIdentity, {email, now, id, tenant}));
}

Status DeleteIdentity(db::Executor& ex, TenantId tenant, IdentityId id) {
  return OneRow(kDeleteIdentity, ex.Execute(kDeleteIdentity, {id, tenant}));
}

Status DeleteIdentitiesByLink(db::Executor& ex, TenantId tenant, UserId user) {
  return Done(ex.Execute(kDeleteIdentitiesByLink, {user, tenant}));
}

Result<bool> ClaimOAuthCode(db::Executor& ex, std::string_view code_hash, TenantId tenant,
                            std::string_view authority, TimePoint expires_at) {
  GH_ASSIGN(const bool first,
            Any(ex.Execute(kInsertCode, {code_hash, tenant, authority, expires_at})));
  if (first) return true;
  GH_ASSIGN(const auto same, ex.QueryOne(kFindCode, {code_hash, tenant, authority}));
  return same.has_value();
}

Status InsertOAuthRegistration(db::Executor& ex, LinkId link, const OAuthAccount& account) {
  return Done(ex.Execute(kInsertRegistration,
                         {link, account.provider, account.authority, account.subject}));
}

Result<std::optional<OAuthAccount>> FindOAuthRegistration(db::Executor& ex, LinkId link) {
  return Map(ex.QueryOne(kFindRegistration, {link}), [](const db::Row& row) {
    return OAuthAccount{row.Text(0), row.Text(1), row.Text(2)};
  });
}

Result<std::vector<OAuthSecret>> OAuthSecretsOf(db::Executor& ex, TenantId tenant) {
  return Map(ex.Query(kSecretsOf, {tenant}), ReadSecret);
}

Result<std::optional<OAuthSecret>> FindOAuthSecret(db::Executor& ex, TenantId tenant,
                                                   std::string_view provider) {
  return Map(ex.QueryOne(kFindSecret, {tenant, provider}), ReadSecret);
}

Status PutOAuthSecret(db::Executor& ex, TenantId tenant, const OAuthSecret& secret, TimePoint now) {
  return Done(ex.Execute(kPutSecret, {tenant, secret.provider, secret.box, secret.kid, now}));
}

Status DeleteOAuthSecret(db::Executor& ex, TenantId tenant, std::string_view provider) {
  return Done(ex.Execute(kDeleteSecret, {tenant, provider}));
}

Result<std::vector<OwnedOAuthSecret>> OAuthSecretsNotUnder(db::Executor& ex, std::string_view kid,
                                                           TenantId after_tenant,
                                                           std::string_view after_provider,
                                                           int limit) {
  return Map(ex.Query(kSecretsNotUnder, {kid, after_tenant, after_provider, limit}),
             [](const db::Row& row) {
               return OwnedOAuthSecret{row.As<TenantId>(3), ReadSecret(row)};
             });
}

Status ResealOAuthSecret(db::Executor& ex, TenantId tenant, const OAuthSecret& old,
                         std::string_view box, std::string_view kid) {
  return Done(ex.Execute(kResealSecret, {box, kid, tenant, old.provider, old.box}));
}

Result<bool> AnyOAuthSecretUnder(db::Executor& ex, std::string_view kid) {
  GH_ASSIGN(const auto row, ex.QueryOne(kAnySecretUnder, {kid}));
  return row.has_value();
}

}  // namespace gatehouse::store
