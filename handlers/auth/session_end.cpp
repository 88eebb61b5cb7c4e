#include "handlers/auth/session_end.h"

#include <algorithm>
#include <string>
#include <variant>

#include "handlers/auth/live_tokens.h"
#include "handlers/auth/session.h"

namespace gatehouse::auth {
namespace {

constexpr std::string_view kIdle = "idle";

std::string_view Told(std::string_view revoke_reason) {
  for (const auto& word : kEndWords) {
    if (word.revoke_reason == revoke_reason) return word.told;
  }
  return "revoked";
}

Error Refuse(std::string_view reason) {
  return MakeError(ErrorCode::kInvalidToken, std::string(reason));
}

}  // namespace

std::optional<SessionEnd> EndOf(const store::Session& session, const TenantSettings& settings,
                                TimePoint now) {
  const auto idle_end = IdleEnd(session, settings);
  if (session.revoked_at) {
    const std::string_view reason =
        session.revoke_reason ? std::string_view(*session.revoke_reason) : std::string_view();
    // That one was idle is noticed late: when its owner signs in again.
    const TimePoint at = reason == kIdle && idle_end ? std::min(*idle_end, *session.revoked_at)
                                                     : *session.revoked_at;
    return SessionEnd{Told(reason), at};
  }
  if (now >= session.expires_at && (!idle_end || *idle_end == session.expires_at)) {
    return SessionEnd{Told("expired"), session.expires_at};
  }
  if (idle_end && now >= *idle_end) return SessionEnd{Told(kIdle), *idle_end};
  return std::nullopt;
}

Result<SessionEnd> EndOfSession(Services& services, const Caller& caller, std::string_view token) {
  const auto verified = services.tokens.VerifyLate(token, caller.now, kEndToldFor);
  if (const auto* reject = std::get_if<TokenReject>(&verified)) return Refuse(reject->reason);
  const auto& claims = std::get<TokenClaims>(verified);
  GH_ASSIGN(const auto row, store::ReadGate(*services.db.Auto(caller.deadline), claims.tenant_id,
                                            claims.session_id));
  if (!row || row->session.user_id != claims.user_id) return Refuse("unknown session");
  if (row->tenant_suspended) return Refuse("tenant suspended");
  const TenantSettings settings = ParseSettings(row->tenant_settings);
  if (!IsAtHome(row->session, settings, caller.ip)) return Refuse("another address");
  const auto end = EndOf(row->session, settings, caller.now);
  if (!end) return Refuse("the session lives");
  if (caller.now - end->ended_at > kEndToldFor) return Refuse("ended long ago");
  return *end;
}

}  // namespace gatehouse::auth
