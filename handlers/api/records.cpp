// Sign-in attempts and the audit log, for administrators.
#include <algorithm>

#include "handlers/api/endpoints.h"
#include "handlers/api/lists.h"
#include "handlers/api/paging.h"
#include "handlers/api/views.h"
#include "sql/store/audit.h"

namespace gatehouse::api {
namespace {

// What a platform administrator and others of their tenant did in other tenants or in none is shown
// to platform administrators where they have named no tenant; to nobody else.
bool SeesAbroad(const Call& call) {
  if (!call.principal->platform_admin || call.tenant_id != call.principal->tenant_id) return false;
  if (call.request.query().empty()) return true;
  const auto pairs = http::ParseUrlEncoded(call.request.query());
  return pairs.ok() && std::none_of(pairs->begin(), pairs->end(),
                                    [](const auto& pair) { return pair.first == "tenant_id"; });
}

}  // namespace

Result<http::Response> GetAttempts(Call& call) { return AttemptsOf(call, std::nullopt); }

Result<http::Response> GetAudit(Call& call) {
  GH_ASSIGN(const Page page, ReadPage(call.query));
  store::AuditFilter filter;
  filter.actor_id = call.query.OptionalId<UserId>("actor_id");
  filter.target_id = call.query.OptionalText("target_id");
  filter.event = call.query.OptionalText("event");
  filter.from = call.query.OptionalTime("from");
  filter.to = call.query.OptionalTime("to");
  std::optional<store::AuditCursor> after;
  if (page.after) after = store::AuditCursor{*page.AfterTime(), EventId{page.after->id}};
  GH_ASSIGN(const auto rows,
            store::ListAudit(*call.services.db.Auto(call.caller.deadline), call.tenant_id, filter,
                             SeesAbroad(call), after, page.ascending, page.limit + 1));
  return ListAnswer(
      rows, page,
      [](const store::AuditEvent& row) {
        return Cursor{TimeKey(row.created_at), row.id.uuid};
      },
      WriteAudit);
}

}  // namespace gatehouse::api
