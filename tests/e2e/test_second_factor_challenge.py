"""Between the factors (SPEC F2, L2, L3; API.md "Second factor"): one code, one session; five tries;
a challenge opens nothing else, and dies with whatever changes meanwhile."""

import json
import re
import secrets
import time

import pytest

from support.admin import tenant_admin
from support.client import Client, describe, fresh_ip, problem, signed_in
from support.gatehouse import User, fresh_email
from support.openapi import operations
from support.parallel import together
from support.callers import ANYONE, BY_ADDRESS, SERVICE, TABLE, media_of
from support.second_factor import (Authenticator, Person, answer, challenge, enrol, forget_steps,
                                   settle, sign_in)

DEAD = (401, "invalid_challenge")
WRONG = (401, "invalid_code")
COOKIE = "__Host-gatehouse_challenge"


@pytest.fixture(scope="module", name="wide")
def wide_tenant(stack):
    """Where neither the lock nor the number of sessions is in the way of what is tested."""
    return stack.new_tenant("wide", max_sessions=0, lockout_threshold=500)



# -- a code works once -----------------------------------------------------------------------------


def test_one_code_in_32_parallel_posts_is_one_session(stack, wide):
    """F2: with one challenge, and with five."""
    for challenges in (1, 5):
        person = Person(stack, wide)
        tokens = [person.begin() for _ in range(challenges)]
        code = person.code()
        clients = [Client(stack) for _ in range(32)]
        answers = together([lambda c=c, t=tokens[n % challenges]: answer(c, t, code, expect=None)
                            for n, c in enumerate(clients)])
        assert sorted(a.status_code for a in answers) == [200] + [401] * 31
        assert len(stack.live_sessions(person.user)) == 2  # the other is of the enrolment


def test_a_used_code_opens_nothing_again(stack, wide):
    """F2: not within its window, not on another path, and no earlier one either."""
    person = Person(stack, wide)
    settle()
    early, code = person.authenticator.code(-1), person.code()
    client, token = person.challenge()
    answer(client, token, code)
    client, token = person.challenge()
    answer(client, token, code, expect=WRONG)
    answer(client, token, early, expect=WRONG)
    person.client.post("/auth/2fa/disable", {"password": person.user.password, "code": code},
                       expect=WRONG)
    answer(client, token, person.authenticator.code(1))


def test_the_code_that_confirmed_signs_nobody_in(stack, wide):
    """F1: its step is used up."""
    user = stack.new_user(wide)
    client = signed_in(stack, user)
    secret = client.post("/auth/2fa/enrol", {"password": user.password}, expect=200).json()
    authenticator = Authenticator(secret["secret"])
    code = authenticator.code()
    client.post("/auth/2fa/confirm", {"code": code}, expect=200)
    other = Client(stack)
    token = challenge(other, user)
    answer(other, token, code, expect=WRONG)
    answer(other, token, authenticator.code(1))


def test_one_step_of_drift_each_way(stack, wide):
    """F1: clocks of telephones are not ours."""
    person = Person(stack, wide)
    for drift in (-1, 0, 1):
        client, token = person.challenge()
        forget_steps(stack, person.user)
        answer(client, token, person.authenticator.code(drift))
    for drift in (-3, 3):
        client, token = person.challenge()
        forget_steps(stack, person.user)
        answer(client, token, person.authenticator.code(drift), expect=WRONG)


def test_how_a_code_may_be_typed(stack, wide):
    """API.md: six digits, as authenticators show them; anything else is wrong or malformed."""
    person = Person(stack, wide)
    for code in ("٤٥٦٧٨٩", "12345a", "+12345", "123456789", "1e5000", "      "):
        client, token = person.challenge()
        answer(client, token, code, expect=WRONG)
    for code in ("12345", "1" * 33, 123456, None, ["123456"]):
        answer(client, token, code, expect=(422, "validation_failed"))
    code = person.code()
    answer(client, token, code[:3] + " " + code[3:])


# -- five tries, counted ---------------------------------------------------------------------------


def test_five_tries_a_challenge(stack, wide):
    """F2: the right code after five wrong ones is too late."""
    person = Person(stack, wide)
    client, token = person.challenge()
    for _ in range(5):
        answer(client, token, person.authenticator.wrong(), expect=WRONG)
    answer(client, token, person.code(), expect=DEAD)
    client, token = person.challenge()
    for _ in range(4):
        answer(client, token, person.authenticator.wrong(), expect=WRONG)
    answer(client, token, person.code())


def test_parallel_guesses_are_five_too(stack, wide):
    """F2: 32 at once are not more tries."""
    person = Person(stack, wide)
    _, token = person.challenge()
    near = {person.authenticator.code(drift) for drift in range(-2, 4)}
    guesses = [code for code in (f"{n:06}" for n in range(900000, 900050)) if code not in near]
    answers = together([lambda c=Client(stack), g=g: answer(c, token, g, expect=None)
                        for g in guesses[:32]])
    codes = sorted(problem(a, 401)["code"] for a in answers)
    assert codes == ["invalid_challenge"] * 27 + ["invalid_code"] * 5


def test_wrong_codes_lock_the_account(stack, tenant):
    """L2: counted with wrong passwords; recorded and audited; a right password in between clears
    nothing; locked, every path answers alike."""
    person = Person(stack, tenant)
    for _ in range(2):
        Client(stack).login(person.user, password="wrong", expect=401)
    clients = []
    for _ in range(3):
        client, token = person.challenge()
        answer(client, token, person.authenticator.wrong(), expect=WRONG)
        clients.append((client, token))
    client, token = clients[0]
    locked = answer(client, token, person.code(), expect=(429, "too_many_attempts"))
    assert 880 <= int(locked.headers["Retry-After"]) <= 900
    Client(stack).login(person.user, expect=(429, "too_many_attempts"))
    rows = stack.attempts(person.user)
    # One by the enrolment; then the failures; then the challenge and the sign-in while locked.
    assert [row["reason"] for row in rows] == [
        "password", "wrong_password", "wrong_password",
        *["second_factor_required", "wrong_code"] * 3, "locked", "locked"]
    assert all(not row["success"] and row["user_id"] for row in rows if row["reason"] != "password")
    failed = stack.sql("SELECT * FROM audit_events WHERE event = 'two_factor.failed'"
                       " AND target_id = %s", stack.user_id(person.user))
    assert len(failed) == 3 and all(row["actor_id"] is None for row in failed)
    stack.cli("user", "unlock", "--tenant", tenant, "--email", person.user.email)
    answer(client, token, person.code())


def test_a_success_clears_what_wrong_codes_counted(stack, tenant):
    """L1."""
    person = Person(stack, tenant)
    for _ in range(3):
        client, token = person.challenge()
        for _ in range(4):
            answer(client, token, person.authenticator.wrong(), expect=WRONG)
        answer(client, token, person.code())


def test_a_known_browser_has_a_counter_of_its_own(stack, tenant):
    """L3: a stranger with the password does not lock the owner out."""
    person = Person(stack, tenant)
    home, token = person.challenge()
    answer(home, token, person.code())
    stranger, token = person.challenge()
    for _ in range(5):
        answer(stranger, token, person.authenticator.wrong(), expect=WRONG)
    Client(stack).login(person.user, expect=429)
    token = challenge(home, person.user)
    answer(home, token, person.code())


def test_threshold_under_five_locks_before_the_challenge_is_dead(stack):
    """L1, F2: the lock answers 429 on a living challenge."""
    person = Person(stack, stack.new_tenant(lockout_threshold=2))
    client, token = person.challenge()
    for _ in range(2):
        answer(client, token, person.authenticator.wrong(), expect=WRONG)
    answer(client, token, person.code(), expect=(429, "too_many_attempts"))
    assert person.challenges() == 1


def test_where_others_vouch_for_the_first_factor(stack, tenant):
    """O3, L2: a lock from guessed passwords does not stop that way in; wrong codes on it count and
    lock it, and the password's way too. (The challenge is made one of OAuth's behind the API's
    back.)"""
    person = Person(stack, tenant)

    def federated():
        client, token = person.challenge()
        stack.administer_database(
            f"UPDATE {stack.info['database']}.challenges SET amr = 'fed' WHERE user_id ="
            f" UNHEX('{stack.user_row(person.user)['id'].hex()}')")
        return client, token

    client, token = federated()
    for _ in range(5):
        Client(stack).login(person.user, password="wrong", expect=401)
    Client(stack).login(person.user, expect=429)
    assert answer(client, token, person.code()).json()["session"]["amr"] == ["fed", "otp"]
    begun = [federated() for _ in range(2)]
    for number in range(5):
        client, token = begun[number % 2]
        answer(client, token, person.authenticator.wrong(), expect=WRONG)
    answer(client, token, person.code(), expect=(429, "too_many_attempts"))
    Client(stack).login(person.user, expect=429)


# -- what a challenge is bound to ------------------------------------------------------------------


def test_bound_to_the_client(stack, wide):
    """F2: another address or another user agent is fine, both are not; and refusing is no try."""
    person = Person(stack, wide)
    for ip, agent, fine in ((True, True, True), (True, False, True), (False, True, True),
                            (False, False, False)):
        begun = Client(stack, user_agent="Before/1.0")
        token = challenge(begun, person.user)
        other = Client(stack, ip=begun.ip if ip else fresh_ip(),
                       user_agent="Before/1.0" if agent else "After/2.0")
        for _ in range(0 if fine else 7):
            answer(other, token, person.code(), expect=DEAD)
        if not fine:  # L4: on record, and counts for nothing
            last = stack.attempts(person.user)[-1]
            assert (last["reason"], last["success"], last["counted"]) == ("invalid_challenge", 0, 0)
            assert last["ip"] == other.ip
        code = person.code()
        answer(other if fine else begun, token, code)


def test_a_challenge_ends(stack):
    """F2: mfa_challenge_ttl; five minutes by default."""
    slug = stack.new_tenant(mfa_challenge_ttl=2)
    person = Person(stack, slug)
    client = Client(stack)
    document = client.login(person.user).json()
    assert document["expires_in"] == 2
    code = person.code()
    time.sleep(2.2)
    answer(client, document["challenge_token"], code, expect=DEAD)


def test_a_challenge_works_once(stack, wide):
    """F2: not with a later code either."""
    person = Person(stack, wide)
    client, token = person.challenge()
    answer(client, token, person.code())
    answer(client, token, person.code(), expect=DEAD)
    answer(client, token, person.recovery_codes[0], expect=DEAD)


def test_unknown_and_malformed_challenges(stack, wide):
    """F2: not told apart; the access, refresh and mailed tokens are none."""
    person = Person(stack, wide)
    client = person.client
    for token in (secrets.token_urlsafe(32), "x", "A" * 43, client.access[:500],
                  client.refresh_token):
        answer(Client(stack), token, person.code(), expect=DEAD)
    Client(stack).post("/auth/2fa/challenge", {"code": "123456"}, expect=(422,
                                                                          "validation_failed"))
    Client(stack).post("/auth/2fa/challenge", expect=(400, "malformed_json"))


def test_five_challenges_live_at_a_time(stack, wide):
    """F2: the oldest goes."""
    person = Person(stack, wide)
    begun = [person.challenge() for _ in range(6)]
    assert person.challenges() == 5
    client, token = begun[0]
    answer(client, token, person.code(), expect=DEAD)
    client, token = begun[1]
    answer(client, token, person.code())


# What happens between the factors; each returns nothing and makes the challenge void.
def disabled_and_enabled(stack, person):
    stack.disable(person.user)
    stack.cli("user", "enable", "--tenant", person.user.tenant, "--email", person.user.email)


def reset(stack, person):
    client = Client(stack)
    client.post("/auth/forgot-password", {"tenant": person.user.tenant,
                                          "email": person.user.email}, expect=202)
    token = stack.mail.wait(person.user.email, "reset").token()
    client.post("/auth/reset-password", {"token": token,
                                         "new_password": "Another-horse-77-staple"}, expect=204)


MEANWHILE = {
    "password changed": lambda stack, person: person.client.post(
        "/auth/change-password", {"current_password": person.user.password,
                                  "new_password": "Another-horse-77-staple",
                                  "code": person.recovery_codes[1]}, expect=204),
    "password reset": reset,
    "forced reset": lambda stack, person: tenant_admin(stack, person.user.tenant).post(
        f"/auth/users/{stack.user_id(person.user)}/force-password-reset", expect=204),
    "logged out everywhere": lambda stack, person: person.client.post("/auth/logout-all",
                                                                      expect=204),
    "signed out by an administrator": lambda stack, person: tenant_admin(
        stack, person.user.tenant).post(f"/auth/users/{stack.user_id(person.user)}/logout",
                                        expect=204),
    "disabled": lambda stack, person: stack.disable(person.user),
    "disabled and enabled": disabled_and_enabled,
    "deleted": lambda stack, person: tenant_admin(stack, person.user.tenant).call(
        "DELETE", f"/auth/users/{stack.user_id(person.user)}", expect=204),
    "second factor off": lambda stack, person: person.client.post(
        "/auth/2fa/disable", {"password": person.user.password,
                              "code": person.recovery_codes[1]}, expect=204),
    "address changed": lambda stack, person: tenant_admin(stack, person.user.tenant).call(
        "PATCH", f"/auth/users/{stack.user_id(person.user)}", {"email": fresh_email("moved")},
        expect=200),
    "tenant suspended": lambda stack, person: stack.cli("tenant", "suspend", person.user.tenant),
}


@pytest.mark.parametrize("name", MEANWHILE)
def test_what_changes_meanwhile_voids_it(stack, name):
    """F2: with a code that was right all the time."""
    person = Person(stack, stack.new_tenant("between", max_sessions=0))
    client, token = person.challenge()
    MEANWHILE[name](stack, person)
    answer(client, token, person.recovery_codes[0], expect=DEAD)
    assert not [s for s in stack.sql("SELECT * FROM sessions WHERE amr LIKE 'pwd,%%'")
                if s["user_id"] == (stack.user_row(person.user) or {"id": None})["id"]]


# -- a challenge opens nothing ---------------------------------------------------------------------


def test_half_signed_in_opens_no_route(stack, wide):
    """F2: as bearer and as access cookie, on every route that wants a session; enrolment too."""
    person = Person(stack, wide)
    token = person.begin()
    tried = 0
    for operation in operations(stack):
        if TABLE[operation.name] in (ANYONE, BY_ADDRESS, SERVICE):
            continue
        options = media_of(operation)
        headers = options.pop("headers", {})
        bearer = Client(stack).call(operation.method, operation.path, token=token,
                                    headers=headers, **options)
        problem(bearer, 401, "invalid_token")
        for name in ("__Host-gatehouse_access", COOKIE):
            cookie = Client(stack).call(operation.method, operation.path,
                                        headers={**headers, "Cookie": f"{name}={token}"}, **options)
            problem(cookie, 401)
        tried += 1
    assert tried > 50
    for body in ({"refresh_token": token},):
        Client(stack).post("/auth/refresh", body, expect=(401, "invalid_refresh_token"))
    Client(stack).post("/auth/verify-email", {"token": token}, expect=(400, "invalid_token"))
    Client(stack).post("/auth/reset-password", {"token": token, "new_password": "x" * 20},
                       expect=(400, "invalid_token"))
    assert person.enrolled()


# -- cookie mode -----------------------------------------------------------------------------------


def cookie_of(got, name):
    for line in got.raw.headers.getlist("Set-Cookie"):
        if line.startswith(name + "="):
            return line
    return None


def test_cookie_mode(stack, wide):
    """S8, F2: the challenge comes in a cookie, the session in others; the challenge's is cleared."""
    person = Person(stack, wide)
    client = Client(stack)
    got = client.login(person.user, transport="cookie")
    line = cookie_of(got, COOKIE)
    parts = line.split("; ")
    assert set(parts[1:]) == {"Path=/", "Max-Age=300", "Secure", "HttpOnly", "SameSite=Lax"}
    assert parts[0].partition("=")[2] == got.json()["challenge_token"]
    assert not cookie_of(got, "__Host-gatehouse_access")
    assert not cookie_of(got, "__Host-gatehouse_device")
    problem(answer(client, None, person.authenticator.wrong(), expect=None), 401, "invalid_code")
    done = answer(client, None, person.code(), headers={"Origin": stack.base_url})
    document = done.json()
    assert "access_token" not in document and document["csrf_token"]
    for name in ("__Host-gatehouse_access", "__Secure-gatehouse_refresh", "__Host-gatehouse_csrf",
                 "__Host-gatehouse_device"):
        assert cookie_of(done, name), name
    assert "Max-Age=0" in cookie_of(done, COOKIE)
    assert client.get("/auth/session", expect=200).json()["session"]["amr"] == ["pwd", "otp"]


def test_cookies_are_given_to_no_other_page(stack, wide):
    """S8: a page elsewhere does not sign a browser in, also not to somebody else's account; the
    code is not used up by its try."""
    person = Person(stack, wide)
    client = Client(stack)
    client.login(person.user, transport="cookie")
    code = person.code()
    for origin in ("https://evil.test", "null"):
        answer(client, None, code, expect=(403, "origin_not_allowed"), headers={"Origin": origin})
    answer(client, None, code)


def test_the_body_decides_where_both_are(stack, wide):
    """API.md: the token may be in the cookie; the body's counts."""
    one, two = Person(stack, wide), Person(stack, wide)
    client = Client(stack)
    client.login(one.user, transport="cookie")
    token = challenge(Client(stack, ip=client.ip), two.user)
    assert answer(client, token, two.code()).json()["user"]["email"] == two.user.email


def test_device_and_new_device_mail(stack, wide):
    """S1, S2, M1: the device that the first factor named is the session's; a mail tells of a new
    one when the sign-in is whole, not before."""
    person = Person(stack, wide)
    client = Client(stack, user_agent="Till/1.0")
    token = challenge(client, person.user, device="till-9")
    assert not stack.mail.all(person.user.email, "new_device")
    done = answer(client, token, person.code()).json()
    assert done["session"]["device"] == {"id": "till-9", "name": "Device till-9", "type": "web"}
    stack.mail.wait(person.user.email, "new_device")
    again = answer(client, challenge(client, person.user, device="till-9"), person.code()).json()
    assert again["session"]["device"]["id"] == "till-9"
    time.sleep(1)
    assert len(stack.mail.all(person.user.email, "new_device")) == 1


def test_one_session_with_two_factors(stack, tenant):
    """S2: two sign-ins racing leave one session; the first factor alone ends none."""
    person = Person(stack, tenant)
    first, _ = person.challenge()
    person.client.get("/auth/session", expect=200)
    begun = [person.challenge() for _ in range(4)]
    together([lambda c=c, t=t, r=r: answer(c, t, r, expect=200)
              for (c, t), r in zip(begun, person.recovery_codes)])
    assert len(stack.live_sessions(person.user)) == 1
    person.client.get("/auth/session", expect=401)


# -- what nobody is told ---------------------------------------------------------------------------


def test_a_wrong_password_does_not_tell(stack, tenant):
    """L2: whether a second factor is on, nor does a locked account."""
    person = Person(stack, tenant)
    plain = stack.new_user(tenant)
    nobody = User(fresh_email(), "x", tenant)
    for _ in range(7):
        answers = [Client(stack).login(user, password="wrong", expect=None)
                   for user in (person.user, plain, nobody)]
        documents = [problem(a) for a in answers]
        for document in documents:
            document.pop("request_id")
        assert documents[0] == documents[1] == documents[2]
        names = [sorted(set(a.headers)) for a in answers]
        assert names[0] == names[1] == names[2]
    assert answers[0].status_code == 429


@pytest.mark.parametrize("state, code", [("disabled", "account_disabled"),
                                         ("suspended", "tenant_suspended")])
def test_what_keeps_out_is_said_after_the_password(stack, state, code):
    """API.md "Lockout": as without a second factor, and no challenge is begun."""
    slug = stack.new_tenant("kept")
    person = Person(stack, slug)
    if state == "disabled":
        stack.disable(person.user)
    else:
        stack.cli("tenant", "suspend", slug)
    Client(stack).login(person.user, expect=(403, code))
    assert person.challenges() == 0


def test_no_secret_in_logs(stack, wide):
    """A3: neither tokens, nor codes, nor secrets."""
    person = Person(stack, wide)
    client, token = person.challenge()
    recovery, code = person.recovery_codes[0], person.code()
    answer(client, token, person.authenticator.wrong(), expect=WRONG)
    answer(client, token, recovery)
    client, second = person.challenge()
    answer(client, second, code)
    from pathlib import Path  # pylint: disable=import-outside-toplevel
    for file in Path(stack.info["log_dir"]).rglob("*"):
        if not file.is_file():
            continue
        text = file.read_bytes()
        for secret in (token, second, recovery, person.authenticator.secret):
            assert secret.encode() not in text, file
        assert not re.search(rb'"code": ?"' + code.encode() + rb'"', text), file


def test_what_openapi_says_of_it(stack):
    """A5."""
    document = Client(stack).get("/auth/openapi.json").json()
    schemas = document["components"]["schemas"]
    assert {"mfa_required", "challenge_token", "methods"} <= set(
        schemas["LoginAnswer"]["properties"])
    assert schemas["ChallengeRequest"]["required"] == ["code"]
    assert set(schemas["Enrolment"]["properties"]) == {"secret", "otpauth_uri", "qr_svg",
                                                       "qr_png_base64"}
    assert json.dumps(document["paths"]["/auth/2fa/challenge"]["post"]).count("SessionAnswer")


def test_sign_in_answers_fit_their_schema(stack, wide):
    """A5: the members of both answers of login are declared, and no others come."""
    person = Person(stack, wide)
    document = Client(stack).get("/auth/openapi.json").json()
    declared = set(document["components"]["schemas"]["LoginAnswer"]["properties"])
    got = Client(stack).login(person.user)
    assert set(got.json()) <= declared, describe(got)
    whole = sign_in(stack, person.user, person.authenticator)
    assert whole.access
    fresh = Client(stack)
    enrolled = signed_in(stack, stack.new_user(wide))
    assert enrol(enrolled)
    assert set(fresh.login(stack.new_user(wide)).json()) <= declared
