// A FastCGI server of a few lines, which answers what a test tells it to and remembers every
// parameter that came: what nginx really passes on is seen here, without a worker.
#pragma once

#include <poll.h>

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>

#include "tests/support/process.h"

namespace gatehouse::testing {

using FastCgiParams = std::map<std::string, std::string>;

class FastCgiResponder {
 public:
  // What to answer, as CGI text ("Status: 200\r\n\r\nbody"); nullopt closes the connection.
  using Answer = std::function<std::optional<std::string>(const FastCgiParams&)>;

  FastCgiResponder(const std::string& path, Answer answer) : answer_(std::move(answer)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd_ < 0 || bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
        listen(fd_, 64) != 0) {
      Die("FastCGI socket");
    }
    thread_ = std::thread([this] { Run(); });
  }
  FastCgiResponder(const FastCgiResponder&) = delete;
  FastCgiResponder& operator=(const FastCgiResponder&) = delete;
  ~FastCgiResponder() {
    stop_ = true;
    thread_.join();
    close(fd_);
  }

  void Set(Answer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
    seen_.clear();
  }
  // Requests since the last Set, in order.
  std::vector<FastCgiParams> Seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  void Run() {
    while (!stop_) {
      pollfd waiting{fd_, POLLIN, 0};
      if (poll(&waiting, 1, 20) <= 0) continue;
      const int connection = accept(fd_, nullptr, nullptr);
      if (connection < 0) continue;
      Serve(connection);
      close(connection);
    }
  }

  void Serve(int connection) {
    FastCgiParams params;
    if (!ReadRequest(connection, &params)) return;
    Answer answer;
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back(params);
      answer = answer_;
    }
    const std::optional<std::string> text = answer(params);
    if (!text) return;
    std::string out;
    AppendRecord(out, 6, *text);                 // FCGI_STDOUT
    AppendRecord(out, 6, "");                    // its end
    AppendRecord(out, 3, std::string(8, '\0'));  // FCGI_END_REQUEST
    for (std::string_view rest = out; !rest.empty();) {
      const ssize_t sent = send(connection, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  static void AppendRecord(std::string& out, char type, std::string_view content) {
    const auto byte = [](std::size_t value) { return static_cast<char>(value & 0xff); };
    out += {1, type, 0, 1, byte(content.size() >> 8), byte(content.size()), 0, 0};
    out += content;
  }

  static bool ReadExactly(int fd, std::string& out, std::size_t size) {
    out.resize(size);
    for (std::size_t have = 0; have < size;) {
      const ssize_t got = recv(fd, out.data() + have, size - have, 0);
      if (got <= 0) return false;
      have += static_cast<std::size_t>(got);
    }
    return true;
  }

  // Reads until the end of the body; what it holds does not matter here.
  static bool ReadRequest(int fd, FastCgiParams* params) {
    std::string header;
    std::string content;
    std::string encoded;
    while (ReadExactly(fd, header, 8)) {
      const auto at = [&](std::size_t i) { return static_cast<unsigned char>(header[i]); };
      const std::size_t size = (std::size_t{at(4)} << 8) + at(5);
      if (!ReadExactly(fd, content, size + at(6))) return false;
      if (at(1) == 4) encoded.append(content, 0, size);  // FCGI_PARAMS
      if (at(1) == 5 && size == 0) return Decode(encoded, params);
    }
    return false;
  }

  static bool Decode(std::string_view text, FastCgiParams* params) {
    const auto length = [&text]() -> std::size_t {
      const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
      const bool is_long = at(0) > 127;
      const std::size_t value = is_long
                                    ? (std::size_t{at(0)} & 0x7f) << 24 | std::size_t{at(1)} << 16 |
                                          std::size_t{at(2)} << 8 | at(3)
                                    : at(0);
      text.remove_prefix(is_long ? 4 : 1);
      return value;
    };
    while (!text.empty()) {
      const std::size_t name = length();
      const std::size_t value = length();
      (*params)[std::string(text.substr(0, name))] = std::string(text.substr(name, value));
      text.remove_prefix(name + value);
    }
    return true;
  }

  int fd_ = -1;
  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;
  Answer answer_;
  std::vector<FastCgiParams> seen_;
  std::thread thread_;
};

}  // namespace gatehouse::testing
