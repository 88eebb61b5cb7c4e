// The audit log (SPEC A1): append-only for the application's account.
#pragma once

#include <optional>
#include <string>

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

}  // namespace gatehouse::store
