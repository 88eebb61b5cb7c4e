// The few ways in which store functions ask and answer. Private to sql/store.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fcgi/base/codec.h"
#include "sql/db/database.h"

namespace gatehouse::store {

// For JSON_TABLE: a list of texts as one parameter.
template <class Texts>
std::string JsonArray(const Texts& texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    if (out.size() > 1) out += ',';
    AppendJsonString(out, text);
  }
  return out += ']';
}

// It does not matter how many rows there were.
inline Status Done(Result<std::uint64_t> matched) {
  if (!matched.ok()) return std::move(matched).error();
  return {};
}

// kNotFound where the row to change is not there, is another tenant's, or is not in the state
// that `sql` changes: a caller that took its lock before never sees that.
inline Status OneRow(const db::Sql& sql, Result<std::uint64_t> matched) {
  if (!matched.ok()) return std::move(matched).error();
  if (*matched == 0) return MakeError(ErrorCode::kNotFound, std::string(sql.name) + ": no row");
  return {};
}

inline Result<bool> Any(Result<std::uint64_t> matched) {
  if (!matched.ok()) return std::move(matched).error();
  return *matched != 0;
}

template <class Read>
auto Map(Result<std::optional<db::Row>> row, Read read)
    -> Result<std::optional<decltype(read(*row.value()))>> {
  using T = decltype(read(*row.value()));
  if (!row.ok()) return std::move(row).error();
  if (!row.value()) return std::optional<T>();
  return std::optional<T>(read(*row.value()));
}

template <class Read>
auto Map(Result<std::vector<db::Row>> rows, Read read)
    -> Result<std::vector<decltype(read(rows.value().front()))>> {
  if (!rows.ok()) return std::move(rows).error();
  std::vector<decltype(read(rows.value().front()))> out;
  out.reserve(rows.value().size());
  for (const db::Row& row : rows.value()) out.push_back(read(row));
  return out;
}

}  // namespace gatehouse::store
