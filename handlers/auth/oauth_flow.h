// The way to a provider and back (SPEC O1). A state has 256 random bits and is kept hashed; it is
// good once, for ten minutes, for one provider, and in the browser that began: that holds a secret
// of its own in a cookie, whose hash stands beside the state's. Nonce and PKCE verifier are derived
// from both, so that whoever reads the database, or the URLs, has neither.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "handlers/auth/principal.h"
#include "handlers/auth/provider_directory.h"
#include "handlers/auth/tenant.h"
#include "sql/store/oauth.h"

namespace gatehouse::auth {

inline constexpr Seconds kOAuthStateLife{600};

// A provider that a tenant offers.
struct OfferedProvider {
  OAuthProvider provider;
  bool of_installation = false;  // else of the tenant's own
};
// The tenant's own, then those of the configuration whose ids it does not use itself.
std::vector<OfferedProvider> ProvidersOf(const Services& services, const TenantSettings& settings);
std::optional<OfferedProvider> FindProvider(const Services& services,
                                            const TenantSettings& settings, std::string_view id);
// "" where there is none: a public client.
Result<Secret> SecretOf(Services& services, db::Executor& ex, TenantId tenant,
                        const OfferedProvider& offered);
// Whose accounts these are, and under which identities are kept, so that another server under the
// same id brings nobody in: SHA-256 over the issuer, or over all endpoints of a plain OAuth 2
// provider, for each of them could bring somebody else's word.
std::string AuthorityHash(const OAuthProvider& provider);
// {base_url}/auth/oauth/{provider}/callback
std::string RedirectUri(const Services& services, const OAuthProvider& provider);

// What goes through the browser, and what is made of it.
struct FlowSecrets {
  std::string state;    // in the URL
  std::string browser;  // in the cookie
};
std::string NonceOf(const FlowSecrets& secrets);
std::string VerifierOf(const FlowSecrets& secrets);   // RFC 7636
std::string ChallengeOf(const FlowSecrets& secrets);  // S256

// Is it what a cookie or a state may be?
bool IsFlowSecret(std::string_view text);

struct FlowStart {
  std::string authorize_url;
  std::string browser;  // the cookie's value from now on
};
// `browser`: what the browser's cookie says, so that sign-ins in two tabs do not end each other.
// `who`: a signed-in person who links an account. kNotFound where the tenant has no such provider;
// kValidationFailed for a `return_to` that leads elsewhere; kUnavailable where the provider cannot
// be found.
Result<FlowStart> StartFlow(Services& services, const Caller& caller, const TenantContext& tenant,
                            std::string_view provider, std::string_view return_to,
                            std::string_view browser, const Principal* who);

// Uses a state up. nullopt where it is unknown, used, or its ten minutes are over.
Result<std::optional<store::OAuthState>> TakeState(Services& services, const Caller& caller,
                                                   std::string_view state);

}  // namespace gatehouse::auth
