// The audit log as a list: SPEC A1, N1.
#include <algorithm>
#include <random>
#include <tuple>

#include "sql/store/audit.h"
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using store::AuditCursor;
using store::AuditEvent;
using store::AuditFilter;

class StoreAudit : public SqlTest {
 protected:
  store::Tenant one_ = NewTenant("one");
  store::Tenant two_ = NewTenant("two");
  std::vector<UserId> actors_ = {NewId<UserId>(), NewId<UserId>(), NewId<UserId>()};

  StoreAudit() {
    static constexpr const char* kEvents[] = {"user.created", "user.updated", "role.assigned"};
    for (int i = 0; i < 200; ++i) {
      AuditEvent e;
      e.created_at = now_ + Seconds(random_() % 25);
      e.id = EventId::New(e.created_at, entropy_);
      e.event = kEvents[random_() % 3];
      const auto where = random_() % 4;
      if (where != 3) e.tenant_id = where == 2 ? two_.id : one_.id;
      if (random_() % 5 != 0) e.actor_id = actors_[random_() % actors_.size()];
      // As ByActor writes it: only where the two differ.
      if (e.actor_id && random_() % 2 == 0) {
        const TenantId home = random_() % 2 == 0 ? one_.id : two_.id;
        if (e.tenant_id != home) e.actor_tenant_id = home;
      }
      e.target_type = "user";
      if (random_() % 6 != 0) e.target_id = "target " + std::to_string(random_() % 4);
      e.ip = "192.0.2.1";
      e.request_id = std::to_string(i);
      if (i % 3 != 0) e.before_json = "{\"n\":" + std::to_string(i) + "}";
      Must(store::InsertAudit(ex(), e));
      events_.push_back(e);
    }
  }

  AuditFilter RandomFilter() {
    const auto chance = [&](unsigned one_in) { return random_() % one_in == 0; };
    AuditFilter filter;
    if (chance(3)) filter.actor_id = actors_[random_() % actors_.size()];
    if (chance(3)) filter.target_id = "target " + std::to_string(random_() % 5);
    if (chance(3)) filter.event = chance(6) ? "no.event" : "user.updated";
    if (chance(3)) filter.from = now_ + Seconds(random_() % 25);
    if (chance(3)) filter.to = now_ + Seconds(random_() % 25);
    return filter;
  }

  static bool Matches(const AuditEvent& e, TenantId tenant, const AuditFilter& filter,
                      bool abroad) {
    return (e.tenant_id == tenant || (abroad && e.actor_tenant_id == tenant)) &&
           (!filter.actor_id || e.actor_id == filter.actor_id) &&
           (!filter.target_id || e.target_id == filter.target_id) &&
           (!filter.event || e.event == *filter.event) &&
           (!filter.from || e.created_at >= *filter.from) &&
           (!filter.to || e.created_at < *filter.to);
  }

  std::vector<EventId> Expected(TenantId tenant, const AuditFilter& filter, bool abroad,
                                bool ascending) const {
    std::vector<std::pair<TimePoint, EventId>> match;
    for (const auto& e : events_) {
      if (Matches(e, tenant, filter, abroad)) match.emplace_back(e.created_at, e.id);
    }
    std::sort(match.begin(), match.end());
    if (!ascending) std::reverse(match.begin(), match.end());
    std::vector<EventId> ids;
    for (const auto& [at, id] : match) ids.push_back(id);
    return ids;
  }

  std::mt19937 random_{5};
  std::vector<AuditEvent> events_;
};

TEST_F(StoreAudit, PagesHoldExactlyWhatMatchesInOrder) {
  std::size_t found = 0;
  for (int round = 0; round < 150; ++round) {
    const auto filter = RandomFilter();
    const TenantId tenant = round % 4 == 0 ? two_.id : one_.id;
    const int limit = 1 + static_cast<int>(random_() % 40);
    for (const bool abroad : {false, true}) {
      for (const bool ascending : {false, true}) {
        std::vector<EventId> ids;
        std::optional<AuditCursor> after;
        for (;;) {
          const auto page =
              Must(store::ListAudit(ex(), tenant, filter, abroad, after, ascending, limit));
          for (const auto& e : page) ids.push_back(e.id);
          if (page.size() < static_cast<std::size_t>(limit)) break;
          after = AuditCursor{page.back().created_at, page.back().id};
        }
        const auto expected = Expected(tenant, filter, abroad, ascending);
        ASSERT_EQ(ids, expected) << "round " << round << (abroad ? ", abroad" : "");
        found += expected.size();
      }
    }
  }
  EXPECT_GT(found, 1000U);
}

// N1: what a stranger's tenant did in one's own is seen; what it did elsewhere is not.
TEST_F(StoreAudit, TheWall) {
  for (const bool abroad : {false, true}) {
    const auto seen = Must(store::ListAudit(ex(), one_.id, {}, abroad, {}, false, 1000));
    ASSERT_FALSE(seen.empty());
    int elsewhere = 0;
    for (const auto& e : seen) {
      if (e.tenant_id == one_.id) continue;
      ++elsewhere;
      EXPECT_EQ(e.actor_tenant_id, one_.id);
    }
    EXPECT_EQ(elsewhere > 0, abroad);
  }
  EXPECT_TRUE(Must(store::ListAudit(ex(), NewId<TenantId>(), {}, true, {}, false, 1000)).empty());
}

TEST_F(StoreAudit, EventsComeBackWhole) {
  AuditFilter filter;
  const auto listed = Must(store::ListAudit(ex(), one_.id, filter, false, {}, false, 1000));
  for (const auto& got : listed) {
    const auto was = std::find_if(events_.begin(), events_.end(),
                                  [&](const AuditEvent& e) { return e.id == got.id; });
    ASSERT_NE(was, events_.end());
    EXPECT_EQ(
        std::tie(got.event, got.tenant_id, got.actor_id, got.target_type, got.target_id),
        std::tie(was->event, was->tenant_id, was->actor_id, was->target_type, was->target_id));
    EXPECT_EQ(std::tie(got.ip, got.request_id, got.created_at, got.before_json, got.after_json,
                       got.actor_tenant_id),
              std::tie(was->ip, was->request_id, was->created_at, was->before_json, was->after_json,
                       was->actor_tenant_id));
  }
}

}  // namespace
}  // namespace gatehouse
