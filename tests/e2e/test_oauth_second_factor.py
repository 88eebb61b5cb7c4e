"""OAuth is a first factor like any other (SPEC O3, F2, F4, L2): the second one is asked for, wrong
codes count on either path, who has no password proves themselves by a fresh sign-in."""

from urllib.parse import urlsplit

import pytest

from support.client import Client, problem, signed_in
from support.gatehouse import fresh_email
from support.jwt import parts
from support.oauth_provider import (Provider, come_back, error_of, go, link, person,
                                    signed_in_as)
from support.second_factor import Authenticator, Person, forget_steps


@pytest.fixture(scope="module")
def provider():
    made = Provider()
    yield made
    made.close()


@pytest.fixture
def home(stack, provider):
    return stack.new_tenant("fed2fa", max_sessions=0, oauth_providers=[provider.setting()])


@pytest.fixture
def linked(stack, provider, home):
    """Somebody with a second factor and an account at the provider: (person, claims)."""
    someone = Person(stack, home)
    claims = person(someone.user.email)
    assert error_of(link(someone.client, provider, claims)) is None
    return someone, claims


def federated(stack, provider, home, **more):
    """Somebody without a password, signed in by cookie: (client, claims)."""
    client, claims = Client(stack), person(fresh_email(), **more)
    assert error_of(go(client, provider, claims, tenant=home)) is None
    client.csrf = client.http.cookies["__Host-gatehouse_csrf"]
    return client, claims


def test_f2_the_second_factor_is_asked_for(stack, client, provider, home, linked):
    someone, claims = linked
    answer = go(client, provider, claims, tenant=home, return_to="/demo/?a=b")
    location = urlsplit(answer.headers["Location"])
    assert location.path == "/auth/ui/sign-in" and "error" not in location.query
    assert location.fragment == "return_to=%2Fdemo%2F%3Fa%3Db"
    (cookie,) = answer.raw.headers.getlist("Set-Cookie")
    assert cookie.startswith("__Host-gatehouse_challenge=")
    for attribute in ("Path=/", "Max-Age=300", "Secure", "SameSite=Lax", "HttpOnly"):
        assert attribute in cookie
    assert signed_in_as(client) is None
    # The token is in no URL, and opens nothing by itself.
    token = client.http.cookies["__Host-gatehouse_challenge"]
    assert token not in answer.headers["Location"]
    client.get("/auth/session", token=token, expect=(401, "invalid_token"))
    done = client.post("/auth/2fa/challenge", {"code": someone.code()}, token=None, expect=200)
    assert "access_token" not in done.json() and done.json()["csrf_token"]
    assert signed_in_as(client)["email"] == someone.user.email
    access = client.http.cookies["__Host-gatehouse_access"]
    assert parts(access)[1]["amr"] == ["fed", "otp"]


def test_f2_a_challenge_is_no_success_and_no_failure(stack, client, provider, home, linked):
    someone, claims = linked
    go(client, provider, claims, tenant=home)
    last = stack.attempts(someone.user)[-1]
    assert (last["success"], last["counted"]) == (0, 0)


def test_o2_unlinking_ends_a_sign_in_that_waits(stack, client, provider, home, linked):
    """Whoever came in by the account that is gone brings no code any more."""
    someone, claims = linked
    go(client, provider, claims, tenant=home)
    someone.client.call("DELETE", "/auth/oauth/corp", expect=204)
    client.post("/auth/2fa/challenge", {"code": someone.code()}, token=None,
                expect=(401, "invalid_challenge"))
    assert signed_in_as(client) is None


def test_o3_wrong_codes_lock_guessed_passwords_do_not(stack, provider, home, linked):
    someone, claims = linked
    for _ in range(5):
        Client(stack).login(someone.user, "wrong-password-123", expect=401)
    Client(stack).login(someone.user, expect=429)
    client = Client(stack)
    go(client, provider, claims, tenant=home)
    client.post("/auth/2fa/challenge", {"code": someone.code()}, token=None, expect=200)
    assert signed_in_as(client)["email"] == someone.user.email
    # Five wrong codes after the provider's word lock the code on this path too.
    for _ in range(5):
        stranger = Client(stack)
        go(stranger, provider, claims, tenant=home)
        stranger.post("/auth/2fa/challenge", {"code": someone.authenticator.wrong()}, token=None,
                      expect=(401, "invalid_code"))
    stranger = Client(stack)
    go(stranger, provider, claims, tenant=home)
    stranger.post("/auth/2fa/challenge", {"code": someone.code()}, token=None,
                  expect=(429, "too_many_attempts"))


def test_o2_linking_by_address_goes_round_no_second_factor(stack, provider):
    slug = stack.new_tenant("fed2fa", oauth_link_verified_email=True,
                            oauth_providers=[provider.setting()])
    someone = Person(stack, slug)
    client = Client(stack)
    go(client, provider, person(someone.user.email), tenant=slug)
    assert signed_in_as(client) is None
    client.post("/auth/2fa/challenge", {"code": someone.code()}, token=None, expect=200)
    assert signed_in_as(client)["email"] == someone.user.email


@pytest.mark.parametrize("required", ["all", "admins"])
def test_f4_who_must_enrol_does_so_first(stack, provider, required):
    slug = stack.new_tenant("fed2fa", require_2fa=required, oauth_providers=[provider.setting()])
    client, _ = federated(stack, provider, slug)
    if required == "admins":
        client.get("/auth/me", token=None, expect=200)
        return
    client.get("/auth/me", token=None, expect=(403, "two_factor_enrolment_required"))
    client.post("/auth/oauth/corp/link", token=None, expect=(403, "two_factor_enrolment_required"))
    client.call("DELETE", "/auth/oauth/corp", token=None,
                expect=(403, "two_factor_enrolment_required"))
    made = client.post("/auth/2fa/enrol", {}, token=None, expect=200).json()
    client.post("/auth/2fa/confirm", {"code": Authenticator(made["secret"]).code()}, token=None,
                expect=200)
    client.get("/auth/me", token=None, expect=200)


def test_without_a_password_a_fresh_sign_in_is_the_proof(stack, cache, provider, home):
    """API.md: less than ten minutes old."""
    client, claims = federated(stack, provider, home)
    user_id = signed_in_as(client)["id"]
    made = client.post("/auth/2fa/enrol", {}, token=None, expect=200).json()
    authenticator = Authenticator(made["secret"])
    client.post("/auth/2fa/confirm", {"code": authenticator.code()}, token=None, expect=200)

    def age(seconds):
        stack.administer_database(
            f"UPDATE {stack.info['database']}.sessions SET authenticated_at = "
            f"UTC_TIMESTAMP(6) - INTERVAL {seconds} SECOND WHERE user_id = "
            f"UNHEX(REPLACE('{user_id}', '-', ''))")
    code = authenticator.code(1)
    age(700)
    cache.flush()
    problem(client.post("/auth/2fa/disable", {"code": code}, token=None), 401,
            "authentication_required")
    problem(client.call("DELETE", "/auth/me", {"code": code}, token=None), 401,
            "authentication_required")
    # Signing in again is what it takes.
    go(client, provider, claims, tenant=home)
    assert stack.sql("SELECT 1 FROM totp_secrets WHERE user_id = UNHEX(REPLACE(%s, '-', ''))",
                     user_id)
    client.csrf = client.http.cookies.get("__Host-gatehouse_csrf")

    class Named:
        email = claims["email"]
    forget_steps(stack, Named)
    client.post("/auth/2fa/challenge", {"code": authenticator.code()}, token=None, expect=200)
    client.csrf = client.http.cookies["__Host-gatehouse_csrf"]
    forget_steps(stack, Named)
    client.post("/auth/2fa/disable", {"code": authenticator.code()}, token=None, expect=204)
    client.call("DELETE", "/auth/me", {}, token=None, expect=204)


def test_a_password_is_still_asked_for_where_there_is_one(stack, provider, home):
    client = signed_in(stack, stack.new_user(home))
    url = client.post("/auth/oauth/corp/link", expect=200).json()["authorize_url"]
    come_back(client, provider.authorize(url, person(fresh_email())))
    problem(client.call("DELETE", "/auth/me", {}), 422, "validation_failed")
