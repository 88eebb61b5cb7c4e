#include "handlers/auth/audit.h"

#include "sql/store/audit.h"

namespace gatehouse::auth {

Status Audit(const Services& services, db::Executor& ex, const Caller& caller,
             const AuditEntry& entry) {
  const TimePoint now = services.clock.Now();
  return store::InsertAudit(
      ex, {EventId::New(now, services.entropy), std::string(entry.event), entry.tenant, entry.actor,
           std::string(entry.target_type), entry.target_id, caller.ip, caller.request_id, now,
           entry.before, entry.after, entry.actor_tenant});
}

AuditEntry ByActor(const Actor& actor, std::string_view event, std::string_view target_type,
                   std::string target_id, std::optional<std::string> before,
                   std::optional<std::string> after) {
  AuditEntry entry{event,           actor.tenant,         actor.id(),
                   target_type,     std::move(target_id), std::move(before),
                   std::move(after)};
  if (entry.actor && actor.who.tenant_id != actor.tenant) entry.actor_tenant = actor.who.tenant_id;
  return entry;
}

}  // namespace gatehouse::auth
