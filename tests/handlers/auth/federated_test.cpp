#include "handlers/auth/federated.h"

#include <gtest/gtest.h>

namespace gatehouse::auth {
namespace {

std::optional<FederatedPerson> Claims(std::string_view text) {
  return PersonOfClaims(*json::Parse(text));
}
std::optional<FederatedPerson> Userinfo(std::string_view text) {
  return PersonOfUserinfo(*json::Parse(text));
}

TEST(FederatedTest, O1WhoTheyAre) {
  EXPECT_EQ(Claims(R"({"sub":"a b"})")->subject, "a b");
  EXPECT_EQ(Userinfo(R"({"sub":"a","id":7})")->subject, "a");
  EXPECT_EQ(Userinfo(R"({"id":7})")->subject, "7");
  EXPECT_EQ(Userinfo(R"({"id":"7"})")->subject, "7");
  EXPECT_FALSE(Claims(R"({"id":7})"));
  for (const char* nobody : {"{}", R"({"sub":""})", R"({"sub":7})", R"({"sub":null})",
                             R"({"sub":"a\n"})", R"({"sub":"\u0000"})", R"({"sub":"ä"})", "[]"}) {
    EXPECT_FALSE(Claims(nobody)) << nobody;
  }
  for (const char* nobody : {R"({"id":true})", R"({"id":null})", R"({"id":{}})", R"({"id":1.5})"}) {
    EXPECT_FALSE(Userinfo(nobody)) << nobody;
  }
  EXPECT_TRUE(Claims(R"({"sub":")" + std::string(255, 'x') + "\"}"));
  EXPECT_FALSE(Claims(R"({"sub":")" + std::string(256, 'x') + "\"}"));
}

// SPEC O2 (CVE-2026-9087): an address is verified only where the provider says so.
TEST(FederatedTest, O2AddressesAreVerifiedWhereItSaysSo) {
  const auto of = [](const char* more) {
    return *Claims(std::string(R"({"sub":"a","email":"Ada@Example.test")") + more + "}");
  };
  EXPECT_EQ(of("").email, "ada@example.test");
  EXPECT_TRUE(of(R"(,"email_verified":true)").email_verified);
  EXPECT_TRUE(of(R"(,"email_verified":"true")").email_verified);
  for (const char* no :
       {"", R"(,"email_verified":false)", R"(,"email_verified":"false")",
        R"(,"email_verified":"yes")", R"(,"email_verified":1)", R"(,"email_verified":"1")",
        R"(,"email_verified":null)", R"(,"email_verified":[true])", R"(,"verified":true)"}) {
    EXPECT_FALSE(of(no).email_verified) << no;
  }
  EXPECT_FALSE(Claims(R"({"sub":"a","email_verified":true})")->email_verified);
  for (const char* bad :
       {"a", "a@b@c.test", "a\\n@b.test", "<a@b.test>", "a@b.test,c@d.test", ""}) {
    EXPECT_FALSE(Claims(std::string(R"({"sub":"a","email":")") + bad + "\"}")->email) << bad;
  }
}

TEST(FederatedTest, NamesAreTakenWhereTheyAreFit) {
  const auto person = Claims(R"({"sub":"a","given_name":"Ada","family_name":"a\nb"})");
  EXPECT_EQ(person->first_name, "Ada");
  EXPECT_FALSE(person->last_name);
  EXPECT_FALSE(Claims(R"({"sub":"a","given_name":")" + std::string(101, 'x') + "\"}")->first_name);
}

}  // namespace
}  // namespace gatehouse::auth
