// What nginx and services ask (SPEC R7): GET /auth/verify, POST /auth/check.
#include "fcgi/base/codec.h"
#include "fcgi/http/input.h"
#include "fcgi/lib/json.h"
#include "handlers/api/cookies.h"
#include "handlers/api/endpoints.h"
#include "handlers/auth/requirement.h"

namespace gatehouse::api {
namespace {

constexpr std::size_t kMaxPermissionsHeader = 4096;
// Room for the identity of somebody with a dozen permissions.
constexpr std::size_t kUsualHeaders = 1024;

template <class Items>
std::string Joined(const Items& items) {
  std::size_t size = 0;
  for (const auto& item : items) size += item.size() + 1;
  std::string out;
  out.reserve(size);
  for (const auto& item : items) {
    if (!out.empty()) out.push_back(',');
    out += item;
  }
  return out;
}

// From nginx's parameters, which clients cannot set, and from the query of a direct call; where
// both ask, both must be met. Unknown query parameters are ignored.
auth::Requirement RequirementOf(const http::Request& request) {
  auth::Requirement out;
  out.RequireTenant(request.Param("GATEHOUSE_TENANT"));
  out.RequirePermission(request.Param("GATEHOUSE_REQUIRE_PERMISSION"));
  out.RequireRole(request.Param("GATEHOUSE_REQUIRE_ROLE"));
  const auto roleless = request.Param("GATEHOUSE_ALLOW_ROLELESS");
  out.AllowRoleless(roleless == "on" || roleless == "1");
  if (request.query().empty()) return out;
  const auto query = http::ParseUrlEncoded(request.query());
  if (!query.ok()) {
    out.MarkMalformed();
    return out;
  }
  for (const auto& [name, value] : *query) {
    if (name != "permission" && name != "role") continue;
    // Asked for, but for nothing: nobody can meet that.
    if (value.empty()) out.MarkMalformed();
    if (name == "permission") {
      out.RequirePermission(value);
    } else {
      out.RequireRole(value);
    }
  }
  return out;
}

}  // namespace

namespace {

// Whose request it is, for nginx to hand on (API.md).
http::Response Identified(const auth::Principal& who) {
  auto response = http::Response::Empty(204);
  response.header_lines.reserve(kUsualHeaders);
  response.Header("Remote-User", who.identity->email)
      .Header("X-Auth-User-Id", who.user_id.ToString());
  response.Header("X-Auth-Tenant-Id", who.tenant_id.ToString());
  response.Header("X-Auth-Tenant", who.identity->tenant_slug)
      .Header("X-Auth-Email", who.identity->email);
  response.Header("X-Auth-Name", PercentEncodeNonAscii(who.identity->name));
  response.Header("X-Auth-Roles", PercentEncodeNonAscii(Joined(who.identity->roles)));
  auto permissions = Joined(who.identity->permissions);
  if (permissions.size() > kMaxPermissionsHeader) {
    response.Header("X-Auth-Permissions-Omitted", "1");
  } else {
    response.Header("X-Auth-Permissions", permissions);
  }
  if (who.identity->branch_id)
    response.Header("X-Auth-Branch-Id", PercentEncodeNonAscii(*who.identity->branch_id));
  if (who.identity->restaurant_id) {
    response.Header("X-Auth-Restaurant-Id", PercentEncodeNonAscii(*who.identity->restaurant_id));
  }
  response.Header("X-Auth-Session-Id", who.session_id.ToString());
  return response;
}

}  // namespace

Result<http::Response> GetVerify(Call& call) {
  const auth::Principal& who = *call.principal;
  GH_TRY(RequirementOf(call.request).Check(who));
  http::Response response = http::Response::Empty(204);
  if (who.identity->headers.empty()) {
    response = Identified(who);
    if (!response.unsendable) who.identity->headers = response.header_lines;
  } else {
    response.header_lines = who.identity->headers;
  }
  GH_TRY(RenewToken(response, call.services, who, call.caller.now));
  return response;
}

Result<http::Response> PostCheck(Call& call) {
  const auth::Principal& who = *call.principal;
  const std::string me = who.user_id.ToString();
  bool allowed = true;
  json::Writer out;
  out.BeginObject().Key("results").BeginArray();
  for (const auto& item : call.body.Items("checks")) {
    const http::Fields question(item);
    const bool owns = question.Text("owner_id") == me;
    const bool yes = auth::May(who, question.Text("permission"), owns);
    allowed = allowed && yes;
    out.Bool(yes);
  }
  out.EndArray().Member("allowed", allowed).EndObject();
  return http::Response::Json(200, out.Take());
}

}  // namespace gatehouse::api
