#include "fcgi/lib/crypto.h"

#include <gtest/gtest.h>

#include "fcgi/base/codec.h"

namespace gatehouse::crypto {
namespace {

std::string Hex(const Digest& d) { return HexEncode(AsView(d)); }
std::string FromHex(std::string_view hex) { return HexDecode(hex).value(); }

// FIPS 180-4 examples.
TEST(Crypto, Sha256Vectors) {
  EXPECT_EQ(Hex(Sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Hex(Sha256(std::string_view())), Hex(Sha256("")));
  EXPECT_EQ(Hex(Sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Hex(Sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

// RFC 4231, test cases 1 to 4, 6 and 7.
TEST(Crypto, HmacVectors) {
  struct Case {
    std::string key, data, mac;
  };
  const Case cases[] = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(20, '\xaa'), std::string(50, '\xdd'),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {FromHex("0102030405060708090a0b0c0d0e0f10111213141516171819"), std::string(50, '\xcd'),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::string(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. The "
       "key "
       "needs to be hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const auto& c : cases) {
    const HmacSha256 hmac(c.key);
    // Twice, in parts and whole: the kept context starts over each time.
    EXPECT_EQ(Hex(hmac.Mac(c.data)), c.mac);
    EXPECT_EQ(Hex(hmac.Mac(
                  {std::string_view(c.data).substr(0, 3), "", std::string_view(c.data).substr(3)})),
              c.mac);
    EXPECT_EQ(Hex(hmac.Mac(c.data)), c.mac);
  }
}

// RFC 2202, cases 1, 2 and 6.
TEST(Crypto, HmacSha1Vectors) {
  const auto hex = [](std::string_view key, std::string_view data) {
    const auto mac = crypto::HmacSha1(key, data);
    return HexEncode({reinterpret_cast<const char*>(mac.data()), mac.size()});
  };
  EXPECT_EQ(hex(std::string(20, '\x0b'), "Hi There"), "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(hex("Jefe", "what do ya want for nothing?"),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(hex(std::string(80, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

TEST(Crypto, HmacMovesAndTakesNothing) {
  HmacSha256 a("Jefe");
  const HmacSha256 b = std::move(a);
  EXPECT_EQ(Hex(b.Mac("what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(Hex(HmacSha256("").Mac("")),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  EXPECT_EQ(Hex(HmacSha256(std::string_view()).Mac({})),
            "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Crypto, ConstantTimeEqualComparesAll) {
  EXPECT_TRUE(ConstantTimeEqual("", ""));
  EXPECT_TRUE(ConstantTimeEqual(std::string_view(), ""));
  EXPECT_TRUE(ConstantTimeEqual("abc", "abc"));
  EXPECT_FALSE(ConstantTimeEqual("abc", "abd"));
  EXPECT_FALSE(ConstantTimeEqual("abc", "ab"));
  EXPECT_FALSE(ConstantTimeEqual("abc", ""));
  EXPECT_FALSE(ConstantTimeEqual(std::string("a\0b", 3), std::string("a\0c", 3)));
}

// FACTS: cache keys shared by two tenants come of joining without lengths.
TEST(Crypto, LengthPrefixedIsUnambiguous) {
  EXPECT_EQ(LengthPrefixed({"ab", ""}), std::string("\0\0\0\2ab\0\0\0\0", 10));
  EXPECT_NE(LengthPrefixed({"a", "bc"}), LengthPrefixed({"ab", "c"}));
  EXPECT_NE(LengthPrefixed({"a", ""}), LengthPrefixed({"a"}));
  EXPECT_NE(LengthPrefixed({"", "a"}), LengthPrefixed({"a", ""}));
  EXPECT_EQ(LengthPrefixed({std::string(0x1234, 'x')}).substr(0, 4),
            std::string("\0\0\x12\x34", 4));
}

// The GCM specification (McGrew and Viega), test cases 13, 14 and 16.
TEST(Crypto, AesGcmVectors) {
  const std::string zero_key(32, '\0');
  const std::string zero_nonce(12, '\0');
  EXPECT_EQ(HexEncode(Seal(zero_key, zero_nonce, "", "")),
            HexEncode(zero_nonce) + "530f8afbc74536b9a963b4f1c4cb738b");
  EXPECT_EQ(
      HexEncode(Seal(zero_key, zero_nonce, std::string(16, '\0'), "")),
      HexEncode(zero_nonce) + "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
  const std::string key =
      FromHex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308");
  const std::string nonce = FromHex("cafebabefacedbaddecaf888");
  const std::string text = FromHex(
      "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6"
      "b5"
      "25b16aedf5aa0de657ba637b39");
  const std::string aad = FromHex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
  const std::string box = Seal(key, nonce, text, aad);
  EXPECT_EQ(
      HexEncode(box.substr(12)),
      "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b105"
      "6828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b");
  EXPECT_EQ(Open(key, box, aad), text);
}

TEST(Crypto, OpenRefusesEveryForgery) {
  const std::string key(32, 'k');
  const std::string box = Seal(key, std::string(12, 'n'), "a totp secret", "users.totp.1");
  ASSERT_EQ(Open(key, box, "users.totp.1"), "a totp secret");
  for (std::size_t i = 0; i < box.size() * 8; ++i) {
    std::string forged = box;
    forged[i / 8] = static_cast<char>(forged[i / 8] ^ (1 << (i % 8)));
    EXPECT_EQ(Open(key, forged, "users.totp.1"), std::nullopt) << i;
  }
  for (std::size_t n = 0; n < box.size(); ++n) {
    EXPECT_EQ(Open(key, std::string_view(box).substr(0, n), "users.totp.1"), std::nullopt);
  }
  EXPECT_EQ(Open(key, box + "x", "users.totp.1"), std::nullopt);
  EXPECT_EQ(Open(key, box, "users.totp.2"), std::nullopt);
  EXPECT_EQ(Open(key, box, ""), std::nullopt);
  EXPECT_EQ(Open(std::string(32, 'K'), box, "users.totp.1"), std::nullopt);
}

TEST(Crypto, AnEmptySecretCanBeSealed) {
  const std::string key(32, 'k');
  EXPECT_EQ(Open(key, Seal(key, std::string(12, 'n'), "", "a"), "a"), "");
  EXPECT_EQ(Open(key, Seal(key, std::string(12, 'n'), "x", ""), ""), "x");
}

TEST(CryptoDeathTest, AKeyOfTheWrongSizeIsABug) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(Seal("short", std::string(12, 'n'), "x", ""), "");
  EXPECT_DEATH(Seal(std::string(32, 'k'), "short", "x", ""), "");
  EXPECT_DEATH(Open("short", std::string(40, 'b'), ""), "");
}

}  // namespace
}  // namespace gatehouse::crypto
