#include "handlers/auth/provider_directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "fcgi/base/url.h"

namespace gatehouse::auth {
namespace {

constexpr Seconds kLeastKept{60};
constexpr Seconds kUsuallyKept{300};
constexpr Seconds kMostKept{3600};
// A provider that was just found down is not asked by everybody who comes.
constexpr Seconds kFailureKept{3};
constexpr Seconds kKeysAgain{3};
// Tenants come and go; what is forgotten is asked for again.
constexpr std::size_t kMostKnown = 500;
constexpr Millis kPatience{500};
constexpr Millis kStep{20};

// Whoever develops with one on this machine changes it all the time, and says nothing of caches.
constexpr Seconds kDevelopmentKept{1};

Seconds Kept(Seconds max_age, std::string_view url) {
  if (max_age.count() != 0) return std::clamp(max_age, kLeastKept, kMostKept);
  return url.starts_with("http://") ? kDevelopmentKept : kUsuallyKept;
}

Error Unusable(const std::string& why) {
  return MakeError(ErrorCode::kUnavailable, "oauth discovery: " + why);
}

std::string TextOf(const json::Value& document, std::string_view name) {
  const auto* value = document.Find(name);
  return value != nullptr && value->string() != nullptr ? *value->string() : std::string();
}

bool Lists(const json::Value& document, std::string_view name, std::string_view wanted) {
  const auto* list = document.Find(name);
  const auto* items = list == nullptr ? nullptr : list->array();
  if (items == nullptr) return false;
  return std::any_of(items->begin(), items->end(), [&](const json::Value& item) {
    return item.string() != nullptr && *item.string() == wanted;
  });
}

bool IsTrue(const json::Value& document, std::string_view name) {
  const auto* value = document.Find(name);
  return value != nullptr && value->boolean() != nullptr && *value->boolean();
}

template <class Map>
void MakeRoom(Map& map) {
  if (map.size() >= kMostKnown) map.clear();
}

}  // namespace

Result<std::unique_ptr<ProviderDirectory>> ProviderDirectory::Open(const Config& config) {
  HttpClientOptions options;
  options.loopback = config.OAuthLoopback();
  options.ca_file = config.oauth_ca_file;
  std::unique_ptr<ProviderDirectory> out(new ProviderDirectory(
      HttpClient(std::move(options)), config.run_dir, static_cast<int>(config.oauth_waiting)));
  for (const auto& configured : config.oauth_providers) {
    if (configured.client_secret_file.empty()) continue;
    GH_ASSIGN(std::string secret, ReadSecretFile(configured.client_secret_file));
    out->secrets_.emplace(configured.provider.id, Secret(std::move(secret)));
  }
  return out;
}

Secret ProviderDirectory::InstallationSecret(const std::string& provider) const {
  const auto found = secrets_.find(provider);
  return found == secrets_.end() ? Secret() : found->second.Clone();
}

Result<ProviderEndpoints> ProviderDirectory::Discover(const std::string& issuer, Deadline deadline,
                                                      Seconds& keep) {
  // Section 4.1: a slash at the end is not doubled.
  const std::string base = issuer.ends_with('/') ? issuer.substr(0, issuer.size() - 1) : issuer;
  GH_ASSIGN(const auto answer, http_.Get(base + "/.well-known/openid-configuration",
                                         {"Accept: application/json"}, deadline));
  const auto document = answer.status == 200 ? json::Parse(answer.body) : std::nullopt;
  if (!document) return Unusable("no document, status " + std::to_string(answer.status));
  // Section 4.3: exactly the issuer that was asked, or it would speak for another.
  if (TextOf(*document, "issuer") != issuer) return Unusable("another issuer");
  ProviderEndpoints out;
  out.authorization = TextOf(*document, "authorization_endpoint");
  out.token = TextOf(*document, "token_endpoint");
  out.userinfo = TextOf(*document, "userinfo_endpoint");
  out.jwks = TextOf(*document, "jwks_uri");
  for (const auto* url : {&out.authorization, &out.token, &out.jwks, &out.userinfo}) {
    if (url == &out.userinfo && url->empty()) continue;
    const auto parsed = ParseUrl(*url);
    if (!parsed || !IsCallable(*parsed, http_.loopback())) return Unusable("an endpoint's URL");
  }
  constexpr std::string_view kMethods = "token_endpoint_auth_methods_supported";
  out.secret_in_body = !Lists(*document, kMethods, "client_secret_basic") &&
                       Lists(*document, kMethods, "client_secret_post");
  out.names_itself = IsTrue(*document, "authorization_response_iss_parameter_supported");
  keep = Kept(answer.max_age, issuer);
  return out;
}

Result<ProviderEndpoints> ProviderDirectory::EndpointsOf(const OAuthProvider& provider,
                                                         Deadline deadline) {
  if (provider.type == OAuthType::kOAuth2) {
    return ProviderEndpoints{provider.authorization_endpoint,
                             provider.token_endpoint,
                             provider.userinfo_endpoint,
                             {},
                             false,
                             false};
  }
  const std::string& issuer = provider.issuer;
  if (const auto known = endpoints_.find(issuer);
      known != endpoints_.end() && !known->second.until.Expired()) {
    return known->second.value;
  }
  if (const auto failed = failed_.find(issuer);
      failed != failed_.end() && !failed->second.until.Expired()) {
    return Unusable(failed->second.why + ", a moment ago");
  }
  Seconds keep{0};
  auto found = Discover(issuer, deadline, keep);
  if (!found.ok()) {
    MakeRoom(failed_);
    failed_.insert_or_assign(
        issuer, Failed{found.error().inner,
                       Deadline::In(std::min(kFailureKept, Kept(Seconds(0), issuer)))});
    return found;
  }
  failed_.erase(issuer);
  MakeRoom(endpoints_);
  endpoints_.insert_or_assign(
      issuer, Known<ProviderEndpoints>{*found, Deadline::In(keep), Deadline::In(Millis(0))});
  return found;
}

Result<const ProviderKeys*> ProviderDirectory::KeysAt(const std::string& jwks, Deadline deadline,
                                                      bool again) {
  const auto known = keys_.find(jwks);
  if (known != keys_.end()) {
    const bool fresh = !known->second.until.Expired();
    const bool asked_lately = !known->second.not_before.Expired();
    if (fresh && (!again || asked_lately)) return &known->second.value;
  }
  GH_ASSIGN(const auto answer, http_.Get(jwks, {"Accept: application/json"}, deadline));
  auto keys = answer.status == 200 ? ProviderKeys::Parse(answer.body) : std::nullopt;
  if (!keys) return Unusable("no key set, status " + std::to_string(answer.status));
  if (known == keys_.end()) MakeRoom(keys_);
  const auto kept = keys_.insert_or_assign(
      jwks, Known<ProviderKeys>{std::move(*keys), Deadline::In(Kept(answer.max_age, jwks)),
                                Deadline::In(kKeysAgain)});
  return &kept.first->second.value;
}

ProviderDirectory::WaitingSlot::~WaitingSlot() {
  if (fd_ >= 0) close(fd_);
}

std::optional<ProviderDirectory::WaitingSlot> ProviderDirectory::TakeSlot(Deadline deadline) const {
  const Deadline end = deadline.Within(kPatience);
  while (true) {
    for (int i = 0; i < slots_; ++i) {
      const std::string path = run_dir_ + "/oauth-waiting." + std::to_string(i);
      const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
      if (fd < 0) return std::nullopt;
      WaitingSlot slot(fd);
      if (flock(fd, LOCK_EX | LOCK_NB) == 0) return slot;
    }
    if (end.Expired()) return std::nullopt;
    std::this_thread::sleep_for(kStep);
  }
}

}  // namespace gatehouse::auth
