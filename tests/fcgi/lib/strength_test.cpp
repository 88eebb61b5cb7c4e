#include "fcgi/lib/strength.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "tests/support/cpu_time.h"

namespace gatehouse {
namespace {

int Score(std::string_view password, const std::vector<std::string>& known = {}) {
  return PasswordScore(password, known);
}

// SPEC P2: scores under 3 are refused.
TEST(Strength, P2_WellKnownPasswords) {
  for (const auto* weak : {"", "a", "password", "Password1", "123456789012", "qwertyuiop", "zxcvbn",
                           "aaaaaaaaaaaaaaaa", "abcdefghijkl", "P@ssw0rd", "iloveyou",
                           "summer2024!", "1987-11-23", "D0g.................."}) {
    EXPECT_LT(Score(weak), 3) << weak;
  }
  EXPECT_EQ(Score("password"), 0);
  EXPECT_EQ(Score("Tr0ub4dour&3"), 3);
  EXPECT_EQ(Score("correct horse battery staple"), 4);
  EXPECT_EQ(Score("x7#Kq9!vLm2$Rt8z"), 4);
  EXPECT_EQ(
      Score(
          "\u043f\u0430\u0440\u043e\u043b\u044c \u0434\u043b\u044f \u0432\u0445\u043e\u0434\u0430"),
      4);
}

TEST(Strength, P2_KnownWordsAreGuessedFirst) {
  const std::vector<std::string> known = {"Jane.Zwingenberger@example.com", "Xyloquent Ltd"};
  for (const auto* password : {"zwingenberger", "Zwingenberger1", "janezwingenberger", "xyloquent2",
                               "jane.zwingenberger@example.com", "XYLOQUENT!"}) {
    EXPECT_GE(Score(password), 2) << password;
    EXPECT_LT(Score(password, known), 3) << password;
  }
  EXPECT_EQ(Score("x7#Kq9!vLm2$Rt8z", known), 4);
  // Nothing to know, and nothing that is no word.
  EXPECT_EQ(Score("x7#Kq9!vLm2$Rt8z", {"", "a", "..", std::string("\0\0\0", 3)}), 4);
}

TEST(Strength, OnlyTheBeginningIsEstimatedAndSoItStaysCheap) {
  EXPECT_LT(Score(std::string(100, 'a') + "x7#Kq9!vLm2$Rt8z"), 3);
  const std::vector<std::string> known(1000, std::string(5000, 'a') + " b c d e");
  const auto start = CpuTime();
  Score(std::string(1 << 20, 'a'), known);
  Score(std::string(1 << 20, '1'), known);
  EXPECT_LT(CpuTime() - start, std::chrono::milliseconds(500));
}

}  // namespace
}  // namespace gatehouse
