#include "fcgi/run/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "fcgi/run/config_check.h"
#include "tests/fcgi/run/temp_folder.h"

namespace gatehouse {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kLeast =
    "[server]\nbase_url = \"https://auth.example.com\"\n[mail]\nfrom = \"no-reply@example.com\"\n";

std::string ErrorOf(const std::string& toml) {
  const auto config = ParseConfig(toml, "test.toml");
  return config.ok() ? "" : config.error().inner;
}

// A file with the least that is due, and `line` in its section.
std::string With(std::string_view section, std::string_view line) {
  std::string text(kLeast);
  const std::string head = "[" + std::string(section) + "]\n";
  const auto at = text.find(head);
  if (at == std::string::npos) return text + head + std::string(line) + "\n";
  return text.insert(at + head.size(), std::string(line) + "\n");
}

TEST(Config, DefaultsHold) {
  const auto config = ParseConfig(kLeast, "test.toml");
  ASSERT_TRUE(config.ok()) << config.error().inner;
  EXPECT_EQ(config->Issuer(), "https://auth.example.com");
  EXPECT_EQ(config->Audience(), "https://auth.example.com");
  EXPECT_EQ(config->proof_ttl_s, 10);
  EXPECT_EQ(config->verify_batch, 64);
  EXPECT_EQ(config->argon2_memory_kib, 19456);
  EXPECT_EQ(config->bcrypt_cost, 12);
  EXPECT_EQ(config->mail_per_recipient_hour, 20);
  EXPECT_EQ(config->memcached_timeout_ms, 50);
  EXPECT_EQ(config->server_name, "auth.example.com");
  EXPECT_EQ(config->db_socket, "/run/mysqld/mysqld.sock");
}

TEST(Config, ShippedExampleIsWhatTheTableSays) {
  const std::string shipped =
      TempFolder::Read(GATEHOUSE_SOURCE_DIR "/nginx/gatehouse.toml.example");
  EXPECT_EQ(shipped, ConfigExample()) << "run: gatehouse config example";
}

TEST(Config, ExampleIsValidAlsoWithEveryDefaultSpelledOut) {
  EXPECT_EQ(ErrorOf(ConfigExample()), "");
  const std::string example = ConfigExample();
  std::string all;
  for (std::string_view rest = example; !rest.empty();) {
    auto line = rest.substr(0, rest.find('\n') + 1);
    rest.remove_prefix(line.size());
    if (line.starts_with('#') && !line.starts_with("# ")) line.remove_prefix(1);
    all += line;
  }
  EXPECT_EQ(ErrorOf(all), "");
}

TEST(Config, EveryKeyIsThereOnceWithADescription) {
  std::set<std::string_view> seen;
  for (const auto& key : ConfigTable()) {
    EXPECT_TRUE(seen.insert(key.key).second) << key.key;
    EXPECT_FALSE(key.description.empty()) << key.key;
    EXPECT_THAT(ConfigExample(), HasSubstr(std::string(key.description)));
  }
}

constexpr std::string_view kProvider =
    "[[oauth.providers]]\nid = \"corp\"\nname = \"Corp\"\ntype = \"oidc\"\n"
    "issuer = \"https://id.test\"\nclient_id = \"c\"\n";

TEST(Config, O1ProvidersOfTheInstallation) {
  const std::string text = std::string(kLeast) + std::string(kProvider) +
                           "client_secret_file = \"/x/y\"\nscopes = [\"openid\"]\n";
  const auto config = ParseConfig(text, "test.toml");
  ASSERT_TRUE(config.ok()) << config.error().inner;
  ASSERT_EQ(config->oauth_providers.size(), 1U);
  EXPECT_EQ(config->oauth_providers[0].provider.issuer, "https://id.test");
  EXPECT_EQ(config->oauth_providers[0].client_secret_file, "/x/y");
  EXPECT_FALSE(config->OAuthLoopback());
  const std::string twice = std::string(kLeast) + std::string(kProvider) + std::string(kProvider);
  EXPECT_THAT(ErrorOf(twice), HasSubstr("two by the id"));
}

TEST(Config, O1ProvidersAreChecked) {
  const auto changed = [](std::string_view from, std::string_view to) {
    std::string text = std::string(kLeast) + std::string(kProvider);
    text.replace(text.find(from), from.size(), to);
    return ErrorOf(text);
  };
  EXPECT_THAT(changed("https://id.test", "http://127.0.0.1:1"), HasSubstr("issuer must be"));
  EXPECT_THAT(changed("\"corp\"", "\"Corp\""), HasSubstr("id must match"));
  EXPECT_THAT(changed("\"oidc\"", "\"saml\""), HasSubstr("oidc or oauth2"));
  EXPECT_THAT(changed("\"oidc\"", "\"oauth2\""), HasSubstr("token_endpoint is missing"));
  EXPECT_THAT(changed("client_id", "client_secret"), HasSubstr("client_secret"));
  EXPECT_THAT(changed("client_id = \"c\"", "client_id = 7"), HasSubstr("client_id"));
  EXPECT_EQ(changed("[[oauth.providers]]", "[oauth]\nloopback = \"allow\"\n[[oauth.providers]]"),
            "");
}

TEST(Config, UnknownKeysAndTablesAreErrorsWithTheirLine) {
  EXPECT_THAT(ErrorOf(With("server", "bas_url = \"x\"")), HasSubstr("test.toml:2: server.bas_url"));
  EXPECT_THAT(ErrorOf(std::string(kLeast) + "[sever]\nx = 1\n"), HasSubstr("sever is not known"));
  EXPECT_THAT(ErrorOf("base_url = \"https://a.example\"\n" + std::string(kLeast)),
              HasSubstr("base_url is not known"));
  EXPECT_THAT(ErrorOf("server = 1\n"), HasSubstr("server must be a table"));
}

TEST(Config, TellsAllProblemsAtOnceOneALine) {
  const std::string error =
      ErrorOf("[server]\nbase_url = 1\nverify_batch = 0\n[mail]\n[passwords]\nbcrypt_cost = 31\n");
  EXPECT_THAT(error, AllOf(HasSubstr("test.toml:2: server.base_url must be a string"),
                           HasSubstr("test.toml:3: server.verify_batch is 0; it must be 1 to 256"),
                           HasSubstr("test.toml:6: passwords.bcrypt_cost"),
                           HasSubstr("mail.from is missing")));
  EXPECT_EQ(std::count(error.begin(), error.end(), '\n'), 3);
}

TEST(Config, BrokenTomlSaysWhere) {
  EXPECT_THAT(ErrorOf("[server]\nbase_url = \n"), HasSubstr("test.toml:2:"));
  EXPECT_NE(ErrorOf("[server]\nbase_url = \"\xff\"\n"), "");
  EXPECT_NE(ErrorOf(std::string("[server]\nbase_url = \"a\0b\"\n", 27)), "");
}

TEST(Config, WrongTypes) {
  EXPECT_THAT(ErrorOf(With("server", "verify_batch = \"64\"")), HasSubstr("must be an integer"));
  EXPECT_THAT(ErrorOf(With("server", "verify_batch = 64.0")), HasSubstr("must be an integer"));
  EXPECT_THAT(ErrorOf(With("server", "cors_origins = \"https://a.example\"")),
              HasSubstr("must be a list of strings"));
  EXPECT_THAT(ErrorOf(With("server", "cors_origins = [1]")), HasSubstr("a list of strings"));
}

TEST(Config, Ranges) {
  EXPECT_THAT(ErrorOf(With("passwords", "argon2_memory_kib = 8191")), HasSubstr("8192"));
  EXPECT_EQ(ErrorOf(With("passwords", "argon2_memory_kib = 8192")), "");
  EXPECT_EQ(ErrorOf(With("tokens", "proof_ttl = 0")), "");
  EXPECT_THAT(ErrorOf(With("tokens", "proof_ttl = -1")), HasSubstr("tokens.proof_ttl"));
  EXPECT_THAT(ErrorOf(With("mariadb", "port = 65536")), HasSubstr("mariadb.port"));
  EXPECT_THAT(ErrorOf(With("nginx", "https_port = 0")), HasSubstr("nginx.https_port"));
  EXPECT_THAT(ErrorOf(With("nginx", "https_port = 80")), HasSubstr("must differ"));
}

TEST(Config, Choices) {
  EXPECT_EQ(ErrorOf(With("passwords", "algorithm = \"bcrypt\"")), "");
  EXPECT_THAT(ErrorOf(With("passwords", "algorithm = \"md5\"")), HasSubstr("argon2id|bcrypt"));
  EXPECT_NE(ErrorOf(With("passwords", "algorithm = \"argon2id|bcrypt\"")), "");
  EXPECT_NE(ErrorOf(With("passwords", "algorithm = \"\"")), "");
  EXPECT_NE(ErrorOf(With("server", "log_level = \"INFO\"")), "");
}

TEST(Config, MariaDbIsReachedOneWay) {
  const auto host = ParseConfig(With("mariadb", "host = \"db.example.com\""), "t");
  ASSERT_TRUE(host.ok());
  EXPECT_EQ(host->db_socket, "");
  EXPECT_NE(ErrorOf(With("mariadb", "host = \"db\"\nsocket = \"/run/x.sock\"")), "");
  EXPECT_EQ(ErrorOf(With("mariadb", "host = \"db\"\nsocket = \"\"")), "");
  EXPECT_NE(ErrorOf(With("mariadb", "socket = \"\"")), "");
}

TEST(Config, MailPasswordNeverTravelsInClear) {
  const std::string user = "smtp_user = \"u\"\nsmtp_password_file = \"/etc/p\"\n";
  EXPECT_NE(ErrorOf(With("mail", user + "smtp_url = \"smtp://mx.example.com:25\"")), "");
  EXPECT_EQ(ErrorOf(With("mail", user + "smtp_url = \"smtp://127.0.0.1:25\"")), "");
  EXPECT_EQ(ErrorOf(With("mail", user + "smtp_url = \"smtp://mx.example.com:587\"\n"
                                        "smtp_security = \"starttls\"")),
            "");
  EXPECT_NE(ErrorOf(With("mail", "smtp_url = \"smtps://mx.example.com:465\"")), "");
  EXPECT_NE(ErrorOf(With("mail", "smtp_security = \"tls\"")), "");
  EXPECT_NE(ErrorOf(With("mail", "smtp_user = \"u\"")), "");
  EXPECT_NE(ErrorOf(With("mail", "smtp_url = \"smtp://u:p@mx.example.com\"")), "");
}

TEST(Config, ValuesCannotCarryLinesOrNginxSyntax) {
  EXPECT_NE(ErrorOf(With("tokens", "issuer = \"a\\nb\"")), "");
  EXPECT_NE(ErrorOf(With("tokens", "issuer = \"a\\u0000b\"")), "");
  EXPECT_NE(ErrorOf(With("nginx", "tls_key = \"/etc/x; include /etc/passwd\"")), "");
  EXPECT_NE(ErrorOf(With("nginx", "tls_key = \"relative/key\"")), "");
  EXPECT_NE(ErrorOf(With("nginx", "tls_key = \"/etc/key.pem\"")), "");  // and no certificate
  EXPECT_NE(ErrorOf(With("nginx", "server_name = \"a b\"")), "");
  EXPECT_NE(ErrorOf(With("mail", "smtp_url = \"smtp://a\\r\\nQUIT\"")), "");
}

TEST(ConfigCheck, BaseUrl) {
  for (const char* good :
       {"https://auth.example.com", "https://localhost:8443", "http://localhost",
        "http://127.0.0.1:8080", "http://[::1]:80880", "https://[2001:db8::1]"}) {
    if (std::string_view(good) == "http://[::1]:80880") {
      EXPECT_NE(CheckBaseUrl(good), "") << good;
    } else {
      EXPECT_EQ(CheckBaseUrl(good), "") << good;
    }
  }
  for (const char* bad : {"",
                          "auth.example.com",
                          "ftp://a.example",
                          "https://",
                          "https://a.example/",
                          "https://a.example/auth",
                          "https://a.example?x",
                          "https://a.example#x",
                          "https://u@a.example",
                          "https://A.example",
                          "https://a_b.example",
                          "https://a..example",
                          "https://-a.example",
                          "https://a.example:0",
                          "https://a.example:65536",
                          "https://a.example:+1",
                          "https://a.example:",
                          "https://a.example:443",
                          "http://auth.example.com",
                          "http://127.evil.com",
                          "http://localhost.evil.com",
                          "https://*.example.com",
                          "https://[::1",
                          "https://a b",
                          "https://a.example\n"}) {
    EXPECT_NE(CheckBaseUrl(bad), "") << bad;
  }
}

// SPEC E2: exact origins and "*.example.com".
TEST(ConfigCheck, Origins) {
  for (const char* good : {"https://shop.example.com", "https://*.example.com",
                           "https://*.example.com:8443", "http://localhost:3000"}) {
    EXPECT_EQ(CheckOrigin(good), "") << good;
  }
  for (const char* bad : {"*", "null", "https://*", "https://*.com", "https://a.*.example.com",
                          "https://*example.com", "https://*.127.0.0.1", "http://shop.example.com",
                          "https://shop.example.com/", "https://shop.example.com:443"}) {
    EXPECT_NE(CheckOrigin(bad), "") << bad;
  }
}

TEST(ConfigCheck, Networks) {
  for (const char* good : {"127.0.0.1", "10.0.0.0/8", "::1", "fd00::/8", "0.0.0.0/0"}) {
    EXPECT_EQ(CheckNetwork(good), "") << good;
  }
  for (const char* bad : {"", "localhost", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0/8",
                          "::1/129", "1.2.3.4/8/8", "1.2.3.4;"}) {
    EXPECT_NE(CheckNetwork(bad), "") << bad;
  }
}

TEST(ConfigCheck, ServersSlugsAndAddresses) {
  EXPECT_EQ(CheckServer("/run/memcached.sock"), "");
  EXPECT_EQ(CheckServer("cache.internal:11211"), "");
  EXPECT_EQ(CheckServer("[::1]:11211"), "");
  EXPECT_NE(CheckServer("cache.internal"), "");
  EXPECT_NE(CheckServer("::1:11211"), "");
  EXPECT_EQ(CheckSlug("demo-1"), "");
  EXPECT_EQ(CheckSlug(std::string(63, 'a')), "");
  for (const std::string& bad : {std::string(64, 'a'), std::string("-a"), std::string("A"),
                                 std::string("a_b"), std::string("a.b")}) {
    EXPECT_NE(CheckSlug(bad), "") << bad;
  }
  EXPECT_EQ(CheckMailAddress("No.Reply+x@Example.com"), "");
  for (const char* bad :
       {"a", "@a", "a@", "a b@c.d", "a@b c", "<a@b.c>", "a@b.c,d@e.f", "a@b@c.d"}) {
    EXPECT_NE(CheckMailAddress(bad), "") << bad;
  }
}

TEST(SecretFile, FirstLineOfAPrivateFile) {
  const TempFolder folder;
  EXPECT_EQ(*ReadSecretFile(folder.Write("a", "hunter2\nrest\n")), "hunter2");
  EXPECT_EQ(*ReadSecretFile(folder.Write("b", "with spaces \r\n")), "with spaces ");
  EXPECT_EQ(*ReadSecretFile(folder.Write("c", "no newline")), "no newline");
  EXPECT_FALSE(ReadSecretFile(folder.Write("d", "\nsecond")).ok());
  EXPECT_FALSE(ReadSecretFile(folder.Path("missing")).ok());
  EXPECT_FALSE(ReadSecretFile(folder.path()).ok());
}

// DESIGN.md 7: fails closed on a file that others can read, and says neither secret nor length.
TEST(SecretFile, RefusedWhereOthersHaveAccess) {
  const TempFolder folder;
  for (const mode_t mode : {0640, 0604, 0620, 0601, 0666}) {
    const auto read = ReadSecretFile(folder.Write("s", "hunter2", mode));
    ASSERT_FALSE(read.ok()) << std::oct << mode;
    EXPECT_THAT(read.error().inner, AllOf(HasSubstr("0600"), Not(HasSubstr("hunter2"))));
  }
  EXPECT_TRUE(ReadSecretFile(folder.Write("s", "hunter2", 0400)).ok());
}

TEST(SecretFile, SystemdCredentialMayShowItsAclMask) {
  const TempFolder folder;
  ::setenv("CREDENTIALS_DIRECTORY", folder.path().c_str(), 1);
  EXPECT_TRUE(ReadSecretFile(folder.Write("s", "hunter2", 0440)).ok());
  EXPECT_FALSE(ReadSecretFile(folder.Write("s", "hunter2", 0444)).ok());
  EXPECT_FALSE(ReadSecretFile(folder.path() + "/../" +
                              std::filesystem::path(folder.path()).filename().string() + "/s")
                   .ok());
  ::unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_FALSE(ReadSecretFile(folder.Write("s", "hunter2", 0440)).ok());
}

}  // namespace
}  // namespace gatehouse
