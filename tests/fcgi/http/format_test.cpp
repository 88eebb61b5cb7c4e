#include "fcgi/http/format.h"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::http {
namespace {

TEST(IsEmail, WhatPeopleHave) {
  for (const char* s :
       {"a@b.ke", "first.last+tag@example.co.ke", "o'brien@example.com", "x_y-z@sub.ex-ample.org",
        "!#$%&*/=?^`{|}~@example.com", "j\xC3\xBCrgen@example.com", "a@m\xC3\xBCnchen.de",
        "\xE7\x94\xA8\xE6\x88\xB7@\xE4\xBE\x8B\xE5\xAD\x90.\xE5\xB9\xBF\xE5\x91\x8A", "1@1.com",
        "a@b.c1"}) {
    EXPECT_TRUE(IsEmail(s)) << s;
  }
}

TEST(IsEmail, NothingThatAServerOrHeaderCouldTakeForSomethingElse) {
  for (const char* s : {"",
                        "a",
                        "@",
                        "a@",
                        "@b.ke",
                        "a@b",
                        "a@@b.ke",
                        "a@b@c.ke",
                        "a b@c.ke",
                        "a@b .ke",
                        ".a@b.ke",
                        "a.@b.ke",
                        "a..b@c.ke",
                        "a@.b.ke",
                        "a@b..ke",
                        "a@b.ke.",
                        "a@-b.ke",
                        "a@b-.ke",
                        "\"a\"@b.ke",
                        "a(c)@b.ke",
                        "a,b@c.ke",
                        "a;b@c.ke",
                        "a:b@c.ke",
                        "<a@b.ke>",
                        "a\\b@c.ke",
                        "a@[127.0.0.1]",
                        "a@127.0.0.1",
                        "a@b_c.ke",
                        "a@b.ke\r\nBcc: x@y.ke",
                        "a\t@b.ke",
                        "a@b.ke ",
                        " a@b.ke",
                        "a%00@b.k\xC3",
                        "a\xC2\xA0@b.ke",
                        "a\xEF\xBC\xA0@b.ke",     // full-width commercial at
                        "a@b\xE3\x80\x82ke.com",  // ideographic full stop
                        "a\xE2\x80\x8B@b.ke",     // zero-width space
                        "a\xE2\x80\xAE@b.ke",     // right-to-left override
                        "a@b\xE2\x80\xA4ke.com",  // one dot leader
                        "a@\xEF\xBD\x82.ke"}) {   // full-width letter
    EXPECT_FALSE(IsEmail(s)) << s;
  }
  EXPECT_FALSE(IsEmail(std::string("a\0@b.ke", 7)));
}

TEST(IsEmail, LengthsAreExact) {
  const std::string domain = "@b.ke";
  EXPECT_TRUE(IsEmail(std::string(64, 'a') + domain));
  EXPECT_FALSE(IsEmail(std::string(65, 'a') + domain));
  EXPECT_TRUE(IsEmail("a@" + std::string(63, 'b') + ".ke"));
  EXPECT_FALSE(IsEmail("a@" + std::string(64, 'b') + ".ke"));
  std::string longest = "a@";
  while (longest.size() < 240) longest += "bbbbbbbbb.";
  longest += std::string(254 - longest.size() - 3, 'c') + ".ke";
  EXPECT_EQ(longest.size(), 254u);
  EXPECT_TRUE(IsEmail(longest));
  EXPECT_FALSE(IsEmail("a" + longest));
}

TEST(IsPermission, R1) {
  for (const char* s : {"a:b:c", "sales:order:edit:own", "a-1:b_2:c3"}) {
    EXPECT_TRUE(IsPermission(s, false)) << s;
    EXPECT_TRUE(IsPermission(s, true)) << s;
  }
  for (const char* s : {"*:b:c", "a:*:*", "*:*:*:own"}) {
    EXPECT_FALSE(IsPermission(s, false)) << s;
    EXPECT_TRUE(IsPermission(s, true)) << s;
  }
  for (const char* s :
       {"", ":", "::", "a:b", "a:b:", ":b:c", "a::c", "a:b:c:", "a:b:c:d", "a:b:c:own:own", "A:b:c",
        "a:b:c ", "a*:b:c", "a:b:c:*", "ALL_PERMISSIONS"}) {
    EXPECT_FALSE(IsPermission(s, true)) << s;
  }
  const std::string word(60, 'w');
  EXPECT_TRUE(IsPermission(word + ":" + word + ":" + word, false));
  EXPECT_FALSE(IsPermission(word + "w:b:c", false));
}

TEST(HasFormat, Others) {
  EXPECT_TRUE(HasFormat("+254712345678", Format::kPhone));
  EXPECT_TRUE(HasFormat("+1234567", Format::kPhone));
  EXPECT_TRUE(HasFormat("+123456789012345", Format::kPhone));
  for (const char* s : {"", "+", "254712345678", "+123456", "+1234567890123456", "+25 4712345",
                        "+0123456789", "++25471234567", "+25471234567x"}) {
    EXPECT_FALSE(HasFormat(s, Format::kPhone)) << s;
  }
  EXPECT_TRUE(HasFormat("a-1-", Format::kSlug));
  EXPECT_TRUE(HasFormat(std::string(63, 's'), Format::kSlug));
  for (const char* s : {"", "-a", "A", "a_b", "a b", "a.b"}) {
    EXPECT_FALSE(HasFormat(s, Format::kSlug)) << s;
  }
  EXPECT_FALSE(HasFormat(std::string(64, 's'), Format::kSlug));
  EXPECT_TRUE(HasFormat("00000000-0000-7000-8000-000000000001", Format::kUuid));
  EXPECT_FALSE(HasFormat("{00000000-0000-7000-8000-000000000001}", Format::kUuid));
  EXPECT_TRUE(HasFormat("2026-01-02T03:04:05+03:00", Format::kDateTime));
  EXPECT_FALSE(HasFormat("2026-01-02", Format::kDateTime));
  EXPECT_TRUE(HasFormat("anything", Format::kPassword));
}

TEST(HasFormat, U2_KraPinsInEitherCase) {
  for (const char* s : {"A123456789Z", "a123456789z", "p000000000Q"}) {
    EXPECT_TRUE(HasFormat(s, Format::kKraPin)) << s;
  }
  for (const char* s : {"", "A12345678Z", "A1234567890Z", "1123456789Z", "A123456789@",
                        "A12345678aZ", "[123456789`", "A123456789Z "}) {
    EXPECT_FALSE(HasFormat(s, Format::kKraPin)) << s;
  }
  std::string pin = "a123456789z";
  Canonicalize(pin, Format::kKraPin);
  EXPECT_EQ(pin, "A123456789Z");
  Canonicalize(pin = "anything", Format::kAny);
  EXPECT_EQ(pin, "anything");
}

TEST(HasFormat, NamesAreToBeSeen) {
  for (const Format format : {Format::kName, Format::kRoleName}) {
    for (const char* s :
         {"Ann", "Ann Lee", "\u00e9", "\u6771", "-", "\U0001f468\u200d\U0001f469"}) {
      EXPECT_TRUE(HasFormat(s, format)) << s;
    }
    for (const char* s :
         {" ", "   ", "\u00a0", "\u3000\u2003", "\u200b", "\u2060\u00ad", "\u3164"}) {
      EXPECT_FALSE(HasFormat(s, format)) << s;
    }
  }
  EXPECT_TRUE(HasFormat(" Ann, Jr", Format::kName));
  EXPECT_FALSE(HasFormat("Ann, Jr", Format::kRoleName));
  EXPECT_FALSE(HasFormat(" Ann", Format::kRoleName));
}

}  // namespace
}  // namespace gatehouse::http
