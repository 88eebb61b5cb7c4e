#include "handlers/api/lists.h"

#include <algorithm>

#include "handlers/api/paging.h"
#include "handlers/api/views.h"
#include "handlers/auth/identifier.h"
#include "sql/store/attempts.h"

namespace gatehouse::api {
Result<http::Response> SessionsOf(Call& call, UserId user) {
  const auto tenant_id = call.tenant_id;
  GH_ASSIGN(const Page page, ReadPage(call.query));
  GH_ASSIGN(auto sessions, auth::ListSessions(call.services, call.caller, tenant_id, user));
  GH_ASSIGN(const auto tenant,
            auth::LoadTenantContext(*call.services.db.Auto(call.caller.deadline), tenant_id));
  const auto place = [](const store::Session& s) {
    return Cursor{TimeKey(s.created_at), s.id.uuid};
  };
  CutToPage(sessions, page, place);
  return ListAnswer(sessions, page, place, [&](json::Writer& out, const store::Session& session) {
    WriteSession(out, session, tenant.settings, session.id == call.principal->session_id);
  });
}

Result<http::Response> AttemptsOf(Call& call, std::optional<UserId> only) {
  GH_ASSIGN(const Page page, ReadPage(call.query));
  store::AttemptFilter filter;
  filter.user_id = only ? only : call.query.OptionalId<UserId>("user_id");
  if (call.query.Has("email")) filter.email = auth::CanonicalEmail(call.query.Text("email"));
  filter.ip = call.query.OptionalText("ip");
  if (call.query.Has("success")) filter.success = call.query.Bool("success");
  filter.from = call.query.OptionalTime("from");
  filter.to = call.query.OptionalTime("to");
  std::optional<store::AttemptCursor> after;
  if (page.after) after = store::AttemptCursor{*page.AfterTime(), AttemptId{page.after->id}};
  // One more than is shown tells whether there is a next page.
  GH_ASSIGN(const auto rows,
            store::ListAttempts(*call.services.db.Auto(call.caller.deadline), call.tenant_id,
                                filter, after, page.ascending, page.limit + 1));
  return ListAnswer(
      rows, page,
      [](const store::Attempt& row) {
        return Cursor{TimeKey(row.created_at), row.id.uuid};
      },
      WriteAttempt);
}

}  // namespace gatehouse::api
