#include "sql/store/audit.h"

#include "sql/store/outcome.h"

namespace gatehouse::store {
namespace {

const db::Sql kInsert{"audit.insert",
                      "INSERT INTO audit_events (id, event, tenant_id, actor_id, target_type,"
                      " target_id, ip, request_id, created_at, before_json, after_json,"
                      " actor_tenant_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"};

}  // namespace

Status InsertAudit(db::Executor& ex, const AuditEvent& event) {
  return Done(ex.Execute(
      kInsert, {event.id, event.event, event.tenant_id, event.actor_id, event.target_type,
                event.target_id, event.ip, event.request_id, event.created_at, event.before_json,
                event.after_json, event.actor_tenant_id}));
}

}  // namespace gatehouse::store
