// Real servers for tests: a temporary folder, a child process that cannot outlive the test, and
// waiting until it listens. Header only; failures abort the test program, because a test without
// its server proves nothing.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace gatehouse::testing {

[[noreturn]] inline void Die(const std::string& what) {
  std::fprintf(stderr, "test support: %s: %s\n", what.c_str(), std::strerror(errno));
  std::abort();
}

// A folder of its own, deleted with everything in it. Short, so that socket paths fit in 107 bytes.
class TempDir {
 public:
  TempDir() {
    std::string path = (std::filesystem::temp_directory_path() / "gh-XXXXXX").string();
    if (mkdtemp(path.data()) == nullptr) Die("mkdtemp");
    path_ = std::move(path);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Polls `condition` until it holds; false where `limit` passes first.
inline bool WaitUntil(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

namespace internal {

inline bool CanConnect(int family, const sockaddr* address, socklen_t size) {
  const int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) Die("socket");
  const bool connected = connect(fd, address, size) == 0;
  close(fd);
  return connected;
}

inline sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

}  // namespace internal

// True where somebody accepts connections there now.
inline bool Listens(const std::string& unix_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (unix_path.size() >= sizeof(address.sun_path)) Die("socket path too long");
  std::memcpy(address.sun_path, unix_path.c_str(), unix_path.size() + 1);
  return internal::CanConnect(AF_UNIX, reinterpret_cast<sockaddr*>(&address), sizeof(address));
}
inline bool Listens(int loopback_port) {
  sockaddr_in address = internal::Loopback(loopback_port);
  return internal::CanConnect(AF_INET, reinterpret_cast<sockaddr*>(&address), sizeof(address));
}

// A loopback port that nobody used a moment ago.
inline int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) Die("socket");
  sockaddr_in address = internal::Loopback(0);
  socklen_t size = sizeof(address);
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Die("bind");
  }
  close(fd);
  return ntohs(address.sin_port);
}

// A child process. Killed and reaped on destruction, and by the kernel where the test crashes.
class Process {
 public:
  // Runs argv[0] (an absolute path, or found in PATH). Output goes to the file `log`.
  explicit Process(const std::vector<std::string>& argv, const std::string& log = "/dev/null") {
    std::vector<char*> args;
    for (const auto& arg : argv) args.push_back(const_cast<char*>(arg.c_str()));
    args.push_back(nullptr);
    const pid_t parent = getpid();
    pid_ = fork();
    if (pid_ < 0) Die("fork");
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != parent) _exit(127);
      const int null = open("/dev/null", O_RDONLY);
      const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      if (null < 0 || out < 0) _exit(127);
      dup2(null, STDIN_FILENO);
      dup2(out, STDOUT_FILENO);
      dup2(out, STDERR_FILENO);
      execvp(args[0], args.data());
      _exit(127);
    }
  }
  Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Process& operator=(Process&& other) noexcept {
    if (this != &other) {
      Kill();
      pid_ = std::exchange(other.pid_, -1);
    }
    return *this;
  }
  ~Process() { Kill(); }

  pid_t pid() const { return pid_; }

  bool Running() {
    if (pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = -1;
    return pid_ > 0;
  }

  void Signal(int number) const {
    if (pid_ > 0) kill(pid_, number);
  }

  // Stops it as a hung machine would; returns when all its threads stand still.
  void Freeze() const {
    Signal(SIGSTOP);
    int status = 0;
    while (waitpid(pid_, &status, WUNTRACED) < 0 && errno == EINTR) {
    }
  }
  void Thaw() const { Signal(SIGCONT); }

  // kill -9, whatever state it is in, and waits for its end.
  void Kill() {
    Signal(SIGKILL);
    Wait();
  }

  // Waits for its end. The wait status, as waitpid(2) tells it; 0 where there is nothing to wait
  // for.
  int Wait() {
    int status = 0;
    if (pid_ > 0) {
      while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
      }
    }
    pid_ = -1;
    return status;
  }

  // Waits until the child accepts connections at `where` (a socket's path or a loopback port).
  // False where it ended instead, or `limit` passed.
  template <class Where>
  bool WaitForListener(const Where& where, std::chrono::milliseconds limit) {
    bool running = true;
    return WaitUntil([&] { return !(running = Running()) || Listens(where); }, limit) && running;
  }

 private:
  pid_t pid_ = -1;
};

}  // namespace gatehouse::testing
