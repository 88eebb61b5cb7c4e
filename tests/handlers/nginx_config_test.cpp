// The generated configuration under a real nginx, with a FastCGI server that records what it is
// asked (SPEC E1, E2, E4, E6, L5, R7; FACTS "nginx to FastCGI").
#include "handlers/nginx_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "handlers/nginx_text.h"
#include "tests/support/fastcgi_responder.h"

namespace gatehouse {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using testing::FastCgiParams;
using testing::FastCgiResponder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

constexpr Route Row(std::string_view method, std::string_view path, Pool pool, Rate rate,
                    std::size_t body_limit = 65536) {
  return {method,      path,       Auth::kAnyone, "",      pool,    rate,
          Seconds(1),  body_limit, nullptr,       nullptr, nullptr, 200,
          Gate::kFull, false,      false,         nullptr, ""};
}

constexpr Route kRows[] = {
    Row("GET", "/auth/verify", Pool::kVerify, Rate::kNone, 0),
    Row("GET", "/auth/health", Pool::kVerify, Rate::kNone, 0),
    Row("GET", "/auth/session", Pool::kVerify, Rate::kSession, 0),
    Row("POST", "/auth/login", Pool::kAccount, Rate::kSignIn),
    Row("GET", "/auth/me", Pool::kAccount, Rate::kSession, 0),
    Row("PATCH", "/auth/me", Pool::kAccount, Rate::kSession, 1000),
    Row("GET", "/auth/users/{id}", Pool::kAccount, Rate::kSession, 0),
    Row("GET", "/auth/users/{id}/sessions", Pool::kVerify, Rate::kSession, 0),
    Row("GET", "/.well-known/jwks.json", Pool::kVerify, Rate::kNone, 0),
};

Config TestConfig(const std::string& folder) {
  Config config{};
  config.base_url = "https://auth.example.test:8443";
  config.verify_socket = folder + "/verify.sock";
  config.account_socket = folder + "/account.sock";
  config.cors_origins = {"https://app.example.test", "https://*.apps.example.test",
                         "https://" + std::string(60, 'a') + ".example.test", "*", "null"};
  config.trusted_proxies = {"unix:"};
  return config;
}

// Status line and headers as they came, and the body.
struct Answer {
  int status = 0;
  std::string head;
  std::string body;

  std::vector<std::string> All(const std::string& name) const {
    std::vector<std::string> values;
    std::istringstream lines(head);
    for (std::string line; std::getline(lines, line);) {
      if (line.size() > name.size() && strncasecmp(line.c_str(), name.c_str(), name.size()) == 0 &&
          line[name.size()] == ':') {
        values.push_back(line.substr(name.size() + 2, line.size() - name.size() - 3));
      }
    }
    return values;
  }
  std::string One(const std::string& name) const {
    const std::vector<std::string> values = All(name);
    return values.size() == 1 ? values[0] : "(" + std::to_string(values.size()) + " of them)";
  }
};

// What a careless site may have around our locations.
constexpr char kSite[] = R"(
include http.conf;
access_log access.log gatehouse;
fastcgi_intercept_errors on;
fastcgi_param HTTP_X_FROM_SITE 1;
add_header X-Site 1;
server {
    listen unix:@DIR@/web.sock;
    include server.conf;
    error_page 502 =200 /site-error;
    location ~ \.php$ { return 200 php; }
    location ~ ^/ { return 200 site; }
    location ^~ /files/ {
        set $gatehouse_require_permission "sales:order:view";
        set $gatehouse_require_role "Clerk,Chief";
        include @SNIPPETS@protect-static.conf;
        alias files/;
        location ~ \.js$ { expires 1d; }
        location ~ \.php$ {
            set $gatehouse_require_permission "sales:order:edit";
            include @SNIPPETS@protect-php-fpm.conf;
            fastcgi_pass unix:@DIR@/php.sock;
        }
    }
    location ^~ /skipped/ {
        rewrite ^ /files/a.txt break;
        set $gatehouse_require_permission "sales:order:view";
        include @SNIPPETS@protect-static.conf;
    }
    location ^~ /bare/ { auth_request /_gatehouse/verify; }
    location ^~ /people/ {
        include @SNIPPETS@sign-in-redirect.conf;
        include @SNIPPETS@protect-static.conf;
        alias files/;
    }
    location ^~ /php/ {
        set $gatehouse_allow_roleless on;
        include @SNIPPETS@protect-php-fpm.conf;
        fastcgi_pass unix:@DIR@/php.sock;
    }
    location ^~ /app/ {
        include @SNIPPETS@protect-proxy.conf;
        proxy_pass http://unix:@DIR@/back.sock;
    }
}
server {
    listen unix:@DIR@/back.sock;
    location /app/own/ {
        add_header Set-Cookie "own=1; Path=/" always;
        add_header Set-Cookie "two=2" always;
        return 404 "own page";
    }
    location / {
        return 200 "$http_remote_user|$http_x_auth_email|$http_x_auth_roles|$http_x_auth_error";
    }
}
)";

class NginxTest : public ::testing::Test {
 protected:
  static FastCgiResponder::Answer Says(const std::string& text) {
    return [text](const FastCgiParams&) { return text; };
  }

  void SetUp() override {
    WriteConfig();
    nginx_ = std::make_unique<testing::Process>(
        std::vector<std::string>{"/usr/sbin/nginx", "-p", dir_.path(), "-e", dir_.File("error.log"),
                                 "-c", dir_.File("nginx.conf")},
        dir_.File("output.log"));
    if (!nginx_->WaitForListener(dir_.File("web.sock"), std::chrono::seconds(10))) {
      std::ifstream log(dir_.File("output.log"));
      FAIL() << std::string(std::istreambuf_iterator<char>(log), {});
    }
  }

  void WriteConfig() {
    const std::string snippets = GATEHOUSE_SOURCE_DIR "/nginx/snippets/";
    const Config config = TestConfig(dir_.path());
    std::ofstream(dir_.File("http.conf")) << NginxHttpConfig(config);
    std::ofstream(dir_.File("server.conf")) << NginxServerConfig(config, kRows);
    std::filesystem::create_directory(dir_.File("files"));
    std::ofstream(dir_.File("files/a.txt")) << "secret file";
    std::ofstream out(dir_.File("nginx.conf"));
    out << "daemon off; master_process off; pid nginx.pid;\nevents { worker_connections 256; }\n"
        << "http {\n";
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      out << kind << "_temp_path temp_" << kind << ";\n";
    }
    std::string site(kSite);
    for (const auto& [from, to] :
         {std::pair<std::string, std::string>{"@SNIPPETS@", snippets}, {"@DIR@", dir_.path()}}) {
      for (std::size_t at; (at = site.find(from)) != std::string::npos;) {
        site.replace(at, from.size(), to);
      }
    }
    out << site << "}\n";
  }

  // One request on a connection of its own; `headers` are whole lines.
  Answer Ask(const std::string& request_line, const std::vector<std::string>& headers = {},
             const std::string& body = {}) {
    std::string text = request_line + " HTTP/1.0\r\nHost: any.example\r\nConnection: close\r\n";
    for (const std::string& header : headers) text += header + "\r\n";
    if (!body.empty()) text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return Exchange(text + "\r\n" + body);
  }

  Answer Exchange(const std::string& text) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = dir_.File("web.sock");
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
      testing::Die("connect");
    }
    send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    std::string all;
    char buffer[4096];
    for (ssize_t got; (got = recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
      all.append(buffer, static_cast<std::size_t>(got));
    }
    close(fd);
    Answer answer;
    const std::size_t end = all.find("\r\n\r\n");
    if (all.size() > 12 && end != std::string::npos) {
      answer.status = std::atoi(all.c_str() + 9);
      answer.head = all.substr(0, end + 2);
      answer.body = all.substr(end + 4);
    }
    return answer;
  }

  static void ExpectProblem(const Answer& answer, int status, const std::string& code) {
    EXPECT_EQ(answer.status, status) << answer.head;
    EXPECT_EQ(answer.One("Content-Type"), "application/problem+json");
    EXPECT_THAT(answer.body, HasSubstr("\"code\":\"" + code + "\"")) << answer.body;
    EXPECT_THAT(answer.body, HasSubstr("\"status\":" + std::to_string(status) + ","));
    EXPECT_THAT(answer.body, HasSubstr("\"type\":\"urn:gatehouse:error:" + code + "\""));
    EXPECT_THAT(answer.body, HasSubstr("\"request_id\":\"" + answer.One("X-Request-Id") + "\""));
    EXPECT_EQ(answer.One("Cache-Control"), "no-store");
    EXPECT_EQ(answer.One("X-Content-Type-Options"), "nosniff");
  }

  testing::TempDir dir_;
  FastCgiResponder verify_{dir_.File("verify.sock"), Says("Status: 204\r\n\r\n")};
  FastCgiResponder account_{dir_.File("account.sock"), Says("Status: 204\r\n\r\n")};
  FastCgiResponder php_{dir_.File("php.sock"), Says("Status: 200\r\n\r\nphp page")};
  std::unique_ptr<testing::Process> nginx_;
};

TEST_F(NginxTest, RoutesGoToTheirPoolAndNothingOfTheSiteComesBetween) {
  EXPECT_EQ(Ask("GET /auth/session?x=1").status, 204);
  EXPECT_EQ(Ask("GET /auth/users/0190c0de/sessions").status, 204);
  EXPECT_EQ(Ask("GET /auth/no/such.php").status, 204);  // the worker's to refuse
  EXPECT_EQ(Ask("GET /.well-known/jwks.json").status, 204);
  const auto verify = verify_.Seen();
  ASSERT_EQ(verify.size(), 4U);
  EXPECT_EQ(verify[0].at("DOCUMENT_URI"), "/auth/session");
  EXPECT_EQ(verify[0].at("QUERY_STRING"), "x=1");
  EXPECT_EQ(verify[2].at("DOCUMENT_URI"), "/auth/no/such.php");

  EXPECT_EQ(Ask("POST /auth/login", {}, "{}").status, 204);
  EXPECT_EQ(Ask("GET /auth/users/0190c0de").status, 204);
  EXPECT_EQ(Ask("GET /auth/x/..//me").status, 204);
  const auto account = account_.Seen();
  ASSERT_EQ(account.size(), 3U);
  EXPECT_EQ(account[0].at("CONTENT_LENGTH"), "2");
  EXPECT_EQ(account[2].at("DOCUMENT_URI"), "/auth/me");
}

TEST_F(NginxTest, WholeRouteTableIsAccepted) {
  std::ofstream(dir_.File("server.conf")) << NginxServerConfig(TestConfig(dir_.path()));
  const std::string log = dir_.File("check.log");
  testing::Process check({"/usr/sbin/nginx", "-t", "-p", dir_.path(), "-e", dir_.File("error.log"),
                          "-c", dir_.File("nginx.conf")},
                         log);
  EXPECT_EQ(check.Wait(), 0) << (std::stringstream() << std::ifstream(log).rdbuf()).str();
}

TEST_F(NginxTest, OnlyTheNamedParametersReachAWorker) {
  Ask("GET /auth/session",
      {"X-Request-Id: mine", "Proxy: evil", "X-Forwarded-Host: evil", "Remote-User: root",
       "Gatehouse-Tenant: acme", "GATEHOUSE_ALLOW_ROLELESS: on", "Authorization: Bearer t",
       "Cookie: a=1", "Cookie: b=2", "X-CSRF-Token: c", "Idempotency-Key: i"});
  ASSERT_EQ(verify_.Seen().size(), 1U);
  const FastCgiParams params = verify_.Seen()[0];
  EXPECT_EQ(params.at("REQUEST_ID").size(), 32U);
  EXPECT_EQ(params.at("HTTP_AUTHORIZATION"), "Bearer t");
  EXPECT_EQ(params.at("HTTP_COOKIE"), "a=1; b=2");
  EXPECT_EQ(params.at("HTTP_X_CSRF_TOKEN"), "c");
  EXPECT_EQ(params.at("HTTP_IDEMPOTENCY_KEY"), "i");
  for (const auto& [name, value] : params) {
    EXPECT_THAT(value, Not(HasSubstr("evil"))) << name;
    EXPECT_THAT(value, Not(HasSubstr("mine"))) << name;
    EXPECT_THAT(name, Not(HasSubstr("REMOTE_USER")));
    EXPECT_THAT(name, Not(StartsWith("GATEHOUSE_")));
    EXPECT_NE(name, "HTTP_X_FROM_SITE");
    EXPECT_NE(name, "HTTP_HOST");
  }
}

// R7: the requirement comes from the location, and reaches the subrequest.
TEST_F(NginxTest, RequirementReachesTheSubrequestAndNoClientCanSetIt) {
  const Answer answer =
      Ask("POST /files/a.txt?permission=a:b:c",
          {"GATEHOUSE_REQUIRE_PERMISSION: none", "Gatehouse-Require-Permission: none",
           "GATEHOUSE-ALLOW-ROLELESS: on", "Content-Type: text/plain"},
          "body");
  EXPECT_EQ(answer.status, 405);  // a file takes no POST; it was asked about all the same
  ASSERT_EQ(verify_.Seen().size(), 1U);
  const FastCgiParams params = verify_.Seen()[0];
  EXPECT_THAT(params, Contains(Pair("GATEHOUSE_REQUIRE_PERMISSION", "sales:order:view")));
  EXPECT_THAT(params, Contains(Pair("GATEHOUSE_REQUIRE_ROLE", "Clerk,Chief")));
  EXPECT_THAT(params, Not(Contains(Key("GATEHOUSE_ALLOW_ROLELESS"))));
  EXPECT_EQ(params.at("DOCUMENT_URI"), "/auth/verify");
  EXPECT_EQ(params.at("REQUEST_METHOD"), "GET");
  EXPECT_THAT(params, Not(Contains(Key("QUERY_STRING"))));
  EXPECT_THAT(params, Not(Contains(Key("CONTENT_LENGTH"))));
  EXPECT_THAT(params, Not(Contains(Key("CONTENT_TYPE"))));

  verify_.Set(Says("Status: 204\r\n\r\n"));
  Ask("GET /php/x");
  EXPECT_THAT(verify_.Seen().at(0), Contains(Pair("GATEHOUSE_ALLOW_ROLELESS", "on")));
  EXPECT_THAT(verify_.Seen().at(0), Not(Contains(Key("GATEHOUSE_REQUIRE_PERMISSION"))));

  verify_.Set(Says("Status: 204\r\n\r\n"));
  Ask("GET /auth/verify?permission=a:b:c", {"GATEHOUSE_REQUIRE_PERMISSION: none"});
  EXPECT_THAT(verify_.Seen().at(0), Not(Contains(Key("GATEHOUSE_REQUIRE_PERMISSION"))));
  EXPECT_EQ(verify_.Seen().at(0).at("QUERY_STRING"), "permission=a:b:c");
}

// R7: nginx inherits the question, and nothing that is set.
TEST_F(NginxTest, LocationThatIncludesNoSnippetIsShut) {
  for (const std::string path : {"/files/a.js", "/skipped/a.txt"}) {
    ExpectProblem(Ask("GET " + path), 403, "permission_denied");
  }
  EXPECT_EQ(Ask("GET /bare/a.txt", {"Gatehouse-Gate: on", "Cookie: gatehouse_gate=on"}).status,
            403);
  EXPECT_THAT(verify_.Seen(), IsEmpty());

  EXPECT_EQ(Ask("GET /files/a.php").body, "php page");
  ASSERT_EQ(verify_.Seen().size(), 1U);
  EXPECT_THAT(verify_.Seen()[0],
              Contains(Pair("GATEHOUSE_REQUIRE_PERMISSION", "sales:order:edit")));
  EXPECT_THAT(verify_.Seen()[0], Not(Contains(Key("GATEHOUSE_REQUIRE_ROLE"))));
}

TEST_F(NginxTest, InternalLocationsAreClosedToClients) {
  for (const char* path :
       {"/_gatehouse/verify", "/_gatehouse/error/401", "/_gatehouse/preflight"}) {
    EXPECT_EQ(Ask(std::string("GET ") + path).status, 404) << path;
  }
  EXPECT_THAT(verify_.Seen(), IsEmpty());
}

TEST_F(NginxTest, ProtectedFileIsServedOnlyToWhomTheWorkerLetsIn) {
  verify_.Set(
      Says("Status: 204\r\nSet-Cookie: __Host-gatehouse_access=new; Path=/\r\n"
           "X-Renewed-Token: renewed\r\nRemote-User: ann@example.test\r\n\r\n"));
  const Answer let_in = Ask("GET /files/a.txt");
  EXPECT_EQ(let_in.status, 200);
  EXPECT_EQ(let_in.body, "secret file");
  EXPECT_EQ(let_in.One("Set-Cookie"), "__Host-gatehouse_access=new; Path=/");
  EXPECT_EQ(let_in.One("X-Renewed-Token"), "renewed");
  EXPECT_EQ(let_in.One("Cache-Control"), "private, no-cache");

  verify_.Set(Says("Status: 401\r\nWWW-Authenticate: Bearer\r\n\r\n"));
  const Answer unknown = Ask("GET /files/a.txt");
  ExpectProblem(unknown, 401, "authentication_required");
  EXPECT_EQ(unknown.One("WWW-Authenticate"), "Bearer");

  verify_.Set(Says("Status: 401\r\nWWW-Authenticate: Bearer error=\"invalid_token\"\r\n\r\n"));
  const Answer bad = Ask("GET /files/a.txt");
  ExpectProblem(bad, 401, "invalid_token");
  EXPECT_EQ(bad.One("WWW-Authenticate"), "Bearer error=\"invalid_token\"");

  verify_.Set(Says("Status: 403\r\n\r\n"));
  ExpectProblem(Ask("GET /files/a.txt"), 403, "permission_denied");
  verify_.Set(Says("Status: 403\r\nX-Auth-Error: no_role_assigned\r\n\r\n"));
  ExpectProblem(Ask("GET /files/a.txt", {"X-Auth-Error: permission_denied"}), 403,
                "no_role_assigned");
}

// T7, FACTS: a renewed token reaches the visitor beside whatever cookies the site itself sets;
// where none is renewed, no empty header goes out.
TEST_F(NginxTest, RenewedTokensPassBesideTheSitesOwnCookies) {
  php_.Set(Says("Status: 404\r\nSet-Cookie: own=1; Path=/\r\nSet-Cookie: two=2\r\n\r\nown page"));
  const std::string renewed = "__Host-gatehouse_access=new; Path=/; Max-Age=60; Secure; HttpOnly";
  for (const std::string path : {"/php/own/x", "/app/own/x"}) {
    verify_.Set(Says("Status: 204\r\nSet-Cookie: " + renewed + "\r\n\r\n"));
    const Answer by_cookie = Ask("GET " + path);
    EXPECT_EQ(by_cookie.status, 404) << path;
    EXPECT_EQ(by_cookie.body, "own page");
    EXPECT_THAT(by_cookie.All("Set-Cookie"),
                ::testing::UnorderedElementsAre("own=1; Path=/", "two=2", renewed));
    EXPECT_THAT(by_cookie.All("X-Renewed-Token"), IsEmpty());

    verify_.Set(Says("Status: 204\r\nX-Renewed-Token: renewed\r\n\r\n"));
    const Answer by_bearer = Ask("GET " + path);
    EXPECT_THAT(by_bearer.All("Set-Cookie"),
                ::testing::UnorderedElementsAre("own=1; Path=/", "two=2"));
    EXPECT_EQ(by_bearer.One("X-Renewed-Token"), "renewed");

    verify_.Set(Says("Status: 204\r\n\r\n"));
    const Answer neither = Ask("GET " + path);
    EXPECT_THAT(neither.All("Set-Cookie"),
                ::testing::UnorderedElementsAre("own=1; Path=/", "two=2"));
    EXPECT_THAT(neither.All("X-Renewed-Token"), IsEmpty());
  }
  const Answer file = Ask("GET /files/a.txt");
  EXPECT_THAT(file.All("Set-Cookie"), IsEmpty());
  EXPECT_THAT(file.All("X-Renewed-Token"), IsEmpty());
}

// DESIGN 6: no answer is no permission, even where the site has an error_page that says 200.
TEST_F(NginxTest, ProtectedSiteFailsClosed) {
  for (const char* text : {"Status: 503\r\n\r\n", "Status: 302\r\nLocation: /\r\n\r\n",
                           "Status: 404\r\n\r\n", "garbage"}) {
    verify_.Set(Says(text));
    const Answer answer = Ask("GET /files/a.txt");
    ExpectProblem(answer, 503, "unavailable");
    EXPECT_EQ(answer.One("Retry-After"), "5");
  }
  verify_.Set([](const FastCgiParams&) { return std::nullopt; });
  ExpectProblem(Ask("GET /files/a.txt"), 503, "unavailable");
  EXPECT_EQ(verify_.Seen().size(), 2U) << "a question whose worker died is asked once more";
}

TEST_F(NginxTest, PeopleAreSentToTheSignInPage) {
  verify_.Set(Says("Status: 401\r\nWWW-Authenticate: Bearer\r\n\r\n"));
  const Answer answer = Ask("GET /people/a.txt?b=c&d=%0d%0aX-Evil:1");
  EXPECT_EQ(answer.status, 302);
  EXPECT_EQ(answer.One("Location"), "/auth/ui/#return_to=/people/a.txt?b=c&d=%0d%0aX-Evil:1");
}

constexpr char kAnn[] =
    "Status: 204\r\nRemote-User: ann@example.test\r\nX-Auth-Email: ann@example.test\r\n"
    "X-Auth-User-Id: 7\r\n\r\n";

TEST_F(NginxTest, PhpSeesTheVerifiedPersonInsteadOfTheClaimedOne) {
  verify_.Set(Says(kAnn));
  const Answer answer =
      Ask("GET /php/x", {"Remote-User: root", "X-Auth-Email: root", "X-Auth-Roles: Administrator",
                         "X-Auth-Tenant: other", "X-Auth-Error: x", "Proxy: evil"});
  EXPECT_EQ(answer.body, "php page");
  ASSERT_EQ(php_.Seen().size(), 1U);
  const FastCgiParams params = php_.Seen()[0];
  EXPECT_EQ(params.at("REMOTE_USER"), "ann@example.test");
  EXPECT_EQ(params.at("HTTP_REMOTE_USER"), "ann@example.test");
  EXPECT_EQ(params.at("HTTP_X_AUTH_EMAIL"), "ann@example.test");
  EXPECT_EQ(params.at("HTTP_X_AUTH_USER_ID"), "7");
  EXPECT_EQ(params.at("HTTP_X_AUTH_ROLES"), "");
  EXPECT_EQ(params.at("HTTP_X_AUTH_TENANT"), "");
  EXPECT_THAT(params, Not(Contains(Key("HTTP_PROXY"))));
  EXPECT_THAT(params, Not(Contains(Key("HTTP_X_AUTH_ERROR"))));
}

TEST_F(NginxTest, ProxiedApplicationSeesTheVerifiedPersonInsteadOfTheClaimedOne) {
  verify_.Set(Says(kAnn));
  const Answer answer = Ask("GET /app/x", {"Remote-User: root", "X-Auth-Email: root",
                                           "X-Auth-Roles: Administrator", "X-Auth-Error: x"});
  EXPECT_EQ(answer.body, "ann@example.test|ann@example.test||");
}

TEST_F(NginxTest, CorsForListedOriginsOnly) {  // E2
  account_.Set(Says("Status: 401\r\nContent-Type: application/problem+json\r\n\r\n{}"));
  for (const char* origin : {"https://app.example.test", "https://a.apps.example.test",
                             "https://a.b-c.apps.example.test"}) {
    const Answer answer = Ask("POST /auth/login", {std::string("Origin: ") + origin}, "{}");
    EXPECT_EQ(answer.status, 401);
    EXPECT_EQ(answer.One("Access-Control-Allow-Origin"), origin);
    EXPECT_EQ(answer.One("Access-Control-Allow-Credentials"), "true");
    EXPECT_THAT(answer.One("Access-Control-Expose-Headers"), HasSubstr("X-Request-Id"));
    EXPECT_EQ(answer.One("Vary"), "Origin");
  }
  for (const char* origin :
       {"https://app.example.test.evil.test", "https://evil.test", "null", "*",
        "http://app.example.test", "https://app.example.test:444", "https://appXexample.test",
        "https://apps.example.test", "https://.apps.example.test", "https://a.apps.example.test.",
        "https://evil.test/.apps.example.test", "https://evil.test#.apps.example.test",
        "https://u@a.apps.example.test", "HTTPS://APP.EXAMPLE.TEST",
        "https://a.apps.example.test https://evil.test"}) {
    const Answer answer = Ask("POST /auth/login", {std::string("Origin: ") + origin}, "{}");
    EXPECT_THAT(answer.head, Not(HasSubstr("Access-Control-"))) << origin;
    EXPECT_EQ(answer.One("Vary"), "Origin");
  }
}

TEST_F(NginxTest, PreflightIsAnsweredByNginx) {  // E2
  const Answer yes = Ask("OPTIONS /auth/users/1/sessions", {"Origin: https://app.example.test",
                                                            "Access-Control-Request-Method: GET"});
  EXPECT_EQ(yes.status, 204);
  EXPECT_EQ(yes.One("Access-Control-Allow-Origin"), "https://app.example.test");
  EXPECT_THAT(yes.One("Access-Control-Allow-Methods"), HasSubstr("DELETE"));
  EXPECT_THAT(yes.One("Access-Control-Allow-Headers"), HasSubstr("X-CSRF-Token"));
  EXPECT_EQ(yes.One("Access-Control-Max-Age"), "600");
  EXPECT_EQ(yes.One("Vary"), "Origin");

  const Answer no = Ask("OPTIONS /auth/login",
                        {"Origin: https://evil.test", "Access-Control-Request-Method: POST"});
  EXPECT_EQ(no.status, 204);
  EXPECT_THAT(no.head, Not(HasSubstr("Access-Control-")));
  EXPECT_THAT(verify_.Seen(), IsEmpty());
  EXPECT_THAT(account_.Seen(), IsEmpty());

  Ask("OPTIONS /auth/login", {"Origin: https://app.example.test"});  // no preflight: 405 is due
  EXPECT_EQ(account_.Seen().size(), 1U);
}

TEST_F(NginxTest, OwnErrorsAreProblemDocuments) {  // E4
  const std::vector<std::string> origin = {"Origin: https://app.example.test"};
  const Answer large = Ask("PATCH /auth/me", origin, std::string(1001, 'x'));
  ExpectProblem(large, 413, "body_too_large");
  EXPECT_EQ(large.One("Access-Control-Allow-Origin"), "https://app.example.test");
  EXPECT_EQ(large.One("Vary"), "Origin");
  EXPECT_THAT(account_.Seen(), IsEmpty());
  EXPECT_EQ(Ask("PATCH /auth/me", {}, std::string(1000, 'x')).status, 204);

  account_.Set([](const FastCgiParams&) { return std::nullopt; });
  ExpectProblem(Ask("POST /auth/login", origin, "{}"), 502, "bad_gateway");
  EXPECT_EQ(account_.Seen().size(), 1U) << "a POST is never repeated";

  account_.Set([](const FastCgiParams&) -> std::optional<std::string> {
    std::this_thread::sleep_for(std::chrono::milliseconds(3500));
    return std::nullopt;
  });
  ExpectProblem(Ask("GET /auth/me"), 504, "timeout");
}

TEST_F(NginxTest, AnswersOfTheWorkerPassUnchangedWithHeadersAdded) {  // E4, E6
  verify_.Set(
      Says("Status: 503\r\nContent-Type: application/problem+json\r\nRetry-After: 9\r\n"
           "\r\n{\"code\":\"unavailable\"}"));
  const Answer busy = Ask("GET /auth/session", {"X-Request-Id: mine"});
  EXPECT_EQ(busy.status, 503);
  EXPECT_EQ(busy.body, "{\"code\":\"unavailable\"}");
  EXPECT_EQ(busy.One("Retry-After"), "9");
  EXPECT_EQ(busy.One("Cache-Control"), "no-store");
  EXPECT_EQ(busy.One("X-Request-Id"), verify_.Seen().at(0).at("REQUEST_ID"));
  EXPECT_THAT(busy.One("Strict-Transport-Security"), StartsWith("max-age=31536000"));
  EXPECT_EQ(busy.One("X-Frame-Options"), "DENY");
  EXPECT_THAT(busy.One("Content-Security-Policy"), HasSubstr("default-src 'none'"));
  EXPECT_THAT(busy.All("X-Site"), IsEmpty());

  verify_.Set(Says("Status: 200\r\nCache-Control: public, max-age=300\r\n\r\n{}"));
  EXPECT_EQ(Ask("GET /.well-known/jwks.json").One("Cache-Control"), "public, max-age=300");
}

TEST_F(NginxTest, RateLimitsCountPerClient) {  // L5
  const std::vector<std::string> here = {"X-Forwarded-For: 192.0.2.1"};
  for (int i = 0; i < 12; ++i) EXPECT_EQ(Ask("POST /auth/login", here, "{}").status, 204) << i;
  int refused = 0;
  Answer last;
  for (int i = 0; i < 300; ++i) {
    const Answer answer = Ask("POST /auth/login", here, "{}");
    if (answer.status == 429) {
      ++refused;
      last = answer;
    }
  }
  EXPECT_GT(refused, 200);
  ExpectProblem(last, 429, "rate_limited");
  EXPECT_EQ(last.One("Retry-After"), "1");
  EXPECT_EQ(Ask("POST /auth/login", {"X-Forwarded-For: 192.0.2.2"}, "{}").status, 204);
  EXPECT_EQ(Ask("GET /auth/session", here).status, 204);
  for (int i = 0; i < 150; ++i) {
    EXPECT_EQ(Ask("GET /auth/session", here).status, 204);
    EXPECT_EQ(Ask("GET /auth/health", here).status, 204);
  }

  // A client of IPv6 has a /64 of addresses.
  refused = 0;
  for (int i = 0; i < 100; ++i) {
    const std::string host = "X-Forwarded-For: 2001:db8:0:1::" + std::to_string(i + 1);
    refused += Ask("POST /auth/login", {host}, "{}").status == 429;
  }
  EXPECT_GT(refused, 50);
  EXPECT_EQ(Ask("POST /auth/login", {"X-Forwarded-For: 2001:db8:0:2::1"}, "{}").status, 204);
}

TEST_F(NginxTest, AccessLogIsJsonWithoutTheQuery) {  // A3
  Ask("GET /auth/session?code=hunter2", {"User-Agent: a\"b\\c\x1b[31m"});
  std::string line;
  ASSERT_TRUE(testing::WaitUntil(
      [&] {
        std::ifstream log(dir_.File("access.log"));
        return static_cast<bool>(std::getline(log, line)) && line.ends_with('}');
      },
      std::chrono::seconds(5)));
  EXPECT_THAT(line, AllOf(StartsWith("{\"ts\":\""), HasSubstr("\"path\":\"/auth/session\""),
                          HasSubstr(R"("user_agent":"a\"b\\c\u001B[31m")")));
  EXPECT_THAT(line, Not(HasSubstr("hunter2")));
}

TEST(NginxConfigTest, ServerWithCertificateListensAndRedirects) {  // E1
  Config config = TestConfig("/run/gatehouse");
  config.tls_certificate = "/etc/tls.crt";
  config.tls_key = "/etc/tls.key";
  config.https_port = 8443;
  config.http_port = 8080;
  config.listen = {"127.0.0.1", "::1"};
  const std::string server = NginxServerConfig(config, kRows);
  EXPECT_THAT(server, HasSubstr("listen 127.0.0.1:8443 ssl http2;"));
  EXPECT_THAT(server, HasSubstr("listen [::1]:8443 ssl http2;"));
  EXPECT_THAT(server, HasSubstr("ssl_protocols TLSv1.2 TLSv1.3;"));
  // Raised before any location is known.
  EXPECT_THAT(server,
              HasSubstr("\nerror_page 400 412 414 494 501 505 =400 /_gatehouse/error/400;"));
  EXPECT_THAT(server, HasSubstr("server_name \"auth.example.test\";"));
  // To the configured address, whatever Host says.
  EXPECT_THAT(NginxHttpConfig(config),
              HasSubstr("return 308 \"https://auth.example.test:8443$request_uri\";"));
  config.tls_certificate.clear();
  EXPECT_THAT(NginxServerConfig(config, kRows), Not(HasSubstr("listen ")));
  EXPECT_THAT(NginxHttpConfig(config), Not(HasSubstr("listen ")));
}

TEST(NginxConfigTest, RowsOfOnePathAgreeOnPoolAndRate) {
  // One location a path: a mixed pair would give one of them the other's treatment.
  for (const Route& a : Routes()) {
    for (const Route& b : Routes()) {
      if (a.path != b.path) continue;
      EXPECT_EQ(a.pool, b.pool) << a.path;
      EXPECT_EQ(a.rate, b.rate) << a.path;
    }
  }
}

TEST(NginxTextTest, OnlyOriginsBecomeCorsRows) {
  for (const char* bad :
       {"*", "null", "https://*", "https://*.test", "https://a.*.test", "https://a.test/",
        "https://a.test\"", "ftp://a.test", "a.test", "", "https://", "https://*.",
        "https://*..test", "https://a b.test", "https://a.test;", "https://a.$host"}) {
    EXPECT_EQ(CorsMapRow(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(CorsMapRow("HTTPS://App.Example.test:8443"),
            "\"~^https://app\\.example\\.test:8443\\z\" $http_origin");
}

TEST(NginxTextTest, CatalogueHoldsNothingThatNginxWouldExpand) {
  for (const ErrorInfo& info : ErrorCatalogue()) {
    for (std::string_view text : {info.title, info.detail, info.user_message}) {
      EXPECT_EQ(text.find('$'), std::string_view::npos) << info.name;
    }
  }
}

TEST(NginxTextTest, QuotesWhatWouldEndAToken) {
  EXPECT_EQ(NginxQuote("a\"b\\c\nd;{}"), R"("a\"b\\cd;{}")");
}

}  // namespace
}  // namespace gatehouse
