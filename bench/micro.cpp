// What single steps cost: the hash that a sign-in is measured against, and what every request pays
// around its handler. Tokens, permissions and proofs are in micro_auth.cpp, whole requests in
// micro_dispatch.cpp.
#include <benchmark/benchmark.h>

#include <array>
#include <string>

#include "fcgi/base/entropy.h"
#include "fcgi/http/framing.h"
#include "fcgi/http/input.h"
#include "fcgi/http/message.h"
#include "fcgi/http/schema.h"
#include "fcgi/lib/password_hash.h"
#include "tests/support/fcgi_client.h"

namespace gatehouse {
namespace {

void VerifyPasswordDefault(benchmark::State& state) {
  SystemEntropy entropy;
  const auto hash = HashPassword("correct horse battery staple", HashPolicy{}, entropy);
  for (auto _ : state) {
    benchmark::DoNotOptimize(VerifyPassword("correct horse battery staple", hash.value()));
  }
}
BENCHMARK(VerifyPasswordDefault)->Unit(benchmark::kMillisecond);

void InspectRequest(benchmark::State& state) {
  const std::string request =
      testing::fcgi::Head(true, {{"REQUEST_METHOD", "GET"},
                                 {"DOCUMENT_URI", "/auth/verify"},
                                 {"REMOTE_ADDR", "127.0.0.1"},
                                 {"REQUEST_ID", std::string(32, '0')},
                                 {"HTTP_AUTHORIZATION", std::string(900, 't')},
                                 {"HTTP_USER_AGENT", std::string(120, 'u')}}) +
      testing::fcgi::Body("");
  std::string scratch;
  for (auto _ : state) benchmark::DoNotOptimize(http::Inspect(request, scratch));
}
BENCHMARK(InspectRequest);

void FindCookieOfThree(benchmark::State& state) {
  const std::string header = "theme=dark; __Host-gatehouse_csrf=" + std::string(64, 'c') +
                             "; __Host-gatehouse_access=" + std::string(900, 't');
  for (auto _ : state) {
    benchmark::DoNotOptimize(http::FindCookie(header, "__Host-gatehouse_access"));
  }
}
BENCHMARK(FindCookieOfThree);

void AppendVerifyAnswer(benchmark::State& state) {
  http::Response response = http::Response::Empty(204);
  const std::string value(36, 'v');
  response.Header("Remote-User", value).Header("X-Auth-User-Id", value);
  response.Header("X-Auth-Tenant-Id", value).Header("X-Auth-Tenant", value);
  response.Header("X-Auth-Email", value).Header("X-Auth-Roles", value);
  response.Header("X-Auth-Session-Id", value);
  std::string out;
  for (auto _ : state) {
    out.clear();
    http::AppendCgi(out, response);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(AppendVerifyAnswer);

constexpr std::array kLoginFields = {
    http::FieldSpec{.name = "tenant", .format = http::Format::kSlug},
    http::FieldSpec{.name = "email", .required = true, .format = http::Format::kEmail},
    http::FieldSpec{.name = "password", .required = true, .format = http::Format::kPassword},
};
constexpr http::Schema kLogin{"Login", kLoginFields};

void ReadLoginBody(benchmark::State& state) {
  const std::string body =
      R"({"tenant":"demo","email":"ada@example.com","password":"correct horse battery staple"})";
  for (auto _ : state) benchmark::DoNotOptimize(http::ReadJson(kLogin, body).ok());
}
BENCHMARK(ReadLoginBody);

}  // namespace
}  // namespace gatehouse

BENCHMARK_MAIN();
