#include "sql/store/outbox_list.h"

#include <array>

#include "sql/store/keyset.h"
#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

constexpr std::array<std::string_view, 4> kStates = {"queued", "sent", "failed", "void"};

// As in attempts.cpp: a filter that is not asked for is NULL, and what narrows the list most names
// the index. The page's ids come from the index alone, then the rows of the page: those are long,
// for the messages stand in them.
#define GH_LIST(index, where, place, order)                                                     \
  "SELECT id, kind, recipient, status, tries, next_try_at, last_error, created_at, finished_at" \
  " FROM (SELECT id AS page_id FROM outbox FORCE INDEX (" index ") WHERE tenant_id = ?" where   \
  " AND (? IS NULL OR kind = ?)" place " ORDER BY " order                                       \
  " LIMIT ?) AS page"                                                                           \
  " STRAIGHT_JOIN outbox ON id = page_id ORDER BY " order
#define GH_NEWEST_FIRST(index, where)                                          \
  GH_LIST(index, where, " AND created_at <= ? AND (created_at < ? OR id < ?)", \
          "created_at DESC, id DESC")
#define GH_OLDEST_FIRST(index, where) \
  GH_LIST(index, where, " AND created_at >= ? AND (created_at > ? OR id > ?)", "created_at, id")
// All take the same parameters.
#define GH_ALL " AND ? IS NULL AND ? IS NULL AND ? IS NULL"
#define GH_OF_STATE " AND ? IS NULL AND ? IS NOT NULL AND status = ?"
#define GH_OF_RECIPIENT " AND recipient = ? AND (? IS NULL OR status = ?)"

struct ListStatements {
  db::Sql newest_first, oldest_first;
};
const ListStatements kAll{{"outbox.newest", GH_NEWEST_FIRST("outbox_tenant", GH_ALL)},
                          {"outbox.oldest", GH_OLDEST_FIRST("outbox_tenant", GH_ALL)}};
const ListStatements kOfState{
    {"outbox.newest_of_state", GH_NEWEST_FIRST("outbox_tenant_status", GH_OF_STATE)},
    {"outbox.oldest_of_state", GH_OLDEST_FIRST("outbox_tenant_status", GH_OF_STATE)}};
const ListStatements kOfRecipient{
    {"outbox.newest_of_recipient", GH_NEWEST_FIRST("outbox_tenant_recipient", GH_OF_RECIPIENT)},
    {"outbox.oldest_of_recipient", GH_OLDEST_FIRST("outbox_tenant_recipient", GH_OF_RECIPIENT)}};
#undef GH_OF_RECIPIENT
#undef GH_OF_STATE
#undef GH_ALL
#undef GH_OLDEST_FIRST
#undef GH_NEWEST_FIRST
#undef GH_LIST

ListedMail ReadListed(const db::Row& row) {
  ListedMail mail;
  mail.id = row.As<MailId>(0);
  mail.kind = row.Text(1);
  mail.recipient = row.Text(2);
  mail.state = ParseMailState(row.Text(3)).value_or(MailState::kVoid);
  mail.tries = static_cast<int>(row.Int(4));
  mail.next_try_at = row.Time(5);
  mail.last_error = row.OptionalText(6);
  mail.created_at = row.Time(7);
  mail.finished_at = row.OptionalTime(8);
  return mail;
}

}  // namespace

std::string_view ToString(MailState state) { return kStates[static_cast<std::size_t>(state)]; }

std::optional<MailState> ParseMailState(std::string_view text) {
  for (std::size_t i = 0; i < kStates.size(); ++i) {
    if (kStates[i] == text) return static_cast<MailState>(i);
  }
  return std::nullopt;
}

Result<std::vector<ListedMail>> ListOutbox(db::Executor& ex, TenantId tenant,
                                           const OutboxFilter& filter,
                                           const std::optional<OutboxCursor>& after, bool ascending,
                                           int limit) {
  const ListStatements& list = filter.recipient ? kOfRecipient : filter.state ? kOfState : kAll;
  const OutboxCursor place = PlaceOf(after, ascending);
  const auto state =
      filter.state ? std::optional(ToString(*filter.state)) : std::optional<std::string_view>();
  return Map(ex.Query(ascending ? list.oldest_first : list.newest_first,
                      {tenant, filter.recipient, state, state, filter.kind, filter.kind,
                       place.created_at, place.created_at, place.id, limit}),
             ReadListed);
}

}  // namespace gatehouse::store
