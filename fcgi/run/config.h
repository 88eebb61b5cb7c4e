// Configuration: one TOML file, one table of keys (kConfigTable in config.cpp: key, type, default,
// description). From the table come parsing, `gatehouse config check`, and the commented example in
// nginx/gatehouse.toml.example, which a test compares with it. Unknown keys, wrong types and values
// out of range are errors with their line; nothing is guessed.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/base/result.h"
#include "fcgi/run/oauth_provider.h"

namespace gatehouse {

struct Config {
  // [server]
  std::string base_url;        // "https://localhost:8443": links in mails, cookies, issuer
  std::string default_tenant;  // slug where neither body nor nginx names one; may be empty
  std::vector<std::string> cors_origins;   // exact origins or "https://*.example.com"
  std::vector<std::string> metrics_allow;  // addresses or CIDR that may read /auth/metrics
  std::string key_file;                    // 0600
  std::string run_dir;                     // sockets and shared memory of this installation
  std::string verify_socket;               // FastCGI unix socket of the verify pool
  std::string account_socket;              // likewise, the account pool
  std::string log_file;                    // empty: standard error
  std::string log_level;                   // "debug", "info", "warn", "error"
  std::int64_t verify_batch;  // requests answered with one question to memcached, 1 to 256
  // [tokens]
  std::string issuer;        // empty: base_url
  std::string audience;      // empty: base_url
  std::int64_t proof_ttl_s;  // 0 = always ask MariaDB
  // [mariadb]
  std::string db_socket;  // either the socket, or host and port
  std::string db_host;
  std::int64_t db_port;
  std::string db_name;
  std::string db_user;           // the application's account: no DDL
  std::string db_password_file;  // 0600; empty: no password
  std::string db_migrate_user;   // the account of `gatehouse migrate`
  std::string db_migrate_password_file;
  // [memcached]
  std::vector<std::string> memcached_servers;
  std::int64_t memcached_timeout_ms;
  // [passwords]
  std::string hash_algorithm;  // "argon2id" or "bcrypt"
  std::int64_t argon2_memory_kib;
  std::int64_t argon2_iterations;
  std::int64_t argon2_parallelism;
  std::int64_t bcrypt_cost;
  // [mail]
  std::string smtp_url;
  std::string smtp_security;  // "none", "starttls", "tls"
  std::string smtp_user;
  std::string smtp_password_file;
  std::string smtp_ca_file;
  std::string mail_from;       // address
  std::string mail_templates;  // folder
  std::int64_t mail_per_recipient_hour;
  // [oauth]
  // A provider that every tenant has, unless it names one of its own by the same id.
  struct Provider {
    OAuthProvider provider;
    std::string client_secret_file;  // 0600; empty: a public client
  };
  std::vector<Provider> oauth_providers;          // [[oauth.providers]]
  std::vector<std::string> oauth_return_origins;  // where people may be sent after a sign-in
  std::string oauth_loopback;                     // "refuse" or "allow"
  std::string oauth_ca_file;
  std::int64_t oauth_waiting;  // workers that wait for providers at once
  // [nginx]: what `gatehouse nginx-config` writes
  std::int64_t https_port;
  std::int64_t http_port;
  std::vector<std::string> listen;  // addresses
  std::string server_name;
  std::string tls_certificate;
  std::string tls_key;
  std::vector<std::string> trusted_proxies;  // set_real_ip_from

  bool OAuthLoopback() const { return oauth_loopback == "allow"; }
  std::string Issuer() const { return issuer.empty() ? base_url : issuer; }
  std::string Audience() const { return audience.empty() ? base_url : audience; }
};

enum class ConfigType { kString, kInteger, kStringList };

struct ConfigKey {
  std::string_view key;  // "server.base_url"
  ConfigType type;
  std::string_view fallback;  // as TOML; empty: required
  std::string_view description;
};

std::span<const ConfigKey> ConfigTable();

// Reads and checks `path`. The error (kInternal) names the file, the key and what is wrong; all
// problems at once, one a line.
Result<Config> LoadConfig(const std::string& path);
// The same from text, for tests.
Result<Config> ParseConfig(std::string_view toml, const std::string& name);

// A complete, commented file with every key at its default.
std::string ConfigExample();

// First line of a file that must not be readable by group or others; the error says why.
Result<std::string> ReadSecretFile(const std::string& path);

}  // namespace gatehouse
