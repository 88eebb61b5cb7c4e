#include "handlers/auth/device_cookie.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gatehouse::auth {
namespace {

TEST(DeviceCookieTest, L3S2WhatWasSignedComesBackAndNothingElse) {
  SeededEntropy entropy(11);
  const KeyRings keys = KeyRings::Generate(entropy);
  const DeviceMark mark{"till-1. née", NewBrowserId(entropy)};
  const std::string value = SignDevice(keys, mark);
  const auto opened = OpenDevice(keys, value);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->device_id, mark.device_id);
  EXPECT_EQ(opened->browser_id, mark.browser_id);

  for (std::size_t i = 0; i < value.size(); ++i) {
    std::string changed = value;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(OpenDevice(keys, changed)) << i;
    EXPECT_FALSE(OpenDevice(keys, value.substr(0, i))) << i;
  }
  for (const auto& bad : std::vector<std::string>{"", ".", "..", "...", value + ".", value + "A"}) {
    EXPECT_FALSE(OpenDevice(keys, bad)) << bad;
  }
  EXPECT_FALSE(OpenDevice(KeyRings::Generate(entropy), value));
}

TEST(DeviceCookieTest, L3NothingMovesFromOneFieldToTheOther) {
  SeededEntropy entropy(12);
  const KeyRings keys = KeyRings::Generate(entropy);
  const std::string id = NewBrowserId(entropy);
  EXPECT_NE(SignDevice(keys, {"a", id}), SignDevice(keys, {"ab", id}));
  EXPECT_FALSE(OpenDevice(keys, SignDevice(keys, {"a", id + "b"}))) << "an id of another length";
  EXPECT_FALSE(OpenDevice(keys, SignDevice(keys, {std::string(600, 'a'), id}))) << "too long";
}

}  // namespace
}  // namespace gatehouse::auth
