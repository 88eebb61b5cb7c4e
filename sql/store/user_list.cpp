#include "sql/store/user_list.h"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
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
constexpr std::size_t kColumnSets = 16;

// What leads to the rows: an index in the list's order, or the rows of a word or a role.
enum class Source { kOrder, kWord, kRole };

constexpr std::size_t kWordSlots = 4;  // words beyond these go into one JSON array

// The statements differ in where they begin, in the columns they read and in their order; written
// out they would be a hundred. All take the parameters that Run() binds: what a statement does not
// ask for is NULL there, and falls away before the server plans.
class Statements {
 public:
  Statements() {
    for (unsigned columns = 0; columns < kColumnSets; ++columns) {
      for (const auto by : {UserOrder::By::kCreation, UserOrder::By::kEmail}) {
        for (const bool ascending : {false, true}) {
          Add(Source::kOrder, columns, {by, ascending});
          // Gathered rows are read whole: one statement for whatever columns are asked for.
          if (columns != 0) continue;
          Add(Source::kWord, columns, {by, ascending});
          Add(Source::kRole, columns, {by, ascending});
        }
      }
    }
  }

  const db::Sql& Find(Source source, unsigned columns, UserOrder order) const {
    return *by_key_.at(KeyOf(source, columns, order));
  }

 private:
  struct Statement {
    Statement(std::string name_in, std::string text_in)
        : name(std::move(name_in)), text(std::move(text_in)), sql(name.c_str(), text.c_str()) {}
    const std::string name, text;
    const db::Sql sql;
  };
  using Key = std::array<unsigned, 4>;

  static Key KeyOf(Source source, unsigned columns, UserOrder order) {
    return {static_cast<unsigned>(source), source == Source::kOrder ? columns : 0,
            static_cast<unsigned>(order.by), order.ascending ? 1U : 0U};
  }

  void Add(Source source, unsigned columns, UserOrder order) {
    static constexpr std::array kSources = {"walk", "of_word", "of_role"};
    const bool by_email = order.by == UserOrder::By::kEmail;
    std::string name = std::string("user_list.") + kSources.at(static_cast<std::size_t>(source)) +
                       (by_email ? ".email" : ".created") + (order.ascending ? ".asc" : ".desc");
    if (source == Source::kOrder) name += "." + std::to_string(columns);
    const auto& made = all_.emplace_back(std::move(name), Text(source, columns, order));
    by_key_.emplace(KeyOf(source, columns, order), &made.sql);
  }

  // A column that is not asked for is not named either, so that its index alone answers.
  static std::string Condition(Source source, unsigned columns, unsigned column,
                               const std::string& name) {
    if (source != Source::kOrder) return " AND (? IS NULL OR u." + name + " = ?)";
    if ((columns & column) == 0) return " AND ? IS NULL AND ? IS NULL";
    return " AND ? IS NOT NULL AND u." + name + " = ?";
  }

  // The narrowest index that has the order, too.
  static std::string IndexOf(unsigned columns, bool by_email) {
    if ((columns & kEmail) != 0) return "users_email";
    const char* suffix = by_email ? "_email" : "";
    if ((columns & kRestaurant) != 0) return std::string("users_restaurant") + suffix;
    if ((columns & kBranch) != 0) return std::string("users_branch") + suffix;
    if ((columns & kStatus) != 0) return std::string("users_status") + suffix;
    return by_email ? "users_email" : "users_created";
  }

  static std::string From(Source source, unsigned columns, bool by_email) {
    switch (source) {
      case Source::kWord:
        return " FROM (SELECT DISTINCT user_id FROM user_words FORCE INDEX (PRIMARY)"
               " WHERE tenant_id = ? AND word LIKE ?) AS d"
               " STRAIGHT_JOIN users u FORCE INDEX (PRIMARY) ON u.id = d.user_id";
      case Source::kRole:
        return " FROM (SELECT user_id FROM user_roles FORCE INDEX (user_roles_role)"
               " WHERE ? IS NOT NULL AND role_id = ?) AS d"
               " STRAIGHT_JOIN users u FORCE INDEX (PRIMARY) ON u.id = d.user_id";
      case Source::kOrder:
        break;
    }
    return " FROM (SELECT ? AS unused_1, ? AS unused_2) AS d STRAIGHT_JOIN users u FORCE INDEX (" +
           IndexOf(columns, by_email) + ")";
  }

  static std::string Text(Source source, unsigned columns, UserOrder order) {
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
           From(source, columns, by_email) + " WHERE u.tenant_id = ?" +
           Condition(source, columns, kStatus, "status") +
           Condition(source, columns, kBranch, "branch_id") +
           Condition(source, columns, kRestaurant, "restaurant_id") +
           Condition(source, columns, kEmail, "email") + words +
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

const db::Sql kCountWord{
    "user_list.count_word",
    "SELECT CAST(COUNT(*) AS SIGNED) FROM (SELECT 1 FROM user_words"
    " FORCE INDEX (PRIMARY) WHERE tenant_id = ? AND word LIKE ? LIMIT ?) AS w"};
const db::Sql kCountRole{"user_list.count_role",
                         "SELECT CAST(COUNT(*) AS SIGNED) FROM (SELECT 1 FROM user_roles"
                         " FORCE INDEX (user_roles_role) WHERE role_id = ? LIMIT ?) AS r"};

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

struct Search {
  std::vector<std::string> prefixes;  // the rarest first
  std::int64_t rarest = 0;            // rows that have it, at most the limit
};

// Counts no further than `limit`.
Result<Search> Weigh(db::Executor& ex, TenantId tenant, const UserFilter& filter, int limit) {
  std::vector<std::pair<std::int64_t, std::string>> weighed;
  for (std::string& prefix : Prefixes(filter.words)) {
    GH_ASSIGN(const auto row, ex.QueryOne(kCountWord, {tenant, prefix, limit}));
    weighed.emplace_back(row ? row->Int(0) : 0, std::move(prefix));
    if (weighed.back().first == 0) break;  // nobody has it
  }
  std::sort(weighed.begin(), weighed.end());
  Search search;
  if (!weighed.empty()) search.rarest = weighed.front().first;
  for (auto& [count, prefix] : weighed) search.prefixes.push_back(std::move(prefix));
  return search;
}

std::string JsonArray(std::span<const std::string> texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    if (out.size() > 1) out += ',';
    AppendJsonString(out, text);
  }
  return out += ']';
}

}  // namespace

Result<std::vector<User>> ListUsers(db::Executor& ex, TenantId tenant, const UserFilter& filter,
                                    UserOrder order, const std::optional<UserCursor>& after,
                                    int limit, int gather_limit) {
  Source source = Source::kOrder;
  Search search;
  if (!filter.email) {
    GH_ASSIGN(search, Weigh(ex, tenant, filter, gather_limit));
    std::int64_t fewest = gather_limit;
    if (!search.prefixes.empty()) {
      if (search.rarest == 0) return std::vector<User>();
      if (search.rarest < fewest) {
        source = Source::kWord;
        fewest = search.rarest;
      }
    }
    if (filter.role_id) {
      GH_ASSIGN(const auto row, ex.QueryOne(kCountRole, {*filter.role_id, gather_limit}));
      if (row && row->Int(0) < fewest) source = Source::kRole;
    }
  } else {
    search.prefixes = Prefixes(filter.words);
  }

  // Begins where the rows come from; the rarest word is there already where they come from it.
  std::array<std::optional<std::string>, kWordSlots> words;
  std::span<const std::string> rest = search.prefixes;
  if (source == Source::kWord) rest = rest.subspan(1);
  for (auto& word : words) {
    if (rest.empty()) break;
    word = rest.front();
    rest = rest.subspan(1);
  }
  std::optional<std::string> more;
  if (!rest.empty()) more = JsonArray(rest);

  unsigned columns = 0;
  if (filter.status) columns |= kStatus;
  if (filter.branch_id) columns |= kBranch;
  if (filter.restaurant_id) columns |= kRestaurant;
  if (filter.email) columns |= kEmail;
  std::optional<std::string> status;
  if (filter.status) status = ToString(*filter.status);
  // What the rows come from: a tenant and a word, or a role (said twice).
  std::optional<std::string_view> from_1, from_2;
  if (source == Source::kWord) {
    from_1 = tenant.view();
    from_2 = search.prefixes.front();
  } else if (source == Source::kRole) {
    from_1 = from_2 = filter.role_id->view();
  }
  const auto role = source == Source::kRole ? std::nullopt : filter.role_id;
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
  return Map(ex.Query(kStatements.Find(source, columns, order), {from_1,
                                                                 from_2,
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
