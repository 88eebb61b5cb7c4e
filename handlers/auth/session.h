// Sessions (SPEC S): begun at sign-in, renewed by refresh tokens, ended by their owner, by an
// administrator or by the device rule.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "handlers/auth/principal.h"
#include "handlers/auth/refresh.h"
#include "handlers/auth/services.h"
#include "handlers/auth/tenant.h"
#include "sql/store/roles.h"
#include "sql/store/sessions.h"
#include "sql/store/users.h"

namespace gatehouse::auth {

struct Device {
  std::string id;  // at most 64 characters; chosen by the client, or made here
  std::string name;
  std::string type;        // web, mobile, desktop, tablet, pos, service, other
  std::string browser_id;  // of the device cookie that the answer sets
};

// How somebody has begun to sign in.
struct FirstFactor {
  std::string_view amr;     // RFC 8176: "pwd", kFederated; with the second one behind it
  std::string_view reason;  // of the recorded attempt, where it signs in: "password", "oauth"
  Device device;
  bool cookie_mode = false;
  bool by_installation = false;  // kFederated: the provider is not one of the tenant's own
};
inline constexpr std::string_view kFederated = "fed";

// A tenant's administrators say which providers of its own it trusts, so nobody is a platform
// administrator by the word of one of them (SPEC R4): neither at a sign-in, nor in what one began
// before its person was promoted. To be asked wherever such a first factor leads on.
bool ExceedsFirstFactor(std::string_view amr, bool by_installation, const store::Grants& grants);
// With the user's row locked; MariaDB is asked only where it matters.
Result<bool> ExceedsFirstFactor(db::Executor& ex, std::string_view amr, bool by_installation,
                                const store::User& user);

// A session with what its owner is told at sign-in and refresh.
struct SessionGrant {
  store::Session session;
  store::User user;
  store::Grants grants;
  TenantSettings settings;
  std::string access_token;
  std::string refresh_token;
  TimePoint issued_at, access_expires_at;
};

// Sessions that a transaction ended, to be told to the cache once it has committed, and those that
// ended a moment before: of them the cache may not have heard.
using EndedSessions = std::vector<store::Session>;

// Inside the sign-in transaction, with the user's row locked: ends what `max_sessions` does not
// allow (S2: the same device's session first, then the oldest) and inserts a new session.
struct NewSession {
  store::Session session;
  Secret row_key;
  EndedSessions ended;
  bool new_device = false;  // not seen before, while others have been
};
Result<NewSession> BeginSession(Services& services, db::Executor& ex, const Caller& caller,
                                const TenantContext& tenant, const store::User& user, SessionId id,
                                const FirstFactor& factor);

// Both tokens of a session, from its state at `now`.
SessionGrant MakeGrant(Services& services, store::Session session, store::User user,
                       store::Grants grants, const TenantSettings& settings, const Secret& row_key,
                       TimePoint now);

// A fresh access token for a session whose token is in the last half of its life (SPEC T7);
// nullopt where none is due. kSubscriptionExpired past the subscription's end.
struct RenewedToken {
  std::string text;
  TimePoint expires_at;
};
Result<std::optional<RenewedToken>> RenewIfDue(Services& services, const Principal& principal,
                                               TimePoint now);

// After the commit.
void TellEnded(Services& services, const EndedSessions& ended);

// After the commit of a change to what a user is or may do: the proofs of all their sessions are
// void, so that the change holds for the next verification (SPEC T8).
Status VoidProofs(Services& services, const Caller& caller, TenantId tenant, UserId user);

// POST /auth/refresh. The answer for a session in cookie mode sets cookies, so it must not be
// another site that asked: `from_allowed_origin`. kInvalidRefreshToken, kSubscriptionExpired,
// kOriginNotAllowed.
Result<SessionGrant> Refresh(Services& services, const Caller& caller, std::string_view token,
                             bool from_allowed_origin);

// POST /auth/logout: ends the caller's session. Ending it twice is fine.
Status Logout(Services& services, const Caller& caller, const Principal& principal);

// Ends all live sessions of a user but `keep`, and sign-ins that wait for their second factor;
// returns how many sessions. `actor` asks for it; nullopt: the
// command line.
Result<int> EndSessions(Services& services, const Caller& caller, TenantId tenant, UserId user,
                        std::optional<UserId> actor, std::optional<SessionId> keep,
                        std::string_view reason);
// Inside a transaction; the caller tells the cache after its commit.
Result<EndedSessions> EndSessionsIn(Services& services, db::Executor& ex, const Caller& caller,
                                    TenantId tenant, UserId user, std::optional<UserId> actor,
                                    std::optional<SessionId> keep, std::string_view reason);

// Ends one of the user's sessions. kNotFound where it is not theirs or not alive.
Status EndOwnSession(Services& services, const Caller& caller, const Principal& principal,
                     SessionId session);

Result<std::vector<store::Session>> ListSessions(Services& services, const Caller& caller,
                                                 TenantId tenant, UserId user);
// Those that are over by idleness are not among them.
Result<std::vector<store::Session>> LivingSessions(db::Executor& ex, const TenantContext& tenant,
                                                   UserId user, TimePoint now);

// The end by idleness, where the tenant has one.
std::optional<TimePoint> IdleEnd(const store::Session& session, const TenantSettings& settings);

// SPEC S5.
bool IsAtHome(const store::Session& session, const TenantSettings& settings, std::string_view ip);

}  // namespace gatehouse::auth
