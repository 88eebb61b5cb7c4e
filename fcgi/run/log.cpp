#include "fcgi/run/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>

#include "fcgi/base/clock.h"
#include "fcgi/base/codec.h"

namespace gatehouse::log {
namespace {

// Longer values are cut: a line stays a line that tools can read, whatever a client sent.
constexpr std::size_t kMaxValueBytes = 2048;

constexpr std::string_view kLevelNames[] = {"debug", "info", "warn", "error"};

std::string_view Name(Level level) { return kLevelNames[static_cast<std::size_t>(level)]; }

struct State {
  int fd = STDERR_FILENO;
  Level level = Level::kInfo;
  std::string path, process, request_id;
  std::chrono::steady_clock::time_point checked{};
};

State& TheState() {
  static State state;
  return state;
}

// O_APPEND: each write(2) lands whole at the end, whoever else writes to the file.
int OpenForAppend(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

// After logrotate moved the file, the next line (at most one look a second) goes to the new one.
void FollowRotation(State& state) {
  if (state.path.empty()) return;
  const auto now = std::chrono::steady_clock::now();
  if (now - state.checked < std::chrono::seconds(1)) return;
  state.checked = now;
  struct stat named {
  }, open{};
  const bool same = ::stat(state.path.c_str(), &named) == 0 && ::fstat(state.fd, &open) == 0 &&
                    named.st_ino == open.st_ino && named.st_dev == open.st_dev;
  if (same) return;
  const int fd = OpenForAppend(state.path);
  if (fd < 0) return;
  if (state.fd != STDERR_FILENO) ::close(state.fd);
  state.fd = fd;
}

void AppendMember(std::string& line, std::string_view key, std::string_view value) {
  line.push_back(',');
  AppendJsonString(line, key);
  line.push_back(':');
  AppendJsonString(line, value.substr(0, kMaxValueBytes));
}

void AppendField(std::string& line, const Field& field) {
  if (const auto* text = std::get_if<std::string_view>(&field.value)) {
    return AppendMember(line, field.key, *text);
  }
  line.push_back(',');
  AppendJsonString(line, field.key);
  line.push_back(':');
  if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
    line += std::to_string(*number);
  } else {
    line += std::get<bool>(field.value) ? "true" : "false";
  }
}

}  // namespace

Level ParseLevel(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kLevelNames); ++i) {
    if (kLevelNames[i] == name) return static_cast<Level>(i);
  }
  return Level::kInfo;
}

bool Enabled(Level level) { return level >= TheState().level; }

void SetRequestId(std::string_view id) { TheState().request_id = id; }

void Open(const std::string& path, Level level, std::string_view process) {
  State& state = TheState();
  if (state.fd != STDERR_FILENO) ::close(state.fd);
  state.fd = STDERR_FILENO;
  state.level = level;
  state.process = process;
  state.path = path;
  if (path.empty()) return;
  const int fd = OpenForAppend(path);
  if (fd >= 0) {
    state.fd = fd;
  } else {
    Err("log.open_failed", {{"path", path}, {"errno", errno}});
  }
}

void Write(Level level, std::string_view event, std::initializer_list<Field> fields) {
  if (!Enabled(level)) return;
  State& state = TheState();
  FollowRotation(state);
  std::string line = R"({"ts":")" + ToRfc3339(SystemClock().Now()) + '"';
  AppendMember(line, "level", Name(level));
  AppendMember(line, "event", event);
  line += R"(,"pid":)" + std::to_string(::getpid());
  if (!state.process.empty()) AppendMember(line, "process", state.process);
  if (!state.request_id.empty()) AppendMember(line, "request_id", state.request_id);
  for (const Field& field : fields) AppendField(line, field);
  line += "}\n";
  // A full disk loses lines, never a request.
  while (::write(state.fd, line.data(), line.size()) < 0 && errno == EINTR) {
  }
}

}  // namespace gatehouse::log
