#include "handlers/auth/recovery_code.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace gatehouse::auth {
namespace {

class RecoveryCodeTest : public ::testing::Test {
 protected:
  SeededEntropy entropy{7};
  UserId ann = UserId::New(FromUnixSeconds(1'800'000'000), entropy);
  UserId bob = UserId::New(FromUnixSeconds(1'800'000'000), entropy);
};

bool IsWellFormed(const std::string& code) {
  if (code.size() != 19) return false;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const bool hyphen = i % 5 == 4;
    if (hyphen != (code[i] == '-')) return false;
    if (!hyphen && std::string_view("0123456789abcdefghjkmnpqrstvwxyz").find(code[i]) ==
                       std::string_view::npos) {
      return false;
    }
  }
  return true;
}

TEST_F(RecoveryCodeTest, F3TenReadableCodesOfEightyBits) {
  std::set<std::string> seen;
  std::set<char> characters;
  for (int round = 0; round < 50; ++round) {
    const auto codes = NewRecoveryCodes(entropy);
    EXPECT_EQ(codes.size(), 10U);
    for (const auto& code : codes) {
      EXPECT_TRUE(IsWellFormed(code)) << code;
      EXPECT_TRUE(seen.insert(code).second);
      characters.insert(code.begin(), code.end());
    }
  }
  EXPECT_EQ(characters.size(), 33U) << "the whole alphabet, and the hyphen";
}

TEST_F(RecoveryCodeTest, F3TheHashIsOfOneUserAndForgivesHowItIsTyped) {
  const std::string code = "0123-4567-89ab-cdef";
  const std::string hash = RecoveryCodeHash(ann, code);
  EXPECT_EQ(hash.size(), 32U);
  EXPECT_NE(hash, RecoveryCodeHash(bob, code));
  for (const char* typed :
       {"0123456789abcdef", "0123 4567 89AB CDEF", "OI23-4567-89ab-cdef", "ol23-4567-89ab-cdef"}) {
    EXPECT_EQ(RecoveryCodeHash(ann, typed), hash) << typed;
  }
  for (const char* other : {"", "0123-4567-89ab-cde", "0123-4567-89ab-cdef0", "u123-4567-89ab-cdef",
                            "0123_4567_89ab_cdef", "123456"}) {
    EXPECT_TRUE(RecoveryCodeHash(ann, other).empty()) << other;
  }
  EXPECT_NE(RecoveryCodeHash(ann, "1123-4567-89ab-cdef"), hash);
}

}  // namespace
}  // namespace gatehouse::auth
