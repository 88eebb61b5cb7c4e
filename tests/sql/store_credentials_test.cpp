// Service credentials: SPEC T10, N1.
#include <algorithm>

#include "sql/store/credentials.h"
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using store::Credential;

class StoreCredentials : public SqlTest {
 protected:
  Credential NewCredential(TenantId tenant, TimePoint created_at) {
    Credential c{NewId<CredentialId>(),   tenant,     "Shop",
                 std::string(32, '\xfe'), created_at, std::nullopt};
    Must(store::InsertCredential(ex(), c));
    return c;
  }
  std::vector<CredentialId> List(bool ascending, int limit,
                                 const std::optional<store::CredentialCursor>& after = {}) {
    std::vector<CredentialId> out;
    for (const auto& c : Must(store::ListCredentials(ex(), one_.id, after, ascending, limit))) {
      out.push_back(c.id);
    }
    return out;
  }

  store::Tenant one_ = NewTenant("one");
  store::Tenant two_ = NewTenant("two");
};

TEST_F(StoreCredentials, EveryFieldComesBack) {
  const store::User ann = NewUser(one_.id, "ann@example.org");
  Credential c{NewId<CredentialId>(),
               one_.id,
               "Läden",
               std::string("\0\xff\x80", 3) + std::string(29, 'h'),
               now_,
               ann.id};
  ASSERT_GH_OK(store::InsertCredential(ex(), c));
  for (const auto& got : {Must(store::FindCredential(ex(), one_.id, c.id)),
                          Must(store::LockCredential(ex(), one_.id, c.id)),
                          Must(store::FindLiveCredential(ex(), c.id))}) {
    ASSERT_TRUE(got);
    EXPECT_EQ(got->id, c.id);
    EXPECT_EQ(got->tenant_id, one_.id);
    EXPECT_EQ(got->name, c.name);
    EXPECT_EQ(got->secret_hash, c.secret_hash);
    EXPECT_EQ(got->created_at, now_);
    EXPECT_EQ(got->created_by, ann.id);
  }
}

TEST_F(StoreCredentials, N1AnotherTenantFindsNothing) {
  const auto c = NewCredential(one_.id, now_);
  EXPECT_FALSE(Must(store::FindCredential(ex(), two_.id, c.id)));
  EXPECT_FALSE(Must(store::LockCredential(ex(), two_.id, c.id)));
  EXPECT_EQ(Code(store::DeleteCredential(ex(), two_.id, c.id)), "not_found");
  EXPECT_TRUE(Must(store::ListCredentials(ex(), two_.id, std::nullopt, true, 10)).empty());
  ASSERT_GH_OK(store::DeleteCredential(ex(), one_.id, c.id));
  EXPECT_FALSE(Must(store::FindLiveCredential(ex(), c.id)));
  EXPECT_EQ(Code(store::DeleteCredential(ex(), one_.id, c.id)), "not_found");
}

TEST_F(StoreCredentials, OfASuspendedOrDeletedTenantNoneIsLive) {
  const auto c = NewCredential(one_.id, now_);
  server_.Root("UPDATE gatehouse.tenants SET status = 'suspended' WHERE slug = 'one'");
  EXPECT_FALSE(Must(store::FindLiveCredential(ex(), c.id)));
  server_.Root(
      "UPDATE gatehouse.tenants SET status = 'active', deleted_at = NOW(6)"
      " WHERE slug = 'one'");
  EXPECT_FALSE(Must(store::FindLiveCredential(ex(), c.id)));
  server_.Root("UPDATE gatehouse.tenants SET deleted_at = NULL WHERE slug = 'one'");
  EXPECT_TRUE(Must(store::FindLiveCredential(ex(), c.id)));
}

TEST_F(StoreCredentials, APageBeginsWhereTheLastOneEnded) {
  // Two of one moment: the id decides.
  std::vector<Credential> all = {
      NewCredential(one_.id, now_), NewCredential(one_.id, now_ + Seconds(1)),
      NewCredential(one_.id, now_ + Seconds(1)), NewCredential(one_.id, now_ + Seconds(2))};
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) {
    return std::pair(a.created_at, a.id) < std::pair(b.created_at, b.id);
  });
  for (const bool ascending : {true, false}) {
    std::vector<CredentialId> expected, got;
    for (const auto& c : all) expected.push_back(c.id);
    if (!ascending) std::reverse(expected.begin(), expected.end());
    EXPECT_EQ(List(ascending, 10), expected);
    std::optional<store::CredentialCursor> after;
    for (auto page = List(ascending, 1); !page.empty(); page = List(ascending, 1, after)) {
      got.push_back(page[0]);
      after = {Must(store::FindCredential(ex(), one_.id, page[0]))->created_at, page[0]};
    }
    EXPECT_EQ(got, expected);
  }
}

}  // namespace
}  // namespace gatehouse
