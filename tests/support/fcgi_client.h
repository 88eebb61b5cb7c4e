// A FastCGI client of a few lines (Specification 1.0): what nginx does, and what it would never do.
#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::testing {

namespace fcgi {

inline std::string Record(int type, std::string_view content, int id = 1, int padding = 0) {
  std::string out;
  for (const std::size_t byte :
       {std::size_t{1}, static_cast<std::size_t>(type), static_cast<std::size_t>(id >> 8),
        static_cast<std::size_t>(id & 0xFF), content.size() >> 8, content.size() & 0xFF,
        static_cast<std::size_t>(padding), std::size_t{0}}) {
    out += static_cast<char>(byte);
  }
  return out.append(content).append(static_cast<std::size_t>(padding), '\0');
}

inline std::string Begin(bool keep, int role = 1, int id = 1) {
  const char body[8] = {0, static_cast<char>(role), static_cast<char>(keep ? 1 : 0)};
  return Record(1, std::string_view(body, sizeof body), id);
}

inline void AppendLength(std::string& out, std::size_t n) {
  if (n < 128) {
    out += static_cast<char>(n);
    return;
  }
  for (const int shift : {24, 16, 8, 0}) {
    out += static_cast<char>((n >> shift & 0xFF) | (shift == 24 ? 0x80 : 0));
  }
}

using Params = std::vector<std::pair<std::string, std::string>>;

inline std::string Pairs(const Params& params) {
  std::string out;
  for (const auto& [name, value] : params) {
    AppendLength(out, name.size());
    AppendLength(out, value.size());
    out += name;
    out += value;
  }
  return out;
}

// The parts of a request before its body.
inline std::string Head(bool keep, const Params& params) {
  return Begin(keep) + Record(4, Pairs(params)) + Record(4, "");
}

inline std::string Body(std::string_view body) {
  std::string out;
  for (; !body.empty(); body.remove_prefix(std::min<std::size_t>(body.size(), 32768))) {
    out += Record(5, body.substr(0, 32768));
  }
  return out + Record(5, "");
}

inline std::string Request(bool keep, std::string_view path, std::string_view body = {}) {
  return Head(keep, {{"REQUEST_METHOD", body.empty() ? "GET" : "POST"},
                     {"DOCUMENT_URI", std::string(path)},
                     {"CONTENT_LENGTH", body.empty() ? "" : std::to_string(body.size())}}) +
         Body(body);
}

}  // namespace fcgi

class FcgiClient {
 public:
  explicit FcgiClient(const std::string& path) {
    fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  explicit FcgiClient(int loopback_port) {
    fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(loopback_port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  FcgiClient(FcgiClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}
  FcgiClient& operator=(FcgiClient&&) = delete;
  ~FcgiClient() { Close(); }

  bool connected() const { return connected_; }
  int fd() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

  bool Send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }

  // The content of STDOUT up to END_REQUEST; nullopt where the connection ends before, or nothing
  // comes for `patience`.
  std::optional<std::string> Receive(std::chrono::milliseconds patience) const {
    std::string out;
    for (;;) {
      const auto header = Take(8, patience);
      if (!header) return std::nullopt;
      const auto at = [&](std::size_t i) {
        return std::size_t{static_cast<unsigned char>((*header)[i])};
      };
      const auto content = Take((at(4) << 8 | at(5)) + at(6), patience);
      if (!content) return std::nullopt;
      if (at(1) == 3) return out;
      if (at(1) == 6) out += content->substr(0, at(4) << 8 | at(5));
    }
  }

  // True where the server closes the connection within `patience` (and has sent nothing more).
  bool SeesClose(std::chrono::milliseconds patience) const {
    pollfd readable{fd_, POLLIN, 0};
    if (poll(&readable, 1, static_cast<int>(patience.count())) <= 0) return false;
    char byte;
    return recv(fd_, &byte, 1, 0) <= 0;
  }

 private:
  std::optional<std::string> Take(std::size_t n, std::chrono::milliseconds patience) const {
    std::string out(n, '\0');
    for (std::size_t got = 0; got < n;) {
      pollfd readable{fd_, POLLIN, 0};
      if (poll(&readable, 1, static_cast<int>(patience.count())) <= 0) return std::nullopt;
      const ssize_t m = recv(fd_, out.data() + got, n - got, 0);
      if (m <= 0) return std::nullopt;
      got += static_cast<std::size_t>(m);
    }
    return out;
  }

  int fd_ = -1;
  bool connected_ = false;
};

}  // namespace gatehouse::testing
