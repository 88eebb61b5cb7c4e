"""Every change leaves exactly one audit event, nobody can rewrite it, and no secret of the
administration is written down (SPEC A1, A3; API.md "Audit events")."""

import json
import re
import secrets
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

import pymysql
import pytest

from support.admin import (Service, first_sign_in, give, multipart, my_id, new_person, new_role,
                           platform_admin, raw_id, tenant_admin, tenant_id, text_id,
                           welcome_password)
from support.client import Client, describe, register, signed_in
from support.gatehouse import User, fresh_email, fresh_password
from support.openapi import operations

UNSAFE = ("POST", "PUT", "PATCH", "DELETE")

# What changes nothing that is administered, each with its reason.
WITHOUT = {
    "POST /auth/refresh": "a session goes on; its reuse is what the log tells",
    "POST /auth/resend-verification": "a mail; the registration was recorded, the use will be",
    "POST /auth/check": "a question",
    "POST /auth/introspect": "a question",
    "POST /auth/me/email": "asks for a link; the change itself, when it is used, is email.changed",
}

API_EVENTS = """login.succeeded login.failed login.locked logout session.revoked
token.reuse_detected token.ip_mismatch password.changed password.reset_requested password.reset
email.verified email.changed user.registered user.created user.updated user.deleted user.unlocked
role.created role.updated role.deleted role.assigned permission.created permission.deleted
tenant.created tenant.updated tenant.deleted settings.updated two_factor.enabled
two_factor.disabled two_factor.failed two_factor.recovery_used oauth.linked oauth.unlinked
credential.created credential.deleted key.rotated""".split()


@dataclass
class Change:
    """What a route's event must say. `actor`, `target` and `tenant` are ids; None: nobody."""
    event: str | tuple
    ask: object  # a function that does it; its answer
    target_type: str
    target: object = None  # an id, or a function of the answer
    actor: str | None = None
    tenant: str | None = None
    before: bool = False
    after: bool = False
    ip: str | None = None


class Office:
    """Everything that the changes below need, made before any of them is counted."""

    def __init__(self, stack):
        self.stack = stack
        self.slug = stack.new_tenant("audit", max_sessions=0)
        self.id = tenant_id(stack, self.slug)
        self.boss = tenant_admin(stack, self.slug)
        self.platform = platform_admin(stack)
        self.me = my_id(self.boss)
        self.service = Service(self.boss)

    def user(self):
        return self.stack.new_user(self.slug)

    def person(self):
        client = signed_in(self.stack, self.user())
        return client, my_id(client)


@pytest.fixture(scope="module")
def office(stack):
    return Office(stack)


def by_boss(office, event, method, path, body=None, target_type="user", target=None, **options):
    def ask():
        if body is None:
            return office.boss.call(method, path)
        return office.boss.call(method, path, body)
    return Change(event, ask, target_type, target, office.me, office.id, ip=office.boss.ip,
                  **options)


def by_platform(office, event, method, path, body=None, target_type="tenant", target=None,
                tenant=None, **options):
    def ask():
        if body is None:
            return office.platform.call(method, path)
        return office.platform.call(method, path, body)
    return Change(event, ask, target_type, target, my_id(office.platform), tenant,
                  ip=office.platform.ip, **options)


def by_themselves(office, event, client, ask, target_type="user", target=None, **options):
    user = my_id(client)
    return Change(event, ask, target_type, target or user, user, office.id, ip=client.ip, **options)


def by_nobody(office, event, client, ask, target, actor=None, **options):
    return Change(event, ask, "user", target, actor, office.id, ip=client.ip, **options)


# -- One function a route: makes ready, returns the change that is then carried out and counted ----

CHANGES = {}


def change(name):
    def keep(function):
        assert name not in CHANGES
        CHANGES[name] = function
        return function
    return keep


def answered_id(answer):
    return answer.json()["id"]


@change("POST /auth/register")
def _(office):
    client, email = Client(office.stack), fresh_email()
    body = {"tenant": office.slug, "email": email, "password": fresh_password()}
    return by_nobody(office, "user.registered", client,
                     lambda: client.post("/auth/register", body, expect=202),
                     lambda _: office.stack.user_id(User(email, "", office.slug)))


@change("POST /auth/verify-email")
def _(office):
    client, email = Client(office.stack), fresh_email()
    client.post("/auth/register", {"tenant": office.slug, "email": email,
                                   "password": fresh_password()}, expect=202)
    token = office.stack.mail.wait(email, "verify_email").token()
    user = office.stack.user_id(User(email, "", office.slug))
    return by_nobody(office, "email.verified", client,
                     lambda: client.post("/auth/verify-email", {"token": token}), user, user)


@change("POST /auth/login")
def _(office):
    client, user = Client(office.stack), office.user()
    found = office.stack.user_id(user)
    return by_nobody(office, "login.succeeded", client, lambda: client.login(user), found, found)


@change("POST /auth/logout")
def _(office):
    client, _user = office.person()
    return by_themselves(office, "logout", client, lambda: client.post("/auth/logout"), "session",
                         client.session_id)


@change("POST /auth/logout-all")
def _(office):
    """Each session that ends is one event; here there is one."""
    client, _user = office.person()
    return by_themselves(office, ("session.revoked", "logout"), client,
                         lambda: client.post("/auth/logout-all", {}), "session", client.session_id)


@change("POST /auth/forgot-password")
def _(office):
    client, user = Client(office.stack), office.user()
    return by_nobody(office, "password.reset_requested", client, lambda: client.post(
        "/auth/forgot-password", {"tenant": office.slug, "email": user.email}, expect=202),
                     office.stack.user_id(user))


@change("POST /auth/reset-password")
def _(office):
    client, user = Client(office.stack), office.user()
    client.post("/auth/forgot-password", {"tenant": office.slug, "email": user.email}, expect=202)
    token = office.stack.mail.wait(user.email, "reset").token()
    found = office.stack.user_id(user)
    return by_nobody(office, "password.reset", client, lambda: client.post(
        "/auth/reset-password", {"token": token, "new_password": fresh_password()}), found, found)


@change("POST /auth/change-password")
def _(office):
    client, _user = office.person()
    return by_themselves(office, "password.changed", client, lambda: client.post(
        "/auth/change-password", {"current_password": client.user.password,
                                  "new_password": fresh_password()}))


@change("POST /auth/revoke")
def _(office):
    client, _user = office.person()
    return by_themselves(office, "session.revoked", client, lambda: client.post(
        "/auth/revoke", data=urllib.parse.urlencode({"token": client.refresh_token}),
        headers={"Content-Type": "application/x-www-form-urlencoded"}), "session",
                         client.session_id)


@change("POST /auth/service-credentials")
def _(office):
    return by_boss(office, "credential.created", "POST", "/auth/service-credentials",
                   {"name": "reporting"}, "credential", answered_id, after=True)


@change("DELETE /auth/service-credentials/{id}")
def _(office):
    made = Service(office.boss).id
    return by_boss(office, "credential.deleted", "DELETE", f"/auth/service-credentials/{made}",
                   None, "credential", made, before=True)


@change("DELETE /auth/me/sessions/{id}")
def _(office):
    client, _user = office.person()
    other = signed_in(office.stack, client.user)
    return by_themselves(office, "session.revoked", client, lambda: client.call(
        "DELETE", f"/auth/me/sessions/{other.session_id}"), "session", other.session_id)


@change("PATCH /auth/me")
def _(office):
    client, _user = office.person()
    return by_themselves(office, "user.updated", client, lambda: client.call(
        "PATCH", "/auth/me", {"first_name": "Grace", "phone": "+254700000000"}), before=True,
                         after=True)


@change("PUT /auth/me/picture")
def _(office):
    client, _user = office.person()
    return by_themselves(office, "user.updated", client, lambda: client.call(
        "PUT", "/auth/me/picture", **multipart()))


@change("DELETE /auth/me/picture")
def _(office):
    client, _user = office.person()
    client.call("PUT", "/auth/me/picture", **multipart(), expect=200)
    return by_themselves(office, "user.updated", client,
                         lambda: client.call("DELETE", "/auth/me/picture"))


@change("DELETE /auth/me")
def _(office):
    client, _user = office.person()
    return by_themselves(office, "user.deleted", client, lambda: client.call(
        "DELETE", "/auth/me", {"password": client.user.password}), before=True)


@change("POST /auth/users")
def _(office):
    return by_boss(office, "user.created", "POST", "/auth/users",
                   {"email": fresh_email(), "first_name": "Ada", "last_name": "Byron"},
                   target=answered_id, after=True)


@change("PATCH /auth/users/{id}")
def _(office):
    made = new_person(office.boss)["id"]
    return by_boss(office, "user.updated", "PATCH", f"/auth/users/{made}",
                   {"first_name": "Grace", "branch_id": "b7"}, target=made, before=True, after=True)


@change("DELETE /auth/users/{id}")
def _(office):
    made = new_person(office.boss)["id"]
    return by_boss(office, "user.deleted", "DELETE", f"/auth/users/{made}", target=made, before=True)


@change("PUT /auth/users/{id}/roles")
def _(office):
    made, role = new_person(office.boss)["id"], new_role(office.boss, "sales:orders:view")
    return by_boss(office, "role.assigned", "PUT", f"/auth/users/{made}/roles", {"role_ids": [role]},
                   target=made, before=True, after=True)


@change("POST /auth/users/{id}/unlock")
def _(office):
    user = office.user()
    for _attempt in range(5):
        Client(office.stack).login(user, "wrong", expect=401)
    Client(office.stack).login(user, expect=429)
    made = office.stack.user_id(user)
    return by_boss(office, "user.unlocked", "POST", f"/auth/users/{made}/unlock", target=made)


@change("POST /auth/users/{id}/force-password-reset")
def _(office):
    made = office.stack.user_id(office.user())
    return by_boss(office, "password.reset_requested", "POST",
                   f"/auth/users/{made}/force-password-reset", target=made)


@change("POST /auth/users/{id}/logout")
def _(office):
    client, made = office.person()
    return by_boss(office, "session.revoked", "POST", f"/auth/users/{made}/logout", None, "session",
                   client.session_id)


@change("POST /auth/roles")
def _(office):
    return by_boss(office, "role.created", "POST", "/auth/roles",
                   {"name": f"Role {secrets.token_hex(5)}", "permissions": ["sales:orders:view"]},
                   "role", answered_id, after=True)


@change("PATCH /auth/roles/{id}")
def _(office):
    made = new_role(office.boss, "sales:orders:view")
    return by_boss(office, "role.updated", "PATCH", f"/auth/roles/{made}",
                   {"permissions": ["sales:orders:edit"]}, "role", made, before=True, after=True)


@change("DELETE /auth/roles/{id}")
def _(office):
    made = new_role(office.boss, "sales:orders:view")
    return by_boss(office, "role.deleted", "DELETE", f"/auth/roles/{made}", None, "role", made,
                   before=True)


def fresh_code():
    return f"audit:c{secrets.token_hex(5)}:view"


@change("POST /auth/permissions/{code}")
def _(office):
    code = fresh_code()
    return by_platform(office, "permission.created", "POST", f"/auth/permissions/{code}",
                       {"description": "See it"}, "permission", code, ..., after=True)


@change("DELETE /auth/permissions/{code}")
def _(office):
    code = fresh_code()
    office.platform.post(f"/auth/permissions/{code}", {}, expect=201)
    return by_platform(office, "permission.deleted", "DELETE", f"/auth/permissions/{code}", None,
                       "permission", code, ...)


def fresh_tenant(office):
    slug = f"made-{secrets.token_hex(5)}"
    return office.platform.post("/auth/tenants", {"slug": slug, "name": slug},
                                expect=201).json()["id"]


@change("POST /auth/tenants")
def _(office):
    slug = f"made-{secrets.token_hex(5)}"
    return by_platform(office, "tenant.created", "POST", "/auth/tenants",
                       {"slug": slug, "name": "Made", "preset": "default"}, "tenant", answered_id,
                       answered_id, after=True)


@change("PATCH /auth/tenants/{id}")
def _(office):
    made = fresh_tenant(office)
    return by_platform(office, "tenant.updated", "PATCH", f"/auth/tenants/{made}",
                       {"plan": "gold", "max_users": 7}, target=made, tenant=made, before=True,
                       after=True)


@change("DELETE /auth/tenants/{id}")
def _(office):
    made = fresh_tenant(office)
    return by_platform(office, "tenant.deleted", "DELETE", f"/auth/tenants/{made}", target=made,
                       tenant=made)


@change("PATCH /auth/tenants/{id}/settings")
def _(office):
    return by_boss(office, "settings.updated", "PATCH", f"/auth/tenants/{office.id}/settings",
                   {"info_text": f"Welcome {secrets.token_hex(4)}"}, "tenant", office.id,
                   before=True, after=True)


# -- What is held against them --------------------------------------------------------------------


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
    assert changing == set(CHANGES) | set(WITHOUT), changing ^ (set(CHANGES) | set(WITHOUT))


@pytest.mark.parametrize("name", sorted(CHANGES))
def test_one_change_one_event(stack, office, name):
    """A1: who, what, target, tenant, IP, request id, when, and before/after where something was
    changed."""
    wanted = CHANGES[name](office)
    answer, events = counted(stack, wanted.ask)
    assert answer.status_code < 300, describe(answer)
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
    form = {"headers": {"Content-Type": "application/x-www-form-urlencoded"}}

    def introspect():
        service = Client(stack)
        return service.post("/auth/introspect", headers={
            **form["headers"], "Authorization": office.service.basic},
                            data=urllib.parse.urlencode({"token": client.access}))

    ask = {
        "POST /auth/refresh": client.refresh,
        "POST /auth/resend-verification": lambda: client.post(
            "/auth/resend-verification", {"tenant": office.slug, "email": client.user.email}),
        "POST /auth/check": lambda: office.boss.post(
            "/auth/check", {"checks": [{"permission": "sales:orders:view"}]}),
        "POST /auth/introspect": introspect,
        "POST /auth/me/email": lambda: client.post("/auth/me/email", {
            "new_email": fresh_email(), "password": client.user.password}),
    }[name]
    answer, events = counted(stack, ask)
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


# -- Canaries -------------------------------------------------------------------------------------


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
    import base64
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
    while stack.value("SELECT COUNT(*) FROM outbox WHERE status = 'queued' AND message IS NOT NULL"):
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
