// Sending the outbox (SPEC M2; the mailer process calls this in a loop).
//
// Order of things, so that a crash at any point loses no mail: claim (with an end), hand to the
// server, mark sent. A message is sent again only where the server's acceptance was not heard or
// not recorded. One bad message stops nothing: each has its own count and back-off.
//   refused (5xx to the message)     tried again after 60 s, 5 min, 30 min, then given up
//   deferred (4xx, broken off)       10 s, 20 s, 40 s … at most 100 s apart, given up after 3 days
//   server unreachable               no try is counted; tried again after 5 s
#pragma once

#include <functional>
#include <string>

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
  std::string unreachable_detail;
};

// Sleeps that long, or until the process is asked to end. False where it is.
using Pause = std::function<bool(Millis)>;

// One round: claims up to `limit` due messages and sends them; stops early where the server cannot
// be reached, its claims come near their end, or `pause` says to end. Logs one line per message
// that failed, without address or content; an unreachable server is for the caller to log. Where
// MariaDB goes away between a server's yes and our record of it, recording is tried until it is
// back (some seconds more once asked to end): that message must not be sent twice.
Result<DeliveryReport> DeliverDue(db::Database& db, SmtpClient& smtp, const std::string& from,
                                  const Uuid& mailer, const Clock& clock, int limit,
                                  const Pause& pause);

// How long a claim lasts. The SmtpClient's timeout must be under half of it.
inline constexpr Seconds kClaim{60};

}  // namespace gatehouse::auth
