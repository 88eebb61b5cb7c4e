#include "handlers/auth/totp.h"

#include <gtest/gtest.h>

namespace gatehouse::auth {
namespace {

// The key of RFC 6238, appendix B, and of RFC 4226, appendix D.
constexpr std::string_view kKey = "12345678901234567890";

TimePoint At(std::int64_t seconds) { return FromUnixSeconds(seconds); }

// RFC 6238, appendix B, mode SHA1: six digits are the last six of eight.
TEST(TotpTest, F1VectorsOfRfc6238) {
  const std::pair<std::int64_t, const char*> vectors[] = {
      {59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
      {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
  for (const auto& [time, code] : vectors) {
    EXPECT_EQ(TotpCode(kKey, TotpStep(At(time))), code) << time;
    EXPECT_EQ(MatchTotp(kKey, code, At(time), std::nullopt), time / 30);
  }
}

// RFC 4226, appendix D.
TEST(TotpTest, F1VectorsOfRfc4226) {
  const char* const codes[] = {"755224", "287082", "359152", "969429", "338314",
                               "254676", "287922", "162583", "399871", "520489"};
  for (int i = 0; i < 10; ++i) EXPECT_EQ(TotpCode(kKey, i), codes[i]);
}

TEST(TotpTest, F1OneStepOfDriftEachWay) {
  const std::int64_t step = 60'000'000;
  for (std::int64_t drift = -3; drift <= 3; ++drift) {
    const auto match = MatchTotp(kKey, TotpCode(kKey, step + drift), At(step * 30 + 7), {});
    const bool near = drift >= -1 && drift <= 1;
    EXPECT_EQ(match, near ? std::optional(step + drift) : std::nullopt) << drift;
  }
}

TEST(TotpTest, F2NothingUpToTheLastStepUsedCounts) {
  const std::int64_t step = 60'000'000;
  const TimePoint now = At(step * 30);
  EXPECT_FALSE(MatchTotp(kKey, TotpCode(kKey, step), now, step));
  EXPECT_FALSE(MatchTotp(kKey, TotpCode(kKey, step - 1), now, step));
  EXPECT_EQ(MatchTotp(kKey, TotpCode(kKey, step + 1), now, step), step + 1);
  // The clock was turned back by a day: what was used since stays used, and so does all before.
  const TimePoint yesterday = At(step * 30 - 86400);
  for (std::int64_t drift = -1; drift <= 1; ++drift) {
    EXPECT_FALSE(MatchTotp(kKey, TotpCode(kKey, step - 2880 + drift), yesterday, step));
  }
}

TEST(TotpTest, F1OtherTextIsNoCode) {
  for (const char* text : {"", "28708", "2870820", "287 82", "abcdef", "-87082"}) {
    EXPECT_FALSE(MatchTotp(kKey, text, At(59), std::nullopt)) << text;
  }
}

// The format that authenticators read: label and issuer percent-encoded, base32 without padding.
TEST(TotpTest, F1OtpauthUri) {
  EXPECT_EQ(OtpauthUri(kKey, "Caf\xc3\xa9 & Co: 1", "ann+x@example.test"),
            "otpauth://totp/Caf%C3%A9%20%26%20Co%3A%201:ann%2Bx%40example.test"
            "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Caf%C3%A9%20%26%20Co%3A%201"
            "&algorithm=SHA1&digits=6&period=30");
  const std::string longest = OtpauthUri(kKey, std::string(200, 'x'), std::string(254, '@'));
  EXPECT_LT(longest.size(), 2900U) << "fits into a QR code";
}

}  // namespace
}  // namespace gatehouse::auth
