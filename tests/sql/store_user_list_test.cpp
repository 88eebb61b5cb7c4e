// The list of users, its words, and what its people hold: SPEC U5, N1.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>

#include "fcgi/base/codec.h"
#include "sql/store/user_list.h"
#include "sql/store/user_words.h"
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using store::User;
using store::UserFilter;
using store::UserOrder;
using store::UserStatus;
using Words = std::set<std::string>;

constexpr UserOrder kOrders[] = {{UserOrder::By::kCreation, false},
                                 {UserOrder::By::kCreation, true},
                                 {UserOrder::By::kEmail, false},
                                 {UserOrder::By::kEmail, true}};
// Each way in which the list is made, and one where the rows decide.
constexpr store::UserListLimits kWays[] = {{0, 0, 0, 0},    {0, 0, 0, 1000}, {0, 0, 1000, 0},
                                           {0, 1000, 0, 0}, {1000, 0, 0, 0}, {15, 30, 3, 40}};

class StoreUserList : public SqlTest {
 protected:
  store::Tenant one_ = NewTenant("one");
  store::Tenant two_ = NewTenant("two");

  Words Stored(UserId user) {
    Words out;
    for (const auto& row : server_.Root("SELECT word FROM gatehouse.user_words WHERE user_id = X'" +
                                        HexEncode(user.view()) + "'")) {
      out.insert(row[0]);
    }
    return out;
  }

  store::Role NewRole(std::optional<TenantId> tenant, const std::string& name,
                      const std::vector<std::string>& permissions = {}) {
    store::Role role;
    role.id = NewId<RoleId>();
    role.tenant_id = tenant;
    role.name = name;
    Must(store::InsertRole(ex(), role, permissions, now_, {}));
    return role;
  }

  std::vector<User> List(TenantId tenant, const UserFilter& filter, UserOrder order = {},
                         const std::optional<store::UserCursor>& after = {}, int limit = 1000,
                         const store::UserListLimits& limits = {}) {
    return Must(store::ListUsers(ex(), tenant, filter, order, after, limit, limits));
  }
  std::vector<std::string> Found(const std::string& q) {
    UserFilter filter;
    filter.words = store::WordsOf(q);
    std::vector<std::string> out;
    for (const auto& user : List(one_.id, filter, {UserOrder::By::kEmail, true})) {
      out.push_back(user.email);
    }
    return out;
  }
};

TEST_F(StoreUserList, WordsAreRunsOfLettersMarksAndDigitsInOneForm) {
  EXPECT_EQ(store::WordsOf("Ann.O'Neil+x1@Mail.Example"),
            (Words{"ann", "o", "neil", "x1", "mail", "example"}));
  EXPECT_EQ(store::WordsOf("EMP-0042"), (Words{"emp", "0042"}));
  EXPECT_EQ(store::WordsOf("Rene\u0301 \u00c9LAN ren\u00e9"), (Words{"ren\u00e9", "\u00e9lan"}));
  EXPECT_EQ(store::WordsOf("हिन्दी 東京 _%\\\""), (Words{"हिन्दी", "東京"}));
  EXPECT_EQ(store::WordsOf(" -- "), Words());
  EXPECT_EQ(store::WordsOf("a\xff"
                           "b"),
            Words())
      << "no text at all";
}

TEST_F(StoreUserList, WordsFollowEveryWayInWhichTheirColumnsAreWritten) {
  User user;
  user.id = NewId<UserId>();
  user.tenant_id = one_.id;
  user.email = "ann@example.org";
  user.employee_id = "EMP-0042";
  user.first_name = "Ann";
  user.created_at = user.updated_at = now_;
  ASSERT_GH_OK(store::InsertUser(ex(), user));
  EXPECT_EQ(Stored(user.id), (Words{"ann", "example", "org", "emp", "0042"}));
  const auto update = [&](std::optional<std::string> first, std::optional<std::string> last) {
    return Must(store::UpdatePending(ex(), one_.id, user.id, "h", first, last, std::nullopt, now_));
  };
  update("Zoë", "Müller");
  EXPECT_EQ(Stored(user.id), (Words{"ann", "example", "org", "emp", "0042", "zoë", "müller"}));
  update("Zoë", std::nullopt);
  EXPECT_EQ(Stored(user.id), (Words{"ann", "example", "org", "emp", "0042", "zoë"}));
  Must(store::ActivateUser(ex(), one_.id, user.id, now_));
  EXPECT_EQ(Code(store::UpdatePending(ex(), one_.id, user.id, "h", "Eve", {}, {}, now_)),
            "not_found");
  EXPECT_EQ(Stored(user.id), (Words{"ann", "example", "org", "emp", "0042", "zoë"}));
  // By whatever statement they were written: what is stored decides.
  server_.Root("UPDATE gatehouse.users SET email = 'new@x.test', employee_id = NULL");
  ASSERT_GH_OK(store::RefreshWords(ex(), two_.id, user.id)) << "another tenant's: nothing";
  EXPECT_TRUE(Stored(user.id).contains("0042"));
  ASSERT_GH_OK(store::RefreshWords(ex(), one_.id, user.id));
  EXPECT_EQ(Stored(user.id), (Words{"new", "x", "test", "zoë"}));
  // Every row tells the address and the time by which it is ordered.
  EXPECT_EQ(server_.Root("SELECT COUNT(*) FROM gatehouse.user_words w JOIN gatehouse.users u"
                         " ON u.id = w.user_id AND u.email = w.email"
                         " AND u.created_at = w.created_at")[0][0],
            "4");
  server_.Root("DELETE FROM gatehouse.users");
  EXPECT_EQ(Stored(user.id), Words());
}

// The migration writes the words of those who are there already.
TEST_F(StoreUserList, TheMigrationFindsTheSameWords) {
  std::vector<User> users;
  for (const char* name : {"Ann", "O'Neil-Søren", "ÉLAN \"x\\y\"", "東京 हिन्दी", "--"}) {
    User user;
    user.id = NewId<UserId>();
    user.tenant_id = one_.id;
    user.email = "u" + std::to_string(users.size()) + ".a@example.org";
    user.first_name = name;
    user.employee_id = users.empty() ? std::nullopt : std::optional<std::string>("EMP-7/B");
    user.created_at = user.updated_at = now_;
    Must(store::InsertUser(ex(), user));
    users.push_back(user);
  }
  server_.Root("DELETE FROM gatehouse.user_words");
  for (const auto& migration : db::Migrations()) {
    const auto begin = migration.text.find("INSERT IGNORE INTO user_words");
    if (begin == std::string_view::npos) continue;
    const auto end = migration.text.find(';', begin);
    server_.Root("USE gatehouse; " + std::string(migration.text.substr(begin, end - begin)));
  }
  for (const auto& user : users) EXPECT_EQ(Stored(user.id), store::WordsOf(user)) << user.email;
}

TEST_F(StoreUserList, SearchFindsWhatPeopleType) {
  User ann = NewUser(one_.id, "ann.lee+hr@mail.example.co.ke");
  User zoe;
  zoe.id = NewId<UserId>();
  zoe.tenant_id = one_.id;
  zoe.email = "zoe@example.org";
  zoe.first_name = "Zoë";
  zoe.last_name = "van der Berg";
  zoe.employee_id = "EMP-0042";
  zoe.created_at = zoe.updated_at = now_;
  Must(store::InsertUser(ex(), zoe));
  NewUser(two_.id, "zoe@example.org");
  const std::vector<std::string> none, only_ann = {ann.email}, only_zoe = {zoe.email};
  EXPECT_EQ(Found(ann.email), only_ann) << "a whole address: more words than have slots";
  EXPECT_EQ(Found("ann.lee+hr@mail.example.co.uk"), none) << "the last of many words counts, too";
  EXPECT_EQ(Found("EMP-0042"), only_zoe);
  EXPECT_EQ(Found("emp 42"), none) << "a word begins with it, or it does not";
  EXPECT_EQ(Found("ZOE\u0308 berg"), only_zoe);
  EXPECT_EQ(Found("be va"), only_zoe);
  EXPECT_EQ(Found("zo zoe zoë"), only_zoe);
  EXPECT_EQ(Found("exam"), (std::vector<std::string>{ann.email, zoe.email}));
  EXPECT_EQ(Found("z%"), only_zoe);
  EXPECT_EQ(Found("_oe"), none);
  EXPECT_EQ(Found("%"), (std::vector<std::string>{ann.email, zoe.email})) << "asks for nothing";
  EXPECT_EQ(Found("example ann nobody"), none);
}

// A crowd from small alphabets, so that everything meets everything.
class Crowd : public StoreUserList {
 protected:
  template <std::size_t N>
  const char* Pick(const char* const (&from)[N]) {
    return from[random_() % N];
  }
  bool Chance(unsigned one_in) { return random_() % one_in == 0; }

  static constexpr const char* kNames[] = {"An", "Ann", "Anna", "Bob", "Bo", "Zoë", "Zo An"};
  static constexpr const char* kBranches[] = {"b", "B", "b ", "c"};

  Crowd() {
    for (int i = 0; i < 4; ++i) {
      roles_.push_back(
          NewRole(i == 3 ? std::nullopt : std::optional(one_.id), "Role " + std::to_string(i)));
    }
    for (int i = 0; i < 160; ++i) {
      User user;
      user.created_at = user.updated_at = now_ + Seconds(random_() % 20);
      user.id = UserId::New(user.created_at, entropy_);
      user.tenant_id = Chance(5) ? two_.id : one_.id;
      user.email = text(Pick(kNames)) + std::to_string(random_() % 1000) + "." + std::to_string(i) +
                   "@" + (Chance(2) ? "an.example" : "bob.test");
      user.status = static_cast<UserStatus>(random_() % 3);
      if (!Chance(4)) user.first_name = Pick(kNames);
      if (!Chance(4)) user.last_name = Pick(kNames);
      if (Chance(2)) user.employee_id = "EMP-" + std::to_string(random_() % 50);
      if (!Chance(4)) user.branch_id = Pick(kBranches);
      if (!Chance(4)) user.restaurant_id = Pick(kBranches);
      Must(store::InsertUser(ex(), user));
      users_.push_back(user);
      for (std::size_t r = 0; r < roles_.size(); ++r) {
        if (!Chance(3) || (roles_[r].tenant_id && user.tenant_id != one_.id)) continue;
        Must(store::AssignRole(ex(), user.id, roles_[r].id, now_, {}));
        held_.emplace(user.id, roles_[r].id);
      }
    }
  }

  static std::string text(const char* name) {
    std::string out;
    for (const auto& word : store::WordsOf(name)) out += word;
    return out;
  }

  UserFilter RandomFilter() {
    static constexpr const char* kQueries[] = {
        "an",   "ann", "a",      "zo bo",    "emp-1",         "an zo", "b t",
        "exam", "zoë", "nobody", "an b emp", "a b e 1 2 3 z", ""};
    UserFilter filter;
    if (Chance(2)) filter.words = store::WordsOf(Pick(kQueries));
    if (Chance(3)) filter.status = static_cast<UserStatus>(random_() % 3);
    if (Chance(3)) filter.role_id = roles_[random_() % roles_.size()].id;
    if (Chance(4)) filter.branch_id = Pick(kBranches);
    if (Chance(4)) filter.restaurant_id = Pick(kBranches);
    if (Chance(12)) filter.email = users_[random_() % users_.size()].email;
    if (Chance(40)) filter.words = store::WordsOf(users_[random_() % users_.size()].email);
    return filter;
  }

  bool Matches(const User& user, TenantId tenant, const UserFilter& filter) const {
    const Words words = store::WordsOf(user);
    const auto begins_one = [&](const std::string& prefix) {
      return std::any_of(words.begin(), words.end(),
                         [&](const std::string& word) { return word.starts_with(prefix); });
    };
    return user.tenant_id == tenant &&
           std::all_of(filter.words.begin(), filter.words.end(), begins_one) &&
           (!filter.status || user.status == *filter.status) &&
           (!filter.role_id || held_.contains({user.id, *filter.role_id})) &&
           (!filter.branch_id || user.branch_id == filter.branch_id) &&
           (!filter.restaurant_id || user.restaurant_id == filter.restaurant_id) &&
           (!filter.email || user.email == *filter.email);
  }

  std::vector<UserId> Expected(TenantId tenant, const UserFilter& filter, UserOrder order) const {
    std::vector<User> match;
    std::copy_if(users_.begin(), users_.end(), std::back_inserter(match),
                 [&](const User& user) { return Matches(user, tenant, filter); });
    std::sort(match.begin(), match.end(), [&](const User& a, const User& b) {
      const auto& first = order.ascending ? a : b;
      const auto& second = order.ascending ? b : a;
      if (order.by == UserOrder::By::kEmail) return first.email < second.email;
      return std::tie(first.created_at, first.id) < std::tie(second.created_at, second.id);
    });
    std::vector<UserId> ids;
    for (const auto& user : match) ids.push_back(user.id);
    return ids;
  }

  std::vector<UserId> Paged(TenantId tenant, const UserFilter& filter, UserOrder order, int limit,
                            const store::UserListLimits& limits) {
    std::vector<UserId> ids;
    std::optional<store::UserCursor> after;
    for (;;) {
      const auto page = List(tenant, filter, order, after, limit, limits);
      for (const auto& user : page) ids.push_back(user.id);
      if (page.size() < static_cast<std::size_t>(limit)) return ids;
      const User& last = page.back();
      const bool by_email = order.by == UserOrder::By::kEmail;
      after = store::UserCursor{by_email ? TimePoint() : last.created_at,
                                by_email ? last.email : "", last.id};
    }
  }

  std::mt19937 random_{11};
  std::vector<User> users_;
  std::vector<store::Role> roles_;
  std::set<std::pair<UserId, RoleId>> held_;
};

// Any filter, any order, any page size, whichever way the rows are found: as if every row had been
// looked at, each once.
TEST_F(Crowd, PagesHoldExactlyWhatMatchesInOrder) {
  int found = 0;
  for (int round = 0; round < 250; ++round) {
    const auto filter = RandomFilter();
    const TenantId tenant = Chance(8) ? two_.id : one_.id;
    for (const auto order : kOrders) {
      const auto expected = Expected(tenant, filter, order);
      found += static_cast<int>(expected.size());
      const int limit = 1 + static_cast<int>(random_() % 60);
      for (const auto& limits : kWays) {
        ASSERT_EQ(Paged(tenant, filter, order, limit, limits), expected)
            << "round " << round << ", limit " << limit << ", limits " << limits.gather << " "
            << limits.sift << " " << limits.merge << " " << limits.seed;
      }
    }
  }
  EXPECT_GT(found, 1000) << "the filters must meet somebody";
}

TEST_F(Crowd, RowsComeWhole) {
  for (const auto& listed : List(one_.id, {})) {
    const auto found = *Must(store::FindUser(ex(), one_.id, listed.id));
    EXPECT_EQ(listed.email, found.email);
    EXPECT_EQ(listed.status, found.status);
    EXPECT_EQ(listed.first_name, found.first_name);
    EXPECT_EQ(listed.created_at, found.created_at);
    EXPECT_EQ(listed.updated_by, found.updated_by);
  }
}

TEST_F(Crowd, GrantsOfManyAreTheGrantsOfEach) {
  Must(store::AssignRole(ex(), users_[0].id, store::kPlatformAdministrator, now_, {}));
  const auto late = NewRole(one_.id, "Late", {"b:x:y", "a:x:y"});
  const auto early = NewRole(one_.id, "Early", {"c:x:y", "a:x:y"});
  const auto foreign = NewRole(two_.id, "Foreign", {"ALL_PERMISSIONS"});
  const auto all = List(one_.id, {});
  for (const auto& role : {early, late}) {
    Must(store::AssignRole(ex(), all[1].id, role.id, now_, {}));
    Must(store::AssignRole(ex(), all[2].id, role.id, now_, {}));
  }
  // R3, N1: however it got there, another tenant's role does not count.
  server_.Root("INSERT INTO gatehouse.user_roles (user_id, role_id, assigned_at) VALUES (X'" +
               HexEncode(all[3].id.view()) + "', X'" + HexEncode(foreign.id.view()) +
               "', UTC_TIMESTAMP(6))");
  const auto grants = Must(store::GrantsOfMany(ex(), one_.id, all));
  ASSERT_EQ(grants.size(), all.size());
  int held = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto alone = Must(store::GrantsOf(ex(), one_.id, all[i].id));
    EXPECT_EQ(grants[i].permissions, alone.permissions);
    EXPECT_EQ(grants[i].platform_admin, alone.platform_admin);
    ASSERT_EQ(grants[i].roles.size(), alone.roles.size());
    for (std::size_t r = 0; r < alone.roles.size(); ++r) {
      EXPECT_EQ(grants[i].roles[r].id, alone.roles[r].id);
      EXPECT_EQ(grants[i].roles[r].name, alone.roles[r].name);
      ++held;
    }
  }
  EXPECT_GT(held, 50);
  EXPECT_EQ(grants[1].permissions, (std::vector<std::string>{"a:x:y", "b:x:y", "c:x:y"}));
  for (const auto& none : Must(store::GrantsOfMany(ex(), two_.id, all))) {
    EXPECT_TRUE(none.roles.empty() && none.permissions.empty() && !none.platform_admin);
  }
  EXPECT_TRUE(Must(store::GrantsOfMany(ex(), one_.id, {})).empty());
}

}  // namespace
}  // namespace gatehouse
