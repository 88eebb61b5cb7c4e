#include "handlers/auth/requirement.h"

#include <gtest/gtest.h>

namespace gatehouse::auth {
namespace {

Principal Member() {
  Identity identity;
  identity.roles = {"Member", "Stock Manager"};
  identity.permissions = {"inventory:item:edit", "sales:*:view", "sales:order:edit:own"};
  Principal out;
  out.identity = std::make_shared<const Identity>(std::move(identity));
  return out;
}

ErrorCode Check(const Principal& who, std::string_view permission, std::string_view role,
                bool allow_roleless = false) {
  Requirement requirement;
  requirement.RequirePermission(permission);
  requirement.RequireRole(role);
  requirement.AllowRoleless(allow_roleless);
  const auto status = requirement.Check(who);
  return status.ok() ? ErrorCode::kTimeout : status.error().code;  // kTimeout stands for yes
}
constexpr auto kYes = ErrorCode::kTimeout;

TEST(RequirementTest, R7AnyOfWithinAKindBothBetweenKinds) {
  EXPECT_EQ(Check(Member(), "", ""), kYes);
  EXPECT_EQ(Check(Member(), "inventory:item:edit", ""), kYes);
  EXPECT_EQ(Check(Member(), "hr:staff:view,sales:order:view", ""), kYes);
  EXPECT_EQ(Check(Member(), "hr:staff:view", ""), ErrorCode::kPermissionDenied);
  EXPECT_EQ(Check(Member(), "", "Owner, Stock Manager"), kYes);
  EXPECT_EQ(Check(Member(), "", "Owner"), ErrorCode::kPermissionDenied);
  EXPECT_EQ(Check(Member(), "inventory:item:edit", "Owner"), ErrorCode::kPermissionDenied);
  EXPECT_EQ(Check(Member(), "hr:staff:view", "Member"), ErrorCode::kPermissionDenied);
  EXPECT_EQ(Check(Member(), "sales:order:edit", ""), ErrorCode::kPermissionDenied);
}

TEST(RequirementTest, R7AMalformedRequirementIsMetByNobody) {
  Principal admin = Member();
  admin.platform_admin = true;
  for (const char* bad :
       {"sales", "a:b:c,", ",", "*:*:*", "a:b:c,,d:e:f", "ALL_PERMISSIONS", "A:B:C"}) {
    EXPECT_EQ(Check(admin, bad, ""), ErrorCode::kPermissionDenied) << bad;
  }
  EXPECT_EQ(Check(admin, "", "Member,"), ErrorCode::kPermissionDenied);
}

// R3, N2: a tenant's administrator may do everything at home, and call roles and people as they
// like.
TEST(RequirementTest, R3APlaceOfATenantIsClosedToOthers) {
  const auto check = [](const Principal& who, std::string_view tenant) {
    Requirement requirement;
    requirement.RequireTenant(tenant);
    requirement.RequirePermission("inventory:item:edit");
    requirement.AllowRoleless(true);
    const auto status = requirement.Check(who);
    return status.ok() ? kYes : status.error().code;
  };
  Identity identity;
  identity.tenant_slug = "acme";
  identity.roles = {"Member"};
  identity.permissions = {"inventory:item:edit"};
  Principal member;
  member.identity = std::make_shared<const Identity>(std::move(identity));
  EXPECT_EQ(check(member, ""), kYes);
  EXPECT_EQ(check(member, "acme"), kYes);
  for (const char* other : {"evil", "acm", "acme2", "ACME", "*"}) {
    Principal admin = member;
    admin.tenant_admin = true;
    EXPECT_EQ(check(member, other), ErrorCode::kPermissionDenied) << other;
    EXPECT_EQ(check(admin, other), ErrorCode::kPermissionDenied) << other;
    admin.platform_admin = true;
    EXPECT_EQ(check(admin, other), kYes) << other;
  }
}

TEST(RequirementTest, R6RolelessPeopleAreRefusedUnlessAllowed) {
  Principal roleless;
  EXPECT_EQ(Check(roleless, "", ""), ErrorCode::kNoRoleAssigned);
  EXPECT_EQ(Check(roleless, "", "", true), kYes);
  EXPECT_EQ(Check(roleless, "a:b:c", "", true), ErrorCode::kNoRoleAssigned);
  EXPECT_EQ(Check(roleless, "", "Member", true), ErrorCode::kNoRoleAssigned);
}

TEST(RequirementTest, AdminsHaveEveryPermissionButOnlyTheirOwnRoles) {
  Principal admin;
  admin.tenant_admin = true;
  EXPECT_EQ(Check(admin, "hr:staff:view", ""), kYes);
  EXPECT_EQ(Check(admin, "", "Owner"), ErrorCode::kPermissionDenied);
  EXPECT_EQ(Check(admin, "", ""), kYes);
}

TEST(RequirementTest, R4NobodyActsOnWhoHoldsMore) {
  const std::vector<std::string> less = {"sales:order:view"};
  const std::vector<std::string> more = {"hr:staff:view"};
  EXPECT_TRUE(MayActOn(Member(), false, false, less));
  EXPECT_FALSE(MayActOn(Member(), false, false, more));
  EXPECT_FALSE(MayActOn(Member(), true, false, {}));
  EXPECT_FALSE(MayActOn(Member(), false, true, {}));
  Principal tenant_admin;
  tenant_admin.tenant_admin = true;
  EXPECT_TRUE(MayActOn(tenant_admin, true, false, more));
  EXPECT_FALSE(MayActOn(tenant_admin, false, true, {}));
  Principal platform_admin;
  platform_admin.platform_admin = true;
  EXPECT_TRUE(MayActOn(platform_admin, true, true, more));
}

}  // namespace
}  // namespace gatehouse::auth
