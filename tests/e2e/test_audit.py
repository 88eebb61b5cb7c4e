"""Every change leaves exactly one audit event, and nobody can rewrite it (SPEC A1; API.md "Audit
events")."""

import json
import re
import secrets
import time
import urllib.parse
from pathlib import Path

import pymysql
import pytest

from support.admin import Service, give, my_id, new_person, new_role, raw_id, text_id
from support.changes import CHANGES, Office
from support.client import Client, describe, signed_in
from support.gatehouse import fresh_email
from support.oauth_provider import Provider
from support.openapi import operations

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")

# What changes nothing that is administered, each with its reason.
WITHOUT = {
    "POST /auth/refresh": "a session goes on; its reuse is what the log tells",
    "POST /auth/resend-verification": "a mail; the registration was recorded, the use will be",
    "POST /auth/oauth/{provider}/link": "the way to a provider; coming back is what links",
    "POST /auth/check": "a question",
    "POST /auth/mailed-link": "a question",
    "POST /auth/introspect": "a question",
}
# The change comes with the person's return: tests/e2e/test_oauth_linking.py counts its event.
LATER = {"POST /auth/oauth/{provider}/link"}

API_EVENTS = """login.succeeded login.failed login.locked logout session.revoked
token.reuse_detected token.ip_mismatch password.changed password.reset_requested password.reset
email.verified email.changed user.registered user.created user.updated user.deleted user.unlocked
role.created role.updated role.deleted role.assigned permission.created permission.deleted
tenant.created tenant.updated tenant.deleted settings.updated two_factor.enabled
two_factor.disabled two_factor.failed two_factor.recovery_used oauth.linked oauth.unlinked
credential.created credential.deleted key.rotated""".split()


@pytest.fixture(scope="module")
def office(stack):
    return Office(stack)


def all_events(stack):
    return {row["id"]: row for row in stack.sql("SELECT * FROM audit_events")}


def counted(stack, ask):
    """The answer, and the events that came meanwhile: those of its request and no others. Those of
    other requests (a sign-in elsewhere) would be a fault of the test."""
    before = set(all_events(stack))
    answer = ask()
    time.sleep(0.05)  # nothing is written after the answer; if it were, it would be seen
    return answer, [row for key, row in all_events(stack).items() if key not in before]


def test_every_changing_route_is_here(stack):
    """A1: a new route must say what it leaves in the log."""
    changing = {o.name for o in operations(stack) if o.method in UNSAFE}
    known = set(CHANGES) | set(WITHOUT) | LATER
    assert changing == known, changing ^ known


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_one_change_one_event(stack, office, name):
    """A1: who, what, target, tenant, IP, request id, when, and before/after where something was
    changed."""
    wanted = CHANGES[name](office)
    answer, events = counted(stack, wanted.ask)
    assert answer.status_code < 300, describe(answer)
    ended = [row for row in events if row["event"] == "session.revoked" and wanted.ends]
    assert sorted(row["target_id"] for row in ended) == sorted(wanted.ends)
    events = [row for row in events if row not in ended]
    assert len(events) == 1, [(row["event"], row["after_json"]) for row in events]
    event = events[0]
    names = (wanted.event,) if isinstance(wanted.event, str) else wanted.event
    assert event["event"] in names and event["event"] in API_EVENTS
    target = wanted.target(answer) if callable(wanted.target) else wanted.target
    assert (event["target_type"], event["target_id"]) == (wanted.target_type, target)
    assert text_id(event["actor_id"]) == wanted.actor
    if wanted.tenant is not ...:  # what belongs to no tenant
        tenant = wanted.tenant(answer) if callable(wanted.tenant) else wanted.tenant
        assert text_id(event["tenant_id"]) == tenant
    assert event["ip"] == wanted.ip
    assert event["request_id"] == answer.headers["X-Request-Id"]
    age = stack.value("SELECT TIMESTAMPDIFF(SECOND, %s, UTC_TIMESTAMP(6))", event["created_at"])
    assert 0 <= age < 30
    before, after = (event[side] and json.loads(event[side]) for side in ("before_json",
                                                                         "after_json"))
    for side, due in ((before, wanted.before), (after, wanted.after)):
        assert side is None or isinstance(side, dict)
        assert not due or side, f"{name}: {event}"
    if wanted.before and wanted.after:
        assert before != after
    text = (event["before_json"] or "") + (event["after_json"] or "")
    assert not re.search(r"password_hash|secret_hash|\$argon2|\$2[aby]\$|refresh_key", text)


@pytest.mark.parametrize("name", sorted(WITHOUT))
def test_what_changes_nothing_leaves_nothing(stack, office, name):
    """A1: the log is of changes; the reasons stand beside the names."""
    client, _user = office.person()
    service = Service(office.boss) if "introspect" in name else None
    provider = Provider()
    if "oauth" in name:
        stack.set_tenant(office.slug, oauth_providers=[provider.setting()])

    def introspect():
        return Client(stack).post("/auth/introspect", headers={
            "Content-Type": "application/x-www-form-urlencoded", "Authorization": service.basic},
                                  data=urllib.parse.urlencode({"token": client.access}))

    mailed = None
    if "mailed-link" in name:
        client.post("/auth/forgot-password", {"tenant": office.slug, "email": client.user.email})
        mailed = stack.mail.wait(client.user.email, "reset").token()

    ask = {
        "POST /auth/mailed-link": lambda: client.post("/auth/mailed-link", {"token": mailed}),
        "POST /auth/refresh": client.refresh,
        "POST /auth/resend-verification": lambda: client.post(
            "/auth/resend-verification", {"tenant": office.slug, "email": client.user.email}),
        "POST /auth/check": lambda: office.boss.post(
            "/auth/check", {"checks": [{"permission": "sales:orders:view"}]}),
        "POST /auth/introspect": introspect,
        "POST /auth/oauth/{provider}/link": lambda: client.post("/auth/oauth/corp/link"),
    }[name]
    answer, events = counted(stack, ask)
    provider.close()
    assert answer.status_code < 300, describe(answer)
    assert [row["event"] for row in events] == []


def test_reading_leaves_nothing(stack, office):
    """A1: no GET does."""
    _answer, events = counted(stack, lambda: [office.boss.get(path, expect=200) for path in (
        "/auth/users", "/auth/roles", "/auth/permissions", "/auth/audit", "/auth/login-attempts",
        f"/auth/tenants/{office.id}", f"/auth/tenants/{office.id}/settings", "/auth/me",
        "/auth/me/export", "/auth/session", "/auth/service-credentials", f"/auth/users/{office.me}",
        f"/auth/users/{office.me}/sessions")])
    assert events == []


def test_what_is_refused_leaves_nothing(stack, office):
    """A1: only what happened is in the log (failed sign-ins are events of their own)."""
    role = new_role(office.boss, "sales:orders:view", name=f"Once {secrets.token_hex(4)}")
    give(office.boss, new_person(office.boss)["id"], role)
    name = office.boss.get(f"/auth/roles/{role}", expect=200).json()["name"]
    person = stack.user_id(office.user())
    _answer, events = counted(stack, lambda: [
        office.boss.post("/auth/roles", {"name": name, "permissions": []}, expect=409),
        office.boss.call("DELETE", f"/auth/roles/{role}", expect=409),
        office.boss.call("PATCH", f"/auth/users/{person}", {"email": office.boss.user.email},
                         expect=409),
        office.boss.call("PATCH", f"/auth/users/{person}", {"kra_pin": "nonsense"}, expect=422),
        office.boss.post("/auth/tenants", {"slug": "x", "name": "x"}, expect=403)])
    assert events == []


def test_a_change_of_address_is_recorded_when_it_happens(stack, office):
    """U3, A1: one event, when the link is used, with both addresses."""
    client, user = office.person()
    old, new = client.user.email, fresh_email()
    client.post("/auth/me/email", {"new_email": new, "password": client.user.password}, expect=202)
    token = stack.mail.wait(new, "verify_email").token()
    answer, events = counted(stack, lambda: Client(stack).post("/auth/verify-email",
                                                               {"token": token}))
    assert answer.status_code == 200, describe(answer)
    changed = [row for row in events if row["event"] == "email.changed"]
    assert len(changed) == 1 and len(events) == 1, [row["event"] for row in events]
    assert changed[0]["target_id"] == user
    assert old in changed[0]["before_json"] and new in changed[0]["after_json"]


def test_every_session_that_a_sign_in_ends_is_an_event(stack):
    """A1, S2: a sign-in is one event; those that it displaces are one more each."""
    slug = stack.new_tenant("displaced")
    user = stack.new_user(slug)
    _first, events = counted(stack, lambda: signed_in(stack, user))
    assert [row["event"] for row in events] == ["login.succeeded"]
    first = stack.live_sessions(user)[0]["id"]
    _second, events = counted(stack, lambda: signed_in(stack, user))
    assert sorted(row["event"] for row in events) == ["login.succeeded", "session.revoked"]
    ended = next(row for row in events if row["event"] == "session.revoked")
    assert ended["target_id"] == text_id(first)


@pytest.mark.parametrize("method, body, event", [
    ("PATCH", {"status": "disabled"}, "user.updated"), ("DELETE", None, "user.deleted"),
    ("PATCH", {"email": "moved"}, "user.updated")])
def test_sessions_that_end_with_a_change_are_events(stack, office, method, body, event):
    """A1, T8: beside the one event of the change, one for each session."""
    user = office.user()
    clients = [signed_in(stack, user) for _ in range(2)]
    if body and "email" in body:
        body = {"email": fresh_email("moved")}
    path = f"/auth/users/{my_id(clients[0])}"
    answer, events = counted(stack, lambda: office.boss.call(method, path, body) if body else
                             office.boss.call(method, path))
    assert answer.status_code < 300, describe(answer)
    assert sorted(row["event"] for row in events) == sorted([event] + ["session.revoked"] * 2)
    assert {text_id(row["actor_id"]) for row in events} == {office.me}
    assert {row["request_id"] for row in events} == {answer.headers["X-Request-Id"]}


def test_an_administrator_who_ends_three_sessions(stack, office):
    """A1, S6: one event for each, by the administrator."""
    user = office.user()
    clients = [signed_in(stack, user) for _ in range(3)]
    _answer, events = counted(stack, lambda: office.boss.post(
        f"/auth/users/{my_id(clients[0])}/logout", expect=204))
    assert sorted(row["target_id"] for row in events) == sorted(c.session_id for c in clients)
    assert {row["event"] for row in events} == {"session.revoked"}
    assert {text_id(row["actor_id"]) for row in events} == {office.me}


def test_a_platform_admin_in_another_tenant(stack, office):
    """A1, N3: the event belongs to the tenant in which it happened, and names who did it."""
    answer, events = counted(stack, lambda: office.platform.post(
        f"/auth/roles?tenant_id={office.id}", {"name": f"From outside {secrets.token_hex(4)}",
                                               "permissions": []}))
    assert answer.status_code == 201, describe(answer)
    assert [(row["event"], text_id(row["actor_id"]), text_id(row["tenant_id"]))
            for row in events] == [("role.created", my_id(office.platform), office.id)]


def test_the_list_tells_what_the_table_holds(stack, office):
    """A1: GET /auth/audit, one by one."""
    role = new_role(office.boss, "sales:orders:view")
    office.boss.call("PATCH", f"/auth/roles/{role}", {"permissions": ["sales:orders:edit"]},
                     expect=200)
    listed = office.boss.get(f"/auth/audit?target_id={role}&sort=created_at",
                             expect=200).json()["items"]
    assert [item["event"] for item in listed] == ["role.created", "role.updated"]
    for item in listed:
        row = stack.sql("SELECT * FROM audit_events WHERE id = %s", raw_id(item["id"]))[0]
        assert set(item) == {"id", "event", "actor_id", "target_type", "target_id", "tenant_id",
                             "ip", "request_id", "created_at", "before", "after"}
        assert item["before"] == (row["before_json"] and json.loads(row["before_json"]))
        assert item["after"] == (row["after_json"] and json.loads(row["after_json"]))
        assert item["actor_id"] == office.me and item["request_id"] == row["request_id"]


# -- Append-only ----------------------------------------------------------------------------------


@pytest.mark.parametrize("statement", [
    "UPDATE audit_events SET event = 'nothing'",
    "UPDATE audit_events SET after_json = NULL WHERE id = id",
    "DELETE FROM audit_events", "DELETE FROM audit_events LIMIT 1", "TRUNCATE audit_events",
    "DROP TABLE audit_events", "ALTER TABLE audit_events ADD COLUMN x INT",
    "RENAME TABLE audit_events TO gone", "REPLACE INTO audit_events SELECT * FROM audit_events",
    "INSERT INTO audit_events SELECT * FROM audit_events ON DUPLICATE KEY UPDATE event = 'x'",
    "CREATE TRIGGER t BEFORE INSERT ON audit_events FOR EACH ROW SET NEW.event = 'x'",
    "DELETE audit_events FROM audit_events JOIN users ON TRUE",
    "UPDATE audit_events a JOIN users u ON TRUE SET a.event = 'x'",
    "GRANT ALL ON audit_events TO CURRENT_USER"])
def test_the_applications_account_can_only_append(stack, statement):
    """A1, DESIGN 6: whatever the application is made to say, what is recorded stays."""
    config = stack.config["mariadb"]
    connection = pymysql.connect(
        unix_socket=config["socket"], user=config["user"], database=config["database"],
        password=Path(config["password_file"]).read_text().strip(), charset="utf8mb4")
    count = stack.value("SELECT COUNT(*) FROM audit_events")
    assert count > 0
    try:
        with connection.cursor() as cursor, pytest.raises(pymysql.MySQLError) as refused:
            cursor.execute(statement)
        # Denied for lack of a privilege, not for some mistake in the statement.
        assert refused.value.args[0] in (1044, 1045, 1142, 1143, 1227, 1370), refused.value
    finally:
        connection.rollback()
        connection.close()
    assert stack.value("SELECT COUNT(*) FROM audit_events") >= count
