-- May be run again where it was cut off: on a large table any of these may fail half-way.
--
-- Administration: what lists need to be quick at 10^6 users and 10^7 attempts, pictures, service
-- credentials, Idempotency-Key, and the catalogue's entries for the role presets (SPEC R5).

-- A deleted tenant is out of sight at once; its rows go in batches (SPEC N3).
ALTER TABLE tenants
  ADD COLUMN IF NOT EXISTS deleted_at DATETIME(6) NULL,
  ADD KEY IF NOT EXISTS tenants_created (created_at, id),
  ADD KEY IF NOT EXISTS tenants_deleted (deleted_at);

ALTER TABLE users
  ADD COLUMN IF NOT EXISTS picture_hash BINARY(32) NULL  -- SHA-256 of the stored image
    AFTER two_factor_enabled,
  ADD KEY IF NOT EXISTS users_status (tenant_id, status, created_at, id),
  ADD KEY IF NOT EXISTS users_status_email (tenant_id, status, email),
  -- With the status behind the order: the few disabled of a branch are found without its rows.
  ADD KEY IF NOT EXISTS users_branch (tenant_id, branch_id, created_at, id, status),
  ADD KEY IF NOT EXISTS users_branch_email (tenant_id, branch_id, email, status),
  ADD KEY IF NOT EXISTS users_restaurant (tenant_id, restaurant_id, created_at, id, status),
  ADD KEY IF NOT EXISTS users_restaurant_email (tenant_id, restaurant_id, email, status),
  ADD KEY IF NOT EXISTS users_admins (tenant_id, is_tenant_admin, status);

-- The words of an account's address, names and employee id, lower case: a search finds whoever has
-- words that begin with those asked for, without reading every row (SPEC U5).
CREATE TABLE IF NOT EXISTS user_words (
  tenant_id BINARY(16) NOT NULL,
  word VARCHAR(100) NOT NULL,           -- as long as a name: never cut
  user_id BINARY(16) NOT NULL,
  created_at DATETIME(6) NOT NULL,      -- the user's, as the address: who has a word, in the order
  email VARCHAR(254) NOT NULL,          -- of either list
  PRIMARY KEY (tenant_id, word, created_at, user_id),
  KEY user_words_email (tenant_id, word, email, user_id),
  KEY user_words_user (user_id, word),
  CONSTRAINT user_words_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Of whoever is there already (sql/store/user_words.h is the rule).
INSERT IGNORE INTO user_words (tenant_id, word, user_id, created_at, email)
SELECT u.tenant_id, j.word, u.id, u.created_at, u.email FROM users u,
  JSON_TABLE(CONCAT('["', REGEXP_REPLACE(
    LOWER(CONCAT_WS(' ', u.email, u.first_name, u.last_name, u.employee_id)),
    '[^\\p{L}\\p{M}\\p{N}]+', '","'), '"]'),
    '$[*]' COLUMNS (word TEXT PATH '$')) AS j
WHERE j.word <> '';

-- The image itself, apart from users, whose rows every sign-in reads.
CREATE TABLE IF NOT EXISTS pictures (
  user_id BINARY(16) NOT NULL PRIMARY KEY,
  tenant_id BINARY(16) NOT NULL,
  image MEDIUMBLOB NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  CONSTRAINT pictures_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- A system's role must not bear the name of any tenant's; a permission that leaves the catalogue
-- leaves the roles that hold it.
ALTER TABLE roles ADD KEY IF NOT EXISTS roles_by_name (name);
ALTER TABLE role_permissions ADD KEY IF NOT EXISTS role_permissions_permission (permission, role_id);

ALTER TABLE devices
  ADD KEY IF NOT EXISTS devices_seen (last_seen_at);  -- those not seen for long are purged

-- `success` before the time: the one success among an attacker's thousand failures is met at once.
-- Where both are asked for, both ends of an index are read and merged.
ALTER TABLE attempts
  DROP KEY IF EXISTS attempts_tenant,
  DROP KEY IF EXISTS attempts_identifier,
  DROP KEY IF EXISTS attempts_user,
  ADD KEY attempts_tenant (tenant_id, success, created_at, id),
  ADD KEY attempts_identifier (tenant_id, identifier, success, created_at, id),
  ADD KEY attempts_user (user_id, success, created_at, id),
  ADD KEY IF NOT EXISTS attempts_ip (tenant_id, ip, success, created_at, id);

-- actor_tenant_id: the actor's own tenant, where they acted in another one (a platform
-- administrator); NULL where the two are the same or nobody acted.
ALTER TABLE audit_events
  ADD COLUMN IF NOT EXISTS actor_tenant_id BINARY(16) NULL AFTER actor_id,
  MODIFY target_id VARCHAR(200) NULL,   -- a permission's code, which is longer than any id
  DROP KEY IF EXISTS audit_actor,       -- what an actor did where, and of what kind, by it alone
  ADD KEY audit_actor (actor_id, created_at, id, event, tenant_id, actor_tenant_id),
  ADD KEY IF NOT EXISTS audit_event (tenant_id, event, created_at, id),
  ADD KEY IF NOT EXISTS audit_abroad (actor_tenant_id, created_at, id),
  ADD KEY IF NOT EXISTS audit_abroad_event (actor_tenant_id, event, created_at, id);

-- Services that ask about tokens (SPEC T10). The secret has 256 bits: a plain hash keeps it.
CREATE TABLE IF NOT EXISTS service_credentials (
  id BINARY(16) NOT NULL PRIMARY KEY,
  tenant_id BINARY(16) NOT NULL,
  name VARCHAR(100) NOT NULL,
  secret_hash BINARY(32) NOT NULL,      -- SHA-256
  created_at DATETIME(6) NOT NULL,
  created_by BINARY(16) NULL,
  KEY service_credentials_tenant (tenant_id, created_at, id),
  CONSTRAINT service_credentials_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Idempotency-Key (API.md): claimed before the work begins; the answer is written in the
-- transaction that does the work. status NULL: still running, until claimed_until.
CREATE TABLE IF NOT EXISTS idempotency_keys (
  caller_id BINARY(16) NOT NULL,
  key_hash BINARY(32) NOT NULL,         -- SHA-256 of the key
  request_hash BINARY(32) NOT NULL,     -- SHA-256 of method, path, query and body
  claim BINARY(16) NOT NULL,            -- of the request that runs
  claimed_until DATETIME(6) NOT NULL,
  status SMALLINT UNSIGNED NULL,
  answer MEDIUMTEXT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (caller_id, key_hash),
  KEY idempotency_keys_created (created_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

INSERT IGNORE INTO permissions (code, description, created_at) VALUES
  ('inventory:stock:view', 'See stock', UTC_TIMESTAMP(6)),
  ('inventory:stock:create', 'Add stock', UTC_TIMESTAMP(6)),
  ('inventory:stock:edit', 'Change stock', UTC_TIMESTAMP(6)),
  ('inventory:stock:delete', 'Remove stock', UTC_TIMESTAMP(6)),
  ('hr:employees:view', 'See employees', UTC_TIMESTAMP(6)),
  ('hr:employees:create', 'Add employees', UTC_TIMESTAMP(6)),
  ('hr:employees:edit', 'Change employees', UTC_TIMESTAMP(6)),
  ('hr:employees:delete', 'Remove employees', UTC_TIMESTAMP(6)),
  ('accounting:invoices:view', 'See invoices', UTC_TIMESTAMP(6)),
  ('accounting:invoices:create', 'Write invoices', UTC_TIMESTAMP(6)),
  ('accounting:invoices:edit', 'Change invoices', UTC_TIMESTAMP(6)),
  ('accounting:invoices:delete', 'Delete invoices', UTC_TIMESTAMP(6)),
  ('maintenance:tasks:view', 'See maintenance tasks', UTC_TIMESTAMP(6)),
  ('maintenance:tasks:create', 'Create maintenance tasks', UTC_TIMESTAMP(6)),
  ('maintenance:tasks:edit', 'Change maintenance tasks', UTC_TIMESTAMP(6)),
  ('maintenance:tasks:delete', 'Delete maintenance tasks', UTC_TIMESTAMP(6));
