#include <array>

#include "handlers/api/schema_parts.h"
#include "handlers/api/schemas.h"

namespace gatehouse::api::schema {
namespace {

using http::FieldSpec;
using http::Schema;

constexpr std::array kOAuthTenantFields = {kTenantField};
// Where it leads is judged by the rule that knows the configuration.
constexpr std::array kOAuthStartFields = {kTenantField,
                                          FieldSpec{.name = "return_to", .min = 1, .max = 2000}};
// The provider adds what it likes; the endpoint reads what it needs and never answers 422.
constexpr std::array kOAuthCallbackFields = {Text("state", 64), Text("code", 4096),
                                             Text("iss", 500), Text("error", 100)};

constexpr std::array kOfferedProviderFields = {Text("id", 32), Text("name", 100)};
constexpr Schema kOfferedProvider{"OfferedProvider", kOfferedProviderFields};
constexpr FieldSpec kOfferedProviderItem = Item(&kOfferedProvider);
constexpr std::array kOAuthProviderListFields = {List("items", &kOfferedProviderItem)};
constexpr std::array kOAuthLinkAnswerFields = {Text("authorize_url", 8000)};

constexpr std::array<std::string_view, 3> kRegistrations = {"open", "domain", "closed"};
constexpr std::array kSignInTenantFields = {Text("slug", 63), Text("name", 200)};
constexpr std::array kSignInOptionsFields = {
    Nested("tenant", &kSignInTenant),
    FieldSpec{.name = "registration", .max = 16, .one_of = kRegistrations},
    Number("password_min_length"),
    List("providers", &kOfferedProviderItem),
};

constexpr std::array kIdentityFields = {Uid("id"),
                                        Text("provider", 32),
                                        Text("name", 100),
                                        Text("subject", 255),
                                        Nullable("email", 254),
                                        Time("created_at"),
                                        Time("last_used_at", true)};
constexpr auto kIdentityListFields = PageOf(&kIdentityItem);

}  // namespace

const Schema kIdentity{"Identity", kIdentityFields};
const Schema kSignInTenant{"SignInTenant", kSignInTenantFields};

const Schema kOAuthTenant{"OAuthTenant", kOAuthTenantFields};
const Schema kOAuthStart{"OAuthStart", kOAuthStartFields};
const Schema kOAuthCallback{"OAuthCallback", kOAuthCallbackFields};

const Schema kOAuthProviderList{"OAuthProviderList", kOAuthProviderListFields};
const Schema kOAuthLinkAnswer{"OAuthLinkAnswer", kOAuthLinkAnswerFields};
const Schema kSignInOptions{"SignInOptions", kSignInOptionsFields};
const Schema kIdentityList{"IdentityList", kIdentityListFields};

}  // namespace gatehouse::api::schema
