// GET /auth/outbox (SPEC W3): what became of the tenant's mails, and never what stood in them.
#include "handlers/api/endpoints.h"
#include "handlers/api/paging.h"
#include "handlers/auth/identifier.h"
#include "handlers/auth/mail_error.h"
#include "sql/store/outbox_list.h"

namespace gatehouse::api {
namespace {

std::optional<std::string> TimeText(const std::optional<TimePoint>& t) {
  return t ? std::optional(ToRfc3339(*t)) : std::nullopt;
}

void WriteMail(json::Writer& out, const store::ListedMail& mail) {
  const bool queued = mail.state == store::MailState::kQueued;
  out.BeginObject().Member("id", mail.id.ToString()).Member("kind", mail.kind);
  out.Member("recipient", mail.recipient).Member("state", store::ToString(mail.state));
  out.Member("tries", mail.tries);
  out.Member("next_try_at", queued ? TimeText(mail.next_try_at) : std::nullopt);
  out.Member("last_error", mail.last_error ? std::optional(auth::ShownMailError(*mail.last_error))
                                           : std::nullopt);
  out.Member("created_at", ToRfc3339(mail.created_at));
  out.Member("finished_at", TimeText(mail.finished_at)).EndObject();
}

}  // namespace

Result<http::Response> GetOutbox(Call& call) {
  GH_ASSIGN(const Page page, ReadPage(call.query));
  store::OutboxFilter filter;
  if (call.query.Has("state")) filter.state = store::ParseMailState(call.query.Text("state"));
  filter.kind = call.query.OptionalText("kind");
  if (call.query.Has("recipient")) {
    filter.recipient = auth::CanonicalEmail(call.query.Text("recipient"));
  }
  std::optional<store::OutboxCursor> after;
  if (page.after) after = store::OutboxCursor{*page.AfterTime(), MailId{page.after->id}};
  GH_ASSIGN(const auto rows,
            store::ListOutbox(*call.services.db.Auto(call.caller.deadline), call.tenant_id, filter,
                              after, page.ascending, page.limit + 1));
  return ListAnswer(
      rows, page,
      [](const store::ListedMail& row) {
        return Cursor{TimeKey(row.created_at), row.id.uuid};
      },
      WriteMail);
}

}  // namespace gatehouse::api
