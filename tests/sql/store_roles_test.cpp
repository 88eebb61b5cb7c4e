// Roles and who has them: SPEC R2, R3, R6.
#include <algorithm>
#include <future>
#include <set>

#include "fcgi/base/codec.h"
#include "sql/store/every_tenant.h"
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using store::Role;

class StoreRoles : public SqlTest {
 protected:
  store::Tenant one_ = NewTenant("one");
  store::Tenant two_ = NewTenant("two");
  store::User ann_ = NewUser(one_.id, "ann@example.org");
  store::User bob_ = NewUser(two_.id, "bob@example.org");

  Role NewRole(std::optional<TenantId> tenant, const std::string& name,
               const std::vector<std::string>& permissions) {
    const Role role{NewId<RoleId>(), tenant, name, "about " + name};
    Must(store::InsertRole(ex(), role, permissions, now_, ann_.id));
    return role;
  }
  Status Assign(const store::User& user, RoleId role) {
    return store::AssignRole(ex(), user.id, role, now_, ann_.id);
  }
  store::Grants GrantsOf(const store::User& user) {
    return Must(store::GrantsOf(ex(), user.tenant_id, user.id));
  }
};

TEST_F(StoreRoles, GrantsAreTheUnionSortedOnceInOrderOfAssignment) {
  const auto late = NewRole(one_.id, "Late", {"b:x:y", "a:x:y"});
  const auto early = NewRole(one_.id, "Early", {"c:x:y", "a:x:y", "c:x:y"});
  ASSERT_GH_OK(Assign(ann_, early.id));
  ASSERT_GH_OK(Assign(ann_, late.id));
  ASSERT_GH_OK(Assign(ann_, early.id)) << "again changes nothing, the order neither";
  const auto grants = GrantsOf(ann_);
  ASSERT_EQ(grants.roles.size(), 2U);
  EXPECT_EQ(grants.roles[0].id, early.id);
  EXPECT_EQ(grants.roles[0].name, "Early");
  EXPECT_EQ(grants.roles[0].tenant_id, one_.id);
  EXPECT_EQ(grants.roles[0].description, "about Early");
  EXPECT_EQ(grants.roles[1].id, late.id);
  EXPECT_EQ(grants.permissions, (std::vector<std::string>{"a:x:y", "b:x:y", "c:x:y"}));
  EXPECT_FALSE(grants.platform_admin);
}

// R6
TEST_F(StoreRoles, NobodyHasNothing) {
  const auto grants = GrantsOf(ann_);
  EXPECT_TRUE(grants.roles.empty());
  EXPECT_TRUE(grants.permissions.empty());
  EXPECT_TRUE(Must(store::GrantsOf(ex(), one_.id, NewId<UserId>())).roles.empty());
}

// N1: another tenant's role can be neither assigned, nor does it count where it got in otherwise.
TEST_F(StoreRoles, RolesOfOtherTenantsDoNotCount) {
  const auto foreign = NewRole(two_.id, "Owner", {"ALL_PERMISSIONS"});
  EXPECT_EQ(Code(Assign(ann_, foreign.id)), "not_found");
  server_.Root("INSERT INTO gatehouse.user_roles (user_id, role_id, assigned_at) VALUES (X'" +
               HexEncode(ann_.id.view()) + "', X'" + HexEncode(foreign.id.view()) +
               "', UTC_TIMESTAMP(6))");
  const auto grants = GrantsOf(ann_);
  EXPECT_TRUE(grants.roles.empty());
  EXPECT_TRUE(grants.permissions.empty());
}

TEST_F(StoreRoles, GrantsOfAnotherTenantsUserAreNone) {
  const auto role = NewRole(one_.id, "Owner", {"a:b:c"});
  ASSERT_GH_OK(Assign(ann_, role.id));
  ASSERT_GH_OK(Assign(ann_, store::kPlatformAdministrator));
  const auto grants = Must(store::GrantsOf(ex(), two_.id, ann_.id));
  EXPECT_TRUE(grants.roles.empty());
  EXPECT_TRUE(grants.permissions.empty());
  EXPECT_FALSE(grants.platform_admin);
}

// R3: ALL_PERMISSIONS is everything everywhere in a system role only.
TEST_F(StoreRoles, PlatformAdminOnlyThroughASystemRole) {
  const auto owner = NewRole(one_.id, "Owner", {"ALL_PERMISSIONS"});
  ASSERT_GH_OK(Assign(ann_, owner.id));
  EXPECT_FALSE(GrantsOf(ann_).platform_admin);
  EXPECT_EQ(GrantsOf(ann_).permissions, std::vector<std::string>{"ALL_PERMISSIONS"});
  ASSERT_GH_OK(Assign(bob_, store::kPlatformAdministrator));
  const auto grants = GrantsOf(bob_);
  EXPECT_TRUE(grants.platform_admin);
  ASSERT_EQ(grants.roles.size(), 1U);
  EXPECT_EQ(grants.roles[0].name, "Platform Administrator");
  EXPECT_EQ(grants.roles[0].tenant_id, std::nullopt);
  EXPECT_TRUE(Must(store::UnassignRole(ex(), bob_.id, store::kPlatformAdministrator)));
  EXPECT_FALSE(Must(store::UnassignRole(ex(), bob_.id, store::kPlatformAdministrator)));
  EXPECT_FALSE(GrantsOf(bob_).platform_admin);
}

TEST_F(StoreRoles, NamesAreUniqueInTheirTenantAndExact) {
  NewRole(one_.id, "Clerk", {});
  const auto again = store::InsertRole(ex(), {NewId<RoleId>(), one_.id, "Clerk", {}}, {}, now_, {});
  EXPECT_TRUE(db::IsDuplicate(again.error(), "roles_name"));
  const auto system = store::InsertRole(
      ex(), {NewId<RoleId>(), std::nullopt, "Platform Administrator", {}}, {}, now_, {});
  EXPECT_TRUE(db::IsDuplicate(system.error(), "roles_name")) << "NULL is a tenant here, too";
}

TEST_F(StoreRoles, FoundByNameInTheTenantBeforeTheSystem) {
  const auto system = *Must(store::FindRoleByName(ex(), one_.id, "Platform Administrator"));
  EXPECT_EQ(system.id, store::kPlatformAdministrator);
  const auto own = NewRole(one_.id, "Platform Administrator", {});
  NewRole(two_.id, "Clerk", {});
  EXPECT_EQ(Must(store::FindRoleByName(ex(), one_.id, "Platform Administrator"))->id, own.id);
  for (const char* name : {"Clerk", "platform administrator", "Platform Administrator "}) {
    EXPECT_FALSE(Must(store::FindRoleByName(ex(), one_.id, name))) << name;
  }
}

TEST_F(StoreRoles, ListsItsOwnAndTheSystems) {
  NewRole(one_.id, "Zebra", {});
  NewRole(one_.id, "Aardvark", {});
  NewRole(two_.id, "Foreign", {});
  std::vector<std::string> names;
  for (const auto& role : Must(store::ListRoles(ex(), one_.id))) names.push_back(role.name);
  EXPECT_EQ(names, (std::vector<std::string>{"Aardvark", "Platform Administrator", "Zebra"}));
}

// API.md: "A role may hold thousands of permissions."
TEST_F(StoreRoles, TenThousandPermissionsInOneRole) {
  std::vector<std::string> permissions;
  for (int i = 0; i < 10'000; ++i) permissions.push_back("module:r" + std::to_string(i) + ":view");
  const auto role = NewRole(one_.id, "Large", permissions);
  std::sort(permissions.begin(), permissions.end());
  EXPECT_EQ(Must(store::PermissionsOf(ex(), role.id)), permissions);
  ASSERT_GH_OK(Assign(ann_, role.id));
  EXPECT_EQ(GrantsOf(ann_).permissions, permissions);
}

TEST_F(StoreRoles, PermissionsOfAPageInOneStatementInItsOrder) {
  const auto b = NewRole(one_.id, "B", {"b:x:y", "a:x:y"});
  const auto none = NewRole(one_.id, "None", {});
  const auto a = NewRole(std::nullopt, "A", {"c:x:y"});
  NewRole(one_.id, "Not asked for", {"d:x:y"});
  using All = std::vector<std::vector<std::string>>;
  EXPECT_EQ(Must(store::PermissionsOfEach(ex(), std::vector<Role>{b, none, a})),
            (All{{"a:x:y", "b:x:y"}, {}, {"c:x:y"}}));
  EXPECT_EQ(Must(store::PermissionsOfEach(ex(), {})), All{});
}

// N1: neither read, nor locked, nor written across tenants.
TEST_F(StoreRoles, AnotherTenantsRoleIsNotThere) {
  const auto role = NewRole(one_.id, "Clerk", {"a:b:c"});
  EXPECT_TRUE(Must(store::LockRole(ex(), one_.id, role.id)));
  EXPECT_TRUE(Must(store::LockRole(ex(), one_.id, store::kPlatformAdministrator)));
  EXPECT_FALSE(Must(store::LockRole(ex(), two_.id, role.id)));
  EXPECT_FALSE(Must(store::FindRole(ex(), two_.id, role.id)));
  for (const std::optional<TenantId> other : {std::optional(two_.id), std::optional<TenantId>()}) {
    Role stolen = role;
    stolen.tenant_id = other;
    EXPECT_EQ(Code(store::UpdateRole(ex(), stolen)), "not_found");
    EXPECT_EQ(Code(store::DeleteRole(ex(), stolen)), "not_found");
  }
  EXPECT_TRUE(Must(store::FindRole(ex(), one_.id, role.id)));
}

TEST_F(StoreRoles, AnUpdateWritesWhatMayChange) {
  Role role = NewRole(one_.id, "Clerk", {"a:b:c", "d:e:f"});
  role.name = "Chief";
  role.description.reset();
  role.updated_at = now_ + Seconds(5);
  role.updated_by = bob_.id;
  ASSERT_GH_OK(store::UpdateRole(ex(), role));
  ASSERT_GH_OK(store::ReplacePermissions(ex(), role.id, std::vector<std::string>{"x:y:z"}));
  const auto now_is = *Must(store::FindRole(ex(), one_.id, role.id));
  EXPECT_EQ(now_is.name, "Chief");
  EXPECT_EQ(now_is.description, std::nullopt);
  EXPECT_EQ(now_is.updated_at, now_ + Seconds(5));
  EXPECT_EQ(now_is.updated_by, bob_.id);
  EXPECT_EQ(now_is.created_at, now_);
  EXPECT_EQ(now_is.created_by, ann_.id);
  EXPECT_EQ(Must(store::PermissionsOf(ex(), role.id)), std::vector<std::string>{"x:y:z"});
  ASSERT_GH_OK(store::ReplacePermissions(ex(), role.id, {}));
  EXPECT_TRUE(Must(store::PermissionsOf(ex(), role.id)).empty());
}

// API.md: a requirement names a role by its name alone.
TEST_F(StoreRoles, NamesakesAreTheTenantsTheSystemsOrForASystemRoleAnybodys) {
  const auto mine = NewRole(one_.id, "Clerk", {});
  const auto theirs = NewRole(two_.id, "Chief", {});
  const auto system = NewRole(std::nullopt, "Auditor", {});
  const auto namesake = [&](std::optional<TenantId> tenant, const char* name) {
    const auto found = Must(store::FindNamesake(ex(), {NewId<RoleId>(), tenant, name, {}}));
    return found ? std::optional(found->id) : std::nullopt;
  };
  EXPECT_EQ(namesake(one_.id, "Clerk"), mine.id);
  EXPECT_EQ(namesake(one_.id, "Auditor"), system.id);
  EXPECT_EQ(namesake(one_.id, "Chief"), std::nullopt);
  EXPECT_EQ(namesake(one_.id, "clerk"), std::nullopt);
  EXPECT_EQ(namesake(std::nullopt, "Clerk"), mine.id);
  EXPECT_EQ(namesake(std::nullopt, "Chief"), theirs.id);
  EXPECT_EQ(namesake(std::nullopt, "Auditor"), system.id);
  EXPECT_FALSE(Must(store::FindNamesake(ex(), mine))) << "oneself is no namesake";
  server_.Root("UPDATE gatehouse.tenants SET deleted_at = UTC_TIMESTAMP(6) WHERE slug = 'two'");
  EXPECT_EQ(namesake(std::nullopt, "Chief"), std::nullopt) << "a deleted tenant's do not count";
}

TEST_F(StoreRoles, DeletedWithItsPermissionsOnceNobodyHasIt) {
  const auto role = NewRole(one_.id, "Clerk", {"a:b:c"});
  EXPECT_FALSE(Must(store::IsAssigned(ex(), role.id)));
  ASSERT_GH_OK(Assign(ann_, role.id));
  EXPECT_TRUE(Must(store::IsAssigned(ex(), role.id)));
  EXPECT_NE(Code(store::DeleteRole(ex(), role)), "ok");
  EXPECT_EQ(Must(store::UnassignFromAll(ex(), role.id)), 1U);
  EXPECT_EQ(Must(store::UnassignFromAll(ex(), role.id)), 0U);
  ASSERT_GH_OK(store::DeleteRole(ex(), role));
  EXPECT_TRUE(Must(store::PermissionsOf(ex(), role.id)).empty());
  EXPECT_EQ(Code(Assign(ann_, role.id)), "not_found");
}

// R2: a role that is being deleted is given to nobody; whoever tries waits and does not find it.
TEST_F(StoreRoles, AssigningWaitsForADeletion) {
  const auto role = NewRole(one_.id, "Clerk", {});
  std::future<std::string> assigned;
  ASSERT_GH_OK(db_.Transact<void>(Soon(), [&](db::Executor& tx) -> Status {
    GH_TRY(store::LockRole(tx, one_.id, role.id));
    assigned = std::async(std::launch::async, [&] {
      db::Database other(server_.app());
      return Code(other.Transact<void>(Soon(), [&](db::Executor& t) {
        return store::AssignRole(t, ann_.id, role.id, now_, {});
      }));
    });
    EXPECT_EQ(assigned.wait_for(Millis(300)), std::future_status::timeout);
    return store::DeleteRole(tx, role);
  }));
  EXPECT_EQ(assigned.get(), "not_found");
}

// The lock that spans roles: many may share it, one alone shuts out all.
TEST_F(StoreRoles, TheRulesLockIsSharedOrAlone) {
  const auto try_it = [&](bool alone) {
    db::Database other(server_.app());
    return Code(other.Transact<void>(Deadline::In(Millis(700)), [&](db::Executor& t) {
      return store::LockRoleRules(t, alone);
    }));
  };
  ASSERT_GH_OK(db_.Transact<void>(Soon(), [&](db::Executor& tx) -> Status {
    GH_TRY(store::LockRoleRules(tx, false));
    EXPECT_EQ(try_it(false), "ok");
    EXPECT_NE(try_it(true), "ok");
    return {};
  }));
  ASSERT_GH_OK(db_.Transact<void>(Soon(), [&](db::Executor& tx) -> Status {
    GH_TRY(store::LockRoleRules(tx, true));
    EXPECT_NE(try_it(false), "ok");
    return {};
  }));
  EXPECT_EQ(try_it(true), "ok");
}

TEST_F(StoreRoles, EveryTenantIsBumpedAndListed) {
  ASSERT_GH_OK(db_.Transact<void>(Soon(), [&](db::Executor& tx) -> Status {
    GH_TRY(store::LockEveryTenant(tx));
    return store::BumpEveryGeneration(tx);
  }));
  for (const auto& tenant : {one_, two_}) {
    const auto row = *Must(store::FindTenant(ex(), tenant.id));
    EXPECT_EQ(row.generation, tenant.generation + 1);
    EXPECT_EQ(row.updated_at, tenant.updated_at);
  }
  auto ids = Must(store::AllTenantIds(ex()));
  EXPECT_EQ(std::set<TenantId>(ids.begin(), ids.end()), (std::set<TenantId>{one_.id, two_.id}));
}

TEST_F(StoreRoles, APermissionThatCannotBeStoredFailsTheRole) {
  const Role role{NewId<RoleId>(), one_.id, "Bad", std::nullopt};
  const std::vector<std::string> permissions{"good:x:y", std::string(201, 'a')};
  const auto inserted = db_.Transact<void>(
      Soon(), [&](db::Executor& tx) { return store::InsertRole(tx, role, permissions, now_, {}); });
  EXPECT_EQ(Code(inserted), "internal");
  EXPECT_FALSE(Must(store::FindRoleByName(ex(), one_.id, "Bad")));
}

}  // namespace
}  // namespace gatehouse
