// The outbox (SPEC M2). Enqueue inside the transaction that causes the mail. Mailers claim due
// messages for a while; a claim that runs out (a mailer died) is free again.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::store {

struct OutboxMail {
  MailId id;
  std::optional<TenantId> tenant_id;
  std::string kind;
  std::string recipient;
  std::string recipient_key;  // 32 bytes
  std::string message;        // RFC 5322; empty with `is_void`
  bool is_void = false;       // never sent: keeps the cost of both cases alike
  int tries = 0;
  TimePoint created_at;
};

Status Enqueue(db::Executor& ex, const OutboxMail& mail);
// Mails to this recipient since `since`; void ones do not count, else asking would prolong itself.
Result<std::int64_t> CountForRecipient(db::Executor& ex, std::string_view recipient_key,
                                       TimePoint since);
// Claims up to `limit` due messages for `claimer` until `until`, oldest first. Safe with several
// mailers: a message is claimed by one at a time.
Result<std::vector<OutboxMail>> ClaimDue(db::Executor& ex, const Uuid& claimer, TimePoint now,
                                         TimePoint until, int limit);
// These three settle a claim: kNotFound where `claimer` no longer holds it.
// Accepted: the body is erased.
Status MarkSent(db::Executor& ex, MailId id, const Uuid& claimer, TimePoint now);
Status MarkRetry(db::Executor& ex, MailId id, const Uuid& claimer, TimePoint next_try_at,
                 std::string_view error, bool count_try);
// Given up: the body is erased, the row stays for the administrator.
Status MarkFailed(db::Executor& ex, MailId id, const Uuid& claimer, TimePoint now,
                  std::string_view error);
// Makes everything that waits for a retry due now (after the mail server came back).
Status WakeAll(db::Executor& ex, TimePoint now);

struct OutboxState {
  std::int64_t queued = 0, failed = 0;
  std::optional<TimePoint> oldest_queued_at;
};
Result<OutboxState> ReadOutboxState(db::Executor& ex);

}  // namespace gatehouse::store
