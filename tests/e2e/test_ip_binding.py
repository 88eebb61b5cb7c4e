"""Sessions bound to an address (SPEC S5): what is refused where, what it leaves behind, and that
the session of its owner lives on."""

import http.client
import json
import socket
import ssl
import time

import pytest

from support import fastcgi
from support.admin import tenant_admin, tenant_id
from support.client import Client, describe, fresh_ip, problem, signed_in
from support.openapi import operations
from support.parallel import together

HOME = "192.0.2.7"
REFRESH_DEAD = (401, "invalid_refresh_token")
DEAD = (401, "invalid_token")


class Person:
    """Somebody with a role, who comes from an address of the test's choice: straight to the pools'
    sockets, as nginx would."""

    def __init__(self, stack, tenant, ip, cookie=False):
        self.stack, self.cookie = stack, cookie
        self.user = stack.new_user(tenant, roles=(stack.new_role(tenant, "sales:orders:view"),))
        body = {"tenant": tenant, "email": self.user.email, "password": self.user.password}
        if cookie:
            body["transport"] = "cookie"
        answer = fastcgi.request(stack, "POST", "/auth/login", ip, body)
        assert answer.status == 200, answer.body
        document = answer.json()
        self.session = document["session"]
        self.csrf = document.get("csrf_token")
        self.access = document.get("access_token")
        self.refresh_token = document.get("refresh_token")
        self.cookies = dict(line.split(";")[0].split("=", 1) for line in answer.all("Set-Cookie"))

    def ask(self, method, path, ip, body=None):
        if not self.cookie:
            return fastcgi.request(self.stack, method, path, ip, body, token=self.access)
        return fastcgi.request(self.stack, method, path, ip, body, cookies=self.cookies,
                               HTTP_X_CSRF_TOKEN=self.csrf)

    def refresh(self, ip):
        """A repeat within the grace is the same successor: good for asking from many addresses."""
        if not self.cookie:
            return fastcgi.request(self.stack, "POST", "/auth/refresh", ip,
                                   {"refresh_token": self.refresh_token})
        return fastcgi.request(self.stack, "POST", "/auth/refresh", ip, cookies=self.cookies,
                               HTTP_X_CSRF_TOKEN=self.csrf)

    def seen(self, ip):
        """Is it let in from there, by every kind of route alike?"""
        answers = [self.ask("GET", "/auth/verify", ip),
                   self.ask("GET", "/auth/session", ip),
                   self.ask("POST", "/auth/check", ip,
                            {"checks": [{"permission": "sales:orders:view"}]}),
                   self.ask("GET", "/auth/me", ip), self.ask("GET", "/auth/me/sessions", ip),
                   self.refresh(ip)]
        let_in = {answer.status in (200, 204) for answer in answers}
        assert len(let_in) == 1, [answer.status for answer in answers]
        if not let_in.copy().pop():
            assert [a.json()["code"] for a in answers] == ["invalid_token"] * 5 + [
                "invalid_refresh_token"]
        return let_in.pop()


# How the tenant binds, where the person signs in; from where they are let in, from where not.
PLACES = [
    ("strict", HOME, [HOME, "::ffff:192.0.2.7", "::FFFF:c000:207"],
     ["192.0.2.8", "192.0.3.7", "127.0.0.1", "::1", "::192.0.2.7", "64:ff9b::192.0.2.7", "",
      "garbage", "192.0.2.7 ", "192.0.2.7/32", "unix:"]),
    ("strict", "::ffff:192.0.2.7", [HOME, "::ffff:192.0.2.7"], ["::ffff:192.0.2.8", "::1"]),
    ("strict", "2001:db8:1:2::7", ["2001:0DB8:1:2:0:0:0:7"],
     ["2001:db8:1:2::8", "2001:db8:1:3::7", HOME]),
    ("strict", "::1", ["0:0:0:0:0:0:0:1"], ["127.0.0.1", "::2", "::ffff:127.0.0.1"]),
    ("subnet", HOME, [HOME, "192.0.2.0", "192.0.2.255", "::ffff:192.0.2.99"],
     ["192.0.1.255", "192.0.3.0", "::1", "::192.0.2.7", "", "garbage", "192.0.2.7/8"]),
    ("subnet", "2001:db8:1:2::7", ["2001:db8:1:2::", "2001:DB8:1:2:ffff:ffff:ffff:ffff"],
     ["2001:db8:1:1:ffff:ffff:ffff:ffff", "2001:db8:1:3::7", "2001:db9:1:2::7", HOME]),
    ("subnet", "127.0.0.1", ["127.0.0.200", "::ffff:127.0.0.9"], ["::1", "127.0.1.1"]),
    ("subnet", "::ffff:192.0.2.7", ["192.0.2.200"], ["::ffff:192.0.3.7", "::ffff:0:192.0.2.7"]),
    ("off", HOME, [HOME, "198.51.100.1", "2001:db8::1", "::1", "garbage"], []),
]


@pytest.mark.parametrize("cookie", [False, True], ids=["bearer", "cookie"])
@pytest.mark.parametrize("binding, home, here, elsewhere", PLACES,
                         ids=[f"{p[0]}-{p[1]}" for p in PLACES])
def test_who_is_where(stack, binding, home, here, elsewhere, cookie):
    tenant = stack.new_tenant(ip_binding=binding, refresh_grace=300)
    person = Person(stack, tenant, home, cookie)
    for ip in here:
        assert person.seen(ip), ip
    for ip in elsewhere:
        assert not person.seen(ip), ip
    assert person.seen(home)


def test_every_route_refuses(stack):
    """By the document, so that no route is forgotten: 401 before anything else is judged."""
    tenant = stack.new_tenant(ip_binding="strict")
    home = tenant_admin(stack, tenant)
    away = Client(stack)
    asked = 0
    for operation in operations(stack):
        if "bearer" not in operation.schemes:
            continue
        time.sleep(0.02)  # nginx's rates
        answer = away.call(operation.method, operation.path, token=home.access)
        assert answer.status_code == 401, describe(answer)
        if operation.method != "HEAD":
            problem(answer, *DEAD)
        asked += 1
    assert asked > 40
    home.get("/auth/session", expect=200)


def stripped(answer):
    document = {k: v for k, v in answer.json().items() if k != "request_id"}
    return answer.status_code, document, {
        k: v for k, v in answer.headers.items() if k not in ("X-Request-Id", "Date")}


def test_it_looks_like_any_bad_token(stack):
    """T4: whoever has stolen a token does not learn that it is alive."""
    client = signed_in(stack, stack.new_user(stack.new_tenant(ip_binding="strict")))
    thief = Client(stack)
    for path in ("/auth/verify", "/auth/session", "/auth/me"):
        assert stripped(thief.get(path, token=client.access)) == stripped(
            thief.get(path, token=client.access[:-6] + "AAAAAA"))
    forged = client.refresh_token[:-6] + ("AAAAAA" if client.refresh_token[-1] != "A" else "BBBBBA")
    assert stripped(thief.refresh(client.refresh_token, expect=REFRESH_DEAD)) == stripped(
        thief.refresh(forged, expect=REFRESH_DEAD))


def over_ipv6(stack, method, path, body=None, token=None):
    context = ssl.create_default_context(cafile=stack.ca_file)
    raw = socket.create_connection(("::1", stack.port), 30)
    connection = http.client.HTTPConnection(stack.host, stack.port)
    connection.sock = context.wrap_socket(raw, server_hostname=stack.host)
    headers = {"Content-Type": "application/json"} if body is not None else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if text else None


@pytest.mark.parametrize("binding", ["strict", "subnet"])
def test_the_other_family_is_elsewhere(stack, binding):
    """Through nginx: ::1 is not 127.0.0.1."""
    user = stack.new_user(stack.new_tenant(ip_binding=binding, max_sessions=0))
    status, document = over_ipv6(stack, "POST", "/auth/login", {
        "tenant": user.tenant, "email": user.email, "password": user.password})
    assert status == 200 and document["session"]["ip"] == "::1"
    access, refresh = document["access_token"], document["refresh_token"]
    assert over_ipv6(stack, "GET", "/auth/session", token=access)[0] == 200
    away = Client(stack, ip="127.0.0.1")
    away.get("/auth/session", token=access, expect=DEAD)
    away.refresh(refresh, expect=REFRESH_DEAD)
    assert over_ipv6(stack, "POST", "/auth/refresh", {"refresh_token": refresh})[0] == 200
    home = Client(stack)
    home.login(user)
    assert over_ipv6(stack, "GET", "/auth/session", token=home.access)[0] == 401
    home.get("/auth/session", expect=200)


def test_a_stolen_cookie_opens_no_page(stack):
    """S5, R7: under auth_request too, and the thief's answer clears or renews nothing."""
    tenant = stack.new_tenant(ip_binding="subnet")
    browser, thief = Client(stack, ip="127.77.1.5"), Client(stack, ip="127.77.2.5")
    browser.login(stack.new_user(tenant), transport="cookie")
    cookies = {"Cookie": "; ".join(f"{c.name}={c.value}" for c in browser.http.cookies)}
    assert Client(stack, ip="127.77.1.9").get("/demo/", plain=True,
                                              headers=cookies).status_code == 200
    answer = thief.get("/demo/", plain=True, headers=cookies)
    assert answer.status_code == 401 and "Set-Cookie" not in answer.headers
    answer = thief.post("/auth/logout", headers={**cookies, "X-CSRF-Token": browser.csrf},
                        expect=DEAD)
    assert "Set-Cookie" not in answer.headers
    answer = thief.post("/auth/refresh", headers={**cookies, "X-CSRF-Token": browser.csrf},
                        expect=401)
    assert "Set-Cookie" not in answer.headers
    browser.get("/auth/session", expect=200)
    browser.keep(browser.post("/auth/refresh", expect=200))


# -- what it leaves behind -------------------------------------------------------------------------


def events(stack, session):
    return [dict(row, after_json=json.loads(row["after_json"])) for row in stack.sql(
        "SELECT * FROM audit_events WHERE event = 'token.ip_mismatch' AND target_id = %s "
        "ORDER BY created_at, id", session)]


def settled(stack, session, count):
    """Written after the answer is out: the events, once nothing comes any more."""
    end = time.monotonic() + 5
    while len(events(stack, session)) < count and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(0.5)
    return events(stack, session)


def test_one_event_however_often(stack):
    """A1: by address and kind of token; who hammers does not fill the log, on any worker."""
    tenant = stack.new_tenant(ip_binding="strict")
    client = signed_in(stack, stack.new_user(tenant))
    thief_ip = fresh_ip()
    thieves = [Client(stack, ip=thief_ip) for _ in range(8)]

    def hammer(thief):
        for _ in range(6):
            thief.get("/auth/session", token=client.access, expect=DEAD)

    together([lambda t=t: hammer(t) for t in thieves])
    (event,) = settled(stack, client.session_id, 1)
    assert event["ip"] == thief_ip and event["target_type"] == "session"
    assert event["tenant_id"] == stack.user_row(client.user)["tenant_id"]
    user_id = stack.user_id(client.user)
    assert event["before_json"] is None
    assert event["after_json"] == {"user_id": user_id, "token": "access", "session_ip": client.ip}
    assert client.access not in str(event) and client.refresh_token not in str(event)

    for _ in range(6):
        thieves[0].refresh(client.refresh_token, expect=REFRESH_DEAD)
    access, refresh = settled(stack, client.session_id, 2)
    assert access["id"] == event["id"] and refresh["after_json"]["token"] == "refresh"
    assert refresh["ip"] == thief_ip

    another = Client(stack)
    another.verify(token=client.access, expect=DEAD)
    assert [e["ip"] for e in settled(stack, client.session_id, 3)] == [thief_ip, thief_ip,
                                                                       another.ip]
    client.get("/auth/session", expect=200)
    client.refresh(expect=200)


def test_many_addresses_fill_no_log_either(stack):
    """A1: whoever has a /64 has 2^64 addresses."""
    person = Person(stack, stack.new_tenant(ip_binding="subnet"), HOME)
    for n in range(35):
        assert person.ask("GET", "/auth/verify", f"2001:db8:9::{n:x}").status == 401
    assert len(settled(stack, person.session["id"], 20)) == 20
    assert person.refresh("2001:db8:9::ffff").status == 401
    assert len(events(stack, person.session["id"])) == 20
    # It is this session's log that is full.
    neighbour = Person(stack, person.user.tenant, HOME)
    assert neighbour.ask("GET", "/auth/verify", "2001:db8:9::1").status == 401
    assert len(settled(stack, neighbour.session["id"], 1)) == 1


def test_a_dead_token_raises_no_alarm(stack):
    """Refused at home as well, idle or signed out: it says nothing about an address."""
    tenant = stack.new_tenant(ip_binding="strict", idle_timeout=1)
    sleeper = signed_in(stack, stack.new_user(tenant))
    time.sleep(1.1)
    Client(stack).verify(token=sleeper.access, expect=DEAD)
    Client(stack).refresh(sleeper.refresh_token, expect=REFRESH_DEAD)
    client = signed_in(stack, stack.new_user(tenant))
    client.post("/auth/logout", expect=204)
    Client(stack).verify(token=client.access, expect=DEAD)
    Client(stack).refresh(client.refresh_token, expect=REFRESH_DEAD)
    assert settled(stack, client.session_id, 0) == []
    assert settled(stack, sleeper.session_id, 0) == []


def test_a_mismatch_is_listed_for_administrators(stack):
    """A1: by its name, with the address that was refused."""
    tenant = stack.new_tenant()
    boss = tenant_admin(stack, tenant)
    client = signed_in(stack, stack.new_user(tenant))
    boss.call("PATCH", f"/auth/tenants/{tenant_id(stack, tenant)}/settings",
              {"ip_binding": "strict"}, expect=200)
    thief = Client(stack)
    thief.verify(token=client.access, expect=DEAD)
    settled(stack, client.session_id, 1)
    (item,) = boss.get("/auth/audit?event=token.ip_mismatch", expect=200).json()["items"]
    assert (item["target_id"], item["ip"]) == (client.session_id, thief.ip)


# -- the owner's session ---------------------------------------------------------------------------


def test_a_refresh_from_elsewhere_changes_nothing(stack):
    """S5, T6: neither rotated nor ended; the owner's token is still the current one."""
    client = signed_in(stack, stack.new_user(stack.new_tenant(ip_binding="strict")))
    before = stack.live_sessions(client.user)
    for _ in range(3):
        Client(stack).refresh(client.refresh_token, expect=REFRESH_DEAD)
    assert stack.live_sessions(client.user) == before
    old = client.refresh_token
    client.keep(client.refresh())
    # The previous one within the grace: no successor for the thief, no end for the owner.
    Client(stack).refresh(old, expect=REFRESH_DEAD)
    client.get("/auth/session", expect=200)
    client.keep(client.refresh())
    # Older than the previous one: somebody has a copy, wherever they are.
    Client(stack).refresh(old, expect=REFRESH_DEAD)
    client.get("/auth/session", expect=DEAD)
    client.refresh(expect=REFRESH_DEAD)


def test_a_thief_keeps_no_session_alive(stack):
    """S4, S5: use from elsewhere is no activity."""
    tenant = stack.new_tenant(ip_binding="strict", idle_timeout=3)
    client = signed_in(stack, stack.new_user(tenant))
    thief = Client(stack)
    end = time.monotonic() + 3.2
    while time.monotonic() < end:
        thief.verify(token=client.access, expect=DEAD)
        thief.refresh(client.refresh_token, expect=REFRESH_DEAD)
        time.sleep(0.2)
    client.get("/auth/session", expect=DEAD)
    client.refresh(expect=REFRESH_DEAD)


@pytest.mark.parametrize("cookie", [False, True], ids=["bearer", "cookie"])
@pytest.mark.parametrize("binding", ["strict", "subnet"])
def test_turned_on_and_off_for_living_sessions(stack, binding, cookie):
    """S5, N5, T8: at the very next request, whatever the cache holds."""
    tenant = stack.new_tenant(refresh_grace=300)
    person = Person(stack, tenant, HOME, cookie)
    for _ in range(3):
        assert person.seen("198.51.100.9")
        stack.set_tenant(tenant, ip_binding=binding)
        assert not person.seen("198.51.100.9")
        assert person.seen(HOME)
        assert person.seen("192.0.2.200") == (binding == "subnet")
        stack.set_tenant(tenant, ip_binding="off")
