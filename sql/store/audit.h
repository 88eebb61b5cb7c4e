// The audit log (SPEC A1): append-only for the application's account.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/db/database.h"

namespace gatehouse::store {

struct AuditEvent {
  EventId id;
  std::string event;  // one of handlers/auth/audit.h
  std::optional<TenantId> tenant_id;
  std::optional<UserId> actor_id;
  std::string target_type;
  std::optional<std::string> target_id;
  std::string ip, request_id;
  TimePoint created_at;
  std::optional<std::string> before_json, after_json;  // never a secret
  std::optional<TenantId> actor_tenant_id{};  // of an actor from another tenant than `tenant_id`
};

Status InsertAudit(db::Executor& ex, const AuditEvent& event);

struct AuditFilter {
  std::optional<UserId> actor_id;
  std::optional<std::string> target_id, event;
  std::optional<TimePoint> from, to;  // from <= created_at < to
};
// Where the page before ended.
struct AuditCursor {
  TimePoint created_at;
  EventId id;
};
// Newest first unless `ascending`. What happened in the tenant, and with `include_abroad` also what
// its people did in other tenants and in none: that is for platform administrators only.
Result<std::vector<AuditEvent>> ListAudit(db::Executor& ex, TenantId tenant,
                                          const AuditFilter& filter, bool include_abroad,
                                          const std::optional<AuditCursor>& after, bool ascending,
                                          int limit);

}  // namespace gatehouse::store
