#include "fcgi/lib/text.h"

#include <gtest/gtest.h>

#include <chrono>

#include "fcgi/base/codec.h"

namespace gatehouse::text {
namespace {

using namespace std::string_view_literals;

// SPEC E5. Examples of UAX #15.
TEST(Text, E5_NfcComposesAndOrders) {
  EXPECT_EQ(Nfc(""), "");
  EXPECT_EQ(Nfc("plain\0ascii"sv), "plain\0ascii"sv);
  EXPECT_EQ(Nfc("e\u0301"), "\u00e9");
  EXPECT_EQ(Nfc("\u212b"), "\u00c5");              // Angstrom sign
  EXPECT_EQ(Nfc("\u1e9b\u0323"), "\u1e9b\u0323");  // long s, dots above and below
  EXPECT_EQ(Nfc("s\u0307\u0323"), "\u1e69");       // marks in the wrong order
  EXPECT_EQ(Nfc("q\u0307\u0323"), "q\u0323\u0307");
  EXPECT_EQ(Nfc("\u1100\u1161\u11a8"), "\uac01");  // Hangul
  EXPECT_EQ(Nfc("\uac01"), "\uac01");
  EXPECT_EQ(Nfc("\u0958"), "\u0915\u093c");  // a composition exclusion
  EXPECT_EQ(Nfc("\ufb01"), "\ufb01");        // compatibility forms stay
  EXPECT_EQ(Nfc("\u0301e"), "\u0301e");
  EXPECT_EQ(Nfc("\U0001d15e"), "\U0001d157\U0001d165");
  EXPECT_EQ(Nfc("\u0390\u03b0"), "\u0390\u03b0");
}

TEST(Text, NfcIsIdempotent) {
  for (const auto* s :
       {"q\u0307\u0323", "\u1e9b\u0323\u0301", "\u0958\u0301\u0316", "a\u0315\u0300\u05ae"}) {
    const auto once = Nfc(s);
    ASSERT_TRUE(once);
    EXPECT_EQ(Nfc(*once), once);
  }
}

TEST(Text, NfcRefusesIllFormedUtf8) {
  for (const auto* s : {"\xff", "a\x80", "\xc3", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                        "\xe2\x82", "\xf0\x9f\x98"}) {
    EXPECT_EQ(Nfc(s), std::nullopt);
    EXPECT_EQ(Nfc(std::string("\u00e9") + s), std::nullopt);
  }
}

// SPEC E5: 64 KiB of combining marks, which the library alone sorts in quadratic time.
TEST(Text, E5_NfcOfManyMarksIsCheap) {
  std::string marks = "a";
  while (marks.size() < 65536) marks += marks.size() % 4 == 1 ? "\u0301" : "\u0323";
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(Nfc(marks));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(300));
}

TEST(Text, LowerIsSimpleAndWithoutLocale) {
  EXPECT_EQ(Lower("Jane@EXAMPLE.com"), "jane@example.com");
  EXPECT_EQ(Lower("\u00c4\u00d6\u0416\u03a3"), "\u00e4\u00f6\u0436\u03c3");
  EXPECT_EQ(Lower("\u0130"), "i");  // one code point; never the Turkish dotless one
  EXPECT_EQ(Lower("I\u0131"), "i\u0131");
  EXPECT_EQ(Lower("\u1e9e\u00df"), "\u00df\u00df");
  EXPECT_EQ(Lower("\xff"
                  "A\x80"),
            "\xff"
            "a\x80");
  EXPECT_EQ(Lower("A\0B"sv), "a\0b"sv);
}

TEST(Text, LengthCountsCodePoints) {
  EXPECT_EQ(Length(""), 0U);
  EXPECT_EQ(Length("abc"), 3U);
  EXPECT_EQ(Length("\u00e9\u20ac\U0001f600"), 3U);
  EXPECT_EQ(Length("e\u0301"), 2U);
}

TEST(Text, WordsAreRunsOfLettersMarksAndDigits) {
  using Words = std::vector<std::string_view>;
  const auto words = [](std::string_view s) { return text::Words(s); };
  EXPECT_EQ(words(""), Words());
  EXPECT_EQ(words(" -_.@\u2014\u20ac"), Words());
  EXPECT_EQ(words("EMP-0042"), (Words{"EMP", "0042"}));
  EXPECT_EQ(words(".a.b1@c "), (Words{"a", "b1", "c"}));
  EXPECT_EQ(words("e\u0301\u00e9 \u6771\u4eac\u3000\u0939\u093f\u0928\u094d\u0926\u0940"),
            (Words{"e\u0301\u00e9", "\u6771\u4eac", "\u0939\u093f\u0928\u094d\u0926\u0940"}));
  EXPECT_EQ(words("a\xff\xc3(b"), (Words{"a", "b"})) << "ill-formed bytes end a word";
}

TEST(Text, E5_ControlsAreFound) {
  for (const auto s :
       {"\0"sv, "a\nb"sv, "a\rb"sv, "\t"sv, "\x1b[31m"sv, "\x7f"sv, "\u0080"sv, "\u0085"sv,
        "\u009f"sv, "\u2028"sv, "\u2029"sv, "\u202a"sv, "\u202e"sv, "\u2066"sv, "\u2069"sv}) {
    EXPECT_TRUE(HasControl(s)) << HexEncode(s);
    EXPECT_EQ(Printable(s, 100).find_first_of("\n\r\t\x1b\x7f"), std::string::npos);
    EXPECT_FALSE(HasControl(Printable(s, 100)));
  }
  for (const auto s : {""sv, "abc"sv, "\u00a0"sv, "\u200d"sv, "\u202f"sv, "\u206a"sv, "\u00e9"sv,
                       "\U0001f468\u200d\U0001f469"sv}) {
    EXPECT_FALSE(HasControl(s)) << HexEncode(s);
    EXPECT_EQ(Printable(s, 100), s);
  }
}

TEST(Text, BlankIsWhatShowsNothing) {
  for (const auto s : {""sv, " "sv, "\t\n"sv, "\u00a0"sv, "\u1680"sv, "\u2003\u3000"sv,
                       "\u200b\u200d\u2060"sv, "\u00ad"sv, "\ufeff"sv, "\u115f\u1160\u3164\uffa0"sv,
                       "\u2800"sv, "\ufe0f"sv, "\u034f"sv, "\U000e0061"sv, "\u202e"sv}) {
    EXPECT_TRUE(IsBlank(s)) << HexEncode(s);
  }
  for (const auto s : {"a"sv, " a "sv, "."sv, "\u200bx"sv, "\u0301"sv, "\u0b85"sv, "\u2801"sv,
                       "\U0001f468\u200d\U0001f469"sv, "\ue000"sv}) {
    EXPECT_FALSE(IsBlank(s)) << HexEncode(s);
  }
}

TEST(Text, TruncateCutsBetweenCodePoints) {
  const auto s = "a\u00e9\u20ac\U0001f600"sv;  // 1 + 2 + 3 + 4 bytes
  const std::size_t whole[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (std::size_t n = 0; n < std::size(whole); ++n)
    EXPECT_EQ(Truncate(s, n).size(), whole[n]) << n;
  EXPECT_EQ(Truncate("\x80\x80\x80\x80\x80\x80", 5).size(), 2U);  // ill-formed: some cut, no loop
  EXPECT_EQ(Truncate("", 5), "");
}

TEST(Text, PrintableDropsIllFormedBytesAndStopsWhole) {
  EXPECT_EQ(Printable("a\xff\u00e9\xc3", 100), "a\u00e9");
  EXPECT_EQ(Printable("Mozilla/5.0\r\nX: y", 100), "Mozilla/5.0X: y");
  EXPECT_EQ(Printable("ab\u20ac"
                      "c",
                      4),
            "ab");
  EXPECT_EQ(Printable("ab\u20ac"
                      "c",
                      5),
            "ab\u20ac");
  EXPECT_EQ(Printable("abc", 0), "");
}

// utf8proc and our own table must agree on what is well-formed: every string of up to 3 bytes that
// begins with a byte over 0x7f and ends as interesting ones do.
TEST(Text, AgreesWithIsUtf8) {
  constexpr unsigned char kTails[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90,
                                      0x9f, 0xa0, 0xbf, 0xc0, 0xed, 0xff};
  for (int first = 0x80; first < 0x100; ++first) {
    for (const auto b : kTails) {
      for (const auto c : kTails) {
        for (const auto d : kTails) {
          const std::string s = {static_cast<char>(first), static_cast<char>(b),
                                 static_cast<char>(c), static_cast<char>(d)};
          for (std::size_t n = 1; n <= 4; ++n) {
            const std::string part = s.substr(0, n);
            ASSERT_EQ(Nfc(part).has_value(), IsUtf8(part)) << HexEncode(part);
            ASSERT_TRUE(IsUtf8(Printable(part, 10))) << HexEncode(part);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace gatehouse::text
