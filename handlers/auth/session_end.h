// Why a session ended, for the person whose page has just stopped working (SPEC S2, W1): "you have
// signed in on another device". Whoever asks shows the session's own access token, genuine in
// everything but that it may have expired. Nobody is let in by it, and nothing is told of a session
// that lives or that we do not know: this must be no oracle.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "handlers/auth/services.h"
#include "handlers/auth/settings.h"
#include "sql/store/sessions.h"

namespace gatehouse::auth {

// How long after a token's expiry and a session's end anybody is told.
inline constexpr Seconds kEndToldFor{86400};

// What clients are told: words that stay. One word of ours may be said of several
// sessions.revoke_reason; one that this table does not know is "revoked".
struct EndWord {
  std::string_view revoke_reason, told;
};
inline constexpr std::array kEndWords = {
    EndWord{"other_device", "signed_in_elsewhere"},
    EndWord{"replaced", "signed_in_again"},  // from the same device
    EndWord{"logout", "signed_out"},
    EndWord{"logout_all", "signed_out_elsewhere"},
    EndWord{"ended_by_user", "signed_out_elsewhere"},  // by its owner, in the list of sessions
    EndWord{"ended_by_admin", "revoked"},
    EndWord{"revoked_by_service", "revoked"},
    EndWord{"password_changed", "password_changed"},
    EndWord{"password_reset", "password_changed"},
    EndWord{"password_reset_forced", "password_reset_required"},
    EndWord{"email_changed", "email_changed"},  // by an administrator: to be verified anew
    EndWord{"account_disabled", "account_disabled"},
    EndWord{"reuse", "reuse_detected"},
    EndWord{"idle", "idle"},
    EndWord{"expired", "expired"},  // not revoked: past its absolute end
};

struct SessionEnd {
  std::string_view reason;  // of kEndWords
  TimePoint ended_at;
};

// nullopt: it lives. Pure.
std::optional<SessionEnd> EndOf(const store::Session& session, const TenantSettings& settings,
                                TimePoint now);

// kInvalidToken for whatever is not to be told, each the same.
Result<SessionEnd> EndOfSession(Services& services, const Caller& caller, std::string_view token);

}  // namespace gatehouse::auth
