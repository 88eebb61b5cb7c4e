#include "fcgi/run/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

#include "tests/fcgi/run/temp_folder.h"

namespace gatehouse {
namespace {

using testing::HasSubstr;

// The registry is one a process; so is this test's catalogue.
struct Catalogue {
  Metrics& metrics = Metrics::Instance();
  Metrics::Handle ok = metrics.Counter("t_requests_total", "Requests.", R"(status="2xx")");
  Metrics::Handle seconds = metrics.Histogram("t_seconds", "Durations.", R"(route="verify")");
  Metrics::Handle bad = metrics.Counter("t_requests_total", "Requests.", R"(status="5xx")");
  Metrics::Handle plain = metrics.Counter("t_plain_total", "No labels.");
};
Catalogue& The() {
  static Catalogue catalogue;
  return catalogue;
}

// SPEC A2.
TEST(Metrics, RendersPrometheusText) {
  auto& t = The();
  t.metrics.Add(t.plain, 3);
  for (const int us : {100, 101, 1'000, 40'000'000, -5}) {
    t.metrics.Observe(t.seconds, Micros(us));
  }
  const std::string text = t.metrics.Render();
  EXPECT_THAT(text, HasSubstr("# HELP t_requests_total Requests.\n# TYPE t_requests_total counter\n"
                              "t_requests_total{status=\"2xx\"} 0\n"
                              "t_requests_total{status=\"5xx\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("t_plain_total 3\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE t_seconds histogram\n"
                              "t_seconds_bucket{route=\"verify\",le=\"0.0001\"} 2\n"
                              "t_seconds_bucket{route=\"verify\",le=\"0.0005\"} 3\n"
                              "t_seconds_bucket{route=\"verify\",le=\"0.001\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("le=\"30\"} 4\nt_seconds_bucket{route=\"verify\",le=\"+Inf\"} 5\n"
                              "t_seconds_sum{route=\"verify\"} 40.001201\n"
                              "t_seconds_count{route=\"verify\"} 5\n"));
}

TEST(Metrics, RegisteringTwiceGivesTheSameHandle) {
  auto& t = The();
  EXPECT_EQ(t.metrics.Counter("t_requests_total", "Requests.", R"(status="5xx")"), t.bad);
}

TEST(Metrics, ProcessesAddToTheSameNumbers) {
  auto& t = The();
  const TempFolder folder;
  const auto before = t.metrics.Read(t.ok);
  t.metrics.Add(t.ok);  // counted before Attach: not lost
  ASSERT_TRUE(t.metrics.Attach(folder.path()).ok());
  constexpr int kProcesses = 4, kEach = 20'000;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      // As a restarted worker does: attaches to what is there.
      if (!t.metrics.Attach(folder.path()).ok()) ::_exit(1);
      for (int n = 0; n < kEach; ++n) t.metrics.Add(t.ok);
      ::_exit(0);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(t.metrics.Read(t.ok), before + 1 + kProcesses * kEach);
  const auto late = t.metrics.Counter("t_late_total", "Registered after Attach.");
  t.metrics.Add(late);
  EXPECT_EQ(t.metrics.Read(late), 1U);
}

TEST(Metrics, AttachRefusesWhatIsNotItsFile) {
  auto& t = The();
  EXPECT_FALSE(t.metrics.Attach("/nonexistent").ok());
  const TempFolder folder;
  ASSERT_TRUE(t.metrics.Attach(folder.path()).ok());
  const std::string path = std::filesystem::directory_iterator(folder.path())->path().string();
  struct stat st {};
  ASSERT_EQ(::stat(path.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0600U);
  const TempFolder other;
  const std::string name = std::filesystem::path(path).filename().string();
  other.Write(name, std::string(1 << 16, 'x'));
  EXPECT_FALSE(t.metrics.Attach(other.path()).ok());
  const TempFolder third;
  std::filesystem::create_symlink(path, third.Path(name));
  EXPECT_FALSE(t.metrics.Attach(third.path()).ok());
  t.metrics.Add(t.plain);  // still good
}

}  // namespace
}  // namespace gatehouse
