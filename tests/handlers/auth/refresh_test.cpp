#include "handlers/auth/refresh.h"

#include <gtest/gtest.h>

#include "fcgi/base/codec.h"

namespace gatehouse::auth {
namespace {

const TimePoint kNow = FromUnixSeconds(1'800'000'000);

TEST(RefreshTest, T6TokenIsReproducibleAndBoundToItsRow) {
  SeededEntropy entropy(3);
  const KeyRings keys = KeyRings::Generate(entropy);
  const auto tenant = TenantId::New(kNow, entropy);
  const auto session = SessionId::New(kNow, entropy);
  const auto row_key = NewRowKey(keys, session, entropy);
  const auto token = EncodeRefreshToken(tenant, session, 7, row_key.key.Reveal());
  EXPECT_EQ(token, EncodeRefreshToken(tenant, session, 7, row_key.key.Reveal()));
  const auto parsed = ParseRefreshToken(token);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->tenant, tenant);
  EXPECT_EQ(parsed->session, session);
  EXPECT_EQ(parsed->generation, 7U);
  EXPECT_TRUE(HasValidMac(*parsed, row_key.key.Reveal()));

  const auto other = NewRowKey(keys, session, entropy);
  EXPECT_FALSE(HasValidMac(*parsed, other.key.Reveal()));
  auto raised = *parsed;
  raised.generation = 8;
  EXPECT_FALSE(HasValidMac(raised, row_key.key.Reveal()));
}

TEST(RefreshTest, T6EveryChangedCharacterIsRefused) {
  SeededEntropy entropy(4);
  const KeyRings keys = KeyRings::Generate(entropy);
  const auto session = SessionId::New(kNow, entropy);
  const auto row_key = NewRowKey(keys, session, entropy);
  const auto token =
      EncodeRefreshToken(TenantId::New(kNow, entropy), session, 1, row_key.key.Reveal());
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    const auto parsed = ParseRefreshToken(changed);
    EXPECT_FALSE(parsed && HasValidMac(*parsed, row_key.key.Reveal())) << i;
  }
  EXPECT_FALSE(ParseRefreshToken(token + "A"));
  EXPECT_FALSE(ParseRefreshToken(""));
  EXPECT_FALSE(ParseRefreshToken(std::string(5000, 'A')));
}

TEST(RefreshTest, T6RowKeyOpensOnlyUnderTheKeyFileAndInItsOwnRow) {
  SeededEntropy entropy(5);
  const KeyRings keys = KeyRings::Generate(entropy);
  store::Session row;
  row.id = SessionId::New(kNow, entropy);
  auto made = NewRowKey(keys, row.id, entropy);
  row.refresh_key = made.box;
  row.refresh_kid = made.kid;
  const auto opened = OpenRowKey(keys, row);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->Reveal(), made.key.Reveal());
  const KeyRings other = KeyRings::Generate(entropy);
  EXPECT_FALSE(OpenRowKey(other, row));
  row.id = SessionId::New(kNow, entropy);
  EXPECT_FALSE(OpenRowKey(keys, row));
}

TEST(RefreshTest, T6Decisions) {
  const Seconds grace(10);
  EXPECT_EQ(DecideRefresh(5, 5, kNow, grace, kNow + Seconds(9999)), RefreshDecision::kRotate);
  EXPECT_EQ(DecideRefresh(4, 5, kNow, grace, kNow + Seconds(10)), RefreshDecision::kRepeat);
  EXPECT_EQ(DecideRefresh(4, 5, kNow, grace, kNow + Seconds(10) + Micros(1)),
            RefreshDecision::kReuse);
  EXPECT_EQ(DecideRefresh(3, 5, kNow, grace, kNow), RefreshDecision::kReuse);
  // By another host's clock; and by one that was put back.
  EXPECT_EQ(DecideRefresh(4, 5, kNow, grace, kNow - Seconds(30)), RefreshDecision::kRepeat);
  EXPECT_EQ(DecideRefresh(4, 5, kNow, grace, kNow - Seconds(31)), RefreshDecision::kReuse);
  EXPECT_EQ(DecideRefresh(6, 5, kNow, grace, kNow), RefreshDecision::kFromTheFuture);
}

}  // namespace
}  // namespace gatehouse::auth
