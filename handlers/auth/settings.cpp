#include "handlers/auth/settings.h"

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "fcgi/lib/text.h"
#include "handlers/auth/provider_setting.h"

namespace gatehouse::auth {
namespace {

constexpr std::int64_t kYear = 366 * 86400;

// The table: what a key may be, and where it lives in TenantSettings.
struct Row {
  SettingSpec spec;
  std::function<void(TenantSettings&, const json::Value&)> put;  // value already checked
  std::function<json::Value(const TenantSettings&)> get;
};

Row SecondsRow(std::string_view key, std::int64_t min, std::int64_t max,
               Seconds TenantSettings::*member) {
  return {
      {key, SettingType::kSeconds, min, max},
      [member](TenantSettings& s, const json::Value& v) { s.*member = Seconds(*v.integer()); },
      [member](const TenantSettings& s) { return json::Value(std::int64_t{(s.*member).count()}); }};
}
Row IntegerRow(std::string_view key, int min, int max, int TenantSettings::*member) {
  return {{key, SettingType::kInteger, min, max},
          [member](TenantSettings& s, const json::Value& v) {
            s.*member = static_cast<int>(*v.integer());
          },
          [member](const TenantSettings& s) { return json::Value(std::int64_t{s.*member}); }};
}
Row BooleanRow(std::string_view key, bool TenantSettings::*member) {
  return {{key, SettingType::kBoolean},
          [member](TenantSettings& s, const json::Value& v) { s.*member = *v.boolean(); },
          [member](const TenantSettings& s) { return json::Value(s.*member); }};
}
Row TextRow(std::string_view key, SettingType type, std::int64_t max, std::string_view choices,
            std::string TenantSettings::*member) {
  return {{key, type, 0, max, choices},
          [member](TenantSettings& s, const json::Value& v) { s.*member = *v.string(); },
          [member](const TenantSettings& s) { return json::Value(s.*member); }};
}
Row ListRow(std::string_view key, std::int64_t max,
            std::vector<std::string> TenantSettings::*member) {
  return {{key, SettingType::kTextList, 0, max},
          [member](TenantSettings& s, const json::Value& v) {
            (s.*member).clear();
            for (const auto& item : *v.array()) {
              (s.*member).push_back(text::Lower(text::Nfc(*item.string()).value_or("")));
            }
          },
          [member](const TenantSettings& s) {
            json::Array out;
            for (const auto& item : s.*member) out.emplace_back(item);
            return json::Value(std::move(out));
          }};
}

const std::vector<Row>& Rows() {
  using S = TenantSettings;
  static const std::vector<Row> rows = {
      SecondsRow("access_ttl", 1, 86400, &S::access_ttl),
      SecondsRow("session_ttl", 1, kYear, &S::session_ttl),
      SecondsRow("refresh_grace", 0, 300, &S::refresh_grace),
      SecondsRow("idle_timeout", 0, kYear, &S::idle_timeout),
      IntegerRow("max_sessions", 0, 1000, &S::max_sessions),
      IntegerRow("lockout_threshold", 1, 1000, &S::lockout_threshold),
      SecondsRow("lockout_window", 1, 86400, &S::lockout_window),
      SecondsRow("lockout_duration", 1, 86400, &S::lockout_duration),
      IntegerRow("password_min_length", 10, 128, &S::password_min_length),
      TextRow("require_2fa", SettingType::kChoice, 0, "off|admins|all", &S::require_2fa),
      SecondsRow("mfa_challenge_ttl", 1, 3600, &S::mfa_challenge_ttl),
      SecondsRow("verify_email_ttl", 1, 30 * 86400, &S::verify_email_ttl),
      SecondsRow("password_reset_ttl", 1, 86400, &S::password_reset_ttl),
      TextRow("registration", SettingType::kChoice, 0, "open|domain|closed", &S::registration),
      ListRow("registration_domains", 253, &S::registration_domains),
      TextRow("ip_binding", SettingType::kChoice, 0, "off|subnet|strict", &S::ip_binding),
      TextRow("roles_claim", SettingType::kChoice, 0, "array|csv", &S::roles_claim),
      BooleanRow("permissions_claim", &S::permissions_claim),
      BooleanRow("sliding_renewal", &S::sliding_renewal),
      TextRow("info_text", SettingType::kText, 4000, "", &S::info_text),
      TextRow("mail_sender_name", SettingType::kText, 100, "", &S::mail_sender_name),
      BooleanRow("oauth_link_verified_email", &S::oauth_link_verified_email),
      {{kProvidersSetting, SettingType::kProviders},
       [](S& s, const json::Value& v) { s.oauth_providers = ReadProviders(v, true, nullptr); },
       [](const S& s) { return ProvidersJson(s.oauth_providers); }},
  };
  return rows;
}

const Row* FindRow(std::string_view key) {
  for (const auto& row : Rows()) {
    if (row.spec.key == key) return &row;
  }
  return nullptr;
}

bool IsChoice(std::string_view choices, std::string_view value) {
  while (true) {
    const auto bar = choices.find('|');
    if (choices.substr(0, bar) == value) return true;
    if (bar == std::string_view::npos) return false;
    choices.remove_prefix(bar + 1);
  }
}

bool IsText(const json::Value& value, std::int64_t max) {
  const auto* s = value.string();
  return s != nullptr && std::cmp_less_equal(text::Length(*s), max);
}

// A line break is fine in the informational text; other controls are not.
bool HasForbiddenControl(std::string_view key, const std::string& value) {
  if (key != "info_text") return text::HasControl(value);
  std::string without;
  std::copy_if(value.begin(), value.end(), std::back_inserter(without),
               [](char c) { return c != '\n'; });
  return text::HasControl(without);
}

// Roughly: what never can be the part behind an address's "@" was meant otherwise.
bool IsDomain(const std::string& s) {
  return s.find('.') != std::string::npos && !s.starts_with('.') && !s.ends_with('.') &&
         s.find("..") == std::string::npos && s.find_first_of("@ */,;") == std::string::npos;
}

bool IsValid(const SettingSpec& spec, const json::Value& value) {
  switch (spec.type) {
    case SettingType::kSeconds:
    case SettingType::kInteger:
      return value.integer() != nullptr && *value.integer() >= spec.min &&
             *value.integer() <= spec.max;
    case SettingType::kBoolean:
      return value.boolean() != nullptr;
    case SettingType::kChoice:
      return value.string() != nullptr && IsChoice(spec.choices, *value.string());
    case SettingType::kText:
      return IsText(value, spec.max) && !HasForbiddenControl(spec.key, *value.string());
    case SettingType::kTextList: {
      const auto* items = value.array();
      return items != nullptr && items->size() <= 100 &&
             std::all_of(items->begin(), items->end(), [&](const json::Value& item) {
               return IsText(item, spec.max) && !text::HasControl(*item.string()) &&
                      IsDomain(*item.string());
             });
    }
    case SettingType::kProviders: {
      // Whether this machine may be called is asked when it is.
      std::vector<FieldError> problems;
      ReadProviders(value, true, &problems);
      return problems.empty();
    }
  }
  return false;
}

}  // namespace

std::span<const SettingSpec> SettingTable() {
  static const auto specs = [] {
    std::vector<SettingSpec> out;
    for (const auto& row : Rows()) out.push_back(row.spec);
    return out;
  }();
  return specs;
}

TenantSettings ParseSettings(std::string_view stored) {
  TenantSettings out;
  if (stored.empty() || stored == "{}") return out;
  const auto document = json::Parse(stored);
  if (!document || document->object() == nullptr) return out;
  for (const auto& [key, value] : *document->object()) {
    const Row* row = FindRow(key);
    if (row != nullptr && IsValid(row->spec, value)) row->put(out, value);
  }
  return out;
}

Result<std::string> MergeSettings(std::string_view stored, const json::Value& patch,
                                  bool loopback_http) {
  Error invalid{ErrorCode::kValidationFailed, "settings", {}, 0};
  auto document = json::Parse(stored.empty() ? "{}" : stored);
  if (!document || document->object() == nullptr || patch.object() == nullptr) return invalid;
  json::Object& merged = *document->object();
  for (const auto& [key, value] : *patch.object()) {
    const Row* row = FindRow(key);
    if (key == kProvidersSetting && !value.is_null()) {
      const auto providers = ReadProviders(value, loopback_http, &invalid.fields);
      std::erase_if(merged, [](const auto& member) { return member.first == kProvidersSetting; });
      merged.emplace_back(key, ProvidersJson(providers));
      continue;
    }
    if (row == nullptr || !(value.is_null() || IsValid(row->spec, value))) {
      invalid.fields.push_back({"/" + key, row == nullptr ? "unknown_field" : "invalid_format",
                                row == nullptr ? "There is no such setting."
                                               : "The value is of the wrong type or out of range.",
                                "Please check this value."});
      continue;
    }
    std::erase_if(merged, [&k = key](const auto& member) { return member.first == k; });
    if (!value.is_null()) merged.emplace_back(key, value);
  }
  if (!invalid.fields.empty()) return invalid;
  return json::Write(*document);
}

std::string SettingsJson(const TenantSettings& settings) {
  json::Writer out;
  out.BeginObject();
  for (const auto& row : Rows()) out.Key(row.spec.key).Any(row.get(settings));
  out.EndObject();
  return out.Take();
}

}  // namespace gatehouse::auth
