-- May be run again where it was cut off.
--
-- The second factor (SPEC F1 to F3). Whether it is on is users.two_factor_enabled; a row here with
-- the flag off is an enrolment that was not confirmed.

CREATE TABLE IF NOT EXISTS totp_secrets (
  user_id BINARY(16) NOT NULL PRIMARY KEY,
  tenant_id BINARY(16) NOT NULL,
  secret VARBINARY(96) NOT NULL,        -- sealed under the key file's ring totp
  kid VARCHAR(32) NOT NULL,
  last_step BIGINT NULL,                -- the newest 30 s step that was used: none up to it counts
  created_at DATETIME(6) NOT NULL,
  KEY totp_secrets_kid (kid, user_id),
  CONSTRAINT totp_secrets_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- One row a code that was not used yet. A code has 80 random bits: a plain hash keeps it.
CREATE TABLE IF NOT EXISTS recovery_codes (
  user_id BINARY(16) NOT NULL,
  code_hash BINARY(32) NOT NULL,        -- SHA-256 of user and code
  tenant_id BINARY(16) NOT NULL,
  created_at DATETIME(6) NOT NULL,
  PRIMARY KEY (user_id, code_hash),
  CONSTRAINT recovery_codes_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- A sign-in between its first factor and its second, with what the session will be made of.
CREATE TABLE IF NOT EXISTS challenges (
  token_hash BINARY(32) NOT NULL PRIMARY KEY,  -- SHA-256 of 256 random bits
  tenant_id BINARY(16) NOT NULL,
  user_id BINARY(16) NOT NULL,
  amr VARCHAR(64) NOT NULL,             -- of the first factor
  device_id VARCHAR(64) NOT NULL,
  device_name VARCHAR(100) NOT NULL,
  device_type VARCHAR(16) NOT NULL,
  browser_id BINARY(16) NOT NULL,
  cookie_mode BOOLEAN NOT NULL,
  ip VARCHAR(45) NOT NULL,
  user_agent VARCHAR(512) NOT NULL,
  failures INT UNSIGNED NOT NULL DEFAULT 0,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  KEY challenges_user (user_id, created_at),
  KEY challenges_expiry (expires_at),
  CONSTRAINT challenges_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
