// POST /auth/mailed-link (SPEC W1): what the pages that mailed links lead to must know. POST, so
// that the token is in no log.
#include "handlers/auth/mailed_link.h"

#include "handlers/api/endpoints.h"

namespace gatehouse::api {

Result<http::Response> PostMailedLink(Call& call) {
  GH_ASSIGN(const auto link, auth::LookAtLink(call.services, call.caller, call.body.Text("token")));
  json::Writer out;
  out.BeginObject().Member("purpose", store::ToString(link.purpose));
  out.Key("tenant").BeginObject().Member("slug", link.tenant.row.slug);
  out.Member("name", link.tenant.row.name).EndObject();
  out.Member("password_min_length", link.tenant.settings.password_min_length).EndObject();
  return http::Response::Json(200, out.Take());
}

}  // namespace gatehouse::api
