#include "fcgi/http/message.h"

#include <gtest/gtest.h>

namespace gatehouse::http {
namespace {

std::string Cgi(const Response& response) {
  std::string out;
  AppendCgi(out, response);
  return out;
}

TEST(Message, CgiForm) {
  EXPECT_EQ(Cgi(Response::Empty(204)), "Status: 204\r\n\r\n");
  EXPECT_EQ(Cgi(Response::Json(200, "{}").Header("X-A", "b c").Header("Set-Cookie", "d=e")),
            "Status: 200\r\nContent-Type: application/json\r\nX-A: b c\r\nSet-Cookie: d=e\r\n"
            "Content-Length: 2\r\n\r\n{}");
}

TEST(Message, AppendsToWhatIsThere) {
  std::string out = "before";
  AppendCgi(out, Response::Empty(401));
  EXPECT_EQ(out, "beforeStatus: 401\r\n\r\n");
}

// SPEC E4, E6: whatever slipped into a header, it is never split, and nothing of it gets out.
TEST(Message, HeadersThatWouldSplitBecomeABare500) {
  const std::string bare = "Status: 500\r\n\r\n";
  for (const std::string value :
       {"a\r\nSet-Cookie: x=y", "a\nb", "a\rb", "a\tb", "a\x7F", "\x01"}) {
    EXPECT_EQ(Cgi(Response::Json(200, "secret").Header("X-A", value)), bare);
    EXPECT_EQ(Cgi(Response{200, value, "secret"}), bare);
    // Wherever it stands: values are looked at eight bytes at a time.
    for (std::size_t before = 0; before < 17; ++before) {
      EXPECT_EQ(Cgi(Response::Empty(204).Header("X", std::string(before, 'x') + value)), bare);
      EXPECT_EQ(Cgi(Response::Empty(204).Header("X", value + std::string(before, '\xFF'))), bare);
    }
  }
  EXPECT_EQ(Cgi(Response::Empty(204).Header("X", std::string("a\0b", 3))), bare);
  EXPECT_EQ(Cgi(Response::Empty(0)), bare);
  EXPECT_EQ(Cgi(Response::Empty(-200)), bare);
  EXPECT_EQ(Cgi(Response::Empty(600)), bare);
}

TEST(Message, ValuesInUtf8Pass) {
  EXPECT_EQ(Cgi(Response::Empty(204).Header("X-A", "\xC3\xA4")),
            "Status: 204\r\nX-A: \xC3\xA4\r\n\r\n");
}

TEST(ValueRequest, GivesParametersByName) {
  ValueRequest request;
  request.Set("REQUEST_METHOD", "POST");
  request.Set("DOCUMENT_URI", "/auth/login");
  request.Set("QUERY_STRING", "a=b");
  request.Set("CONTENT_TYPE", "application/json");
  EXPECT_EQ(request.method(), "POST");
  EXPECT_EQ(request.path(), "/auth/login");
  EXPECT_EQ(request.query(), "a=b");
  EXPECT_EQ(request.content_type(), "application/json");
  EXPECT_EQ(request.Param("REQUEST"), "");
}

TEST(ValueRequest, ReadsTheBodyByTheRulesOfARealOne) {
  ValueRequest request;
  request.SetBody("12345");
  EXPECT_EQ(request.ReadBody(5).value(), "12345");
  EXPECT_EQ(request.ReadBody(4).error().code, ErrorCode::kBodyTooLarge);
  request.Set("CONTENT_LENGTH", "6");
  EXPECT_EQ(request.ReadBody(6).error().code, ErrorCode::kMalformedJson);
  EXPECT_EQ(request.ReadBody(5).error().code, ErrorCode::kBodyTooLarge);
  ValueRequest lying;
  lying.Set("CONTENT_LENGTH", "0x5");
  EXPECT_EQ(lying.ReadBody(100).error().code, ErrorCode::kMalformedJson);
}

}  // namespace
}  // namespace gatehouse::http
