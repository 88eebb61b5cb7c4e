// What of a mail server's words is shown: SPEC W3.
#include "handlers/auth/mail_error.h"

#include <gtest/gtest.h>

#include <random>

#include "fcgi/base/entropy.h"
#include "handlers/auth/generated_password.h"
#include "handlers/auth/link_token.h"

namespace gatehouse::auth {
namespace {

TEST(MailError, WhatAnAdministratorCanUseIsShown) {
  for (const char* text : {
           "Couldn't connect to server",
           "SSL peer certificate or SSH remote key was not OK",
           "Failed sending data to the peer; server: 451 4.7.1 Greylisted, please try again",
           "Requested action; server: 550-5.1.1 Mailbox unavailable (user unknown)",
           "not sent yet",
           "552 5.2.2 Over quota",
           "",
       }) {
    EXPECT_EQ(ShownMailError(text), text);
  }
}

TEST(MailError, NothingThatCouldBeASecretIs) {
  EXPECT_EQ(ShownMailError("550 5.7.1 rejected: https://gate.example/auth/ui/reset#token=Ab3_x-9 "
                           "is listed"),
            "550 5.7.1 rejected: [...] is listed");
  EXPECT_EQ(ShownMailError("550 <bob@private.example> forwards to bob@other.example now"),
            "550 [...] forwards to [...] now");
  EXPECT_EQ(ShownMailError("535 AUTH PLAIN AGdhdGUAczNjcmV0 failed for gate: s3cret"),
            "535 AUTH PLAIN [...] failed for gate: [...]");
  EXPECT_EQ(ShownMailError("451 queued as 4XyZ12abcd on mx1.internal.example"),
            "451 queued as [...] on [...]");
  SeededEntropy entropy(11);
  for (int i = 0; i < 2000; ++i) {
    const std::string password = GeneratePassword(entropy, 20);
    EXPECT_EQ(ShownMailError("554 " + password), "554 [...]");
    EXPECT_EQ(ShownMailError("554 (" + password + ")."), "554 [...]");
    const std::string token = NewLinkToken(entropy).text;
    EXPECT_EQ(ShownMailError("554 spam: " + token + "!"), "554 spam: [...]");
    EXPECT_EQ(ShownMailError("554 #token=" + token), "554 [...]");
  }
  EXPECT_EQ(ShownMailError("code 123456789012345"), "code [...]");
  EXPECT_EQ(ShownMailError("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), "[...]");
}

TEST(MailError, AnyBytesComeOutShortAndPrintable) {
  std::mt19937 random(2);
  for (int i = 0; i < 2000; ++i) {
    std::string text(random() % 2000, ' ');
    for (char& c : text) c = static_cast<char>(random());
    if (i % 2) {
      for (char& c : text) c = "ab A9.\n\r\x1b-'"[random() % 11];
    }
    const std::string shown = ShownMailError(text);
    EXPECT_LE(shown.size(), 255U);
    for (const char c : shown) EXPECT_TRUE(c >= ' ' && c <= '~');
  }
  EXPECT_EQ(ShownMailError("250 ok\r\nX-Evil: yes\x1b[2J"), "250 ok X-Evil: yes [...]");
}

}  // namespace
}  // namespace gatehouse::auth
