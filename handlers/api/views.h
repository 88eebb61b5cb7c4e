// What answers look like (API.md "Session answer", "User", lists): one place that writes each.
#pragma once

#include <span>
#include <string>

#include "fcgi/lib/json.h"
#include "handlers/auth/oauth_flow.h"
#include "handlers/auth/oauth_identity.h"
#include "handlers/auth/session.h"
#include "sql/store/attempts.h"
#include "sql/store/audit.h"
#include "sql/store/permissions.h"
#include "sql/store/roles.h"
#include "sql/store/sessions.h"
#include "sql/store/tenants.h"
#include "sql/store/users.h"

namespace gatehouse::api {

// On this server, and the same as long as there is a picture: its ETag tells of a new one.
std::optional<std::string> PictureUrl(const store::User& user);
void WriteUser(json::Writer& out, const store::User& user, const store::Grants& grants);
void WriteSession(json::Writer& out, const store::Session& session,
                  const auth::TenantSettings& settings, bool current);
void WriteAttempt(json::Writer& out, const store::Attempt& attempt);
void WriteIdentity(json::Writer& out, const auth::LinkedAccount& account);
// The list of the providers, as somebody who wants to sign in chooses from it.
void WriteProviders(json::Writer& out, std::span<const auth::OfferedProvider> offered);
void WriteRole(json::Writer& out, const store::Role& role,
               std::span<const std::string> permissions);
void WritePermission(json::Writer& out, const store::Permission& permission);
void WriteTenant(json::Writer& out, const store::Tenant& tenant);
// `before` and `after` as the objects that they are; null where what is stored is none.
void WriteAudit(json::Writer& out, const store::AuditEvent& event);

}  // namespace gatehouse::api
