#include "fcgi/run/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <sstream>
#include <vector>

#include "tests/fcgi/run/temp_folder.h"

namespace gatehouse {
namespace {

using testing::HasSubstr;

std::vector<std::string> Lines(const std::string& path) {
  std::istringstream in(TempFolder::Read(path));
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

class LogTest : public testing::Test {
 protected:
  LogTest() { log::Open(path_, log::Level::kInfo, "worker.verify"); }
  ~LogTest() override {
    log::SetRequestId("");
    log::Open("", log::Level::kInfo, "");
  }
  TempFolder folder_;
  std::string path_ = folder_.Path("log");
};

TEST_F(LogTest, OneJsonObjectALine) {
  log::SetRequestId("req-1");
  log::Warn("db.reconnected", {{"after_ms", 12}, {"ok", true}, {"why", "gone"}});
  const std::string form =
      R"(\{"ts":"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z",)"
      R"("level":"warn","event":"db\.reconnected","pid":[0-9]+,"process":"worker\.verify",)"
      R"("request_id":"req-1","after_ms":12,"ok":true,"why":"gone"\})";
  ASSERT_EQ(Lines(path_).size(), 1U);
  EXPECT_THAT(Lines(path_)[0], ::testing::MatchesRegex(form));
}

TEST_F(LogTest, LevelsBelowAreDropped) {
  log::Debug("quiet");
  EXPECT_FALSE(log::Enabled(log::Level::kDebug));
  EXPECT_TRUE(log::Enabled(log::Level::kError));
  EXPECT_EQ(Lines(path_).size(), 0U);
  EXPECT_EQ(log::ParseLevel("error"), log::Level::kError);
  EXPECT_EQ(log::ParseLevel("?"), log::Level::kInfo);
}

// SPEC A3: whatever a client sends, the line stays one line of JSON.
TEST_F(LogTest, HostileValuesStayInsideTheirString) {
  log::Info("x", {{"agent", "a\r\n{\"level\":\"error\"}\x1b[31m\"\\"},
                  {"bytes", std::string("\xff\xfe\0z", 4)}});
  log::Info("long", {{"v", std::string(100'000, 'a')}});
  const auto lines = Lines(path_);
  ASSERT_EQ(lines.size(), 2U);
  for (const char c : lines[0]) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
  EXPECT_THAT(lines[0], HasSubstr(R"(a\u000d\u000a{\"level\":\"error\"})"));
  EXPECT_LT(lines[1].size(), 4096U);
}

TEST_F(LogTest, ProcessesShareAFileWithoutMixingLines) {
  constexpr int kProcesses = 4, kEach = 500;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      for (int n = 0; n < kEach; ++n) log::Info("e", {{"v", std::string(500, 'a')}});
      ::_exit(0);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) ::waitpid(pid, nullptr, 0);
  const auto lines = Lines(path_);
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(kProcesses * kEach));
  for (const auto& line : lines) ASSERT_TRUE(line.starts_with("{\"ts\"") && line.ends_with("\"}"));
}

TEST_F(LogTest, FollowsRotation) {
  log::Info("before");
  ASSERT_EQ(std::rename(path_.c_str(), folder_.Path("log.1").c_str()), 0);
  ::usleep(1'100'000);
  log::Info("after");
  ASSERT_EQ(Lines(path_).size(), 1U);
  EXPECT_THAT(Lines(path_)[0], HasSubstr("after"));
}

TEST(Log, UnopenableFileFallsBackToStandardError) {
  testing::internal::CaptureStderr();
  log::Open("/nonexistent/log", log::Level::kInfo, "p");
  log::Err("still.heard");
  const std::string heard = testing::internal::GetCapturedStderr();
  EXPECT_THAT(heard, HasSubstr("log.open_failed"));
  EXPECT_THAT(heard, HasSubstr("still.heard"));
  log::Open("", log::Level::kInfo, "");
}

}  // namespace
}  // namespace gatehouse
