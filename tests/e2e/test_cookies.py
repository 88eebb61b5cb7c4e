"""What Set-Cookie says, to the attribute, at every moment of a session in cookie mode (SPEC S7, S8,
T7; API.md "Session answer")."""

import time
from datetime import datetime

import pytest

from support.admin import give, my_id, new_role
from support.browser import ACCESS, CSRF, DEVICE, REFRESH, Browser, browsing, set_cookies
from support.client import describe, problem, signed_in

COMMON = {"secure": "", "samesite": "Lax"}
ATTRIBUTES = {
    ACCESS: {**COMMON, "path": "/", "httponly": ""},
    REFRESH: {**COMMON, "path": "/auth/refresh", "httponly": ""},
    CSRF: {**COMMON, "path": "/"},
    DEVICE: {**COMMON, "path": "/", "httponly": ""},
}
SESSION = {ACCESS, REFRESH, CSRF}
YEAR = 365 * 86400


def checked(answer, names):
    """The cookies set, which are exactly these, with exactly their attributes: no Domain, no
    Expires. Name to (value, Max-Age)."""
    found = set_cookies(answer)
    assert set(found) == set(names), describe(answer)
    out = {}
    for name, (value, attributes) in found.items():
        max_age = attributes.pop("max-age")
        assert attributes == ATTRIBUTES[name], (name, attributes)
        out[name] = (value, int(max_age))
    return out


def cleared(answer):
    """Access, refresh and CSRF, each under the path that it was set with; the device stays."""
    assert checked(answer, SESSION) == dict.fromkeys(SESSION, ("", 0))


def session_answer(answer):
    """What a sign-in or refresh sets, and that nothing of it stands in the body."""
    document = answer.json()
    cookies = checked(answer, {*SESSION, DEVICE})
    assert cookies[ACCESS][1] == document["expires_in"] > 0
    assert cookies[REFRESH][1] == cookies[CSRF][1] == document["refresh_expires_in"]
    assert cookies[DEVICE][1] == YEAR
    assert cookies[CSRF][0] == document["csrf_token"]
    assert not {"access_token", "refresh_token"} & set(document)
    for name in (ACCESS, REFRESH, DEVICE):
        assert len(cookies[name][0]) > 20
        assert cookies[name][0] not in answer.text, name
        for part in cookies[name][0].split("."):
            assert len(part) < 20 or part not in answer.text, name
    return document, cookies


@pytest.fixture
def browser(stack, user):
    return browsing(stack, user)


@pytest.fixture
def many(stack):
    """A tenant where people may have several sessions."""
    return stack.new_tenant("cookies", max_sessions=0)


# -- what is set -----------------------------------------------------------------------------------

def test_at_sign_in_and_refresh(stack, user):
    """S8: names, Path, Max-Age, Secure, HttpOnly, SameSite=Lax, no Domain; nothing in the body."""
    browser = Browser(stack)
    document, first = session_answer(browser.login(user))
    assert document["expires_in"] <= 3600 and document["refresh_expires_in"] <= 86400
    _, second = session_answer(browser.post("/auth/refresh", expect=200))
    assert second[DEVICE] == first[DEVICE]
    for name in (ACCESS, REFRESH):
        assert second[name][0] != first[name][0], name
    browser.csrf = second[CSRF][0]
    browser.call("PATCH", "/auth/me", {"first_name": "Ada"}, expect=200)


def test_no_cookie_outlives_its_session(stack):
    """S8, T7: the longest Max-Age ends with the session, however often it is refreshed or renewed;
    the access cookie's with its token."""
    tenant = stack.new_tenant("cookies", session_ttl=6, access_ttl=3600)
    browser = Browser(stack)
    document = browser.login(stack.new_user(tenant)).json()
    end = datetime.fromisoformat(document["session"]["expires_at"].replace("Z", "+00:00"))
    lives = []
    while not lives or lives[-1] > 2:
        for ask in (lambda: browser.post("/auth/refresh", expect=200),
                    lambda: browser.get("/auth/csrf", expect=200),
                    lambda: browser.get("/auth/session", expect=200)):
            asked = time.time()
            answer = ask()
            if "csrf_token" in answer.json():
                browser.csrf = answer.json()["csrf_token"]
            for name, (_, attributes) in set_cookies(answer).items():
                if name == DEVICE:
                    continue
                lives.append(int(attributes["max-age"]))
                assert asked + lives[-1] <= end.timestamp(), (name, lives)
        time.sleep(0.7)
    assert max(lives) <= 6 and lives[-1] < max(lives)


def test_at_renewal(stack):
    """T7: one cookie, the access token's, by /auth/verify and by /auth/session; X-Renewed-Token for
    a bearer. Neither where none is due."""
    tenant = stack.new_tenant("cookies", access_ttl=6, session_ttl=8)
    user = stack.new_user(tenant, roles=(stack.new_role(tenant, "sales:orders:view"),))
    for path in ("/auth/verify", "/auth/session"):
        browser = browsing(stack, user)
        answer = browser.get(path)
        assert not set_cookies(answer) and "X-Renewed-Token" not in answer.headers
        time.sleep(3.2)
        before = browser.value(ACCESS)
        answer = browser.get(path)
        value, max_age = checked(answer, {ACCESS})[ACCESS]
        # Of the session's eight seconds fewer than five are left.
        assert value != before and 3 <= max_age <= 4
        assert "X-Renewed-Token" not in answer.headers and value not in answer.text
        bearer = browser.get(path, token=before)
        assert not set_cookies(bearer) and bearer.headers["X-Renewed-Token"] != before


def test_a_csrf_token_is_the_only_one_that_scripts_read(browser):
    """API.md: GET /auth/csrf sets the one cookie that is not HttpOnly."""
    answer = browser.get("/auth/csrf", expect=200)
    value, max_age = checked(answer, {CSRF})[CSRF]
    assert value == answer.json()["csrf_token"] and 86000 < max_age <= 86400


def test_in_bearer_mode_only_the_device_is_a_cookie(stack, user):
    """API.md: in both modes."""
    browser = Browser(stack)
    answer = browser.login(user, transport="body")
    assert checked(answer, {DEVICE})[DEVICE][1] == YEAR
    token = answer.json()["refresh_token"]
    again = browser.post("/auth/refresh", {"refresh_token": token}, expect=200)
    assert checked(again, {DEVICE}) and again.json()["access_token"]


def test_reading_sets_nothing(browser):
    """S8."""
    for path in ("/auth/session", "/auth/me", "/auth/me/sessions", "/auth/info", "/auth/verify"):
        assert not set_cookies(browser.get(path)), path


# -- what is taken away ----------------------------------------------------------------------------

def end_by_id(browser):
    return browser.call("DELETE", f"/auth/me/sessions/{browser.session_id}", expect=204)


def revoke(cookie):
    def end(browser):
        return browser.post("/auth/revoke", data={"token": browser.value(cookie)}, headers={
            "Content-Type": "application/x-www-form-urlencoded"}, expect=200)
    return end


def on_oneself(method, what=""):
    """As an administrator of oneself: of one's tenant there must be another."""
    return lambda browser: browser.call(method, f"/auth/users/{my_id(browser)}{what}", expect=204)


ENDS = {
    "logout": lambda browser: browser.post("/auth/logout", expect=204),
    "logout-all": lambda browser: browser.post("/auth/logout-all", {}, expect=204),
    "logout-all, empty": lambda browser: browser.post("/auth/logout-all", expect=204),
    "delete me": lambda browser: browser.call(
        "DELETE", "/auth/me", {"password": browser.user.password}, expect=204),
    "by id": end_by_id,
    "revoke refresh": revoke(REFRESH),
    "revoke access": revoke(ACCESS),
    "administrator's logout": on_oneself("POST", "/logout"),
    "administrator's reset": on_oneself("POST", "/force-password-reset"),
    "administrator's delete": on_oneself("DELETE"),
    "administrator's disabling": lambda browser: browser.call(
        "PATCH", f"/auth/users/{my_id(browser)}", {"status": "disabled"}, expect=200),
}


@pytest.mark.parametrize("how", ENDS)
def test_whatever_ends_the_session_clears_it(stack, many, how):
    """S7, API.md: the three cookies go, the device stays; what they held is worth nothing."""
    for _ in range(2):
        user = stack.new_user(many, flags=("--tenant-admin",))
    browser = browsing(stack, user)
    held = dict(browser.cookies)
    cleared(ENDS[how](browser))
    assert set(browser.cookies) == {DEVICE}
    thief = Browser(stack)
    thief.cookies = held
    thief.csrf = held[CSRF][0]
    thief.get("/auth/session", expect=(401, "invalid_token"))
    thief.post("/auth/refresh", expect=(401, "invalid_refresh_token"))


@pytest.mark.parametrize("how", [
    "by id", "administrator's logout", "administrator's reset", "administrator's delete",
    "administrator's disabling"])
def test_a_bearer_that_ends_its_session_takes_no_cookie_away(stack, many, how):
    """S8: the header alone decides: the cookies beside it are another session's."""
    for _ in range(2):
        user = stack.new_user(many, flags=("--tenant-admin",))
    client = Browser(stack)
    client.login(user, transport="body")
    assert not set_cookies(ENDS[how](client))


def test_what_ends_other_sessions_leaves_this_one(stack, many):
    """S6, API.md: no cookie changes."""
    boss = browsing(stack, stack.new_user(many, flags=("--tenant-admin",)))
    user = stack.new_user(many)
    browser, other = browsing(stack, user), browsing(stack, user)
    answers = [browser.call("DELETE", f"/auth/me/sessions/{other.session_id}", expect=204)]
    other = browsing(stack, user)
    answers.append(browser.post("/auth/revoke", data={"token": other.refresh_token}, headers={
        "Content-Type": "application/x-www-form-urlencoded"}, expect=200))
    answers.append(browser.post("/auth/revoke", data={"token": "x"}, headers={
        "Content-Type": "application/x-www-form-urlencoded"}, expect=200))
    browsing(stack, user)
    answers.append(browser.post("/auth/logout-all", {"keep_current": True}, expect=204))
    changed = {"current_password": user.password, "new_password": "Xw4-quiet-otter-sings"}
    answers.append(browser.post("/auth/change-password", changed, expect=204))
    role = new_role(boss, "sales:orders:view")
    give(boss, my_id(browser), role)
    answers.append(browser.call("PATCH", "/auth/me", {"first_name": "Ada"}, expect=200))
    for path in ("/logout", "/force-password-reset"):
        answers.append(boss.post(f"/auth/users/{stack.user_id(stack.new_user(many))}{path}",
                                 expect=204))
    for answer in answers:
        assert not set_cookies(answer), describe(answer)
    browser.verify(expect=204)
    browser.post("/auth/refresh", expect=200)


def test_a_refusal_clears_nothing(stack, many):
    """FACTS: the answer to a request that lost a race must not take the winner's cookies away."""
    browser = browsing(stack, stack.new_user(many))
    ended = browsing(stack, browser.user)
    held = dict(ended.cookies)
    ended.post("/auth/logout", expect=204)
    ended.cookies, ended.csrf = held, held[CSRF][0]
    answers = [
        ended.post("/auth/refresh", expect=(401, "invalid_refresh_token")),
        ended.post("/auth/logout", expect=(401, "invalid_token")),
        ended.get("/auth/session", expect=(401, "invalid_token")),
        browser.post("/auth/logout", headers={"X-CSRF-Token": "x"}, expect=(403, "csrf_failed")),
        browser.call("DELETE", "/auth/me", {"password": "wrong"}, expect=(403, "wrong_password")),
        browser.call("DELETE", f"/auth/me/sessions/{ended.session_id}", expect=(404, "not_found")),
    ]
    for answer in answers:
        assert not set_cookies(answer), describe(answer)
    browser.verify()
    browser.get("/auth/session", expect=200)


def test_one_session_takes_the_place_of_another(stack, user):
    """S2: the same browser signs in again: the same device, new cookies, the old ones dead."""
    browser = browsing(stack, user)
    held = dict(browser.cookies)
    _, cookies = session_answer(browser.login(user))
    assert cookies[DEVICE][0] == held[DEVICE][0]
    for name in SESSION:
        assert cookies[name][0] != held[name][0]
    thief = Browser(stack)
    thief.cookies = held
    thief.get("/auth/session", expect=(401, "invalid_token"))


# -- a site behind auth_request --------------------------------------------------------------------

def test_a_protected_site_passes_the_renewal_on(stack):
    """T7, R7: on whatever the site answers, once; as a header for a bearer; nothing where none is
    due or the visitor is refused."""
    tenant = stack.new_tenant("cookies", access_ttl=6)
    browser = browsing(stack, stack.new_user(tenant))
    token = signed_in(stack, stack.new_user(tenant)).access
    for path, status in (("/demo/", 200), ("/demo/nothing", 404), ("/demo/admin/", 403)):
        answer = browser.get(path, plain=True, expect=status)
        assert not set_cookies(answer) and "X-Renewed-Token" not in answer.headers
    time.sleep(3.2)
    due = dict(browser.cookies)
    for path, status in (("/demo/", 200), ("/demo/nothing", 404)):
        browser.cookies = dict(due)
        answer = browser.get(path, plain=True, expect=status)
        checked(answer, {ACCESS})
        assert "X-Renewed-Token" not in answer.headers
        bearer = browser.get(path, plain=True, token=token, expect=status)
        assert not set_cookies(bearer) and bearer.headers["X-Renewed-Token"] != token
    refused = browser.get("/demo/admin/", plain=True, expect=403)
    problem(refused, 403, "no_role_assigned")
    assert not set_cookies(refused)
    browser.get("/demo/", plain=True, expect=200)
