#include "fcgi/run/priority.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>

namespace gatehouse {
namespace {

constexpr int kNobody = 65534;

// In a process of its own, for nothing of it can be taken back: what it exits with.
int InChild(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int Nice() { return getpriority(PRIO_PROCESS, 0); }

// Of the session among sessions; empty where they do not compete.
std::string Autogroup() {
  std::ostringstream text;
  text << std::ifstream("/proc/self/autogroup").rdbuf();
  return text.str();
}

TEST(Priority, GivesWayWithoutPrivilege) {
  EXPECT_EQ(InChild([] {
              if (getuid() == 0 && setuid(kNobody) != 0) return 100;
              return GiveWay() ? Nice() : 101;
            }),
            std::max(5, Nice()));
}

TEST(Priority, NeverRaises) {
  EXPECT_EQ(InChild([] {
              if (setpriority(PRIO_PROCESS, 0, 15) != 0) return 100;
              return GiveWay() ? Nice() : 101;
            }),
            15);
}

TEST(Priority, LowersASessionOfTheSupervisorsOwn) {
  EXPECT_EQ(InChild([] {
              setsid();  // as multiwatch, started by a service manager
              const bool competing = !Autogroup().empty();
              return InChild([competing] {
                GiveWay();
                return !competing || Autogroup().ends_with(" nice 5\n") ? 0 : 1;
              });
            }),
            0);
}

TEST(Priority, LeavesASessionThatOthersShare) {
  EXPECT_EQ(InChild([] {
              setsid();  // a shell, which starts the supervisor among others
              const std::string before = Autogroup();
              return InChild([&before] {
                return InChild([&before] {
                  GiveWay();
                  return Autogroup() == before ? 0 : 1;
                });
              });
            }),
            0);
}

}  // namespace
}  // namespace gatehouse
