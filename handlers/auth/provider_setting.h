// The setting `oauth_providers` (API.md "Tenant settings"): between JSON and values, and the client
// secrets, which are kept apart from the other settings, sealed, and never shown.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fcgi/lib/json.h"
#include "fcgi/run/oauth_provider.h"
#include "handlers/auth/services.h"
#include "sql/db/database.h"

namespace gatehouse::auth {

inline constexpr std::string_view kProvidersSetting = "oauth_providers";

// A list of providers without what is wrong in it: an item that is no provider is left empty, so
// that positions stay. `problems` (may be null) gets what is wrong, one field error each.
std::vector<OAuthProvider> ReadProviders(const json::Value& list, bool loopback_http,
                                         std::vector<FieldError>* problems);
// As settings show and store it; without secrets.
json::Value ProvidersJson(const std::vector<OAuthProvider>& providers);

// Inside the transaction that changes a tenant's settings by `patch`: keeps the secrets in step
// with the providers `after`. One that is not given stays, null removes it, and with its provider
// it goes. Returns the ids of providers whose secret is another now. kValidationFailed for a
// secret that cannot be one, and where a secret would be kept that goes elsewhere now: whoever may
// change settings must not learn it that way.
Result<std::vector<std::string>> ApplyClientSecrets(Services& services, db::Executor& ex,
                                                    TenantId tenant, const json::Value& patch,
                                                    const std::vector<OAuthProvider>& before,
                                                    const std::vector<OAuthProvider>& after);

// Of a tenant's own provider; empty where there is none. kUnavailable where it does not open.
Result<Secret> ClientSecretOf(Services& services, db::Executor& ex, TenantId tenant,
                              const std::string& provider);

// Those under another key than the active one, sealed again; how many there were (reseal.h).
Result<std::uint64_t> ResealClientSecrets(Services& services);

}  // namespace gatehouse::auth
