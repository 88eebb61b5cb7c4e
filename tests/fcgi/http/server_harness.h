// A server for the tests of fcgi/http/server.h: a handler with a few paths, run in a thread (so
// that the sanitizers see it) or in worker processes (as in production).
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "fcgi/http/server.h"
#include "tests/support/fcgi_client.h"
#include "tests/support/process.h"

namespace gatehouse::http {

using std::chrono::milliseconds;

inline constexpr milliseconds kSoon{3000};  // what must happen; generous, the machine may be busy
inline constexpr std::size_t kBodyLimit = 8 * 1024 * 1024;

class TestHandler : public Handler {
 public:
  void Handle(std::span<Exchange> batch) override {
    int largest = largest_batch_;
    while (largest < static_cast<int>(batch.size()) &&
           !largest_batch_.compare_exchange_weak(largest, static_cast<int>(batch.size()))) {
    }
    for (Exchange& exchange : batch) exchange.response = Answer(*exchange.request);
  }
  void AfterBatch() override { ++after_batch_; }

  int largest_batch() const { return largest_batch_; }
  int after_batch() const { return after_batch_; }

 private:
  // "/echo", "/unread", "/tiny" (reads at most 10 bytes), "/pid", "/batch", "/param/NAME",
  // "/sleep/MS", "/bytes/N".
  Response Answer(Request& request) {
    const std::string path(request.path());
    const auto argument = path.substr(path.rfind('/') + 1);
    if (path == "/echo" || path == "/tiny") {
      auto body = request.ReadBody(path == "/tiny" ? 10 : kBodyLimit);
      if (!body.ok()) return Response::Empty(Info(body.error().code).status);
      return Text(std::move(body).value());
    }
    if (path == "/pid") return Text(std::to_string(getpid()));
    if (path == "/twice") {
      if (!request.ReadBody(kBodyLimit).ok()) return Response::Empty(400);
      return Response::Empty(request.ReadBody(kBodyLimit).ok() ? 200 : 500);
    }
    if (path.starts_with("/param/")) return Text(std::string(request.Param(argument.c_str())));
    if (path.starts_with("/sleep/")) {
      std::this_thread::sleep_for(milliseconds(std::atoi(argument.c_str())));
    }
    if (path.starts_with("/bytes/")) {
      return Text(std::string(static_cast<std::size_t>(std::atoi(argument.c_str())), 'x'));
    }
    return Response::Empty(204);
  }
  static Response Text(std::string body) {
    return Response{200, "text/plain", std::move(body), {}};
  }

  std::atomic<int> largest_batch_{0};
  std::atomic<int> after_batch_{0};
};

class Listener {
 public:
  Listener() : path_(dir_.File("s")) {
    fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    if (bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        listen(fd_, 1024) != 0) {
      testing::Die("listen");
    }
  }
  ~Listener() { close(fd_); }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int fd() const { return fd_; }
  const std::string& path() const { return path_; }

 private:
  testing::TempDir dir_;
  std::string path_;
  int fd_;
};

// Serves in a thread of the test.
class ThreadServer {
 public:
  explicit ThreadServer(ServerOptions options = {}) : options_(options) {
    options_.listen_fd = listener_.fd();
    thread_ = std::thread([this] { served_ = Serve(options_, handler_, stop_); });
  }
  ~ThreadServer() { Stop(); }

  void Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  bool served() const { return served_; }
  const std::string& path() const { return listener_.path(); }
  const TestHandler& handler() const { return handler_; }
  testing::FcgiClient Connect() const { return testing::FcgiClient(path()); }

  // One request on a connection of its own.
  std::optional<std::string> Ask(std::string_view path, std::string_view body = {}) const {
    const auto client = Connect();
    if (!client.Send(testing::fcgi::Request(false, path, body))) return std::nullopt;
    return client.Receive(kSoon);
  }

 private:
  Listener listener_;
  ServerOptions options_;
  TestHandler handler_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> served_{false};
  std::thread thread_;
};

// Worker processes on one socket, each stopped by SIGTERM.
class Workers {
 public:
  Workers(
      int count, ServerOptions options, const std::function<void()>& before = [] {}) {
    options.listen_fd = listener_.fd();
    for (int i = 0; i < count; ++i) {
      const pid_t pid = fork();
      if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        static std::atomic<bool> stop{false};
        struct sigaction action {};
        action.sa_handler = [](int) { stop = true; };
        sigaction(SIGTERM, &action, nullptr);
        before();
        TestHandler handler;
        _exit(Serve(options, handler, stop) ? 0 : 1);
      }
      pids_.push_back(pid);
    }
  }
  ~Workers() {
    for (const pid_t pid : pids_) kill(pid, SIGKILL);
    for (const pid_t pid : pids_) waitpid(pid, nullptr, 0);
  }

  const std::string& path() const { return listener_.path(); }
  const std::vector<pid_t>& pids() const { return pids_; }
  testing::FcgiClient Connect() const { return testing::FcgiClient(path()); }
  void Terminate() {
    for (const pid_t pid : pids_) kill(pid, SIGTERM);
  }
  // Waits for their ends. True where all said that they had served; CPU time used by them in all.
  bool Wait(milliseconds* cpu = nullptr) {
    bool served = true;
    for (const pid_t pid : pids_) {
      int status = 0;
      rusage usage{};
      wait4(pid, &status, 0, &usage);
      served = served && WIFEXITED(status) && WEXITSTATUS(status) == 0;
      if (cpu != nullptr) {
        *cpu += milliseconds((usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
                             (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
      }
    }
    pids_.clear();
    return served;
  }

 private:
  Listener listener_;
  std::vector<pid_t> pids_;
};

}  // namespace gatehouse::http
