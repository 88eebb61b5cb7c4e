#include "handlers/api/paging.h"

#include <charconv>
#include <cstdio>

#include "fcgi/base/codec.h"

namespace gatehouse::api {
namespace {

constexpr std::size_t kIdBytes = 16;
constexpr std::int64_t kYear9999 = 253402300800000000;  // microseconds

std::optional<std::int64_t> Micros64(std::string_view text) {
  std::int64_t micros = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), micros);
  if (error != std::errc() || end != text.data() + text.size() || micros < 0 ||
      micros >= kYear9999) {
    return std::nullopt;
  }
  return micros;
}

// id || field || 0 || key.
std::optional<Cursor> Decode(const Page& page, std::string_view text) {
  const auto raw = Base64UrlDecode(text);
  if (!raw || raw->size() <= kIdBytes || !IsUtf8(std::string_view(*raw).substr(kIdBytes))) {
    return std::nullopt;
  }
  const std::string_view rest = std::string_view(*raw).substr(kIdBytes);
  const auto end = rest.find('\0');
  if (end == std::string_view::npos || rest.substr(0, end) != page.sort) return std::nullopt;
  Cursor out{std::string(rest.substr(end + 1)),
             *Uuid::FromBytes(std::string_view(*raw).substr(0, kIdBytes))};
  if (page.sort.ends_with("_at") && !Micros64(out.key)) return std::nullopt;
  return out;
}

}  // namespace

std::string TimeKey(TimePoint t) {
  // As wide as any, so that texts and times have one order.
  char digits[32];
  std::snprintf(digits, sizeof digits, "%018lld",
                static_cast<long long>(t.time_since_epoch().count()));
  return digits;
}

std::string EncodeCursor(const Page& page, const Cursor& cursor) {
  std::string raw(cursor.id.view());
  raw += page.sort;
  raw += '\0';
  raw += cursor.key;
  return Base64UrlEncode(raw);
}

std::optional<TimePoint> Page::AfterTime() const {
  if (!after) return std::nullopt;
  const auto micros = Micros64(after->key);
  return micros ? std::optional(TimePoint(Micros(*micros))) : std::nullopt;
}

Error InvalidQuery(std::string_view name, std::string_view detail) {
  return {ErrorCode::kValidationFailed,
          "query",
          {{"?" + std::string(name), "invalid_format", std::string(detail),
            "Please check what you entered."}},
          0};
}

Result<Page> ReadPage(const http::Fields& query, std::string_view default_sort) {
  Page out;
  out.limit = static_cast<int>(query.Int("limit", kDefaultLimit));
  std::string_view sort = query.Has("sort") ? query.Text("sort") : default_sort;
  out.ascending = !sort.starts_with('-');
  if (!out.ascending) sort.remove_prefix(1);
  out.sort = sort;
  if (!query.Has("cursor")) return out;
  out.after = Decode(out, query.Text("cursor"));
  if (!out.after) return InvalidQuery("cursor", "Not a cursor of ours, or of another order.");
  return out;
}

}  // namespace gatehouse::api
