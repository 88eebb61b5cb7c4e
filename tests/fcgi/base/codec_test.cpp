#include "fcgi/base/codec.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

using namespace std::string_view_literals;

// RFC 4648 section 10.
TEST(Codec, Base64Vectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [plain, padded] : vectors) {
    EXPECT_EQ(Base64Encode(plain), padded);
    EXPECT_EQ(Base64Decode(padded), plain);
    const std::string bare = std::string(padded).substr(0, std::string_view(padded).find('='));
    EXPECT_EQ(Base64UrlEncode(plain), bare);
    EXPECT_EQ(Base64UrlDecode(bare), plain);
  }
  EXPECT_EQ(Base64UrlEncode("\xfb\xff\xbf"), "-_-_");
  EXPECT_EQ(Base64Encode("\xfb\xff\xbf"), "+/+/");
  std::string out = "x.";
  AppendBase64Url(out, "foo");
  EXPECT_EQ(out, "x.Zm9v");
}

// RFC 4648 section 10, without padding.
TEST(Codec, Base32Vectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "MY"},
                                                         {"fo", "MZXQ"},
                                                         {"foo", "MZXW6"},
                                                         {"foob", "MZXW6YQ"},
                                                         {"fooba", "MZXW6YTB"},
                                                         {"foobar", "MZXW6YTBOI"}};
  for (const auto& [plain, encoded] : vectors) EXPECT_EQ(Base32Encode(plain), encoded);
  EXPECT_EQ(Base32Encode(std::string_view("\0\xff", 2)), "AD7Q");
}

// RFC 3986 section 2.3.
TEST(Codec, PercentEncodesAllButTheUnreserved) {
  EXPECT_EQ(PercentEncode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(PercentEncode(" :/?#[]@!$&'()*+,;=%"),
            "%20%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%25");
  EXPECT_EQ(PercentEncode("\xc3\xa9\n"), "%C3%A9%0A");
}

TEST(Codec, Base64RoundTripsAllBytes) {
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all.push_back(static_cast<char>(i));
    EXPECT_EQ(Base64UrlDecode(Base64UrlEncode(all)), all);
    EXPECT_EQ(Base64Decode(Base64Encode(all)), all);
    EXPECT_EQ(HexDecode(HexEncode(all)), all);
  }
}

// SPEC T4, T6: one value, one spelling; else a token has siblings that no list knows.
TEST(Codec, Base64UrlIsCanonical) {
  // Of the 64 last characters of two, exactly 4 leave no bits over; of three, 16.
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  int two = 0;
  int three = 0;
  for (const char c : kAlphabet) {
    two += Base64UrlDecode(std::string("Z") + c) ? 1 : 0;
    three += Base64UrlDecode(std::string("Zm") + c) ? 1 : 0;
  }
  EXPECT_EQ(two, 4);
  EXPECT_EQ(three, 16);
  for (const auto bad : {"Zg=="sv, "Zg="sv, "Zg "sv, " Zg"sv, "Z g"sv, "Zg\n"sv, "Zg\r\n"sv, "Z"sv,
                         "Zm9vY"sv, "Zm+v"sv, "Zm/v"sv, "Zm9\0"sv, "Zm9\xc3"sv, "Zh"sv, "Zm9"sv,
                         "===="sv, "="sv, "Zm.v"sv, "Zm9v=AAA"sv}) {
    EXPECT_EQ(Base64UrlDecode(bad), std::nullopt) << bad;
  }
}

TEST(Codec, Base64WantsItsPadding) {
  for (const auto bad : {"Zg"sv, "Zg="sv, "Zg==="sv, "Zh=="sv, "Zm9="sv, "Z==="sv, "===="sv,
                         "=Zg="sv, "Zg==Zg=="sv, "Zm9v\n"sv, "-_-_"sv, "Zm=v"sv}) {
    EXPECT_EQ(Base64Decode(bad), std::nullopt) << bad;
  }
}

TEST(Codec, Hex) {
  EXPECT_EQ(HexEncode("\x00\x7f\x80\xff"sv), "007f80ff");
  EXPECT_EQ(HexDecode("007F80fF"), "\x00\x7f\x80\xff"sv);
  EXPECT_EQ(HexDecode(""), "");
  for (const auto bad : {"0"sv, "0g"sv, "g0"sv, "0x"sv, " 0"sv, "00 "sv, "-1"sv, "0\0"sv}) {
    EXPECT_EQ(HexDecode(bad), std::nullopt) << bad;
  }
}

TEST(Codec, PercentEncodesWhatAHeaderCannotHold) {
  EXPECT_EQ(PercentEncodeNonAscii("Jane Doe <j@x>"), "Jane Doe <j@x>");
  EXPECT_EQ(PercentEncodeNonAscii("J\u00e9 100%\r\n\x7f\0"sv), "J%C3%A9 100%25%0D%0A%7F%00");
}

// SPEC A3: one valid line, whatever came in.
TEST(Codec, A3_JsonStringsStayOnOneLine) {
  const auto escaped = [](std::string_view s) {
    std::string out;
    AppendJsonString(out, s);
    return out;
  };
  EXPECT_EQ(escaped(""), R"("")");
  EXPECT_EQ(escaped("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(escaped("\0\x01\n\r\t\x1b[31m\x7f"sv),
            R"("\u0000\u0001\u000a\u000d\u0009\u001b[31m\u007f")");
  EXPECT_EQ(escaped("\u00e9\U0001f600"), "\"\u00e9\U0001f600\"");
  EXPECT_EQ(escaped("a\xff\xfe"
                    "b"),
            R"("a\ufffd\ufffdb")");
  EXPECT_EQ(escaped("\xc3"), R"("\ufffd")");
  EXPECT_EQ(escaped("\xc3\""), R"("\ufffd\"")");  // the quote is not swallowed
  EXPECT_EQ(escaped("\xe2\x82\n"), R"("\ufffd\ufffd\u000a")");
  EXPECT_EQ(escaped("\xed\xa0\x80"), R"("\ufffd\ufffd\ufffd")");
}

// Unicode 15, table 3-7, and the classic traps.
TEST(Codec, Utf8IsWellFormedOrNot) {
  for (const auto good :
       {""sv, "a\0b"sv, "\xc2\x80"sv, "\xdf\xbf"sv, "\xe0\xa0\x80"sv, "\xed\x9f\xbf"sv,
        "\xee\x80\x80"sv, "\xef\xbf\xbf"sv, "\xf0\x90\x80\x80"sv, "\xf4\x8f\xbf\xbf"sv}) {
    EXPECT_TRUE(IsUtf8(good)) << HexEncode(good);
  }
  for (const auto bad : {"\x80"sv,
                         "\xbf"sv,
                         "\xc0\x80"sv,
                         "\xc0\xaf"sv,
                         "\xc1\xbf"sv,
                         "\xc2"sv,
                         "\xc2\x41"sv,
                         "\xe0\x9f\xbf"sv,
                         "\xe0\xa0"sv,
                         "\xed\xa0\x80"sv,
                         "\xed\xbf\xbf"sv,
                         "\xf0\x8f\xbf\xbf"sv,
                         "\xf0\x90\x80"sv,
                         "\xf4\x90\x80\x80"sv,
                         "\xf5\x80\x80\x80"sv,
                         "\xf8\x88\x80\x80\x80"sv,
                         "\xfe"sv,
                         "\xff"sv,
                         "a\xe2\x82"sv,
                         "\xe2\x82\xac\x80"sv}) {
    EXPECT_FALSE(IsUtf8(bad)) << HexEncode(bad);
  }
}

}  // namespace
}  // namespace gatehouse
