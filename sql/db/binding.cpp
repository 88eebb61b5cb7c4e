#include "sql/db/binding.h"

#include <chrono>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace gatehouse::db {
namespace {

enum class Shape { kInt, kTime, kText };

Shape ShapeOf(enum_field_types type) {
  switch (type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
      return Shape::kInt;
    case MYSQL_TYPE_DATETIME:
    case MYSQL_TYPE_TIMESTAMP:
      return Shape::kTime;
    default:
      return Shape::kText;
  }
}

// Where one column of each row is put in turn.
struct Slot {
  Shape shape = Shape::kText;
  std::int64_t number = 0;
  MYSQL_TIME time{};
  std::string text;
  unsigned long length = 0;
  my_bool is_null = 0;

  Row::Cell Take() const {
    if (is_null != 0) return std::monostate{};
    switch (shape) {
      case Shape::kInt:
        return number;
      case Shape::kTime:
        return FromMysqlTime(time);
      case Shape::kText:
        break;
    }
    return text.substr(0, length);
  }
};

void Bind(Slot& slot, const MYSQL_FIELD& field, MYSQL_BIND& bind) {
  slot.shape = ShapeOf(field.type);
  bind.is_null = &slot.is_null;
  bind.length = &slot.length;
  switch (slot.shape) {
    case Shape::kInt:
      bind.buffer_type = MYSQL_TYPE_LONGLONG;
      bind.buffer = &slot.number;
      break;
    case Shape::kTime:
      bind.buffer_type = MYSQL_TYPE_DATETIME;
      bind.buffer = &slot.time;
      break;
    case Shape::kText:
      // At least one byte: the connector takes a buffer without room for none at all.
      slot.text.resize(field.max_length + 1);
      bind.buffer_type = MYSQL_TYPE_STRING;
      bind.buffer = slot.text.data();
      bind.buffer_length = slot.text.size();
      break;
  }
}

}  // namespace

MYSQL_TIME ToMysqlTime(TimePoint t) {
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss<Micros> clock(t - day);
  MYSQL_TIME out{};
  out.year = static_cast<unsigned>(static_cast<int>(date.year()));
  out.month = static_cast<unsigned>(date.month());
  out.day = static_cast<unsigned>(date.day());
  out.hour = static_cast<unsigned>(clock.hours().count());
  out.minute = static_cast<unsigned>(clock.minutes().count());
  out.second = static_cast<unsigned>(clock.seconds().count());
  out.second_part = static_cast<unsigned long>(clock.subseconds().count());
  out.time_type = MYSQL_TIMESTAMP_DATETIME;
  return out;
}

TimePoint FromMysqlTime(const MYSQL_TIME& t) {
  const auto day = std::chrono::sys_days(std::chrono::year(static_cast<int>(t.year)) /
                                         std::chrono::month(t.month) / std::chrono::day(t.day));
  return day + std::chrono::hours(t.hour) + std::chrono::minutes(t.minute) +
         std::chrono::seconds(t.second) + Micros(t.second_part);
}

BoundParams::BoundParams(Params params) : binds_(params.size()), times_(params.size()) {
  std::size_t i = 0;
  for (const Param& param : params) {
    MYSQL_BIND& bind = binds_[i];
    MYSQL_TIME& time = times_[i++];
    std::visit(
        [&](const auto& value) {
          using T = std::decay_t<decltype(value)>;
          if constexpr (std::is_same_v<T, std::monostate>) {
            bind.buffer_type = MYSQL_TYPE_NULL;
          } else if constexpr (std::is_same_v<T, std::int64_t>) {
            bind.buffer_type = MYSQL_TYPE_LONGLONG;
            bind.buffer = const_cast<std::int64_t*>(&value);
          } else if constexpr (std::is_same_v<T, std::string_view>) {
            // The connector takes a null buffer for NULL, which an empty view is not.
            bind.buffer_type = MYSQL_TYPE_STRING;
            bind.buffer = const_cast<char*>(value.data() != nullptr ? value.data() : "");
            bind.buffer_length = value.size();
          } else {
            time = ToMysqlTime(value);
            bind.buffer_type = MYSQL_TYPE_DATETIME;
            bind.buffer = &time;
          }
        },
        param.value());
  }
}

bool FetchStored(MYSQL_STMT* stmt, const std::function<void(Row)>& take) {
  const std::size_t columns = mysql_stmt_field_count(stmt);
  const MYSQL_FIELD* fields = mariadb_stmt_fetch_fields(stmt);
  std::vector<Slot> slots(columns);
  std::vector<MYSQL_BIND> binds(columns);
  for (std::size_t i = 0; i < columns; ++i) Bind(slots[i], fields[i], binds[i]);
  if (mysql_stmt_bind_result(stmt, binds.data()) != 0) return false;

  for (;;) {
    const int fetched = mysql_stmt_fetch(stmt);
    if (fetched == MYSQL_NO_DATA) return true;
    if (fetched != 0) return false;
    std::vector<Row::Cell> cells;
    cells.reserve(columns);
    for (const Slot& slot : slots) cells.push_back(slot.Take());
    take(Row(std::move(cells)));
  }
}

}  // namespace gatehouse::db
