#include "fcgi/run/config.h"

#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <variant>

#include "fcgi/base/secret.h"
#include "fcgi/run/config_check.h"
#include "fcgi/run/config_table.h"
#include "fcgi/run/private_file.h"

namespace gatehouse {
namespace {

constexpr std::string_view kProviderExample =
    R"(# Providers that every tenant offers; a tenant's settings add others.
#[[oauth.providers]]
#id = "corp"                # [a-z0-9][a-z0-9-]{0,31}; at the provider, register
#name = "Example Corp"      # {base_url}/auth/oauth/corp/callback as redirect URI
#type = "oidc"              # or "oauth2", with authorization_endpoint, token_endpoint and
#issuer = "https://id.example.com"   # userinfo_endpoint in place of the issuer
#client_id = "gatehouse"
#client_secret_file = "/etc/gatehouse/oauth-corp"   # mode 0600; none: a public client
#scopes = ["openid", "email", "profile"]
)";

std::string_view TypeName(ConfigType type) {
  switch (type) {
    case ConfigType::kString:
      return "a string";
    case ConfigType::kInteger:
      return "an integer";
    case ConfigType::kStringList:
      return "a list of strings";
  }
  return "";
}

// Collects what is wrong, in the order of the file's lines.
class Problems {
 public:
  explicit Problems(std::string name) : name_(std::move(name)) {}

  // `line` 0: nowhere in the file.
  void Add(std::uint32_t line, std::string_view key, std::string_view what) {
    std::string text = name_;
    if (line > 0) text += ":" + std::to_string(line);
    text += ": ";
    if (!key.empty()) text.append(key).append(" ");
    found_.emplace(line == 0 ? std::numeric_limits<std::uint32_t>::max() : line, text.append(what));
  }
  bool empty() const { return found_.empty(); }
  Error ToError() const {
    std::string all;
    for (const auto& [line, text] : found_) all.append(all.empty() ? "" : "\n").append(text);
    return MakeError(ErrorCode::kInternal, all);
  }

 private:
  std::string name_;
  std::multimap<std::uint32_t, std::string> found_;
};

std::string Excerpt(std::string_view value) {
  return "\"" + std::string(value.substr(0, 100)) + (value.size() > 100 ? "…\"" : "\"");
}

// What is wrong with one string, or "".
std::string StringProblem(const ConfigRow& row, const std::string& value) {
  if (value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
    return "holds a line break or a NUL";
  }
  if (value.empty()) {
    return row.may_be_empty ? "" : "must not be empty";
  }
  if (!row.choices.empty()) {
    const std::string all = "|" + std::string(row.choices) + "|";
    const bool plain = value.find('|') == std::string::npos;
    if (!plain || all.find("|" + value + "|") == std::string::npos) {
      return "is " + Excerpt(value) + "; it must be one of " + std::string(row.choices);
    }
  }
  if (row.check == nullptr) return "";
  const std::string problem = row.check(value);
  return problem.empty() ? "" : "is " + Excerpt(value) + ": " + problem;
}

// Puts one value into the configuration.
void Take(const ConfigRow& row, const toml::node& node, Config& config, Problems& problems) {
  const auto line = static_cast<std::uint32_t>(node.source().begin.line);
  const auto wrong_type = [&] {
    problems.Add(line, row.key.key, "must be " + std::string(TypeName(row.key.type)));
  };
  if (const auto* text = std::get_if<ConfigRow::StringMember>(&row.member)) {
    const auto* value = node.as_string();
    if (value == nullptr) return wrong_type();
    if (auto what = StringProblem(row, value->get()); !what.empty()) {
      return problems.Add(line, row.key.key, what);
    }
    config.** text = value->get();
  } else if (const auto* integer = std::get_if<ConfigRow::IntegerMember>(&row.member)) {
    const auto* value = node.as_integer();
    if (value == nullptr) return wrong_type();
    if (value->get() < row.low || value->get() > row.high) {
      return problems.Add(line, row.key.key,
                          "is " + std::to_string(value->get()) + "; it must be " +
                              std::to_string(row.low) + " to " + std::to_string(row.high));
    }
    config.** integer = value->get();
  } else if (const auto* list = std::get_if<ConfigRow::ListMember>(&row.member)) {
    const auto* array = node.as_array();
    if (array == nullptr) return wrong_type();
    std::vector<std::string> items;
    for (const auto& item : *array) {
      const auto* value = item.as_string();
      if (value == nullptr) return wrong_type();
      if (auto what = StringProblem(row, value->get()); !what.empty()) {
        problems.Add(static_cast<std::uint32_t>(item.source().begin.line), row.key.key, what);
      }
      items.push_back(value->get());
    }
    config.** list = std::move(items);
  }
}

void TakeDefault(const ConfigRow& row, Config& config) {
  Problems none("default");
  const auto parsed = toml::parse("v = " + std::string(row.key.fallback));
  Take(row, *parsed.table().get("v"), config, none);
}

// [[oauth.providers]]: the keys of API.md "Tenant settings", the secret in a file of its own.
void TakeProvider(const toml::table& table, Config& config, Problems& problems) {
  const auto line = static_cast<std::uint32_t>(table.source().begin.line);
  const std::string key = "oauth.providers";
  Config::Provider out;
  OAuthProvider& p = out.provider;
  std::string type;
  const std::map<std::string_view, std::string*> texts = {
      {"id", &p.id},
      {"name", &p.name},
      {"type", &type},
      {"issuer", &p.issuer},
      {"authorization_endpoint", &p.authorization_endpoint},
      {"token_endpoint", &p.token_endpoint},
      {"userinfo_endpoint", &p.userinfo_endpoint},
      {"client_id", &p.client_id},
      {"client_secret_file", &out.client_secret_file}};
  for (const auto& [name, node] : table) {
    const auto found = texts.find(name.str());
    if (found != texts.end() && node.is_string()) {
      *found->second = node.as_string()->get();
    } else if (name.str() == "scopes" && node.is_array()) {
      for (const auto& scope : *node.as_array()) {
        p.scopes.push_back(scope.is_string() ? scope.as_string()->get() : std::string());
      }
    } else {
      problems.Add(line, key,
                   "has a member that is not known, or is no string: " + std::string(name.str()));
      return;
    }
  }
  if (type != "oidc" && type != "oauth2") {
    problems.Add(line, key, "needs a type: oidc or oauth2");
    return;
  }
  p.type = type == "oidc" ? OAuthType::kOidc : OAuthType::kOAuth2;
  for (const auto& problem : ProblemsOf(p, config.OAuthLoopback())) {
    problems.Add(line, key, Excerpt(p.id) + ": " + problem.field + " " + problem.what);
  }
  if (!out.client_secret_file.empty() && !CheckAbsolutePath(out.client_secret_file).empty()) {
    problems.Add(line, key, Excerpt(p.id) + ": client_secret_file must be an absolute path");
  }
  for (const auto& other : config.oauth_providers) {
    if (other.provider.id == p.id) problems.Add(line, key, "has two by the id " + Excerpt(p.id));
  }
  config.oauth_providers.push_back(std::move(out));
}

void TakeProviders(const toml::node& node, Config& config, Problems& problems) {
  const auto* array = node.as_array();
  const auto line = static_cast<std::uint32_t>(node.source().begin.line);
  if (array == nullptr) return problems.Add(line, "oauth.providers", "must be a list of tables");
  for (const auto& item : *array) {
    const auto* table = item.as_table();
    if (table == nullptr) return problems.Add(line, "oauth.providers", "must be a list of tables");
    TakeProvider(*table, config, problems);
  }
}

// Rules between keys.
void CheckTogether(Config& c, const std::set<std::string, std::less<>>& given, Problems& problems) {
  if (!c.db_host.empty()) {
    if (given.contains("mariadb.socket") && !c.db_socket.empty()) {
      problems.Add(0, "mariadb.host", "and mariadb.socket are both set; one of them is enough");
    }
    c.db_socket.clear();
  } else if (c.db_socket.empty()) {
    problems.Add(0, "mariadb.socket", "or mariadb.host must be set");
  }
  if (c.verify_socket == c.account_socket) {
    problems.Add(0, "server.verify_socket", "and server.account_socket must differ");
  }
  if (c.smtp_url.starts_with("smtps://") != (c.smtp_security == "tls")) {
    problems.Add(0, "mail.smtp_security", "\"tls\" and smtps:// go together, or neither");
  }
  if (!c.smtp_user.empty()) {
    if (c.smtp_security == "none" && !IsLoopbackHost(HostOf(c.smtp_url))) {
      problems.Add(0, "mail.smtp_security",
                   "must be starttls or tls: \"none\" would send the password in clear text");
    }
    if (c.smtp_password_file.empty()) {
      problems.Add(0, "mail.smtp_password_file", "is needed where there is a mail.smtp_user");
    }
  }
  if (c.listen.empty()) problems.Add(0, "nginx.listen", "must name an address");
  if (c.https_port == c.http_port) {
    problems.Add(0, "nginx.http_port", "and nginx.https_port must differ");
  }
  if (c.tls_certificate.empty() != c.tls_key.empty()) {
    problems.Add(0, "nginx.tls_certificate", "and nginx.tls_key go together, or neither");
  }
  if (c.server_name.empty()) c.server_name = std::string(HostOf(c.base_url));
}

}  // namespace

std::span<const ConfigKey> ConfigTable() {
  static const std::vector<ConfigKey> keys = [] {
    std::vector<ConfigKey> out;
    for (const ConfigRow& row : ConfigRows()) out.push_back(row.key);
    return out;
  }();
  return keys;
}

Result<Config> ParseConfig(std::string_view text, const std::string& name) {
  Problems problems(name);
  const auto parsed = toml::parse(text, name);
  if (!parsed) {
    const auto& error = parsed.error();
    problems.Add(static_cast<std::uint32_t>(error.source().begin.line), "", error.description());
    return problems.ToError();
  }

  std::map<std::string, const toml::node*, std::less<>> found;
  for (const auto& [section, node] : parsed.table()) {
    const auto line = static_cast<std::uint32_t>(node.source().begin.line);
    const auto* table = node.as_table();
    const std::string prefix = std::string(section.str()) + ".";
    const bool known =
        std::any_of(ConfigRows().begin(), ConfigRows().end(),
                    [&](const ConfigRow& row) { return row.key.key.starts_with(prefix); });
    if (!known || table == nullptr) {
      problems.Add(line, section.str(), known ? "must be a table" : "is not known");
      continue;
    }
    for (const auto& [key, value] : *table) {
      found.emplace(prefix + std::string(key.str()), &value);
    }
  }

  Config config{};
  std::set<std::string, std::less<>> given;
  for (const ConfigRow& row : ConfigRows()) {
    const auto it = found.find(row.key.key);
    if (it == found.end()) {
      if (row.key.fallback.empty()) {
        problems.Add(0, row.key.key, "is missing");
      } else {
        TakeDefault(row, config);
      }
      continue;
    }
    Take(row, *it->second, config, problems);
    given.insert(it->first);
    found.erase(it);
  }
  // After the other keys: what a provider's URL may be depends on one of them.
  if (const auto it = found.find(std::string_view("oauth.providers")); it != found.end()) {
    TakeProviders(*it->second, config, problems);
    found.erase(it);
  }
  for (const auto& [key, node] : found) {
    problems.Add(static_cast<std::uint32_t>(node->source().begin.line), key, "is not known");
  }
  // Rules between keys mean nothing while a key by itself is wrong.
  if (problems.empty()) CheckTogether(config, given, problems);
  if (!problems.empty()) return problems.ToError();
  return config;
}

Result<Config> LoadConfig(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return MakeError(ErrorCode::kInternal, path + ": cannot be read");
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (in.bad()) return MakeError(ErrorCode::kInternal, path + ": cannot be read");
  return ParseConfig(text, path);
}

std::string ConfigExample() {
  std::string out =
      "# Gatehouse. Every key with its default; a line that begins with # changes nothing.\n"
      "# `gatehouse config check` says what is wrong with a file.\n";
  std::string_view section;
  for (const ConfigRow& row : ConfigRows()) {
    const auto dot = row.key.key.find('.');
    if (row.key.key.substr(0, dot) != section) {
      section = row.key.key.substr(0, dot);
      out.append("\n[").append(section).append("]\n");
    }
    out.append("# ").append(row.key.description).append("\n");
    const bool required = row.key.fallback.empty();
    out.append(required ? "" : "#").append(row.key.key.substr(dot + 1)).append(" = ");
    out.append(required ? row.example : row.key.fallback).append("\n");
    if (row.key.key == "oauth.waiting") out.append(kProviderExample);
  }
  return out;
}

Result<std::string> ReadSecretFile(const std::string& path) {
  GH_ASSIGN(std::string text, ReadPrivateFile(path));
  const Secret whole(std::move(text));
  auto line = whole.Reveal().substr(0, whole.Reveal().find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty()) return MakeError(ErrorCode::kInternal, path + ": its first line is empty");
  return std::string(line);
}

}  // namespace gatehouse
