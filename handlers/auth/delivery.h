// Sending the outbox (SPEC M2; the mailer process calls this in a loop).
//
// Order of things, so that a crash at any point loses no mail: claim (with an end), hand to the
// server, mark sent. A message is sent again only where the server's acceptance was not heard or
// not recorded. One bad message stops nothing: each has its own count and back-off.
//   refused (5xx to the message)     tried again after 60 s, 5 min, 30 min, then given up
//   deferred (4xx, broken off)       10 s, 20 s, 40 s … at most 100 s apart, given up after 3 days
//   server unreachable               no try is counted; all wait at most 30 s
#pragma once

#include "fcgi/base/clock.h"
#include "fcgi/base/entropy.h"
#include "fcgi/lib/smtp.h"
#include "sql/db/database.h"
#include "sql/store/outbox.h"

namespace gatehouse::auth {

// Pure: what becomes of a message after an outcome. `tries` counts those before this one.
struct NextStep {
  enum class Kind { kSent, kRetry, kGiveUp } kind;
  Seconds wait{0};
  bool count_try = true;
};
NextStep AfterDelivery(SmtpOutcome outcome, int tries, Seconds age);

struct DeliveryReport {
  int sent = 0, retried = 0, given_up = 0;
  bool server_unreachable = false;
};

// One round: claims up to `limit` due messages and sends them. Logs one line per failure, without
// address or content.
Result<DeliveryReport> DeliverDue(db::Database& db, SmtpClient& smtp, const std::string& from,
                                  const Uuid& mailer, const Clock& clock, int limit);

}  // namespace gatehouse::auth
