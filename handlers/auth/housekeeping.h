// Removing what has expired (the mailer does it now and then). How long things are kept:
//   sessions                30 days past their end
//   links                    1 day past their expiry
//   challenges               to their expiry
//   OAuth states             to their expiry
//   mail                     7 days, once delivered or given up
//   lockouts                 2 days since the last attempt
//   attempts               400 days
//   pending registrations    7 days, where no link to them lives
//   Idempotency-Key answers   1 day
//   devices                400 days since they were last seen
// Deleted tenants go with all that is theirs, but for attempts and the audit log.
#pragma once

#include <cstdint>

#include "handlers/auth/delivery.h"
#include "sql/db/database.h"

namespace gatehouse::auth {

// Works in batches of `batch` rows, with a breath between two, so that no statement holds many
// locks, and no more than ten batches of a kind: mail waits meanwhile. Returns the number of rows
// removed, where there may be more; stops early where `pause` says to end.
Result<std::uint64_t> PurgeExpired(db::Database& db, const Clock& clock, int batch,
                                   const Pause& pause);

}  // namespace gatehouse::auth
