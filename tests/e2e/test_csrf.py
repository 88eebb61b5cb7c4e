"""Cookie mode on every route that a session may call with an unsafe method (SPEC S8; API.md
"Credentials"): the CSRF token of this very session and an allowed Origin, or nothing happens. The
routes are those of the served document: a new row is tried like the others."""

import base64
import json
import secrets
from urllib.parse import urlsplit

import pytest

from support.admin import tenant_id
from support.browser import (ACCESS, CSRF, DEVICE, REFRESH, UNSAFE, Browser, browsing, changing,
                             set_cookies)
from support.callers import media_of
from support.changes import CHANGES, Office
from support.client import Client, describe, problem, signed_in
from support.openapi import operations

EVIL = "https://evil.test"
# Neither tells what a request changed: workers and the mailer write them on their own account.
RESTLESS = {
    "sessions": {"last_active_at"},
    "outbox": {"status", "tries", "next_try_at", "claimed_by", "claimed_until", "finished_at",
               "message", "last_error"},
}
OF_NOBODY = {"tenants", "permissions"}


class BrowserOffice(Office):
    """Everybody of it sits before a browser."""

    # pylint: disable=super-init-not-called
    def __init__(self, stack):
        self.stack = stack
        self.slug = stack.new_tenant("csrf", max_sessions=0)
        self.id = tenant_id(stack, self.slug)
        self.boss = browsing(stack, stack.new_user(self.slug, flags=("--tenant-admin",)))
        self.platform = browsing(stack, stack.new_user(self.slug, flags=("--platform-admin",)))
        self.me = stack.user_id(self.boss.user)
        self.stranger = browsing(stack, self.user())
        self._others = {}
        self._prepared = {}

    def person(self):
        browser = browsing(self.stack, self.user())
        self.others(browser)  # before their second factor is on
        return browser, self.stack.user_id(browser.user)

    def routes(self):
        found = [operation for operation in operations(self.stack)
                 if operation.method in UNSAFE and "cookie" in operation.schemes]
        assert len(found) > 25
        return found

    def fresh(self, operation):
        """A function that makes the route's change; where the route has none, that calls it."""
        if operation.name in CHANGES:
            return CHANGES[operation.name](self).ask
        return lambda: self.platform.call(operation.method, operation.path, **media_of(operation))

    def prepared(self, operation):
        """One that is only ever refused."""
        if operation.name not in self._prepared:
            self._prepared[operation.name] = self.fresh(operation)
        return self._prepared[operation.name]

    def others(self, browser):
        """Another session of the same person, and one that has ended."""
        if browser not in self._others:
            other, ended = (browsing(self.stack, browser.user) for _ in range(2))
            token = ended.csrf
            ended.post("/auth/logout", expect=204)
            self._others[browser] = other.csrf, token
        return self._others[browser]

    def state(self):
        """Everything that stands in the database about this tenant, and what belongs to none."""
        found = {}
        tenant = f"UNHEX('{self.id.replace('-', '')}')"
        columns = {}
        for row in self.stack.sql("SELECT table_name AS t, column_name AS c FROM "
                                  "information_schema.columns WHERE table_schema = DATABASE()"):
            columns.setdefault(row["t"], set()).add(row["c"])
        for table, names in columns.items():
            if "tenant_id" in names:
                rows = f"tenant_id = {tenant}"
            elif "user_id" in names:
                rows = f"user_id IN (SELECT id FROM users WHERE tenant_id = {tenant})"
            elif "role_id" in names:
                rows = f"role_id IN (SELECT id FROM roles WHERE tenant_id = {tenant})"
            elif "caller_id" in names:
                rows = f"caller_id IN (SELECT id FROM users WHERE tenant_id = {tenant})"
            elif table in OF_NOBODY:
                rows = "TRUE"
            else:
                continue
            kept = ", ".join(sorted(names - RESTLESS.get(table, set())))
            found[table] = sorted(map(repr, self.stack.sql(
                f"SELECT {kept} FROM `{table}` WHERE {rows}")))
        assert {"users", "sessions", "audit_events", "attempts", "user_roles",
                "role_permissions", "idempotency_keys"} <= set(found)
        return found


@pytest.fixture(scope="module")
def office(stack):
    return BrowserOffice(stack)


def trust(stack):
    """Origins that may: our own, a listed one, one that a wildcard covers."""
    listed = stack.info["cors_origins"]
    exact = next(origin for origin in listed if "*" not in origin)
    return [stack.base_url, exact, next(o for o in listed if "*" in o).replace("*", "one")]


def foreign_origins(stack):
    own, exact, subdomain = trust(stack)
    url, app = urlsplit(own), urlsplit(exact)
    base = urlsplit(subdomain).netloc.partition(".")[2]
    return [EVIL, "null", "*", f"{own}.evil.example", f"{own}@evil.example", f"{own}/",
            f"{own}/auth",
            f"https://{url.hostname}", f"https://{url.hostname}:{url.port + 1}",
            f"https://{url.hostname}.:{url.port}", f"http://{url.netloc}", f"HTTPS://{url.netloc}",
            f"https://{url.hostname.upper()}:{url.port}", f"https://user@{url.netloc}",
            f"https://evil.test#{url.netloc}", f"https://127.0.0.1:{url.port}",
            f"{own}, {EVIL}", f"{EVIL}, {own}", f"{own} {own}", f"http://{app.netloc}",
            f"{exact}:444", f"{exact}.evil.test", f"https://x{app.netloc}", f"https://{base}",
            f"https://evil{base}", f"{subdomain}:444", f"https://evil.test/{subdomain}",
            f"https://evil.test?.{base}", f"https://*.{base}", "file://", "chrome-extension://abc"]


def forged():
    """Of the right form, by a key that is not ours."""
    parts = (base64.urlsafe_b64encode(secrets.token_bytes(length)).rstrip(b"=").decode()
             for length in (16, 32))
    return ".".join(parts)


def both(token):
    def change(sent):
        value = token(sent.browser) if callable(token) else token
        sent.headers["X-CSRF-Token"] = value
        sent.cookie(CSRF, value)
    return change


def header(token):
    def change(sent):
        value = token(sent.browser)
        sent.headers.pop("X-CSRF-Token")
        if value is not None:
            sent.headers["X-CSRF-Token"] = value
    return change


def bad_tokens(office):
    """Name to change; everything else about the request is right."""
    def twice(first, second):
        return lambda sent: sent.without(CSRF).cookies.extend(
            [(CSRF, first(sent.browser)), (CSRF, second(sent.browser))])

    def elsewhere(name):
        def change(sent):
            sent.headers[name] = sent.headers.pop("X-CSRF-Token")
        return change

    def mine(browser):
        return browser.csrf

    return {
        "no header": header(lambda browser: None),
        "an empty header": header(lambda browser: ""),
        "no cookie": lambda sent: sent.without(CSRF),
        "neither": lambda sent: sent.without(CSRF).headers.pop("X-CSRF-Token"),
        "both empty": both(""),
        "another session's header": header(lambda browser: office.others(browser)[0]),
        "another session's": both(lambda browser: office.others(browser)[0]),
        "an ended session's header": header(lambda browser: office.others(browser)[1]),
        "an ended session's": both(lambda browser: office.others(browser)[1]),
        "another person's header": header(lambda browser: office.stranger.csrf),
        "another person's": both(lambda browser: office.stranger.csrf),
        "another session's cookie": lambda sent: sent.cookie(
            CSRF, office.others(sent.browser)[0]),
        "self-made": both(lambda _: forged()),
        "self-made, short": both("a.b"),
        "self-made, no form": both("x" * 40),
        "the mac of another nonce": both(
            lambda browser: "A" * 22 + "." + browser.csrf.partition(".")[2]),
        "cut": both(lambda browser: browser.csrf[:-1]),
        "longer": both(lambda browser: browser.csrf + "A"),
        "padded": both(lambda browser: browser.csrf + "="),
        "other case": header(lambda browser: browser.csrf.swapcase()),
        "two cookies": twice(mine, mine),
        "two cookies, the other first": twice(lambda browser: "x", mine),
        "two cookies, the other last": twice(mine, lambda browser: "x"),
        "the access token": both(lambda browser: browser.value(ACCESS)),
        "the session's id": both(lambda browser: browser.session_id),
        "under another name": elsewhere("X-XSRF-Token"),
        "under an underscored name": elsewhere("X_CSRF_TOKEN"),
        "under a shorter name": elsewhere("Csrf-Token"),
    }


def refused(answer, code, origin, stack):
    """Asserts a whole refusal: the document, CORS headers for listed origins alone, no cookie."""
    problem(answer, 403, code)
    listed = origin in trust(stack)[1:]
    assert answer.headers.get("Access-Control-Allow-Origin") == (origin if listed else None), (
        describe(answer))
    assert ("Access-Control-Allow-Credentials" in answer.headers) == listed, describe(answer)
    assert not set_cookies(answer), describe(answer)


def who_asks(ask):
    """The browser that makes this request, which is refused."""
    found = []

    def note(sent):
        found.append(sent.browser)
        sent.without(ACCESS)

    with changing(note):
        problem(ask(), 401, "authentication_required")
    return found[0]


def each(office, attempts, judge):
    """Makes every attempt at every route's change: `judge` says of an answer what is wrong with it
    by raising AssertionError. Nothing of it may change anything."""
    wrong = []
    for operation in office.routes():
        ask = office.prepared(operation)
        office.others(who_asks(ask))  # now, lest it be taken for a change
        before = office.state()
        for number, (name, change) in enumerate(attempts.items()):
            def apply(sent, change=change, number=number):
                if number % 15 == 0:
                    sent.browser.move()  # rate limits are not what is tried here
                change(sent)

            with changing(apply):
                answer = ask()
            try:
                judge(answer, name, operation)
            except AssertionError as error:
                wrong.append(f"{operation.name}, {name}: {str(error)[:300]}")
        after = office.state()
        changed = [table for table in after if after[table] != before[table]]
        if changed:
            wrong.append(f"{operation.name} changed {changed}")
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong[:40])


# -- what is refused -------------------------------------------------------------------------------

def test_without_its_token_no_route_does_anything(stack, office):
    """S8: none, one of another session (of the same person, of somebody else, of one that ended),
    header or cookie alone, two cookies, a forged one."""
    each(office, bad_tokens(office),
         lambda answer, name, _: refused(answer, "csrf_failed", stack.base_url, stack))


def test_nor_for_a_listed_origin(stack, office):
    """S8, E2: whoever may read the answers needs the token as well."""
    def from_origin(origin):
        def change(sent):
            sent.headers["Origin"] = origin
            sent.headers.pop("X-CSRF-Token")
        return change

    each(office, {origin: from_origin(origin) for origin in trust(stack)},
         lambda answer, name, _: refused(answer, "csrf_failed", name, stack))


def test_from_a_foreign_page_no_route_does_anything(stack, office):
    """S8: the right token does not help another site, an opaque origin, or a look-alike."""
    def from_origin(origin):
        def change(sent):
            sent.headers["Origin"] = origin
        return change

    each(office, {origin: from_origin(origin) for origin in foreign_origins(stack)},
         lambda answer, name, _: refused(answer, "origin_not_allowed", name, stack))


def test_a_referer_is_no_token(stack, office):
    """S8: where no Origin comes, the token decides, and nothing else."""
    def change(sent):
        sent.headers.pop("Origin")
        sent.headers.pop("X-CSRF-Token")
        sent.headers["Referer"] = stack.base_url + "/auth/ui/"

    each(office, {"Referer": change},
         lambda answer, *_: refused(answer, "csrf_failed", None, stack))


def test_the_header_alone_decides(stack, office):
    """S8, API.md: a bad or foreign Authorization is refused whatever the cookies would be good
    for."""
    def with_header(value):
        def change(sent):
            sent.headers["Authorization"] = value
        return change

    def judge(answer, name, operation):
        document = problem(answer, 401)
        codes = {"invalid_token"} if name.lower().startswith("bearer") else {
            "authentication_required", "invalid_client"}
        assert document["code"] in codes, describe(answer)
        assert not set_cookies(answer), (operation.name, describe(answer))

    each(office, {value: with_header(value) for value in (
        "Bearer nonsense", "Bearer", "bearer x", "Bearer a.b.c", "Basic YTpi", "Digest x", "x")},
         judge)


FORMS = ("text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded",
         "multipart/form-data; boundary=x", "application/json, text/plain", "text/json")


def disguised(kind, document):
    text = json.dumps(document)
    if kind.startswith("multipart"):
        return (f'--x\r\nContent-Disposition: form-data; name="a"\r\n'
                f"Content-Type: application/json\r\n\r\n{text}\r\n--x--\r\n").encode()
    if "urlencoded" in kind:
        return (text + "=").encode()
    return text.encode()


def test_what_a_form_can_send_is_never_json(stack, office):
    """S8, API.md: without the token it is the token that is missed (CSRF before content type), with
    it the content type."""
    browser = office.platform
    before = office.state()
    tried = 0
    for operation in office.routes():
        if not operation.takes_json:
            continue
        for kind in FORMS:
            browser.move()
            sent = {"data": disguised(kind, {"keep_current": False}),
                    "headers": {"Content-Type": kind}}
            with changing(lambda sent: sent.headers.pop("X-CSRF-Token")):
                answer = browser.call(operation.method, operation.path, **sent)
            refused(answer, "csrf_failed", stack.base_url, stack)
            answer = browser.call(operation.method, operation.path, **sent)
            problem(answer, 415, "unsupported_media_type")
            tried += 1
    assert tried > 60 and office.state() == before


def test_the_account_s_state_is_not_told_to_another_page(stack):
    """API.md, order of checks: CSRF, then the account's state."""
    tenant = stack.new_tenant("csrf")
    user = stack.new_user(tenant)
    stack.administer_database(f"UPDATE {stack.info['database']}.users SET must_change_password = "
                              f"TRUE WHERE email = '{user.email}'")
    browser = browsing(stack, user)
    browser.call("PATCH", "/auth/me", {}, expect=(403, "password_change_required"))
    browser.call("PATCH", "/auth/me", {}, headers={"X-CSRF-Token": "x"},
                 expect=(403, "csrf_failed"))
    browser.call("PATCH", "/auth/me", {}, headers={"Origin": EVIL},
                 expect=(403, "origin_not_allowed"))


# -- what is not -----------------------------------------------------------------------------------

def variations(stack):
    own, exact, subdomain = trust(stack)

    def from_origin(origin):
        def change(sent):
            sent.headers["Origin"] = origin
        return change

    def no_origin(sent):
        sent.headers.pop("Origin")

    def referer(sent):
        sent.headers.pop("Origin")
        sent.headers["Referer"] = EVIL + "/page"

    def bearer(sent):
        sent.headers["Authorization"] = f"Bearer {sent.browser.value(ACCESS)}"
        sent.headers["Origin"] = EVIL
        sent.headers.pop("X-CSRF-Token")
        sent.without(CSRF).cookie(ACCESS, "x")

    def two_bad_cookies(sent):
        bearer(sent)
        sent.cookies.append((ACCESS, "y"))

    return {"our own page": from_origin(own), "a listed origin": from_origin(exact),
            "a listed subdomain": from_origin(subdomain), "no Origin": no_origin,
            "a Referer": referer, "a bearer token and a bad cookie": bearer,
            "a bearer token and two": two_bad_cookies}


@pytest.mark.parametrize("name", [
    "our own page", "a listed origin", "a listed subdomain", "no Origin", "a Referer",
    "a bearer token and a bad cookie", "a bearer token and two"])
def test_with_the_right_token_every_route_does_its_work(stack, office, name):
    """S8: so that the refusals above are the token's and the Origin's. A bearer token needs
    neither, and the cookies beside it do not matter."""
    wrong = []
    for operation in office.routes():
        ask = office.fresh(operation)
        with changing(variations(stack)[name]):
            answer = ask()
        done = answer.status_code < 300 if operation.name in CHANGES else (
            answer.status_code not in (401, 403) and answer.status_code < 500)
        if not done:
            wrong.append(f"{operation.name}: {describe(answer)[:300]}")
    assert not wrong, "\n".join(wrong)


def test_reading_needs_no_token(stack, office):
    """S8: GET and HEAD, and they change nothing, whichever page asks."""
    def bare(sent):
        sent.without(CSRF).headers["Origin"] = EVIL

    before = office.state()
    tried = 0
    for operation in operations(stack):
        if operation.method != "GET" or "cookie" not in operation.schemes:
            continue
        for method in ("GET", "HEAD"):
            with changing(bare):
                answer = office.platform.call(method, operation.path)
            assert answer.status_code not in (401, 403), describe(answer)
            assert "Access-Control-Allow-Origin" not in answer.headers, describe(answer)
        tried += 1
    assert tried > 15 and office.state() == before


OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-Method",
             "X-Rewrite-Method")


def test_a_method_is_what_it_is(stack, office):
    """S8: no header makes a GET, which needs no token, into something else."""
    before = office.state()
    for operation in office.routes():
        plain = office.platform.get(operation.path)
        with changing(lambda sent, name=operation.method: sent.headers.update(
                dict.fromkeys(OVERRIDES, name))):
            other = office.platform.get(operation.path)
        assert other.status_code == plain.status_code, (operation.name, describe(other))
    assert office.state() == before


# -- what stands outside the gate ------------------------------------------------------------------

def test_refresh_by_cookie_needs_token_and_origin(stack, office):
    """S8, T6: and the refused ones use nothing up."""
    browser, _ = office.person()
    office.others(browser)
    before = office.state()
    for name, change in bad_tokens(office).items():
        with changing(change):
            answer = browser.post("/auth/refresh")
        refused(answer, "csrf_failed", stack.base_url, stack)
        assert browser.value(REFRESH) == browser.refresh_token, name
    for origin in foreign_origins(stack):
        answer = browser.post("/auth/refresh", headers={"Origin": origin})
        refused(answer, "origin_not_allowed", origin, stack)
    assert office.state() == before
    for origin in (None, *trust(stack)):
        browser.origin = origin
        used = browser.value(REFRESH)
        browser.keep(browser.post("/auth/refresh", expect=200))
        assert browser.value(REFRESH) != used


def test_refresh_by_body_needs_neither(stack, office):
    """S8: a bearer client's own; cookies of a browser beside it do not matter."""
    client = signed_in(stack, office.user())
    answer = client.post("/auth/refresh", {"refresh_token": client.refresh_token}, token=None,
                         headers={"Origin": EVIL, "Cookie": f"{REFRESH}=x; {CSRF}=y; {CSRF}=z"},
                         expect=200)
    assert "access_token" in answer.json() and set(set_cookies(answer)) == {DEVICE}


def test_another_page_cannot_make_a_browser_somebody_else(stack, office):
    """S8: the refresh token of a cookie session sets cookies, so that its Origin counts however it
    comes; like a sign-in's."""
    attacker, _ = office.person()
    before = office.state()
    for origin in foreign_origins(stack):
        answer = Client(stack).post("/auth/refresh", {"refresh_token": attacker.refresh_token},
                                    headers={"Origin": origin})
        refused(answer, "origin_not_allowed", origin, stack)
    assert office.state() == before
    answer = Client(stack).post("/auth/refresh", {"refresh_token": attacker.refresh_token},
                                expect=200)
    assert ACCESS in set_cookies(answer)


def test_signing_in_by_cookie_checks_the_origin(stack, office):
    """API.md: before anything is tried; a sign-in that asks for no cookies does not."""
    user = office.user()
    before = office.state()
    for number, origin in enumerate(foreign_origins(stack)):
        if number % 10 == 0:
            browser = Browser(stack)
        browser.origin = origin
        answer = browser.login(user, expect=(403, "origin_not_allowed"))
        refused(answer, "origin_not_allowed", origin, stack)
    assert office.state() == before and not browser.cookies
    for origin in (None, *trust(stack)):
        browser = Browser(stack)
        browser.origin = origin
        browser.login(user)
        assert browser.value(ACCESS)
    client = Browser(stack)
    client.origin = EVIL
    answer = client.login(user, transport="body")
    assert set(set_cookies(answer)) == {DEVICE} and answer.json()["access_token"]


def test_a_form_signs_nobody_in(stack, office):
    """S8: what a page of another site can send without asking us first."""
    user = office.user()
    document = {"tenant": user.tenant, "email": user.email, "password": user.password,
                "transport": "cookie"}
    before = office.state()
    for kind in FORMS:
        answer = Client(stack).post("/auth/login", data=disguised(kind, document),
                                    headers={"Content-Type": kind})
        problem(answer, 415, "unsupported_media_type")
        assert not set_cookies(answer)
    assert office.state() == before


# -- the token itself ------------------------------------------------------------------------------

def test_asking_for_a_token_spoils_none(stack, office):
    """S8: any page may make a browser ask (it cannot read the answer), and other tabs go on: the
    token that is good is told again; where there is none, there is a new one."""
    browser, _ = office.person()
    first = browser.csrf
    for _ in range(3):
        assert browser.get("/auth/csrf", expect=200).json() == {"csrf_token": first}
        assert browser.value(CSRF) == first
    stale = office.stranger.csrf
    for cookie in (None, "", "x", stale, first + "A"):
        def change(sent, cookie=cookie):
            sent.without(CSRF)
            if cookie is not None:
                sent.cookie(CSRF, cookie)

        with changing(change):
            made = browser.get("/auth/csrf", expect=200).json()["csrf_token"]
        assert made not in (first, cookie) and made == browser.value(CSRF)
        browser.csrf = made
        browser.call("PATCH", "/auth/me", {"first_name": "Ada"}, expect=200)


def test_a_bearer_token_has_no_csrf_token(stack, office):
    """API.md: S (cookie)."""
    client = signed_in(stack, office.user())
    answer = client.get("/auth/csrf", expect=(404, "not_found"))
    assert not set_cookies(answer)
