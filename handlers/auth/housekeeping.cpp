#include "handlers/auth/housekeeping.h"

#include <array>
#include <string_view>

#include "fcgi/run/log.h"
#include "sql/store/purge.h"

namespace gatehouse::auth {
namespace {

using std::chrono::days;

constexpr Millis kBatchDeadline{10000};
constexpr Millis kBreath{20};
// Of a kind, before mail is looked at again; the rest goes the next time.
constexpr int kBatchesAtOnce = 10;

struct Kind {
  std::string_view name;
  days keep;
  Result<std::uint64_t> (*purge)(db::Executor& ex, TimePoint now, TimePoint before, int limit);
};

// store functions that do not ask for the present.
template <auto Purge>
Result<std::uint64_t> Before(db::Executor& ex, TimePoint /*now*/, TimePoint before, int limit) {
  return Purge(ex, before, limit);
}

// Deletion itself says that they may go.
Result<std::uint64_t> Tenants(db::Executor& ex, TimePoint /*now*/, TimePoint /*before*/,
                              int limit) {
  return store::PurgeDeletedTenants(ex, limit);
}

// Links before pending registrations: those are held by their links.
// Deleted tenants last: they can be large, and what else expires does not wait for them.
constexpr std::array<Kind, 12> kKinds = {{
    {"sessions", days(30), &Before<&store::PurgeSessions>},
    {"links", days(1), &Before<&store::PurgeLinks>},
    {"challenges", days(0), &Before<&store::PurgeChallenges>},
    {"oauth_states", days(0), &Before<&store::PurgeOAuthStates>},
    {"oauth_codes", days(0), &Before<&store::PurgeOAuthCodes>},
    {"outbox", days(7), &Before<&store::PurgeOutbox>},
    {"lockouts", days(2), &Before<&store::PurgeLockouts>},
    {"attempts", days(400), &Before<&store::PurgeAttempts>},
    {"pending", days(7), &store::PurgePending},
    {"idempotency_keys", days(1), &Before<&store::PurgeIdempotencyKeys>},
    {"devices", days(400), &Before<&store::PurgeDevices>},
    {"deleted_tenants", days(0), &Tenants},
}};

}  // namespace

Result<std::uint64_t> PurgeExpired(db::Database& db, const Clock& clock, int batch,
                                   const Pause& pause) {
  std::uint64_t total = 0;
  for (const Kind& kind : kKinds) {
    std::uint64_t removed = 0;
    for (int batches = 0; batches < kBatchesAtOnce; ++batches) {
      const TimePoint now = clock.Now();
      GH_ASSIGN(const auto n,
                kind.purge(*db.Auto(Deadline::In(kBatchDeadline)), now, now - kind.keep, batch));
      removed += n;
      if (!pause(kBreath)) return total + removed;
      if (n < static_cast<std::uint64_t>(batch)) break;
    }
    if (removed > 0) {
      log::Info("purge.removed",
                {{"kind", kind.name}, {"rows", static_cast<std::int64_t>(removed)}});
    }
    total += removed;
  }
  return total;
}

}  // namespace gatehouse::auth
