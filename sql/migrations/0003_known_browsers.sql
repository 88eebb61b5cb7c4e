-- May be run again where it was cut off.
--
-- Browsers that have signed in to an account (SPEC L3): a stranger's failures do not lock them out.
-- A browser is known by the random id in its signed device cookie; a device id will not do, for
-- clients choose those.

ALTER TABLE devices
  ADD COLUMN IF NOT EXISTS browser_id BINARY(16) NULL,  -- of the cookie last given to the device
  ADD KEY IF NOT EXISTS devices_browser (user_id, browser_id);

-- The known browser that an attempt came from.
ALTER TABLE attempts ADD COLUMN IF NOT EXISTS browser_id BINARY(16) NULL;
