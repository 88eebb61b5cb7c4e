#include "fcgi/run/oauth_provider.h"

#include <algorithm>

#include "fcgi/base/url.h"

namespace gatehouse {
namespace {

constexpr std::size_t kMaxUrl = 500;
constexpr std::size_t kMaxName = 100;
constexpr std::size_t kMaxScopes = 20;

// RFC 6749 section 3.3, and what fits a form.
bool IsScope(std::string_view scope) {
  return !scope.empty() && scope.size() <= 200 &&
         std::all_of(scope.begin(), scope.end(),
                     [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\'; });
}

bool IsClientId(std::string_view id) {
  return !id.empty() && id.size() <= 255 &&
         std::all_of(id.begin(), id.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

void CheckEndpoint(std::string_view field, const std::string& url, bool wanted, bool loopback_http,
                   std::vector<ProviderProblem>& found) {
  if (!wanted) {
    if (!url.empty()) found.push_back({std::string(field), "does not belong to this type"});
    return;
  }
  if (url.empty()) {
    found.push_back({std::string(field), "is missing"});
    return;
  }
  const auto parsed = ParseUrl(url);
  if (!parsed || url.size() > kMaxUrl || !IsCallable(*parsed, loopback_http)) {
    found.push_back({std::string(field),
                     "must be an https:// URL in ASCII, without user name and "
                     "fragment, the host in lower case"});
  } else if (field == "issuer" && parsed->has_query) {
    found.push_back({std::string(field), "must not have a query"});
  }
}

}  // namespace

std::string_view ToString(OAuthType type) { return type == OAuthType::kOidc ? "oidc" : "oauth2"; }

std::string OAuthProvider::SecretAudience() const {
  return type == OAuthType::kOidc ? issuer : token_endpoint;
}

bool IsProviderId(std::string_view text) {
  return !text.empty() && text.size() <= 32 && text[0] != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
         });
}

std::vector<ProviderProblem> ProblemsOf(const OAuthProvider& p, bool loopback_http) {
  std::vector<ProviderProblem> found;
  if (!IsProviderId(p.id)) {
    found.push_back({"id", "must match [a-z0-9][a-z0-9-]{0,31}"});
  } else if (p.id == "providers") {
    found.push_back({"id", "is the name of a list"});
  }
  if (p.name.empty() || p.name.size() > 4 * kMaxName) found.push_back({"name", "is missing"});
  if (!IsClientId(p.client_id)) found.push_back({"client_id", "must be printable ASCII"});
  const bool oidc = p.type == OAuthType::kOidc;
  CheckEndpoint("issuer", p.issuer, oidc, loopback_http, found);
  CheckEndpoint("authorization_endpoint", p.authorization_endpoint, !oidc, loopback_http, found);
  CheckEndpoint("token_endpoint", p.token_endpoint, !oidc, loopback_http, found);
  CheckEndpoint("userinfo_endpoint", p.userinfo_endpoint, !oidc, loopback_http, found);
  if (p.scopes.size() > kMaxScopes || !std::all_of(p.scopes.begin(), p.scopes.end(), IsScope)) {
    found.push_back({"scopes", "must be scope names (RFC 6749 section 3.3)"});
  }
  return found;
}

}  // namespace gatehouse
