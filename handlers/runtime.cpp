#include "handlers/runtime.h"

#include <sys/prctl.h>
#include <sys/resource.h>

#include "fcgi/base/codec.h"

namespace gatehouse {
namespace {

MemcacheOptions CacheOptions(const Config& config) {
  return {config.memcached_servers, Millis(config.memcached_timeout_ms),
          Millis(config.memcached_timeout_ms)};
}

}  // namespace

db::Options DatabaseOptions(const Config& config, std::string user, std::string password) {
  db::Options out;
  out.socket = config.db_socket;
  out.host = config.db_host;
  out.port = static_cast<int>(config.db_port);
  out.name = config.db_name;
  out.user = std::move(user);
  out.password = std::move(password);
  return out;
}

HashPolicy HashPolicyOf(const Config& config) {
  HashPolicy out;
  out.algorithm =
      config.hash_algorithm == "bcrypt" ? HashAlgorithm::kBcrypt : HashAlgorithm::kArgon2id;
  out.memory_kib = static_cast<int>(config.argon2_memory_kib);
  out.iterations = static_cast<int>(config.argon2_iterations);
  out.parallelism = static_cast<int>(config.argon2_parallelism);
  out.bcrypt_cost = static_cast<int>(config.bcrypt_cost);
  return out;
}

void ForbidCoreDumps() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

Runtime::Runtime(Config config, KeyRings keys, auth::LiveTokens tokens, std::string db_password,
                 auth::MailTemplates mail)
    : config_(std::move(config)),
      keys_(std::move(keys)),
      db_(DatabaseOptions(config_, config_.db_user, std::move(db_password))),
      proofs_(Memcache(CacheOptions(config_)), keys_.Active(Ring::kCache).secret.Reveal(),
              Seconds(config_.proof_ttl_s), clock_, entropy_),
      tokens_(std::move(tokens)),
      mail_(std::move(mail)) {}

Result<std::unique_ptr<Runtime>> Runtime::Load(const std::string& config_path) {
  GH_ASSIGN(Config config, LoadConfig(config_path));
  GH_ASSIGN(KeyRings keys, KeyRings::Load(config.key_file));
  GH_ASSIGN(auto tokens,
            auth::LiveTokens::Open(config.key_file, config.Issuer(), config.Audience()));
  std::string password;
  if (!config.db_password_file.empty()) {
    GH_ASSIGN(password, ReadSecretFile(config.db_password_file));
  }
  GH_ASSIGN(auto mail, auth::MailTemplates::Load(config.mail_templates));
  std::unique_ptr<Runtime> out(new Runtime(std::move(config), std::move(keys), std::move(tokens),
                                           std::move(password), std::move(mail)));
  const HashPolicy policy = HashPolicyOf(out->config_);
  // Nobody's password: what a sign-in to a missing account is compared with.
  GH_ASSIGN(std::string dummy,
            HashPassword(Base64UrlEncode(out->entropy_.Bytes(24)), policy, out->entropy_));
  out->services_.reset(new auth::Services{out->config_, out->keys_, out->db_, out->proofs_,
                                          out->tokens_, out->mail_, out->clock_, out->entropy_,
                                          policy, std::move(dummy)});
  GH_ASSIGN(out->providers_, auth::ProviderDirectory::Open(out->config_));
  out->services_->providers = out->providers_.get();
  return out;
}

}  // namespace gatehouse
