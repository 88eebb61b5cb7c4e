-- May be run again where it was cut off.
--
-- Where a provider vouched for the person (SPEC O3): whether it is the installation's. By a tenant's
-- own nobody is a platform administrator (SPEC R4). What began before this counts as a tenant's, and
-- so does what a worker of the version before begins.

ALTER TABLE sessions ADD COLUMN IF NOT EXISTS by_installation BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE challenges ADD COLUMN IF NOT EXISTS by_installation BOOLEAN NOT NULL DEFAULT FALSE;
