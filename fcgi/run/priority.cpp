#include "fcgi/run/priority.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <string>

namespace gatehouse {
namespace {

// A third of what others get where all want everything. Further down, sign-ins time out beside a
// site that keeps its processors busy (seen at 10, with three such neighbours), and hold their
// rows' locks.
constexpr int kNice = 5;
constexpr char kAutogroup[] = "/proc/self/autogroup";

// "/autogroup-123 nice 0"; empty where sessions do not compete.
std::string ReadAutogroup() {
  std::string line;
  std::getline(std::ifstream(kAutogroup), line);
  return line;
}

// 0 or an errno.
int WriteAutogroup(const std::string& nice) {
  const int fd = open(kAutogroup, O_WRONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = write(fd, nice.data(), nice.size()) < 0 ? errno : 0;
  close(fd);
  return error;
}

void LowerSession() {
  // A session that others share, of a shell or a container, is not ours to lower: there the
  // process's own value counts already.
  if (getsid(0) != getppid()) return;
  const std::string wanted = std::to_string(kNice);
  // The kernel takes one such change in a tenth of a second, of the whole system's; a neighbour of
  // the same pool may have made ours.
  for (int tries = 0; tries < 5; ++tries) {
    const std::string now = ReadAutogroup();
    if (now.empty() || now.ends_with(" nice " + wanted)) return;
    if (WriteAutogroup(wanted) != EAGAIN) return;
    usleep(110'000);
  }
}

}  // namespace

bool GiveWay() {
  // Never up: whoever started us may have asked for less still.
  errno = 0;
  const int now = getpriority(PRIO_PROCESS, 0);
  if (now == -1 && errno != 0) return false;
  if (now < kNice && setpriority(PRIO_PROCESS, 0, kNice) != 0) return false;
  LowerSession();
  return true;
}

}  // namespace gatehouse
