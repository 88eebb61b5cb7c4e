#include "fcgi/base/clock.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace gatehouse {

using std::chrono::floor;
using std::chrono::steady_clock;

TimePoint SystemClock::Now() const {
  const auto steady = sources_.steady();
  const auto wall = std::chrono::time_point_cast<Micros>(sources_.wall());
  const TimePoint went_on = believed_ + floor<Micros>(steady - read_at_);
  if (wall < went_on && went_on - wall <= kBelief) return went_on;
  believed_ = wall;
  read_at_ = steady;
  return wall;
}

std::int64_t ToUnixSeconds(TimePoint t) { return floor<Seconds>(t).time_since_epoch().count(); }

TimePoint FromUnixSeconds(std::int64_t s) { return TimePoint(Seconds(s)); }

std::string ToRfc3339(TimePoint t) {
  const auto day = floor<std::chrono::days>(t);
  const std::chrono::year_month_day ymd{day};
  const std::chrono::hh_mm_ss time{floor<Millis>(t - day)};
  std::array<char, 40> out{};
  const int n = std::snprintf(
      out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(ymd.year()),
      static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()),
      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
      static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
  return {out.data(), static_cast<std::size_t>(n)};
}

namespace {

// Reads exactly `digits` digits at `pos` and moves on; nullopt where something else stands there.
std::optional<int> ReadDigits(std::string_view text, std::size_t& pos, int digits) {
  int value = 0;
  for (int i = 0; i < digits; ++i, ++pos) {
    if (pos >= text.size() || text[pos] < '0' || text[pos] > '9') return std::nullopt;
    value = value * 10 + (text[pos] - '0');
  }
  return value;
}

bool Skip(std::string_view text, std::size_t& pos, std::string_view any_of) {
  if (pos >= text.size() || any_of.find(text[pos]) == std::string_view::npos) return false;
  ++pos;
  return true;
}

std::optional<Micros> ReadFraction(std::string_view text, std::size_t& pos) {
  if (!Skip(text, pos, ".")) return Micros(0);
  std::int64_t value = 0;
  int digits = 0;
  for (; pos < text.size() && text[pos] >= '0' && text[pos] <= '9'; ++pos, ++digits) {
    if (digits < 6) value = value * 10 + (text[pos] - '0');
  }
  if (digits == 0) return std::nullopt;
  for (int i = digits; i < 6; ++i) value *= 10;
  return Micros(value);
}

std::optional<Seconds> ReadOffset(std::string_view text, std::size_t& pos) {
  if (Skip(text, pos, "Zz")) return Seconds(0);
  const bool east = pos < text.size() && text[pos] == '+';
  if (!Skip(text, pos, "+-")) return std::nullopt;
  const auto hours = ReadDigits(text, pos, 2);
  if (!hours || !Skip(text, pos, ":")) return std::nullopt;
  const auto minutes = ReadDigits(text, pos, 2);
  if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const Seconds offset(*hours * 3600 + *minutes * 60);
  return east ? offset : -offset;
}

}  // namespace

std::optional<TimePoint> FromRfc3339(std::string_view text) {
  std::size_t pos = 0;
  const auto year = ReadDigits(text, pos, 4);
  if (!year || !Skip(text, pos, "-")) return std::nullopt;
  const auto month = ReadDigits(text, pos, 2);
  if (!month || !Skip(text, pos, "-")) return std::nullopt;
  const auto day = ReadDigits(text, pos, 2);
  if (!day || !Skip(text, pos, "Tt ")) return std::nullopt;
  const auto hour = ReadDigits(text, pos, 2);
  if (!hour || !Skip(text, pos, ":")) return std::nullopt;
  const auto minute = ReadDigits(text, pos, 2);
  if (!minute || !Skip(text, pos, ":")) return std::nullopt;
  const auto second = ReadDigits(text, pos, 2);
  if (!second) return std::nullopt;
  const auto fraction = ReadFraction(text, pos);
  if (!fraction) return std::nullopt;
  const auto offset = ReadOffset(text, pos);
  if (!offset || pos != text.size()) return std::nullopt;
  const std::chrono::year_month_day ymd{std::chrono::year(*year),
                                        std::chrono::month(static_cast<unsigned>(*month)),
                                        std::chrono::day(static_cast<unsigned>(*day))};
  if (!ymd.ok() || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  return std::chrono::sys_days(ymd) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         Seconds(*second) + *fraction - *offset;
}

Deadline Deadline::In(Millis span) { return Deadline(steady_clock::now() + span); }

Deadline Deadline::Never() { return Deadline(steady_clock::time_point::max()); }

bool Deadline::Expired() const { return steady_clock::now() >= at_; }

Millis Deadline::Left() const {
  if (at_ == steady_clock::time_point::max()) return std::chrono::hours(24);
  const auto left = std::chrono::ceil<Millis>(at_ - steady_clock::now());
  return std::max(left, Millis(0));
}

Deadline Deadline::Within(Millis span) const {
  return Deadline(std::min(at_, steady_clock::now() + span));
}

}  // namespace gatehouse
