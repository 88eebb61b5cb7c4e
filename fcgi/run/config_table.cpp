#include "fcgi/run/config_table.h"

#include "fcgi/run/config_check.h"

namespace gatehouse {
namespace {

ConfigRow Text(std::string_view key, ConfigRow::StringMember member, std::string_view fallback,
               ConfigRow::Check check, std::string_view description) {
  return {.key = {key, ConfigType::kString, fallback, description},
          .member = member,
          .check = check,
          .may_be_empty = fallback == R"("")"};
}

ConfigRow MayBeEmpty(ConfigRow row) {
  row.may_be_empty = true;
  return row;
}

ConfigRow Required(std::string_view key, ConfigRow::StringMember member, std::string_view example,
                   ConfigRow::Check check, std::string_view description) {
  return {.key = {key, ConfigType::kString, "", description},
          .member = member,
          .check = check,
          .example = example};
}

ConfigRow Choice(std::string_view key, ConfigRow::StringMember member, std::string_view fallback,
                 std::string_view choices, std::string_view description) {
  return {.key = {key, ConfigType::kString, fallback, description},
          .member = member,
          .choices = choices};
}

ConfigRow Integer(std::string_view key, ConfigRow::IntegerMember member, std::string_view fallback,
                  std::int64_t low, std::int64_t high, std::string_view description) {
  return {.key = {key, ConfigType::kInteger, fallback, description},
          .member = member,
          .low = low,
          .high = high};
}

ConfigRow List(std::string_view key, ConfigRow::ListMember member, std::string_view fallback,
               ConfigRow::Check check, std::string_view description) {
  return {.key = {key, ConfigType::kStringList, fallback, description},
          .member = member,
          .check = check};
}

}  // namespace

// The table. An empty string where it is the default means: not used.
const std::vector<ConfigRow>& ConfigRows() {
  using C = Config;
  static const std::vector<ConfigRow> rows = {
      Required("server.base_url", &C::base_url, R"("https://auth.example.com")", CheckBaseUrl,
               "Public address: links in mails, cookies, issuer. Without a path."),
      Text("server.default_tenant", &C::default_tenant, R"("")", CheckSlug,
           "Tenant (slug) where neither the request nor nginx names one."),
      List("server.cors_origins", &C::cors_origins, "[]", CheckOrigin,
           "Web origins that may call from a browser: exact, or \"https://*.example.com\"."),
      List("server.metrics_allow", &C::metrics_allow, R"(["127.0.0.0/8", "::1"])", CheckNetwork,
           "Addresses that may read /auth/metrics."),
      Text("server.key_file", &C::key_file, R"("/etc/gatehouse/keys.toml")", CheckAbsolutePath,
           "Key rings (`gatehouse key init`), mode 0600."),
      Text("server.run_dir", &C::run_dir, R"("/run/gatehouse")", CheckAbsolutePath,
           "Sockets and shared memory of this installation."),
      Text("server.verify_socket", &C::verify_socket, R"("/run/gatehouse/verify.sock")",
           CheckAbsolutePath, "FastCGI socket of the verify pool."),
      Text("server.account_socket", &C::account_socket, R"("/run/gatehouse/account.sock")",
           CheckAbsolutePath, "FastCGI socket of the account pool."),
      Text("server.log_file", &C::log_file, R"("")", CheckAbsolutePath,
           "One JSON object a line; empty: standard error."),
      Choice("server.log_level", &C::log_level, R"("info")", "debug|info|warn|error",
             "debug, info, warn or error."),
      Integer("server.verify_batch", &C::verify_batch, "64", 1, 256,
              "Verifications answered with one question to memcached, 1 to 256."),

      Text("tokens.issuer", &C::issuer, R"("")", nullptr, "Claim iss; empty: server.base_url."),
      Text("tokens.audience", &C::audience, R"("")", nullptr, "Claim aud; empty: server.base_url."),
      Integer("tokens.proof_ttl", &C::proof_ttl_s, "10", 0, 300,
              "Seconds that a cached verification counts when memcached fails; 0: always ask "
              "MariaDB."),

      MayBeEmpty(Text("mariadb.socket", &C::db_socket, R"("/run/mysqld/mysqld.sock")",
                      CheckAbsolutePath,
                      "Either the socket, or host and port (then this default does not count).")),
      Text("mariadb.host", &C::db_host, R"("")", CheckHostName, "Host, where there is no socket."),
      Integer("mariadb.port", &C::db_port, "3306", 1, 65535, "Port, with host."),
      Text("mariadb.database", &C::db_name, R"("gatehouse")", nullptr, "Name of the database."),
      Text("mariadb.user", &C::db_user, R"("gatehouse")", nullptr,
           "The application's account: no DDL, and it cannot change the audit log."),
      Text("mariadb.password_file", &C::db_password_file, R"("")", CheckAbsolutePath,
           "File with its password, mode 0600; empty: no password (unix_socket)."),
      Text("mariadb.migrate_user", &C::db_migrate_user, R"("root")", nullptr,
           "The account of `gatehouse migrate`: DDL and GRANT OPTION."),
      Text("mariadb.migrate_password_file", &C::db_migrate_password_file, R"("")",
           CheckAbsolutePath, "File with its password, mode 0600; empty: no password."),

      List("memcached.servers", &C::memcached_servers, R"(["127.0.0.1:11211"])", CheckServer,
           "Socket paths (faster) or host:port; several are hashed by ketama; [] for none."),
      Integer("memcached.timeout_ms", &C::memcached_timeout_ms, "50", 5, 1000,
              "Milliseconds to wait for an answer before MariaDB is asked instead."),

      Choice("passwords.algorithm", &C::hash_algorithm, R"("argon2id")", "argon2id|bcrypt",
             "argon2id or bcrypt; both verify, and older hashes are upgraded at sign-in."),
      Integer("passwords.argon2_memory_kib", &C::argon2_memory_kib, "19456", 8192, 262144,
              "KiB a hash, 8192 to 262144: each worker of the account pool may need it at once."),
      Integer("passwords.argon2_iterations", &C::argon2_iterations, "2", 1, 16,
              "Passes over the memory, 1 to 16."),
      Integer("passwords.argon2_parallelism", &C::argon2_parallelism, "1", 1, 16,
              "Lanes, 1 to 16."),
      Integer("passwords.bcrypt_cost", &C::bcrypt_cost, "12", 10, 16,
              "Each step doubles the work, 10 to 16."),

      Text("mail.smtp_url", &C::smtp_url, R"("smtp://localhost:25")", CheckSmtpUrl,
           "smtp://host:port, or smtps://host:port with security \"tls\"."),
      Choice("mail.smtp_security", &C::smtp_security, R"("none")", "none|starttls|tls",
             "none, starttls (required, never opportunistic) or tls."),
      Text("mail.smtp_user", &C::smtp_user, R"("")", nullptr, "Empty: no authentication."),
      Text("mail.smtp_password_file", &C::smtp_password_file, R"("")", CheckAbsolutePath,
           "File with its password, mode 0600."),
      Text("mail.smtp_ca_file", &C::smtp_ca_file, R"("")", CheckAbsolutePath,
           "Certificates to trust; empty: the system's."),
      Required("mail.from", &C::mail_from, R"("no-reply@example.com")", CheckMailAddress,
               "Sender's address; the name before it is the tenant's."),
      Text("mail.templates", &C::mail_templates, R"("/usr/share/gatehouse/mail")",
           CheckAbsolutePath, "Folder of the templates."),
      Integer("mail.per_recipient_hour", &C::mail_per_recipient_hour, "20", 1, 1000,
              "Mails to one recipient within an hour."),

      List("oauth.return_origins", &C::oauth_return_origins, "[]", CheckBaseUrl,
           "Origins besides base_url that people may be sent back to after an OAuth sign-in."),
      Choice("oauth.loopback", &C::oauth_loopback, R"("refuse")", "refuse|allow",
             "allow: providers on this machine, also by http://. For development only."),
      Text("oauth.ca_file", &C::oauth_ca_file, R"("")", CheckAbsolutePath,
           "Certificates to trust when providers are called; empty: the system's."),
      Integer("oauth.waiting", &C::oauth_waiting, "2", 1, 64,
              "Workers of this host that may wait for providers at once, 1 to 64: fewer than the "
              "account pool has, so that a provider that hangs leaves some for passwords."),

      Integer("nginx.https_port", &C::https_port, "443", 1, 65535, "For `gatehouse nginx-config`."),
      Integer("nginx.http_port", &C::http_port, "80", 1, 65535, "Redirects to HTTPS."),
      List("nginx.listen", &C::listen, R"(["0.0.0.0", "::"])", CheckAddress,
           "Addresses to listen on."),
      Text("nginx.server_name", &C::server_name, R"("")", CheckHostName,
           "Empty: the host of server.base_url."),
      Text("nginx.tls_certificate", &C::tls_certificate, R"("")", CheckAbsolutePath,
           "Certificate with its chain; empty: the text is for a server {} that has its own."),
      Text("nginx.tls_key", &C::tls_key, R"("")", CheckAbsolutePath, "Its private key."),
      List("nginx.trusted_proxies", &C::trusted_proxies, "[]", CheckNetwork,
           "Proxies in front of nginx, whose X-Forwarded-For is believed."),
  };
  return rows;
}

}  // namespace gatehouse
