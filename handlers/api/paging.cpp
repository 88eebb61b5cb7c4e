#include "handlers/api/paging.h"

#include <charconv>

#include "fcgi/base/codec.h"

namespace gatehouse::api {
namespace {

constexpr std::size_t kIdBytes = 16;

}  // namespace

std::string EncodeCursor(const Cursor& cursor) {
  return Base64UrlEncode(std::string(cursor.id.view()) +
                         std::to_string(cursor.at.time_since_epoch().count()));
}

Error InvalidQuery(std::string_view name, std::string_view detail) {
  return {ErrorCode::kValidationFailed,
          "query",
          {{"?" + std::string(name), "invalid_format", std::string(detail),
            "Please check what you entered."}},
          0};
}

Result<Page> ReadPage(const http::Fields& query) {
  Page out;
  out.limit = static_cast<int>(query.Int("limit", kDefaultLimit));
  const auto& sort = query.Text("sort");
  out.ascending = !sort.empty() && !sort.starts_with('-');
  if (!query.Has("cursor")) return out;
  const auto raw = Base64UrlDecode(query.Text("cursor"));
  std::int64_t micros = 0;
  if (!raw || raw->size() <= kIdBytes) return InvalidQuery("cursor", "Not a cursor of ours.");
  const char* end = raw->data() + raw->size();
  const auto parsed = std::from_chars(raw->data() + kIdBytes, end, micros);
  constexpr std::int64_t kYear9999 = 253402300800000000;
  if (parsed.ec != std::errc() || parsed.ptr != end || micros < 0 || micros >= kYear9999) {
    return InvalidQuery("cursor", "Not a cursor of ours.");
  }
  out.after = Cursor{TimePoint(Micros(micros)),
                     *Uuid::FromBytes(std::string_view(*raw).substr(0, kIdBytes))};
  return out;
}

}  // namespace gatehouse::api
