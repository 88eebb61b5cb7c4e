// Audit events (SPEC A1): what happened, to whom, by whom. Written in the transaction that does it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "handlers/auth/principal.h"
#include "handlers/auth/services.h"
#include "sql/db/database.h"

namespace gatehouse::auth {

namespace event {
inline constexpr std::string_view kLoginSucceeded = "login.succeeded";
inline constexpr std::string_view kLoginFailed = "login.failed";
inline constexpr std::string_view kLoginLocked = "login.locked";
inline constexpr std::string_view kLogout = "logout";
inline constexpr std::string_view kSessionRevoked = "session.revoked";
inline constexpr std::string_view kReuseDetected = "token.reuse_detected";
inline constexpr std::string_view kIpMismatch = "token.ip_mismatch";
inline constexpr std::string_view kPasswordChanged = "password.changed";
inline constexpr std::string_view kResetRequested = "password.reset_requested";
inline constexpr std::string_view kPasswordReset = "password.reset";
inline constexpr std::string_view kEmailVerified = "email.verified";
inline constexpr std::string_view kEmailChanged = "email.changed";
inline constexpr std::string_view kUserRegistered = "user.registered";
inline constexpr std::string_view kUserCreated = "user.created";
inline constexpr std::string_view kUserUpdated = "user.updated";
inline constexpr std::string_view kUserDeleted = "user.deleted";
inline constexpr std::string_view kUserUnlocked = "user.unlocked";
inline constexpr std::string_view kRoleCreated = "role.created";
inline constexpr std::string_view kRoleUpdated = "role.updated";
inline constexpr std::string_view kRoleDeleted = "role.deleted";
inline constexpr std::string_view kRoleAssigned = "role.assigned";
inline constexpr std::string_view kPermissionCreated = "permission.created";
inline constexpr std::string_view kPermissionDeleted = "permission.deleted";
inline constexpr std::string_view kTenantCreated = "tenant.created";
inline constexpr std::string_view kTenantUpdated = "tenant.updated";
inline constexpr std::string_view kTenantDeleted = "tenant.deleted";
inline constexpr std::string_view kSettingsUpdated = "settings.updated";
inline constexpr std::string_view kTwoFactorEnabled = "two_factor.enabled";
inline constexpr std::string_view kTwoFactorDisabled = "two_factor.disabled";
inline constexpr std::string_view kTwoFactorFailed = "two_factor.failed";
inline constexpr std::string_view kRecoveryUsed = "two_factor.recovery_used";
inline constexpr std::string_view kOAuthLinked = "oauth.linked";
inline constexpr std::string_view kOAuthUnlinked = "oauth.unlinked";
inline constexpr std::string_view kCredentialCreated = "credential.created";
inline constexpr std::string_view kCredentialDeleted = "credential.deleted";
inline constexpr std::string_view kKeyRotated = "key.rotated";
}  // namespace event

struct AuditEntry {
  std::string_view event;
  std::optional<TenantId> tenant;
  std::optional<UserId> actor;
  std::string_view
      target_type;  // "user", "session", "tenant", "role", "permission", "credential", "key"
  std::optional<std::string> target_id;
  std::optional<std::string> before, after;  // JSON, never a secret
  std::optional<TenantId> actor_tenant{};    // where it is not `tenant`
};

// What an administrator did in the tenant that they act in.
AuditEntry ByActor(const Actor& actor, std::string_view event, std::string_view target_type,
                   std::string target_id, std::optional<std::string> before,
                   std::optional<std::string> after);

Status Audit(const Services& services, db::Executor& ex, const Caller& caller,
             const AuditEntry& entry);

}  // namespace gatehouse::auth
