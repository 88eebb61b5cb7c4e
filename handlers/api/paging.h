// Lists (API.md "Conventions"): limit, cursor, sort; {"items": […], "next_cursor": …}.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fcgi/base/clock.h"
#include "fcgi/base/ids.h"
#include "fcgi/base/result.h"
#include "fcgi/http/schema.h"

namespace gatehouse::api {

inline constexpr int kDefaultLimit = 50;

// Where a page ended: the sort key's time and the row's id. Opaque to clients.
struct Cursor {
  TimePoint at;
  Uuid id;
};
std::string EncodeCursor(const Cursor& cursor);

struct Page {
  int limit = kDefaultLimit;
  std::optional<Cursor> after;
  bool ascending = false;
};
// From a query that the route's schema has accepted; kValidationFailed for a cursor that is not
// ours. `sort` is a field with an optional "-"; without one the newest comes first.
Result<Page> ReadPage(const http::Fields& query);

Error InvalidQuery(std::string_view name, std::string_view detail);

}  // namespace gatehouse::api
