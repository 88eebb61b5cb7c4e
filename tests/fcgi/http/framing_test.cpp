#include "fcgi/http/framing.h"

#include <gtest/gtest.h>

#include "tests/support/fcgi_client.h"

namespace gatehouse::http {
namespace {

namespace fcgi = gatehouse::testing::fcgi;

std::string scratch;

TEST(Framing, EveryBeginningOfARequestIsPartialUntilItsHeadIsThere) {
  const std::string head = fcgi::Head(true, {{"A", "b"}, {"LONG", std::string(300, 'l')}});
  const std::string request = head + fcgi::Body("some body");
  for (std::size_t n = 0; n <= request.size(); ++n) {
    const Framing framing = Inspect(std::string_view(request).substr(0, n), scratch);
    EXPECT_EQ(framing.arrival, n < head.size()      ? Arrival::kPartial
                               : n < request.size() ? Arrival::kHead
                                                    : Arrival::kWhole)
        << n << " " << framing.reason;
  }
}

TEST(Framing, SizeEndsWhereTheNextRequestBegins) {
  const std::string one = fcgi::Request(true, "/one", "body");
  EXPECT_EQ(Inspect(one, scratch).size, one.size());
  EXPECT_EQ(Inspect(one + one, scratch).size, one.size());
}

TEST(Framing, ParametersMayComeInPiecesOfAnySize) {
  const std::string pairs = fcgi::Pairs({{"A", "b"}, {"C", std::string(500, 'd')}, {"E", ""}});
  for (std::size_t piece = 1; piece <= pairs.size(); ++piece) {
    std::string request = fcgi::Begin(false);
    for (std::size_t at = 0; at < pairs.size(); at += piece) {
      request += fcgi::Record(4, pairs.substr(at, piece), 1, static_cast<int>(piece % 8));
    }
    request += fcgi::Record(4, "", 1, 3) + fcgi::Body("");
    EXPECT_EQ(Inspect(request, scratch).arrival, Arrival::kWhole) << piece;
  }
}

TEST(Framing, TheLimitOfParametersIsExact) {
  const auto with = [](std::size_t total) {
    // Two pairs of 1 + 4 + 1 + value bytes each.
    const std::size_t value = (total - 12) / 2;
    std::string pairs =
        fcgi::Pairs({{"A", std::string(value, 'a')}, {"B", std::string(total - 12 - value, 'b')}});
    EXPECT_EQ(pairs.size(), total);
    return fcgi::Begin(false) + fcgi::Record(4, pairs.substr(0, 40000)) +
           fcgi::Record(4, pairs.substr(40000)) + fcgi::Record(4, "") + fcgi::Body("");
  };
  EXPECT_EQ(Inspect(with(kMaxParams), scratch).arrival, Arrival::kWhole);
  EXPECT_EQ(Inspect(with(kMaxParams + 1), scratch).arrival, Arrival::kRefused);
}

TEST(Framing, JunkIsRefusedAtTheFirstByteThatTells) {
  EXPECT_EQ(Inspect("G", scratch).arrival, Arrival::kRefused);
  EXPECT_EQ(Inspect(fcgi::Record(9, "x", 0).substr(0, 8), scratch).arrival, Arrival::kRefused);
  const std::string begin = fcgi::Begin(false);
  EXPECT_EQ(Inspect(begin + fcgi::Record(2, "").substr(0, 8), scratch).arrival, Arrival::kRefused);
  EXPECT_EQ(Inspect(begin + fcgi::Record(4, "x", 2).substr(0, 8), scratch).arrival,
            Arrival::kRefused);
}

}  // namespace
}  // namespace gatehouse::http
