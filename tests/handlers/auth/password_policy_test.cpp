#include "handlers/auth/password_policy.h"

#include <gtest/gtest.h>

namespace gatehouse::auth {
namespace {

std::string FirstProblem(std::string_view password, const PasswordContext& context = {}) {
  const auto status = CheckPassword(password, context, "/password");
  if (status.ok()) return "";
  EXPECT_EQ(status.error().code, ErrorCode::kWeakPassword);
  EXPECT_EQ(status.error().fields[0].pointer, "/password");
  return status.error().fields[0].code;
}

TEST(PasswordPolicyTest, P2AcceptsLongUnusualOnesOfAnyScript) {
  EXPECT_EQ(FirstProblem("correct horse battery staple"), "");
  EXPECT_EQ(FirstProblem("vK9#mQ2$xL7!"), "");
  EXPECT_EQ(FirstProblem("мой дядя самых честных правил"), "");
}

TEST(PasswordPolicyTest, P2CountsCodePointsNotBytes) {
  EXPECT_EQ(FirstProblem("äöüäöüäöü"), "too_short");  // 9 characters, 18 bytes
  EXPECT_EQ(FirstProblem(std::string(129, 'x')), "too_long");
}

TEST(PasswordPolicyTest, P2RefusesWhatIsEasyToGuess) {
  EXPECT_EQ(FirstProblem("password123"), "too_guessable");
  EXPECT_EQ(FirstProblem("aaaaaaaaaaaaaaa"), "too_guessable");
  EXPECT_EQ(FirstProblem("qwertyuiop12"), "too_guessable");
}

TEST(PasswordPolicyTest, P2RefusesWhatIsWrittenOnTheDoor) {
  PasswordContext context;
  context.email = "wanjiku.kamau@duka-bora.example";
  context.tenant_name = "Zanzibar Spice Trading Company";
  context.tenant_slug = "zanzibar-spice-trading";
  EXPECT_EQ(FirstProblem("wanjiku.kamau@duka-bora.example", context), "is_email");
  EXPECT_EQ(FirstProblem("WANJIKU.KAMAU@duka-bora.example", context), "is_email");
  EXPECT_EQ(FirstProblem("wanjiku.kamau", context), "is_email");
  EXPECT_EQ(FirstProblem("zanzibar SPICE trading company", context), "is_tenant");
}

TEST(PasswordPolicyTest, P2BcryptTakesNoMoreThan72Bytes) {
  PasswordContext context;
  context.algorithm = HashAlgorithm::kBcrypt;
  const std::string long_one =
      "correct horse battery staple, and then a good deal more of words on it";
  EXPECT_EQ(FirstProblem(long_one, context), "");
  EXPECT_EQ(FirstProblem(long_one + "xyz", context), "too_long");
  context.algorithm = HashAlgorithm::kArgon2id;
  EXPECT_EQ(FirstProblem(long_one + "xyz", context), "");
}

}  // namespace
}  // namespace gatehouse::auth
