// Tenants, users, roles: SPEC N1, R2, R3, U6.
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using store::User;
using store::UserStatus;

class StoreUsers : public SqlTest {
 protected:
  store::Tenant one_ = NewTenant("one");
  store::Tenant two_ = NewTenant("two");
  User ann_ = NewUser(one_.id, "ann@example.org");

  User Ann() { return *Must(store::FindUser(ex(), one_.id, ann_.id)); }
};

TEST_F(StoreUsers, EveryFieldComesBack) {
  User u;
  u.id = NewId<UserId>();
  u.tenant_id = one_.id;
  u.email = "zoë@example.org";
  u.email_verified_at = now_ + Micros(1);
  u.status = UserStatus::kDisabled;
  u.password_hash = "$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA";
  u.must_change_password = true;
  u.first_name = "Zoë";
  u.last_name = "Ωmega 🦉";
  u.phone = "+254700000000";
  u.address = "1 Main Street\nNairobi";
  u.employee_id = "e-1";
  u.kra_pin = "A123456789Z";
  u.branch_id = "b-1";
  u.restaurant_id = "r-1";
  u.is_tenant_admin = true;
  u.two_factor_enabled = true;
  u.last_login_at = now_ + Micros(2);
  u.created_at = now_ + Micros(3);
  u.created_by = ann_.id;
  u.updated_at = now_ + Micros(4);
  u.updated_by = u.id;
  ASSERT_GH_OK(store::InsertUser(ex(), u));
  const auto got = *Must(store::FindUserByEmail(ex(), one_.id, u.email));
  EXPECT_EQ(got.id, u.id);
  EXPECT_EQ(got.tenant_id, u.tenant_id);
  EXPECT_EQ(got.email, u.email);
  EXPECT_EQ(got.email_verified_at, u.email_verified_at);
  EXPECT_EQ(got.status, u.status);
  EXPECT_EQ(got.password_hash, u.password_hash);
  EXPECT_EQ(got.must_change_password, u.must_change_password);
  EXPECT_EQ(got.first_name, u.first_name);
  EXPECT_EQ(got.last_name, u.last_name);
  EXPECT_EQ(got.phone, u.phone);
  EXPECT_EQ(got.address, u.address);
  EXPECT_EQ(got.employee_id, u.employee_id);
  EXPECT_EQ(got.kra_pin, u.kra_pin);
  EXPECT_EQ(got.branch_id, u.branch_id);
  EXPECT_EQ(got.restaurant_id, u.restaurant_id);
  EXPECT_EQ(got.is_tenant_admin, u.is_tenant_admin);
  EXPECT_EQ(got.two_factor_enabled, u.two_factor_enabled);
  EXPECT_EQ(got.last_login_at, u.last_login_at);
  EXPECT_EQ(got.created_at, u.created_at);
  EXPECT_EQ(got.created_by, u.created_by);
  EXPECT_EQ(got.updated_at, u.updated_at);
  EXPECT_EQ(got.updated_by, u.updated_by);
  EXPECT_EQ(got.DisplayName(), "Zoë Ωmega 🦉");
}

TEST_F(StoreUsers, DisplayNameTakesWhatThereIs) {
  User u;
  u.email = "a@b.c";
  EXPECT_EQ(u.DisplayName(), "a@b.c");
  u.last_name = "L";
  EXPECT_EQ(u.DisplayName(), "L");
  u.first_name = "";
  EXPECT_EQ(u.DisplayName(), "L");
  u.first_name = "F";
  u.last_name = "";
  EXPECT_EQ(u.DisplayName(), "F");
}

// N1: the same address in two tenants is two people, and neither sees the other's.
TEST_F(StoreUsers, AnotherTenantFindsNothing) {
  const auto& stranger = two_.id;
  EXPECT_EQ(Must(store::FindUser(ex(), stranger, ann_.id)), std::nullopt);
  EXPECT_EQ(Must(store::FindUserByEmail(ex(), stranger, ann_.email)), std::nullopt);
  EXPECT_EQ(Must(store::LockUser(ex(), stranger, ann_.id)), std::nullopt);
  EXPECT_EQ(Must(store::LockUserByEmail(ex(), stranger, ann_.email)), std::nullopt);
  EXPECT_TRUE(Must(store::ListUsers(ex(), stranger, "", 10)).empty());
  EXPECT_EQ(Must(store::CountUsers(ex(), stranger)), 0);
  EXPECT_EQ(Code(store::SetPassword(ex(), stranger, ann_.id, "h", now_, {})), "not_found");
  EXPECT_EQ(Code(store::SetStatus(ex(), stranger, ann_.id, UserStatus::kDisabled, now_, {})),
            "not_found");
  EXPECT_EQ(Code(store::SetLastLogin(ex(), stranger, ann_.id, now_)), "not_found");
  EXPECT_EQ(Code(store::ActivateUser(ex(), stranger, ann_.id, now_)), "not_found");
  EXPECT_EQ(Code(store::UpdatePending(ex(), stranger, ann_.id, "h", {}, {}, {}, now_)),
            "not_found");
  EXPECT_GH_OK(store::UpgradeHash(ex(), stranger, ann_.id, "", "h"));
  const auto after = Ann();
  EXPECT_EQ(after.password_hash, std::nullopt);
  EXPECT_EQ(after.status, UserStatus::kActive);
  EXPECT_EQ(after.last_login_at, std::nullopt);

  NewUser(two_.id, ann_.email);
  EXPECT_EQ(Must(store::FindUserByEmail(ex(), one_.id, ann_.email))->id, ann_.id);
}

// FACTS: collations fold. Ours must not, in case, accent, or trailing space.
TEST_F(StoreUsers, IdentifiersCompareByteByByte) {
  for (const char* other : {"Ann@example.org", "ann@example.org ", "änn@example.org",
                            "ann@example.org\t", "ann@example.or"}) {
    EXPECT_EQ(Must(store::FindUserByEmail(ex(), one_.id, other)), std::nullopt) << other;
    NewUser(one_.id, other);
  }
  NewUser(one_.id, "mike@example.org");
  EXPECT_EQ(Must(store::FindUserByEmail(ex(), one_.id, "mıke@example.org")), std::nullopt);
}

TEST_F(StoreUsers, HostileIdentifiersFindNothing) {
  for (const std::string& text :
       {std::string("' OR 1=1 -- "), std::string("%"), std::string("_"), std::string("\0", 1),
        std::string("\xff\xfe"), std::string("🦉"), std::string(100'000, 'a'), std::string()}) {
    EXPECT_EQ(Must(store::FindUserByEmail(ex(), one_.id, text)), std::nullopt);
    EXPECT_EQ(Must(store::FindTenantBySlug(ex(), text)), std::nullopt);
    EXPECT_EQ(Must(store::FindRoleByName(ex(), one_.id, text)), std::nullopt);
  }
}

TEST_F(StoreUsers, OnlyPendingIsOverwrittenOrActivated) {
  const auto pending = NewUser(one_.id, "new@example.org", UserStatus::kPending);
  ASSERT_GH_OK(
      store::UpdatePending(ex(), one_.id, pending.id, "hash", "F", std::nullopt, "+1", now_));
  auto got = *Must(store::FindUser(ex(), one_.id, pending.id));
  EXPECT_EQ(got.password_hash, "hash");
  EXPECT_EQ(got.first_name, "F");
  EXPECT_EQ(got.last_name, std::nullopt);
  EXPECT_EQ(got.phone, "+1");
  const TimePoint later = now_ + Seconds(5);
  ASSERT_GH_OK(store::ActivateUser(ex(), one_.id, pending.id, later));
  got = *Must(store::FindUser(ex(), one_.id, pending.id));
  EXPECT_EQ(got.status, UserStatus::kActive);
  EXPECT_EQ(got.email_verified_at, later);
  EXPECT_EQ(Code(store::UpdatePending(ex(), one_.id, pending.id, "evil", {}, {}, {}, now_)),
            "not_found");
  ASSERT_GH_OK(store::SetStatus(ex(), one_.id, pending.id, UserStatus::kDisabled, now_, ann_.id));
  EXPECT_EQ(Code(store::ActivateUser(ex(), one_.id, pending.id, later)), "not_found")
      << "a link does not bring a disabled account back";
  EXPECT_EQ(Must(store::FindUser(ex(), one_.id, pending.id))->updated_by, ann_.id);
}

// P1: a hash is upgraded only where nobody changed the password in the meantime.
TEST_F(StoreUsers, PasswordsAndTheirUpgrades) {
  ASSERT_GH_OK(store::SetPassword(ex(), one_.id, ann_.id, "old", now_, ann_.id));
  EXPECT_FALSE(Ann().must_change_password);
  ASSERT_GH_OK(store::UpgradeHash(ex(), one_.id, ann_.id, "stale", "x"));
  EXPECT_EQ(Ann().password_hash, "old");
  ASSERT_GH_OK(store::UpgradeHash(ex(), one_.id, ann_.id, "old", "new"));
  EXPECT_EQ(Ann().password_hash, "new");
}

TEST_F(StoreUsers, ListsByAddressFromACursor) {
  for (const char* name : {"c", "a", "b"}) NewUser(two_.id, name);
  const auto first = Must(store::ListUsers(ex(), two_.id, "", 2));
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].email, "a");
  EXPECT_EQ(first[1].email, "b");
  const auto rest = Must(store::ListUsers(ex(), two_.id, "b", 2));
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].email, "c");
  EXPECT_EQ(Must(store::CountUsers(ex(), two_.id)), 3);
}

TEST_F(StoreUsers, Tenants) {
  store::Tenant t = one_;
  t.id = NewId<TenantId>();
  t.slug = "acme";
  t.suspended = true;
  t.plan = "gold";
  t.subscription_ends_at = now_ + std::chrono::hours(1);
  t.max_users = 4'000'000'000;
  t.settings = R"({"info_text":")" + std::string(300'000, 'x') + "\"}";
  t.generation = 9'007'199'254'740'993;
  ASSERT_GH_OK(store::InsertTenant(ex(), t, ann_.id));
  auto got = *Must(store::FindTenantBySlug(ex(), "acme"));
  EXPECT_EQ(got.id, t.id);
  EXPECT_EQ(got.name, t.name);
  EXPECT_TRUE(got.suspended);
  EXPECT_EQ(got.plan, t.plan);
  EXPECT_EQ(got.subscription_ends_at, t.subscription_ends_at);
  EXPECT_EQ(got.max_users, t.max_users);
  EXPECT_EQ(got.settings, t.settings);
  EXPECT_EQ(got.generation, t.generation);
  EXPECT_EQ(got.created_at, now_);

  t.id = NewId<TenantId>();
  const auto taken = store::InsertTenant(ex(), t, {});
  EXPECT_TRUE(db::IsDuplicate(taken.error(), "tenants_slug"));
  EXPECT_EQ(Must(store::FindTenantBySlug(ex(), "ACME")), std::nullopt);

  const auto all = Must(store::ListTenants(ex()));
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].slug, "acme");
  EXPECT_EQ(all[2].slug, "two");
}

// DESIGN.md 3: whatever concerns a whole tenant bumps its generation.
TEST_F(StoreUsers, TenantChangesBumpTheGeneration) {
  const auto generation = [&] { return Must(store::FindTenant(ex(), one_.id))->generation; };
  store::Tenant changed = one_;
  changed.suspended = true;
  EXPECT_GH_OK(store::UpdateTenant(ex(), changed, true, now_, ann_.id));
  EXPECT_EQ(generation(), 2U);
  EXPECT_TRUE(Must(store::FindTenant(ex(), one_.id))->suspended);
  changed.name = "Another";
  EXPECT_GH_OK(store::UpdateTenant(ex(), changed, false, now_, ann_.id));
  EXPECT_EQ(generation(), 2U) << "no proof holds the name";
  EXPECT_TRUE(Must(store::SetTenantSettings(ex(), one_.id, R"({"max_sessions":2})", now_, {})));
  EXPECT_EQ(generation(), 3U);
  EXPECT_GH_OK(store::BumpTenantGeneration(ex(), one_.id, now_));
  EXPECT_EQ(generation(), 4U);
  const auto nobody = NewId<TenantId>();
  changed.id = nobody;
  changed.slug = "nobody";
  EXPECT_EQ(Code(store::UpdateTenant(ex(), changed, true, now_, {})), "not_found");
  EXPECT_FALSE(Must(store::SetTenantSettings(ex(), nobody, "{}", now_, {})));
  EXPECT_EQ(Code(store::BumpTenantGeneration(ex(), nobody, now_)), "not_found");
  EXPECT_EQ(Must(store::FindTenant(ex(), two_.id))->generation, 1U);
}

}  // namespace
}  // namespace gatehouse
