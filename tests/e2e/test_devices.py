"""Devices, the number of sessions, activity, and ending sessions (SPEC S1 to S4, S6, S7, P4)."""

import json
import time

import pytest

from support.admin import holder, my_id, tenant_admin
from support.client import Client, describe, problem, signed_in
from support.gatehouse import fresh_password
from support.parallel import meanwhile, together
from support.wire import once

DEAD = (401, "invalid_token")
DEAD_REFRESH = (401, "invalid_refresh_token")
TYPES = ("web", "mobile", "desktop", "tablet", "pos", "service", "other")
ACCESS, DEVICE = "__Host-gatehouse_access", "__Host-gatehouse_device"


def sign_in(client, user, device=None, expect=200, **more):
    body = {"tenant": user.tenant, "email": user.email, "password": user.password, **more}
    if device is not None:
        body["device"] = device
    answer = client.post("/auth/login", body, token=None, expect=expect)
    return client.keep(answer)["session"] if answer.status_code == 200 else answer


def listed(client, path="/auth/me/sessions"):
    return client.get(path, expect=200).json()["items"]


def alive(*clients):
    return [client.get("/auth/session").status_code == 200 for client in clients]


# -- S1 --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(stack):
    return stack.new_tenant(max_sessions=0)


def test_every_type_and_the_longest_names(stack, many):
    """S1: kept as they were given, for whoever lists them."""
    user = stack.new_user(many)
    client = Client(stack)
    wanted = [{"id": f"till-{n}", "name": f"Till {n}", "type": kind}
              for n, kind in enumerate(TYPES)]
    wanted += [{"id": "é" * 64, "name": "ü" * 100, "type": "other"},
               {"id": "a ", "name": " ", "type": "web"}, {"id": "a", "name": "<b>&", "type": "pos"},
               {"id": "A", "name": "🖥", "type": "desktop"}]
    for device in wanted:
        assert sign_in(client, user, device)["device"] == device
    found = [s["device"] for s in listed(client)]
    assert sorted(found, key=lambda d: d["id"]) == sorted(wanted, key=lambda d: d["id"])


@pytest.mark.parametrize("device, pointer", [
    ({"id": "x" * 65}, "/device/id"), ({"id": ""}, "/device/id"), ({"id": 7}, "/device/id"),
    ({"id": None}, "/device/id"), ({"id": "a\u0000b"}, "/device/id"),
    ({"id": "a\nb"}, "/device/id"), ({"name": "No id", "type": "web"}, "/device/id"),
    ({"id": "x", "name": "x" * 101}, "/device/name"), ({"id": "x", "name": ""}, "/device/name"),
    ({"id": "x", "name": "a\u001b[31m"}, "/device/name"),
    ({"id": "x", "type": "watch"}, "/device/type"), ({"id": "x", "type": "WEB"}, "/device/type"),
    ({"id": "x", "type": ""}, "/device/type"), ({"id": "x", "ip": "1.2.3.4"}, "/device/ip"),
    ("phone", "/device"), ([], "/device")])
def test_what_is_no_device(stack, user, device, pointer):
    """S1, E5: named, and nobody is signed in."""
    answer = sign_in(Client(stack), user, device, expect=422)
    found = {error["pointer"] for error in problem(answer, 422, "validation_failed")["errors"]}
    assert found == {pointer}, describe(answer)
    assert stack.live_sessions(user) == []


def test_what_is_not_said_is_filled_in(stack, many):
    """S1: the type by how one signs in, the name from the browser's own, an id of ours."""
    user = stack.new_user(many)
    told = sign_in(Client(stack, user_agent="Till/7 " + "x" * 200), user)
    assert told["device"]["type"] == "other"
    assert told["device"]["name"] == ("Till/7 " + "x" * 200)[:100]
    assert len(told["user_agent"]) == 207
    assert sign_in(Client(stack), user, transport="cookie")["device"]["type"] == "web"
    assert sign_in(Client(stack), user, {"id": "mine"})["device"] == {
        "id": "mine", "name": "gatehouse-tests", "type": "other"}
    body = json.dumps({"tenant": user.tenant, "email": user.email, "password": user.password})
    nameless = once(stack, "POST", "/auth/login", [("Content-Type", "application/json")],
                    body.encode())
    told = json.loads(nameless.body)["session"]
    assert told["device"]["name"] == "Unknown device" and told["user_agent"] == ""
    ids = {row["device_id"] for row in stack.live_sessions(user)}
    assert len(ids) == 4 and "mine" in ids


def test_a_browser_is_one_device(stack, many):
    """S1, S2: by its cookie, signed in either way; another browser is another one."""
    user = stack.new_user(many)
    browser = Client(stack)
    first = sign_in(browser, user)["device"]["id"]
    for more in ({}, {"transport": "cookie"}, {}):
        browser.http.cookies.set(ACCESS, None)
        assert sign_in(browser, user, **more)["device"]["id"] == first
        assert len(stack.live_sessions(user)) == 1
    assert sign_in(Client(stack), user)["device"]["id"] != first
    # A named device goes before the cookie, and is what the cookie says from then on.
    assert sign_in(browser, user, {"id": "named"})["device"]["id"] == "named"
    assert sign_in(browser, user)["device"]["id"] == "named"
    assert len(stack.live_sessions(user)) == 3
    forged = browser.http.cookies[DEVICE][:-4] + "AAAA"
    thief = Client(stack)
    body = {"tenant": user.tenant, "email": user.email, "password": user.password}
    answer = thief.post("/auth/login", body, headers={"Cookie": f"{DEVICE}={forged}"}, expect=200)
    assert answer.json()["session"]["device"]["id"] not in (first, "named")


# -- S2 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("allowed, racers", [(1, 6), (3, 8)])
def test_racing_sign_ins_leave_what_is_allowed(stack, allowed, racers):
    """S2: on all workers of the pool at once; each of those that are left is good."""
    user = stack.new_user(stack.new_tenant(max_sessions=allowed))
    clients = [Client(stack) for _ in range(racers)]
    together([lambda c=c, n=n: c.login(user, device=f"d{n}", expect=None)
              for n, c in enumerate(clients)])
    assert len(stack.live_sessions(user)) == allowed
    winners = [c for c in clients if c.access and alive(c)[0]]
    assert len(winners) == allowed
    for client in clients:
        if client.access and client not in winners:
            client.refresh(expect=DEAD_REFRESH)
    for client in winners:
        client.refresh(expect=200)


def test_the_limit_is_lowered_and_raised(stack):
    """S2, N5: nobody is thrown out by the change itself; the next sign-in ends the oldest, also of
    a device that is known. 0 is any number."""
    tenant = stack.new_tenant(max_sessions=0)
    user = stack.new_user(tenant)
    clients = [signed_in(stack, user, device=f"d{n}") for n in range(5)]
    stack.set_tenant(tenant, max_sessions=3)
    assert alive(*clients) == [True] * 5
    clients[4].login(user, device="d4")
    assert alive(*clients) == [False, False, True, True, True]
    stack.set_tenant(tenant, max_sessions=1)
    assert alive(*clients[2:]) == [True] * 3
    newest = signed_in(stack, user, device="d9")
    assert alive(*clients[2:], newest) == [False] * 3 + [True]
    clients[2].refresh(expect=DEAD_REFRESH)
    stack.set_tenant(tenant, max_sessions=2)
    other = signed_in(stack, user, device="d10")
    assert alive(newest, other) == [True, True]
    stack.set_tenant(tenant, max_sessions=0)
    more = [signed_in(stack, user, device=f"m{n}") for n in range(3)]
    assert alive(newest, other, *more) == [True] * 5


def test_one_persons_limit_is_not_anothers(stack):
    """S2: by person, whatever their devices are called; the reasons are on record."""
    tenant = stack.new_tenant()
    one, two = stack.new_user(tenant), stack.new_user(tenant)
    first, second = signed_in(stack, one, device="till"), signed_in(stack, two, device="till")
    assert alive(first, second) == [True, True]
    replaced = signed_in(stack, one, device="till")
    displaced = signed_in(stack, one, device="phone")
    assert alive(first, replaced, displaced, second) == [False, False, True, True]
    for client, reason in ((first, "replaced"), (replaced, "other_device")):
        (event,) = stack.sql("SELECT * FROM audit_events WHERE target_id = %s", client.session_id)
        assert event["event"] == "session.revoked"
        assert json.loads(event["after_json"])["reason"] == reason


# -- S3, S4 ----------------------------------------------------------------------------------------


def test_activity_is_written_a_quarter_apart(stack):
    """S3: with eight requests at a time on every worker, never twice for one quarter."""
    tenant = stack.new_tenant(idle_timeout=4)
    client = signed_in(stack, stack.new_user(tenant))
    seen = set()

    def ask(stop):
        one = Client(stack)
        while not stop.is_set():
            one.get("/auth/verify", token=client.access, expect=403)

    end = time.monotonic() + 5
    with meanwhile(*[ask] * 8):
        while time.monotonic() < end:
            seen.add(stack.live_sessions(client.user)[0]["last_active_at"])
    moments = sorted(seen)
    assert len(moments) >= 4
    gaps = [(b - a).total_seconds() for a, b in zip(moments, moments[1:])]
    assert min(gaps) >= 1, gaps


def test_idleness_begins_to_count_at_once(stack):
    """S4, N5: turned on for living sessions, by what is known of them; turned off again, and the
    lists follow."""
    tenant = stack.new_tenant(max_sessions=0)
    user = stack.new_user(tenant)
    boss = tenant_admin(stack, tenant)
    sleeper, awake = signed_in(stack, user, device="a"), signed_in(stack, user, device="b")
    path = f"/auth/users/{stack.user_id(user)}/sessions"
    assert [s["idle_expires_at"] for s in listed(boss, path)] == [None, None]
    time.sleep(2.1)
    awake.keep(awake.refresh())
    boss.login(boss.user)
    stack.set_tenant(tenant, idle_timeout=2)
    sleeper.verify(expect=DEAD)
    awake.get("/auth/session", expect=200)
    (told,) = listed(boss, path)
    assert told["id"] == awake.session_id
    assert told["last_active_at"] < told["idle_expires_at"] <= told["expires_at"]
    (row,) = json.loads(stack.cli("session", "list", "--tenant", tenant, "--email", user.email,
                                  "--json").stdout)
    assert (row["id"], row["idle_expires_at"]) == (awake.session_id, told["idle_expires_at"])
    sleeper.refresh(expect=DEAD_REFRESH)
    stack.set_tenant(tenant, idle_timeout=0)
    sleeper.get("/auth/session", expect=200)
    assert [s["idle_expires_at"] for s in listed(sleeper)] == [None, None]


def test_the_idle_end_is_never_past_the_end(stack):
    """S1, S4."""
    tenant = stack.new_tenant(idle_timeout=86400, session_ttl=600)
    session = sign_in(Client(stack), stack.new_user(tenant))
    assert session["idle_expires_at"] == session["expires_at"]


# -- S6, S7 ----------------------------------------------------------------------------------------


def cleared(answer):
    """Names of the cookies that the answer takes away."""
    lines = answer.raw.headers.getlist("Set-Cookie")
    assert all("max-age=0" in line.lower() for line in lines), lines
    return {line.split("=")[0] for line in lines}


ALL = {ACCESS, "__Secure-gatehouse_refresh", "__Host-gatehouse_csrf"}


def test_ending_the_session_one_is_in(stack, many):
    """S6, S7: as a logout; in a browser the cookies go, but the device's."""
    user = stack.new_user(many)
    client = signed_in(stack, user)
    answer = client.call("DELETE", f"/auth/me/sessions/{client.session_id}", expect=204)
    assert "Set-Cookie" not in answer.headers
    client.verify(expect=DEAD)
    client.refresh(expect=DEAD_REFRESH)

    browser = Client(stack)
    browser.login(user, transport="cookie")
    stolen = browser.http.cookies[ACCESS]
    answer = browser.call("DELETE", f"/auth/me/sessions/{browser.session_id}", expect=204)
    assert cleared(answer) == ALL
    assert [cookie.name for cookie in browser.http.cookies] == [DEVICE]
    browser.get("/auth/session", expect=(401, "authentication_required"))
    Client(stack).get("/auth/session", token=stolen, expect=DEAD)


def test_ending_another_session_leaves_the_browser_signed_in(stack, many):
    """S6: by cookie and CSRF token."""
    user = stack.new_user(many)
    browser, other = Client(stack), signed_in(stack, user)
    browser.login(user, transport="cookie")
    path = f"/auth/me/sessions/{other.session_id}"
    browser.call("DELETE", path, headers={"X-CSRF-Token": "x"}, expect=(403, "csrf_failed"))
    assert "Set-Cookie" not in browser.call("DELETE", path, expect=204).headers
    assert alive(browser, other) == [True, False]
    more = signed_in(stack, user)
    answer = browser.post("/auth/logout-all", {"keep_current": True}, expect=204)
    assert "Set-Cookie" not in answer.headers
    assert alive(browser, more) == [True, False]
    answer = browser.post("/auth/logout-all", {"keep_current": False}, expect=204)
    assert cleared(answer) == ALL


def test_administrators_see_and_end_sessions(stack):
    """S6: with auth:users:view the list, with auth:users:edit the end, in one's own tenant; one's
    own among them, and then the browser is signed out."""
    tenant = stack.new_tenant(max_sessions=0)
    user = stack.new_user(tenant)
    phone, till = signed_in(stack, user, device="phone"), signed_in(stack, user, device="till")
    path = f"/auth/users/{stack.user_id(user)}"
    viewer, editor = holder(stack, tenant, "auth:users:view"), holder(stack, tenant,
                                                                       "auth:users:edit")
    found = listed(viewer, path + "/sessions")
    assert [(s["id"], s["device"]["id"], s["ip"], s["current"]) for s in found] in (
        [(c.session_id, d, c.ip, False) for c, d in pair]
        for pair in (((phone, "phone"), (till, "till")), ((till, "till"), (phone, "phone"))))
    editor.get(path + "/sessions", expect=(403, "permission_denied"))
    viewer.post(path + "/logout", expect=(403, "permission_denied"))
    foreign = tenant_admin(stack, stack.new_tenant())
    foreign.get(path + "/sessions", expect=(404, "not_found"))
    foreign.post(path + "/logout", expect=(404, "not_found"))
    assert alive(phone, till) == [True, True]
    assert "Set-Cookie" not in editor.post(path + "/logout", expect=204).headers
    assert alive(phone, till) == [False, False]
    phone.refresh(expect=DEAD_REFRESH)
    assert listed(viewer, path + "/sessions") == []
    editor.post(path + "/logout", expect=204)

    me = f"/auth/users/{my_id(editor)}"
    browser = Client(stack)
    browser.login(editor.user, transport="cookie")
    boss = tenant_admin(stack, tenant)
    assert len(listed(boss, me + "/sessions")) == 2
    assert cleared(browser.post(me + "/logout", expect=204)) == ALL
    assert alive(editor, browser) == [False, False]
    browser.login(editor.user, transport="cookie")
    assert cleared(browser.post(me + "/force-password-reset", expect=204)) == ALL
    (mine,) = listed(boss, f"/auth/users/{my_id(boss)}/sessions")
    assert mine["current"] is True and mine["id"] == boss.session_id


# -- P4 --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["body", "cookie"])
def test_a_password_change_ends_the_other_sessions(stack, many, transport):
    """P4, T8: at once, access and refresh tokens, on every worker; one's own tokens, cookies and
    CSRF token go on; told by mail and on record, without a secret."""
    user = stack.new_user(many)
    mine = Client(stack)
    mine.login(user, transport=transport)
    others = [signed_in(stack, user, device=f"d{n}") for n in range(3)]
    browser = Client(stack)
    browser.login(user, transport="cookie")
    assert all(alive(mine, browser, *others))
    before = len(stack.attempts(user))
    body = {"current_password": user.password, "new_password": fresh_password()}
    if transport == "cookie":
        mine.post("/auth/change-password", body, headers={"X-CSRF-Token": "x"},
                  expect=(403, "csrf_failed"))
        assert all(alive(*others))
    mine.post("/auth/change-password", {**body, "current_password": "not this one"},
              expect=(403, "wrong_password"))
    assert all(alive(mine, browser, *others))
    answer = mine.post("/auth/change-password", body, expect=204)
    assert "Set-Cookie" not in answer.headers
    for client in others:
        answers = together([lambda c=client: Client(stack).verify(token=c.access)] * 4)
        assert {a.status_code for a in answers} == {401}
        client.refresh(expect=DEAD_REFRESH)
    browser.get("/auth/session", expect=DEAD)
    browser.post("/auth/refresh", expect=DEAD_REFRESH)

    mine.get("/auth/session", expect=200)
    mine.keep(mine.post("/auth/refresh", expect=200) if transport == "cookie" else mine.refresh())
    mine.call("PATCH", "/auth/me", {"first_name": "Ada"}, expect=200)
    assert [s["id"] for s in listed(mine)] == [mine.session_id]

    attempts = stack.attempts(user)[before:]
    assert [(a["success"], a["reason"]) for a in attempts if not a["success"]] == [
        (0, "wrong_password")]
    mail = stack.mail.wait(user.email, "password_changed")
    rows = stack.sql("SELECT * FROM audit_events WHERE actor_id = %s AND event LIKE 'password%%'",
                     stack.user_row(user)["id"])
    assert [row["event"] for row in rows] == ["password.changed"]
    ended = stack.sql("SELECT * FROM audit_events WHERE actor_id = %s AND "
                      "event = 'session.revoked'", stack.user_row(user)["id"])
    assert {row["target_id"] for row in ended} == {c.session_id for c in (*others, browser)}
    for secret in body.values():
        assert secret not in str(rows) + str(ended) + mail.text
    Client(stack).login(user, expect=401)
    Client(stack).login(user, body["new_password"])
