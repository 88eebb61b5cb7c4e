#include "handlers/auth/permission.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <set>

#include "handlers/auth/catalogue.h"
#include "tests/support/cpu_time.h"

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

// The rules of SPEC R1 to R4 word for word, and as slow as that is.
struct Plain {
  std::vector<std::string> segments;  // of m:r:a
  bool own = false;
};

Plain PlainOf(const std::string& permission) {
  Plain out;
  std::string segment;
  for (const char c : permission + ":") {
    if (c != ':') {
      segment.push_back(c);
    } else {
      out.segments.push_back(segment);
      segment.clear();
    }
  }
  if (out.segments.size() == 4) {
    out.own = true;
    out.segments.pop_back();
  }
  return out;
}

// Does holding `held` give all that `wanted` would?
bool PlainlyHolds(const std::string& held, const std::string& wanted, bool owns) {
  if (held == "ALL_PERMISSIONS") return true;
  if (wanted == "ALL_PERMISSIONS") return false;
  const Plain h = PlainOf(held);
  const Plain w = PlainOf(wanted);
  for (std::size_t i = 0; i < 3; ++i) {
    if (h.segments[i] != "*" && h.segments[i] != w.segments[i]) return false;
  }
  return !h.own || w.own || owns;
}

bool AnyPlainlyHolds(const std::vector<std::string>& grants, const std::string& wanted, bool owns) {
  return std::any_of(grants.begin(), grants.end(),
                     [&](const std::string& grant) { return PlainlyHolds(grant, wanted, owns); });
}

// Few words, so that grants and questions meet; "own" also as a word.
rc::Gen<std::string> AnyGrant(bool wildcards) {
  const auto word = wildcards ? rc::gen::element<std::string>("a", "b", "own", "*", "*")
                              : rc::gen::element<std::string>("a", "b", "own");
  const auto spelt =
      rc::gen::map(rc::gen::tuple(word, word, word, rc::gen::inRange(0, 3)), [](const auto& parts) {
        const auto& [m, r, a, own] = parts;
        return m + ":" + r + ":" + a + (own == 0 ? ":own" : "");
      });
  if (!wildcards) return spelt;
  return rc::gen::weightedOneOf<std::string>(
      {{20, spelt}, {1, rc::gen::just(std::string(kAllPermissions))}});
}

rc::Gen<std::vector<std::string>> AnyGrants() {
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(AnyGrant(true)), Folded);
}

RC_GTEST_PROP(PermissionProperty, R1AllowsWhatTheRulesAllow, ()) {
  const auto grants = *AnyGrants();
  const auto question = *AnyGrant(false);
  const bool owns = *rc::gen::arbitrary<bool>();
  const bool yes = AnyPlainlyHolds(grants, question, owns);
  RC_CLASSIFY(yes);
  RC_ASSERT(Allows(grants, question, owns) == yes);
}

RC_GTEST_PROP(PermissionProperty, R4CoversWhatTheRulesCover, ()) {
  const auto grants = *AnyGrants();
  const auto wanted = *AnyGrant(true);
  const bool yes = AnyPlainlyHolds(grants, wanted, false);
  RC_CLASSIFY(yes);
  RC_ASSERT(CoversGrant(grants, wanted) == yes);
  RC_ASSERT(HoldsGrant(grants, wanted) == yes);
}

// SPEC R4, said another way: whoever may give it can already do all that it allows.
RC_GTEST_PROP(PermissionProperty, R4WhoMayGiveItMayDoIt, ()) {
  const auto grants = *AnyGrants();
  const auto wanted = *AnyGrant(true);
  const auto question = *AnyGrant(false);
  const bool owns = *rc::gen::arbitrary<bool>();
  RC_PRE(HoldsGrant(grants, wanted));
  if (Allows(std::vector<std::string>{wanted}, question, owns)) {
    RC_ASSERT(Allows(grants, question, owns));
  }
}

RC_GTEST_PROP(PermissionProperty, NothingMalformedIsHeldOrAllowed, (const std::string& text)) {
  RC_PRE(!IsGrant(text));
  const std::vector<std::string> grants = {"*:*:*"};
  RC_ASSERT(!Allows(grants, text, true));
  RC_ASSERT(!CoversGrant(grants, text));
  RC_ASSERT(!HoldsGrant(grants, text));
}

// API.md: "A role may hold thousands of permissions."
std::vector<std::string> TenThousand(std::mt19937& random) {
  std::vector<std::string> out;
  for (int i = 0; i < 10'000; ++i) {
    const auto word = [&](unsigned of) {
      return random() % 400 == 0 ? std::string("*") : "w" + std::to_string(random() % of);
    };
    out.push_back(word(300) + ":" + word(300) + ":" + word(8) + (random() % 3 == 0 ? ":own" : ""));
  }
  return Folded(std::move(out));
}

TEST(PermissionTest, TenThousandPermissionsFollowTheSameRules) {
  std::mt19937 random(11);
  const auto grants = TenThousand(random);
  ASSERT_GT(grants.size(), 9'000U);
  const auto others = TenThousand(random);
  int yes = 0;
  for (std::size_t i = 0; i < 200; ++i) {
    const auto& from = i % 2 == 0 ? grants : others;
    const std::string& other = from[random() % from.size()];
    const bool naive = AnyPlainlyHolds(grants, other, false);
    ASSERT_EQ(CoversGrant(grants, other), naive) << other;
    ASSERT_EQ(HoldsGrant(grants, other), naive) << other;
    if (IsQuestion(other)) {
      ASSERT_EQ(Allows(grants, other, false), naive) << other;
    }
    yes += naive ? 1 : 0;
  }
  EXPECT_GT(yes, 10);
  EXPECT_LT(yes, 190);
}

// A role of 10,000, by somebody who holds 10,000: a walk for each takes seconds.
TEST(PermissionTest, R4ThousandsByThousandsIsQuick) {
  std::mt19937 random(13);
  const auto grants = TenThousand(random);
  const auto start = CpuTime();
  for (const auto& grant : grants) ASSERT_TRUE(HoldsGrant(grants, grant));
  std::size_t denied = 0;
  for (const auto& grant : grants) denied += HoldsGrant(grants, "x" + grant.substr(1)) ? 0 : 1;
  EXPECT_GT(denied, grants.size() / 2);
  EXPECT_LT(CpuTime() - start, std::chrono::seconds(2));
}

}  // namespace
}  // namespace gatehouse::auth
