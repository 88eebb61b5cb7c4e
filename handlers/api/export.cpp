// Everything that is stored about the caller (SPEC U7), as one document.
#include <algorithm>

#include "handlers/api/endpoints.h"
#include "handlers/api/views.h"
#include "handlers/auth/session.h"
#include "handlers/auth/tenant.h"
#include "handlers/auth/user_admin.h"
#include "sql/store/attempts.h"
#include "sql/store/audit.h"

namespace gatehouse::api {
namespace {

constexpr int kBatch = 1000;
// Of each kind the newest: years of sign-ins. Who makes more of them does so on purpose.
constexpr std::size_t kMaxRows = 5000;

Status WriteAttempts(json::Writer& out, db::Executor& ex, const auth::Principal& who) {
  store::AttemptFilter filter;
  filter.user_id = who.user_id;
  std::optional<store::AttemptCursor> after;
  for (std::size_t written = 0; written < kMaxRows;) {
    GH_ASSIGN(const auto rows,
              store::ListAttempts(ex, who.tenant_id, filter, after, false, kBatch));
    for (const auto& row : rows) WriteAttempt(out, row);
    if (rows.size() < kBatch) break;
    written += rows.size();
    after = store::AttemptCursor{rows.back().created_at, rows.back().id};
  }
  return {};
}

// What others did to the account is told without where they did it from.
Status WriteEvents(json::Writer& out, db::Executor& ex, const auth::Principal& who,
                   const store::AuditFilter& filter, bool of_others) {
  std::optional<store::AuditCursor> after;
  for (std::size_t seen = 0; seen < kMaxRows;) {
    GH_ASSIGN(auto rows, store::ListAudit(ex, who.tenant_id, filter, false, after, false, kBatch));
    for (auto& row : rows) {
      const bool own = row.actor_id == who.user_id;
      if (of_others && own) continue;
      if (!own && row.actor_id) row.ip.clear();
      WriteAudit(out, row);
    }
    if (rows.size() < kBatch) break;
    seen += rows.size();
    after = store::AuditCursor{rows.back().created_at, rows.back().id};
  }
  return {};
}

}  // namespace

Result<http::Response> GetMyExport(Call& call) {
  const auth::Principal& who = *call.principal;
  const auto ex = call.services.db.Auto(call.caller.deadline);
  GH_ASSIGN(const auto view, auth::FindUserView(*ex, who.tenant_id, who.user_id));
  GH_ASSIGN(const auto sessions,
            auth::ListSessions(call.services, call.caller, who.tenant_id, who.user_id));
  GH_ASSIGN(const auto tenant, auth::LoadTenantContext(*ex, who.tenant_id));
  json::Writer out;
  out.BeginObject().Member("exported_at", ToRfc3339(call.services.clock.Now())).Key("user");
  WriteUser(out, view.user, view.grants);
  out.Key("sessions").BeginArray();
  for (const auto& session : sessions) {
    WriteSession(out, session, tenant.settings, session.id == who.session_id);
  }
  GH_ASSIGN(const auto accounts, auth::LinkedAccounts(call.services, call.caller, who));
  out.EndArray().Key("identities").BeginArray();
  for (const auto& account : accounts) WriteIdentity(out, account);
  out.EndArray().Key("login_attempts").BeginArray();
  GH_TRY(WriteAttempts(out, *ex, who));
  out.EndArray().Key("audit_events").BeginArray();
  store::AuditFilter by_me;
  by_me.actor_id = who.user_id;
  GH_TRY(WriteEvents(out, *ex, who, by_me, false));
  store::AuditFilter on_me;
  on_me.target_id = who.user_id.ToString();
  GH_TRY(WriteEvents(out, *ex, who, on_me, true));
  auto response = http::Response::Json(200, out.EndArray().EndObject().Take());
  response.Header("Content-Disposition", "attachment; filename=\"gatehouse-export.json\"");
  return response;
}

}  // namespace gatehouse::api
