#include "fcgi/cli/probe.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace gatehouse::cli {
namespace {

class Socket {
 public:
  explicit Socket(const addrinfo& at)
      : fd_(::socket(at.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  // 0, or errno.
  int Connect(const addrinfo& at, Millis timeout) const {
    if (fd_ < 0) return errno;
    if (::connect(fd_, at.ai_addr, at.ai_addrlen) == 0) return 0;
    if (errno != EINPROGRESS) return errno;
    pollfd wait{fd_, POLLOUT, 0};
    if (::poll(&wait, 1, static_cast<int>(timeout.count())) != 1) return ETIMEDOUT;
    int error = 0;
    socklen_t size = sizeof(error);
    return ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
  }

 private:
  int fd_;
};

}  // namespace

std::string ProbeTcp(const std::string& host, const std::string& port, Millis timeout) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (failed != 0) return ::gai_strerror(failed);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, &::freeaddrinfo);
  int error = ECONNREFUSED;
  for (const addrinfo* at = found; at != nullptr && error != 0; at = at->ai_next) {
    error = Socket(*at).Connect(*at, timeout);
  }
  return error == 0 ? "" : std::strerror(error);
}

HostPort SplitSmtpUrl(std::string_view url) {
  HostPort out;
  out.port = url.starts_with("smtps://") ? "465" : "25";
  url.remove_prefix(url.find("://") + 3);
  const auto bracket = url.find(']');
  const auto colon = url.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) out.port = url.substr(colon + 1);
  out.host = url.substr(0, colon);
  if (bracket != std::string_view::npos) out.host = url.substr(1, bracket - 1);
  return out;
}

}  // namespace gatehouse::cli
