// A tenant's settings (SPEC N5, API.md "Tenant settings"): one table of keys with types, bounds and
// defaults; the database keeps only what differs. Lifetimes are whole seconds.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/base/clock.h"
#include "fcgi/base/result.h"
#include "fcgi/lib/json.h"
#include "fcgi/run/oauth_provider.h"

namespace gatehouse::auth {

struct TenantSettings {
  Seconds access_ttl{3600};
  Seconds session_ttl{86400};
  Seconds refresh_grace{10};
  Seconds idle_timeout{0};  // 0: off
  int max_sessions = 1;     // 0: any number
  int lockout_threshold = 5;
  Seconds lockout_window{900};
  Seconds lockout_duration{900};
  int password_min_length = 10;
  std::string require_2fa = "off";  // off, admins, all
  Seconds mfa_challenge_ttl{300};
  Seconds verify_email_ttl{86400};
  Seconds password_reset_ttl{1800};
  std::string registration = "open";  // open, domain, closed
  std::vector<std::string> registration_domains;
  std::string ip_binding = "off";     // off, subnet, strict
  std::string roles_claim = "array";  // array, csv
  bool permissions_claim = true;
  bool sliding_renewal = true;
  std::string info_text;
  std::string mail_sender_name;
  bool oauth_link_verified_email = false;
  std::vector<OAuthProvider> oauth_providers;
};

enum class SettingType { kSeconds, kInteger, kBoolean, kChoice, kText, kTextList, kProviders };

struct SettingSpec {
  std::string_view key;
  SettingType type;
  std::int64_t min = 0;  // numbers: value; texts: code points
  std::int64_t max = 0;
  std::string_view choices = {};  // kChoice: "off|admins|all"
};

std::span<const SettingSpec> SettingTable();

// From the stored document. What is missing, unknown or out of bounds there falls back to the
// default, and never to something laxer than the default.
TenantSettings ParseSettings(std::string_view stored);

// `stored` with the members of `patch` (an object) put in, checked against the table. Unknown keys
// and bad values: kValidationFailed with a field each ("/access_ttl"). null resets to the default.
// Client secrets do not get in (handlers/auth/provider_setting.h). `loopback_http`: providers may
// be http:// URLs of this machine.
Result<std::string> MergeSettings(std::string_view stored, const json::Value& patch,
                                  bool loopback_http = false);

// The whole flat object, every key with its value, as JSON.
std::string SettingsJson(const TenantSettings& settings);

}  // namespace gatehouse::auth
