#include "sql/store/outbox.h"

#include <utility>

#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

const db::Sql kEnqueue{"outbox.enqueue",
                       "INSERT INTO outbox (id, tenant_id, kind, recipient, recipient_key, message,"
                       " status, tries, next_try_at, created_at)"
                       " VALUES (?, ?, ?, ?, ?, IF(?, NULL, ?), IF(?, 'void', 'queued'), ?, ?, ?)"};
const db::Sql kCountForRecipient{
    "outbox.count_for_recipient",
    "SELECT COUNT(*) FROM outbox WHERE recipient_key = ? AND created_at >= ?"
    " AND status <> 'void'"};
const db::Sql kDue{"outbox.due",
                   "SELECT id, tenant_id, kind, recipient, recipient_key, message, tries,"
                   " created_at, claimed_by, claimed_until FROM outbox"
                   " WHERE status = 'queued' AND next_try_at <= ?"
                   " AND (claimed_until IS NULL OR claimed_until <= ?)"
                   " ORDER BY next_try_at, id LIMIT ?"};
// Only while the row is as kDue read it: of two mailers that read it so, one changes it.
const db::Sql kClaim{"outbox.claim",
                     "UPDATE outbox SET claimed_by = ?, claimed_until = ?"
                     " WHERE id = ? AND status = 'queued' AND next_try_at <= ?"
                     " AND claimed_by <=> ? AND claimed_until <=> ?"};
const db::Sql kMarkSent{"outbox.mark_sent",
                        "UPDATE outbox SET status = 'sent', message = NULL, tries = tries + 1,"
                        " finished_at = ?, claimed_by = NULL, claimed_until = NULL,"
                        " last_error = NULL"
                        " WHERE id = ? AND claimed_by = ? AND status = 'queued'"};
const db::Sql kMarkRetry{"outbox.mark_retry",
                         "UPDATE outbox SET next_try_at = ?, last_error = ?,"
                         " tries = tries + ?, claimed_by = NULL, claimed_until = NULL"
                         " WHERE id = ? AND claimed_by = ? AND status = 'queued'"};
const db::Sql kMarkFailed{"outbox.mark_failed",
                          "UPDATE outbox SET status = 'failed', message = NULL, tries = tries + 1,"
                          " finished_at = ?, last_error = ?, claimed_by = NULL,"
                          " claimed_until = NULL"
                          " WHERE id = ? AND claimed_by = ? AND status = 'queued'"};
const db::Sql kWakeAll{
    "outbox.wake_all",
    "UPDATE outbox SET next_try_at = ? WHERE status = 'queued' AND next_try_at > ?"};
const db::Sql kState{"outbox.state",
                     "SELECT (SELECT COUNT(*) FROM outbox WHERE status = 'queued'),"
                     " (SELECT COUNT(*) FROM outbox WHERE status = 'failed'),"
                     " (SELECT MIN(created_at) FROM outbox WHERE status = 'queued')"};

// A round in which other mailers took every row is followed by another, but not for ever.
constexpr int kClaimRounds = 5;

// What a mail server says is not always text; a column that refused it would keep the message from
// ever being settled.
std::string Printable(std::string_view error) {
  std::string out(error.substr(0, 255));
  for (char& c : out) {
    if (c < ' ' || c > '~') c = '?';
  }
  return out;
}

OutboxMail ReadMail(const db::Row& row) {
  OutboxMail mail;
  mail.id = row.As<MailId>(0);
  mail.tenant_id = row.OptionalAs<TenantId>(1);
  mail.kind = row.Text(2);
  mail.recipient = row.Text(3);
  mail.recipient_key = row.Text(4);
  mail.message = row.Text(5);
  mail.tries = static_cast<int>(row.Int(6));
  mail.created_at = row.Time(7);
  return mail;
}

}  // namespace

Status Enqueue(db::Executor& ex, const OutboxMail& mail) {
  return Done(ex.Execute(kEnqueue, {mail.id, mail.tenant_id, mail.kind, mail.recipient,
                                    mail.recipient_key, mail.is_void, mail.message, mail.is_void,
                                    mail.tries, mail.created_at, mail.created_at}));
}

Result<std::int64_t> CountForRecipient(db::Executor& ex, std::string_view recipient_key,
                                       TimePoint since) {
  GH_ASSIGN(const auto row, ex.QueryOne(kCountForRecipient, {recipient_key, since}));
  return row ? row->Int(0) : 0;
}

Result<std::vector<OutboxMail>> ClaimDue(db::Executor& ex, const Uuid& claimer, TimePoint now,
                                         TimePoint until, int limit) {
  std::vector<OutboxMail> claimed;
  for (int round = 0; claimed.empty() && round < kClaimRounds; ++round) {
    GH_ASSIGN(const auto due, ex.Query(kDue, {now, now, limit}));
    if (due.empty()) break;
    for (const db::Row& row : due) {
      GH_ASSIGN(const bool mine,
                Any(ex.Execute(kClaim, {claimer, until, row.As<MailId>(0), now, row.OptionalText(8),
                                        row.OptionalTime(9)})));
      if (mine) claimed.push_back(ReadMail(row));
    }
  }
  return claimed;
}

Status MarkSent(db::Executor& ex, MailId id, const Uuid& claimer, TimePoint now) {
  return OneRow(kMarkSent, ex.Execute(kMarkSent, {now, id, claimer}));
}

Status MarkRetry(db::Executor& ex, MailId id, const Uuid& claimer, TimePoint next_try_at,
                 std::string_view error, bool count_try) {
  return OneRow(kMarkRetry,
                ex.Execute(kMarkRetry, {next_try_at, Printable(error), count_try, id, claimer}));
}

Status MarkFailed(db::Executor& ex, MailId id, const Uuid& claimer, TimePoint now,
                  std::string_view error) {
  return OneRow(kMarkFailed, ex.Execute(kMarkFailed, {now, Printable(error), id, claimer}));
}

Status WakeAll(db::Executor& ex, TimePoint now) { return Done(ex.Execute(kWakeAll, {now, now})); }

Result<OutboxState> ReadOutboxState(db::Executor& ex) {
  GH_ASSIGN(const auto row, ex.QueryOne(kState, {}));
  if (!row) return OutboxState{};
  return OutboxState{row->Int(0), row->Int(1), row->OptionalTime(2)};
}

}  // namespace gatehouse::store
