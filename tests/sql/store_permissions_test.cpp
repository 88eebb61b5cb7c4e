// The catalogue of permissions: SPEC R5, API.md /auth/permissions.
#include <algorithm>

#include "sql/store/permissions.h"
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

class StorePermissions : public SqlTest {
 protected:
  store::Tenant one_ = NewTenant("one");
  store::User ann_ = NewUser(one_.id, "ann@example.org");

  // Reset keeps the catalogue: what a test adds, it takes away.
  void TearDown() override {
    server_.Root("DELETE FROM gatehouse.permissions WHERE code LIKE 'zz%'");
  }
  void Add(const std::string& code) {
    Must(store::InsertPermission(ex(), {code, "about " + code, now_, ann_.id}));
  }
  RoleId NewRole(std::optional<TenantId> tenant, const std::string& name,
                 const std::vector<std::string>& permissions) {
    const store::Role role{NewId<RoleId>(), tenant, name, {}};
    Must(store::InsertRole(ex(), role, permissions, now_, ann_.id));
    return role.id;
  }
  std::vector<std::string> Page(const std::optional<std::string>& after, bool ascending,
                                int limit) {
    std::vector<std::string> out;
    for (const auto& p : Must(store::ListPermissions(ex(), after, ascending, limit))) {
      out.push_back(p.code);
    }
    return out;
  }
};

TEST_F(StorePermissions, R5WhatIsThereFromTheStart) {
  const auto codes = Must(store::PermissionCodes(ex()));
  for (const char* resource : {"auth:users", "auth:roles", "sales:orders"}) {
    for (const char* action : {"view", "create", "edit", "delete"}) {
      const auto code = std::string(resource) + ":" + action;
      EXPECT_NE(std::find(codes.begin(), codes.end(), code), codes.end()) << code;
    }
  }
}

TEST_F(StorePermissions, AddedFoundOnceAndDeleted) {
  EXPECT_FALSE(Must(store::FindPermission(ex(), "zz:a:b")));
  Add("zz:a:b");
  const auto found = *Must(store::FindPermission(ex(), "zz:a:b"));
  EXPECT_EQ(found.description, "about zz:a:b");
  EXPECT_EQ(found.created_at, now_);
  EXPECT_EQ(found.created_by, ann_.id);
  EXPECT_EQ(Code(store::InsertPermission(ex(), {"zz:a:b", {}, now_, {}})), "already_exists");
  EXPECT_TRUE(Must(store::DeletePermission(ex(), "zz:a:b")));
  EXPECT_FALSE(Must(store::DeletePermission(ex(), "zz:a:b")));
}

TEST_F(StorePermissions, TheLongestCodeFits) {
  const std::string word(60, 'z');
  const std::string code = word + ":" + word + ":" + word;
  Add(code);
  EXPECT_TRUE(Must(store::FindPermission(ex(), code)));
}

TEST_F(StorePermissions, ListedByCodeBothWaysFromACursor) {
  for (const char* code : {"zz:c:x", "zz:a:x", "zz:b:x"}) Add(code);
  EXPECT_EQ(Page("zz", true, 2), (std::vector<std::string>{"zz:a:x", "zz:b:x"}));
  EXPECT_EQ(Page("zz:b:x", true, 9), (std::vector<std::string>{"zz:c:x"}));
  EXPECT_EQ(Page(std::nullopt, false, 2), (std::vector<std::string>{"zz:c:x", "zz:b:x"}));
  EXPECT_EQ(Page("zz:b:x", false, 1), (std::vector<std::string>{"zz:a:x"}));
  const auto all = Page(std::nullopt, true, 1000);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
  EXPECT_EQ(all.size(), Must(store::PermissionCodes(ex())).size());
}

TEST_F(StorePermissions, BothFormsAreTakenFromWhoeverHoldsThemSpeltOut) {
  const auto plain = NewRole(one_.id, "Plain", {"zz:a:b", "zz:a:c"});
  const auto both = NewRole(one_.id, "Both", {"zz:a:b", "zz:a:b:own"});
  const auto system = NewRole(std::nullopt, "System", {"zz:a:b:own"});
  const auto wide = NewRole(one_.id, "Wide", {"zz:a:*", "zz:*:b"});
  std::vector<RoleId> ids;
  for (const auto& holder : Must(store::HoldersOf(ex(), "zz:a:b"))) {
    ids.push_back(holder.role);
    EXPECT_EQ(holder.tenant_id.has_value(), holder.role != system);
  }
  EXPECT_EQ(ids.size(), 3U) << "each once";
  EXPECT_EQ(std::count(ids.begin(), ids.end(), wide), 0);
  ASSERT_GH_OK(store::TakeFromRoles(ex(), "zz:a:b", now_ + Seconds(9), ann_.id));
  EXPECT_EQ(Must(store::PermissionsOf(ex(), plain)), std::vector<std::string>{"zz:a:c"});
  EXPECT_TRUE(Must(store::PermissionsOf(ex(), both)).empty());
  EXPECT_TRUE(Must(store::PermissionsOf(ex(), system)).empty());
  EXPECT_EQ(Must(store::PermissionsOf(ex(), wide)).size(), 2U);
  EXPECT_EQ(Must(store::FindRole(ex(), one_.id, plain))->updated_at, now_ + Seconds(9));
  EXPECT_EQ(Must(store::FindRole(ex(), one_.id, wide))->updated_at, now_);
  EXPECT_TRUE(Must(store::HoldersOf(ex(), "zz:a:b")).empty());
}

}  // namespace
}  // namespace gatehouse
