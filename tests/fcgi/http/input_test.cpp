#include "fcgi/http/input.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace gatehouse::http {
namespace {

Pairs Parsed(std::string_view text) {
  auto result = ParseUrlEncoded(text);
  return result.ok() ? *result : Pairs{{"refused", ""}};
}

bool Refused(std::string_view text) {
  const auto result = ParseUrlEncoded(text);
  return !result.ok() && result.error().code == ErrorCode::kMalformedJson;
}

TEST(UrlEncoded, PairsInOrder) {
  EXPECT_EQ(Parsed(""), Pairs());
  EXPECT_EQ(Parsed("a=1&b=2&a=3"), (Pairs{{"a", "1"}, {"b", "2"}, {"a", "3"}}));
  EXPECT_EQ(Parsed("a=b=c"), (Pairs{{"a", "b=c"}}));
  EXPECT_EQ(Parsed("&&a=1&"), (Pairs{{"a", "1"}}));
  EXPECT_EQ(Parsed("=x"), (Pairs{{"", "x"}}));
}

TEST(UrlEncoded, NamesWithoutAValueAreNotLost) {
  EXPECT_EQ(Parsed("a"), (Pairs{{"a", ""}}));
  EXPECT_EQ(Parsed("a&b=1&c"), (Pairs{{"a", ""}, {"b", "1"}, {"c", ""}}));
}

TEST(UrlEncoded, SemicolonsDoNotSeparate) {
  EXPECT_EQ(Parsed("return_to=/a;b=c&d=;"), (Pairs{{"return_to", "/a;b=c"}, {"d", ";"}}));
}

TEST(UrlEncoded, Decodes) {
  EXPECT_EQ(Parsed("a+b=%41%2b+%26%3D%3b"), (Pairs{{"a b", "A+ &=;"}}));
  EXPECT_EQ(Parsed("n=J%C3%BCrgen"), (Pairs{{"n", "J\xC3\xBCrgen"}}));
  EXPECT_EQ(Parsed("n=J\xC3\xBCrgen"), (Pairs{{"n", "J\xC3\xBCrgen"}}));
  EXPECT_EQ(Parsed("a=%00"), (Pairs{{"a", std::string(1, '\0')}}));  // the schema refuses it
  EXPECT_EQ(Parsed("a=%2541"), (Pairs{{"a", "%41"}}));               // once only
}

// SPEC E5
TEST(UrlEncoded, RefusesBrokenEscapesAndEncodings) {
  for (const char* text : {"a=%", "a=%4", "a=%zz", "a=%4g&b=1", "%=1", "a=%%41", "a=%C3", "a=\xC3",
                           "a=%ED%A0%80", "a=%C0%AF", "%FF=1"}) {
    EXPECT_TRUE(Refused(text)) << text;
  }
}

TEST(UrlEncoded, AtMost64Pairs) {
  std::string text = "a=1";
  for (int i = 1; i < 64; ++i) text += "&a=1";
  EXPECT_EQ(Parsed(text).size(), 64u);
  EXPECT_EQ(Parsed(text + "&&&").size(), 64u);
  EXPECT_TRUE(Refused(text + "&a=1"));
}

TEST(UrlEncoded, TheProcessEnvironmentIsNotInput) {
  setenv("QUERY_STRING", "injected=1", 1);
  setenv("REQUEST_METHOD", "POST", 1);
  EXPECT_EQ(Parsed("a=1"), (Pairs{{"a", "1"}}));
  EXPECT_EQ(Parsed(""), Pairs());
  unsetenv("QUERY_STRING");
  unsetenv("REQUEST_METHOD");
}

TEST(Cookies, FindsByExactName) {
  const auto match = FindCookie("a=1; __Host-t=abc.def; __Host-t2=x", "__Host-t");
  EXPECT_EQ(match.count, 1);
  EXPECT_EQ(match.value, "abc.def");
  EXPECT_EQ(FindCookie("", "t").count, 0);
  EXPECT_EQ(FindCookie("xt=1; t =2", "t").value, "2");
  EXPECT_EQ(FindCookie("T=1", "t").count, 0);
  EXPECT_EQ(FindCookie("t", "t").count, 0);
  EXPECT_EQ(FindCookie("a=t=1", "t").count, 0);
}

// S8: two access cookies are refused by the caller, so all are counted.
TEST(Cookies, CountsEveryOccurrence) {
  EXPECT_EQ(FindCookie("t=1;t=2; t=3;", "t").count, 3);
  EXPECT_EQ(FindCookie("t=1; t=2", "t").value, "1");
  EXPECT_EQ(FindCookie("t=; t=2", "t").value, "");
}

TEST(Cookies, OddSpellings) {
  EXPECT_EQ(FindCookie(";;; ;t=1;;", "t").value, "1");
  EXPECT_EQ(FindCookie("t = a b \t; u=2", "t").value, "a b");
  EXPECT_EQ(FindCookie("t==", "t").value, "=");
  EXPECT_EQ(FindCookie("t=\"q\"", "t").value, "\"q\"");  // quotes belong to the value
}

TEST(Cookies, TheValueIsAViewIntoTheHeader) {
  const std::string header = "a=1; t=xyz";
  const auto match = FindCookie(header, "t");
  EXPECT_EQ(match.value.data(), header.data() + 7);
}

TEST(MediaType, IgnoresCaseAndForeignParameters) {
  for (const char* given :
       {"application/json", "Application/JSON", "application/json;", "application/json ; a=b",
        "application/json;charset=utf-8", "application/json; Charset=\"UTF-8\"",
        "application/json; x=\"a;charset=latin1\"", "application/json; x=\"a\\\";charset=k\"; y=z",
        " application/json"}) {
    EXPECT_TRUE(IsMediaType(given, "application/json")) << given;
  }
}

TEST(MediaType, RefusesOthers) {
  for (const char* given :
       {"", "application", "application/jsonx", "application/json+x", "text/json",
        "application/json, text/plain", "application/json;charset=latin1",
        "application/json;charset", "application/json; charset=", "application/json;charset=\"",
        "application/json;charset=utf-8;charset=utf-16"}) {
    EXPECT_FALSE(IsMediaType(given, "application/json")) << given;
  }
}

}  // namespace
}  // namespace gatehouse::http
