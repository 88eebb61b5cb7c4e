#include "sql/store/attempts.h"

#include <utility>

#include "sql/store/keyset.h"
#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

#define GH_ATTEMPT_COLUMNS                                                      \
  "id, tenant_id, user_id, identifier, identifier_key, ip, user_agent, device," \
  " created_at, success, reason, counted, browser_id"

// Takes the row's lock whether it was there or not; a plain INSERT would take a shared one first
// where it was, and two of those deadlock.
const db::Sql kLockIdentifier{
    "lockouts.lock",
    "INSERT INTO lockouts (identifier_key, touched_at) VALUES (?, ?)"
    " ON DUPLICATE KEY UPDATE touched_at = GREATEST(touched_at, VALUES(touched_at))"};
const db::Sql kCountedFailures{"attempts.counted_failures",
                               "SELECT created_at FROM attempts"
                               " WHERE identifier_key = ? AND counted AND created_at > ?"
                               " AND (? IS NULL OR browser_id = ?)"
                               " AND (? IS NULL OR reason = ?)"
                               " ORDER BY created_at DESC LIMIT ?"};
const db::Sql kClearCounted{"attempts.clear_counted",
                            "UPDATE attempts SET counted = FALSE"
                            " WHERE identifier_key = ? AND counted"};
const db::Sql kMoveCounted{"attempts.move_counted",
                           "UPDATE attempts SET identifier_key = ?"
                           " WHERE identifier_key = ? AND counted AND reason = ?"};
// Bounded by time: a stranger's old failures may be many, and nobody clears them.
const db::Sql kClearOfBrowser{"attempts.clear_of_browser",
                              "UPDATE attempts SET counted = FALSE"
                              " WHERE identifier_key = ? AND counted AND created_at > ?"
                              " AND browser_id = ?"};
const db::Sql kInsert{"attempts.insert", "INSERT INTO attempts (" GH_ATTEMPT_COLUMNS
                                         ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};

// A filter that is not asked for is NULL, and its condition falls away before the server plans.
// What narrows the list most names the index; each goes on with success, created_at and id, so that
// a page costs a page. Left to itself the server takes the tenant's index without the time, and
// walks to a later page (or to an earlier `to`) from the first row on.
#define GH_LIST(index, place, order)                                  \
  "SELECT " GH_ATTEMPT_COLUMNS " FROM attempts FORCE INDEX (" index   \
  ") WHERE tenant_id = ? AND success = ?"                             \
  " AND (? IS NULL OR user_id = ?) AND (? IS NULL OR identifier = ?)" \
  " AND (? IS NULL OR ip = ?)"                                        \
  " AND created_at >= ? AND created_at < ?" place " ORDER BY " order " LIMIT ?"
#define GH_NEWEST_FIRST(index) \
  GH_LIST(index, " AND created_at <= ? AND (created_at < ? OR id < ?)", "created_at DESC, id DESC")
#define GH_OLDEST_FIRST(index) \
  GH_LIST(index, " AND created_at >= ? AND (created_at > ? OR id > ?)", "created_at, id")

struct ListStatements {
  db::Sql newest_first, oldest_first;
};
const ListStatements kList{{"attempts.list_newest", GH_NEWEST_FIRST("attempts_tenant")},
                           {"attempts.list_oldest", GH_OLDEST_FIRST("attempts_tenant")}};
const ListStatements kListOfUser{
    {"attempts.list_newest_of_user", GH_NEWEST_FIRST("attempts_user")},
    {"attempts.list_oldest_of_user", GH_OLDEST_FIRST("attempts_user")}};
const ListStatements kListOfIdentifier{
    {"attempts.list_newest_of_identifier", GH_NEWEST_FIRST("attempts_identifier")},
    {"attempts.list_oldest_of_identifier", GH_OLDEST_FIRST("attempts_identifier")}};
const ListStatements kListOfIp{{"attempts.list_newest_of_ip", GH_NEWEST_FIRST("attempts_ip")},
                               {"attempts.list_oldest_of_ip", GH_OLDEST_FIRST("attempts_ip")}};
#undef GH_NEWEST_FIRST
#undef GH_OLDEST_FIRST
#undef GH_LIST
#undef GH_ATTEMPT_COLUMNS

#define GH_COUNT(index, condition)                                                   \
  "SELECT CAST(COUNT(*) AS SIGNED) FROM (SELECT 1 FROM attempts FORCE INDEX (" index \
  ") WHERE " condition " LIMIT ?) AS some"
const db::Sql kCountOfUser{"attempts.count_of_user", GH_COUNT("attempts_user", "user_id = ?")};
const db::Sql kCountOfIdentifier{
    "attempts.count_of_identifier",
    GH_COUNT("attempts_identifier", "tenant_id = ? AND identifier = ?")};
const db::Sql kCountOfIp{"attempts.count_of_ip",
                         GH_COUNT("attempts_ip", "tenant_id = ? AND ip = ?")};
#undef GH_COUNT

// Both values of success are named, so that each is a stretch of the index, which has everything
// that is asked for. TO_SECONDS counts from the year 0, and takes the time as it stands: UTC.
const db::Sql kSummary{
    "attempts.summary",
    "SELECT TO_SECONDS(created_at) DIV ? AS bucket, CAST(SUM(success) AS SIGNED),"
    " CAST(SUM(NOT success) AS SIGNED) FROM attempts FORCE INDEX (attempts_tenant)"
    " WHERE tenant_id = ? AND success IN (FALSE, TRUE) AND created_at >= ? AND created_at < ?"
    " AND reason <> ? GROUP BY bucket ORDER BY bucket"};

// More rows than this are many.
constexpr int kMany = 2000;

Attempt ReadAttempt(const db::Row& row) {
  Attempt attempt;
  attempt.id = row.As<AttemptId>(0);
  attempt.tenant_id = row.OptionalAs<TenantId>(1);
  attempt.user_id = row.OptionalAs<UserId>(2);
  attempt.identifier = row.Text(3);
  attempt.identifier_key = row.Text(4);
  attempt.ip = row.Text(5);
  attempt.user_agent = row.Text(6);
  attempt.device = row.OptionalText(7);
  attempt.created_at = row.Time(8);
  attempt.success = row.Bool(9);
  attempt.reason = row.Text(10);
  attempt.counted = row.Bool(11);
  attempt.browser_id = row.OptionalText(12);
  return attempt;
}

}  // namespace

Status LockIdentifier(db::Executor& ex, std::string_view identifier_key, TimePoint now) {
  return Done(ex.Execute(kLockIdentifier, {identifier_key, now}));
}

Result<std::vector<TimePoint>> CountedFailures(db::Executor& ex, std::string_view identifier_key,
                                               const Counter& counter, TimePoint since, int limit,
                                               std::optional<std::string_view> reason) {
  return Map(
      ex.Query(kCountedFailures, {identifier_key, since, counter, counter, reason, reason, limit}),
      [](const db::Row& row) { return row.Time(0); });
}

Status ClearCounted(db::Executor& ex, std::string_view identifier_key) {
  return Done(ex.Execute(kClearCounted, {identifier_key}));
}

Status ClearCounted(db::Executor& ex, std::string_view identifier_key, std::string_view browser_id,
                    TimePoint since) {
  return Done(ex.Execute(kClearOfBrowser, {identifier_key, since, browser_id}));
}

Status MoveCounted(db::Executor& ex, std::string_view from_key, std::string_view to_key,
                   std::string_view reason) {
  return Done(ex.Execute(kMoveCounted, {to_key, from_key, reason}));
}

Status InsertAttempt(db::Executor& ex, const Attempt& attempt) {
  return Done(ex.Execute(
      kInsert,
      {attempt.id, attempt.tenant_id, attempt.user_id, attempt.identifier, attempt.identifier_key,
       attempt.ip, attempt.user_agent, attempt.device, attempt.created_at, attempt.success,
       attempt.reason, attempt.counted, attempt.browser_id}));
}

namespace {

// The index that leads to the fewest rows. Where only one can, nothing is counted.
Result<const ListStatements*> Narrowest(db::Executor& ex, TenantId tenant,
                                        const AttemptFilter& filter) {
  if (!filter.email && !filter.ip) return filter.user_id ? &kListOfUser : &kList;
  if (!filter.user_id && !filter.ip) return &kListOfIdentifier;
  if (!filter.user_id && !filter.email) return &kListOfIp;
  const ListStatements* narrowest = &kListOfIp;
  std::int64_t fewest = kMany + 1;
  const auto weigh = [&](const ListStatements& list,
                         Result<std::optional<db::Row>> counted) -> Status {
    if (!counted.ok()) return std::move(counted).error();
    const std::int64_t rows = *counted ? (*counted)->Int(0) : 0;
    if (rows < fewest) {
      fewest = rows;
      narrowest = &list;
    }
    return {};
  };
  if (filter.user_id) {
    GH_TRY(weigh(kListOfUser, ex.QueryOne(kCountOfUser, {filter.user_id, kMany})));
  }
  if (filter.email) {
    GH_TRY(
        weigh(kListOfIdentifier, ex.QueryOne(kCountOfIdentifier, {tenant, filter.email, kMany})));
  }
  if (filter.ip) GH_TRY(weigh(kListOfIp, ex.QueryOne(kCountOfIp, {tenant, filter.ip, kMany})));
  return narrowest;
}

}  // namespace

Result<std::vector<Attempt>> ListAttempts(db::Executor& ex, TenantId tenant,
                                          const AttemptFilter& filter,
                                          const std::optional<AttemptCursor>& after, bool ascending,
                                          int limit) {
  GH_ASSIGN(const ListStatements* const list, Narrowest(ex, tenant, filter));
  const AttemptCursor place = PlaceOf(after, ascending);
  const Span span(filter.from, filter.to);
  const auto with = [&](bool success) {
    return Map(ex.Query(ascending ? list->oldest_first : list->newest_first,
                        {tenant, success, filter.user_id, filter.user_id, filter.email,
                         filter.email, filter.ip, filter.ip, span.from, span.to, place.created_at,
                         place.created_at, place.id, limit}),
               ReadAttempt);
  };
  if (filter.success) return with(*filter.success);
  GH_ASSIGN(auto failures, with(false));
  GH_ASSIGN(auto successes, with(true));
  return Merge(std::move(failures), std::move(successes), ascending, limit);
}

Result<std::vector<AttemptCount>> CountAttempts(db::Executor& ex, TenantId tenant, TimePoint from,
                                                TimePoint to, Seconds interval,
                                                std::string_view but) {
  const Span span(from, to);
  return Map(ex.Query(kSummary, {std::int64_t{interval.count()}, tenant, span.from, span.to, but}),
             [](const db::Row& row) {
               return AttemptCount{row.Int(0), row.Int(1), row.Int(2)};
             });
}

namespace {

// TO_SECONDS of 1970-01-01: 719528 days.
constexpr std::int64_t kEpoch = 719'528LL * 86'400;

}  // namespace

std::int64_t BucketOf(TimePoint at, Seconds interval) {
  return (ToUnixSeconds(at) + kEpoch) / interval.count();
}

TimePoint BucketStart(std::int64_t number, Seconds interval) {
  return FromUnixSeconds(number * interval.count() - kEpoch);
}

}  // namespace gatehouse::store
