#include "handlers/auth/csrf.h"

#include <algorithm>

#include "fcgi/base/codec.h"
#include "fcgi/lib/crypto.h"

namespace gatehouse::auth {
namespace {

std::string MacOf(const Key& key, SessionId session, std::string_view random) {
  const crypto::HmacSha256 mac(key.secret.Reveal());
  return std::string(crypto::AsView(mac.Mac({"csrf", session.view(), random})));
}

bool IsLabelText(std::string_view s) {
  return !s.empty() && s.front() != '.' && s.front() != '-' &&
         std::all_of(s.begin(), s.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
         });
}

bool Matches(std::string_view pattern, std::string_view origin) {
  const auto star = pattern.find("*.");
  if (star == std::string_view::npos) return pattern == origin;
  const auto scheme = pattern.substr(0, star);   // "https://"
  const auto suffix = pattern.substr(star + 1);  // ".example.com" and a port, if any
  if (origin.size() <= scheme.size() + suffix.size() || !origin.starts_with(scheme) ||
      !origin.ends_with(suffix)) {
    return false;
  }
  return IsLabelText(origin.substr(scheme.size(), origin.size() - scheme.size() - suffix.size()));
}

}  // namespace

std::string NewCsrfToken(const KeyRings& keys, SessionId session, Entropy& entropy) {
  const std::string random = entropy.Bytes(16);
  return Base64UrlEncode(random) + "." +
         Base64UrlEncode(MacOf(keys.Active(Ring::kCsrf), session, random));
}

bool IsValidCsrf(const KeyRings& keys, SessionId session, std::string_view header,
                 std::string_view cookie) {
  if (header.empty() || header.size() > 128 || !crypto::ConstantTimeEqual(header, cookie)) {
    return false;
  }
  const auto dot = header.find('.');
  if (dot == std::string_view::npos) return false;
  const auto random = Base64UrlDecode(header.substr(0, dot));
  const auto mac = Base64UrlDecode(header.substr(dot + 1));
  if (!random || !mac) return false;
  return std::any_of(keys.All(Ring::kCsrf).begin(), keys.All(Ring::kCsrf).end(),
                     [&](const Key& key) {
                       return key.state != KeyState::kRetired &&
                              crypto::ConstantTimeEqual(*mac, MacOf(key, session, *random));
                     });
}

bool IsAllowedOrigin(const Config& config, std::string_view origin) {
  if (origin.empty() || origin == config.base_url) return true;
  return std::any_of(config.cors_origins.begin(), config.cors_origins.end(),
                     [&](const std::string& pattern) { return Matches(pattern, origin); });
}

}  // namespace gatehouse::auth
