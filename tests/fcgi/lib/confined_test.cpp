#include "fcgi/lib/confined.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <stdexcept>
#include <string>

namespace gatehouse {
namespace {

constexpr Confinement kLimits = {
    .memory = 64U << 20, .cpu = Seconds(1), .output = std::size_t{1} << 20};

#ifdef __SANITIZE_ADDRESS__
constexpr bool kMemoryLimited = false;
#else
constexpr bool kMemoryLimited = true;
#endif

using Said = Result<std::string>;

Result<ConfinedResult> InChild(const std::function<Said()>& work, Millis span = Millis(10'000)) {
  return RunConfined(kLimits, Deadline::In(span), work);
}

bool Done(const std::function<Said()>& work) {
  const auto result = InChild(work);
  return result.ok() && result->done;
}

bool NoChildIsLeft() { return waitpid(-1, nullptr, WNOHANG) == -1 && errno == ECHILD; }

// Processor time of all children that were reaped so far.
std::chrono::microseconds ChildrensTime() {
  rusage used{};
  getrusage(RUSAGE_CHILDREN, &used);
  return std::chrono::seconds(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
         std::chrono::microseconds(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
}

TEST(Confined, ReturnsWhatTheWorkReturned) {
  for (const std::size_t size : {0, 1, 65'536, 65'537, 1 << 20}) {
    const auto result = InChild([size] { return Said(std::string(size, 'x')); });
    ASSERT_TRUE(result.ok());
    EXPECT_TRUE(result->done);
    EXPECT_EQ(result->bytes, std::string(size, 'x'));
  }
  EXPECT_TRUE(NoChildIsLeft());
}

TEST(Confined, TheCallersMemoryIsUntouched) {
  int touched = 0;
  EXPECT_TRUE(Done([&] {
    touched = 1;
    return Said("");
  }));
  EXPECT_EQ(touched, 0);
}

TEST(Confined, AnErrorOfTheWorkIsAReason) {
  const auto result =
      InChild([] { return Said(MakeError(ErrorCode::kInternal, "because\x1B[31m")); });
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->done);
  EXPECT_EQ(result->bytes, "because[31m");
}

TEST(Confined, AChildThatDiesIsAResult) {
  for (const auto& work : {std::function<Said()>([]() -> Said { abort(); }),
                           std::function<Said()>([]() -> Said { raise(SIGKILL), abort(); }),
                           std::function<Said()>([]() -> Said { throw std::runtime_error("x"); }),
                           std::function<Said()>([]() -> Said { _exit(7); })}) {
    const auto result = InChild(work);
    ASSERT_TRUE(result.ok());
    EXPECT_FALSE(result->done);
    EXPECT_FALSE(result->bytes.empty());
  }
  EXPECT_TRUE(NoChildIsLeft());
}

TEST(Confined, MemoryIsLimited) {
  const auto allocate = [](std::size_t size) {
    return [size] { return Said(std::string(std::string(size, 'x').substr(size - 2))); };
  };
  EXPECT_TRUE(Done(allocate(32U << 20)));
  EXPECT_EQ(Done(allocate(65U << 20)), !kMemoryLimited);
  EXPECT_TRUE(NoChildIsLeft());
}

// What the caller has is not held against the child.
TEST(Confined, MemoryIsCountedFromTheFork) {
  const std::string mine(256U << 20, 'x');
  EXPECT_TRUE(Done([&] { return Said(std::string(32U << 20, 'x').substr(0, 1) + mine[5]); }));
}

TEST(Confined, ProcessorTimeIsLimited) {
  const auto before = ChildrensTime();
  EXPECT_FALSE(RunConfined(kLimits, Deadline::In(Millis(120'000)), [] {
                 while (clock() < 4 * CLOCKS_PER_SEC) {  // of its own; ends where nothing stops it
                 }
                 return Said("");
               })->done);
  EXPECT_LT(ChildrensTime() - before, std::chrono::milliseconds(2500));
  EXPECT_TRUE(NoChildIsLeft());
}

TEST(Confined, TheDeadlineKills) {
  const auto begin = std::chrono::steady_clock::now();
  for (const auto& work :
       {std::function<Said()>([] { return sleep(8), Said(""); }), std::function<Said()>([] {
          sigset_t all;
          sigfillset(&all);
          sigprocmask(SIG_BLOCK, &all, nullptr);
          return sleep(8), Said("");
        })}) {
    const auto result = InChild(work, Millis(100));
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kTimeout);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  EXPECT_TRUE(NoChildIsLeft());
}

// A child that drips keeps the pipe busy, and one that closes it seems to be done.
TEST(Confined, NeitherDrippingNorHangingUpGainsTime) {
  const auto begin = std::chrono::steady_clock::now();
  const auto dripping = InChild(
      [] {
        for (int i = 0; i < 8000 && write(3, "x", 1) == 1; ++i) usleep(1000);
        return Said("");
      },
      Millis(100));
  ASSERT_FALSE(dripping.ok());
  EXPECT_EQ(dripping.error().code, ErrorCode::kTimeout);
  EXPECT_FALSE(Done([] { return close(3), sleep(8), Said(""); }));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST(Confined, TooMuchIsNotTaken) {
  EXPECT_FALSE(Done([] { return Said(std::string((1U << 20) + 1, 'x')); }));
  EXPECT_TRUE(NoChildIsLeft());
}

TEST(Confined, NoDescriptorIsInherited) {
  const int mine = open("/dev/null", O_RDONLY);
  ASSERT_GE(mine, 3);
  EXPECT_TRUE(Done([] {
    for (int fd = 0; fd < 1024; ++fd) {
      if (fd != 2 && fd != 3 && fcntl(fd, F_GETFD) != -1) _exit(9);
    }
    // Nor is one made: no file, and no way to MariaDB.
    if (open("/dev/null", O_RDONLY) != -1 || socket(AF_UNIX, SOCK_STREAM, 0) != -1) _exit(9);
    return Said("");
  }));
  close(mine);
}

TEST(Confined, NoFileIsWritten) {
  char path[] = "/tmp/gh-confined-XXXXXX";
  const int made = mkstemp(path);
  ASSERT_GE(made, 0);
  close(made);
  EXPECT_FALSE(Done([&] {
    const int fd = open(path, O_WRONLY);
    if (write(fd, "x", 1) == 1) return Said("");
    _exit(9);
  }));
  unlink(path);
}

void Nothing(int /*signal*/) {}

TEST(Confined, SignalsDoNotInterrupt) {
  struct sigaction action {
  }, before{};
  action.sa_handler = Nothing;  // without SA_RESTART
  sigaction(SIGALRM, &action, &before);
  const itimerval often{{0, 2000}, {0, 2000}};
  const itimerval never{};
  setitimer(ITIMER_REAL, &often, nullptr);
  const auto result = InChild([] {
    usleep(200'000);
    return Said(std::string(1 << 20, 'x'));
  });
  const auto late = InChild([] { return sleep(8), Said(""); }, Millis(100));
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &before, nullptr);
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->done);
  EXPECT_EQ(result->bytes.size(), 1U << 20);
  ASSERT_FALSE(late.ok());
  EXPECT_EQ(late.error().code, ErrorCode::kTimeout);
  EXPECT_TRUE(NoChildIsLeft());
}

// As a supervisor may hand it down.
TEST(Confined, AnIgnoredSigchldMakesNoDifference) {
  signal(SIGCHLD, SIG_IGN);
  EXPECT_TRUE(Done([] { return Said("x"); }));
  EXPECT_FALSE(Done([]() -> Said { _exit(7); }));
  EXPECT_EQ(signal(SIGCHLD, SIG_DFL), SIG_IGN) << "put back";
}

TEST(Confined, WithoutDescriptorsItIsUnavailable) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 0;
  setrlimit(RLIMIT_NOFILE, &none);
  const auto result = InChild([] { return Said(""); });
  setrlimit(RLIMIT_NOFILE, &before);
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kUnavailable);
  EXPECT_GT(result.error().retry_after_s, 0);
}

}  // namespace
}  // namespace gatehouse
