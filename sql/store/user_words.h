// The words by which users are found (SPEC U5): every run of letters, marks and digits in address,
// names and employee id, in lower case and NFC, each once. users.cpp keeps them up: whoever writes
// one of those columns there calls one of these in the same transaction.
#pragma once

#include <set>
#include <string>

#include "sql/store/users.h"

namespace gatehouse::store {

// Of any text, also of what is searched for.
std::set<std::string> WordsOf(std::string_view text);
std::set<std::string> WordsOf(const User& user);

// Of a user who was inserted just now.
Status InsertWords(db::Executor& ex, const User& user);
// Brings the words in line with what the user's row says now. The caller holds the row's lock.
// Nothing where the tenant has no such user.
Status RefreshWords(db::Executor& ex, TenantId tenant, UserId id);

}  // namespace gatehouse::store
