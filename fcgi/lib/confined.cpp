#include "fcgi/lib/confined.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <exception>
#include <string_view>
#include <utility>

#include "fcgi/lib/text.h"

// AddressSanitizer reserves terabytes of address space and cannot live under a limit on it.
#if defined(__SANITIZE_ADDRESS__)
#define GH_LIMIT_ADDRESS_SPACE 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GH_LIMIT_ADDRESS_SPACE 0
#endif
#endif
#ifndef GH_LIMIT_ADDRESS_SPACE
#define GH_LIMIT_ADDRESS_SPACE 1
#endif

namespace gatehouse {
namespace {

constexpr int kDone = 0, kRefused = 1, kThrew = 2, kNotConfined = 3;  // how a child exits
constexpr int kOut = 3;                                               // its end of the pipe
constexpr std::size_t kMaxReason = 200;

class Fd {
 public:
  Fd() = default;
  explicit Fd(int fd) : fd_(fd) {}
  Fd(Fd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Fd() { Close(); }
  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

// While SIGCHLD is ignored children reap themselves, their id may be another's, and how they
// ended is not told.
class KeepZombies {
 public:
  KeepZombies() {
    struct sigaction standard {};
    standard.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &standard, &before_);
  }
  ~KeepZombies() { sigaction(SIGCHLD, &before_, nullptr); }
  KeepZombies(const KeepZombies&) = delete;
  KeepZombies& operator=(const KeepZombies&) = delete;

 private:
  struct sigaction before_ {};
};

bool Limit(__rlimit_resource_t resource, rlim_t value) {
  // Never more than there was: raising it would fail, and with it every picture.
  rlimit now{};
  if (getrlimit(resource, &now) != 0) return false;
  const rlim_t least = std::min(value, now.rlim_max);
  const rlimit limit{least, least};
  return setrlimit(resource, &limit) == 0;
}

// Bytes of address space this process has; 0 where /proc does not tell, which makes limits tighter.
std::size_t AddressSpace() {
  const Fd statm(open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
  std::array<char, 64> text{};
  const ssize_t n = read(statm.get(), text.data(), text.size());
  std::size_t pages = 0;
  if (n > 0) std::from_chars(text.data(), text.data() + n, pages);
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

bool Confine(const Confinement& limits, pid_t parent, int pipe) {
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) return false;
  if (GH_LIMIT_ADDRESS_SPACE != 0 && !Limit(RLIMIT_AS, AddressSpace() + limits.memory)) {
    return false;
  }
  if (dup2(pipe, kOut) != kOut) return false;
  // The listening socket, connections of nginx, MariaDB and memcached. Standard error stays: there
  // the C library and sanitizers say what killed a child.
  close(0);
  close(1);
  closefrom(kOut + 1);
  return Limit(RLIMIT_CPU, static_cast<rlim_t>(limits.cpu.count())) && Limit(RLIMIT_FSIZE, 0) &&
         Limit(RLIMIT_NOFILE, 0) && Limit(RLIMIT_CORE, 0) && Limit(RLIMIT_NPROC, 0);
}

bool WriteAll(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = write(kOut, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

int Work(const std::function<Result<std::string>()>& work) {
  try {
    const Result<std::string> result = work();
    if (!WriteAll(result.ok() ? result.value() : result.error().inner)) return kNotConfined;
    return result.ok() ? kDone : kRefused;
  } catch (const std::exception&) {  // out of memory, as a rule
    return kThrew;
  }
}

enum class Heard { kAll, kTooMuch, kLate, kFailed };

// Reads what the child says until it has no more to say.
Heard Listen(int fd, std::size_t limit, const Deadline& deadline, std::string& bytes) {
  std::array<char, 16 * 1024> chunk;
  for (;;) {
    if (deadline.Expired()) return Heard::kLate;
    pollfd wanted{fd, POLLIN, 0};
    const int ready = poll(&wanted, 1, static_cast<int>(deadline.Left().count()));
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    if (ready < 0) return Heard::kFailed;
    const ssize_t n = read(fd, chunk.data(), chunk.size());
    if (n == 0) return Heard::kAll;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Heard::kFailed;
    if (static_cast<std::size_t>(n) > limit - bytes.size()) return Heard::kTooMuch;
    bytes.append(chunk.data(), static_cast<std::size_t>(n));
  }
}

// A child that ends by itself has its exit status before its end of the pipe closes, and a signal
// no longer changes it. One that is still running now is up to no good.
int EndAndReap(pid_t child) {
  kill(child, SIGKILL);
  int status = -1;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return status;
}

std::string Reason(int status, const std::string& bytes) {
  if (status >= 0 && WIFSIGNALED(status)) {
    return "child killed by signal " + std::to_string(WTERMSIG(status));
  }
  if (status < 0 || !WIFEXITED(status)) return "child lost";
  if (WEXITSTATUS(status) == kRefused) return text::Printable(bytes, kMaxReason);
  if (WEXITSTATUS(status) == kThrew) return "child ran out of memory or threw";
  return "child exited with " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

Result<ConfinedResult> RunConfined(const Confinement& limits, const Deadline& deadline,
                                   const std::function<Result<std::string>()>& work) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return RetryLater(ErrorCode::kUnavailable, 1, "confined: no pipe");
  }
  const Fd in(ends[0]);
  Fd out(ends[1]);
  const KeepZombies keep;
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return RetryLater(ErrorCode::kUnavailable, 1, "confined: no process");
  if (child == 0) {
    signal(SIGPIPE, SIG_IGN);
    _exit(Confine(limits, parent, out.get()) ? Work(work) : kNotConfined);
  }
  out.Close();
  ConfinedResult result;
  const Heard heard = Listen(in.get(), limits.output, deadline, result.bytes);
  const int status = EndAndReap(child);
  if (heard == Heard::kLate) return MakeError(ErrorCode::kTimeout, "confined: past the deadline");
  if (heard == Heard::kFailed) return MakeError(ErrorCode::kInternal, "confined: pipe unreadable");
  if (heard == Heard::kTooMuch) {
    result.bytes = "child said too much";
    return result;
  }
  result.done = status >= 0 && WIFEXITED(status) && WEXITSTATUS(status) == kDone;
  if (!result.done) result.bytes = Reason(status, result.bytes);
  return result;
}

}  // namespace gatehouse
