// The cookies of API.md "Conventions" and "Session answer", and where credentials are found.
#pragma once

#include <string>
#include <string_view>

#include "fcgi/http/message.h"
#include "handlers/auth/session.h"

namespace gatehouse::api {

inline constexpr std::string_view kAccessCookie = "__Host-gatehouse_access";
inline constexpr std::string_view kRefreshCookie = "__Secure-gatehouse_refresh";
inline constexpr std::string_view kCsrfCookie = "__Host-gatehouse_csrf";
inline constexpr std::string_view kDeviceCookie = "__Host-gatehouse_device";
// The browser's own secret on the way to a provider and back (handlers/auth/oauth_flow.h).
inline constexpr std::string_view kOAuthCookie = "__Host-gatehouse_oauth";
inline constexpr std::string_view kChallengeCookie = "__Host-gatehouse_challenge";

// The access token of a request: the Authorization header alone decides where there is one.
struct Credential {
  enum class Kind { kNone, kToken, kUnusable } kind = Kind::kNone;
  std::string_view token;  // a view into the request
  bool by_cookie = false;
};
Credential FindCredential(const http::Request& request);

// The one value of a cookie, "" where it is absent or comes twice.
std::string_view CookieValue(const http::Request& request, std::string_view name);

void SetAccessCookies(http::Response& response, const auth::SessionGrant& grant,
                      std::string_view csrf_token);
// Where the token is due for renewal (SPEC T7): the new one as the one cookie of the answer, or as
// X-Renewed-Token. kSubscriptionExpired.
Status RenewToken(http::Response& response, auth::Services& services,
                  const auth::Principal& principal, TimePoint now);
void SetCsrfCookie(http::Response& response, std::string_view csrf_token, TimePoint session_end,
                   TimePoint now);
void SetDeviceCookie(http::Response& response, std::string_view value);
// Between the first factor and the second, in cookie mode.
void SetChallengeCookie(http::Response& response, std::string_view token, Seconds lifetime);
void SetOAuthCookie(http::Response& response, std::string_view value, Seconds lifetime);
void ClearChallengeCookie(http::Response& response);
// Access, refresh and CSRF cookies; the device cookie stays (API.md, logout).
void ClearAccessCookies(http::Response& response);
// The 204 of what ended all sessions of `user`: where that is the caller, the cookies that were the
// credential go too.
http::Response SignedOut(const auth::Principal& caller, UserId user);

}  // namespace gatehouse::api
