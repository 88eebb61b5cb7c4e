"""No secret of the administration is written down (SPEC A1, A3, P5, T10, M2): unmistakable ones are
sent through all of it, then looked for everywhere."""

import base64
import json
import secrets
import time
import urllib.parse
from pathlib import Path

import pytest

from support.admin import (Service, first_sign_in, multipart, new_person, new_role, tenant_admin,
                           tenant_id, welcome_password)
from support.client import Client, register, signed_in
from support.gatehouse import User, fresh_email, fresh_password


@pytest.fixture(scope="module")
def canaries(stack):
    """The whole journey of the administration; the secrets in it, by name. The value says where one
    may be found: a set of kinds of mail."""
    slug = stack.new_tenant("canary", max_sessions=0)
    boss = tenant_admin(stack, slug)
    found = {"administrator's password": (boss.user.password, set()),
             "administrator's access token": (boss.access.rpartition(".")[2], set()),
             "administrator's refresh token": (boss.refresh_token.rpartition(".")[2], set())}
    role = new_role(boss, "auth:users:view", "auth:users:edit")
    email = fresh_email("canary")
    person = new_person(boss, email=email, role_ids=[role], employee_id="E-17",
                        kra_pin="A123456789Z")
    generated = welcome_password(stack, email)
    found["generated password"] = (generated, {"welcome"})
    client = first_sign_in(stack, slug, email)
    found["chosen password"] = (client.user.password, set())
    found["employee's access token"] = (client.access.rpartition(".")[2], set())
    path = f"/auth/users/{person['id']}"
    boss.call("PATCH", path, {"first_name": "Grace", "phone": "+254700000000"}, expect=200)
    client.call("PATCH", "/auth/me", {"address": "Somewhere 1"}, expect=200)
    client.call("PUT", "/auth/me/picture", **multipart(), expect=200)
    new = fresh_email("canary")
    client.post("/auth/me/email", {"new_email": new, "password": client.user.password}, expect=202)
    found["change token"] = (stack.mail.wait(new, "verify_email").token(), {"verify_email"})
    client.post("/auth/verify-email", {"token": found["change token"][0]}, expect=200)
    client.user.email = new
    wrong = fresh_password()
    found["wrong password"] = (wrong, set())
    client.post("/auth/me/email", {"new_email": fresh_email(), "password": wrong}, expect=403)
    client.call("DELETE", "/auth/me", {"password": wrong}, expect=403)
    boss.post(path + "/force-password-reset", expect=204)
    found["reset token"] = (stack.mail.wait(new, "reset").token(), {"reset"})
    reset = fresh_password()
    found["reset password"] = (reset, set())
    Client(stack).post("/auth/reset-password", {"token": found["reset token"][0],
                                                "new_password": reset}, expect=204)
    client.login(User(new, reset, slug))
    service = Service(boss)
    found["client secret"] = (service.secret, set())
    form = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": service.basic}
    found["basic credential"] = (service.basic.partition(" ")[2], set())
    for route in ("/auth/introspect", "/auth/revoke"):
        Client(stack).post(route, headers=form, expect=200,
                           data=urllib.parse.urlencode({"token": client.refresh_token}))
    found["revoked refresh token"] = (client.refresh_token.rpartition(".")[2], set())
    wrong_secret = secrets.token_urlsafe(32)
    found["wrong client secret"] = (wrong_secret, set())
    pair = base64.b64encode(f"{service.client_id}:{wrong_secret}".encode()).decode()
    Client(stack).post("/auth/introspect", data="token=x", expect=401, headers={
        **form, "Authorization": f"Basic {pair}"})
    key = secrets.token_hex(16)
    found["idempotency key"] = (key, set())
    boss.post("/auth/users", {"email": fresh_email(), "first_name": "A", "last_name": "B"},
              headers={"Idempotency-Key": key}, expect=201)
    # A secret where no schema has room for one.
    stray = fresh_password()
    found["stray password"] = (stray, set())
    boss.post("/auth/users", {"email": fresh_email(), "first_name": "A", "last_name": "B",
                              "password": stray}, expect=422)
    boss.call("PATCH", f"/auth/tenants/{tenant_id(stack, slug)}/settings", {"password": stray},
              expect=422)
    boss.get(f"/auth/users?password={stray}", expect=422)
    boss.get("/auth/me/export", expect=200)
    boss.call("DELETE", f"/auth/service-credentials/{service.id}", expect=204)
    boss.call("DELETE", path, expect=204)
    other = register(stack, slug)
    last = signed_in(stack, other)
    last.call("DELETE", "/auth/me", {"password": other.password}, expect=204)
    found["deleted person's password"] = (other.password, set())
    # Bodies are erased from the outbox once delivered.
    end = time.monotonic() + 20
    while stack.value("SELECT COUNT(*) FROM outbox WHERE status = 'queued'"):
        assert time.monotonic() < end, "mail is stuck"
        time.sleep(0.1)
    return found


def forms(secret):
    raw = secret.encode()
    yield from {raw, urllib.parse.quote(secret).encode(), json.dumps(secret)[1:-1].encode(),
                raw.hex().encode(), raw.hex().upper().encode()}


def test_no_table_holds_a_secret(stack, canaries):
    """A1, A3, T10, M2: every column of every table, as text and as hex."""
    tables = [next(iter(row.values())) for row in stack.sql("SHOW TABLES")]
    assert {"audit_events", "users", "idempotency_keys", "service_credentials", "outbox",
            "attempts", "links", "pictures"} <= set(tables)
    for table in tables:
        for row in stack.sql(f"SELECT * FROM `{table}`"):
            content = b"\n".join(value if isinstance(value, bytes) else str(value).encode()
                                 for value in row.values())
            for name, (secret, _mails) in canaries.items():
                for form in forms(secret):
                    assert form not in content, f"{name} in {table}"


def test_no_log_holds_a_secret(stack, canaries):
    """A3: nginx's, the workers', the mailer's, MariaDB's."""
    time.sleep(0.5)
    files = [file for file in Path(stack.info["log_dir"]).rglob("*") if file.is_file()]
    assert len(files) >= 2
    for file in files:
        content = file.read_bytes()
        for name, (secret, _mails) in canaries.items():
            for form in forms(secret):
                assert form not in content, f"{name} in {file.name}"


def test_mails_hold_only_what_is_due(stack, canaries):
    """P5, P3: the generated password in the welcome mail, tokens in their links; each once."""
    mails = stack.mail.everything()
    for name, (secret, allowed) in canaries.items():
        holding = [mail.kind for mail in mails if secret in mail.text or secret in mail.html
                   or secret.encode() in mail.raw]
        assert set(holding) == allowed and len(holding) == len(allowed), f"{name} in {holding}"
