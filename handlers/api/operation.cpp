// For monitors (SPEC A2).
#include "fcgi/lib/json.h"
#include "fcgi/run/log.h"
#include "fcgi/run/metrics.h"
#include "handlers/api/endpoints.h"
#include "handlers/api/problem.h"
#include "handlers/auth/proof_cache.h"
#include "sql/db/migrate.h"
#include "sql/store/outbox.h"

namespace gatehouse::api {
namespace {

constexpr Millis kProbeTime{2000};

http::Response NotReady(const Call& call, std::string_view part) {
  return Problem(MakeError(ErrorCode::kUnavailable), call.caller.request_id, false,
                 "Not ready: " + std::string(part) + ".");
}

}  // namespace

Result<http::Response> GetHealth(Call& /*call*/) {
  return http::Response::Json(200, R"({"status":"alive"})");
}

Result<http::Response> GetReady(Call& call) {
  const Deadline deadline = call.caller.deadline.Within(kProbeTime);
  if (const auto ping = call.services.db.Ping(deadline); !ping.ok()) {
    log::Warn("ready.mariadb", {{"reason", ping.error().inner}});
    return NotReady(call, "mariadb");
  }
  const auto current = db::IsCurrent(*call.services.db.Auto(deadline));
  if (!current.ok()) return NotReady(call, "mariadb");
  if (!*current) return NotReady(call, "migrations");
  const bool cache = call.services.proofs.Ping();
  return http::Response::Json(200, cache ? R"({"status":"ready","degraded":[]})"
                                         : R"({"status":"degraded","degraded":["memcached"]})");
}

Result<http::Response> GetMetrics(Call& call) {
  std::string text = Metrics::Instance().Render();
  const auto outbox =
      store::ReadOutboxState(*call.services.db.Auto(call.caller.deadline.Within(kProbeTime)));
  if (outbox.ok()) {
    const auto gauge = [&](std::string_view name, std::string_view help, std::int64_t value) {
      text.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
      text.append(name).append(" gauge\n").append(name).append(" ");
      text.append(std::to_string(value)).append("\n");
    };
    gauge("gatehouse_outbox_queued", "Mails waiting to be sent.", outbox->queued);
    gauge("gatehouse_outbox_failed", "Mails given up.", outbox->failed);
    const auto age = outbox->oldest_queued_at
                         ? std::chrono::floor<Seconds>(call.caller.now - *outbox->oldest_queued_at)
                         : Seconds(0);
    gauge("gatehouse_outbox_oldest_seconds", "Age of the oldest waiting mail.", age.count());
  }
  return http::Response{200, "text/plain; version=0.0.4; charset=utf-8", std::move(text), {}};
}

}  // namespace gatehouse::api
