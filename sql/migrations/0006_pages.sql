-- May be run again where it was cut off: on a large table either of these may fail half-way.
--
-- What the hosted pages ask for (SPEC W3): attempts counted by hour or day, and the outbox.

-- With the reason at its end the index has all that is counted: a week of a busy tenant is summed
-- up without its rows.
ALTER TABLE attempts
  DROP KEY IF EXISTS attempts_tenant,
  ADD KEY attempts_tenant (tenant_id, success, created_at, id, reason);

-- A tenant's mails, all of them, of one state, or to one address. With the kind behind the order:
-- the few of a kind are found without the rows of the others.
ALTER TABLE outbox
  ADD KEY IF NOT EXISTS outbox_tenant (tenant_id, created_at, id, kind),
  ADD KEY IF NOT EXISTS outbox_tenant_status (tenant_id, status, created_at, id, kind),
  ADD KEY IF NOT EXISTS outbox_tenant_recipient (tenant_id, recipient, created_at, id, kind, status);
