// What the sign-in and registration pages must know of a tenant before anybody is signed in (SPEC
// W1): its name, who may register, how long a password is at least, which providers it offers.
// Not the mail domains that may register: those are told to nobody.
#include "handlers/api/endpoints.h"
#include "handlers/api/views.h"
#include "handlers/auth/oauth_flow.h"
#include "handlers/auth/verification.h"

namespace gatehouse::api {

Result<http::Response> GetSignInOptions(Call& call) {
  GH_ASSIGN(const auto tenant,
            auth::NamedTenant(call.services, call.caller, call.query.Text("tenant")));
  json::Writer out;
  out.BeginObject().Key("tenant").BeginObject();
  out.Member("slug", tenant.row.slug).Member("name", tenant.row.name).EndObject();
  out.Member("registration", tenant.settings.registration);
  out.Member("password_min_length", tenant.settings.password_min_length).Key("providers");
  WriteProviders(out, auth::ProvidersOf(call.services, tenant.settings));
  return http::Response::Json(200, out.EndObject().Take());
}

}  // namespace gatehouse::api
