#include "handlers/auth/permission.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

namespace gatehouse::auth {
namespace {

// SPEC R1: the form.
TEST(PermissionTest, R1AcceptsExactlyTheDeclaredForms) {
  for (const char* good : {"sales:order:edit", "sales:order:edit:own", "*:*:*", "sales:*:view",
                           "a-b:c_d:9", "*:*:*:own", "ALL_PERMISSIONS"}) {
    EXPECT_TRUE(IsGrant(good)) << good;
  }
  for (const char* bad :
       {"", ":", "::", "a:b", "a:b:", ":a:b", "a:b:c:", "a:b:c:mine", "a:b:c:own:", "A:b:c",
        "a:b:c d", "a:b:**", "a*:b:c", "all_permissions", "a:b:c:*", "a:b:c:own:own", " a:b:c"}) {
    EXPECT_FALSE(IsGrant(bad)) << bad;
  }
  EXPECT_FALSE(IsQuestion("*:b:c"));
  EXPECT_FALSE(IsQuestion("ALL_PERMISSIONS"));
  EXPECT_TRUE(IsQuestion("a:b:c:own"));
  EXPECT_FALSE(IsGrant(std::string(61, 'a') + ":b:c"));
}

TEST(PermissionTest, R1OwnHoldsOnlyForWhatTheCallerOwns) {
  EXPECT_FALSE(Covers("sales:order:edit:own", "sales:order:edit", false));
  EXPECT_TRUE(Covers("sales:order:edit:own", "sales:order:edit", true));
  EXPECT_TRUE(Covers("sales:order:edit", "sales:order:edit", false));
  EXPECT_TRUE(Covers("sales:order:edit", "sales:order:edit:own", false));
  EXPECT_TRUE(Covers("sales:order:edit:own", "sales:order:edit:own", false));
}

TEST(PermissionTest, R3AllPermissionsCoversEveryWellFormedQuestion) {
  EXPECT_TRUE(Covers("ALL_PERMISSIONS", "a:b:c", false));
  EXPECT_FALSE(Covers("ALL_PERMISSIONS", "nonsense", false));
}

TEST(PermissionTest, R4AGrantIsCoveredOnlyByOneAtLeastAsWide) {
  const std::vector<std::string> held = {"inventory:*:view", "sales:order:edit",
                                         "sales:refund:create:own"};
  for (const char* yes : {"inventory:item:view", "inventory:*:view", "inventory:item:view:own",
                          "sales:order:edit", "sales:order:edit:own", "sales:refund:create:own"}) {
    EXPECT_TRUE(CoversGrant(held, yes)) << yes;
  }
  for (const char* no : {"*:*:view", "inventory:*:*", "sales:*:edit", "sales:refund:create",
                         "ALL_PERMISSIONS", "hr:staff:view", ""}) {
    EXPECT_FALSE(CoversGrant(held, no)) << no;
  }
}

// Allows() looks spellings up; Covers() walks the grants. They must agree on everything.
TEST(PermissionTest, AgreesWithTheNaiveReference) {
  std::mt19937 random(7);
  const std::vector<std::string> words = {"a", "b", "c", "*"};
  const auto word = [&] { return words[random() % words.size()]; };
  int allowed = 0;
  for (int round = 0; round < 20000; ++round) {
    std::set<std::string> set;
    for (auto n = random() % 5; n > 0; --n) {
      set.insert(random() % 40 == 0
                     ? std::string(kAllPermissions)
                     : word() + ":" + word() + ":" + word() + (random() % 3 == 0 ? ":own" : ""));
    }
    const std::vector<std::string> grants(set.begin(), set.end());
    const std::string question = words[random() % 3] + ":" + words[random() % 3] + ":" +
                                 words[random() % 3] + (random() % 4 == 0 ? ":own" : "");
    const bool owns = random() % 2 == 0;
    const bool naive = std::any_of(grants.begin(), grants.end(), [&](const std::string& grant) {
      return Covers(grant, question, owns);
    });
    ASSERT_EQ(Allows(grants, question, owns), naive) << question;
    allowed += naive ? 1 : 0;
  }
  EXPECT_GT(allowed, 1000);
}

}  // namespace
}  // namespace gatehouse::auth
