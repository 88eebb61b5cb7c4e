// Lists (API.md "Conventions"): limit, cursor, sort; {"items": […], "next_cursor": …}.
//
// A cursor is where a page ended: the value of the field that the list is sorted by, and the row's
// id, so that a later page costs what the first one costs. It is opaque to clients, and good only
// for the order that it was made in.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/base/clock.h"
#include "fcgi/base/ids.h"
#include "fcgi/base/result.h"
#include "fcgi/http/message.h"
#include "fcgi/http/schema.h"
#include "fcgi/lib/json.h"

namespace gatehouse::api {

inline constexpr int kDefaultLimit = 50;

struct Cursor {
  std::string key;  // of the sort field; a time as TimeKey writes it
  Uuid id;
};

struct Page {
  int limit = kDefaultLimit;
  std::string sort;  // the field
  bool ascending = false;
  std::optional<Cursor> after;

  // With a time as the sort field; kFirst where there is no cursor.
  std::optional<TimePoint> AfterTime() const;
};

// From a query that the route's schema has accepted. `default_sort` as in `?sort=`.
// kValidationFailed for a cursor that is not ours, or of another order.
Result<Page> ReadPage(const http::Fields& query, std::string_view default_sort = "-created_at");

std::string TimeKey(TimePoint t);
std::string EncodeCursor(const Page& page, const Cursor& cursor);

Error InvalidQuery(std::string_view name, std::string_view detail);

// Rows that are few enough to be ordered here, cut to the page; one row more than its limit where
// more follow.
template <class Row, class Place>
void CutToPage(std::vector<Row>& rows, const Page& page, Place place) {
  const auto less = [&](const std::pair<std::string, Uuid>& a,
                        const std::pair<std::string, Uuid>& b) {
    return page.ascending ? a < b : b < a;
  };
  const auto pair = [&](const Row& row) {
    const Cursor c = place(row);
    return std::pair(c.key, c.id);
  };
  std::sort(rows.begin(), rows.end(),
            [&](const Row& a, const Row& b) { return less(pair(a), pair(b)); });
  if (page.after) {
    const auto end = std::pair(page.after->key, page.after->id);
    std::erase_if(rows, [&](const Row& row) { return !less(end, pair(row)); });
  }
  const auto keep = static_cast<std::size_t>(page.limit) + 1;
  if (rows.size() > keep) rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(keep), rows.end());
}

// The answer. `rows` has one row more than the limit where more follow; `place` is a row's Cursor,
// `write(json::Writer&, row)` writes it.
template <class Row, class Place, class Write>
http::Response ListAnswer(const std::vector<Row>& rows, const Page& page, Place place,
                          Write write) {
  const auto shown = std::min(rows.size(), static_cast<std::size_t>(page.limit));
  json::Writer out;
  out.BeginObject().Key("items").BeginArray();
  for (std::size_t i = 0; i < shown; ++i) write(out, rows[i]);
  out.EndArray().Key("next_cursor");
  if (shown < rows.size() && shown > 0) {
    out.String(EncodeCursor(page, place(rows[shown - 1])));
  } else {
    out.Null();
  }
  return http::Response::Json(200, out.EndObject().Take());
}

}  // namespace gatehouse::api
