// What nginx never sends. A peer that speaks otherwise is dropped; the server goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "fcgi/base/entropy.h"
#include "tests/fcgi/http/server_harness.h"

namespace gatehouse::http {
namespace {

namespace fcgi = gatehouse::testing::fcgi;
using ::testing::EndsWith;

class HostilePeer : public ::testing::Test {
 protected:
  // The peer is dropped without an answer, at once, and the server still serves.
  void ExpectDropped(const std::string& bytes, const char* what) {
    const auto client = server_.Connect();
    client.Send(bytes);
    EXPECT_TRUE(client.SeesClose(milliseconds(1500))) << what;
    EXPECT_TRUE(server_.Ask("/unread")) << what;
  }

  ThreadServer server_{{.max_batch = 16, .io_timeout = Millis(300)}};
};

TEST_F(HostilePeer, IsDropped) {
  const std::string path = fcgi::Record(4, fcgi::Pairs({{"DOCUMENT_URI", "/unread"}}));
  const std::string end = fcgi::Record(4, "") + fcgi::Body("");
  ExpectDropped("GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP");
  ExpectDropped(std::string(100, '\0'), "zeros");
  ExpectDropped("\x02" + fcgi::Request(false, "/unread").substr(1), "version 2");
  ExpectDropped(fcgi::Begin(false, 2) + path + end, "authorizer");
  ExpectDropped(fcgi::Begin(false, 3) + path + end, "filter");
  ExpectDropped(fcgi::Begin(false, 9) + path + end, "unknown role");
  ExpectDropped(fcgi::Begin(false, 1, 0) + path + end, "request id 0");
  ExpectDropped(fcgi::Record(1, "short"), "short begin");
  ExpectDropped(path + end, "no begin");
  ExpectDropped(fcgi::Begin(false) + fcgi::Begin(false), "two begins");
  ExpectDropped(fcgi::Begin(false) + fcgi::Record(2, ""), "abort");
  ExpectDropped(fcgi::Begin(false) + path + fcgi::Record(4, "") + fcgi::Record(2, ""),
                "abort within the body");
  ExpectDropped(fcgi::Begin(false) + fcgi::Record(4, "", 7), "another request's parameters");
  ExpectDropped(fcgi::Begin(false) + fcgi::Record(5, "body"), "body before parameters");
}

// libfcgi writes the answer to this into 64 bytes, however often a name is asked for.
TEST_F(HostilePeer, GetValuesDoesNotReachLibfcgi) {
  fcgi::Params names;
  for (int i = 0; i < 200; ++i) names.emplace_back("FCGI_MPXS_CONNS", "");
  ExpectDropped(fcgi::Record(9, fcgi::Pairs(names), 0), "management first");
  ExpectDropped(fcgi::Begin(false) + fcgi::Record(9, fcgi::Pairs(names), 0), "management within");
}

TEST_F(HostilePeer, ParametersThatLieAreRefused) {
  const auto with = [](const std::string& pairs) {
    return fcgi::Begin(false) + fcgi::Record(4, pairs) + fcgi::Record(4, "") + fcgi::Body("");
  };
  ExpectDropped(with("\x05\x05name"), "shorter than they say");
  ExpectDropped(with(std::string("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFFxy")), "2 GiB each");
  ExpectDropped(with("\x80"), "half a length");
  ExpectDropped(with(std::string("\x00\x01v", 3)), "no name");
  ExpectDropped(with(fcgi::Pairs({{"A=B", "c"}})), "a name that makes another one");
  ExpectDropped(with(fcgi::Pairs({{"A", std::string("b\0c", 3)}})), "a value with NUL");
}

TEST_F(HostilePeer, TooManyParametersAreRefused) {
  std::string request = fcgi::Begin(false);
  for (int i = 0; i < 3; ++i) {
    request += fcgi::Record(4, fcgi::Pairs({{"X" + std::to_string(i), std::string(30000, 'x')}}));
  }
  ExpectDropped(request, "more than 64 KiB");
  request = fcgi::Begin(false);
  const std::string pair = fcgi::Pairs({{"N", "v"}});
  for (int i = 0; i < 8000; ++i) request += fcgi::Record(4, pair, 1, 8);
  ExpectDropped(request, "in too many records");
}

TEST_F(HostilePeer, WhoSendsAheadGetsOneAnswerAndTheEnd) {
  const auto client = server_.Connect();
  ASSERT_TRUE(
      client.Send(fcgi::Request(true, "/echo", "one") + fcgi::Request(true, "/echo", "two")));
  EXPECT_THAT(client.Receive(kSoon).value_or("nothing"), EndsWith("one"));
  EXPECT_TRUE(client.SeesClose(kSoon));
}

// Also the replay of what a fuzzer would do, through the real socket and libfcgi.
TEST_F(HostilePeer, BrokenRequestsOfEveryKind) {
  SeededEntropy entropy(20);
  const std::string good = fcgi::Request(true, "/echo", "a body") + fcgi::Request(true, "/unread");
  for (int i = 0; i < 400; ++i) {
    std::string bad = good;
    const std::string random = entropy.Bytes(5);
    const auto at = [&](std::size_t n) { return static_cast<unsigned char>(random[n]); };
    bad[(at(0) << 8 | at(1)) % bad.size()] = random[2];
    if (at(3) < 128) bad.resize((at(3) << 8 | at(4)) % bad.size());
    const auto client = server_.Connect();
    client.Send(bad);
    shutdown(client.fd(), SHUT_WR);
    while (client.Receive(milliseconds(1500))) {
    }
  }
  EXPECT_TRUE(server_.Ask("/unread"));
}

}  // namespace
}  // namespace gatehouse::http
