// Addresses (SPEC S5): what is one address, and what is one subnet, however it is written.
#include "fcgi/base/net.h"

#include <gtest/gtest.h>

#include <array>

namespace gatehouse {
namespace {

constexpr std::array<std::string_view, 22> kNoAddress = {
    "",          " ",           "garbage",           "1.2.3",
    "1.2.3.4.5", "1.2.3.256",   "01.2.3.4",          "1.2.3.4 ",
    " 1.2.3.4",  "1.2.3.4/24",  "0x1.2.3.4",         "1.2.3.4:80",
    "[::1]",     "::1%lo",      "::1/128",           ":::",
    "1::2::3",   "12345::",     "1:2:3:4:5:6:7:8:9", "unix:",
    "localhost", "::ffff:1.2.3"};

TEST(IsSameIp, HoweverItIsWritten) {
  EXPECT_TRUE(IsSameIp("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(IsSameIp("192.0.2.7", "192.0.2.8"));
  EXPECT_TRUE(IsSameIp("2001:db8::1", "2001:0DB8:0:0:0:0:0:1"));
  EXPECT_TRUE(IsSameIp("2001:db8:0:0:1::", "2001:db8::1:0:0:0"));
  EXPECT_TRUE(IsSameIp("::", "0:0:0:0:0:0:0:0"));
  EXPECT_TRUE(IsSameIp("64:ff9b::192.0.2.7", "64:ff9b::c000:207"));
  EXPECT_FALSE(IsSameIp("2001:db8::1", "2001:db8::2"));
  EXPECT_FALSE(IsSameIp("2001:db8::1", "2001:db8::1:0"));
}

// What a dual-stack socket reports is the IPv4 address; other embeddings are addresses of their
// own.
TEST(IsSameIp, MappedIsIpv4) {
  EXPECT_TRUE(IsSameIp("::ffff:192.0.2.7", "192.0.2.7"));
  EXPECT_TRUE(IsSameIp("192.0.2.7", "::FFFF:c000:0207"));
  EXPECT_TRUE(IsSameIp("::ffff:192.0.2.7", "0:0:0:0:0:ffff:192.0.2.7"));
  EXPECT_FALSE(IsSameIp("::ffff:192.0.2.7", "192.0.2.8"));
  for (const auto* embedded :
       {"::192.0.2.7", "64:ff9b::192.0.2.7", "::ffff:0:192.0.2.7", "2002:c000:207::"}) {
    EXPECT_FALSE(IsSameIp(embedded, "192.0.2.7")) << embedded;
  }
}

TEST(IsSameIp, LoopbackOfTwoFamiliesIsTwoAddresses) {
  EXPECT_FALSE(IsSameIp("::1", "127.0.0.1"));
  EXPECT_FALSE(IsSameIp("127.0.0.1", "127.0.0.2"));
  EXPECT_FALSE(IsSameIp("::1", "::"));
  EXPECT_FALSE(IsSameIp("0.0.0.0", "::"));
}

TEST(IsSameSubnet, TheFirst24Bits) {
  EXPECT_TRUE(IsSameSubnet("192.0.2.0", "192.0.2.255"));
  EXPECT_FALSE(IsSameSubnet("192.0.2.255", "192.0.3.0"));
  EXPECT_FALSE(IsSameSubnet("192.0.2.7", "192.1.2.7"));
  EXPECT_FALSE(IsSameSubnet("192.0.2.7", "64.0.2.7"));
  EXPECT_TRUE(IsSameSubnet("::ffff:192.0.2.7", "192.0.2.200"));
  EXPECT_TRUE(IsSameSubnet("192.0.2.200", "::ffff:192.0.2.7"));
  EXPECT_TRUE(IsSameSubnet("::ffff:192.0.2.7", "::ffff:192.0.2.200"));
  // All mapped addresses share their first 96 bits, but they are no neighbours.
  EXPECT_FALSE(IsSameSubnet("::ffff:192.0.2.7", "::ffff:192.0.3.7"));
}

TEST(IsSameSubnet, TheFirst64Bits) {
  EXPECT_TRUE(IsSameSubnet("2001:db8:1:2::", "2001:db8:1:2:ffff:ffff:ffff:ffff"));
  EXPECT_FALSE(IsSameSubnet("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:3::"));
  EXPECT_FALSE(IsSameSubnet("2001:db8:1:2::1", "2001:db8:1:1::1"));
  EXPECT_FALSE(IsSameSubnet("2001:db8::1", "a001:db8::1"));
  EXPECT_TRUE(IsSameSubnet("2001:DB8::1", "2001:db8:0:0::2"));
}

TEST(IsSameSubnet, NeverAcrossFamilies) {
  EXPECT_FALSE(IsSameSubnet("::1", "127.0.0.1"));
  EXPECT_FALSE(IsSameSubnet("127.0.0.1", "::1"));
  EXPECT_FALSE(IsSameSubnet("::127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(IsSameSubnet("::ffff:127.0.0.1", "::1"));
}

// Fails closed: not even the same text twice.
TEST(Addresses, WhatIsNoneEqualsNothing) {
  for (const auto bad : kNoAddress) {
    EXPECT_FALSE(ParseIp(bad)) << bad;
    EXPECT_FALSE(IsSameIp(bad, bad)) << bad;
    EXPECT_FALSE(IsSameSubnet(bad, bad)) << bad;
    for (const auto* good : {"1.2.3.4", "::1", "0.0.0.0", "::", "127.0.0.1"}) {
      EXPECT_FALSE(IsSameIp(bad, good) || IsSameIp(good, bad)) << bad;
      EXPECT_FALSE(IsSameSubnet(bad, good) || IsSameSubnet(good, bad)) << bad;
    }
    EXPECT_FALSE(IsLoopback(bad)) << bad;
  }
  const std::string_view cut("1.2.3.4\0.5", 10);
  EXPECT_FALSE(ParseIp(cut));
  EXPECT_FALSE(IsSameIp(cut, "1.2.3.4"));
}

TEST(IpInNetwork, PrefixesAndSingleAddresses) {
  EXPECT_TRUE(IpInNetwork("10.255.0.1", "10.0.0.0/8"));
  EXPECT_FALSE(IpInNetwork("11.0.0.1", "10.0.0.0/8"));
  EXPECT_TRUE(IpInNetwork("10.0.0.5", "10.0.0.5"));
  EXPECT_FALSE(IpInNetwork("10.0.0.6", "10.0.0.5/32"));
  EXPECT_TRUE(IpInNetwork("10.0.0.6", "0.0.0.0/0"));
  EXPECT_FALSE(IpInNetwork("::1", "0.0.0.0/0"));
  EXPECT_FALSE(IpInNetwork("2001:db8::9", "2001:db8::/127"));
  EXPECT_TRUE(IpInNetwork("2001:db8::1", "2001:db8::/127"));
  for (const auto* bad :
       {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "/8", "::/129"}) {
    EXPECT_FALSE(IpInNetwork("10.0.0.0", bad) || IpInNetwork("::", bad)) << bad;
  }
}

TEST(IsLoopback, BothFamilies) {
  EXPECT_TRUE(IsLoopback("127.0.0.1") && IsLoopback("127.255.1.2") && IsLoopback("::1"));
  EXPECT_TRUE(IsLoopback("::ffff:127.0.0.1"));
  EXPECT_FALSE(IsLoopback("128.0.0.1") || IsLoopback("::2") || IsLoopback("::127.0.0.1"));
}

}  // namespace
}  // namespace gatehouse
