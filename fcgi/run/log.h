// Logs: one JSON object a line, appended with one write, so that workers can share a file
// (SPEC A3). Members ts, level, event and pid are always there; request_id where there is a
// request. Never a secret: callers log ids, codes and reasons, not bodies, tokens or addresses of
// mail beyond what an audit event holds.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace gatehouse::log {

enum class Level { kDebug, kInfo, kWarn, kError };

struct Field {
  std::string_view key;
  std::variant<std::string_view, std::int64_t, bool> value;
  Field(std::string_view k, std::string_view v) : key(k), value(v) {}
  Field(std::string_view k, const char* v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, const std::string& v) : key(k), value(std::string_view(v)) {}
  Field(std::string_view k, std::int64_t v) : key(k), value(v) {}
  Field(std::string_view k, int v) : key(k), value(static_cast<std::int64_t>(v)) {}
  Field(std::string_view k, bool v) : key(k), value(v) {}
};

// Opens the log once per process; an empty path is standard error. `process` goes into every line
// ("worker.verify"). Before Open, lines go to standard error.
void Open(const std::string& path, Level level, std::string_view process);
Level ParseLevel(std::string_view name);  // unknown: kInfo
bool Enabled(Level level);

// The request id that lines carry until it is set anew (a worker does one request at a time).
void SetRequestId(std::string_view id);

// `event` is a short stable name: "db.reconnected".
void Write(Level level, std::string_view event, std::initializer_list<Field> fields = {});

inline void Debug(std::string_view e, std::initializer_list<Field> f = {}) {
  Write(Level::kDebug, e, f);
}
inline void Info(std::string_view e, std::initializer_list<Field> f = {}) {
  Write(Level::kInfo, e, f);
}
inline void Warn(std::string_view e, std::initializer_list<Field> f = {}) {
  Write(Level::kWarn, e, f);
}
inline void Err(std::string_view e, std::initializer_list<Field> f = {}) {
  Write(Level::kError, e, f);
}

}  // namespace gatehouse::log
