// The words by which users are found (SPEC U5): every run of letters, marks and digits in address,
// names and employee id, in lower case and NFC, each once.
#pragma once

#include <set>
#include <string>

#include "sql/store/users.h"

namespace gatehouse::store {

// Of any text, also of what is searched for.
std::set<std::string> WordsOf(std::string_view text);
std::set<std::string> WordsOf(const User& user);

}  // namespace gatehouse::store
