#include "sql/store/user_words.h"

#include "fcgi/lib/text.h"

namespace gatehouse::store {
namespace {

using Words = std::set<std::string>;

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

}  // namespace gatehouse::store
