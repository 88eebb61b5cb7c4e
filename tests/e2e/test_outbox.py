"""What became of the mails, for those who administer: GET /auth/outbox (SPEC W3, M2, N1)."""

import secrets
import time
from contextlib import contextmanager

import pytest

from support.admin import holder, platform_admin, tenant_admin, tenant_id
from support.client import Client
from support.gatehouse import fresh_email, fresh_password
from support.moments import when

OUTBOX = "/auth/outbox"
MEMBERS = {"id", "kind", "recipient", "state", "tries", "next_try_at", "last_error", "created_at",
           "finished_at"}
LATER = "2099-01-01 00:00:00"


@pytest.fixture(scope="module")
def home(stack):
    return stack.new_tenant("pages", max_sessions=0)


def mails(client, query=""):
    """A page, newest first."""
    document = client.get(f"{OUTBOX}?{query}", expect=200).json()
    assert all(set(item) == MEMBERS for item in document["items"])
    return document["items"]


@contextmanager
def planted(stack, tenant, *rows):
    """Mails as a mailer may have left them; of nobody where the tenant is None. A row: kind,
    recipient, status, last_error as bytes, next try."""
    table = f"{stack.info['database']}.outbox"
    ids = []
    owner = f"(SELECT id FROM {stack.info['database']}.tenants WHERE slug = '{tenant}')"
    try:
        for number, (kind, recipient, status, error, next_try) in enumerate(rows):
            ids.append(secrets.token_hex(16))
            said = f"CONVERT(X'{error.hex()}' USING utf8mb4)" if error is not None else "NULL"
            stack.administer_database(
                f"INSERT INTO {table} (id, tenant_id, kind, recipient, recipient_key, message, "
                "status, tries, next_try_at, last_error, created_at) VALUES "
                f"(X'{ids[-1]}', {owner if tenant else 'NULL'}, '{kind}', '{recipient}', "
                f"REPEAT('k', 32), 'Subject: the secret body', '{status}', 3, '{next_try}', {said}, "
                f"'2026-01-01 00:00:{number:02}')")
        yield
    finally:
        stack.administer_database(
            f"DELETE FROM {table} WHERE id IN ({', '.join(f'''X'{i}' ''' for i in ids)})")


def test_w3_what_became_of_a_mail(stack):
    """W3, M2: sent ones say when; where there is no account there is a void row; never the body."""
    tenant = stack.new_tenant("outbox", max_sessions=0)
    boss = tenant_admin(stack, tenant)
    assert mails(boss) == []
    email, nobody = fresh_email(), fresh_email("nobody")
    Client(stack).post("/auth/register", {"tenant": tenant, "email": email,
                                          "password": fresh_password()}, expect=202)
    token = stack.mail.wait(email, "verify_email").token()
    Client(stack).post("/auth/forgot-password", {"tenant": tenant, "email": nobody}, expect=202)
    deadline = time.time() + 10
    while mails(boss, f"recipient={email}")[0]["state"] == "queued" and time.time() < deadline:
        time.sleep(0.2)  # until the server's answer is recorded
    answer = boss.get(OUTBOX, expect=200)
    assert token not in answer.text and "Subject" not in answer.text
    void, sent = answer.json()["items"]
    assert (sent["kind"], sent["recipient"], sent["state"]) == ("verify_email", email, "sent")
    assert sent["tries"] == 1 and sent["next_try_at"] is None and sent["last_error"] is None
    assert when(sent["created_at"]) <= when(sent["finished_at"])
    assert (void["recipient"], void["state"], void["tries"]) == (nobody, "void", 0)
    assert void["next_try_at"] is None and void["finished_at"] is None


def test_w3_why_a_mail_was_not_delivered(stack):
    """W3: what the server said, without what it may have quoted; the next try only while there is
    one."""
    tenant = stack.new_tenant("outbox")
    boss = tenant_admin(stack, tenant)
    quoted = (b"Failed; server: 550 5.7.1 https://x.test/auth/ui/reset#token=Ab3_x is spam"
              b"\r\nX: \x1b[2J\x00")
    with planted(stack, tenant, ("reset", "a@example.test", "failed", quoted, LATER),
                 ("welcome", "b@example.test", "queued", b"451 4.2.1 try again later", LATER)):
        queued, failed = mails(boss)
    assert queued["last_error"] == "451 4.2.1 try again later" and queued["tries"] == 3
    assert queued["next_try_at"] == "2099-01-01T00:00:00.000Z" and queued["finished_at"] is None
    assert failed["last_error"] == "Failed; server: 550 5.7.1 [...] is spam X: [...]"
    assert failed["next_try_at"] is None


def test_w3_the_outbox_is_filtered_and_paged(stack):
    """W3: each filter exactly; the address as it is normalized everywhere."""
    tenant = stack.new_tenant("outbox")
    boss = tenant_admin(stack, tenant)
    rows = [(kind, f"{who}@example.test", state, None, LATER)
            for kind in ("reset", "welcome") for who in ("ann", "bob")
            for state in ("queued", "failed", "void")]
    with planted(stack, tenant, *rows):
        everything = mails(boss)
        assert [(m["kind"], m["recipient"], m["state"]) for m in reversed(everything)] == [
            row[:3] for row in rows]
        for query, chosen in (
                ("state=failed", lambda m: m["state"] == "failed"),
                ("state=sent", lambda m: False),
                ("kind=welcome", lambda m: m["kind"] == "welcome"),
                ("kind=welcom", lambda m: False),
                ("recipient=ANN@Example.TEST", lambda m: m["recipient"] == "ann@example.test"),
                ("recipient=ann@example.tes", lambda m: False),
                ("kind=reset&state=void&recipient=bob@example.test",
                 lambda m: (m["kind"], m["recipient"], m["state"]) == (
                     "reset", "bob@example.test", "void"))):
            assert mails(boss, query) == [m for m in everything if chosen(m)], query
        seen, query = [], "limit=5&sort=created_at"
        while query:
            document = boss.get(f"{OUTBOX}?{query}", expect=200).json()
            seen += document["items"]
            cursor = document["next_cursor"]
            query = f"limit=5&sort=created_at&cursor={cursor}" if cursor else None
        assert seen == everything[::-1]
    for query in ("state=lost", "kind=", "recipient=x", "status=sent", "sort=kind", "limit=0"):
        boss.get(f"{OUTBOX}?{query}", expect=(422, "validation_failed"))


def test_n1_nobody_sees_another_tenants_mails(stack, home):
    """N1, N3: platform administrators where they name the tenant; mails of no tenant are seen by
    nobody; a permission is not enough."""
    tenant, other = stack.new_tenant("outbox"), stack.new_tenant("outbox")
    boss, platform = tenant_admin(stack, tenant), platform_admin(stack, home)
    row = ("reset", fresh_email(), "failed", b"550 no", LATER)
    with planted(stack, other, row), planted(stack, None, row):
        for query in ("", "state=failed", f"recipient={row[1]}", "kind=reset"):
            assert mails(boss, query) == []
        assert len(mails(platform, f"tenant_id={tenant_id(stack, other)}")) == 1
        assert mails(platform, f"recipient={row[1]}") == []
        boss.get(f"{OUTBOX}?tenant_id={tenant_id(stack, other)}", expect=(403, "permission_denied"))
        holder(stack, other, "ALL_PERMISSIONS").get(OUTBOX, expect=(403, "permission_denied"))
