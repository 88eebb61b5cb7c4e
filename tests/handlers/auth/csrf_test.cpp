#include "handlers/auth/csrf.h"

#include <gtest/gtest.h>

namespace gatehouse::auth {
namespace {

const TimePoint kNow = FromUnixSeconds(1'800'000'000);

TEST(CsrfTest, S8TokenHoldsForItsSessionOnly) {
  SeededEntropy entropy(6);
  const KeyRings keys = KeyRings::Generate(entropy);
  const auto mine = SessionId::New(kNow, entropy);
  const auto theirs = SessionId::New(kNow, entropy);
  const auto token = NewCsrfToken(keys, mine, entropy);
  EXPECT_TRUE(IsValidCsrf(keys, mine, token, token));
  EXPECT_FALSE(IsValidCsrf(keys, theirs, token, token));
  EXPECT_FALSE(IsValidCsrf(keys, mine, token, NewCsrfToken(keys, mine, entropy)));
  EXPECT_FALSE(IsValidCsrf(keys, mine, "", ""));
  EXPECT_FALSE(IsValidCsrf(keys, mine, "a.b", "a.b"));
  const KeyRings other = KeyRings::Generate(entropy);
  EXPECT_FALSE(IsValidCsrf(other, mine, token, token));
}

TEST(CsrfTest, S8OriginsAreExactOrTrueSubdomains) {
  Config config;
  config.base_url = "https://auth.example.test:8443";
  config.cors_origins = {"https://app.example.test", "https://*.apps.example.test"};
  for (const char* good : {"", "https://auth.example.test:8443", "https://app.example.test",
                           "https://a.apps.example.test", "https://a.b.apps.example.test"}) {
    EXPECT_TRUE(IsAllowedOrigin(config, good)) << good;
  }
  for (const char* bad :
       {"null", "https://auth.example.test", "http://app.example.test", "https://evil.test",
        "https://app.example.test.evil.test", "https://apps.example.test",
        "https://.apps.example.test", "https://evil.test/.apps.example.test",
        "https://evil.test#.apps.example.test", "https://a@b.apps.example.test",
        "https://xapps.example.test", "https://app.example.test:444"}) {
    EXPECT_FALSE(IsAllowedOrigin(config, bad)) << bad;
  }
}

}  // namespace
}  // namespace gatehouse::auth
