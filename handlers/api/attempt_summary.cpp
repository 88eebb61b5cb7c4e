// GET /auth/login-attempts/summary (SPEC W3).
#include "handlers/auth/attempt_summary.h"

#include "handlers/api/endpoints.h"
#include "handlers/api/paging.h"

namespace gatehouse::api {

Result<http::Response> GetAttemptSummary(Call& call) {
  using Fault = auth::SummaryRange::Fault;
  const auto range = auth::RangeOf(call.query.OptionalTime("from"), call.query.OptionalTime("to"),
                                   call.caller.now);
  const auto fault = range.Check();
  if (fault == Fault::kBackwards) {
    // The bound that was given is at fault, not the one that is made up for it.
    return InvalidQuery(call.query.Has("to") ? "to" : "from", "The range ends before it begins.");
  }
  if (fault == Fault::kTooLong) {
    return InvalidQuery("from", "The range is longer than 92 days.");
  }
  GH_ASSIGN(const auto items,
            auth::SummarizeAttempts(call.services, call.caller, call.tenant_id, range));
  json::Writer out;
  out.BeginObject().Member("from", ToRfc3339(range.from)).Member("to", ToRfc3339(range.to));
  out.Member("interval", std::int64_t{range.interval().count()}).Key("items").BeginArray();
  for (const auto& item : items) {
    out.BeginObject().Member("start", ToRfc3339(item.start));
    out.Member("succeeded", item.succeeded).Member("failed", item.failed).EndObject();
  }
  return http::Response::Json(200, out.EndArray().EndObject().Take());
}

}  // namespace gatehouse::api
