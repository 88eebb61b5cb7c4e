#include "handlers/auth/settings.h"

#include <gtest/gtest.h>

namespace gatehouse::auth {
namespace {

json::Value Doc(std::string_view text) { return *json::Parse(text); }

TEST(SettingsTest, N5DefaultsAreTheContracts) {
  EXPECT_EQ(SettingsJson(ParseSettings("{}")),
            R"({"access_ttl":3600,"session_ttl":86400,"refresh_grace":10,"idle_timeout":0,)"
            R"("max_sessions":1,"lockout_threshold":5,"lockout_window":900,"lockout_duration":900,)"
            R"("password_min_length":10,"require_2fa":"off","mfa_challenge_ttl":300,)"
            R"("verify_email_ttl":86400,"password_reset_ttl":1800,"registration":"open",)"
            R"("registration_domains":[],"ip_binding":"off","roles_claim":"array",)"
            R"("permissions_claim":true,"sliding_renewal":true,"info_text":"",)"
            R"("mail_sender_name":"","oauth_link_verified_email":false,)"
            R"("oauth_providers":[]})");
}

TEST(SettingsTest, N5MergesAndKeepsOnlyWhatDiffers) {
  const auto merged = MergeSettings(R"({"access_ttl":60})", Doc(R"({"max_sessions":3})"));
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(*merged, R"({"access_ttl":60,"max_sessions":3})");
  const auto reset = MergeSettings(*merged, Doc(R"({"access_ttl":null})"));
  ASSERT_TRUE(reset.ok());
  EXPECT_EQ(*reset, R"({"max_sessions":3})");
  EXPECT_EQ(ParseSettings(*reset).access_ttl, Seconds(3600));
}

TEST(SettingsTest, N5RefusesEachBadValueByName) {
  const auto refused = MergeSettings(
      "{}", Doc(R"({"access_ttl":0,"max_sessions":"1","registration":"maybe","nonsense":1,)"
                R"("registration_domains":[1],"info_text":"a\u0000b","permissions_claim":1})"));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kValidationFailed);
  EXPECT_EQ(refused.error().fields.size(), 7U);
  EXPECT_EQ(refused.error().fields[3].code, "unknown_field");
}

TEST(SettingsTest, N5DomainsAreDomains) {
  for (const char* bad : {"", "nodot", ".a.example", "a.example.", "a..example", "@a.example",
                          "a@b.example", "*.a.example", "a.example, b.example"}) {
    const json::Value patch(
        json::Object{{"registration_domains", json::Array{json::Value(std::string(bad))}}});
    EXPECT_FALSE(MergeSettings("{}", patch).ok()) << bad;
  }
  const auto merged = MergeSettings("{}", Doc(R"({"registration_domains":["A.Example"]})"));
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(ParseSettings(*merged).registration_domains, std::vector<std::string>{"a.example"});
}

constexpr std::string_view kCorp =
    R"({"id":"corp","name":"Corp","type":"oidc","issuer":"https://id.test","client_id":"c",)"
    R"("client_secret":"s3cret","scopes":["openid"]})";

json::Value Providers(std::string_view items) {
  return Doc("{\"oauth_providers\":[" + std::string(items) + "]}");
}

// SPEC O1: what settings keep and show of a provider has no secret in it.
TEST(SettingsTest, N5ProvidersWithoutTheirSecrets) {
  const auto merged = MergeSettings("{}", Providers(kCorp));
  ASSERT_TRUE(merged.ok());
  EXPECT_EQ(merged->find("s3cret"), std::string::npos);
  const auto settings = ParseSettings(*merged);
  ASSERT_EQ(settings.oauth_providers.size(), 1U);
  EXPECT_EQ(settings.oauth_providers[0].issuer, "https://id.test");
  EXPECT_EQ(settings.oauth_providers[0].scopes, std::vector<std::string>{"openid"});
  EXPECT_EQ(SettingsJson(settings).find("secret"), std::string::npos);
  const auto gone = MergeSettings(*merged, Doc(R"({"oauth_providers":null})"));
  EXPECT_TRUE(ParseSettings(*gone).oauth_providers.empty());
}

TEST(SettingsTest, N5ProvidersOfThisMachineNeedTheSwitch) {
  std::string here(kCorp);
  here.replace(here.find("https://id.test"), 15, "http://127.0.0.1:1");
  const auto refused = MergeSettings("{}", Providers(here));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().fields.at(0).pointer, "/oauth_providers/0/issuer");
  EXPECT_TRUE(MergeSettings("{}", Providers(here), true).ok());
}

TEST(SettingsTest, N5TwoProvidersHaveTwoIds) {
  const auto twice = MergeSettings("{}", Providers(std::string(kCorp) + "," + std::string(kCorp)));
  ASSERT_FALSE(twice.ok());
  EXPECT_EQ(twice.error().fields.at(0).pointer, "/oauth_providers/1/id");
}

// Nobody gets laxer rules because a stored document is damaged.
TEST(SettingsTest, N5DamagedDocumentsFallBackToDefaults) {
  for (const char* bad : {"", "nonsense", "[]", R"({"lockout_threshold":0})",
                          R"({"lockout_threshold":"many"})", R"({"lockout_threshold":100000})"}) {
    EXPECT_EQ(ParseSettings(bad).lockout_threshold, 5) << bad;
  }
}

}  // namespace
}  // namespace gatehouse::auth
