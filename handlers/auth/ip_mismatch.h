// Tokens used from another address than their session is bound to (SPEC S5), on record.
#pragma once

#include <string_view>

#include "handlers/auth/services.h"
#include "sql/db/database.h"

namespace gatehouse::auth {

struct IpMismatch {
  TenantId tenant;
  UserId user;
  SessionId session;
  std::string_view token;  // "access" or "refresh"
};

inline constexpr int kMismatchesAnHour = 20;

// One audit event, unless enough is on record: whoever hammers with a stolen token writes one event
// an hour for each address and kind of token, and no more than kMismatchesAnHour for a session,
// however many addresses they have. Inside a transaction; takes the session's row lock.
Status RecordIpMismatch(const Services& services, db::Executor& ex, const Caller& caller,
                        const IpMismatch& mismatch);

}  // namespace gatehouse::auth
