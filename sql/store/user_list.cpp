#include "sql/store/user_list.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "fcgi/base/codec.h"
#include "sql/store/keyset.h"
#include "sql/store/outcome.h"
#include "sql/store/user_row.h"
#include "sql/store/user_words.h"

namespace gatehouse::store {
namespace {

// Which columns are asked for, as bits.
enum Column : unsigned { kStatus = 1, kBranch = 2, kRestaurant = 4, kEmail = 8 };

// How the rows are found. A seed is the set of users who have a word or a role.
enum class Way {
  kWalk,       // in the list's order, looking up words and roles of each
  kMeet,       // in the list's order, those that are in the seed
  kMerge,      // for each word that begins so, whoever has it in the list's order; then merged
  kSift,       // all rows of the words that begin so, then sorted
  kGather,     // all of the seed, then sorted; asks for columns
  kIntersect,  // all that are in two seeds, then sorted
};
enum class Seed { kNone, kWord, kRole };

constexpr std::size_t kWordSlots = 4;  // words beyond these go into one JSON array

// The statements differ in where they begin, in the columns they read and in their order; written
// out they would be a hundred. All take the parameters that ListUsers() binds: what a statement
// does not ask for is NULL there, and falls away before the server plans.
class Statements {
 public:
  Statements() {
    for (const auto by : {UserOrder::By::kCreation, UserOrder::By::kEmail}) {
      for (const bool ascending : {false, true}) {
        const UserOrder order{by, ascending};
        for (const Seed seed : {Seed::kWord, Seed::kRole}) {
          Add(Way::kGather, seed, 0, order);
          Add(Way::kIntersect, seed, 0, order);
        }
        for (unsigned columns = 0; columns < kEmail; ++columns) {
          Add(Way::kWalk, Seed::kNone, columns, order);
          Add(Way::kMeet, Seed::kWord, columns, order);
          Add(Way::kMeet, Seed::kRole, columns, order);
        }
        Add(Way::kWalk, Seed::kNone, kEmail, order);
        Add(Way::kMerge, Seed::kWord, 0, order);
        Add(Way::kSift, Seed::kWord, 0, order);
      }
    }
  }

  // kIntersect: of a word and of `seed`.
  const db::Sql& Find(Way way, Seed seed, unsigned columns, UserOrder order) const {
    return *by_key_.at(KeyOf(way, seed, columns, order));
  }

 private:
  struct Statement {
    Statement(std::string name_in, std::string text_in)
        : name(std::move(name_in)), text(std::move(text_in)), sql(name.c_str(), text.c_str()) {}
    const std::string name, text;
    const db::Sql sql;
  };
  using Key = std::array<unsigned, 5>;

  // Gathered rows are read whole, and an address has one row: one statement for all columns.
  static bool ReadsRows(Way way, unsigned columns) {
    return way == Way::kGather || way == Way::kIntersect || (columns & kEmail) != 0;
  }

  static Key KeyOf(Way way, Seed seed, unsigned columns, UserOrder order) {
    return {static_cast<unsigned>(way), static_cast<unsigned>(seed),
            ReadsRows(way, columns) ? columns & kEmail : columns, static_cast<unsigned>(order.by),
            order.ascending ? 1U : 0U};
  }

  void Add(Way way, Seed seed, unsigned columns, UserOrder order) {
    static constexpr std::array kWays = {"walk", "meet", "merge", "sift", "gather", "intersect"};
    static constexpr std::array kSeeds = {"", ".word", ".role"};
    const bool by_email = order.by == UserOrder::By::kEmail;
    std::string name = std::string("user_list.") + kWays.at(static_cast<std::size_t>(way)) +
                       kSeeds.at(static_cast<std::size_t>(seed)) +
                       (by_email ? ".email" : ".created") + (order.ascending ? ".asc." : ".desc.") +
                       std::to_string(columns);
    const auto& made = all_.emplace_back(std::move(name), Text(way, seed, columns, order));
    by_key_.emplace(KeyOf(way, seed, columns, order), &made.sql);
  }

  // A column that is not asked for is not named either, so that its index alone answers.
  static std::string Condition(Way way, unsigned columns, unsigned column,
                               const std::string& name) {
    if ((columns & column) != 0) return " AND ? IS NOT NULL AND u." + name + " = ?";
    if (ReadsRows(way, columns)) return " AND (? IS NULL OR u." + name + " = ?)";
    return " AND ? IS NULL AND ? IS NULL";
  }

  // The narrowest index that has the order, too.
  static std::string Ordered(unsigned columns, bool by_email) {
    const std::string suffix = by_email ? "_email" : "";
    std::string index = by_email ? "users_email" : "users_created";
    if ((columns & kStatus) != 0) index = "users_status" + suffix;
    if ((columns & kBranch) != 0) index = "users_branch" + suffix;
    if ((columns & kRestaurant) != 0) index = "users_restaurant" + suffix;
    if ((columns & kEmail) != 0) index = "users_email";
    return " users u FORCE INDEX (" + index + ")";
  }

  // Takes two parameters. DISTINCT, also where it changes nothing: it has the server make a table
  // of the seed, which is looked up by user_id where it is joined second.
  static std::string From(Seed seed, const std::string& alias) {
    const std::string rows =
        seed == Seed::kWord
            ? "user_words FORCE INDEX (PRIMARY) WHERE tenant_id = ? AND word LIKE ?"
            : "user_roles FORCE INDEX (user_roles_role) WHERE ? IS NOT NULL AND role_id = ?";
    return " (SELECT DISTINCT user_id FROM " + rows + ") AS " + alias;
  }

  // With two parameters for each of two seeds.
  static std::string FromAndWhere(Way way, Seed seed, unsigned columns, bool by_email) {
    const std::string no_seed = " ? IS NULL AND ? IS NULL AND";
    const std::string rows = " STRAIGHT_JOIN users u FORCE INDEX (PRIMARY) ON u.id = d.user_id";
    switch (way) {
      case Way::kMeet:
        return " FROM" + Ordered(columns, by_email) + " STRAIGHT_JOIN" + From(seed, "d") +
               " ON d.user_id = u.id WHERE" + no_seed;
      // A word's rows have all that the list is ordered by.
      case Way::kMerge:
        return std::string(
                   " FROM (SELECT tenant_id, word, user_id AS id, created_at, email"
                   " FROM user_words FORCE INDEX (") +
               (by_email ? "user_words_email" : "PRIMARY") +
               ")) AS u WHERE u.tenant_id = ? AND u.word = ? AND" + no_seed;
      case Way::kSift:
        return " FROM (SELECT DISTINCT tenant_id, user_id AS id, created_at, email FROM user_words"
               " FORCE INDEX (PRIMARY) WHERE tenant_id = ? AND word LIKE ?) AS u WHERE" +
               no_seed;
      case Way::kGather:
        return " FROM" + From(seed, "d") + rows + " WHERE" + no_seed;
      case Way::kIntersect:
        return " FROM" + From(Seed::kWord, "d") + " STRAIGHT_JOIN" + From(seed, "e") +
               " ON e.user_id = d.user_id" + rows + " WHERE";
      case Way::kWalk:
        break;
    }
    return " FROM" + Ordered(columns, by_email) + " WHERE" + no_seed + no_seed;
  }

  static std::string Text(Way way, Seed seed, unsigned columns, UserOrder order) {
    const bool by_email = order.by == UserOrder::By::kEmail;
    const std::string down = order.ascending ? "" : " DESC";
    const std::string than = order.ascending ? ">" : "<";
    // Addresses are unique in a tenant, so that they alone are a place.
    const std::string place =
        by_email ? " AND u.email " + than + " ? AND ? IS NULL AND ? IS NULL AND ? IS NULL"
                 : " AND ? IS NULL AND u.created_at " + than + "= ? AND (u.created_at " + than +
                       " ? OR u.id " + than + " ?)";
    const auto in_order = [&](const std::string& table) {
      return by_email ? " ORDER BY " + table + "email" + down
                      : " ORDER BY " + table + "created_at" + down + ", " + table + "id" + down;
    };
    // Not EXISTS, which the server may turn into a join that reads all who have the word or role.
    std::string words;
    for (std::size_t i = 0; i < kWordSlots; ++i) {
      words +=
          " AND (? IS NULL OR (SELECT 1 FROM user_words w FORCE INDEX (user_words_user)"
          " WHERE w.user_id = u.id AND w.word LIKE ? LIMIT 1) = 1)";
    }
    // The page's ids by the index alone, then the rows of the page.
    return std::string("SELECT ") + kUserColumns + " FROM (SELECT u.id AS page_id" +
           FromAndWhere(way, seed, columns, by_email) + " u.tenant_id = ?" +
           Condition(way, columns, kStatus, "status") +
           Condition(way, columns, kBranch, "branch_id") +
           Condition(way, columns, kRestaurant, "restaurant_id") +
           Condition(way, columns, kEmail, "email") + words +
           " AND (? IS NULL OR NOT EXISTS (SELECT 1 FROM JSON_TABLE(?, '$[*]' COLUMNS"
           " (prefix VARCHAR(101) PATH '$')) AS j WHERE NOT EXISTS (SELECT 1 FROM user_words w"
           " WHERE w.user_id = u.id AND w.word LIKE j.prefix COLLATE utf8mb4_nopad_bin)))"
           " AND (? IS NULL OR (SELECT 1 FROM user_roles r FORCE INDEX (PRIMARY)"
           " WHERE r.user_id = u.id AND r.role_id = ? LIMIT 1) = 1)" +
           place + in_order("u.") + " LIMIT ?) AS page STRAIGHT_JOIN users ON id = page_id" +
           in_order("");
  }

  std::deque<Statement> all_;  // whose elements stay where they are
  std::map<Key, const db::Sql*> by_key_;
};
const Statements kStatements;

// The server's estimates, by two dives into the index: exact where it is few, and never a scan.
const db::Sql kWeighWord{"user_list.weigh_word",
                         "EXPLAIN SELECT user_id FROM user_words FORCE INDEX (PRIMARY)"
                         " WHERE tenant_id = ? AND word LIKE ?"};
const db::Sql kWeighRole{"user_list.weigh_role",
                         "EXPLAIN SELECT user_id FROM user_roles FORCE INDEX (user_roles_role)"
                         " WHERE role_id = ?"};
constexpr std::size_t kExplainRows = 8;  // "rows", as text

// From word to word, however many rows there are between.
const db::Sql kNextWord{"user_list.next_word",
                        "SELECT word FROM user_words FORCE INDEX (PRIMARY)"
                        " WHERE tenant_id = ? AND word > ? AND word LIKE ? ORDER BY word LIMIT 1"};

// Roles of the users; then, once for each role that one of them has, its permissions.
#define GH_PAGE                                                       \
  " FROM JSON_TABLE(?, '$[*]' COLUMNS (hex CHAR(32) PATH '$')) AS j"  \
  " STRAIGHT_JOIN users u ON u.id = UNHEX(j.hex) AND u.tenant_id = ?" \
  " STRAIGHT_JOIN user_roles ur ON ur.user_id = u.id"
const db::Sql kGrants{"user_list.grants",
                      "SELECT CAST(ur.ordinal AS SIGNED), r.tenant_id, r.name, r.id, u.id" GH_PAGE
                      " STRAIGHT_JOIN roles r ON r.id = ur.role_id"
                      "  AND (r.tenant_id IS NULL OR r.tenant_id = u.tenant_id)"
                      " UNION ALL "
                      "SELECT CAST(NULL AS SIGNED), r.tenant_id, p.permission, r.id, NULL"
                      " FROM (SELECT DISTINCT ur.role_id, u.tenant_id" GH_PAGE
                      ") AS held STRAIGHT_JOIN roles r ON r.id = held.role_id"
                      "  AND (r.tenant_id IS NULL OR r.tenant_id = held.tenant_id)"
                      " STRAIGHT_JOIN role_permissions p ON p.role_id = r.id"};
#undef GH_PAGE

// An address comes after "" and before this, the last code point there is.
constexpr const char* kLastAddress = "\xf4\x8f\xbf\xbf";

UserCursor PlaceIn(const std::optional<UserCursor>& after, bool ascending) {
  UserCursor place = PlaceOf(after, ascending);
  if (!after && !ascending) place.email = kLastAddress;
  return place;
}

// Words that begin another of the words say nothing more. As LIKE takes them: letters, marks and
// digits have no meaning of their own there.
std::vector<std::string> Prefixes(const std::set<std::string>& words) {
  std::vector<std::string> out;
  for (auto word = words.begin(); word != words.end(); ++word) {
    const auto next = std::next(word);
    if (next == words.end() || !next->starts_with(*word)) out.push_back(*word + "%");
  }
  return out;
}

// What can lead to the rows.
struct Candidate {
  std::int64_t rows;  // about
  Seed seed;
  std::string prefix;  // of a word

  bool operator<(const Candidate& other) const { return rows < other.rows; }
};

// The rarest first.
Status Weigh(db::Executor& ex, TenantId tenant, const std::optional<RoleId>& role,
             std::vector<Candidate>& candidates) {
  for (Candidate& candidate : candidates) {
    GH_ASSIGN(const auto row, candidate.seed == Seed::kWord
                                  ? ex.QueryOne(kWeighWord, {tenant, candidate.prefix})
                                  : ex.QueryOne(kWeighRole, {role}));
    // NULL: the server knows that there is none.
    const std::string rows = row ? row->Text(kExplainRows) : "";
    std::from_chars(rows.data(), rows.data() + rows.size(), candidate.rows);
  }
  std::stable_sort(candidates.begin(), candidates.end());
  return {};
}

// The words that begin with `prefix`; more than `limit` of them are not all told.
Result<std::vector<std::string>> Expand(db::Executor& ex, TenantId tenant,
                                        const std::string& prefix, int limit) {
  std::vector<std::string> words;
  std::string last;
  while (words.size() <= static_cast<std::size_t>(limit)) {
    GH_ASSIGN(const auto row, ex.QueryOne(kNextWord, {tenant, last, prefix}));
    if (!row) break;
    last = row->Text(0);
    words.push_back(last);
  }
  return words;
}

// The first `limit`, each once: one may have several of the words.
void SortAndCut(std::vector<User>& users, UserOrder order, int limit) {
  const auto less = [&](const User& a, const User& b) {
    const User& first = order.ascending ? a : b;
    const User& second = order.ascending ? b : a;
    if (order.by == UserOrder::By::kEmail) return first.email < second.email;
    return std::tie(first.created_at, first.id) < std::tie(second.created_at, second.id);
  };
  std::sort(users.begin(), users.end(), less);
  const auto same = [](const User& a, const User& b) { return a.id == b.id; };
  users.erase(std::unique(users.begin(), users.end(), same), users.end());
  const auto keep = static_cast<std::size_t>(std::max(limit, 0));
  if (users.size() > keep) users.erase(users.begin() + limit, users.end());
}

struct Plan {
  Way way = Way::kWalk;
  std::vector<std::string> words;  // kMerge: those that begin with the seed's prefix
  // Those at the front are the way's seeds (none, one or two); the others are looked up.
  std::vector<Candidate> candidates;

  std::size_t seeds() const { return way == Way::kWalk ? 0U : way == Way::kIntersect ? 2U : 1U; }
};

Result<Plan> MakePlan(db::Executor& ex, TenantId tenant, const UserFilter& filter,
                      const UserListLimits& limits) {
  Plan plan;
  auto& candidates = plan.candidates;
  for (std::string& prefix : Prefixes(filter.words)) {
    candidates.push_back({0, Seed::kWord, std::move(prefix)});
  }
  if (filter.role_id) candidates.push_back({0, Seed::kRole, {}});
  if (candidates.empty() || filter.email) return plan;

  GH_TRY(Weigh(ex, tenant, filter.role_id, candidates));
  const bool by_columns = filter.status || filter.branch_id || filter.restaurant_id;
  const auto rows = candidates.front().rows;
  if (rows < limits.gather) {
    plan.way = candidates.front().seed == Seed::kWord && !by_columns ? Way::kSift : Way::kGather;
    return plan;
  }
  if (candidates.size() > 1 && candidates[1].rows < limits.seed) {
    plan.way = Way::kIntersect;
    // The statement has the word first.
    if (candidates[0].seed == Seed::kRole) std::swap(candidates[0], candidates[1]);
    return plan;
  }
  // A word leads, the rarest, unless a role is rare.
  const auto word = std::find_if(candidates.begin(), candidates.end(),
                                 [](const Candidate& c) { return c.seed == Seed::kWord; });
  const bool role_leads = word != candidates.begin() && rows < limits.seed;
  if (word != candidates.end() && !role_leads && !by_columns) {
    std::rotate(candidates.begin(), word, word + 1);
    const Candidate& lead = candidates.front();
    GH_ASSIGN(plan.words, Expand(ex, tenant, lead.prefix, limits.merge));
    if (plan.words.size() <= static_cast<std::size_t>(limits.merge)) {
      plan.way = Way::kMerge;
      return plan;
    }
    // Looking up the other words, or the role, is what costs.
    if (lead.rows < (candidates.size() > 1 ? limits.sift / 2 : limits.sift)) {
      plan.way = Way::kSift;
      return plan;
    }
  }
  if (candidates.front().rows < limits.seed) plan.way = Way::kMeet;
  return plan;
}

}  // namespace

Result<std::vector<User>> ListUsers(db::Executor& ex, TenantId tenant, const UserFilter& filter,
                                    UserOrder order, const std::optional<UserCursor>& after,
                                    int limit, const UserListLimits& limits) {
  GH_ASSIGN(const Plan plan, MakePlan(ex, tenant, filter, limits));
  // A word's seed takes the tenant and the word, a role's takes the role twice.
  std::array<std::optional<std::string_view>, 4> from;
  std::array<std::optional<std::string>, kWordSlots> words;
  std::vector<std::string> more_words;
  std::optional<RoleId> role;
  std::size_t slots = 0;
  for (std::size_t i = 0; i < plan.candidates.size(); ++i) {
    const Candidate& candidate = plan.candidates[i];
    const bool is_word = candidate.seed == Seed::kWord;
    if (i < plan.seeds()) {
      from.at(2 * i) = is_word ? tenant.view() : filter.role_id->view();
      from.at(2 * i + 1) = is_word ? std::string_view(candidate.prefix) : filter.role_id->view();
    } else if (!is_word) {
      role = filter.role_id;
    } else if (slots < kWordSlots) {
      words.at(slots++) = candidate.prefix;
    } else {
      more_words.push_back(candidate.prefix);
    }
  }
  std::optional<std::string> more;
  if (!more_words.empty()) more = JsonArray(more_words);
  const Seed seed = plan.seeds() == 0 ? Seed::kNone : plan.candidates[plan.seeds() - 1].seed;

  unsigned columns = 0;
  if (filter.status) columns |= kStatus;
  if (filter.branch_id) columns |= kBranch;
  if (filter.restaurant_id) columns |= kRestaurant;
  if (filter.email) columns |= kEmail;
  std::optional<std::string> status;
  if (filter.status) status = ToString(*filter.status);
  const UserCursor place = PlaceIn(after, order.ascending);
  std::optional<std::string> email;
  std::optional<TimePoint> created_at;
  std::optional<UserId> id;
  if (order.by == UserOrder::By::kEmail) {
    email = place.email;
  } else {
    created_at = place.created_at;
    id = place.id;
  }
  const db::Sql& statement = kStatements.Find(plan.way, seed, columns, order);
  const auto run = [&] {
    return Map(ex.Query(statement, {from[0],
                                    from[1],
                                    from[2],
                                    from[3],
                                    tenant,
                                    status,
                                    status,
                                    filter.branch_id,
                                    filter.branch_id,
                                    filter.restaurant_id,
                                    filter.restaurant_id,
                                    filter.email,
                                    filter.email,
                                    words[0],
                                    words[0],
                                    words[1],
                                    words[1],
                                    words[2],
                                    words[2],
                                    words[3],
                                    words[3],
                                    more,
                                    more,
                                    role,
                                    role,
                                    email,
                                    created_at,
                                    created_at,
                                    id,
                                    limit}),
               ReadUser);
  };
  if (plan.way != Way::kMerge) return run();
  std::vector<User> merged;
  for (const std::string& word : plan.words) {
    from[1] = word;
    GH_ASSIGN(auto page, run());
    std::move(page.begin(), page.end(), std::back_inserter(merged));
  }
  SortAndCut(merged, order, limit);
  return merged;
}

Result<std::vector<Grants>> GrantsOfMany(db::Executor& ex, TenantId tenant,
                                         std::span<const User> users) {
  std::vector<Grants> out(users.size());
  if (users.empty()) return out;
  std::string ids = "[";
  std::map<UserId, std::size_t> place;
  for (std::size_t i = 0; i < users.size(); ++i) {
    if (i > 0) ids += ',';
    ids += '"' + HexEncode(users[i].id.view()) + '"';
    place.emplace(users[i].id, i);
  }
  ids += ']';
  GH_ASSIGN(const auto rows, ex.Query(kGrants, {ids, tenant, ids, tenant}));
  struct Held {
    std::int64_t ordinal;
    Role role;
  };
  std::vector<std::vector<Held>> held(users.size());
  std::map<RoleId, std::vector<std::string>> permissions;
  for (const db::Row& row : rows) {
    const auto role = row.As<RoleId>(3);
    if (row.IsNull(0)) {
      permissions[role].push_back(row.Text(2));
      continue;
    }
    const auto at = place.find(row.As<UserId>(4));
    if (at == place.end()) continue;
    held[at->second].push_back(
        {row.Int(0), Role{role, row.OptionalAs<TenantId>(1), row.Text(2), std::nullopt}});
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::sort(held[i].begin(), held[i].end(),
              [](const Held& a, const Held& b) { return a.ordinal < b.ordinal; });
    Grants& grants = out[i];
    for (auto& [ordinal, role] : held[i]) {
      const auto& of_role = permissions[role.id];
      grants.permissions.insert(grants.permissions.end(), of_role.begin(), of_role.end());
      if (!role.tenant_id &&
          std::find(of_role.begin(), of_role.end(), "ALL_PERMISSIONS") != of_role.end()) {
        grants.platform_admin = true;
      }
      grants.roles.push_back(std::move(role));
    }
    std::sort(grants.permissions.begin(), grants.permissions.end());
    grants.permissions.erase(std::unique(grants.permissions.begin(), grants.permissions.end()),
                             grants.permissions.end());
  }
  return out;
}

}  // namespace gatehouse::store
