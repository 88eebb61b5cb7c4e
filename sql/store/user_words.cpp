#include "sql/store/user_words.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include "fcgi/base/codec.h"
#include "fcgi/lib/text.h"
#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

#define GH_WORDS " JSON_TABLE(?, '$[*]' COLUMNS (word VARCHAR(100) PATH '$' ERROR ON ERROR)) AS j"
const db::Sql kInsert{"user_words.insert",
                      "INSERT INTO user_words (tenant_id, user_id, created_at, email, word)"
                      " SELECT ?, ?, ?, ?, j.word FROM" GH_WORDS};
const db::Sql kDelete{"user_words.delete",
                      "DELETE w FROM" GH_WORDS
                      " STRAIGHT_JOIN user_words w ON w.tenant_id = ? AND w.user_id = ?"
                      "  AND w.word = CONVERT(j.word USING utf8mb4) COLLATE utf8mb4_nopad_bin"};
#undef GH_WORDS
// What they are made of, and what they are, in one round trip.
const db::Sql kRead{"user_words.read",
                    "SELECT u.email, u.first_name, u.last_name, u.employee_id, u.created_at,"
                    " w.word, w.email FROM users u"
                    " LEFT JOIN user_words w ON w.user_id = u.id"
                    " WHERE u.tenant_id = ? AND u.id = ?"};

using Words = std::set<std::string>;

Words Difference(const Words& from, const Words& what) {
  Words out;
  std::set_difference(from.begin(), from.end(), what.begin(), what.end(),
                      std::inserter(out, out.end()));
  return out;
}

}  // namespace

Words WordsOf(std::string_view raw) {
  // Lower-casing can undo normalization, as in handlers/auth/identifier.cpp.
  const std::string lower = text::Lower(text::Nfc(raw).value_or(std::string()));
  const std::string canonical = text::Nfc(lower).value_or(lower);
  Words out;
  for (const std::string_view word : text::Words(canonical)) out.emplace(word);
  return out;
}

Words WordsOf(const User& user) {
  Words out = WordsOf(user.email);
  for (const auto* more : {&user.first_name, &user.last_name, &user.employee_id}) {
    if (*more) out.merge(WordsOf(**more));
  }
  return out;
}

Status InsertWords(db::Executor& ex, const User& user) {
  const Words words = WordsOf(user);
  if (words.empty()) return {};
  return Done(ex.Execute(kInsert,
                         {user.tenant_id, user.id, user.created_at, user.email, JsonArray(words)}));
}

Status RefreshWords(db::Executor& ex, TenantId tenant, UserId id) {
  GH_ASSIGN(const auto rows, ex.Query(kRead, {tenant, id}));
  if (rows.empty()) return {};
  User user;
  user.email = rows.front().Text(0);
  user.first_name = rows.front().OptionalText(1);
  user.last_name = rows.front().OptionalText(2);
  user.employee_id = rows.front().OptionalText(3);
  user.created_at = rows.front().Time(4);
  const Words wanted = WordsOf(user);
  Words there, surplus;
  for (const db::Row& row : rows) {
    if (row.IsNull(5)) continue;
    const bool stays = wanted.contains(row.Text(5)) && row.Text(6) == user.email;
    (stays ? there : surplus).insert(row.Text(5));
  }
  const Words missing = Difference(wanted, there);
  if (!surplus.empty()) GH_TRY(ex.Execute(kDelete, {JsonArray(surplus), tenant, id}));
  if (!missing.empty())
    GH_TRY(ex.Execute(kInsert, {tenant, id, user.created_at, user.email, JsonArray(missing)}));
  return {};
}

}  // namespace gatehouse::store
