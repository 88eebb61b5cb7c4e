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

// How often a word or role occurs decides how the list is made: to walk the list's order and pick
// is quick where many have it, to fetch all and sort where few do. A word's own rows are in the
// list's order, too; but what is searched for is where words begin, which may be many words. The
// numbers are where the ways cost the same at 10^6 users.
struct UserListLimits {
  int gather = 2000;  // fewer rows than this are fetched and sorted
  int sift = 24000;   // the same, where words are all that is asked for
  int merge = 40;     // at most as many words are read one by one
  int seed = 20000;   // fewer rows than this are put into a table, by which the others are picked
};

Result<std::vector<User>> ListUsers(db::Executor& ex, TenantId tenant, const UserFilter& filter,
                                    UserOrder order, const std::optional<UserCursor>& after,
                                    int limit, const UserListLimits& limits = {});

// What each of these users of the tenant holds, in their order; by one statement.
Result<std::vector<Grants>> GrantsOfMany(db::Executor& ex, TenantId tenant,
                                         std::span<const User> users);

}  // namespace gatehouse::store
