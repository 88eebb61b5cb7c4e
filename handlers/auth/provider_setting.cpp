#include "handlers/auth/provider_setting.h"

#include <algorithm>

#include "fcgi/lib/crypto.h"
#include "fcgi/lib/text.h"
#include "fcgi/run/log.h"
#include "handlers/auth/live_tokens.h"
#include "handlers/auth/sealed.h"
#include "sql/store/oauth.h"

namespace gatehouse::auth {
namespace {

constexpr std::size_t kMaxProviders = 20;
constexpr std::size_t kMaxName = 100;
constexpr std::size_t kMaxSecret = 1024;
constexpr int kBatch = 200;
constexpr Millis kBatchDeadline{30000};

FieldError Problem(std::size_t index, std::string_view field, std::string_view code,
                   std::string_view what) {
  return {
      "/" + std::string(kProvidersSetting) + "/" + std::to_string(index) + "/" + std::string(field),
      std::string(code), "It " + std::string(what) + ".", "Please check this value."};
}

// What the item is made of, as far as the types are right; false where one is not.
bool Take(const json::Value& item, OAuthProvider& out) {
  const auto* members = item.object();
  if (members == nullptr) return false;
  bool typed = false;
  for (const auto& [name, value] : *members) {
    if (name == "scopes") {
      if (value.array() == nullptr) return false;
      for (const auto& scope : *value.array()) {
        if (scope.string() == nullptr) return false;
        out.scopes.push_back(*scope.string());
      }
      continue;
    }
    if (name == "client_secret") continue;
    const auto* text = value.string();
    if (text == nullptr) return false;
    if (name == "id") out.id = *text;
    if (name == "name") out.name = *text;
    if (name == "issuer") out.issuer = *text;
    if (name == "authorization_endpoint") out.authorization_endpoint = *text;
    if (name == "token_endpoint") out.token_endpoint = *text;
    if (name == "userinfo_endpoint") out.userinfo_endpoint = *text;
    if (name == "client_id") out.client_id = *text;
    if (name == "type") {
      typed = *text == "oidc" || *text == "oauth2";
      out.type = *text == "oauth2" ? OAuthType::kOAuth2 : OAuthType::kOidc;
    }
  }
  return typed && !text::HasControl(out.name) && text::Length(out.name) <= kMaxName;
}

std::string Context(TenantId tenant, std::string_view provider) {
  return "oauth_secrets.secret " + tenant.ToString() + " " + std::string(provider);
}

bool IsSecret(const std::string& text) {
  return !text.empty() && text.size() <= kMaxSecret &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < 0x7f; });
}

const OAuthProvider* ById(const std::vector<OAuthProvider>& providers, std::string_view id) {
  const auto found =
      std::find_if(providers.begin(), providers.end(), [&](const auto& p) { return p.id == id; });
  return found == providers.end() ? nullptr : &*found;
}

Error Invalid(FieldError problem) {
  return {ErrorCode::kValidationFailed, "oauth_providers", {std::move(problem)}, 0};
}

}  // namespace

std::vector<OAuthProvider> ReadProviders(const json::Value& list, bool loopback_http,
                                         std::vector<FieldError>* problems) {
  std::vector<OAuthProvider> out;
  std::vector<FieldError> found;
  if (list.array() == nullptr || list.array()->size() > kMaxProviders) {
    found.push_back({"/" + std::string(kProvidersSetting), "invalid_format",
                     "It must be a list of at most 20 providers.", "Please check this value."});
  } else {
    for (const auto& item : *list.array()) {
      const std::size_t index = out.size();
      auto& provider = out.emplace_back();
      if (!Take(item, provider)) {
        found.push_back(Problem(index, "type", "invalid_format", "is no provider"));
        continue;
      }
      for (const auto& problem : ProblemsOf(provider, loopback_http)) {
        found.push_back(Problem(index, problem.field, "invalid_format", problem.what));
      }
      if (ById(out, provider.id) != &provider) {
        found.push_back(Problem(index, "id", "duplicate", "stands there twice"));
      }
    }
  }
  if (problems != nullptr) std::move(found.begin(), found.end(), std::back_inserter(*problems));
  return out;
}

json::Value ProvidersJson(const std::vector<OAuthProvider>& providers) {
  json::Array out;
  for (const auto& p : providers) {
    json::Object item{{"id", p.id}, {"name", p.name}, {"type", std::string(ToString(p.type))}};
    if (p.type == OAuthType::kOidc) {
      item.emplace_back("issuer", p.issuer);
    } else {
      item.emplace_back("authorization_endpoint", p.authorization_endpoint);
      item.emplace_back("token_endpoint", p.token_endpoint);
      item.emplace_back("userinfo_endpoint", p.userinfo_endpoint);
    }
    item.emplace_back("client_id", p.client_id);
    json::Array scopes;
    for (const auto& scope : p.scopes) scopes.emplace_back(scope);
    item.emplace_back("scopes", std::move(scopes));
    out.emplace_back(std::move(item));
  }
  return out;
}

Result<std::vector<std::string>> ApplyClientSecrets(Services& services, db::Executor& ex,
                                                    TenantId tenant, const json::Value& patch,
                                                    const std::vector<OAuthProvider>& before,
                                                    const std::vector<OAuthProvider>& after) {
  std::vector<std::string> changed;
  const auto* list = patch.Find(kProvidersSetting);
  if (list == nullptr) return changed;
  const TimePoint now = services.clock.Now();
  GH_ASSIGN(const auto stored, store::OAuthSecretsOf(ex, tenant));
  for (const auto& secret : stored) {
    if (ById(after, secret.provider) != nullptr) continue;
    GH_TRY(store::DeleteOAuthSecret(ex, tenant, secret.provider));
  }
  for (std::size_t i = 0; i < after.size(); ++i) {
    const OAuthProvider& provider = after[i];
    const auto kept = std::find_if(stored.begin(), stored.end(),
                                   [&](const auto& s) { return s.provider == provider.id; });
    const auto* given = (*list->array())[i].Find("client_secret");
    if (given == nullptr) {
      const auto* was = ById(before, provider.id);
      if (kept != stored.end() &&
          (was == nullptr || was->SecretAudience() != provider.SecretAudience())) {
        return Invalid(Problem(i, "client_secret", "required",
                               "must be given again: it would be sent elsewhere now"));
      }
      continue;
    }
    if (given->is_null()) {
      if (kept == stored.end()) continue;
      GH_TRY(store::DeleteOAuthSecret(ex, tenant, provider.id));
      changed.push_back(provider.id);
      continue;
    }
    if (given->string() == nullptr || !IsSecret(*given->string())) {
      return Invalid(Problem(i, "client_secret", "invalid_format",
                             "must be 1 to 1024 characters of printable ASCII"));
    }
    if (kept != stored.end()) {
      const auto present =
          OpenSecret(services, {kept->box, kept->kid}, Context(tenant, provider.id));
      if (present && crypto::ConstantTimeEqual(present->Reveal(), *given->string())) continue;
    }
    const auto sealed = SealSecret(services, *given->string(), Context(tenant, provider.id));
    GH_TRY(store::PutOAuthSecret(ex, tenant, {provider.id, sealed.box, sealed.kid}, now));
    changed.push_back(provider.id);
  }
  return changed;
}

Result<Secret> ClientSecretOf(Services& services, db::Executor& ex, TenantId tenant,
                              const std::string& provider) {
  GH_ASSIGN(const auto stored, store::FindOAuthSecret(ex, tenant, provider));
  if (!stored) return Secret();
  auto secret = OpenSecret(services, {stored->box, stored->kid}, Context(tenant, provider));
  if (!secret) {
    return MakeError(ErrorCode::kUnavailable, "oauth: the client secret of " + provider +
                                                  " does not open with this key file");
  }
  return std::move(*secret);
}

Result<std::uint64_t> ResealClientSecrets(Services& services) {
  const std::string kid = services.tokens.ActiveKey(Ring::kTotp).kid;
  std::uint64_t done = 0;
  store::OwnedOAuthSecret after;
  while (true) {
    const auto ex = services.db.Auto(Deadline::In(kBatchDeadline));
    GH_ASSIGN(const auto rows,
              store::OAuthSecretsNotUnder(*ex, kid, after.tenant, after.secret.provider, kBatch));
    for (const auto& [tenant, row] : rows) {
      const auto secret = OpenSecret(services, {row.box, row.kid}, Context(tenant, row.provider));
      if (!secret) {
        log::Err("oauth.not_resealed", {{"tenant", tenant.ToString()}, {"provider", row.provider}});
        continue;
      }
      const auto sealed = SealSecret(services, secret->Reveal(), Context(tenant, row.provider));
      GH_TRY(store::ResealOAuthSecret(*ex, tenant, row, sealed.box, sealed.kid));
      ++done;
    }
    if (rows.size() < kBatch) return done;
    after = rows.back();
  }
}

}  // namespace gatehouse::auth
