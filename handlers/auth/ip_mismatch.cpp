#include "handlers/auth/ip_mismatch.h"

#include <algorithm>
#include <chrono>

#include "fcgi/lib/json.h"
#include "handlers/auth/audit.h"
#include "sql/store/audit.h"
#include "sql/store/sessions.h"

namespace gatehouse::auth {
namespace {

constexpr std::chrono::hours kOnRecord{1};

}  // namespace

Status RecordIpMismatch(const Services& services, db::Executor& ex, const Caller& caller,
                        const IpMismatch& mismatch) {
  // Of several workers that notice at once, the second sees what the first has written.
  GH_ASSIGN(const auto session, store::LockSession(ex, mismatch.tenant, mismatch.session));
  if (!session) return {};
  json::Writer after;
  after.BeginObject().Member("user_id", mismatch.user.ToString());
  after.Member("token", mismatch.token).Member("session_ip", session->ip).EndObject();
  const std::string text = after.Take();
  store::AuditFilter filter;
  filter.target_id = mismatch.session.ToString();
  filter.event = std::string(event::kIpMismatch);
  filter.from = services.clock.Now() - kOnRecord;
  GH_ASSIGN(const auto recent, store::ListAudit(ex, mismatch.tenant, filter, false, std::nullopt,
                                                false, kMismatchesAnHour));
  const bool known = std::any_of(recent.begin(), recent.end(), [&](const store::AuditEvent& e) {
    return e.ip == caller.ip && e.after_json == text;
  });
  if (known || recent.size() >= std::size_t{kMismatchesAnHour}) return {};
  return Audit(services, ex, caller,
               {event::kIpMismatch, mismatch.tenant, mismatch.user, "session",
                mismatch.session.ToString(), std::nullopt, text});
}

}  // namespace gatehouse::auth
