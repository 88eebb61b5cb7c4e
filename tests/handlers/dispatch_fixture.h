// Requests as nginx hands them on, through Dispatch, under a clock of the test's own: a real
// MariaDB and a real memcached behind it, no socket before it.
#pragma once

#include <map>

#include "fcgi/base/codec.h"
#include "fcgi/lib/json.h"
#include "fcgi/run/log.h"
#include "handlers/auth/csrf.h"
#include "handlers/auth/live_tokens.h"
#include "handlers/auth/mail.h"
#include "handlers/auth/proof_cache.h"
#include "handlers/auth/session.h"
#include "handlers/dispatch.h"
#include "tests/sql/fixture.h"
#include "tests/support/process.h"

namespace gatehouse {

inline constexpr const char* kBaseUrl = "https://gate.test";

// What a client keeps of a session.
struct Tokens {
  std::string access, refresh;
  std::string csrf;  // cookie mode alone
};

class DispatchTest : public SqlTest {
 protected:
  DispatchTest() {
    config_.base_url = kBaseUrl;
    log::Open("/dev/null", log::Level::kError, "test");
    if (!memcached_.WaitForListener(socket_, std::chrono::seconds(5))) testing::Die("memcached");
  }

  // A person of a tenant of their own with `settings` (JSON), for whom the gate is open.
  store::User NewPerson(const std::string& settings = "{}") {
    store::Tenant tenant;
    tenant.id = NewId<TenantId>();
    tenant.slug = "t" + std::to_string(++tenants_);
    tenant.name = "Tenant";
    tenant.settings = settings;
    tenant.created_at = tenant.updated_at = clock_.Now();
    Must(store::InsertTenant(ex(), tenant, std::nullopt));
    store::User user = NewUser(tenant.id, "ann@example.test");
    user.is_tenant_admin = true;  // so that no role is wanted
    Must(store::UpdateUser(ex(), user));
    return user;
  }

  // As a sign-in leaves it.
  Tokens SignIn(const store::User& user, bool cookie_mode = false) {
    const auth::Caller caller = NewCaller();
    const auto tenant = Must(auth::LoadTenantContext(ex(), user.tenant_id));
    const auto id = SessionId::New(clock_.Now(), entropy_);
    auto begun = Must(db_.Transact<auth::NewSession>(Soon(), [&](db::Executor& tx) {
      return auth::BeginSession(
          services_, tx, caller, tenant, user, id,
          {"pwd", "password", {"device", "Device", "web", std::string(16, 'b')}, cookie_mode});
    }));
    const auto grant = auth::MakeGrant(services_, std::move(begun.session), user, {},
                                       tenant.settings, begun.row_key, clock_.Now());
    session_ = id;
    return {grant.access_token, grant.refresh_token,
            cookie_mode ? auth::NewCsrfToken(keys_, id, entropy_) : std::string()};
  }

  using Params = std::map<std::string, std::string>;
  http::Response Send(Params params, const std::string& body = "") {
    http::ValueRequest request;
    params.try_emplace("REMOTE_ADDR", "192.0.2.1");
    params.try_emplace("REQUEST_ID", "0123456789abcdef0123456789abcdef");
    for (auto& [name, value] : params) request.Set(name, value);
    if (!body.empty()) {
      request.Set("CONTENT_TYPE", "application/json");
      request.Set("CONTENT_LENGTH", std::to_string(body.size()));
      request.SetBody(body);
    }
    http::Exchange exchange{&request, {}};
    dispatch_.Handle({&exchange, 1});
    dispatch_.AfterBatch();
    return std::move(exchange.response);
  }
  // With the access token, in a cookie where it came in one.
  http::Response Get(const std::string& path, const Tokens& tokens) {
    Params params{{"REQUEST_METHOD", "GET"}, {"DOCUMENT_URI", path}};
    if (tokens.csrf.empty()) {
      params["HTTP_AUTHORIZATION"] = "Bearer " + tokens.access;
    } else {
      params["HTTP_COOKIE"] = "__Host-gatehouse_access=" + tokens.access;
    }
    return Send(std::move(params));
  }
  http::Response Refresh(const Tokens& tokens) {
    Params params{{"REQUEST_METHOD", "POST"}, {"DOCUMENT_URI", "/auth/refresh"}};
    if (tokens.csrf.empty()) return Send(params, R"({"refresh_token":")" + tokens.refresh + "\"}");
    params["HTTP_COOKIE"] =
        "__Secure-gatehouse_refresh=" + tokens.refresh + "; __Host-gatehouse_csrf=" + tokens.csrf;
    params["HTTP_X_CSRF_TOKEN"] = tokens.csrf;
    params["HTTP_ORIGIN"] = kBaseUrl;
    return Send(std::move(params));
  }

  // The row of the last sign-in.
  store::Session Row(const store::User& user) {
    return *Must(store::FindSession(ex(), user.tenant_id, session_));
  }
  int EventsNamed(std::string_view event) {
    return std::stoi(server_.Root("SELECT COUNT(*) FROM gatehouse.audit_events WHERE event = '" +
                                  std::string(event) + "'")[0][0]);
  }

  auth::Caller NewCaller() {
    return {"192.0.2.1", "test", "0123456789abcdef0123456789abcdef", "", clock_.Now(), Soon()};
  }

  ManualClock clock_{now_};
  testing::TempDir folder_;
  const std::string socket_ = folder_.File("m.sock");
  testing::Process memcached_{{"/usr/bin/memcached", "-s", socket_, "-u", "root"}};
  Config config_{};
  KeyRings keys_ = KeyRings::Generate(entropy_);
  auth::LiveTokens tokens_ = OpenTokens();
  auth::ProofCache proofs_{Memcache({{socket_}, Millis(200), Millis(200)}), "0123456789abcdef",
                           Seconds(10), clock_, entropy_};
  auth::MailTemplates mail_ = Must(auth::MailTemplates::Load(GATEHOUSE_SOURCE_DIR "/nginx/mail"));
  auth::Services services_{config_, keys_, db_, proofs_, tokens_, mail_, clock_, entropy_, {}, ""};
  Dispatch dispatch_{services_};
  SessionId session_;

 private:
  auth::LiveTokens OpenTokens() {
    const std::string path = folder_.File("keys.toml");
    Must(keys_.Create(path));
    return Must(auth::LiveTokens::Open(path, kBaseUrl, kBaseUrl));
  }
  int tenants_ = 0;
};

// The error's code in a problem document, or the status where it is none.
inline std::string Outcome(const http::Response& response) {
  const auto document = json::Parse(response.body);
  const auto* code = document ? document->Find("code") : nullptr;
  const std::string status = std::to_string(response.status);
  return code != nullptr && code->string() != nullptr ? status + " " + *code->string() : status;
}

inline json::Value Document(const http::Response& response) {
  return json::Parse(response.body).value_or(json::Value());
}

// A number in a token's claims.
inline std::int64_t Claim(const std::string& token, std::string_view name) {
  const auto first = token.find('.');
  const auto payload =
      Base64UrlDecode(std::string_view(token).substr(first + 1, token.rfind('.') - first - 1));
  const auto claims = json::Parse(payload.value_or(""));
  const auto* value = claims ? claims->Find(name) : nullptr;
  return value != nullptr && value->integer() != nullptr ? *value->integer() : -1;
}

// The values of a header of the response, in order.
inline std::vector<std::string> HeadersOf(const http::Response& response, std::string_view name) {
  std::vector<std::string> out;
  const std::string start = std::string(name) + ": ";
  for (std::string_view rest = response.header_lines; !rest.empty();) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    rest.remove_prefix(line.size() + 2);
    if (line.starts_with(start)) out.emplace_back(line.substr(start.size()));
  }
  return out;
}

inline std::optional<std::string> HeaderOf(const http::Response& response, std::string_view name) {
  auto values = HeadersOf(response, name);
  return values.empty() ? std::nullopt : std::optional(std::move(values.front()));
}

// What a Set-Cookie of the response says of `name`.
struct SetCookie {
  std::string value;
  std::int64_t max_age = 0;
};
inline std::optional<SetCookie> CookieSet(const http::Response& response, std::string_view name) {
  for (const auto& line : HeadersOf(response, "Set-Cookie")) {
    if (!line.starts_with(std::string(name) + "=")) continue;
    const auto begin = name.size() + 1;
    constexpr std::string_view kMaxAge = "; Max-Age=";
    const auto age = line.find(kMaxAge);
    return SetCookie{line.substr(begin, line.find(';') - begin),
                     std::stoll(line.substr(age + kMaxAge.size()))};
  }
  return std::nullopt;
}

}  // namespace gatehouse
