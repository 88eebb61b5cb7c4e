#include "handlers/routes.h"

#include <gtest/gtest.h>

#include <set>

#include "fcgi/lib/json.h"
#include "handlers/auth/permission.h"
#include "handlers/openapi.h"

namespace gatehouse {
namespace {

TEST(RoutesTest, EveryRowIsComplete) {
  std::set<std::pair<std::string_view, std::string_view>> seen;
  for (const auto& route : Routes()) {
    EXPECT_TRUE(seen.emplace(route.method, route.path).second) << route.path;
    EXPECT_TRUE(route.path.starts_with("/auth/") || route.path.starts_with("/.well-known/"));
    EXPECT_NE(route.endpoint, nullptr) << route.path;
    EXPECT_FALSE(route.summary.empty()) << route.path;
    EXPECT_GT(route.timeout.count(), 0);
    EXPECT_LE(route.timeout.count(), 30) << "SPEC E3";
    EXPECT_EQ(route.body_limit == 0, route.body == nullptr) << route.path;
    EXPECT_EQ(route.auth == Auth::kPermission, !route.permission.empty()) << route.path;
    EXPECT_TRUE(route.permission.empty() || auth::IsQuestion(route.permission));
    // A body that changes something is never taken from somebody who was not asked who they are
    // without a rate limit (SPEC L5).
    if (route.auth == Auth::kAnyone && route.method == "POST") {
      EXPECT_NE(route.rate, Rate::kNone) << route.path;
    }
  }
}

TEST(RoutesTest, FindsByPathAndMethod) {
  const auto get = FindRoute("GET", "/auth/session");
  ASSERT_NE(get.route, nullptr);
  EXPECT_EQ(get.allow, "GET, HEAD");
  EXPECT_EQ(FindRoute("HEAD", "/auth/session").route, get.route);
  EXPECT_EQ(FindRoute("POST", "/auth/session").route, nullptr);
  EXPECT_TRUE(FindRoute("GET", "/auth/nothing").allow.empty());
  EXPECT_TRUE(FindRoute("GET", "/auth/session/").allow.empty());
  EXPECT_TRUE(FindRoute("GET", "").allow.empty());
}

TEST(RoutesTest, SegmentsAreUuids) {
  const std::string id = "01890a5d-ac96-774b-bcce-b302099a8057";
  const auto match = FindRoute("DELETE", "/auth/me/sessions/" + id);
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.id->ToString(), id);
  EXPECT_TRUE(FindRoute("DELETE", "/auth/me/sessions/" + id + "/x").allow.empty());
  EXPECT_TRUE(FindRoute("DELETE", "/auth/me/sessions/1").allow.empty());
  EXPECT_TRUE(FindRoute("DELETE", "/auth/me/sessions/{id}").allow.empty());
  EXPECT_TRUE(FindRoute("DELETE", "/auth/me/sessions/../" + id).allow.empty());
  EXPECT_NE(FindRoute("GET", "/auth/users/" + id + "/sessions").route, nullptr);
}

TEST(RoutesTest, ProvidersAreSegmentsOfTheirOwnKind) {
  const auto start = FindRoute("GET", "/auth/oauth/corp-1/start");
  ASSERT_NE(start.route, nullptr);
  EXPECT_EQ(start.code, "corp-1");
  EXPECT_EQ(FindRoute("DELETE", "/auth/oauth/corp").code, "corp");
  for (const char* bad :
       {"/auth/oauth//start", "/auth/oauth/-a/start", "/auth/oauth/A/start",
        "/auth/oauth/a_b/start", "/auth/oauth/a/b/start", "/auth/oauth/{provider}/start"}) {
    EXPECT_TRUE(FindRoute("GET", bad).allow.empty()) << bad;
  }
  EXPECT_TRUE(FindRoute("GET", "/auth/oauth/" + std::string(33, 'a') + "/start").allow.empty());
  // A list is no provider.
  EXPECT_EQ(FindRoute("DELETE", "/auth/oauth/providers").allow, "GET, HEAD");
}

// What is no code is the endpoint's to say: 422 where one is added, 404 where one is taken out.
TEST(RoutesTest, ACodeIsAnySegment) {
  for (const char* code : {"a:b:c", "a:b", "A:b:c", "a:b:*", "ALL_PERMISSIONS", "{code}", " "}) {
    const auto match = FindRoute("POST", std::string("/auth/permissions/") + code);
    ASSERT_NE(match.route, nullptr) << code;
    EXPECT_EQ(match.code, code);
  }
  EXPECT_TRUE(FindRoute("POST", "/auth/permissions/").allow.empty());
  EXPECT_TRUE(FindRoute("POST", "/auth/permissions/a:b:c/d").allow.empty());
}

// API.md "Conventions": a PATCH without a body is none; elsewhere fields that are all optional need
// no body.
TEST(RoutesTest, WhereABodyIsDue) {
  for (const auto& route : Routes()) {
    if (route.method == "PATCH") {
      EXPECT_TRUE(NeedsBody(route)) << route.path;
    }
    EXPECT_FALSE(route.body == nullptr && NeedsBody(route)) << route.path;
  }
  EXPECT_TRUE(NeedsBody(*FindRoute("POST", "/auth/login").route));
  EXPECT_FALSE(NeedsBody(*FindRoute("POST", "/auth/logout-all").route));
  EXPECT_FALSE(NeedsBody(*FindRoute("DELETE", "/auth/me").route));
}

// What is named wins over what a segment could be.
TEST(RoutesTest, ASummaryIsNoAttempt) {
  const auto match = FindRoute("GET", "/auth/login-attempts/summary");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.route->path, "/auth/login-attempts/summary");
  EXPECT_FALSE(match.id);
  EXPECT_TRUE(FindRoute("GET", "/auth/login-attempts/summary/").allow.empty());
  EXPECT_TRUE(FindRoute("GET", "/auth/login-attempts/Summary").allow.empty());
}

// SPEC A5: the document has every row, and every reference in it leads somewhere.
TEST(RoutesTest, A5OpenApiHasEveryRow) {
  const auto document = json::Parse(OpenApiDocument("https://gate.test"));
  ASSERT_TRUE(document);
  EXPECT_EQ(*document->Find("openapi")->string(), "3.1.0");
  const auto* paths = document->Find("paths");
  for (const auto& route : Routes()) {
    const auto* path = paths->Find(route.path);
    ASSERT_NE(path, nullptr) << route.path;
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(c | 0x20);
    EXPECT_NE(path->Find(method), nullptr) << route.path;
  }
  const auto text = OpenApiDocument("https://gate.test");
  const auto* schemas = document->Find("components")->Find("schemas");
  const std::string prefix = "#/components/schemas/";
  for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at + 1)) {
    const auto start = at + prefix.size();
    EXPECT_NE(schemas->Find(text.substr(start, text.find('"', start) - start)), nullptr);
  }
}

}  // namespace
}  // namespace gatehouse
