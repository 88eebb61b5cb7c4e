#include "fcgi/base/lru.h"

#include <gtest/gtest.h>

namespace gatehouse {
namespace {

std::string Key(int i) { return "key " + std::to_string(i); }

TEST(LruTest, WhatWasNotAskedForLongestGoes) {
  Lru<int> lru(3000);
  int kept = 0;
  for (; lru.size() == static_cast<std::size_t>(kept); ++kept) lru.Put(Key(kept), kept, 100);
  // The last one pushed the first out.
  EXPECT_EQ(lru.Find(Key(0)), nullptr);
  ASSERT_NE(lru.Find(Key(1)), nullptr);
  lru.Put(Key(1000), 1000, 100);
  EXPECT_NE(lru.Find(Key(1)), nullptr) << "asked for lately";
  EXPECT_EQ(lru.Find(Key(2)), nullptr);
  EXPECT_EQ(*lru.Find(Key(1000)), 1000);
}

TEST(LruTest, TheRoomIsNeverExceeded) {
  Lru<int> lru(10'000);
  for (int i = 0; i < 1000; ++i) {
    lru.Put(Key(i), i, static_cast<std::size_t>(i % 7) * 600);
    EXPECT_LE(lru.size() * sizeof(int), 10'000U);
    EXPECT_EQ(*lru.Find(Key(i)), i);
  }
  lru.Put("huge", 1, 5000);
  EXPECT_EQ(lru.Find("huge"), nullptr) << "more than half of the room";
  EXPECT_NE(lru.Find(Key(999)), nullptr) << "and nothing went for it";
}

TEST(LruTest, APutReplaces) {
  Lru<std::string> lru(10'000);
  lru.Put("a", "one", 10);
  lru.Put("a", "two", 20);
  EXPECT_EQ(lru.size(), 1U);
  EXPECT_EQ(*lru.Find("a"), "two");
  lru.Put("a", "three", 9000);
  EXPECT_EQ(lru.Find("a"), nullptr) << "the old value does not outlive a new one that has no room";
  lru.Put("a", "four", 0);
  lru.Clear();
  EXPECT_EQ(lru.Find("a"), nullptr);
  EXPECT_EQ(lru.size(), 0U);
}

// The hash looks at the end alone, so equal ends are the worst case.
TEST(LruTest, KeysAreToldApartByAllTheirBytes) {
  Lru<int> lru(100'000);
  const std::string tail(80, 'x');
  for (int i = 0; i < 50; ++i) lru.Put(Key(i) + tail, i, 0);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(*lru.Find(Key(i) + tail), i);
  EXPECT_EQ(lru.Find("other" + tail), nullptr);
  EXPECT_EQ(lru.Find(tail), nullptr);
  EXPECT_EQ(lru.Find(""), nullptr);
}

}  // namespace
}  // namespace gatehouse
