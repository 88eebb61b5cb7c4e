#include "handlers/auth/difference.h"

#include <gtest/gtest.h>

namespace gatehouse::auth {
namespace {

Difference Between(const char* before, const char* after) {
  return DifferenceOf(*json::Parse(before)->object(), *json::Parse(after)->object());
}

TEST(DifferenceTest, A1ShowsWhatDiffersAlone) {
  const auto changed = Between(R"({"a":1,"b":"x","c":null,"d":[1,2],"e":true})",
                               R"({"e":true,"a":2,"b":"x","c":"y","d":[2,1]})");
  EXPECT_FALSE(changed.empty());
  EXPECT_EQ(changed.before, R"({"a":1,"c":null,"d":[1,2]})");
  EXPECT_EQ(changed.after, R"({"a":2,"c":"y","d":[2,1]})");
}

TEST(DifferenceTest, A1WhatIsMissingCountsAsNull) {
  const auto changed = Between(R"({"a":1,"n":null})", R"({"b":2,"m":null})");
  EXPECT_EQ(changed.before, R"({"a":1,"b":null})");
  EXPECT_EQ(changed.after, R"({"a":null,"b":2})");
}

TEST(DifferenceTest, A1NothingIsEmpty) {
  EXPECT_TRUE(Difference().empty());
  EXPECT_TRUE(Between(R"({"a":{"b":[]}})", R"({"a":{"b":[]}})").empty());
  EXPECT_FALSE(Between(R"({"a":1})", R"({"a":"1"})").empty());
}

}  // namespace
}  // namespace gatehouse::auth
