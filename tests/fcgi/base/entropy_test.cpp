#include "fcgi/base/entropy.h"

#include <gtest/gtest.h>

#include <set>

namespace gatehouse {
namespace {

TEST(Entropy, TheSystemsDoesNotRepeat) {
  SystemEntropy entropy;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(entropy.Bytes(16));
  EXPECT_EQ(seen.size(), 1000U);
  EXPECT_EQ(entropy.Bytes(0), "");
  EXPECT_EQ(entropy.Bytes(100000).size(), 100000U);
}

TEST(Entropy, ASeedRepeatsItself) {
  SeededEntropy a(7);
  SeededEntropy b(7);
  SeededEntropy c(8);
  const std::string first = a.Bytes(32);
  EXPECT_EQ(first, b.Bytes(32));
  EXPECT_NE(first, c.Bytes(32));
  EXPECT_NE(first, a.Bytes(32));
}

}  // namespace
}  // namespace gatehouse
