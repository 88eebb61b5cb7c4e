#include "fcgi/lib/http_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>

namespace gatehouse {
namespace {

// Answers one connection with these bytes, after a while, and remembers what it was asked.
class OneAnswer {
 public:
  explicit OneAnswer(std::string bytes, Millis after = Millis(0))
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = static_cast<sockaddr*>(static_cast<void*>(&address));
    EXPECT_EQ(bind(fd_, any, size), 0);
    EXPECT_EQ(listen(fd_, 8), 0);
    EXPECT_EQ(getsockname(fd_, any, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this, bytes = std::move(bytes), after] {
      const int connection = accept(fd_, nullptr, nullptr);
      if (connection < 0) return;
      asked.resize(8192);
      const auto n = recv(connection, asked.data(), asked.size(), 0);
      asked.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
      std::this_thread::sleep_for(after);
      std::string_view rest = bytes;
      while (!rest.empty()) {
        const auto sent = send(connection, rest.data(), rest.size(), MSG_NOSIGNAL);
        if (sent <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(sent));
      }
      close(connection);
    });
  }
  ~OneAnswer() {
    Join();
    close(fd_);
  }
  OneAnswer(const OneAnswer&) = delete;
  OneAnswer& operator=(const OneAnswer&) = delete;

  std::string Url(const std::string& host = "127.0.0.1") const {
    return "http://" + host + ":" + std::to_string(port_) + "/x";
  }
  void Join() {
    shutdown(fd_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }
  std::string asked;

 private:
  int fd_;
  int port_ = 0;
  std::thread thread_;
};

HttpClient Here() { return HttpClient(HttpClientOptions{.loopback = true, .ca_file = {}}); }
Deadline Soon() { return Deadline::In(Millis(3000)); }

std::string WithBody(const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
         "\r\n" + body;
}

TEST(HttpClientTest, Asks) {
  OneAnswer server(
      WithBody("{}", "Content-Type: application/json\r\nCache-Control: max-age=77\r\n"));
  const auto answer = Here().Post(server.Url(), {"Accept: a/b"}, "c=d", Soon());
  ASSERT_TRUE(answer.ok()) << answer.error().inner;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "{}");
  EXPECT_EQ(answer->content_type, "application/json");
  EXPECT_EQ(answer->max_age, Seconds(77));
  server.Join();
  EXPECT_TRUE(server.asked.starts_with("POST /x HTTP/1.1\r\n")) << server.asked;
  EXPECT_NE(server.asked.find("\r\nAccept: a/b\r\n"), std::string::npos);
  EXPECT_TRUE(server.asked.ends_with("\r\n\r\nc=d"));
}

TEST(HttpClientTest, O1LoopbackNeedsTheSwitch) {
  OneAnswer server(WithBody("secret"));
  const HttpClient usual{HttpClientOptions{}};
  EXPECT_FALSE(usual.Get(server.Url(), {}, Soon()).ok());
  // https to this machine is refused by the address, whatever name leads there.
  for (const char* url : {"https://127.0.0.1:1/", "https://localhost:1/", "https://[::1]:1/"}) {
    const auto answer = usual.Get(url, {}, Soon());
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, ErrorCode::kUnavailable);
    EXPECT_NE(answer.error().inner.find("is not to be called"), std::string::npos)
        << answer.error().inner;
  }
  server.Join();
  EXPECT_EQ(server.asked, "");
}

TEST(HttpClientTest, O1PrivateAddressesAreNotCalled) {
  for (const char* url :
       {"https://10.0.0.1/", "https://169.254.169.254/latest/meta-data/", "https://192.168.1.1/",
        "https://172.16.0.1/", "https://100.64.0.1/", "https://0.0.0.0/", "https://224.0.0.1/",
        "https://[fe80::1]/", "https://[fd00::1]/", "https://[::]/", "https://[ff02::1]/",
        "https://[::ffff:10.0.0.1]/", "https://[64:ff9b::a00:1]/", "https://255.255.255.255/"}) {
    for (const auto& client : {Here(), HttpClient{HttpClientOptions{}}}) {
      const auto answer = client.Get(url, {}, Soon());
      ASSERT_FALSE(answer.ok()) << url;
      EXPECT_NE(answer.error().inner.find("is not to be called"), std::string::npos)
          << url << answer.error().inner;
    }
  }
}

TEST(HttpClientTest, O1PublicAddresses) {
  for (const char* ip : {"1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1",
                         "172.32.0.1", "2606:4700::1111", "2a00:1450::1", "223.255.255.255"}) {
    EXPECT_TRUE(IsPublicIp(ip)) << ip;
  }
  for (const char* ip : {"",
                         "x",
                         "0.1.2.3",
                         "10.9.8.7",
                         "127.9.9.9",
                         "169.254.0.1",
                         "172.31.255.255",
                         "192.0.0.1",
                         "192.0.2.1",
                         "192.88.99.1",
                         "198.19.0.1",
                         "203.0.113.9",
                         "239.0.0.1",
                         "240.0.0.1",
                         "::1",
                         "::",
                         "::ffff:8.8.8.8",
                         "::8.8.8.8",
                         "64:ff9b::808:808",
                         "2002:808:808::1",
                         "2001::1",
                         "2001:db8::1",
                         "fc00::1",
                         "fe80::1",
                         "fec0::1",
                         "ff0e::1",
                         "3fff::1",
                         "5f00::1"}) {
    EXPECT_FALSE(IsPublicIp(ip)) << ip;
  }
}

TEST(HttpClientTest, O1RedirectsAreAnswers) {
  OneAnswer other(WithBody("secret"));
  OneAnswer server("HTTP/1.1 302 Found\r\nLocation: " + other.Url() +
                   "\r\nContent-Length: 0\r\n\r\n");
  const auto answer = Here().Get(server.Url(), {}, Soon());
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 302);
  other.Join();
  EXPECT_EQ(other.asked, "");
}

TEST(HttpClientTest, O1HugeAnswersAreGivenUp) {
  OneAnswer fits(WithBody(std::string(256 * 1024, 'x')));
  EXPECT_TRUE(Here().Get(fits.Url(), {}, Soon()).ok());
  OneAnswer huge(WithBody(std::string(256 * 1024 + 1, 'x')));
  EXPECT_FALSE(Here().Get(huge.Url(), {}, Soon()).ok());
  std::string lines;
  for (int i = 0; i < 1000; ++i)
    lines += "X-A" + std::to_string(i) + ": " + std::string(100, 'y') + "\r\n";
  OneAnswer headers(WithBody("{}", lines));
  EXPECT_FALSE(Here().Get(headers.Url(), {}, Soon()).ok());
}

TEST(HttpClientTest, O1SlowAnswersAreGivenUp) {
  OneAnswer slow(WithBody("{}"), Millis(1000));
  const auto begun = std::chrono::steady_clock::now();
  const auto answer = Here().Get(slow.Url(), {}, Deadline::In(Millis(200)));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, ErrorCode::kTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, Millis(800));
  EXPECT_EQ(Here().Get(slow.Url(), {}, Deadline::In(Millis(0))).error().code, ErrorCode::kTimeout);
}

TEST(HttpClientTest, NoProxyOfTheEnvironment) {
  OneAnswer proxy(WithBody("proxied"));
  OneAnswer server(WithBody("direct"));
  setenv("http_proxy", proxy.Url().c_str(), 1);
  setenv("ALL_PROXY", proxy.Url().c_str(), 1);
  const auto answer = Here().Get(server.Url(), {}, Soon());
  unsetenv("http_proxy");
  unsetenv("ALL_PROXY");
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->body, "direct");
}

TEST(HttpClientTest, NothingIsSmuggledIn) {
  OneAnswer server(WithBody("{}"));
  EXPECT_FALSE(Here().Get(server.Url(), {"A: b\r\nC: d"}, Soon()).ok());
  for (const char* url : {"file:///etc/passwd", "gopher://127.0.0.1/", "http://a@127.0.0.1/",
                          "http://127.0.0.1/\r\nX: y", "dict://127.0.0.1:11211/stats"}) {
    EXPECT_FALSE(Here().Get(url, {}, Soon()).ok()) << url;
  }
}

}  // namespace
}  // namespace gatehouse
