#include "handlers/api/cookies.h"

#include <algorithm>

#include "fcgi/http/input.h"

namespace gatehouse::api {
namespace {

constexpr std::string_view kBearer = "bearer ";
constexpr std::int64_t kYearSeconds = 365 * 86400;

bool StartsWithNoCase(std::string_view s, std::string_view lower_prefix) {
  return s.size() >= lower_prefix.size() &&
         std::equal(lower_prefix.begin(), lower_prefix.end(), s.begin(), [](char a, char b) {
           return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b);
         });
}

void SetCookie(http::Response& response, std::string_view name, std::string_view value,
               std::string_view path, std::int64_t max_age, bool http_only) {
  std::string out;
  out.append(name).append("=").append(value).append("; Path=").append(path);
  out.append("; Max-Age=").append(std::to_string(std::max<std::int64_t>(max_age, 0)));
  out.append("; Secure; SameSite=Lax");
  if (http_only) out.append("; HttpOnly");
  response.Header("Set-Cookie", std::move(out));
}

// Rounded down: a cookie never outlives what it stands for.
std::int64_t SecondsUntil(TimePoint end, TimePoint now) {
  return std::chrono::floor<Seconds>(end - now).count();
}

}  // namespace

Credential FindCredential(const http::Request& request) {
  const auto header = request.Param("HTTP_AUTHORIZATION");
  if (!header.empty()) {
    if (!StartsWithNoCase(header, kBearer)) {
      const bool bare = StartsWithNoCase(header, "bearer") && header.size() == kBearer.size() - 1;
      return {bare ? Credential::Kind::kUnusable : Credential::Kind::kNone, {}, false};
    }
    return {Credential::Kind::kToken, header.substr(kBearer.size()), false};
  }
  const auto cookie = http::FindCookie(request.Param("HTTP_COOKIE"), kAccessCookie);
  if (cookie.count == 0) return {};
  if (cookie.count > 1) return {Credential::Kind::kUnusable, {}, true};
  return {Credential::Kind::kToken, cookie.value, true};
}

std::string_view CookieValue(const http::Request& request, std::string_view name) {
  const auto cookie = http::FindCookie(request.Param("HTTP_COOKIE"), name);
  return cookie.count == 1 ? cookie.value : std::string_view();
}

void SetAccessCookies(http::Response& response, const auth::SessionGrant& grant,
                      std::string_view csrf_token) {
  const TimePoint now = grant.issued_at;
  SetCookie(response, kAccessCookie, grant.access_token, "/",
            SecondsUntil(grant.access_expires_at, now), true);
  SetCookie(response, kRefreshCookie, grant.refresh_token, "/auth/refresh",
            SecondsUntil(grant.session.expires_at, now), true);
  SetCsrfCookie(response, csrf_token, grant.session.expires_at, now);
}

Status RenewToken(http::Response& response, auth::Services& services,
                  const auth::Principal& principal, TimePoint now) {
  GH_ASSIGN(const auto renewed, auth::RenewIfDue(services, principal, now));
  if (!renewed) return {};
  if (principal.by_cookie) {
    SetCookie(response, kAccessCookie, renewed->text, "/", SecondsUntil(renewed->expires_at, now),
              true);
  } else {
    response.Header("X-Renewed-Token", renewed->text);
  }
  return {};
}

void SetCsrfCookie(http::Response& response, std::string_view csrf_token, TimePoint session_end,
                   TimePoint now) {
  SetCookie(response, kCsrfCookie, csrf_token, "/", SecondsUntil(session_end, now), false);
}

void SetDeviceCookie(http::Response& response, std::string_view value) {
  SetCookie(response, kDeviceCookie, value, "/", kYearSeconds, true);
}

void SetChallengeCookie(http::Response& response, std::string_view token, Seconds lifetime) {
  SetCookie(response, kChallengeCookie, token, "/", lifetime.count(), true);
}

void SetOAuthCookie(http::Response& response, std::string_view value, Seconds lifetime) {
  SetCookie(response, kOAuthCookie, value, "/", lifetime.count(), true);
}

void ClearChallengeCookie(http::Response& response) {
  SetCookie(response, kChallengeCookie, "", "/", 0, true);
}

void ClearAccessCookies(http::Response& response) {
  SetCookie(response, kAccessCookie, "", "/", 0, true);
  SetCookie(response, kRefreshCookie, "", "/auth/refresh", 0, true);
  SetCookie(response, kCsrfCookie, "", "/", 0, false);
}

http::Response SignedOut(const auth::Principal& caller, UserId user) {
  auto response = http::Response::Empty(204);
  if (caller.by_cookie && user == caller.user_id) ClearAccessCookies(response);
  return response;
}

}  // namespace gatehouse::api
