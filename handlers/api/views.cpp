#include "handlers/api/views.h"

namespace gatehouse::api {
namespace {

std::optional<std::string> TimeText(const std::optional<TimePoint>& t) {
  return t ? std::optional(ToRfc3339(*t)) : std::nullopt;
}

template <class T>
std::optional<std::string> IdText(const std::optional<T>& id) {
  return id ? std::optional(id->ToString()) : std::nullopt;
}

void WriteObject(json::Writer& out, std::string_view key, const std::optional<std::string>& text) {
  out.Key(key);
  const auto parsed = text ? json::Parse(*text) : std::nullopt;
  if (parsed && parsed->object() != nullptr) {
    out.Raw(*text);
  } else {
    out.Null();
  }
}

}  // namespace

std::optional<std::string> PictureUrl(const store::User& user) {
  if (!user.picture_hash) return std::nullopt;
  return "/auth/users/" + user.id.ToString() + "/picture";
}

void WriteUser(json::Writer& out, const store::User& user, const store::Grants& grants) {
  out.BeginObject().Member("id", user.id.ToString());
  out.Member("tenant_id", user.tenant_id.ToString()).Member("email", user.email);
  out.Member("email_verified", user.email_verified_at.has_value());
  out.Member("status", store::ToString(user.status));
  out.Member("first_name", user.first_name).Member("last_name", user.last_name);
  out.Member("phone", user.phone).Member("address", user.address);
  out.Member("employee_id", user.employee_id).Member("kra_pin", user.kra_pin);
  out.Member("branch_id", user.branch_id).Member("restaurant_id", user.restaurant_id);
  out.Member("is_tenant_admin", user.is_tenant_admin);
  out.Member("is_platform_admin", grants.platform_admin);
  out.Member("must_change_password", user.must_change_password);
  out.Member("two_factor_enabled", user.two_factor_enabled).Member("picture_url", PictureUrl(user));
  out.Key("roles").BeginArray();
  for (const auto& role : grants.roles) {
    out.BeginObject().Member("id", role.id.ToString()).Member("name", role.name).EndObject();
  }
  out.EndArray().Key("permissions").BeginArray();
  for (const auto& permission : grants.permissions) out.String(permission);
  out.EndArray().Member("created_at", ToRfc3339(user.created_at));
  out.Member("created_by", IdText(user.created_by));
  out.Member("updated_at", ToRfc3339(user.updated_at));
  out.Member("updated_by", IdText(user.updated_by));
  out.Member("last_login_at", TimeText(user.last_login_at)).EndObject();
}

void WriteSession(json::Writer& out, const store::Session& session,
                  const auth::TenantSettings& settings, bool current) {
  out.BeginObject().Member("id", session.id.ToString()).Key("device").BeginObject();
  out.Member("id", session.device_id).Member("name", session.device_name);
  out.Member("type", session.device_type).EndObject();
  out.Member("ip", session.ip).Member("user_agent", session.user_agent);
  out.Member("created_at", ToRfc3339(session.created_at));
  out.Member("last_active_at", ToRfc3339(session.last_active_at));
  out.Member("expires_at", ToRfc3339(session.expires_at));
  out.Member("idle_expires_at", TimeText(auth::IdleEnd(session, settings)));
  out.Key("amr").BeginArray();
  std::string_view amr = session.amr;
  while (!amr.empty()) {
    const auto comma = amr.find(',');
    out.String(amr.substr(0, comma));
    amr = comma == std::string_view::npos ? std::string_view() : amr.substr(comma + 1);
  }
  out.EndArray().Member("current", current).EndObject();
}

void WriteAttempt(json::Writer& out, const store::Attempt& attempt) {
  out.BeginObject().Member("id", attempt.id.ToString());
  out.Member("tenant_id", IdText(attempt.tenant_id)).Member("user_id", IdText(attempt.user_id));
  out.Member("email", attempt.identifier).Member("ip", attempt.ip);
  out.Member("user_agent", attempt.user_agent).Member("device", attempt.device);
  out.Member("created_at", ToRfc3339(attempt.created_at)).Member("success", attempt.success);
  out.Member("reason", attempt.reason).EndObject();
}

void WriteIdentity(json::Writer& out, const auth::LinkedAccount& account) {
  const auto& identity = account.identity;
  const auto& last = identity.last_used_at;
  out.BeginObject().Member("id", identity.id.ToString());
  out.Member("provider", identity.account.provider).Member("name", account.name);
  out.Member("subject", identity.account.subject).Member("email", identity.email);
  out.Member("created_at", ToRfc3339(identity.created_at));
  out.Member("last_used_at", last ? std::optional(ToRfc3339(*last)) : std::nullopt).EndObject();
}

void WriteProviders(json::Writer& out, std::span<const auth::OfferedProvider> offered) {
  out.BeginArray();
  for (const auto& one : offered) {
    out.BeginObject().Member("id", one.provider.id).Member("name", one.provider.name).EndObject();
  }
  out.EndArray();
}

void WriteRole(json::Writer& out, const store::Role& role,
               std::span<const std::string> permissions) {
  out.BeginObject().Member("id", role.id.ToString()).Member("tenant_id", IdText(role.tenant_id));
  out.Member("name", role.name).Member("description", role.description);
  out.Key("permissions").BeginArray();
  for (const auto& permission : permissions) out.String(permission);
  out.EndArray().Member("created_at", ToRfc3339(role.created_at));
  out.Member("created_by", IdText(role.created_by));
  out.Member("updated_at", ToRfc3339(role.updated_at));
  out.Member("updated_by", IdText(role.updated_by)).EndObject();
}

void WritePermission(json::Writer& out, const store::Permission& permission) {
  out.BeginObject().Member("code", permission.code);
  out.Member("description", permission.description);
  out.Member("created_at", ToRfc3339(permission.created_at));
  out.Member("created_by", IdText(permission.created_by)).EndObject();
}

void WriteTenant(json::Writer& out, const store::Tenant& tenant) {
  out.BeginObject().Member("id", tenant.id.ToString()).Member("slug", tenant.slug);
  out.Member("name", tenant.name).Member("status", tenant.suspended ? "suspended" : "active");
  out.Member("plan", tenant.plan);
  out.Member("subscription_ends_at", TimeText(tenant.subscription_ends_at)).Key("max_users");
  if (tenant.max_users) {
    out.Int(*tenant.max_users);
  } else {
    out.Null();
  }
  out.Member("created_at", ToRfc3339(tenant.created_at));
  out.Member("created_by", IdText(tenant.created_by));
  out.Member("updated_at", ToRfc3339(tenant.updated_at));
  out.Member("updated_by", IdText(tenant.updated_by)).EndObject();
}

void WriteAudit(json::Writer& out, const store::AuditEvent& event) {
  out.BeginObject().Member("id", event.id.ToString()).Member("event", event.event);
  out.Member("actor_id", IdText(event.actor_id)).Member("target_type", event.target_type);
  out.Member("target_id", event.target_id).Member("tenant_id", IdText(event.tenant_id));
  out.Member("ip", event.ip).Member("request_id", event.request_id);
  out.Member("created_at", ToRfc3339(event.created_at));
  WriteObject(out, "before", event.before_json);
  WriteObject(out, "after", event.after_json);
  out.EndObject();
}

}  // namespace gatehouse::api
