"""Nothing secret is written down (SPEC A3, T6, P1, M2; DESIGN 7)."""

import json
import time
import urllib.parse
from pathlib import Path

import pytest

from support.client import Client, signed_in
from support.gatehouse import User, fresh_email, fresh_password
from support.wire import once


@pytest.fixture(scope="module")
def canaries(stack):
    """Goes through everything that handles secrets; what must be found nowhere, by name."""
    tenant = stack.new_tenant(max_sessions=0)
    user = User(fresh_email("canary"), fresh_password(), tenant)
    secrets = {"password": user.password, "wrong password": fresh_password(),
               "reset password": fresh_password(), "changed password": fresh_password()}
    client = Client(stack)
    body = {"tenant": tenant, "email": user.email, "password": user.password}
    client.post("/auth/register", body, expect=202)
    secrets["verify token"] = stack.mail.wait(user.email, "verify_email").token()
    client.post("/auth/verify-email", {"token": secrets["verify token"]}, expect=200)
    client.post("/auth/login", {**body, "password": secrets["wrong password"]}, expect=401)
    client.login(user)
    secrets["access token"] = client.access
    secrets["refresh token"] = client.refresh_token
    client.verify(expect=403)
    client.get("/demo/", plain=True)
    renewed = client.keep(client.refresh())
    secrets["second access token"] = renewed["access_token"]
    secrets["second refresh token"] = renewed["refresh_token"]
    # A secret where it does not belong: nginx's own log would write a query down.
    client.get("/auth/session?token=" + urllib.parse.quote(client.access), expect=422)
    client.post("/auth/forgot-password", {"tenant": tenant, "email": user.email}, expect=202)
    secrets["reset token"] = stack.mail.wait(user.email, "reset").token()
    client.post("/auth/reset-password", {"token": secrets["reset token"],
                                         "new_password": secrets["reset password"]}, expect=204)
    user.password = secrets["reset password"]
    client = signed_in(stack, user)
    client.post("/auth/change-password", {"current_password": user.password, "new_password":
                                          secrets["changed password"]}, expect=204)
    user.password = secrets["changed password"]
    browser = Client(stack)
    browser.login(user, transport="cookie")
    for cookie in browser.http.cookies:
        if cookie.name != "__Host-gatehouse_device":
            secrets[cookie.name] = cookie.value
    stack.mail.wait(user.email, "password_changed", count=2)
    time.sleep(1)
    return secrets


def needles(canaries):
    for name, value in canaries.items():
        # Of a token the part that makes it one: its ids may be logged.
        yield name, value if "password" in name else value.rpartition(".")[2]


def test_logs_hold_no_secret(stack, canaries):
    """A3: nginx's, the workers', the mailer's, MariaDB's: every file."""
    searched = 0
    for file in Path(stack.info["log_dir"]).rglob("*"):
        if file.is_file():
            searched += 1
            content = file.read_bytes()
            for name, value in needles(canaries):
                for form in (value, urllib.parse.quote(value), json.dumps(value)[1:-1]):
                    assert form.encode() not in content, f"{name} in {file.name}"
    assert searched >= 2


def test_the_database_holds_no_secret(stack, canaries):
    """T6, P1, P3, M2: every column of every table."""
    tables = [next(iter(row.values())) for row in stack.sql("SHOW TABLES")]
    assert {"users", "sessions", "links", "outbox"} <= set(tables)
    for table in tables:
        for row in stack.sql(f"SELECT * FROM `{table}`"):
            for column, value in row.items():
                content = value if isinstance(value, bytes) else str(value).encode()
                for name, secret in needles(canaries):
                    assert secret.encode() not in content, f"{name} in {table}.{column}"


def test_mail_holds_only_the_links_that_are_due(stack, canaries):
    """M1: no password, no session token."""
    for mail in stack.mail.everything():
        for name, value in needles(canaries):
            if name not in ("verify token", "reset token"):
                assert value not in mail.text and value not in mail.html, f"{name} in {mail.kind}"


def test_processes_show_no_secret(stack, canaries):
    """DESIGN 7: neither arguments nor environment hold a key, a password or a token."""
    owned = [value for name, value in needles(canaries)]
    owned.append(stack.info["mariadb_password"])
    for key in ("password_file", "migrate_password_file"):
        path = stack.config["mariadb"].get(key)
        if path:
            owned.append(Path(path).read_text().strip())
    for pid in [*stack.workers(), stack.pid("mailer"), stack.pid("nginx")]:
        for part in ("cmdline", "environ"):
            content = Path(f"/proc/{pid}/{part}").read_bytes()
            for secret in owned:
                assert secret.encode() not in content, (pid, part)


def test_files_with_secrets_are_private(stack):
    """DESIGN 7, SPEC "local stack"."""
    files = [stack.path, Path(stack.config["server"]["key_file"])]
    for key in ("password_file", "migrate_password_file"):
        if stack.config["mariadb"].get(key):
            files.append(Path(stack.config["mariadb"][key]))
    for file in files:
        assert file.stat().st_mode & 0o077 == 0, file


def json_logs(stack):
    for file in Path(stack.info["log_dir"]).rglob("*"):
        if file.is_file() and file.read_bytes()[:1] == b"{":
            yield file


def test_logs_are_one_json_object_a_line(stack):
    """A3, FACTS: whatever a client puts into its headers and paths; with nginx's request id."""
    ids = []
    for agent in (b"\x1b[31mred", b'"}{"level":"fake', b"caf\xe9", b"tab\there", b"\\u0000",
                  "ünï".encode(), b"x" * 4000):
        answer = once(stack, "GET", "/auth/session?%0d%0a%22", [
            ("User-Agent", agent), ("Authorization", b"Bearer \xff\xfe" + agent[:10])])
        assert answer.status in (400, 401, 422)
        ids.append(answer.header("x-request-id"))
    time.sleep(0.5)
    files = list(json_logs(stack))
    assert files
    content = ""
    for file in files:
        text = file.read_bytes().decode("utf-8")
        for line in text.splitlines():
            assert isinstance(json.loads(line), dict), (file, line)
            assert "\x1b" not in line
        content += text
    assert all(request_id in content for request_id in ids if request_id)


def test_a_reject_says_precisely_why_in_the_log(stack, user):
    """T4: one answer outside, the reason inside, under the same request id."""
    client = signed_in(stack, user)
    broken = client.access[:-6] + "AAAAAA"
    answer = Client(stack).verify(token=broken, expect=401)
    time.sleep(0.5)
    request_id = answer.headers["X-Request-Id"]
    lines = [line for file in json_logs(stack) for line in file.read_text().splitlines()
             if request_id in line]
    assert any("signature" in line for line in lines), lines


def test_no_core_dumps(stack):
    """DESIGN 7: a crash leaves no keys on the disk."""
    for pid in stack.workers():
        limits = Path(f"/proc/{pid}/limits").read_text()
        core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
        assert core.split()[4] == "0"
