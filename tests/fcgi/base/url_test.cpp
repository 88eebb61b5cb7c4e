#include "fcgi/base/url.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

TEST(UrlTest, Parts) {
  const auto url = ParseUrl("https://id.example.com:8443/a/b?c=d&e");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->host, "id.example.com");
  EXPECT_EQ(url->port, "8443");
  EXPECT_EQ(url->origin, "https://id.example.com:8443");
  EXPECT_EQ(url->path, "/a/b");
  EXPECT_EQ(url->query, "c=d&e");
  EXPECT_EQ(ParseUrl("https://[2001:db8::1]:1/")->host, "2001:db8::1");
  EXPECT_EQ(ParseUrl("https://a")->path, "");
  EXPECT_TRUE(ParseUrl("https://a?b")->has_query);
}

TEST(UrlTest, RefusesWhatIsReadInTwoWays) {
  for (const char* bad : {"",
                          "a",
                          "//a",
                          "https:/a",
                          "https:a",
                          "https://",
                          "https:///a",
                          "HTTPS://a",
                          "https://A",
                          "https://a@b",
                          "https://a:b@c",
                          "https://a\\b",
                          "https://a b",
                          "https://a\nb",
                          "https://a#b",
                          "ftp://a",
                          "javascript:alert(1)",
                          "https://a:",
                          "https://a:0",
                          "https://a:01",
                          "https://a:65536",
                          "https://a:x",
                          "https://[a]",
                          "https://[::1",
                          "https://[::1]x",
                          "https://-a",
                          "https://.a",
                          "https://a..b",
                          "https://\xc3\xa4",
                          "https://a/\xc3\xa4",
                          "https://a_b",
                          "https://a/<b>",
                          " https://a"}) {
    EXPECT_FALSE(ParseUrl(bad)) << bad;
  }
  EXPECT_FALSE(ParseUrl("https://a/" + std::string(2000, 'x')));
}

TEST(UrlTest, HttpIsForThisMachine) {
  EXPECT_TRUE(IsCallable(*ParseUrl("https://a"), false));
  EXPECT_FALSE(IsCallable(*ParseUrl("http://127.0.0.1"), false));
  for (const char* here : {"http://127.0.0.1:1", "http://localhost", "http://[::1]"}) {
    EXPECT_TRUE(IsCallable(*ParseUrl(here), true)) << here;
  }
  for (const char* elsewhere : {"http://a", "http://10.0.0.1", "http://localhost.a", "http://0"}) {
    EXPECT_FALSE(IsCallable(*ParseUrl(elsewhere), true)) << elsewhere;
  }
}

TEST(UrlTest, Encodes) {
  EXPECT_EQ(QueryEncode("aZ09-._~ &=%\xc3\xa4"), "aZ09-._~%20%26%3D%25%C3%A4");
  EXPECT_EQ(FormEncode({{"a", "b c"}, {"d", ""}}), "a=b%20c&d=");
  EXPECT_EQ(WithQuery("https://a", {{"b", "c"}}), "https://a?b=c");
  EXPECT_EQ(WithQuery("https://a?x=y", {{"b", "c"}}), "https://a?x=y&b=c");
  EXPECT_EQ(WithQuery("https://a?", {{"b", "c"}}), "https://a?b=c");
}

// SPEC O1 (FACTS: return_to with //, /\, user names, CR LF).
TEST(UrlTest, O1ReturnTargets) {
  const std::string own = "https://gate.test:8443";
  const std::vector<std::string> listed = {"https://app.test"};
  for (const char* good : {"/", "/a?b#c", "/a//b", "https://gate.test:8443",
                           "https://gate.test:8443/x#y", "https://app.test/z"}) {
    EXPECT_TRUE(IsReturnTarget(good, own, listed)) << good;
  }
  for (const char* bad : {"",
                          "a",
                          "//evil.test",
                          "/\\evil.test",
                          "\\evil.test",
                          "/a\\b",
                          "/a\r\nb",
                          "/a b",
                          "/a\tb",
                          "https://evil.test",
                          "https://gate.test",
                          "https://gate.test:8443@evil.test",
                          "https://gate.test:8443.evil.test",
                          "https://gate.test:84430",
                          "http://gate.test:8443",
                          "https://app.test.evil.test",
                          "https://x.app.test",
                          "javascript:alert(1)",
                          "https://gate.test:8443\\@evil.test",
                          "https:gate.test:8443",
                          "/\x7f",
                          "/\xc3\xa4",
                          "https://app.test/#\r\n"}) {
    EXPECT_FALSE(IsReturnTarget(bad, own, listed)) << bad;
  }
}

}  // namespace
}  // namespace gatehouse
