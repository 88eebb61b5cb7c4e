// What a process knows of OAuth providers beside their configuration: where their endpoints are
// (OpenID Connect Discovery 1.0), with which keys they sign, and the secrets of those in the
// configuration file. Asked for when needed, kept for a while: as long as the provider says, but
// neither under a minute nor over an hour.
//
// Calls to providers wait for somebody else's server. A worker that is about to makes sure that
// others remain (WaitingSlot), and does so under one deadline for all that it asks in a request.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "fcgi/base/secret.h"
#include "fcgi/lib/http_client.h"
#include "fcgi/run/config.h"
#include "handlers/auth/id_token.h"

namespace gatehouse::auth {

// For everything that one request asks of providers.
inline constexpr Millis kOutboundBudget{5000};

struct ProviderEndpoints {
  std::string authorization, token;
  std::string userinfo;         // "": none
  std::string jwks;             // "": plain OAuth 2
  bool secret_in_body = false;  // client_secret_post; else client_secret_basic
  bool names_itself = false;    // sends `iss` with the code (RFC 9207)
};

class ProviderDirectory {
 public:
  // Reads the secret files of the configuration's providers.
  static Result<std::unique_ptr<ProviderDirectory>> Open(const Config& config);

  // kUnavailable where the provider does not say, or says that it is another (issuer exact).
  Result<ProviderEndpoints> EndpointsOf(const OAuthProvider& provider, Deadline deadline);

  // The keys at `jwks`; asked for anew where `again` finds that those at hand will not do, but not
  // every time somebody sends rubbish. Valid until the next call.
  Result<const ProviderKeys*> KeysAt(const std::string& jwks, Deadline deadline, bool again);

  // Of a provider in the configuration file; empty where it has none.
  Secret InstallationSecret(const std::string& provider) const;

  const HttpClient& http() const { return http_; }

  // Held while this worker waits for providers. nullopt where as many of this host's workers as
  // the configuration allows do already, and go on doing so for half a second.
  class WaitingSlot {
   public:
    explicit WaitingSlot(int fd) : fd_(fd) {}
    WaitingSlot(WaitingSlot&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
    WaitingSlot& operator=(WaitingSlot&&) = delete;
    ~WaitingSlot();

   private:
    int fd_;  // its lock goes with it
  };
  std::optional<WaitingSlot> TakeSlot(Deadline deadline) const;

 private:
  ProviderDirectory(HttpClient http, std::string run_dir, int slots)
      : http_(std::move(http)), run_dir_(std::move(run_dir)), slots_(slots) {}
  Result<ProviderEndpoints> Discover(const std::string& issuer, Deadline deadline, Seconds& keep);

  template <class T>
  struct Known {
    T value;
    Deadline until;
    Deadline not_before;  // asked again
  };
  struct Failed {
    std::string why;
    Deadline until;
  };

  HttpClient http_;
  std::string run_dir_;
  int slots_;
  std::map<std::string, Secret> secrets_;
  std::map<std::string, Known<ProviderEndpoints>> endpoints_;  // by issuer
  std::map<std::string, Failed> failed_;                       // likewise
  std::map<std::string, Known<ProviderKeys>> keys_;            // by URL
};

}  // namespace gatehouse::auth
