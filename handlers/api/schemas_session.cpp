#include <algorithm>
#include <array>
#include <vector>

#include "handlers/api/schema_parts.h"
#include "handlers/api/schemas.h"
#include "handlers/auth/session_end.h"

namespace gatehouse::api::schema {
namespace {

using http::FieldSpec;
using http::Schema;

constexpr std::array<std::string_view, 7> kDeviceTypes = {"web", "mobile",  "desktop", "tablet",
                                                          "pos", "service", "other"};
constexpr std::array<std::string_view, 2> kTransports = {"body", "cookie"};

constexpr std::array kDeviceFields = {
    FieldSpec{.name = "id", .required = true, .min = 1, .max = 64},
    FieldSpec{.name = "name", .min = 1, .max = 100},
    FieldSpec{.name = "type", .max = 16, .one_of = kDeviceTypes},
};
constexpr Schema kDevice{"Device", kDeviceFields};
constexpr std::array kLoginFields = {
    kTenantField,
    kEmailField,
    NewPassword("password"),
    Nested("device", &kDevice),
    FieldSpec{.name = "transport", .max = 8, .one_of = kTransports},
};
// Not required: in cookie mode the cookie carries it.
constexpr std::array kRefreshFields = {
    FieldSpec{.name = "refresh_token", .min = 1, .max = 8192},
};
constexpr std::array kLogoutAllFields = {Flag("keep_current")};

constexpr std::array kSessionFields = {
    Uid("id"),
    Nested("device", &kDevice),
    Text("ip", 45),
    Text("user_agent", 512),
    Time("created_at"),
    Time("last_active_at"),
    Time("expires_at"),
    Time("idle_expires_at", true),
    List("amr", &kTextItem),
    Flag("current"),
};
constexpr auto kSessionListFields = PageOf(&kSessionItem);
constexpr std::array kSessionAnswerFields = {
    Text("access_token", 8192),   Text("token_type"),           Number("expires_in"),
    Text("refresh_token", 128),   Number("refresh_expires_in"), Text("csrf_token"),
    Nested("session", &kSession), Nested("user", &kUserAnswer),
};
// Of a session, or of the second factor's challenge.
constexpr std::array kLoginAnswerFields = {
    Text("access_token", 8192),   Text("token_type"),           Number("expires_in"),
    Text("refresh_token", 128),   Number("refresh_expires_in"), Text("csrf_token"),
    Nested("session", &kSession), Nested("user", &kUserAnswer), Flag("mfa_required"),
    Text("challenge_token", 64),  List("methods", &kTextItem),
};
constexpr std::array kSessionInfoFields = {Nested("session", &kSession),
                                           Nested("user", &kUserAnswer)};
constexpr std::array kCsrfFields = {Text("csrf_token")};

// Each word once, in the order of the table.
std::span<const std::string_view> EndReasons() {
  static const std::vector<std::string_view> all = [] {
    std::vector<std::string_view> out;
    for (const auto& word : auth::kEndWords) {
      if (std::find(out.begin(), out.end(), word.told) == out.end()) out.push_back(word.told);
    }
    return out;
  }();
  return all;
}
const std::vector<FieldSpec> kSessionEndFields = {
    FieldSpec{.name = "reason", .max = 32, .one_of = EndReasons()}, Time("ended_at")};

}  // namespace

const Schema kSession{"Session", kSessionFields};

const Schema kLogin{"LoginRequest", kLoginFields};
const Schema kRefresh{"RefreshRequest", kRefreshFields};
const Schema kLogoutAll{"LogoutAllRequest", kLogoutAllFields};

const Schema kSessionAnswer{"SessionAnswer", kSessionAnswerFields};
const Schema kLoginAnswer{"LoginAnswer", kLoginAnswerFields};
const Schema kSessionInfo{"SessionInfo", kSessionInfoFields};
const Schema kSessionList{"SessionList", kSessionListFields};
const Schema kSessionEnd{"SessionEnd", kSessionEndFields};
const Schema kCsrfAnswer{"CsrfAnswer", kCsrfFields};

}  // namespace gatehouse::api::schema
