// An OAuth provider as somebody configured it (SPEC O1; API.md "Tenant settings"): in the
// configuration file for every tenant, or in a tenant's settings for that one. The client secret is
// not here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gatehouse {

enum class OAuthType { kOidc, kOAuth2 };
std::string_view ToString(OAuthType type);  // "oidc", "oauth2"

struct OAuthProvider {
  std::string id;    // [a-z0-9][a-z0-9-]{0,31}; part of the redirect URI
  std::string name;  // for people
  OAuthType type = OAuthType::kOidc;
  std::string issuer;                                                     // oidc
  std::string authorization_endpoint, token_endpoint, userinfo_endpoint;  // oauth2
  std::string client_id;
  std::vector<std::string> scopes;

  // Where the client secret is sent, for what is sealed must not go anywhere else.
  std::string SecretAudience() const;

  bool operator==(const OAuthProvider&) const = default;
};

bool IsProviderId(std::string_view text);

struct ProviderProblem {
  std::string field;  // "issuer"
  std::string what;   // for developers
};
// What is wrong with one, besides that another has its id. `loopback_http`: http:// URLs of this
// machine are fine.
std::vector<ProviderProblem> ProblemsOf(const OAuthProvider& provider, bool loopback_http);

}  // namespace gatehouse
