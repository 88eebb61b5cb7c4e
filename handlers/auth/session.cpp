#include "handlers/auth/session.h"

#include <algorithm>

#include "fcgi/base/net.h"
#include "fcgi/lib/json.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/live_tokens.h"
#include "handlers/auth/proof_cache.h"
#include "sql/store/challenges.h"

namespace gatehouse::auth {
namespace {

Status EndOne(Services& services, db::Executor& ex, const Caller& caller,
              const store::Session& session, std::optional<UserId> actor, std::string_view reason) {
  GH_ASSIGN(const bool ended,
            store::RevokeSession(ex, session.tenant_id, session.id, services.clock.Now(), reason));
  if (!ended) return {};
  json::Writer after;
  after.BeginObject().Member("user_id", session.user_id.ToString());
  after.Member("reason", std::string(reason)).EndObject();
  const bool logout = reason == "logout";
  return Audit(services, ex, caller,
               {logout ? event::kLogout : event::kSessionRevoked, session.tenant_id, actor,
                "session", session.id.ToString(), std::nullopt, after.Take()});
}

bool IsTenantsWord(std::string_view amr, bool by_installation) {
  return amr.substr(0, amr.find(',')) == kFederated && !by_installation;
}

// Between two hosts' clocks, when asking what ended a moment ago.
constexpr Seconds kClockSkew{2};

// What ended since then ended within the life of a proof, and the cache may not have been told.
TimePoint JustNow(const Services& services, TimePoint now) {
  return now - services.proofs.proof_ttl() - kClockSkew;
}

// Appends what else ended just now.
Status AddJustEnded(Services& services, db::Executor& ex, TenantId tenant, UserId user,
                    std::optional<SessionId> keep, EndedSessions& ended) {
  GH_ASSIGN(auto just,
            store::JustRevoked(ex, tenant, user, JustNow(services, services.clock.Now())));
  for (auto& session : just) {
    const bool told = std::any_of(ended.begin(), ended.end(),
                                  [&](const store::Session& s) { return s.id == session.id; });
    if (!told && (!keep || session.id != *keep)) ended.push_back(std::move(session));
  }
  return {};
}

template <class Condition>
EndedSessions TakeIf(std::vector<store::Session>& from, const Condition& condition) {
  EndedSessions out;
  const auto taken =
      std::stable_partition(from.begin(), from.end(), [&](const auto& s) { return !condition(s); });
  std::move(taken, from.end(), std::back_inserter(out));
  from.erase(taken, from.end());
  return out;
}

// Takes out of `live` what is over by idleness.
EndedSessions TakeIdle(std::vector<store::Session>& live, const TenantSettings& settings,
                       TimePoint now) {
  return TakeIf(live, [&](const store::Session& s) {
    const auto end = IdleEnd(s, settings);
    return end && now >= *end;
  });
}

// Which of the live sessions (oldest first) must go so that one more keeps within the limit.
EndedSessions Displaced(std::vector<store::Session> live, std::string_view device_id,
                        int max_sessions) {
  EndedSessions out =
      TakeIf(live, [&](const store::Session& s) { return s.device_id == device_id; });
  if (max_sessions > 0) {
    const auto room = static_cast<std::size_t>(max_sessions) - 1;
    const auto surplus = live.size() > room ? live.size() - room : 0;
    std::move(live.begin(), live.begin() + static_cast<std::ptrdiff_t>(surplus),
              std::back_inserter(out));
  }
  return out;
}

}  // namespace

bool ExceedsFirstFactor(std::string_view amr, bool by_installation, const store::Grants& grants) {
  return grants.platform_admin && IsTenantsWord(amr, by_installation);
}

Result<bool> ExceedsFirstFactor(db::Executor& ex, std::string_view amr, bool by_installation,
                                const store::User& user) {
  if (!IsTenantsWord(amr, by_installation)) return false;
  GH_ASSIGN(const auto grants, store::GrantsOf(ex, user.tenant_id, user.id));
  return ExceedsFirstFactor(amr, by_installation, grants);
}

std::optional<TimePoint> IdleEnd(const store::Session& session, const TenantSettings& settings) {
  if (settings.idle_timeout.count() == 0) return std::nullopt;
  return std::min(session.last_active_at + settings.idle_timeout, session.expires_at);
}

bool IsAtHome(const store::Session& session, const TenantSettings& settings, std::string_view ip) {
  if (settings.ip_binding == "strict") return IsSameIp(session.ip, ip);
  return settings.ip_binding != "subnet" || IsSameSubnet(session.ip, ip);
}

Result<NewSession> BeginSession(Services& services, db::Executor& ex, const Caller& caller,
                                const TenantContext& tenant, const store::User& user, SessionId id,
                                const FirstFactor& factor) {
  const Device& device = factor.device;
  const TimePoint now = services.clock.Now();
  GH_ASSIGN(auto live,
            store::RecentSessions(ex, user.tenant_id, user.id, now, JustNow(services, now)));
  EndedSessions just_ended = TakeIf(live, [](const auto& s) { return s.revoked_at.has_value(); });
  EndedSessions idle = TakeIdle(live, tenant.settings, now);
  for (const auto& session : idle) {
    GH_TRY(EndOne(services, ex, caller, session, user.id, "idle"));
  }
  NewSession out;
  out.ended = Displaced(std::move(live), device.id, tenant.settings.max_sessions);
  for (const auto& session : out.ended) {
    const bool same_device = session.device_id == device.id;
    GH_TRY(
        EndOne(services, ex, caller, session, user.id, same_device ? "replaced" : "other_device"));
  }
  std::move(idle.begin(), idle.end(), std::back_inserter(out.ended));
  std::move(just_ended.begin(), just_ended.end(), std::back_inserter(out.ended));
  auto row_key = NewRowKey(services.keys, id, services.entropy);
  out.row_key = std::move(row_key.key);
  store::Session& s = out.session;
  s.id = id;
  s.tenant_id = user.tenant_id;
  s.user_id = user.id;
  s.device_id = device.id;
  s.device_name = device.name;
  s.device_type = device.type;
  s.ip = caller.ip;
  s.user_agent = caller.user_agent;
  s.amr = factor.amr;
  s.by_installation = factor.by_installation;
  s.cookie_mode = factor.cookie_mode;
  s.authenticated_at = s.created_at = s.last_active_at = s.refresh_rotated_at = now;
  s.expires_at = now + tenant.settings.session_ttl;
  s.refresh_generation = 1;
  s.refresh_key = std::move(row_key.box);
  s.refresh_kid = std::move(row_key.kid);
  GH_TRY(store::InsertSession(ex, s));
  GH_ASSIGN(out.new_device, store::RememberDevice(ex, user.id, device.id, device.browser_id, now));
  return out;
}

SessionGrant MakeGrant(Services& services, store::Session session, store::User user,
                       store::Grants grants, const TenantSettings& settings, const Secret& row_key,
                       TimePoint now) {
  TokenSubject subject{user.id,
                       user.tenant_id,
                       session.id,
                       user.email,
                       user.DisplayName(),
                       {},
                       grants.permissions,
                       user.branch_id,
                       user.restaurant_id,
                       session.amr,
                       session.authenticated_at,
                       settings.roles_claim == "csv",
                       settings.permissions_claim};
  for (const auto& role : grants.roles) subject.roles.push_back(role.name);
  const TimePoint expires = std::min(now + settings.access_ttl, session.expires_at);
  SessionGrant out;
  out.access_token = services.tokens.Issue(subject, Uuid::V7(now, services.entropy), now, expires);
  out.issued_at = now;
  out.access_expires_at = expires;
  out.refresh_token = EncodeRefreshToken(session.tenant_id, session.id, session.refresh_generation,
                                         row_key.Reveal());
  out.session = std::move(session);
  out.user = std::move(user);
  out.grants = std::move(grants);
  out.settings = settings;
  return out;
}

void TellEnded(Services& services, const EndedSessions& ended) {
  // Of those that had ended before the cache knows, as a rule: one question for all of them, where
  // whoever signs in again and again would else pay for each.
  std::vector<ProofQuestion> before;
  for (const auto& session : ended) {
    if (session.revoked_at) {
      before.push_back({session.tenant_id, session.id});
    } else {
      services.proofs.Revoke(session.tenant_id, session.id);
    }
  }
  if (before.empty()) return;
  const auto answers = services.proofs.Find(before);
  for (std::size_t i = 0; i < before.size(); ++i) {
    if (answers[i].state == ProofAnswer::State::kRevoked) continue;
    services.proofs.Revoke(before[i].tenant, before[i].session);
  }
}

Status VoidProofs(Services& services, const Caller& caller, TenantId tenant, UserId user) {
  GH_ASSIGN(const auto live, store::LiveSessions(*services.db.Auto(caller.deadline), tenant, user,
                                                 services.clock.Now()));
  for (const auto& session : live) services.proofs.Invalidate(tenant, session.id);
  // Also what an earlier try ended, if it died before it told the cache.
  EndedSessions ended;
  GH_TRY(AddJustEnded(services, *services.db.Auto(caller.deadline), tenant, user, std::nullopt,
                      ended));
  TellEnded(services, ended);
  return {};
}

Result<EndedSessions> EndSessionsIn(Services& services, db::Executor& ex, const Caller& caller,
                                    TenantId tenant, UserId user, std::optional<UserId> actor,
                                    std::optional<SessionId> keep, std::string_view reason) {
  // The user's row lock keeps a racing sign-in from slipping a session in between.
  GH_ASSIGN(const auto locked, store::LockUser(ex, tenant, user));
  if (!locked) return MakeError(ErrorCode::kNotFound, "user");
  GH_ASSIGN(auto live, store::LiveSessions(ex, tenant, user, services.clock.Now()));
  if (keep) std::erase_if(live, [&](const store::Session& s) { return s.id == *keep; });
  for (const auto& session : live) GH_TRY(EndOne(services, ex, caller, session, actor, reason));
  // Nor does a sign-in that waits for its second factor survive.
  GH_TRY(store::TrimChallenges(ex, tenant, user, 0));
  GH_TRY(AddJustEnded(services, ex, tenant, user, keep, live));
  return live;
}

Result<int> EndSessions(Services& services, const Caller& caller, TenantId tenant, UserId user,
                        std::optional<UserId> actor, std::optional<SessionId> keep,
                        std::string_view reason) {
  GH_ASSIGN(const auto ended,
            services.db.Transact<EndedSessions>(caller.deadline, [&](db::Executor& ex) {
              return EndSessionsIn(services, ex, caller, tenant, user, actor, keep, reason);
            }));
  TellEnded(services, ended);
  return static_cast<int>(std::count_if(ended.begin(), ended.end(), [](const store::Session& s) {
    return !s.revoked_at;  // not one that had ended before
  }));
}

Status Logout(Services& services, const Caller& caller, const Principal& principal) {
  GH_TRY(services.db.Transact<void>(caller.deadline, [&](db::Executor& ex) -> Status {
    GH_ASSIGN(const auto session,
              store::LockSession(ex, principal.tenant_id, principal.session_id));
    if (!session) return {};
    return EndOne(services, ex, caller, *session, principal.user_id, "logout");
  }));
  // Also where it had ended before: an earlier attempt may have died between commit and cache.
  services.proofs.Revoke(principal.tenant_id, principal.session_id);
  return {};
}

Status EndOwnSession(Services& services, const Caller& caller, const Principal& principal,
                     SessionId id) {
  GH_TRY(services.db.Transact<void>(caller.deadline, [&](db::Executor& ex) -> Status {
    GH_ASSIGN(const auto session, store::LockSession(ex, principal.tenant_id, id));
    if (!session || session->user_id != principal.user_id ||
        services.clock.Now() >= session->expires_at) {
      return MakeError(ErrorCode::kNotFound, "session");
    }
    if (session->revoked_at) {
      services.proofs.Revoke(principal.tenant_id, id);  // the cache may not have heard
      return MakeError(ErrorCode::kNotFound, "session ended before");
    }
    return EndOne(services, ex, caller, *session, principal.user_id, "ended_by_user");
  }));
  services.proofs.Revoke(principal.tenant_id, id);
  return {};
}

Result<std::vector<store::Session>> ListSessions(Services& services, const Caller& caller,
                                                 TenantId tenant, UserId user) {
  const auto executor = services.db.Auto(caller.deadline);
  GH_ASSIGN(const auto found, store::FindUser(*executor, tenant, user));
  if (!found) return MakeError(ErrorCode::kNotFound, "user");
  GH_ASSIGN(const auto context, LoadTenantContext(*executor, tenant));
  return LivingSessions(*executor, context, user, caller.now);
}

Result<std::vector<store::Session>> LivingSessions(db::Executor& ex, const TenantContext& tenant,
                                                   UserId user, TimePoint now) {
  GH_ASSIGN(auto live, store::LiveSessions(ex, tenant.row.id, user, now));
  TakeIdle(live, tenant.settings, now);
  return live;
}

}  // namespace gatehouse::auth
