// Service credentials, and what services do with them (SPEC T10).
#include <algorithm>

#include "handlers/api/cookies.h"
#include "handlers/api/endpoints.h"
#include "handlers/api/paging.h"
#include "handlers/auth/introspection.h"
#include "handlers/auth/service_credential.h"

namespace gatehouse::api {
namespace {

constexpr std::size_t kMaxScope = 4096;

void WriteMembers(json::Writer& out, const store::Credential& row) {
  out.Member("id", row.id.ToString()).Member("name", row.name);
  out.Member("client_id", row.id.ToString()).Member("created_at", ToRfc3339(row.created_at));
  out.Member("created_by",
             row.created_by ? std::optional(row.created_by->ToString()) : std::nullopt);
}

template <class Items>
void WriteList(json::Writer& out, std::string_view key, const Items& items) {
  out.Key(key).BeginArray();
  for (const auto& item : items) out.String(item);
  out.EndArray();
}

std::string ScopeOf(const TextList& permissions) {
  std::string out;
  for (const auto& permission : permissions) {
    if (!out.empty()) out.push_back(' ');
    out += permission;
  }
  return out;
}

void WriteAmr(json::Writer& out, std::string_view comma_separated) {
  out.Key("amr").BeginArray();
  while (!comma_separated.empty()) {
    const auto word = comma_separated.substr(0, comma_separated.find(','));
    out.String(word);
    comma_separated.remove_prefix(std::min(word.size() + 1, comma_separated.size()));
  }
  out.EndArray();
}

void WriteAccess(json::Writer& out, const Config& config, const auth::ActiveToken& token) {
  const auth::Principal& who = token.who;
  out.Member("username", who.identity->email).Member("email", who.identity->email);
  out.Member("nbf", ToUnixSeconds(token.access->not_before)).Member("jti", token.access->jti);
  out.Member("iss", config.Issuer()).Member("aud", config.Audience());
  out.Member("role", who.identity->roles.empty() ? std::nullopt
                                                 : std::optional(who.identity->roles.front()));
  WriteList(out, "roles", who.identity->roles);
  WriteList(out, "permissions", who.identity->permissions);
  const std::string scope = ScopeOf(who.identity->permissions);
  if (!scope.empty() && scope.size() <= kMaxScope) out.Member("scope", scope);
  WriteAmr(out, who.identity->amr);
  out.Member("auth_time", ToUnixSeconds(who.authenticated_at));
}

}  // namespace

Result<http::Response> PostIntrospect(Call& call) {
  GH_ASSIGN(const auto token,
            auth::Introspect(call.services, call.caller, *call.service, call.body.Text("token")));
  json::Writer out;
  out.BeginObject().Member("active", token.has_value());
  if (token) {
    out.Member("token_type", token->access ? "Bearer" : "refresh_token");
    out.Member("sub", token->who.user_id.ToString());
    out.Member("tenant_id", token->who.tenant_id.ToString());
    out.Member("sid", token->who.session_id.ToString());
    out.Member("exp", ToUnixSeconds(token->expires_at));
    out.Member("iat", ToUnixSeconds(token->issued_at));
    if (token->access) WriteAccess(out, call.services.config, *token);
  }
  return http::Response::Json(200, out.EndObject().Take());
}

Result<http::Response> PostRevoke(Call& call) {
  const auto& token = call.body.Text("token");
  auto response = http::Response::Empty(200);
  if (call.service) {
    GH_TRY(auth::RevokeByService(call.services, call.caller, *call.service, token));
  } else {
    const auto& who = *call.principal;
    GH_ASSIGN(const auto ended, auth::RevokeOwn(call.services, call.caller, who, token));
    if (who.by_cookie && ended == who.session_id) ClearAccessCookies(response);
  }
  return response;
}

Result<http::Response> GetServiceCredentials(Call& call) {
  GH_ASSIGN(const Page page, ReadPage(call.query));
  std::optional<store::CredentialCursor> after;
  if (page.after) after = store::CredentialCursor{*page.AfterTime(), CredentialId{page.after->id}};
  // One more than is shown tells whether there is a next page.
  GH_ASSIGN(const auto rows,
            store::ListCredentials(*call.services.db.Auto(call.caller.deadline), call.tenant_id,
                                   after, page.ascending, page.limit + 1));
  return ListAnswer(
      rows, page,
      [](const store::Credential& row) {
        return Cursor{TimeKey(row.created_at), row.id.uuid};
      },
      [](json::Writer& out, const store::Credential& row) {
        out.BeginObject();
        WriteMembers(out, row);
        out.EndObject();
      });
}

Result<http::Response> PostServiceCredentials(Call& call) {
  GH_ASSIGN(const auto made, auth::CreateCredential(call.services, call.caller, call.actor(),
                                                    call.body.Text("name")));
  json::Writer out;
  out.BeginObject();
  WriteMembers(out, made.row);
  out.Member("client_secret", made.secret.Reveal()).EndObject();
  return http::Response::Json(201, out.Take());
}

Result<http::Response> DeleteServiceCredential(Call& call) {
  GH_TRY(auth::DeleteCredential(call.services, call.caller, call.actor(), CredentialId{*call.id}));
  return http::Response::Empty(204);
}

}  // namespace gatehouse::api
