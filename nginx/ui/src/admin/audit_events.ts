// The events of the audit log (API.md "Administration"), in the order of that list.
export const events = [
  "login.succeeded", "login.failed", "login.locked", "logout", "session.revoked",
  "token.reuse_detected", "token.ip_mismatch",
  "password.changed", "password.reset_requested", "password.reset", "email.verified",
  "email.changed", "user.registered",
  "user.created", "user.updated", "user.deleted", "user.unlocked", "role.created", "role.updated", "role.deleted",
  "role.assigned", "permission.created", "permission.deleted", "tenant.created", "tenant.updated", "tenant.deleted",
  "settings.updated", "two_factor.enabled", "two_factor.disabled", "two_factor.failed", "two_factor.recovery_used",
  "oauth.linked", "oauth.unlinked", "credential.created", "credential.deleted", "key.rotated",
] as const;
