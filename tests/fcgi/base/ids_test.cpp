#include "fcgi/base/ids.h"

#include <gtest/gtest.h>

#include <set>
#include <type_traits>

namespace gatehouse {
namespace {

constexpr char kText[] = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";  // RFC 9562, A.6

TEST(Uuid, TextAndBytes) {
  const auto u = Uuid::Parse(kText);
  ASSERT_TRUE(u);
  EXPECT_EQ(u->ToString(), kText);
  EXPECT_EQ(u->bytes[0], 0x01);
  EXPECT_EQ(u->bytes[15], 0x8f);
  EXPECT_EQ(Uuid::FromBytes(u->view()), u);
  EXPECT_EQ(Uuid::Parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F"), u);
  EXPECT_FALSE(u->is_nil());
  EXPECT_TRUE(Uuid{}.is_nil());
  EXPECT_EQ(Uuid{}.ToString(), "00000000-0000-0000-0000-000000000000");
}

TEST(Uuid, OnlyTheCanonicalFormIsRead) {
  for (const char* bad :
       {"", "017f22e279b07cc398c4dc0c0c07398f", "{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}",
        "urn:uuid:017f22e2-79b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff", "017f22e2079b0-7cc3-98c4-dc0c0c07398",
        "017f22e-279b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
        "017f22e2 79b0 7cc3 98c4 dc0c0c07398f", " 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
        "017f22e2-79b0-7cc3-98c4-dc0c0c0739-f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n"}) {
    EXPECT_EQ(Uuid::Parse(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(Uuid::FromBytes(std::string(15, 'x')), std::nullopt);
  EXPECT_EQ(Uuid::FromBytes(std::string(17, 'x')), std::nullopt);
  EXPECT_EQ(Uuid::FromBytes(""), std::nullopt);
}

TEST(Uuid, V7HasTheTimeInFrontAndTheRestAtRandom) {
  SeededEntropy entropy(1);
  const TimePoint now(Millis(0x017f22e279b0));
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const Uuid u = Uuid::V7(now, entropy);
    const std::string text = u.ToString();
    EXPECT_EQ(text.substr(0, 15), "017f22e2-79b0-7");
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
    seen.insert(text);
  }
  EXPECT_EQ(seen.size(), 1000U);
  EXPECT_LT(Uuid::V7(now, entropy), Uuid::V7(now + Millis(1), entropy));
}

TEST(Ids, AnIdOfOneKindIsNoIdOfAnother) {
  EXPECT_FALSE((std::is_convertible_v<UserId, TenantId>));
  EXPECT_FALSE((std::is_constructible_v<TenantId, UserId>));
  EXPECT_EQ(UserId::Parse(kText)->ToString(), kText);
  EXPECT_FALSE(UserId::Parse("x"));
}

}  // namespace
}  // namespace gatehouse
