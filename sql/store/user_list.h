// The list of a tenant's users (SPEC U5): filters, two orders, keyset paging. Meant to cost a
// page's worth of rows whichever filter and order is asked for, at 10^6 users (bench/lists measures
// it).
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "sql/store/roles.h"
#include "sql/store/users.h"

namespace gatehouse::store {

// All that are given must hold.
struct UserFilter {
  std::set<std::string> words;  // WordsOf what was typed: each begins a word of the user's
  std::optional<UserStatus> status;
  std::optional<RoleId> role_id;
  std::optional<std::string> branch_id, restaurant_id;
  std::optional<std::string> email;  // canonical
};

struct UserOrder {
  enum class By { kCreation, kEmail };
  By by = By::kCreation;
  bool ascending = false;
};

// Where the page before ended; of the order's own field the value, and the id.
struct UserCursor {
  TimePoint created_at;
  std::string email;
  UserId id;
};

// Words and roles have no index in the list's order. Where fewer than this many rows have the word
// or role, they are gathered and sorted; where more have it, the order's index is walked, which
// meets them often enough. In between lies the dearest list, at about the square root of fifty
// times the number of users.
inline constexpr int kGatherLimit = 8000;

Result<std::vector<User>> ListUsers(db::Executor& ex, TenantId tenant, const UserFilter& filter,
                                    UserOrder order, const std::optional<UserCursor>& after,
                                    int limit, int gather_limit = kGatherLimit);

// What each of these users of the tenant holds, in their order; by one statement.
Result<std::vector<Grants>> GrantsOfMany(db::Executor& ex, TenantId tenant,
                                         std::span<const User> users);

}  // namespace gatehouse::store
