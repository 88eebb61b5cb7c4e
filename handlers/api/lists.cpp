#include "handlers/api/lists.h"

#include <algorithm>

#include "handlers/api/paging.h"
#include "handlers/api/views.h"
#include "handlers/auth/identifier.h"
#include "sql/store/attempts.h"

namespace gatehouse::api {
namespace {

// Ends a list: the cursor of its last row where more follow.
void EndList(json::Writer& out, const std::optional<Cursor>& next) {
  out.EndArray().Key("next_cursor");
  if (next) {
    out.String(EncodeCursor(*next));
  } else {
    out.Null();
  }
  out.EndObject();
}

}  // namespace

Result<http::Response> SessionsOf(Call& call, UserId user) {
  const auto tenant_id = call.principal->tenant_id;
  GH_ASSIGN(const Page page, ReadPage(call.query));
  GH_ASSIGN(auto sessions, auth::ListSessions(call.services, call.caller, tenant_id, user));
  GH_ASSIGN(const auto tenant,
            auth::LoadTenantContext(*call.services.db.Auto(call.caller.deadline), tenant_id));
  // Few rows a person: ordered and cut here.
  const auto key = [](const store::Session& s) { return std::pair(s.created_at, s.id.uuid); };
  std::sort(sessions.begin(), sessions.end(), [&](const auto& a, const auto& b) {
    return page.ascending ? key(a) < key(b) : key(b) < key(a);
  });
  if (page.after) {
    const auto end = std::pair(page.after->at, page.after->id);
    std::erase_if(sessions, [&](const store::Session& s) {
      return page.ascending ? key(s) <= end : key(s) >= end;
    });
  }
  const auto shown = std::min(sessions.size(), static_cast<std::size_t>(page.limit));
  json::Writer out;
  out.BeginObject().Key("items").BeginArray();
  for (std::size_t i = 0; i < shown; ++i) {
    WriteSession(out, sessions[i], tenant.settings, sessions[i].id == call.principal->session_id);
  }
  EndList(out,
          shown < sessions.size() && shown > 0
              ? std::optional(Cursor{sessions[shown - 1].created_at, sessions[shown - 1].id.uuid})
              : std::nullopt);
  return http::Response::Json(200, out.Take());
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
  if (page.after) after = store::AttemptCursor{page.after->at, AttemptId{page.after->id}};
  // One more than is shown tells whether there is a next page.
  GH_ASSIGN(const auto rows, store::ListAttempts(*call.services.db.Auto(call.caller.deadline),
                                                 call.principal->tenant_id, filter, after,
                                                 page.ascending, page.limit + 1));
  const auto shown = std::min(rows.size(), static_cast<std::size_t>(page.limit));
  json::Writer out;
  out.BeginObject().Key("items").BeginArray();
  for (std::size_t i = 0; i < shown; ++i) WriteAttempt(out, rows[i]);
  EndList(out, shown < rows.size()
                   ? std::optional(Cursor{rows[shown - 1].created_at, rows[shown - 1].id.uuid})
                   : std::nullopt);
  return http::Response::Json(200, out.Take());
}

}  // namespace gatehouse::api
