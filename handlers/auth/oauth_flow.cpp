#include "handlers/auth/oauth_flow.h"

#include <algorithm>

#include "fcgi/base/codec.h"
#include "fcgi/base/url.h"
#include "fcgi/lib/crypto.h"
#include "handlers/auth/link_token.h"
#include "handlers/auth/provider_setting.h"

namespace gatehouse::auth {
namespace {

std::string Derive(const FlowSecrets& secrets, std::string_view what) {
  const crypto::HmacSha256 mac(secrets.browser);
  return Base64UrlEncode(crypto::AsView(mac.Mac(crypto::LengthPrefixed({what, secrets.state}))));
}

// Each once; OpenID Connect is asked for by name.
std::string ScopesOf(const OAuthProvider& provider) {
  std::vector<std::string> scopes = provider.scopes;
  if (provider.type == OAuthType::kOidc) {
    if (scopes.empty()) scopes = {"openid", "email", "profile"};
    if (std::find(scopes.begin(), scopes.end(), "openid") == scopes.end()) {
      scopes.insert(scopes.begin(), "openid");
    }
  }
  std::string out;
  for (const auto& scope : scopes) out += (out.empty() ? "" : " ") + scope;
  return out;
}

std::string AuthorizeUrl(const Services& services, const OAuthProvider& provider,
                         const ProviderEndpoints& endpoints, const FlowSecrets& secrets) {
  UrlParameters parameters = {{"response_type", "code"},
                              {"client_id", provider.client_id},
                              {"redirect_uri", RedirectUri(services, provider)},
                              {"state", secrets.state},
                              {"code_challenge", ChallengeOf(secrets)},
                              {"code_challenge_method", "S256"}};
  if (const auto scopes = ScopesOf(provider); !scopes.empty()) {
    parameters.emplace_back("scope", scopes);
  }
  if (provider.type == OAuthType::kOidc) parameters.emplace_back("nonce", NonceOf(secrets));
  return WithQuery(endpoints.authorization, parameters);
}

}  // namespace

std::vector<OfferedProvider> ProvidersOf(const Services& services, const TenantSettings& settings) {
  std::vector<OfferedProvider> out;
  for (const auto& provider : settings.oauth_providers) out.push_back({provider, false});
  for (const auto& configured : services.config.oauth_providers) {
    const auto& id = configured.provider.id;
    const bool own = std::any_of(out.begin(), out.end(),
                                 [&](const auto& offered) { return offered.provider.id == id; });
    if (!own) out.push_back({configured.provider, true});
  }
  return out;
}

std::optional<OfferedProvider> FindProvider(const Services& services,
                                            const TenantSettings& settings, std::string_view id) {
  for (auto& offered : ProvidersOf(services, settings)) {
    if (offered.provider.id == id) return std::optional(std::move(offered));
  }
  return std::nullopt;
}

Result<Secret> SecretOf(Services& services, db::Executor& ex, TenantId tenant,
                        const OfferedProvider& offered) {
  if (offered.of_installation) return services.providers->InstallationSecret(offered.provider.id);
  return ClientSecretOf(services, ex, tenant, offered.provider.id);
}

std::string AuthorityHash(const OAuthProvider& provider) {
  return std::string(crypto::AsView(crypto::Sha256(crypto::LengthPrefixed(
      {ToString(provider.type), provider.issuer, provider.authorization_endpoint,
       provider.token_endpoint, provider.userinfo_endpoint}))));
}

std::string RedirectUri(const Services& services, const OAuthProvider& provider) {
  return services.config.base_url + "/auth/oauth/" + provider.id + "/callback";
}

std::string NonceOf(const FlowSecrets& secrets) { return Derive(secrets, "nonce"); }

std::string VerifierOf(const FlowSecrets& secrets) { return Derive(secrets, "pkce"); }

std::string ChallengeOf(const FlowSecrets& secrets) {
  return Base64UrlEncode(crypto::AsView(crypto::Sha256(VerifierOf(secrets))));
}

bool IsFlowSecret(std::string_view text) { return !LinkTokenHash(text).empty(); }

Result<FlowStart> StartFlow(Services& services, const Caller& caller, const TenantContext& tenant,
                            std::string_view provider, std::string_view return_to,
                            std::string_view browser, const Principal* who) {
  const auto offered = FindProvider(services, tenant.settings, provider);
  if (!offered || services.providers == nullptr) {
    return MakeError(ErrorCode::kNotFound, "no such provider");
  }
  if (!IsReturnTarget(return_to, services.config.base_url, services.config.oauth_return_origins)) {
    return Error{ErrorCode::kValidationFailed,
                 "return_to",
                 {{"?return_to", "not_allowed",
                   "It must be a path of this site or a URL of an origin on the allowlist.",
                   "This link does not lead anywhere that we know."}},
                 0};
  }
  const Deadline outside = caller.deadline.Within(kOutboundBudget);
  const auto slot = services.providers->TakeSlot(outside);
  if (!slot) return MakeError(ErrorCode::kUnavailable, "oauth: all that may wait are waiting");
  GH_ASSIGN(const auto endpoints, services.providers->EndpointsOf(offered->provider, outside));

  const LinkToken state = NewLinkToken(services.entropy);
  const FlowSecrets secrets{state.text, IsFlowSecret(browser)
                                            ? std::string(browser)
                                            : NewLinkToken(services.entropy).text};
  store::OAuthState row;
  row.state_hash = state.hash;
  row.browser_hash = LinkTokenHash(secrets.browser);
  row.tenant_id = tenant.row.id;
  row.provider = offered->provider.id;
  row.authority = AuthorityHash(offered->provider);
  row.return_to = return_to;
  if (who != nullptr) {
    row.user_id = who->user_id;
    row.session_id = who->session_id;
  }
  row.created_at = services.clock.Now();
  row.expires_at = row.created_at + kOAuthStateLife;
  GH_TRY(store::InsertOAuthState(*services.db.Auto(caller.deadline), row));
  return FlowStart{AuthorizeUrl(services, offered->provider, endpoints, secrets), secrets.browser};
}

Result<std::optional<store::OAuthState>> TakeState(Services& services, const Caller& caller,
                                                   std::string_view state) {
  const std::string hash = LinkTokenHash(state);
  if (hash.empty()) return std::optional<store::OAuthState>();
  GH_ASSIGN(auto found, services.db.Transact<std::optional<store::OAuthState>>(
                            caller.deadline,
                            [&](db::Executor& ex) { return store::TakeOAuthState(ex, hash); }));
  if (found && services.clock.Now() >= found->expires_at) found.reset();
  return found;
}

}  // namespace gatehouse::auth
