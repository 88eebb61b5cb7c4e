"""The audit log, as the database has it (SPEC A1)."""


def events(stack, target, event=None):
    """Those of a target, oldest first; of one kind, where it is named."""
    rows = stack.sql("SELECT * FROM audit_events WHERE target_id = %s ORDER BY created_at, id",
                     target)
    return [row for row in rows if event in (None, row["event"])]
