// Users by the thousand: SPEC P1, A1, N1, R4, U5.
#include "fcgi/base/codec.h"
#include "sql/store/import.h"
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using store::ImportedUser;

class StoreImport : public SqlTest {
 protected:
  store::Tenant one_ = NewTenant("one");
  store::Tenant two_ = NewTenant("two");
  const store::ImportCause cause_{now_, "cli", "req"};

  ImportedUser Make(const std::string& email, std::vector<RoleId> roles = {}) {
    return {NewId<UserId>(), email, "$2y$", {}, {}, std::move(roles), NewId<EventId>(), "{}"};
  }
  Status Insert(const std::vector<ImportedUser>& users) {
    return db_.Transact<void>(Soon(), [&](db::Executor& tx) {
      return store::InsertImported(tx, one_.id, users, cause_);
    });
  }
  store::Role NewRole(std::optional<TenantId> tenant, const std::string& name,
                      const std::vector<std::string>& permissions) {
    const store::Role role{NewId<RoleId>(), tenant, name, std::nullopt};
    Must(store::InsertRole(ex(), role, permissions, now_, {}));
    return role;
  }
  std::optional<store::User> Find(const std::string& email) {
    return Must(store::FindUserByEmail(ex(), one_.id, email));
  }
  std::string Value(const std::string& query) { return server_.Root(query).at(0).at(0); }
  std::string Count(const std::string& table) {
    return Value("SELECT COUNT(*) FROM gatehouse." + table);
  }
};

TEST_F(StoreImport, ActiveAndVerifiedWithWhatWasGiven) {
  auto ann = Make("ann@example.org");
  ann.first_name = "Zo\xc3\xab \"Q\" \\ O'Neil \xf0\x9f\x98\x80";
  ann.last_name = std::string(100, 'x');
  ann.password_hash = std::string(255, '$');
  ASSERT_GH_OK(Insert({ann, Make("bob@example.org")}));
  const auto user = Find("ann@example.org");
  ASSERT_TRUE(user);
  EXPECT_EQ(user->id, ann.id);
  EXPECT_EQ(user->tenant_id, one_.id);
  EXPECT_EQ(user->status, store::UserStatus::kActive);
  EXPECT_EQ(user->password_hash, ann.password_hash);
  EXPECT_EQ(user->first_name, ann.first_name);
  EXPECT_EQ(user->last_name, ann.last_name);
  for (const auto time : {*user->email_verified_at, user->created_at, user->updated_at}) {
    EXPECT_EQ(time, now_);
  }
  EXPECT_FALSE(user->must_change_password || user->is_tenant_admin || user->two_factor_enabled);
  EXPECT_FALSE(user->created_by || user->updated_by || user->phone || user->last_login_at);
  const auto bob = Find("bob@example.org");
  EXPECT_TRUE(bob && !bob->first_name && !bob->last_name);
}

TEST_F(StoreImport, WhatDoesNotFitFailsAll) {
  for (int field = 0; field < 4; ++field) {
    auto bad = Make("bad@example.org");
    if (field == 0) bad.email = std::string(255, 'x');
    if (field == 1) bad.password_hash = std::string(256, 'x');
    if (field == 2) bad.first_name = std::string(101, 'x');
    if (field == 3) bad.last_name = std::string(101, 'x');
    EXPECT_EQ(Code(Insert({Make("ann@example.org"), bad})), "internal") << field;
    EXPECT_FALSE(Find("ann@example.org"));
  }
}

// N1: unique in the tenant, byte by byte.
TEST_F(StoreImport, TakenAddresses) {
  NewUser(one_.id, "ann@example.org");
  NewUser(two_.id, "bob@example.org");
  const std::vector<std::string> asked{"ann@example.org", "bob@example.org",
                                       "m\xc4\xb1ke@x.example", "ANN@example.org",
                                       "ann@example.org "};
  EXPECT_EQ(Must(store::TakenEmails(ex(), one_.id, asked)),
            (std::set<std::string>{"ann@example.org"}));
  EXPECT_TRUE(Must(store::TakenEmails(ex(), one_.id, {})).empty());
  const auto again = Insert({Make("new@example.org"), Make("ann@example.org")});
  EXPECT_TRUE(db::IsDuplicate(again.error(), "users_email"));
  EXPECT_FALSE(Find("new@example.org"));
  ASSERT_GH_OK(Insert({Make("bob@example.org"), Make("ann@example.org ")}));
}

TEST_F(StoreImport, RolesInTheOrderGiven) {
  std::vector<RoleId> ids;
  for (const char* name : {"c", "a", "b"}) ids.push_back(NewRole(one_.id, name, {"x:y:z"}).id);
  const std::vector<RoleId> back{ids.rbegin(), ids.rend()};
  const auto ann = Make("ann@example.org", ids), bob = Make("bob@example.org", back);
  ASSERT_GH_OK(Insert({ann, bob}));
  for (const auto& [user, expected] : {std::pair(ann, ids), std::pair(bob, back)}) {
    std::vector<RoleId> got;
    for (const auto& role : Must(store::GrantsOf(ex(), one_.id, user.id)).roles) {
      got.push_back(role.id);
    }
    EXPECT_EQ(got, expected);
  }
}

// R4
TEST_F(StoreImport, RolesThatNoFileGives) {
  const auto foreign = NewRole(two_.id, "Foreign", {"x:y:z"});
  const auto everything = NewRole(std::nullopt, "Everything", {"a:b:c", "ALL_PERMISSIONS"});
  const auto system = NewRole(std::nullopt, "Auditor", {"a:b:c"});
  const auto owner = NewRole(one_.id, "Owner", {"ALL_PERMISSIONS"});
  for (const RoleId id :
       {foreign.id, everything.id, store::kPlatformAdministrator, NewId<RoleId>()}) {
    EXPECT_EQ(Code(Insert({Make("ann@example.org", {system.id, id})})), "not_found");
    EXPECT_FALSE(Find("ann@example.org"));
  }
  const auto ann = Make("ann@example.org", {system.id, owner.id});
  ASSERT_GH_OK(Insert({ann}));
  const auto grants = Must(store::GrantsOf(ex(), one_.id, ann.id));
  EXPECT_EQ(grants.roles.size(), 2U);
  EXPECT_FALSE(grants.platform_admin);
}

// A1
TEST_F(StoreImport, OneEventAUser) {
  auto ann = Make("ann@example.org");
  ann.audit_after = R"({"email":"ann@example.org","roles":["\"x\\"]})";
  ASSERT_GH_OK(Insert({ann, Make("bob@example.org")}));
  EXPECT_EQ(Count("audit_events WHERE event = 'user.created' AND actor_id IS NULL"
                  " AND before_json IS NULL AND ip = 'cli' AND request_id = 'req'"
                  " AND target_type = 'user' AND tenant_id = X'" +
                  HexEncode(one_.id.view()) + "'"),
            "2");
  EXPECT_EQ(Value("SELECT after_json FROM gatehouse.audit_events WHERE target_id = '" +
                  ann.id.ToString() + "' AND id = X'" + HexEncode(ann.event_id.view()) + "'"),
            ann.audit_after);
}

// U5
TEST_F(StoreImport, TheWordsOfEach) {
  auto ann = Make("ann.lee@example.org");
  ann.first_name = "\xc3\x84nn";
  ASSERT_GH_OK(Insert({ann, Make("lee@example.org")}));
  EXPECT_EQ(Value("SELECT GROUP_CONCAT(word ORDER BY word) FROM gatehouse.user_words"
                  " WHERE user_id = X'" +
                  HexEncode(ann.id.view()) + "'"),
            "ann,example,lee,org,\xc3\xa4nn");
  EXPECT_EQ(Count("user_words WHERE tenant_id = X'" + HexEncode(one_.id.view()) + "'"), "8");
}

TEST_F(StoreImport, NobodyIsNoWork) {
  ASSERT_GH_OK(Insert({}));
  EXPECT_EQ(Count("users"), "0");
}

}  // namespace
}  // namespace gatehouse
