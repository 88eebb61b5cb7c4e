-- May be run again where it was cut off.
--
-- OAuth sign-in (SPEC O). An account at a provider is known by the authority that names it (the
-- issuer, or all endpoints of a plain OAuth 2 provider; here a SHA-256) and the subject that the
-- authority calls it: what a tenant calls the provider, and where it points today, brings nobody in.

CREATE TABLE IF NOT EXISTS oauth_identities (
  id BINARY(16) NOT NULL PRIMARY KEY,
  tenant_id BINARY(16) NOT NULL,
  user_id BINARY(16) NOT NULL,
  provider VARCHAR(32) NOT NULL,        -- its id at the time
  authority BINARY(32) NOT NULL,
  subject VARCHAR(255) NOT NULL,
  email VARCHAR(254) NULL,              -- as the provider said last, for people to recognize it
  last_used_at DATETIME(6) NULL,
  by_link BOOLEAN NOT NULL,             -- attached by a mailed link: a reset takes it back
  created_at DATETIME(6) NOT NULL,
  created_by BINARY(16) NULL,
  updated_at DATETIME(6) NOT NULL,
  updated_by BINARY(16) NULL,
  UNIQUE KEY oauth_identities_subject (tenant_id, authority, subject),
  UNIQUE KEY oauth_identities_user (user_id, provider),
  CONSTRAINT oauth_identities_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- A way to a provider that has not come back. Single use; neither the state, nor the browser's
-- secret, nor what is derived from both (nonce, PKCE verifier) is here.
CREATE TABLE IF NOT EXISTS oauth_states (
  state_hash BINARY(32) NOT NULL PRIMARY KEY,  -- SHA-256 of 256 random bits
  browser_hash BINARY(32) NOT NULL,     -- of the cookie's value, likewise
  tenant_id BINARY(16) NOT NULL,
  provider VARCHAR(32) NOT NULL,
  authority BINARY(32) NOT NULL,
  return_to VARCHAR(2000) NOT NULL,
  user_id BINARY(16) NULL,              -- who links an account, in which session
  session_id BINARY(16) NULL,
  created_at DATETIME(6) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  KEY oauth_states_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Authorization codes that came back lately, and whose they were: one that comes again for another
-- provider was stolen by a provider (the mix-up of RFC 9207 section 4), whatever the tenant.
CREATE TABLE IF NOT EXISTS oauth_codes (
  code_hash BINARY(32) NOT NULL PRIMARY KEY,  -- SHA-256
  tenant_id BINARY(16) NOT NULL,
  authority BINARY(32) NOT NULL,
  expires_at DATETIME(6) NOT NULL,
  KEY oauth_codes_expiry (expires_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- Client secrets of a tenant's own providers.
CREATE TABLE IF NOT EXISTS oauth_secrets (
  tenant_id BINARY(16) NOT NULL,
  provider VARCHAR(32) NOT NULL,
  secret VARBINARY(1100) NOT NULL,      -- sealed under the key file's ring totp
  kid VARCHAR(32) NOT NULL,
  updated_at DATETIME(6) NOT NULL,
  PRIMARY KEY (tenant_id, provider),
  KEY oauth_secrets_kid (kid),
  CONSTRAINT oauth_secrets_tenant FOREIGN KEY (tenant_id) REFERENCES tenants (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;

-- The account that a verification link attaches: that of the registration it was sent for, and of
-- no other under the same address.
CREATE TABLE IF NOT EXISTS oauth_registrations (
  link_id BINARY(16) NOT NULL PRIMARY KEY,
  provider VARCHAR(32) NOT NULL,
  authority BINARY(32) NOT NULL,
  subject VARCHAR(255) NOT NULL,
  CONSTRAINT oauth_registrations_link FOREIGN KEY (link_id) REFERENCES links (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_nopad_bin;
