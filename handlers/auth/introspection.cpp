#include "handlers/auth/introspection.h"

#include <variant>

#include "fcgi/base/codec.h"
#include "fcgi/lib/json.h"
#include "fcgi/run/log.h"
#include "handlers/auth/audit.h"
#include "handlers/auth/gate.h"
#include "handlers/auth/live_tokens.h"
#include "handlers/auth/proof_cache.h"
#include "handlers/auth/refresh.h"
#include "handlers/auth/session.h"

namespace gatehouse::auth {
namespace {

using Answer = std::optional<ActiveToken>;

constexpr Millis kMaxRead{1000};
constexpr std::string_view kRevokeReason = "revoked_by_service";

// Every reject looks the same outside; the log says why.
Answer Inactive(std::string_view reason) {
  log::Info("introspection.inactive", {{"reason", reason}});
  return std::nullopt;
}

bool IsJwt(std::string_view token) { return token.find('.') != std::string_view::npos; }

// What verification does not need of a token: read here, so that the gate does not.
class RestVisitor final : public json::FlatVisitor {
 public:
  bool OnString(std::string_view key, std::string_view value) override {
    if (key == "jti") jti = value;
    return true;
  }
  bool OnInteger(std::string_view key, std::int64_t value) override {
    if (key == "nbf") nbf = value;
    return true;
  }
  bool OnOther(std::string_view /*key*/) override { return true; }
  std::string jti;
  std::int64_t nbf = 0;
};

// Of a token that has been verified.
ActiveToken::Access ReadRest(std::string_view token) {
  const auto first = token.find('.') + 1;
  const auto payload = Base64UrlDecode(token.substr(first, token.find('.', first) - first));
  RestVisitor rest;
  if (payload) json::VisitFlat(*payload, rest);
  return {std::move(rest.jti), FromUnixSeconds(rest.nbf)};
}

// Such an account may do next to nothing at Gatehouse; a service cannot tell which of its own
// doors would be among that.
bool IsRestricted(const Principal& who) { return who.must_change_password || who.must_enrol; }

Result<Answer> IntrospectAccess(Services& services, const Caller& caller, const Service& service,
                                std::string_view token) {
  const auto verified = services.tokens.Verify(token, caller.now);
  if (const auto* reject = std::get_if<TokenReject>(&verified)) return Inactive(reject->reason);
  const auto& claims = std::get<TokenClaims>(verified);
  if (claims.tenant_id != service.tenant_id) return Inactive("another tenant's");
  GH_ASSIGN(const auto proof, PeekProof(services, {claims.tenant_id, claims.session_id}, caller));
  if (!proof) return Inactive("revoked, ended or unknown session");
  auto who = Judge(proof, claims, std::nullopt, caller.now);
  if (!who.ok()) return Inactive(who.error().inner);
  if (IsRestricted(*who)) return Inactive("password change or enrolment due");
  return Answer({std::move(who).value(), claims.issued_at, claims.expires_at, ReadRest(token)});
}

// The session that a refresh token of this tenant was made for, whatever its generation; nullopt
// where we never made it.
Result<std::optional<store::Session>> FindRefreshed(Services& services, db::Executor& ex,
                                                    TenantId tenant, const RefreshToken& token) {
  if (token.tenant != tenant) return std::optional<store::Session>();
  GH_ASSIGN(auto session, store::FindSession(ex, tenant, token.session));
  if (!session) return std::optional<store::Session>();
  const auto row_key = OpenRowKey(services.keys, *session);
  if (!row_key || !HasValidMac(token, row_key->Reveal())) return std::optional<store::Session>();
  return session;
}

Result<Answer> IntrospectRefresh(Services& services, const Caller& caller, const Service& service,
                                 std::string_view text) {
  const auto token = ParseRefreshToken(text);
  if (!token) return Inactive("neither an access nor a refresh token");
  const auto executor = services.db.Auto(caller.deadline.Within(kMaxRead));
  GH_ASSIGN(const auto session, FindRefreshed(services, *executor, service.tenant_id, *token));
  if (!session) return Inactive("another tenant's, unknown session, or mac");
  if (token->generation != session->refresh_generation) return Inactive("not the current one");
  GH_ASSIGN(const auto read,
            ReadProof(*executor, session->tenant_id, session->id, services.clock.Now()));
  const TokenClaims claims{session->user_id,
                           session->tenant_id,
                           session->id,
                           session->refresh_rotated_at,
                           session->refresh_rotated_at,
                           session->expires_at};
  auto who = Judge(read.proof, claims, std::nullopt, caller.now);
  if (!who.ok()) return Inactive(who.error().inner);
  if (IsRestricted(*who)) return Inactive("password change or enrolment due");
  // As POST /auth/refresh has it.
  if (who->subscription_ended && StopsAtSubscriptionsEnd(who->tenant_admin, who->platform_admin)) {
    return Inactive("subscription");
  }
  return Answer({std::move(who).value(), claims.issued_at, claims.expires_at, std::nullopt});
}

// The session of a token of this tenant; also one that was revoked before, in case the cache has
// not heard of it.
Result<std::optional<store::Session>> SessionOf(Services& services, const Caller& caller,
                                                TenantId tenant, std::string_view token) {
  std::optional<store::Session> session;
  const auto executor = services.db.Auto(caller.deadline);
  if (IsJwt(token)) {
    const auto verified = services.tokens.Verify(token, caller.now);
    const auto* claims = std::get_if<TokenClaims>(&verified);
    if (claims == nullptr || claims->tenant_id != tenant) return session;
    GH_ASSIGN(session, store::FindSession(*executor, tenant, claims->session_id));
    if (session && session->user_id != claims->user_id) session.reset();
  } else if (const auto refresh = ParseRefreshToken(token)) {
    GH_ASSIGN(session, FindRefreshed(services, *executor, tenant, *refresh));
  }
  if (session && caller.now >= session->expires_at) session.reset();
  return session;
}

std::string AfterJson(const store::Session& session, const Service& service) {
  json::Writer out;
  out.BeginObject().Member("user_id", session.user_id.ToString());
  out.Member("reason", kRevokeReason);
  out.Member("credential_id", service.id.ToString()).EndObject();
  return out.Take();
}

}  // namespace

Result<Answer> Introspect(Services& services, const Caller& caller, const Service& service,
                          std::string_view token) {
  auto answer = IsJwt(token) ? IntrospectAccess(services, caller, service, token)
                             : IntrospectRefresh(services, caller, service, token);
  // Where MariaDB lets us wait, too: nobody could say.
  if (!answer.ok()) {
    return RetryLater(ErrorCode::kUnavailable, 2, std::move(answer.error().inner));
  }
  return answer;
}

// An access token takes its session with it as a refresh token does, as RFC 7009 section 2.1
// allows: a token that cannot be used any more, while its session goes on making new ones, would
// protect nobody.
Status RevokeByService(Services& services, const Caller& caller, const Service& service,
                       std::string_view token) {
  GH_ASSIGN(const auto session, SessionOf(services, caller, service.tenant_id, token));
  if (!session) return {};
  GH_TRY(services.db.Transact<void>(caller.deadline, [&](db::Executor& ex) -> Status {
    GH_ASSIGN(const bool ended, store::RevokeSession(ex, session->tenant_id, session->id,
                                                     services.clock.Now(), kRevokeReason));
    if (!ended) return {};
    return Audit(services, ex, caller,
                 {event::kSessionRevoked, session->tenant_id, std::nullopt, "session",
                  session->id.ToString(), std::nullopt, AfterJson(*session, service)});
  }));
  services.proofs.Revoke(session->tenant_id, session->id);
  return {};
}

Result<std::optional<SessionId>> RevokeOwn(Services& services, const Caller& caller,
                                           const Principal& principal, std::string_view token) {
  GH_ASSIGN(const auto session, SessionOf(services, caller, principal.tenant_id, token));
  if (!session || session->user_id != principal.user_id) return std::optional<SessionId>();
  auto ended = EndOwnSession(services, caller, principal, session->id);
  // Not found: it had ended before; the cache has been told once more.
  if (!ended.ok() && ended.error().code != ErrorCode::kNotFound) return std::move(ended).error();
  return std::optional(session->id);
}

}  // namespace gatehouse::auth
