#include "handlers/auth/oauth_exchange.h"

#include <algorithm>

#include "fcgi/base/codec.h"
#include "fcgi/base/url.h"
#include "fcgi/lib/text.h"
#include "fcgi/run/log.h"

namespace gatehouse::auth {
namespace {

constexpr std::size_t kMaxCode = 4096;
constexpr std::size_t kMaxAccessToken = 16384;

FlowRefusal Refused(std::string reason) {
  return {ErrorCode::kInvalidCredentials, std::move(reason)};
}
// The server, not the person. What is wrong with it is for the log: it names hosts.
FlowRefusal Unreachable(const OAuthProvider& provider, const Error& error) {
  log::Warn("oauth.unreachable", {{"provider", provider.id}, {"reason", error.inner}});
  return {ErrorCode::kUnavailable, "oauth_unreachable"};
}

class Exchanger {
 public:
  Exchanger(Services& services, const OAuthProvider& provider, const FlowSecrets& secrets,
            Deadline deadline)
      : services_(services), provider_(provider), secrets_(secrets), deadline_(deadline) {}

  std::variant<FederatedPerson, FlowRefusal> Run(const Secret& client_secret,
                                                 const CodeAnswer& answer) {
    auto endpoints = services_.providers->EndpointsOf(provider_, deadline_);
    if (!endpoints.ok()) return Unreachable(provider_, endpoints.error());
    endpoints_ = std::move(*endpoints);
    const bool oidc = provider_.type == OAuthType::kOidc;
    // Mix-up: a code of another provider must not be shown to this one (RFC 9207 section 2.4).
    if (oidc && (answer.iss ? *answer.iss != provider_.issuer : endpoints_.names_itself)) {
      return Refused("oauth_issuer");
    }
    // A plain OAuth 2 provider has no issuer: somebody who names one is another.
    if (!oidc && answer.iss) return Refused("oauth_issuer");
    if (answer.code.empty() || answer.code.size() > kMaxCode) return Refused("oauth_code");
    if (auto refusal = Trade(client_secret, answer.code)) return std::move(*refusal);
    return oidc ? FromIdToken() : FromUserinfo();
  }

 private:
  using Outcome = std::variant<FederatedPerson, FlowRefusal>;

  // The code for tokens (RFC 6749 section 4.1.3, RFC 7636 section 4.5).
  std::optional<FlowRefusal> Trade(const Secret& client_secret, const std::string& code) {
    UrlParameters form = {{"grant_type", "authorization_code"},
                          {"code", code},
                          {"redirect_uri", RedirectUri(services_, provider_)},
                          {"code_verifier", VerifierOf(secrets_)}};
    HttpClient::Headers headers = {"Accept: application/json"};
    if (client_secret.empty() || endpoints_.secret_in_body) {
      form.emplace_back("client_id", provider_.client_id);
      if (!client_secret.empty()) form.emplace_back("client_secret", client_secret.Reveal());
    } else {
      // RFC 6749 section 2.3.1: encoded as in a form before they are joined.
      const std::string pair =
          QueryEncode(provider_.client_id) + ":" + QueryEncode(client_secret.Reveal());
      headers.push_back("Authorization: Basic " + Base64Encode(pair));
    }
    auto answer =
        services_.providers->http().Post(endpoints_.token, headers, FormEncode(form), deadline_);
    if (!answer.ok()) return Unreachable(provider_, answer.error());
    if (answer->status >= 500) {
      return Unreachable(provider_, MakeError(ErrorCode::kUnavailable,
                                              "token: " + std::to_string(answer->status)));
    }
    const auto document = json::Parse(answer->body);
    if (answer->status != 200 || !document) return Refused("oauth_code");
    const auto* access = document->Find("access_token");
    const auto* id = document->Find("id_token");
    if (access != nullptr && access->string() != nullptr) access_token_ = *access->string();
    if (id != nullptr && id->string() != nullptr) id_token_ = *id->string();
    // It goes into a header.
    const bool plain = std::all_of(access_token_.begin(), access_token_.end(),
                                   [](char c) { return c > ' ' && c < 0x7f; });
    if (!plain || access_token_.empty() || access_token_.size() > kMaxAccessToken) {
      return Refused("oauth_answer");
    }
    return std::nullopt;
  }

  std::variant<json::Value, TokenReject> Verify(const ProviderKeys& keys) const {
    return VerifyIdToken(id_token_, keys,
                         {provider_.issuer, provider_.client_id, NonceOf(secrets_)},
                         services_.clock.Now());
  }

  Outcome FromIdToken() {
    if (id_token_.empty()) return Refused("oauth_no_id_token");
    auto keys = services_.providers->KeysAt(endpoints_.jwks, deadline_, false);
    if (!keys.ok()) return Unreachable(provider_, keys.error());
    auto verdict = Verify(**keys);
    const auto* reject = std::get_if<TokenReject>(&verdict);
    // The provider may have other keys by now.
    if (reject != nullptr && (reject->reason == kUnknownKid || reject->reason == "signature")) {
      keys = services_.providers->KeysAt(endpoints_.jwks, deadline_, true);
      if (!keys.ok()) return Unreachable(provider_, keys.error());
      verdict = Verify(**keys);
      reject = std::get_if<TokenReject>(&verdict);
    }
    if (reject != nullptr) return Refused("oauth_id_token: " + std::string(reject->reason));
    auto person = PersonOfClaims(std::get<json::Value>(verdict));
    if (!person) return Refused("oauth_subject");
    if (person->email || endpoints_.userinfo.empty()) return std::move(*person);

    // Many tell the address there alone.
    auto more = Userinfo();
    if (auto* refusal = std::get_if<FlowRefusal>(&more)) return std::move(*refusal);
    auto told = PersonOfClaims(std::get<json::Value>(more));
    // OpenID Connect Core 5.3.2: of somebody else it must not be used.
    if (!told || told->subject != person->subject) return Refused("oauth_userinfo");
    return std::move(*told);
  }

  Outcome FromUserinfo() {
    auto answer = Userinfo();
    if (auto* refusal = std::get_if<FlowRefusal>(&answer)) return std::move(*refusal);
    auto person = PersonOfUserinfo(std::get<json::Value>(answer));
    if (!person) return Refused("oauth_subject");
    return std::move(*person);
  }

  std::variant<json::Value, FlowRefusal> Userinfo() {
    auto answer = services_.providers->http().Get(
        endpoints_.userinfo, {"Accept: application/json", "Authorization: Bearer " + access_token_},
        deadline_);
    if (!answer.ok()) return Unreachable(provider_, answer.error());
    auto document = answer->status == 200 ? json::Parse(answer->body) : std::nullopt;
    if (!document || document->object() == nullptr) return Refused("oauth_userinfo");
    return std::move(*document);
  }

  Services& services_;
  const OAuthProvider& provider_;
  const FlowSecrets& secrets_;
  Deadline deadline_;
  ProviderEndpoints endpoints_;
  std::string access_token_, id_token_;
};

}  // namespace

std::variant<FederatedPerson, FlowRefusal> Exchange(Services& services,
                                                    const OfferedProvider& offered,
                                                    const Secret& client_secret,
                                                    const FlowSecrets& secrets,
                                                    const CodeAnswer& answer, Deadline deadline) {
  return Exchanger(services, offered.provider, secrets, deadline).Run(client_secret, answer);
}

}  // namespace gatehouse::auth
