-- The first schema. Times are UTC (DATETIME(6)); ids are UUIDv7 in BINARY(16); identifiers are kept
-- in our own canonical form and compared byte by byte, trailing spaces included (nopad_bin),
-- because other collations fold. Text is utf8mb4 also where only ASCII belongs: comparing an ascii
-- column with what a client sent is an error (1267) where that is not ASCII.

CREATE TABLE tenants (
  id BINARY(16) NOT NULL PRIMARY KEY,
  slug VARCHAR(63) NOT NULL,
  name VARCHAR(200) NOT NULL,
  status ENUM('active', 'suspended') NOT NULL DEFAULT 'active',
  plan VARCHAR(64) NULL,
  subscription_ends_at DATETIME(6) NULL,
  max_users INT UNSIGNED NULL,
  settings LONGTEXT NOT NULL,           -- JSON object: only what differs from the defaults
  generation BIGINT UNSIGNED NOT NULL DEFAULT 1,  -- proofs of another generation are void
  created_at DATETIME(6) NOT NULL,
  created_by BINARY(16) NULL,
  updated_at DATETIME(6) NOT NULL,
  updated_by BINARY(16) NULL,
  UNIQUE KEY tenants_slug (slug)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE users (
  id BINARY(16) NOT NULL PRIMARY KEY,
  tenant_id BINARY(16) NOT NULL,
  email VARCHAR(254) NOT NULL,          -- canonical: NFC, lower case
  email_verified_at DATETIME(6) NULL,
  status ENUM('pending', 'active', 'disabled') NOT NULL,
  password_hash VARCHAR(255) NULL,
  must_change_password BOOLEAN NOT NULL DEFAULT FALSE,
  first_name VARCHAR(100) NULL,
  last_name VARCHAR(100) NULL,
  phone VARCHAR(16) NULL,
  address VARCHAR(500) NULL,
  employee_id VARCHAR(64) NULL,
  kra_pin VARCHAR(11) NULL,
  branch_id VARCHAR(64) NULL,
  restaurant_id VARCHAR(64) NULL,
  is_tenant_admin BOOLEAN NOT NULL DEFAULT FALSE,
  two_factor_enabled BOOLEAN NOT NULL DEFAULT FALSE,
  last_login_at DATETIME(6) NULL,
  created_at DATETIME(6) NOT NULL,
  created_by BINARY(16) NULL,
  updated_at DATETIME(6) NOT NULL,
  updated_by BINARY(16) NULL,
  UNIQUE KEY users_email (tenant_id, email),
  KEY users_created (tenant_id, created_at, id),
  KEY users_pending (status, created_at),  -- abandoned registrations are purged
  CONSTRAINT users_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Roles without a tenant are system-wide (SPEC R2). owner_key makes names unique within either.
CREATE TABLE roles (
  id BINARY(16) NOT NULL PRIMARY KEY,
  tenant_id BINARY(16) NULL,
  owner_key BINARY(16) AS (COALESCE(tenant_id, UNHEX('00000000000000000000000000000000'))) PERSISTENT,
  name VARCHAR(64) NOT NULL,
  description VARCHAR(500) NULL,
  created_at DATETIME(6) NOT NULL,
  created_by BINARY(16) NULL,
  updated_at DATETIME(6) NOT NULL,
  updated_by BINARY(16) NULL,
  UNIQUE KEY roles_name (owner_key, name),
  CONSTRAINT roles_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE role_permissions (
  role_id BINARY(16) NOT NULL,
  permission VARCHAR(200) NOT NULL,
  PRIMARY KEY (role_id, permission),
  CONSTRAINT role_permissions_role FOREIGN KEY (role_id) REFERENCES roles (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- `ordinal` keeps the order of assignment: the first is the primary role (API.md).
CREATE TABLE user_roles (
  user_id BINARY(16) NOT NULL,
  role_id BINARY(16) NOT NULL,
  ordinal BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  assigned_at DATETIME(6) NOT NULL,
  assigned_by BINARY(16) NULL,
  PRIMARY KEY (user_id, role_id),
  UNIQUE KEY user_roles_ordinal (ordinal),
  KEY user_roles_role (role_id),
  CONSTRAINT user_roles_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT user_roles_role FOREIGN KEY (role_id) REFERENCES roles (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

CREATE TABLE permissions (
  code VARCHAR(200) NOT NULL PRIMARY KEY,
  description VARCHAR(500) NULL,
  created_at DATETIME(6) NOT NULL,
  created_by BINARY(16) NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- One row a sign-in. The refresh token is made from refresh_generation and refresh_key, which is
-- sealed under the key file: the database alone can neither forge nor replay one (SPEC T6).
CREATE TABLE sessions (
  id BINARY(16) NOT NULL PRIMARY KEY,
  tenant_id BINARY(16) NOT NULL,
  user_id BINARY(16) NOT NULL,
  device_id VARCHAR(64) NOT NULL,
  device_name VARCHAR(100) NOT NULL,
  device_type ENUM('web', 'mobile', 'desktop', 'tablet', 'pos', 'service', 'other') NOT NULL,
  ip VARCHAR(45) NOT NULL,
  user_agent VARCHAR(512) NOT NULL,
  amr VARCHAR(64) NOT NULL,  -- comma-separated (RFC 8176)
  cookie_mode BOOLEAN NOT NULL DEFAULT FALSE,
  authenticated_at DATETIME(6) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  last_active_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  refresh_generation INT UNSIGNED NOT NULL DEFAULT 1,
  refresh_rotated_at DATETIME(6) NOT NULL,
  refresh_key VARBINARY(96) NOT NULL,
  refresh_kid VARCHAR(32) NOT NULL,
  revoked_at DATETIME(6) NULL,
  revoke_reason VARCHAR(32) NULL,
  KEY sessions_user (user_id, revoked_at, created_at),
  KEY sessions_expiry (expires_at),
  KEY sessions_revocation (revoked_at),
  CONSTRAINT sessions_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Devices a person has signed in from, for the new-device mail.
CREATE TABLE devices (
  user_id BINARY(16) NOT NULL,
  device_id VARCHAR(64) NOT NULL,
  first_seen_at DATETIME(6) NOT NULL,
  last_seen_at DATETIME(6) NOT NULL,
  PRIMARY KEY (user_id, device_id),
  CONSTRAINT devices_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Mailed links: single use, only the SHA-256 of the token is kept. A verify_email link carries the
-- registration that it was sent for (API.md: "with that registration's password"). Rows without a
-- user are written for addresses that have no account, so that both cost the same (SPEC L2).
CREATE TABLE links (
  id BINARY(16) NOT NULL PRIMARY KEY,
  tenant_id BINARY(16) NOT NULL,
  user_id BINARY(16) NULL,
  purpose ENUM('verify_email', 'password_reset', 'change_email') NOT NULL,
  token_hash BINARY(32) NOT NULL,
  email VARCHAR(254) NOT NULL,          -- the address it was sent to
  password_hash VARCHAR(255) NULL,
  first_name VARCHAR(100) NULL,
  last_name VARCHAR(100) NULL,
  phone VARCHAR(16) NULL,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  used_at DATETIME(6) NULL,             -- used or replaced
  UNIQUE KEY links_token (token_hash),
  KEY links_user (user_id, purpose, created_at),
  KEY links_expiry (expires_at),
  CONSTRAINT links_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- One row an identifier that was ever tried: its lock serializes the attempts (SPEC L1).
CREATE TABLE lockouts (
  identifier_key BINARY(32) NOT NULL PRIMARY KEY,  -- HMAC(tenant, canonical identifier)
  touched_at DATETIME(6) NOT NULL,
  KEY lockouts_touched (touched_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Every attempt (SPEC L4). `counted` marks the failures that count towards a lock now; a success
-- or an unlock clears it. tenant_id is null where the tenant named does not exist.
CREATE TABLE attempts (
  id BINARY(16) NOT NULL PRIMARY KEY,
  tenant_id BINARY(16) NULL,
  user_id BINARY(16) NULL,
  identifier VARCHAR(254) NOT NULL,
  identifier_key BINARY(32) NOT NULL,
  ip VARCHAR(45) NOT NULL,
  user_agent VARCHAR(512) NOT NULL,
  device VARCHAR(100) NULL,
  created_at DATETIME(6) NOT NULL,
  success BOOLEAN NOT NULL,
  reason VARCHAR(40) NOT NULL,
  counted BOOLEAN NOT NULL,
  KEY attempts_counted (identifier_key, counted, created_at),
  KEY attempts_tenant (tenant_id, created_at, id),
  KEY attempts_identifier (tenant_id, identifier, created_at, id),
  KEY attempts_user (user_id, created_at, id),
  KEY attempts_created (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Append-only: the application's account has INSERT and SELECT here, nothing else (SPEC A1).
CREATE TABLE audit_events (
  id BINARY(16) NOT NULL PRIMARY KEY,
  event VARCHAR(64) NOT NULL,
  tenant_id BINARY(16) NULL,
  actor_id BINARY(16) NULL,
  target_type VARCHAR(32) NOT NULL,
  target_id VARCHAR(64) NULL,
  ip VARCHAR(45) NOT NULL,
  request_id VARCHAR(64) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  before_json LONGTEXT NULL,
  after_json LONGTEXT NULL,
  KEY audit_tenant (tenant_id, created_at, id),
  KEY audit_actor (actor_id, created_at, id),
  KEY audit_target (target_id, created_at, id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Mail waits here from the transaction that causes it until a mail server has accepted it (SPEC
-- M2). 'void' rows are never sent: they are written where an address has no account, so that both
-- cases cost the same. The body is erased once it is delivered or given up.
CREATE TABLE outbox (
  id BINARY(16) NOT NULL PRIMARY KEY,
  tenant_id BINARY(16) NULL,
  kind VARCHAR(32) NOT NULL,
  recipient VARCHAR(254) NOT NULL,
  recipient_key BINARY(32) NOT NULL,    -- HMAC, for the limit per recipient
  message MEDIUMTEXT NULL,              -- complete RFC 5322 text
  status ENUM('queued', 'sent', 'failed', 'void') NOT NULL,
  tries INT UNSIGNED NOT NULL DEFAULT 0,
  next_try_at DATETIME(6) NOT NULL,
  claimed_by BINARY(16) NULL,
  claimed_until DATETIME(6) NULL,
  last_error VARCHAR(255) NULL,
  created_at DATETIME(6) NOT NULL,
  finished_at DATETIME(6) NULL,
  KEY outbox_due (status, next_try_at),
  KEY outbox_claim (claimed_by),
  KEY outbox_recipient (recipient_key, created_at),
  KEY outbox_created (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- What exists from the start (SPEC R5).
INSERT INTO permissions (code, description, created_at) VALUES
  ('auth:users:view', 'See users', UTC_TIMESTAMP(6)),
  ('auth:users:create', 'Create users', UTC_TIMESTAMP(6)),
  ('auth:users:edit', 'Change, unlock and sign out users', UTC_TIMESTAMP(6)),
  ('auth:users:delete', 'Delete users', UTC_TIMESTAMP(6)),
  ('auth:roles:view', 'See roles and permissions', UTC_TIMESTAMP(6)),
  ('auth:roles:create', 'Create roles', UTC_TIMESTAMP(6)),
  ('auth:roles:edit', 'Change roles', UTC_TIMESTAMP(6)),
  ('auth:roles:delete', 'Delete roles', UTC_TIMESTAMP(6)),
  ('auth:roles:assign', 'Assign roles to users', UTC_TIMESTAMP(6)),
  ('sales:orders:view', 'See orders', UTC_TIMESTAMP(6)),
  ('sales:orders:create', 'Create orders', UTC_TIMESTAMP(6)),
  ('sales:orders:edit', 'Change orders', UTC_TIMESTAMP(6)),
  ('sales:orders:delete', 'Delete orders', UTC_TIMESTAMP(6)),
  ('auth:attempts:view', 'See sign-in attempts', UTC_TIMESTAMP(6)),
  ('auth:audit:view', 'See the audit log', UTC_TIMESTAMP(6));

-- Super-admin everywhere (SPEC R3). A fixed id, so that the command line finds it.
INSERT INTO roles (id, tenant_id, name, description, created_at, updated_at) VALUES
  (UNHEX('00000000000070008000000000000001'), NULL, 'Platform Administrator',
   'Everything, in every tenant', UTC_TIMESTAMP(6), UTC_TIMESTAMP(6));
INSERT INTO role_permissions (role_id, permission) VALUES
  (UNHEX('00000000000070008000000000000001'), 'ALL_PERMISSIONS');
