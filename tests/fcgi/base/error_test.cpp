#include "fcgi/base/error.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "fcgi/base/codec.h"
#include "fcgi/base/result.h"

namespace gatehouse {
namespace {

// SPEC E4: a stable code, a message for developers and one for people, each.
TEST(ErrorCatalogue, E4_EveryRowIsComplete) {
  for (const auto& row : ErrorCatalogue()) {
    EXPECT_EQ(&Info(row.code), &row);
    EXPECT_GE(row.status, 400);
    EXPECT_LT(row.status, 600);
    EXPECT_TRUE(std::all_of(row.name.begin(), row.name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    })) << row.name;
    for (const auto text : {row.name, row.title, row.detail, row.user_message}) {
      EXPECT_FALSE(text.empty()) << row.name;
      EXPECT_TRUE(IsUtf8(text)) << row.name;
    }
    EXPECT_TRUE(row.detail.ends_with('.')) << row.name;
  }
}

// Clients switch on (status, code): a pair means one thing.
TEST(ErrorCatalogue, E4_StatusAndNameAreUnique) {
  std::set<std::pair<int, std::string_view>> pairs;
  std::map<std::string_view, int> names;
  for (const auto& row : ErrorCatalogue()) {
    EXPECT_TRUE(pairs.emplace(row.status, row.name).second) << row.name;
    ++names[row.name];
  }
  // The one code that the API knows under two statuses.
  for (const auto& [name, count] : names) EXPECT_EQ(count, name == "invalid_token" ? 2 : 1) << name;
}

TEST(Result, CarriesAValueOrAnError) {
  const auto half = [](int n) -> Result<int> {
    if (n % 2 != 0) return MakeError(ErrorCode::kValidationFailed, "odd");
    return n / 2;
  };
  const auto quarter = [&](int n) -> Result<int> {
    GH_ASSIGN(const int h, half(n));
    GH_ASSIGN(const int q, half(h));
    return q;
  };
  EXPECT_EQ(*quarter(8), 2);
  EXPECT_EQ(quarter(6).error().inner, "odd");
  const auto check = [&](int n) -> Status {
    GH_TRY(quarter(n));
    return {};
  };
  EXPECT_TRUE(check(8).ok());
  EXPECT_EQ(check(3).error().code, ErrorCode::kValidationFailed);
  EXPECT_EQ(RetryLater(ErrorCode::kUnavailable, 7).retry_after_s, 7);
}

}  // namespace
}  // namespace gatehouse
