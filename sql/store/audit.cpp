#include "sql/store/audit.h"

#include <utility>

#include "sql/store/keyset.h"
#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

const db::Sql kInsert{"audit.insert",
                      "INSERT INTO audit_events (id, event, tenant_id, actor_id, target_type,"
                      " target_id, ip, request_id, created_at, before_json, after_json,"
                      " actor_tenant_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};

// As in attempts.cpp: a filter that is not asked for is NULL, and what narrows the list most names
// the index. `where` is the wall: nothing is seen but through one of the two. The page's ids come
// from the index alone, where it has all that is asked for; then the rows of the page.
#define GH_LIST(index, where, target, place, order)                                               \
  "SELECT id, event, tenant_id, actor_id, target_type, target_id, ip, request_id, created_at,"    \
  " before_json, after_json, actor_tenant_id FROM (SELECT id AS page_id FROM audit_events"        \
  " FORCE INDEX (" index ") WHERE " where " AND (? IS NULL OR actor_id = ?)" target               \
  " AND (? IS NULL OR event = ?) AND created_at >= ? AND created_at < ?" place " ORDER BY " order \
  " LIMIT ?) AS page STRAIGHT_JOIN audit_events ON id = page_id"                                  \
  " ORDER BY " order
#define GH_NEWEST_FIRST(index, where, target)                                          \
  GH_LIST(index, where, target, " AND created_at <= ? AND (created_at < ? OR id < ?)", \
          "created_at DESC, id DESC")
#define GH_OLDEST_FIRST(index, where, target)                                          \
  GH_LIST(index, where, target, " AND created_at >= ? AND (created_at > ? OR id > ?)", \
          "created_at, id")
#define GH_OF_TARGET " AND ? IS NOT NULL AND target_id = ?"
#define GH_NO_TARGET " AND ? IS NULL AND ? IS NULL"  // the column is not even read
#define GH_HOME "tenant_id = ?"
#define GH_ABROAD "actor_tenant_id = ? AND (tenant_id IS NULL OR tenant_id <> actor_tenant_id)"

struct ListStatements {
  db::Sql newest_first, oldest_first;
};
const ListStatements kHome{
    {"audit.newest", GH_NEWEST_FIRST("audit_tenant", GH_HOME, GH_NO_TARGET)},
    {"audit.oldest", GH_OLDEST_FIRST("audit_tenant", GH_HOME, GH_NO_TARGET)}};
const ListStatements kHomeOfTarget{
    {"audit.newest_of_target", GH_NEWEST_FIRST("audit_target", GH_HOME, GH_OF_TARGET)},
    {"audit.oldest_of_target", GH_OLDEST_FIRST("audit_target", GH_HOME, GH_OF_TARGET)}};
const ListStatements kHomeOfActor{
    {"audit.newest_of_actor", GH_NEWEST_FIRST("audit_actor", GH_HOME, GH_NO_TARGET)},
    {"audit.oldest_of_actor", GH_OLDEST_FIRST("audit_actor", GH_HOME, GH_NO_TARGET)}};
const ListStatements kHomeOfEvent{
    {"audit.newest_of_event", GH_NEWEST_FIRST("audit_event", GH_HOME, GH_NO_TARGET)},
    {"audit.oldest_of_event", GH_OLDEST_FIRST("audit_event", GH_HOME, GH_NO_TARGET)}};
const ListStatements kAbroad{
    {"audit.newest_abroad", GH_NEWEST_FIRST("audit_abroad", GH_ABROAD, GH_NO_TARGET)},
    {"audit.oldest_abroad", GH_OLDEST_FIRST("audit_abroad", GH_ABROAD, GH_NO_TARGET)}};
const ListStatements kAbroadOfTarget{
    {"audit.newest_abroad_of_target", GH_NEWEST_FIRST("audit_target", GH_ABROAD, GH_OF_TARGET)},
    {"audit.oldest_abroad_of_target", GH_OLDEST_FIRST("audit_target", GH_ABROAD, GH_OF_TARGET)}};
const ListStatements kAbroadOfActor{
    {"audit.newest_abroad_of_actor", GH_NEWEST_FIRST("audit_actor", GH_ABROAD, GH_NO_TARGET)},
    {"audit.oldest_abroad_of_actor", GH_OLDEST_FIRST("audit_actor", GH_ABROAD, GH_NO_TARGET)}};
const ListStatements kAbroadOfEvent{
    {"audit.newest_abroad_of_event",
     GH_NEWEST_FIRST("audit_abroad_event", GH_ABROAD, GH_NO_TARGET)},
    {"audit.oldest_abroad_of_event",
     GH_OLDEST_FIRST("audit_abroad_event", GH_ABROAD, GH_NO_TARGET)}};
#undef GH_OF_TARGET
#undef GH_NO_TARGET
#undef GH_HOME
#undef GH_ABROAD
#undef GH_NEWEST_FIRST
#undef GH_OLDEST_FIRST
#undef GH_LIST

// A target sees less than an actor does, and an actor does less than there are events of a kind.
const ListStatements& HomeBy(const AuditFilter& filter) {
  if (filter.target_id) return kHomeOfTarget;
  if (filter.actor_id) return kHomeOfActor;
  return filter.event ? kHomeOfEvent : kHome;
}
const ListStatements& AbroadBy(const AuditFilter& filter) {
  if (filter.target_id) return kAbroadOfTarget;
  if (filter.actor_id) return kAbroadOfActor;
  return filter.event ? kAbroadOfEvent : kAbroad;
}

AuditEvent ReadEvent(const db::Row& row) {
  AuditEvent event;
  event.id = row.As<EventId>(0);
  event.event = row.Text(1);
  event.tenant_id = row.OptionalAs<TenantId>(2);
  event.actor_id = row.OptionalAs<UserId>(3);
  event.target_type = row.Text(4);
  event.target_id = row.OptionalText(5);
  event.ip = row.Text(6);
  event.request_id = row.Text(7);
  event.created_at = row.Time(8);
  event.before_json = row.OptionalText(9);
  event.after_json = row.OptionalText(10);
  event.actor_tenant_id = row.OptionalAs<TenantId>(11);
  return event;
}

}  // namespace

Status InsertAudit(db::Executor& ex, const AuditEvent& event) {
  return Done(ex.Execute(
      kInsert, {event.id, event.event, event.tenant_id, event.actor_id, event.target_type,
                event.target_id, event.ip, event.request_id, event.created_at, event.before_json,
                event.after_json, event.actor_tenant_id}));
}

Result<std::vector<AuditEvent>> ListAudit(db::Executor& ex, TenantId tenant,
                                          const AuditFilter& filter, bool include_abroad,
                                          const std::optional<AuditCursor>& after, bool ascending,
                                          int limit) {
  const AuditCursor place = PlaceOf(after, ascending);
  const Span span(filter.from, filter.to);
  const auto run = [&](const ListStatements& list) {
    return Map(ex.Query(ascending ? list.oldest_first : list.newest_first,
                        {tenant, filter.actor_id, filter.actor_id, filter.target_id,
                         filter.target_id, filter.event, filter.event, span.from, span.to,
                         place.created_at, place.created_at, place.id, limit}),
               ReadEvent);
  };
  GH_ASSIGN(auto home, run(HomeBy(filter)));
  if (!include_abroad) return home;
  GH_ASSIGN(auto abroad, run(AbroadBy(filter)));
  return Merge(std::move(home), std::move(abroad), ascending, limit);
}

}  // namespace gatehouse::store
