// POST /auth/refresh (SPEC T6), declared in session.h.
#include <algorithm>

#include "fcgi/lib/json.h"
#include "fcgi/run/log.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/ip_mismatch.h"
#include "handlers/auth/live_tokens.h"
#include "handlers/auth/proof_cache.h"
#include "handlers/auth/session.h"

namespace gatehouse::auth {
namespace {

// What the transaction found; committed in every case, so that the end of a stolen session stays.
struct Outcome {
  std::optional<SessionGrant> grant;
  std::optional<Error> refused;
  bool ended = false;
};

Outcome Refused(std::string reason, ErrorCode code = ErrorCode::kInvalidRefreshToken) {
  return {std::nullopt, MakeError(code, std::move(reason)), false};
}

Result<Outcome> EndForReuse(Services& services, db::Executor& ex, const Caller& caller,
                            const store::Session& session) {
  GH_TRY(store::RevokeSession(ex, session.tenant_id, session.id, services.clock.Now(), "reuse"));
  json::Writer after;
  after.BeginObject().Member("user_id", session.user_id.ToString()).EndObject();
  GH_TRY(Audit(services, ex, caller,
               {event::kReuseDetected, session.tenant_id, session.user_id, "session",
                session.id.ToString(), std::nullopt, after.Take()}));
  Outcome out = Refused("reuse of an older token");
  out.ended = true;
  return out;
}

Result<Outcome> RefreshIn(Services& services, db::Executor& ex, const Caller& caller,
                          const RefreshToken& token, bool from_allowed_origin) {
  GH_ASSIGN(auto session, store::LockSession(ex, token.tenant, token.session));
  if (!session) return Refused("no such session");
  const auto row_key = OpenRowKey(services.keys, *session);
  if (!row_key || !HasValidMac(token, row_key->Reveal())) return Refused("mac");
  const TimePoint now = services.clock.Now();
  if (session->revoked_at) {
    Outcome out = Refused("revoked");
    out.ended = true;  // the cache may not have heard
    return out;
  }
  if (now >= session->expires_at) return Refused("session ended");
  GH_ASSIGN(const auto found, FindTenantContext(ex, session->tenant_id));
  if (!found) return Refused("the tenant is gone");
  const TenantContext& tenant = *found;
  const auto decision =
      DecideRefresh(token.generation, session->refresh_generation, session->refresh_rotated_at,
                    tenant.settings.refresh_grace, now);
  // First of all, wherever it comes from and however long ago: a stolen session ends.
  if (decision == RefreshDecision::kReuse) return EndForReuse(services, ex, caller, *session);
  if (decision == RefreshDecision::kFromTheFuture) {
    log::Err("refresh.from_the_future", {{"session_id", session->id.ToString()}});
    return Refused("newer than the row: was data lost?");
  }
  if (session->cookie_mode && !from_allowed_origin) {
    return Refused("cookies for another site", ErrorCode::kOriginNotAllowed);
  }
  const auto idle_end = IdleEnd(*session, tenant.settings);
  if (idle_end && now >= *idle_end) return Refused("idle");
  if (!IsAtHome(*session, tenant.settings, caller.ip)) {
    GH_TRY(RecordIpMismatch(services, ex, caller,
                            {session->tenant_id, session->user_id, session->id, "refresh"}));
    return Refused("another address");
  }

  GH_ASSIGN(auto user, store::FindUser(ex, session->tenant_id, session->user_id));
  if (!user || user->status != store::UserStatus::kActive || tenant.row.suspended) {
    return Refused("user or tenant not active");
  }
  GH_ASSIGN(auto grants, store::GrantsOf(ex, user->tenant_id, user->id));
  if (ExceedsFirstFactor(session->amr, session->by_installation, grants)) {
    return Refused("a platform administrator by a tenant's own provider");
  }
  if (tenant.SubscriptionEnded(now) &&
      StopsAtSubscriptionsEnd(user->is_tenant_admin, grants.platform_admin)) {
    return Refused("subscription", ErrorCode::kSubscriptionExpired);
  }
  if (decision == RefreshDecision::kRotate) {
    session->refresh_generation += 1;
    session->refresh_rotated_at = now;
    GH_TRY(store::RotateRefresh(ex, session->tenant_id, session->id, session->refresh_generation,
                                now));
  }
  session->last_active_at = now;
  GH_TRY(store::TouchSession(ex, session->tenant_id, session->id, now, Millis(0)));
  Outcome out;
  out.grant = MakeGrant(services, std::move(*session), std::move(*user), std::move(grants),
                        tenant.settings, *row_key, now);
  return out;
}

}  // namespace

Result<std::optional<RenewedToken>> RenewIfDue(Services& services, const Principal& principal,
                                               TimePoint now) {
  if (!principal.renewal_due) return std::optional<RenewedToken>();
  if (principal.subscription_ended &&
      StopsAtSubscriptionsEnd(principal.tenant_admin, principal.platform_admin)) {
    return MakeError(ErrorCode::kSubscriptionExpired);
  }
  const TokenSubject subject{principal.user_id,
                             principal.tenant_id,
                             principal.session_id,
                             principal.identity->email,
                             principal.identity->name,
                             principal.identity->roles,
                             principal.identity->permissions.Strings(),
                             principal.identity->branch_id,
                             principal.identity->restaurant_id,
                             principal.identity->amr,
                             principal.authenticated_at,
                             principal.roles_as_csv,
                             principal.with_permissions};
  const TimePoint expires = std::min(now + principal.access_ttl, principal.session_expires_at);
  return std::optional(RenewedToken{
      services.tokens.Issue(subject, Uuid::V7(now, services.entropy), now, expires), expires});
}

Result<SessionGrant> Refresh(Services& services, const Caller& caller, std::string_view token,
                             bool from_allowed_origin) {
  const auto parsed = ParseRefreshToken(token);
  if (!parsed) return MakeError(ErrorCode::kInvalidRefreshToken, "malformed");
  GH_ASSIGN(Outcome outcome, services.db.Transact<Outcome>(caller.deadline, [&](db::Executor& ex) {
    return RefreshIn(services, ex, caller, *parsed, from_allowed_origin);
  }));
  if (outcome.ended) services.proofs.Revoke(parsed->tenant, parsed->session);
  if (outcome.refused) return std::move(*outcome.refused);
  return std::move(*outcome.grant);
}

}  // namespace gatehouse::auth
