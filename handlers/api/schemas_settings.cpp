#include <algorithm>
#include <array>
#include <deque>
#include <vector>

#include "handlers/api/schema_parts.h"
#include "handlers/api/schemas.h"
#include "handlers/auth/settings.h"

namespace gatehouse::api::schema {
namespace {

using http::FieldSpec;
using http::FieldType;
using http::Format;
using http::Schema;

std::span<const std::string_view> Choices(std::string_view list) {
  static std::deque<std::vector<std::string_view>> kept;
  auto& out = kept.emplace_back();
  for (auto bar = list.find('|'); bar != std::string_view::npos; bar = list.find('|')) {
    out.push_back(list.substr(0, bar));
    list.remove_prefix(bar + 1);
  }
  out.push_back(list);
  return out;
}

constexpr std::array<std::string_view, 2> kProviderTypes = {"oidc", "oauth2"};
constexpr FieldSpec kScopeItem{.name = "", .min = 1, .max = 200};
template <bool kWithSecret>
constexpr auto ProviderFields() {
  constexpr std::array kFields = {
      FieldSpec{.name = "id", .required = true, .min = 1, .max = 32},
      FieldSpec{.name = "name", .required = true, .min = 1, .max = 100},
      FieldSpec{.name = "type", .required = true, .max = 8, .one_of = kProviderTypes},
      FieldSpec{.name = "issuer", .min = 1, .max = 500},
      FieldSpec{.name = "authorization_endpoint", .min = 1, .max = 500},
      FieldSpec{.name = "token_endpoint", .min = 1, .max = 500},
      FieldSpec{.name = "userinfo_endpoint", .min = 1, .max = 500},
      FieldSpec{.name = "client_id", .required = true, .min = 1, .max = 255},
      List("scopes", &kScopeItem, 20),
  };
  if constexpr (kWithSecret) {
    std::array<FieldSpec, kFields.size() + 1> out{};
    std::copy(kFields.begin(), kFields.end(), out.begin());
    out.back() = {.name = "client_secret",
                  .nullable = true,
                  .min = 1,
                  .max = 1024,
                  .format = Format::kPassword,
                  .description = "Write-only; left out: the one before stays; null: none"};
    return out;
  } else {
    return kFields;
  }
}
constexpr auto kProviderFields = ProviderFields<false>();
constexpr auto kProviderChangeFields = ProviderFields<true>();
constexpr Schema kProvider{"OAuthProvider", kProviderFields};
constexpr Schema kProviderChange{"OAuthProviderChange", kProviderChangeFields};
constexpr FieldSpec kProviderItem = Item(&kProvider);
constexpr FieldSpec kProviderChangeItem = Item(&kProviderChange);

// The settings' own table (SPEC N5) as fields.
std::vector<FieldSpec> SettingFields(bool nullable) {
  static constexpr FieldSpec kSettingItem{.name = "", .max = 253};
  std::vector<FieldSpec> out;
  for (const auto& spec : auth::SettingTable()) {
    FieldSpec field{.name = spec.key, .nullable = nullable, .min = spec.min, .max = spec.max};
    switch (spec.type) {
      case auth::SettingType::kSeconds:
      case auth::SettingType::kInteger:
        field.type = FieldType::kInteger;
        break;
      case auth::SettingType::kBoolean:
        field.type = FieldType::kBoolean;
        break;
      case auth::SettingType::kChoice:
        field.max = 32;
        field.one_of = Choices(spec.choices);
        break;
      case auth::SettingType::kText:
        field.format = spec.key == "info_text" ? Format::kLines : Format::kAny;
        break;
      case auth::SettingType::kTextList:
        field.type = FieldType::kArray;
        field.max = 100;
        field.item = &kSettingItem;
        break;
      case auth::SettingType::kProviders:
        field.type = FieldType::kArray;
        field.max = 20;
        field.item = nullable ? &kProviderChangeItem : &kProviderItem;
        break;
    }
    out.push_back(field);
  }
  return out;
}
const std::vector<FieldSpec> kSettingsChangeFields = SettingFields(true);
const std::vector<FieldSpec> kSettingsFields = SettingFields(false);

}  // namespace

const Schema kSettingsChange{"SettingsChange", kSettingsChangeFields};
const Schema kSettingsAnswer{"Settings", kSettingsFields};

}  // namespace gatehouse::api::schema
