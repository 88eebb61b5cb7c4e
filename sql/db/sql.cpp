#include <cassert>
#include <string>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::db {
namespace {

// A function's static, because statements of other files register before main.
std::vector<const Sql*>& Registry() {
  static std::vector<const Sql*> all;
  return all;
}

// NULL is 0 or "", but a cell of another type is a statement that does not fit its reader.
template <class T>
const T& Get(const Row::Cell& cell) {
  static const T kNone{};
  const T* value = std::get_if<T>(&cell);
  assert(value != nullptr || std::holds_alternative<std::monostate>(cell));
  return value != nullptr ? *value : kNone;
}

}  // namespace

Sql::Sql(const char* name_in, const char* text_in) : name(name_in), text(text_in) {
  Registry().push_back(this);
}

std::span<const Sql* const> Sql::All() { return Registry(); }

std::int64_t Row::Int(std::size_t i) const { return Get<std::int64_t>(cells_[i]); }
const std::string& Row::Text(std::size_t i) const { return Get<std::string>(cells_[i]); }
TimePoint Row::Time(std::size_t i) const { return Get<TimePoint>(cells_[i]); }

std::optional<std::int64_t> Row::OptionalInt(std::size_t i) const {
  return IsNull(i) ? std::nullopt : std::optional(Int(i));
}
std::optional<std::string> Row::OptionalText(std::size_t i) const {
  return IsNull(i) ? std::nullopt : std::optional(Text(i));
}
std::optional<TimePoint> Row::OptionalTime(std::size_t i) const {
  return IsNull(i) ? std::nullopt : std::optional(Time(i));
}
Uuid Row::Uuid16(std::size_t i) const { return Uuid::FromBytes(Text(i)).value_or(Uuid{}); }

Result<std::optional<Row>> Executor::QueryOne(const Sql& sql, Params params) {
  GH_ASSIGN(auto rows, Query(sql, params));
  if (rows.empty()) return std::optional<Row>();
  return std::optional<Row>(std::move(rows.front()));
}

bool IsDuplicate(const Error& error, std::string_view key_name) {
  const std::string_view inner = error.inner;
  return error.code == ErrorCode::kAlreadyExists && inner.ends_with(key_name) &&
         inner.size() > key_name.size() && inner[inner.size() - key_name.size() - 1] == ' ';
}

}  // namespace gatehouse::db
