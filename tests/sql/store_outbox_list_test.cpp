// The outbox as administrators see it: SPEC N1, W3.
#include <algorithm>
#include <array>
#include <random>

#include "sql/store/outbox.h"
#include "sql/store/outbox_list.h"
#include "tests/sql/fixture.h"

namespace gatehouse {
namespace {

using store::ListedMail;
using store::MailState;
using store::OutboxCursor;
using store::OutboxFilter;

class StoreOutboxList : public SqlTest {
 protected:
  store::Tenant one_ = NewTenant("one");
  store::Tenant two_ = NewTenant("two");
  const Uuid mailer_ = Uuid::V7(now_, entropy_);

  store::OutboxMail Add(std::optional<TenantId> tenant, TimePoint at,
                        const std::string& kind = "reset",
                        const std::string& recipient = "ann@example.org", bool is_void = false) {
    store::OutboxMail mail;
    mail.id = NewId<MailId>();
    mail.tenant_id = tenant;
    mail.kind = kind;
    mail.recipient = recipient;
    mail.recipient_key = std::string(32, 'k');
    mail.message = "Subject: x\r\n\r\nbody";
    mail.is_void = is_void;
    mail.created_at = at;
    Must(store::Enqueue(ex(), mail));
    return mail;
  }
  void Settle(TimePoint now, bool sent, std::string_view error = {}) {
    for (const auto& mail : Must(store::ClaimDue(ex(), mailer_, now, now + Seconds(60), 100))) {
      Must(sent ? store::MarkSent(ex(), mail.id, mailer_, now)
                : store::MarkFailed(ex(), mail.id, mailer_, now, error));
    }
  }
  std::vector<ListedMail> List(const OutboxFilter& filter = {}, bool ascending = false,
                               int limit = 200,
                               const std::optional<OutboxCursor>& after = std::nullopt) {
    return Must(store::ListOutbox(ex(), one_.id, filter, after, ascending, limit));
  }
};

TEST_F(StoreOutboxList, EveryFieldComesBackInEveryState) {
  const auto sent = Add(one_.id, now_);
  Settle(now_ + Seconds(1), true);
  const auto failed = Add(one_.id, now_ + Seconds(2), "welcome", "bob@example.org");
  Settle(now_ + Seconds(3), false, "550 no");
  const auto empty = Add(one_.id, now_ + Seconds(4), "reset", "nobody@example.org", true);
  const auto queued = Add(one_.id, now_ + Seconds(5));
  const auto all = List();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].id, queued.id);
  EXPECT_EQ(all[0].state, MailState::kQueued);
  EXPECT_EQ(all[0].tries, 0);
  EXPECT_EQ(all[0].next_try_at, queued.created_at);
  EXPECT_EQ(all[0].last_error, std::nullopt);
  EXPECT_EQ(all[0].finished_at, std::nullopt);
  EXPECT_EQ(all[1].id, empty.id);
  EXPECT_EQ(all[1].state, MailState::kVoid);
  EXPECT_EQ(all[2].id, failed.id);
  EXPECT_EQ(all[2].state, MailState::kFailed);
  EXPECT_EQ(all[2].kind, "welcome");
  EXPECT_EQ(all[2].recipient, "bob@example.org");
  EXPECT_EQ(all[2].tries, 1);
  EXPECT_EQ(all[2].last_error, "550 no");
  EXPECT_EQ(all[2].created_at, failed.created_at);
  EXPECT_EQ(all[2].finished_at, now_ + Seconds(3));
  EXPECT_EQ(all[3].id, sent.id);
  EXPECT_EQ(all[3].state, MailState::kSent);
  for (const auto& mail : all) {
    EXPECT_EQ(store::ParseMailState(store::ToString(mail.state)), mail.state);
  }
  EXPECT_EQ(store::ParseMailState("QUEUED"), std::nullopt);
}

TEST_F(StoreOutboxList, AnotherTenantsAndNobodysAreNotListed) {
  const auto mine = Add(one_.id, now_);
  Add(two_.id, now_);
  Add(std::nullopt, now_);
  OutboxFilter recipient, state, kind;
  recipient.recipient = "ann@example.org";
  state.state = MailState::kQueued;
  kind.kind = "reset";
  for (const auto& filter : {OutboxFilter{}, recipient, state, kind}) {
    for (const bool ascending : {false, true}) {
      const auto rows = List(filter, ascending);
      ASSERT_EQ(rows.size(), 1U);
      EXPECT_EQ(rows[0].id, mine.id);
    }
  }
}

// Every filter, alone and with others, by pages of every size, against a list in memory.
TEST_F(StoreOutboxList, PagesHoldExactlyWhatMatchesInOrder) {
  static constexpr std::array kKinds = {"reset", "welcome", "lockout"};
  static constexpr std::array kPeople = {"ann@example.org", "bob@example.org", "ann@example.or"};
  std::mt19937 random(5);
  for (int i = 0; i < 60; ++i) {
    Add(one_.id, now_ + Seconds(random() % 6), kKinds[random() % 3], kPeople[random() % 3],
        random() % 4 == 0);
    if (i == 20) Settle(now_ + Seconds(9), true);
    if (i == 40) Settle(now_ + Seconds(9), false, "no");
  }
  const auto all = List();
  ASSERT_EQ(all.size(), 60U);
  std::vector<OutboxFilter> filters(1);
  for (const auto state :
       {MailState::kQueued, MailState::kSent, MailState::kFailed, MailState::kVoid}) {
    for (const char* kind : kKinds) {
      for (const char* person : kPeople) {
        filters.push_back({state, std::nullopt, std::nullopt});
        filters.push_back({std::nullopt, kind, std::nullopt});
        filters.push_back({std::nullopt, std::nullopt, person});
        filters.push_back({state, kind, std::nullopt});
        filters.push_back({state, kind, person});
      }
    }
  }
  for (const auto& filter : filters) {
    std::vector<MailId> wanted;
    for (const auto& mail : all) {
      if ((!filter.state || mail.state == *filter.state) &&
          (!filter.kind || mail.kind == *filter.kind) &&
          (!filter.recipient || mail.recipient == *filter.recipient)) {
        wanted.push_back(mail.id);
      }
    }
    for (const bool ascending : {false, true}) {
      std::vector<MailId> got;
      std::optional<OutboxCursor> after;
      do {
        const auto page = List(filter, ascending, 7, after);
        after.reset();
        if (page.size() == 7U) after = OutboxCursor{page.back().created_at, page.back().id};
        for (const auto& mail : page) got.push_back(mail.id);
      } while (after);
      if (ascending) std::reverse(got.begin(), got.end());
      EXPECT_EQ(got, wanted);
    }
  }
}

}  // namespace
}  // namespace gatehouse
