// Connections and requests as nginx makes them, and answers to them (SPEC E5, DESIGN 2).
#include "fcgi/http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/fcgi/http/server_harness.h"

namespace gatehouse::http {
namespace {

namespace fcgi = gatehouse::testing::fcgi;
using gatehouse::testing::FcgiClient;
using gatehouse::testing::WaitUntil;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Server, RefusesWhatIsNoListeningSocket) {
  TestHandler handler;
  const std::atomic<bool> stop{false};
  EXPECT_FALSE(Serve({.listen_fd = -1}, handler, stop));
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_FALSE(Serve({.listen_fd = ends[0]}, handler, stop));
  close(ends[0]);
  close(ends[1]);
}

TEST(Server, AnswersAndClosesWhatIsNotKept) {
  const ThreadServer server;
  const auto client = server.Connect();
  ASSERT_TRUE(client.Send(fcgi::Request(false, "/echo", "hello")));
  EXPECT_EQ(client.Receive(kSoon),
            "Status: 200\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_TRUE(client.SeesClose(kSoon));
}

TEST(Server, KeepsAConnectionForManyRequests) {
  const ThreadServer server;
  const auto client = server.Connect();
  for (int i = 0; i < 500; ++i) {
    const std::string body = "n" + std::to_string(i);
    ASSERT_TRUE(client.Send(fcgi::Request(true, "/echo", body)));
    ASSERT_THAT(client.Receive(kSoon).value_or("nothing"), EndsWith("\r\n\r\n" + body));
  }
}

// libfcgi reads 8 KiB at a time: every way in which a request can straddle that.
TEST(Server, KeptConnectionsStayInStepWhateverTheBodysLengthReadOrNot) {
  const ThreadServer server({.max_batch = 16});
  const auto client = server.Connect();
  for (const char* path : {"/echo", "/unread", "/tiny"}) {
    for (const std::size_t size : {1u, 8000u, 8100u, 8191u, 8192u, 8193u, 16384u, 32700u, 40000u,
                                   65535u, 65536u, 300000u, 6000000u}) {
      const std::string body(size, 'b');
      ASSERT_TRUE(client.Send(fcgi::Request(true, path, body))) << path << size;
      const auto answer = client.Receive(kSoon);
      ASSERT_TRUE(answer) << path << size;
      if (path == std::string_view("/echo")) {
        EXPECT_TRUE(answer->ends_with("\r\n\r\n" + body)) << size;
      } else if (path == std::string_view("/tiny") && size > 10) {
        EXPECT_THAT(*answer, StartsWith("Status: 413"));
      }
    }
  }
  // Heads that end around the 8 KiB, so that the end of the body comes with another read.
  for (std::size_t size = 8050; size < 8200; ++size) {
    ASSERT_TRUE(client.Send(
        fcgi::Head(true, {{"DOCUMENT_URI", "/param/X"}, {"X", std::string(size, 'h')}}) +
        fcgi::Body("")));
    const auto answer = client.Receive(kSoon);
    ASSERT_TRUE(answer) << size;
    EXPECT_TRUE(answer->ends_with("\r\n\r\n" + std::string(size, 'h'))) << size;
  }
}

TEST(Server, BodiesThatContradictTheirLengthAreRefused) {
  const ThreadServer server;
  const auto ask = [&](std::string_view path, const char* length, std::string_view body) {
    const auto client = server.Connect();
    client.Send(
        fcgi::Head(false, {{"DOCUMENT_URI", std::string(path)}, {"CONTENT_LENGTH", length}}) +
        fcgi::Body(body));
    return client.Receive(kSoon).value_or("nothing").substr(0, 11);
  };
  EXPECT_EQ(ask("/echo", "5", "four"), "Status: 400");
  EXPECT_EQ(ask("/echo", "3", "four"), "Status: 400");
  EXPECT_EQ(ask("/echo", "-1", "four"), "Status: 400");
  EXPECT_EQ(ask("/echo", "4x", "four"), "Status: 400");
  EXPECT_EQ(ask("/echo", "99999999999999999999999", "four"), "Status: 400");
  EXPECT_EQ(ask("/echo", "", "four"), "Status: 400");
  EXPECT_EQ(ask("/echo", "4", "four"), "Status: 200");
  EXPECT_EQ(ask("/echo", "", ""), "Status: 200");
  EXPECT_EQ(ask("/tiny", "10", "0123456789"), "Status: 200");
  EXPECT_EQ(ask("/tiny", "10", "0123456789a"), "Status: 413");
  EXPECT_EQ(ask("/tiny", "11", "0123456789a"), "Status: 413");
  EXPECT_EQ(ask("/twice", "4", "four"), "Status: 500");
}

TEST(Server, ParametersOfAnySizeAndInAnyRecords) {
  const ThreadServer server;
  std::string pairs = fcgi::Pairs({{"DOCUMENT_URI", "/param/HTTP_COOKIE"},
                                   {"EMPTY", ""},
                                   {"HTTP_COOKIE", std::string(30000, 'c')}});
  for (const std::size_t piece : {30011u, 1000u, 997u, 100u}) {
    std::string request = fcgi::Begin(false);
    for (std::size_t at = 0; at < pairs.size(); at += piece) {
      request += fcgi::Record(4, pairs.substr(at, piece), 1, static_cast<int>(at % 8));
    }
    request += fcgi::Record(4, "") + fcgi::Body("");
    const auto client = server.Connect();
    ASSERT_TRUE(client.Send(request));
    const auto answer = client.Receive(kSoon);
    ASSERT_TRUE(answer) << piece;
    EXPECT_TRUE(answer->ends_with("\r\n\r\n" + std::string(30000, 'c'))) << piece;
  }
  EXPECT_THAT(server.Ask("/param/ABSENT").value_or("nothing"), EndsWith("text/plain\r\n\r\n"));
}

TEST(Server, AnswersOfAnySize) {
  const ThreadServer server;
  for (const char* size : {"1", "8100", "8150", "8192", "65536", "3000000"}) {
    const auto answer = server.Ask(std::string("/bytes/") + size);
    ASSERT_TRUE(answer) << size;
    EXPECT_THAT(answer->substr(0, 100), HasSubstr("Content-Length: " + std::string(size)));
    EXPECT_EQ(std::count(answer->begin(), answer->end(), 'x'), std::atoi(size) + 1);  // "text"
  }
}

// Upstreams on other hosts (DESIGN 11).
TEST(Server, OverTcpNoAnswerWaitsForAnAcknowledgement) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 16), 0);
  ASSERT_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size), 0);
  TestHandler handler;
  std::atomic<bool> stop{false};
  std::thread server([&] { Serve({.listen_fd = listener}, handler, stop); });
  {
    const FcgiClient client(ntohs(address.sin_port));
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 50; ++i) {
      ASSERT_TRUE(client.Send(fcgi::Request(true, "/bytes/20000")));
      ASSERT_TRUE(client.Receive(kSoon));
    }
    EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(1000));
  }
  stop = true;
  server.join();
  close(listener);
}

TEST(Server, ABatchIsWhatHasArrivedAndNoMoreThanAllowed) {
  const ThreadServer server({.max_batch = 4});
  const auto first = server.Connect();
  ASSERT_TRUE(first.Send(fcgi::Request(false, "/sleep/200")));
  std::this_thread::sleep_for(milliseconds(50));
  std::vector<FcgiClient> others;
  for (int i = 0; i < 10; ++i) {
    others.push_back(server.Connect());
    ASSERT_TRUE(others.back().Send(fcgi::Request(i % 2 == 0, "/unread")));
  }
  EXPECT_TRUE(first.Receive(kSoon));
  for (const auto& client : others) EXPECT_TRUE(client.Receive(kSoon));
  EXPECT_EQ(server.handler().largest_batch(), 4);
}

TEST(Server, AfterBatchComesAfterAnswersAndWhenIdle) {
  const ThreadServer server;
  EXPECT_TRUE(WaitUntil([&] { return server.handler().after_batch() > 0; }, kSoon));
  ASSERT_TRUE(server.Ask("/unread"));
  const int before = server.handler().after_batch();
  EXPECT_TRUE(WaitUntil([&] { return server.handler().after_batch() > before; }, kSoon));
}

TEST(Server, StopsWithinASecondAndSaysThatItServed) {
  ThreadServer server;
  const auto kept = server.Connect();
  ASSERT_TRUE(kept.Send(fcgi::Request(true, "/unread")));
  ASSERT_TRUE(kept.Receive(kSoon));
  const auto start = std::chrono::steady_clock::now();
  server.Stop();
  EXPECT_TRUE(server.served());
  EXPECT_LT(std::chrono::steady_clock::now() - start, milliseconds(2000));
  EXPECT_TRUE(kept.SeesClose(kSoon));
}

}  // namespace
}  // namespace gatehouse::http
