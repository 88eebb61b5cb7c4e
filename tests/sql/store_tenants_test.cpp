// Tenants: SPEC N3, N4, U6, and what is left of them once they are deleted.
#include <algorithm>

#include "sql/store/idempotency.h"
#include "sql/store/purge.h"
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using store::Tenant;
using store::TenantPlace;

class StoreTenants : public SqlTest {
 protected:
  std::string Count(const std::string& table) {
    return server_.Root("SELECT COUNT(*) FROM gatehouse." + table)[0][0];
  }
  Tenant Add(const std::string& slug, TimePoint created_at) {
    now_ = created_at;
    return NewTenant(slug);
  }
  static std::string Slugs(const std::vector<Tenant>& tenants) {
    std::string out;
    for (const auto& tenant : tenants) out += (out.empty() ? "" : " ") + tenant.slug;
    return out;
  }
  void Delete(const Tenant& tenant, TimePoint now) {
    Must(store::DeleteTenant(ex(), tenant.id, now, std::nullopt));
  }
};

TEST_F(StoreTenants, U6_WhoMadeAndChangedIt) {
  const auto one = NewTenant("one");
  const auto ann = NewUser(one.id, "ann@example.org");
  const auto bob = NewUser(one.id, "bob@example.org");
  Tenant t = one;
  t.id = NewId<TenantId>();
  t.slug = "two";
  Must(store::InsertTenant(ex(), t, ann.id));
  auto got = *Must(store::FindTenant(ex(), t.id));
  EXPECT_EQ(got.created_by, ann.id);
  EXPECT_EQ(got.updated_by, ann.id);
  t.slug = "three";
  t.name = "Three";
  t.suspended = true;
  t.plan = "gold";
  t.subscription_ends_at = now_ + Seconds(1);
  t.max_users = 4'000'000'000;
  const TimePoint later = now_ + Micros(1);
  Must(store::UpdateTenant(ex(), t, true, later, bob.id));
  got = *Must(store::FindTenantBySlug(ex(), "three"));
  EXPECT_EQ(got.name, t.name);
  EXPECT_TRUE(got.suspended);
  EXPECT_EQ(got.plan, t.plan);
  EXPECT_EQ(got.subscription_ends_at, t.subscription_ends_at);
  EXPECT_EQ(got.max_users, t.max_users);
  EXPECT_EQ(got.created_at, now_);
  EXPECT_EQ(got.created_by, ann.id);
  EXPECT_EQ(got.updated_at, later);
  EXPECT_EQ(got.updated_by, bob.id);
  t.slug = "one";
  EXPECT_TRUE(
      db::IsDuplicate(store::UpdateTenant(ex(), t, true, later, bob.id).error(), "tenants_slug"));
}

TEST_F(StoreTenants, ListsPageByPage) {
  const TimePoint start = now_;
  // Two of one moment, so that the id decides.
  Add("b", start);
  Add("a", start + Seconds(1));
  Add("d", start + Seconds(2));
  Add("c", start + Seconds(2));
  Delete(Add("gone", start + Seconds(3)), start);
  for (const bool ascending : {true, false}) {
    std::vector<Tenant> found;
    std::optional<TenantPlace> after;
    while (true) {
      const auto page = Must(store::TenantsByCreation(ex(), "", after, ascending, 1));
      if (page.empty()) break;
      found.push_back(page[0]);
      after = TenantPlace{page[0].created_at, page[0].id};
    }
    EXPECT_EQ(Slugs(Must(store::TenantsByCreation(ex(), "", {}, ascending, 9))), Slugs(found));
    if (!ascending) std::reverse(found.begin(), found.end());
    EXPECT_EQ(Slugs(found).substr(0, 3), "b a");
    EXPECT_EQ(found.size(), 4U);
    EXPECT_LT(found[2].id, found[3].id);
  }
  EXPECT_EQ(Slugs(Must(store::TenantsBySlug(ex(), "", {}, true, 3))), "a b c");
  EXPECT_EQ(Slugs(Must(store::TenantsBySlug(ex(), "", "c", true, 3))), "d");
  EXPECT_EQ(Slugs(Must(store::TenantsBySlug(ex(), "", {}, false, 3))), "d c b");
  EXPECT_EQ(Slugs(Must(store::TenantsBySlug(ex(), "", "b", false, 3))), "a");
  EXPECT_EQ(Slugs(Must(store::ListTenants(ex()))), "a b c d");
}

// SPEC W3: tenants are sought by a part of what they are called.
TEST_F(StoreTenants, FindsByPartOfSlugOrName) {
  const auto named = [&](const std::string& slug, const std::string& name) {
    Tenant tenant = NewTenant(slug);
    tenant.name = name;
    Must(store::UpdateTenant(ex(), tenant, false, now_, std::nullopt));
  };
  named("acme-west", "Café São Paulo");
  named("acme-east", "100% Under_score | Ltd");
  const auto by_slug = [&](std::string_view text, bool ascending = true) {
    return Slugs(Must(store::TenantsBySlug(ex(), text, {}, ascending, 9)));
  };
  EXPECT_EQ(by_slug(""), "acme-east acme-west");
  EXPECT_EQ(by_slug("ACME"), "acme-east acme-west");
  EXPECT_EQ(by_slug("acme", false), "acme-west acme-east");
  EXPECT_EQ(by_slug("-w"), "acme-west");
  EXPECT_EQ(by_slug("cafe sao"), "acme-west");
  EXPECT_EQ(by_slug("ÇAFÉ"), "acme-west");
  // Nothing in it means anything but itself, and slug and name are two.
  EXPECT_EQ(by_slug("0%"), "acme-east");
  EXPECT_EQ(by_slug("r_s"), "acme-east");
  EXPECT_EQ(by_slug("| l"), "acme-east");
  for (const auto* text : {"c%e", "c_fe", "a|c", "'", "\\", "westcaf", "west caf"}) {
    EXPECT_EQ(by_slug(text), "") << text;
  }
  for (const bool ascending : {true, false}) {
    EXPECT_EQ(Slugs(Must(store::TenantsByCreation(ex(), "west", {}, ascending, 9))), "acme-west");
  }
}

// A later page of ten thousand costs what the first one costs.
TEST_F(StoreTenants, ListsReadNoMoreThanAPage) {
  server_.Root(
      "INSERT INTO gatehouse.tenants (id, slug, name, settings, created_at, updated_at)"
      " SELECT UNHEX(LPAD(HEX(seq), 32, '0')), CONCAT('t-', LPAD(seq, 8, '0')), 'x', '{}',"
      " TIMESTAMP('2026-01-01') + INTERVAL seq SECOND, NOW() FROM gatehouse.seq_1_to_10000;"
      "ANALYZE TABLE gatehouse.tenants");
  static const db::Sql kReads{"test.handler_reads_of_tenants",
                              "SELECT CAST(SUM(variable_value) AS SIGNED)"
                              " FROM information_schema.session_status"
                              " WHERE variable_name LIKE 'Handler_read%'"};
  const auto middle = *Must(store::FindTenantBySlug(ex(), "t-00005000"));
  const std::optional<std::string> slug = middle.slug;
  const std::optional<TenantPlace> place = TenantPlace{middle.created_at, middle.id};
  const auto reader = db_.Auto(Soon());
  const auto reads = [&] { return Must(reader->QueryOne(kReads, {}))->Int(0); };
  const auto first = reads();
  const auto idle = reads() - first;  // reading them reads, too
  for (const bool ascending : {true, false}) {
    for (const bool later : {true, false}) {
      auto before = reads();
      const auto by_time =
          Must(store::TenantsByCreation(*reader, "", later ? place : std::nullopt, ascending, 51));
      EXPECT_LT(reads() - before - idle, 100) << ascending << later;
      before = reads();
      const auto by_slug =
          Must(store::TenantsBySlug(*reader, "", later ? slug : std::nullopt, ascending, 51));
      EXPECT_LT(reads() - before - idle, 100) << ascending << later;
      EXPECT_EQ(by_time.size(), 51U);
      EXPECT_EQ(Slugs(by_time), Slugs(by_slug));
    }
  }
}

TEST_F(StoreTenants, N3_ADeletedOneIsNowhereToBeFound) {
  const auto one = NewTenant("one");
  const auto ann = NewUser(one.id, "ann@example.org");
  const auto session = NewSession(ann, now_);
  EXPECT_TRUE(Must(store::HasUsers(ex(), one.id)));
  EXPECT_FALSE(Must(store::HasUsers(ex(), NewId<TenantId>())));
  EXPECT_FALSE(Must(store::ReadGate(ex(), one.id, session.id))->tenant_suspended);
  Delete(one, now_);
  EXPECT_FALSE(Must(store::FindTenant(ex(), one.id)));
  EXPECT_FALSE(Must(store::LockTenant(ex(), one.id)));
  EXPECT_FALSE(Must(store::ShareTenant(ex(), one.id)));
  EXPECT_FALSE(Must(store::FindTenantBySlug(ex(), "one")));
  EXPECT_TRUE(Must(store::ListTenants(ex())).empty());
  const auto gate = *Must(store::ReadGate(ex(), one.id, session.id));
  EXPECT_TRUE(gate.tenant_suspended);
  EXPECT_EQ(gate.tenant_generation, 2U);
  EXPECT_EQ(Code(store::DeleteTenant(ex(), one.id, now_, {})), "not_found");
  EXPECT_EQ(Code(store::UpdateTenant(ex(), one, true, now_, {})), "not_found");
  EXPECT_FALSE(Must(store::SetTenantSettings(ex(), one.id, "{}", now_, {})));
  EXPECT_FALSE(Must(store::FindTenantBySlug(ex(), gate.tenant_slug))) << "not by its last name";
  EXPECT_EQ(gate.tenant_slug.size(), 33U);
  NewTenant("one");
  // The flag alone is enough, whatever its status says.
  server_.Root("UPDATE gatehouse.tenants SET status = 'active' WHERE deleted_at IS NOT NULL");
  EXPECT_TRUE(Must(store::ReadGate(ex(), one.id, session.id))->tenant_suspended);
}

TEST_F(StoreTenants, N3_PurgeRemovesWhatIsLeftOfIt) {
  const auto keep = NewTenant("keep");
  const auto kept = NewUser(keep.id, "kept@example.org");
  NewSession(kept, now_);
  std::vector<Tenant> gone;
  for (const char* slug : {"gone-1", "gone-2"}) {
    const auto tenant = NewTenant(slug);
    gone.push_back(tenant);
    store::Role role;
    role.id = NewId<RoleId>();
    role.tenant_id = tenant.id;
    role.name = "R";
    const std::vector<std::string> permissions{"sales:orders:view"};
    Must(store::InsertRole(ex(), role, permissions, now_, {}));
    for (int i = 0; i < 3; ++i) {
      const auto user = NewUser(tenant.id, "u" + std::to_string(i) + "@example.org");
      NewSession(user, now_);
      EXPECT_GH_OK(store::RememberDevice(ex(), user.id, "d", std::string(16, 'b'), now_));
      Must(store::AssignRole(ex(), user.id, role.id, now_, {}));
    }
    server_.Root(
        "INSERT INTO gatehouse.service_credentials (id, tenant_id, name, secret_hash,"
        " created_at) SELECT id, id, 'x', REPEAT('x', 32), NOW() FROM gatehouse.tenants"
        " WHERE slug = '" +
        std::string(slug) + "'");
  }
  const std::string roles = Count("roles");
  EXPECT_EQ(Must(store::PurgeDeletedTenants(ex(), 100)), 0U) << "none is deleted";
  for (const auto& tenant : gone) Delete(tenant, now_);
  // Three users, a role, a credential and the tenant, twice.
  EXPECT_EQ(Must(store::PurgeDeletedTenants(ex(), 2)), 2U);
  EXPECT_EQ(Count("tenants"), "3");
  EXPECT_EQ(Must(store::PurgeDeletedTenants(ex(), 5)), 5U);
  EXPECT_EQ(Count("tenants"), "2") << "the first is done, the second begun";
  EXPECT_EQ(Must(store::PurgeDeletedTenants(ex(), 100)), 5U);
  EXPECT_EQ(Must(store::PurgeDeletedTenants(ex(), 100)), 0U);
  EXPECT_EQ(Count("tenants"), "1");
  EXPECT_EQ(Count("users"), "1");
  EXPECT_EQ(Count("sessions"), "1");
  EXPECT_EQ(Count("devices"), "0");
  EXPECT_EQ(Count("user_roles"), "0");
  EXPECT_EQ(Count("service_credentials"), "0");
  EXPECT_EQ(Count("roles"), std::to_string(std::stoi(roles) - 2));
  EXPECT_TRUE(Must(store::FindUser(ex(), keep.id, kept.id)));
}

TEST_F(StoreTenants, PurgeForgetsOldDevicesAndIdempotencyKeys) {
  const auto one = NewTenant("one");
  const auto ann = NewUser(one.id, "ann@example.org");
  const TimePoint old = now_ - Seconds(60);
  EXPECT_FALSE(Must(store::RememberDevice(ex(), ann.id, "old", std::string(16, 'b'), old)));
  EXPECT_TRUE(Must(store::RememberDevice(ex(), ann.id, "new", std::string(16, 'b'), now_)));
  for (const TimePoint t : {old, now_}) {
    const store::IdempotencyRow row{entropy_.Bytes(32), NewId<EventId>().uuid, t, {}, {}, t};
    EXPECT_TRUE(Must(store::ClaimIdempotencyKey(ex(), ann.id, entropy_.Bytes(32), row)));
  }
  EXPECT_EQ(Must(store::PurgeDevices(ex(), now_, 10)), 1U);
  EXPECT_EQ(Must(store::PurgeDevices(ex(), now_, 10)), 0U);
  EXPECT_EQ(Count("devices WHERE device_id = 'new'"), "1");
  EXPECT_EQ(Must(store::PurgeIdempotencyKeys(ex(), now_, 10)), 1U);
  EXPECT_EQ(Count("idempotency_keys"), "1");
}

}  // namespace
}  // namespace gatehouse
