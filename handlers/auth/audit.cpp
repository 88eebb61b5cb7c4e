#include "handlers/auth/audit.h"

#include "sql/store/audit.h"

namespace gatehouse::auth {

Status Audit(const Services& services, db::Executor& ex, const Caller& caller,
             const AuditEntry& entry) {
  const TimePoint now = services.clock.Now();
  return store::InsertAudit(
      ex, {EventId::New(now, services.entropy), std::string(entry.event), entry.tenant, entry.actor,
           std::string(entry.target_type), entry.target_id, caller.ip, caller.request_id, now,
           entry.before, entry.after});
}

}  // namespace gatehouse::auth
