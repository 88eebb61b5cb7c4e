"""Sign-in failures and the lock (SPEC L1, L2, L3, L4)."""

import time

import pytest

from support.client import Client, problem, signed_in
from support.gatehouse import User, fresh_email
from support.parallel import together


def fail(stack, user, times, expect=(401, "invalid_credentials")):
    for _ in range(times):
        Client(stack).login(user, password="wrong", expect=expect)


def missing_user(tenant):
    return User(fresh_email("missing"), "never-was", tenant)


def retry_after(answer):
    return int(answer.headers["Retry-After"])


def test_five_failures_then_locked_even_for_the_right_password(stack, user):
    """L1, L2."""
    fail(stack, user, 5)
    wrong = Client(stack).login(user, password="wrong", expect=(429, "too_many_attempts"))
    right = Client(stack).login(user, expect=(429, "too_many_attempts"))
    for answer in (wrong, right):
        assert 890 <= retry_after(answer) <= 900
    # Letter case and address of the client are no way round.
    shouted = User(user.email.upper(), user.password, user.tenant)
    Client(stack).login(shouted, expect=(429, "too_many_attempts"))


def test_a_missing_account_locks_alike(stack, tenant, user):
    """L2: status and body, attempt by attempt."""
    nobody = missing_user(tenant)
    for _ in range(7):
        answers = [Client(stack).login(who, password="wrong", expect=None)
                   for who in (user, nobody)]
        documents = [problem(answer) for answer in answers]
        for document in documents:
            document.pop("request_id")
        assert documents[0] == documents[1]
        assert set(answers[0].headers) == set(answers[1].headers)
    assert answers[0].status_code == 429


def test_a_success_clears_the_count(stack, user):
    """L1."""
    for _ in range(3):
        fail(stack, user, 4)
        Client(stack).login(user)
    fail(stack, user, 5)
    Client(stack).login(user, expect=429)


def test_every_attempt_is_recorded_also_while_locked(stack, tenant, user):
    """L4: who, from where, with what, when, how it ended."""
    client = Client(stack, user_agent="Recorder/1.0")
    client.login(user, device="till-3")
    for _ in range(5):
        client.login(User(user.email, "", tenant), password="wrong", expect=None)
    fail(stack, missing_user(tenant), 1)
    rows = stack.attempts(user)
    assert [bool(row["success"]) for row in rows] == [True] + [False] * 5
    first = rows[0]
    assert first["user_id"] == stack.user_row(user)["id"]
    assert first["ip"] == client.ip and first["user_agent"] == "Recorder/1.0"
    assert "till-3" in first["device"]
    assert abs((stack.value("SELECT UTC_TIMESTAMP(6)") - first["created_at"]).total_seconds()) < 60
    locked = stack.new_user(tenant)
    fail(stack, locked, 5)
    for _ in range(3):
        Client(stack).login(locked, expect=429)
    rows = stack.attempts(locked)
    assert len(rows) == 8 and not any(row["success"] for row in rows)
    assert len({row["reason"] for row in rows[:5]}) == 1
    assert {row["reason"] for row in rows[5:]}.isdisjoint({row["reason"] for row in rows[:5]})
    assert sum(row["counted"] for row in rows) == 5


def test_an_attempt_on_nobody_has_no_user_id(stack, tenant):
    """L4: "user id (null where there is none)"."""
    nobody = missing_user(tenant)
    fail(stack, nobody, 1)
    assert [row["user_id"] for row in stack.attempts(nobody)] == [None]


def test_a_locked_attempt_does_not_move_the_end(stack):
    """L1: counted from the last evaluated failure; somebody who knocks all the time gets in all
    the same when the time is up."""
    tenant = stack.new_tenant(lockout_duration=4, lockout_threshold=3)
    user = stack.new_user(tenant)
    fail(stack, user, 3)
    end = time.monotonic() + 4
    last = 5
    while time.monotonic() < end - 0.8:
        answer = Client(stack).login(user, expect=429)
        assert 1 <= retry_after(answer) <= last
        last = retry_after(answer)
        time.sleep(0.3)
    time.sleep(max(0.0, end - time.monotonic()) + 0.3)
    Client(stack).login(user)


def test_old_failures_leave_the_window(stack):
    """L1: five within the window, not five ever."""
    tenant = stack.new_tenant(lockout_window=2, lockout_threshold=3)
    user = stack.new_user(tenant)
    fail(stack, user, 2)
    time.sleep(2.2)
    fail(stack, user, 2)
    Client(stack).login(user)


def test_unlock_by_the_administrator(stack, tenant, user):
    """L1, U5."""
    fail(stack, user, 5)
    Client(stack).login(user, expect=429)
    stack.cli("user", "unlock", "--tenant", tenant, "--email", user.email)
    Client(stack).login(user)


def test_64_parallel_guesses_evaluate_at_most_five(stack, tenant, user):
    """L1, ZITADEL GHSA-7h8m-vrxx-vr4m: a slot is taken before the password is hashed."""
    clients = [Client(stack) for _ in range(64)]
    together([lambda c=c: c.get("/auth/health", expect=200) for c in clients])
    answers = together([lambda c=c: c.login(user, password="wrong", expect=None)
                        for c in clients])
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {401, 429} and statuses.count(401) == 5, statuses
    rows = stack.attempts(user)
    assert len(rows) == 64 and sum(row["counted"] for row in rows) == 5
    Client(stack).login(user, expect=429)


def test_the_right_password_among_parallel_guesses_is_no_oracle(stack, user):
    """L1: with 32 at once, whatever is evaluated beyond the fifth failure must not sign in."""
    clients = [Client(stack) for _ in range(32)]
    together([lambda c=c: c.get("/auth/health", expect=200) for c in clients])
    passwords = ["wrong"] * 31 + [user.password]
    answers = together([lambda c=c, p=p: c.login(user, password=p, expect=None)
                        for c, p in zip(clients, passwords)])
    failed = sum(answer.status_code == 401 for answer in answers)
    assert failed <= 10, "at most five before a success clears the count, five after it"
    assert all(answer.status_code == 401 or answer.status_code == 429
               for answer in answers[:31])


def test_parallel_right_passwords_are_no_failures(stack):
    """keycloak#48272: many tabs signing in at once lock nobody out."""
    tenant = stack.new_tenant(max_sessions=0)
    user = stack.new_user(tenant)
    clients = [Client(stack) for _ in range(16)]
    together([lambda c=c: c.get("/auth/health", expect=200) for c in clients])
    answers = together([lambda c=c: c.login(user, expect=None) for c in clients])
    assert {answer.status_code for answer in answers} <= {200, 429}
    assert any(answer.status_code == 200 for answer in answers)
    Client(stack).login(user)
    assert not any(row["counted"] for row in stack.attempts(user))



DEVICE_COOKIE = "__Host-gatehouse_device"


def with_device_cookie(stack, value):
    client = Client(stack)
    client.http.cookies.set(DEVICE_COOKIE, value, domain="localhost.local", path="/", secure=True)
    return client


@pytest.mark.parametrize("transport", ["body", "cookie"])
def test_a_stranger_does_not_lock_out_a_known_browser(stack, user, transport):
    """L3: nor does the owner's success free the stranger."""
    browser = Client(stack)
    browser.login(user, transport=transport)
    fail(stack, user, 5)
    Client(stack).login(user, expect=(429, "too_many_attempts"))
    browser.login(user, transport=transport)
    browser.login(user, transport=transport)
    Client(stack).login(user, expect=(429, "too_many_attempts"))


def test_a_known_browser_has_five_guesses_too(stack, user):
    """L1, L3: its own lock, which the right password does not open; and the account's."""
    browser = Client(stack)
    browser.login(user)
    for _ in range(5):
        browser.login(user, password="wrong", expect=(401, "invalid_credentials"))
    locked = browser.login(user, expect=(429, "too_many_attempts"))
    assert 890 <= retry_after(locked) <= 900
    Client(stack).login(user, expect=429)


def test_what_a_known_browser_failed_before_is_forgiven_at_its_success(stack, user):
    """L1, L3: for itself and for everybody; what strangers did stands."""
    browser = Client(stack)
    browser.login(user)
    fail(stack, user, 2)
    for _ in range(4):
        browser.login(user, password="wrong", expect=401)
    Client(stack).login(user, expect=429)
    browser.login(user)
    for _ in range(4):
        browser.login(user, password="wrong", expect=401)
    browser.login(user)
    fail(stack, user, 3)
    Client(stack).login(user, expect=429)
    browser.login(user)


def test_re_authentication_in_a_known_browser_counts_there(stack, tenant):
    """L3: a stranger does not keep the owner from changing the password either, and a thief with
    the session alone counts with the strangers."""
    user = stack.new_user(tenant)
    browser = Client(stack)
    browser.login(user)
    fail(stack, user, 5)
    change = {"current_password": "wrong", "new_password": "Yet-another 7 passphrase"}
    browser.post("/auth/change-password", change, expect=(403, "wrong_password"))
    thief = Client(stack)
    thief.post("/auth/change-password", change, token=browser.access, expect=429)
    browser.post("/auth/change-password", {**change, "current_password": user.password},
                 expect=204)


def test_64_parallel_guesses_from_a_known_browser(stack, user):
    """L1, L3: its counter is atomic as well, and knowing it gives no more than five guesses."""
    browser = Client(stack)
    browser.login(user)
    cookie = browser.http.cookies.get(DEVICE_COOKIE)
    clients = [with_device_cookie(stack, cookie) for _ in range(32)] + [
        Client(stack) for _ in range(32)]
    together([lambda c=c: c.get("/auth/health", expect=200) for c in clients])
    answers = together([lambda c=c: c.login(user, password="wrong", expect=None)
                        for c in clients])
    statuses = [answer.status_code for answer in answers]
    assert statuses[:32].count(401) == 5 and statuses[32:].count(401) <= 5, statuses


def test_an_unlock_and_a_reset_free_every_counter(stack, tenant):
    """L1, L3, P3, U5."""
    user = stack.new_user(tenant)
    browser = Client(stack)
    browser.login(user)

    def lock_both():
        fail(stack, user, 5)
        for _ in range(5):
            browser.login(user, password="wrong", expect=401)
        browser.login(user, expect=429)

    lock_both()
    stack.cli("user", "unlock", "--tenant", tenant, "--email", user.email)
    browser.login(user)
    Client(stack).login(user)
    lock_both()
    Client(stack).post("/auth/forgot-password", {"tenant": tenant, "email": user.email},
                       expect=202)
    token = stack.mail.wait(user.email, "reset").token()
    renewed = User(user.email, "Renewed 9 passphrase here", tenant)
    Client(stack).post("/auth/reset-password",
                       {"token": token, "new_password": renewed.password}, expect=204)
    browser.login(renewed)
    Client(stack).login(renewed)


def test_another_persons_device_cookie_helps_nobody(stack, tenant, user):
    """L3: the cookie is signed, and a browser is known to the accounts that it signed in to. The
    name of the owner's device is no help: clients choose those."""
    owner = Client(stack)
    owner.login(user, device="till-1")
    stranger = stack.new_user(tenant)
    browser = Client(stack)
    browser.login(stranger, device="till-1")
    cookie = browser.http.cookies.get(DEVICE_COOKIE)
    fail(stack, user, 5)
    browser.login(user, expect=429)
    browser.login(user, device="till-1", expect=429)
    name, browser_id, mac = owner.http.cookies.get(DEVICE_COOKIE).split(".")
    other_name, other_browser, other_mac = cookie.split(".")
    assert name == other_name and browser_id != other_browser
    for forged in (cookie[:-3] + "abc", "x", cookie + cookie, "..", ".".join([name, browser_id]),
                   ".".join([name, browser_id, other_mac]), ".".join([name, browser_id, ""]),
                   ".".join([name, other_browser, mac]), ".".join(["", browser_id, mac]),
                   ".".join([name, browser_id, mac, mac])):
        with_device_cookie(stack, forged).login(user, expect=429)
    owner.login(user)


def test_the_browser_keeps_its_mark(stack, tenant, user):
    """L3, S7: over sign-out, refresh, and another account of the same browser; one that never
    signed in is a stranger, however it came by a cookie."""
    other = stack.new_user(tenant)
    browser = Client(stack)
    browser.login(user, transport="cookie")
    mark = browser.http.cookies.get(DEVICE_COOKIE).split(".")[1]
    browser.keep(browser.post("/auth/refresh", expect=200))
    browser.post("/auth/logout", expect=204)
    browser.login(other, transport="cookie")
    assert browser.http.cookies.get(DEVICE_COOKIE).split(".")[1] == mark
    bearer = Client(stack)
    bearer.login(user)
    fail(stack, user, 5)
    browser.login(user, transport="cookie")
    bearer.login(user)
    thief = Client(stack)
    thief.keep(thief.refresh(bearer.refresh_token))
    thief.login(user, expect=429)


def test_account_state_shows_only_after_the_right_password(stack, tenant):
    """L2, API.md: a wrong password on a disabled or unverified account is just that, and the
    state is no failure."""
    disabled = stack.new_user(tenant)
    stack.disable(disabled)
    pending = User(fresh_email(), "Zq7!vT4#xKp2-pending", tenant)
    Client(stack).post("/auth/register", {"tenant": tenant, "email": pending.email,
                                          "password": pending.password}, expect=202)
    for user, code in ((disabled, "account_disabled"), (pending, "email_not_verified")):
        fail(stack, user, 2)
        for _ in range(5):
            Client(stack).login(user, expect=(403, code))
        assert sum(row["counted"] for row in stack.attempts(user)) <= 2
        assert len(stack.attempts(user)) == 7


def test_a_suspended_tenant_tells_only_its_own(stack):
    """N6, API.md."""
    tenant = stack.new_tenant()
    user = stack.new_user(tenant)
    stack.cli("tenant", "suspend", tenant)
    Client(stack).login(user, password="wrong", expect=(401, "invalid_credentials"))
    Client(stack).login(user, expect=(403, "tenant_suspended"))
    stack.cli("tenant", "resume", tenant)
    Client(stack).login(user)


def test_a_person_sees_their_own_attempts(stack, tenant, user):
    """L4: and nobody else's."""
    fail(stack, stack.new_user(tenant), 1)
    fail(stack, user, 2)
    client = signed_in(stack, user)
    items = client.get("/auth/me/login-attempts", expect=200).json()["items"]
    assert [item["success"] for item in items] == [True, False, False]
    assert {item["email"] for item in items} == {user.email}
    assert all(item["created_at"].endswith("Z") for item in items)
