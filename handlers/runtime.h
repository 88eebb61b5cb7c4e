// What every program of Gatehouse needs at start: configuration, keys, database, cache, templates,
// put together once and handed out as Services. The composition roots own one.
#pragma once

#include <memory>
#include <string>

#include "handlers/auth/live_tokens.h"
#include "handlers/auth/mail.h"
#include "handlers/auth/proof_cache.h"
#include "handlers/auth/provider_directory.h"
#include "handlers/auth/services.h"

namespace gatehouse {

class Runtime {
 public:
  // Reads the files; opens no connection yet. The error says which file and what is wrong with it.
  static Result<std::unique_ptr<Runtime>> Load(const std::string& config_path);

  auth::Services& services() { return *services_; }
  const Config& config() const { return config_; }

 private:
  Runtime(Config config, KeyRings keys, auth::LiveTokens tokens, std::string db_password,
          auth::MailTemplates mail);

  Config config_;
  KeyRings keys_;
  SystemClock clock_;
  SystemEntropy entropy_;
  db::Database db_;
  auth::ProofCache proofs_;
  auth::LiveTokens tokens_;
  auth::MailTemplates mail_;
  std::unique_ptr<auth::ProviderDirectory> providers_;
  std::unique_ptr<auth::Services> services_;
};

// The parts of it that programs need without the rest.
db::Options DatabaseOptions(const Config& config, std::string user, std::string password);
HashPolicy HashPolicyOf(const Config& config);
// Keeps secrets out of core dumps and away from other processes' debuggers.
void ForbidCoreDumps();

}  // namespace gatehouse
