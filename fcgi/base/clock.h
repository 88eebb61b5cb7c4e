// Time. Rules take the time as a value or a Clock; only composition roots make a SystemClock.
// Wall-clock times are UTC with microseconds and go to MariaDB as DATETIME(6); deadlines are on the
// monotonic clock, so that a jump of the wall clock neither cuts nor extends a request.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

using Micros = std::chrono::microseconds;
using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;
using TimePoint = std::chrono::sys_time<Micros>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint Now() const = 0;  // UTC
};

// The machine's clock, but never back (DESIGN.md 6: nothing expired comes back): where it is set
// back, time goes on from where it was, for as long as the object lives. Back by more than kBelief,
// it was plainly wrong before, and is followed. Not for two threads at once.
class SystemClock final : public Clock {
 public:
  static constexpr std::chrono::hours kBelief{1};
  // Where the time comes from; tests bring their own.
  struct Sources {
    std::chrono::system_clock::time_point (*wall)() = std::chrono::system_clock::now;
    std::chrono::steady_clock::time_point (*steady)() = std::chrono::steady_clock::now;
  };

  SystemClock() : SystemClock(Sources{}) {}
  explicit SystemClock(Sources sources) : sources_(sources) {}
  TimePoint Now() const override;

 private:
  Sources sources_;
  // The wall's time that is believed, and when it was read.
  mutable TimePoint believed_ = TimePoint::min();
  mutable std::chrono::steady_clock::time_point read_at_{};
};

// A clock that stands still until told otherwise, for tests.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint now) : now_(now) {}
  TimePoint Now() const override { return now_; }
  void Advance(Micros by) { now_ += by; }
  void Set(TimePoint now) { now_ = now; }

 private:
  TimePoint now_;
};

// Seconds since 1970, as RFC 7519 NumericDate (rounded down).
std::int64_t ToUnixSeconds(TimePoint t);
TimePoint FromUnixSeconds(std::int64_t s);

// "2026-11-21T11:30:28.123Z": RFC 3339, UTC, milliseconds (API.md, Conventions).
std::string ToRfc3339(TimePoint t);
// Accepts RFC 3339 with any offset and optional fraction; nullopt for everything else.
std::optional<TimePoint> FromRfc3339(std::string_view text);

// A point on the monotonic clock by which work must be done.
class Deadline {
 public:
  static Deadline In(Millis span);
  static Deadline Never();
  bool Expired() const;
  Millis Left() const;  // never negative; a day where there is no deadline
  // The nearer of this and `span` from now.
  Deadline Within(Millis span) const;

 private:
  explicit Deadline(std::chrono::steady_clock::time_point at) : at_(at) {}
  std::chrono::steady_clock::time_point at_;
};

}  // namespace gatehouse
