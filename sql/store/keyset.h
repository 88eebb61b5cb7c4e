// Lists in the order of created_at and id, a page at a time, by the place where the page before
// ended. Private to sql/store.
#pragma once

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>
#include <vector>

#include "fcgi/base/clock.h"

namespace gatehouse::store {

// What DATETIME can hold.
inline constexpr TimePoint kFirstTime =
    std::chrono::sys_days(std::chrono::year(1000) / std::chrono::January / 1);
inline constexpr TimePoint kLastTime =
    std::chrono::sys_days(std::chrono::year(10000) / std::chrono::January / 1) - Micros(1);

// The two ends of from <= created_at < to, as far as they are given.
struct Span {
  Span(const std::optional<TimePoint>& from_in, const std::optional<TimePoint>& to_in)
      : from(std::clamp(from_in.value_or(kFirstTime), kFirstTime, kLastTime)),
        to(std::clamp(to_in.value_or(kLastTime), kFirstTime, kLastTime)) {}
  TimePoint from, to;
};

// `cursor`, or the place before the first row. A Cursor has created_at and id.
template <class Cursor>
Cursor PlaceOf(const std::optional<Cursor>& cursor, bool ascending) {
  if (cursor) return *cursor;
  Cursor place{};
  place.created_at = ascending ? kFirstTime : kLastTime;
  place.id.uuid.bytes.fill(ascending ? 0 : 0xff);
  return place;
}

// The first `limit` rows of two lists, each in order.
template <class Row>
std::vector<Row> Merge(std::vector<Row> a, std::vector<Row> b, bool ascending, int limit) {
  std::vector<Row> out;
  out.reserve(a.size() + b.size());
  std::merge(std::make_move_iterator(a.begin()), std::make_move_iterator(a.end()),
             std::make_move_iterator(b.begin()), std::make_move_iterator(b.end()),
             std::back_inserter(out), [ascending](const Row& x, const Row& y) {
               const auto x_place = std::tie(x.created_at, x.id);
               const auto y_place = std::tie(y.created_at, y.id);
               return ascending ? x_place < y_place : y_place < x_place;
             });
  const auto keep = static_cast<std::size_t>(std::max(limit, 0));
  if (out.size() > keep) out.erase(out.begin() + static_cast<std::ptrdiff_t>(keep), out.end());
  return out;
}

}  // namespace gatehouse::store
