// What nginx refuses itself: by which methods it knows a path, and that no snippet hides its error
// pages (SPEC E4; API.md "Order of checks"). Under a real nginx: tests/e2e/test_edge_refusals.py.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "handlers/nginx_config.h"
#include "handlers/routes.h"

namespace gatehouse {
namespace {

Config TestConfig() {
  Config config{};
  config.base_url = "https://auth.example.test";
  config.verify_socket = "/run/verify.sock";
  config.account_socket = "/run/account.sock";
  config.listen = {"127.0.0.1"};
  config.https_port = 443;
  config.http_port = 80;
  config.tls_certificate = "/etc/tls.crt";
  config.tls_key = "/etc/tls.key";
  return config;
}

// From the line that is `head` to the first that is `end`.
std::vector<std::string> Block(const std::string& text, const std::string& head,
                               const std::string& end) {
  std::vector<std::string> lines;
  std::istringstream all(text);
  bool inside = false;
  for (std::string line; std::getline(all, line);) {
    if (inside && line == end) return lines;
    if (inside) lines.push_back(line);
    inside = inside || line == head;
  }
  ADD_FAILURE() << "no " << head;
  return lines;
}

// `map $uri $gatehouse_methods`, read as nginx does: the first regular expression that matches.
class AllowMap {
 public:
  AllowMap() {
    const std::regex row(R"re(^    "~(.*)" "(.*)";$)re");
    for (const std::string& line :
         Block(NginxHttpConfig(TestConfig()), "map $uri $gatehouse_methods {", "}")) {
      std::smatch found;
      if (!std::regex_match(line, found, row)) continue;
      std::string pattern = found[1];
      // The end of the text, which is `$` here.
      for (std::size_t at; (at = pattern.find("\\z")) != std::string::npos;) {
        pattern.replace(at, 2, "$");
      }
      rows_.emplace_back(std::regex(pattern), found[2]);
    }
  }

  std::string Of(const std::string& path) const {
    for (const auto& [pattern, allow] : rows_) {
      if (std::regex_search(path, pattern)) return allow;
    }
    return "default";
  }

 private:
  std::vector<std::pair<std::regex, std::string>> rows_;
};

TEST(NginxRefusalsTest, E4NginxKnowsTheMethodsOfAPathAsTheWorkersDo) {
  const AllowMap map;
  const std::string id = "01890a5d-ac96-774b-bcce-b302099a8057";
  const std::string segments[] = {id,         "01890A5D-AC96-774B-BCCE-B302099A8057",
                                  id + "0",   id.substr(1),
                                  "zzz",      "01890a5dac96774bbcceb302099a8057",
                                  "",         "{id}",
                                  "a:b:c",    "sales:order:edit",
                                  "a:b:own",  "a:b:owner",
                                  "a:b",      "a:b:c:own",
                                  "a:b:c:d",  "A:b:c",
                                  "a:b:*",    std::string(60, 'a') + ":b:c",
                                  "a::c",     std::string(61, 'a') + ":b:c",
                                  "corp-1",   "-corp",
                                  "Corp",     std::string(33, 'a'),
                                  "corp_1",   std::string(32, 'a'),
                                  "providers"};
  for (const Route& route : Routes()) {
    const std::string path(route.path);
    const std::size_t open = path.find('{');
    for (const std::string& segment : segments) {
      std::string full = path;
      if (open != std::string::npos) {
        full.replace(open, path.find('}') - open + 1, segment);
      }
      for (const std::string& asked : {full, full + "/", full + "x", "x" + full, "/auth" + full}) {
        if (!asked.starts_with("/auth/") && asked != "/.well-known/jwks.json") continue;
        EXPECT_EQ(map.Of(asked), FindRoute("GET", asked).allow) << asked;
      }
    }
  }
  EXPECT_EQ(map.Of("/auth/ui/sign-in"), "GET, HEAD");
  EXPECT_EQ(map.Of("/demo/"), "default");
}

// An error_page in a location hides all that are around it.
TEST(NginxRefusalsTest, E4ThePagesAnswerErrorsAsTheRestDoes) {
  std::ifstream file(GATEHOUSE_SOURCE_DIR "/nginx/snippets/pages.conf");
  const std::string snippet((std::istreambuf_iterator<char>(file)), {});
  const auto pages = Block(snippet, "location ^~ /auth/ui/ {", "}");
  int found = 0;
  for (const std::string& line :
       Block(NginxServerConfig(TestConfig()), "location ^~ /auth/ {", "}")) {
    if (!line.starts_with("    error_page ")) continue;
    ++found;
    EXPECT_NE(std::find(pages.begin(), pages.end(), line), pages.end()) << line;
  }
  EXPECT_GE(found, 8);
}

TEST(NginxRefusalsTest, E1RedirectsFromHttpAreNumberedAndNotStored) {
  const std::string headers =
      "    add_header X-Request-Id $request_id always;\n"
      "    add_header Cache-Control \"no-store\" always;\n"
      "    return 308 \"https://auth.example.test$request_uri\";\n";
  EXPECT_NE(NginxHttpConfig(TestConfig()).find(headers), std::string::npos);
  EXPECT_NE(NginxServerConfig(TestConfig()).find(headers), std::string::npos);
}

}  // namespace
}  // namespace gatehouse
