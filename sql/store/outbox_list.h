// The outbox as a tenant's administrators see it (SPEC W3): never a message, nor anybody else's.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::store {

enum class MailState { kQueued, kSent, kFailed, kVoid };
std::string_view ToString(MailState state);
std::optional<MailState> ParseMailState(std::string_view text);

struct ListedMail {
  MailId id;
  std::string kind;
  std::string recipient;
  MailState state = MailState::kQueued;
  int tries = 0;
  TimePoint next_try_at;                  // says something only while queued
  std::optional<std::string> last_error;  // as the mail server said it
  TimePoint created_at;
  std::optional<TimePoint> finished_at;
};

struct OutboxFilter {
  std::optional<MailState> state;
  std::optional<std::string> kind, recipient;
};
// Where the page before ended.
struct OutboxCursor {
  TimePoint created_at;
  MailId id;
};
// Newest first unless `ascending`. Mails of no tenant are nobody's.
Result<std::vector<ListedMail>> ListOutbox(db::Executor& ex, TenantId tenant,
                                           const OutboxFilter& filter,
                                           const std::optional<OutboxCursor>& after, bool ascending,
                                           int limit);

}  // namespace gatehouse::store
