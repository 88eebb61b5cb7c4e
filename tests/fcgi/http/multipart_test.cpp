#include "fcgi/http/multipart.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <initializer_list>

namespace gatehouse::http {
namespace {

constexpr std::string_view kType = "multipart/form-data; boundary=XX";
constexpr std::size_t kMost = 6 * 1024 * 1024;  // SPEC E5

std::string File(std::string_view name, std::string_view content,
                 std::string_view file_name = "me.jpg") {
  return "Content-Disposition: form-data; name=\"" + std::string(name) + "\"; filename=\"" +
         std::string(file_name) + "\"\r\nContent-Type: image/jpeg\r\n\r\n" + std::string(content) +
         "\r\n";
}

std::string Text(std::string_view name, std::string_view value) {
  return "Content-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" +
         std::string(value) + "\r\n";
}

std::string Body(std::initializer_list<std::string> parts, std::string_view boundary = "XX") {
  std::string body;
  for (const auto& part : parts) body += "--" + std::string(boundary) + "\r\n" + part;
  return body + "--" + std::string(boundary) + "--\r\n";
}

std::string Read(std::string_view body, std::string_view type = kType) {
  auto result = ReadUpload(type, body, "picture");
  return result.ok() ? *result : "refused: " + result.error().inner;
}

bool Malformed(std::string_view body, std::string_view type = kType) {
  const auto result = ReadUpload(type, body, "picture");
  return !result.ok() && result.error().code == ErrorCode::kMalformedJson;
}

// "pointer code" of each field error; "?" where the request was not refused so.
std::string Problems(std::string_view body) {
  const auto result = ReadUpload(kType, body, "picture");
  if (result.ok() || result.error().code != ErrorCode::kValidationFailed) return "?";
  std::string out;
  for (const auto& field : result.error().fields) {
    out += (out.empty() ? "" : ", ") + field.pointer + " " + field.code;
    EXPECT_FALSE(field.detail.empty());
    EXPECT_FALSE(field.user_message.empty());
  }
  return out;
}

TEST(Multipart, TheFileOfTheField) {
  EXPECT_EQ(Read(Body({File("picture", "abc")})), "abc");
  std::string all;
  for (int i = 0; i < 1024; ++i) all += static_cast<char>(i);
  all += "\r\n\r\n--X\r\n--\r\nname=\"x\"\r\n";
  EXPECT_EQ(Read(Body({File("picture", all)})), all);
  EXPECT_EQ(Read(Body({File("picture", "\r\n")})), "\r\n");
  EXPECT_EQ(Read(Body({File("picture", "abc", "100%.jpg")})), "abc");
  EXPECT_EQ(Read(Body({File("picture", "abc", "%4")})), "abc");
  EXPECT_EQ(Read(Body({File("picture", "abc", "%")})), "abc");
}

TEST(Multipart, WithoutALineEndBehindTheEnd) {
  std::string body = Body({File("picture", "abc")});
  body.resize(body.size() - 2);
  EXPECT_EQ(Read(body), "abc");
}

TEST(Multipart, BoundariesAsClientsSendThem) {
  for (const std::string boundary :
       {"----WebKitFormBoundary7MA4YWxkTrZu0gW",
        "---------------------------9051914041544843365972",
        "----geckoformboundary9b8d7ae0e1aa9f4e", "------------------------d74496d66958873e",
        "fc5c9a2bf4d94a0b8d0fd6cd1f15d6f2", "a'()+_-./:=?z"}) {
    const std::string body = Body({File("picture", "abc")}, boundary);
    EXPECT_EQ(Read(body, "multipart/form-data; boundary=" + boundary), "abc") << boundary;
    EXPECT_EQ(Read(body, "Multipart/Form-Data;charset=utf-8 ; Boundary=\"" + boundary + "\" ;x=y"),
              "abc")
        << boundary;
  }
}

TEST(Multipart, OtherMediaTypes) {
  for (const char* type : {"", "application/json", "multipart/mixed; boundary=XX", "image/jpeg",
                           "multipart/form-dataX; boundary=XX", "application/x-www-form-urlencoded",
                           "multipart/form-data; boundary=XX; charset=utf-16"}) {
    const auto result = ReadUpload(type, Body({File("picture", "abc")}), "picture");
    ASSERT_FALSE(result.ok()) << type;
    EXPECT_EQ(result.error().code, ErrorCode::kUnsupportedMediaType) << type;
  }
}

TEST(Multipart, BoundariesThatAreNone) {
  const std::string body = Body({File("picture", "abc")});
  for (const std::string& type :
       {std::string("multipart/form-data"), std::string("multipart/form-data; boundary"),
        std::string("multipart/form-data; boundary="),
        std::string("multipart/form-data; boundary=\"\""),
        std::string("multipart/form-data; boundary=\"XX"),
        std::string("multipart/form-data; boundary=XX; boundary=XX"),
        std::string("multipart/form-data; boundary=X X"),
        std::string("multipart/form-data; boundary=XX,YY"),
        std::string("multipart/form-data; boundary=X\r\nX"),
        std::string("multipart/form-data; boundary=X\xC3\xA4"),
        std::string("multipart/form-data; xboundary=XX"),
        "multipart/form-data; boundary=" + std::string(71, 'X'),
        "multipart/form-data; boundary=" + std::string(100'000, 'X')}) {
    EXPECT_TRUE(Malformed(body, type)) << type.substr(0, 100);
  }
  const std::string too_long(71, 'X');
  EXPECT_TRUE(Malformed(Body({File("picture", "abc")}, too_long),
                        "multipart/form-data; boundary=" + too_long));
  const std::string longest(70, 'X');
  EXPECT_EQ(
      Read(Body({File("picture", "abc")}, longest), "multipart/form-data; boundary=" + longest),
      "abc");
}

TEST(Multipart, BodiesThatAreNone) {
  const std::string good = Body({File("picture", "abc")});
  for (std::size_t n = 0; n + 2 < good.size(); ++n) {
    EXPECT_TRUE(Malformed(good.substr(0, n))) << n;
  }
  for (const std::string& body :
       {std::string("--XX--\r\n"), std::string("--XX--"), std::string("--XX\r\n--XX--\r\n"),
        std::string("--XX\r\n\r\n--XX--\r\n"), "preamble\r\n" + good, good + "epilogue",
        good + good, "\r\n" + good, "--XX\n" + File("picture", "abc") + "--XX--\r\n",
        Body({"no headers\r\n"}), Body({"X-Other: name\r\n\r\nabc\r\n"}), Body({File("", "abc")}),
        Body({File("\xFF", "abc")}),
        Body({"X-Long: " + std::string(3000, 'x') + "\r\n" + File("picture", "abc")})}) {
    EXPECT_TRUE(Malformed(body)) << body.substr(0, 100);
  }
}

// cgicc would cut the file there, and take what follows for another part.
TEST(Multipart, ADelimiterWithinTheFileIsRefused) {
  EXPECT_TRUE(Malformed(Body({File("picture", "abc--XX\r\n" + File("picture", "def"))})));
  EXPECT_TRUE(Malformed(Body({File("picture", "abc--XX--\r\n")})));
  EXPECT_TRUE(Malformed(Body({File("picture", "abc\r\n--XXY")})));
}

TEST(Multipart, NestedPartsAreContent) {
  const std::string inner = Body({File("picture", "evil")}, "YY");
  EXPECT_EQ(Read(Body({File("picture", inner)})), inner);
  EXPECT_TRUE(Malformed(Body({File("picture", Body({File("picture", "evil")}, "XXY"))})));
}

TEST(Multipart, OneFileAndNothingElse) {
  EXPECT_EQ(Problems(Body({File("photo", "abc")})), "/photo unknown_field, /picture required");
  EXPECT_EQ(Problems(Body({File("picture", "abc"), File("picture", "def")})),
            "/picture not_allowed");
  EXPECT_EQ(Problems(Body({File("picture", "abc"), Text("role", "admin")})), "/role unknown_field");
  EXPECT_EQ(Problems(Body({Text("picture", "abc")})), "/picture wrong_type");
  EXPECT_EQ(Problems(Body({File("picture", "")})), "/picture required");
  EXPECT_EQ(Problems(Body({File("picture", "", "")})), "/picture required");
  EXPECT_EQ(Problems(Body({File("Picture", "abc")})), "/Picture unknown_field, /picture required");
  EXPECT_EQ(Problems(Body({File("a/b~c", "abc"), File("picture", "abc")})),
            "/a~1b~0c unknown_field");
  EXPECT_EQ(Problems(Body({File(std::string(1000, 'a'), "x"), File("picture", "abc")})),
            "/" + std::string(64, 'a') + " unknown_field");
}

TEST(Multipart, TheProcessEnvironmentIsNotInput) {
  setenv("CONTENT_TYPE", "multipart/form-data; boundary=ZZ", 1);
  setenv("CONTENT_LENGTH", "5", 1);
  setenv("REQUEST_METHOD", "GET", 1);
  EXPECT_EQ(Read(Body({File("picture", "abc")})), "abc");
  for (const char* name : {"CONTENT_TYPE", "CONTENT_LENGTH", "REQUEST_METHOD"}) unsetenv(name);
}

TEST(Multipart, AtMost16Parts) {
  std::string body;
  for (int i = 0; i < 16; ++i) body += "--XX\r\n" + File("picture", "abc");
  EXPECT_NE(Problems(body + "--XX--\r\n"), "?");
  EXPECT_TRUE(Malformed(body + "--XX\r\n" + File("picture", "abc") + "--XX--\r\n"));
}

// SPEC E5: whatever fits into 6 MiB is read or refused at once.
TEST(Multipart, TheWorstBodiesAreQuick) {
  const std::string longest(70, '-');
  const std::string dashes = "multipart/form-data; boundary=" + longest;
  std::string parts, empty;
  while (parts.size() < kMost) parts += "--XX\r\n" + File("picture", "");
  while (empty.size() < kMost) empty += "--XX\r\n\r\n";
  std::string heads = "--XX\r\n";
  while (heads.size() < kMost) heads += "Content-Disposition: form-data; name=\"picture\"\r\n";
  std::string almost;
  while (almost.size() < kMost) almost += "\r\n--" + std::string(69, '-') + "X";

  struct Case {
    const char* what;
    std::string body;
    std::string type;
  };
  const Case cases[] = {
      {"one file", Body({File("picture", std::string(kMost, 'x'))}), std::string(kType)},
      {"dashes", std::string(kMost, '-'), dashes},
      {"a file of dashes", Body({File("picture", std::string(kMost, '-'))}, longest), dashes},
      {"a file of near misses", Body({File("picture", almost)}, longest), dashes},
      {"line ends", Body({File("picture", std::string(kMost, '\r'))}), std::string(kType)},
      {"quotes", Body({File("picture", std::string(kMost, '"'))}), std::string(kType)},
      {"parts", parts + "--XX--\r\n", std::string(kType)},
      {"empty parts", empty, std::string(kType)},
      {"headers", heads, std::string(kType)},
      {"boundary", std::string(kMost, 'X'),
       "multipart/form-data; boundary=" + std::string(kMost, 'X')},
      {"parameters", "", "multipart/form-data" + std::string(kMost, ';')},
  };
  for (const Case& one : cases) {
    const std::clock_t begin = std::clock();
    const auto result = ReadUpload(one.type, one.body, "picture");
    EXPECT_LT(std::clock() - begin, CLOCKS_PER_SEC) << one.what;
    EXPECT_TRUE(result.ok() || !result.error().inner.empty() || !result.error().fields.empty());
  }
}

}  // namespace
}  // namespace gatehouse::http
