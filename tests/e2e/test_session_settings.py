"""The tenant settings that drive sessions and tokens (SPEC N5, T5 to T7, S2 to S5): each has its
effect, on what is made from then on and on what lives already, and through nginx. `max_sessions`,
`idle_timeout` and `ip_binding` are in test_devices.py and test_ip_binding.py."""

import time

import pytest

from support import jwt
from support.client import Client, signed_in

DEAD = (401, "invalid_token")
DEAD_REFRESH = (401, "invalid_refresh_token")
ACCESS = "__Host-gatehouse_access"
# What a request takes at the most, so that a moment can be told from the next.
SLACK = 0.25


def claims_of(token):
    return jwt.parts(token)[1]


def life(token):
    claims = claims_of(token)
    return claims["exp"] - claims["iat"]


class Visitor:
    """Somebody with a role, by bearer token or by cookie, who notices renewals."""

    def __init__(self, stack, tenant, transport, **options):
        self.stack, self.cookie = stack, transport == "cookie"
        self.client = Client(stack, **options)
        role = stack.new_role(tenant, "sales:orders:view")
        self.client.login(stack.new_user(tenant, roles=(role,)), transport=transport)
        self.token = self.client.http.cookies[ACCESS] if self.cookie else self.client.access

    def ask(self, path):
        """The status, and the renewed token where there is one: one header or one cookie."""
        if self.cookie:
            options = {"token": None, "headers": {"Cookie": f"{ACCESS}={self.token}"}}
            self.client.forget_cookies()
        else:
            options = {"token": self.token}
        answer = self.client.get(path, plain=path.startswith("/demo"), **options)
        lines = answer.raw.headers.getlist("Set-Cookie")
        header = answer.headers.get("X-Renewed-Token")
        if not self.cookie:
            assert lines == []
            return answer.status_code, header
        assert header is None and len(lines) <= 1, (header, lines)
        if not lines:
            return answer.status_code, None
        parts = [part.strip().lower() for part in lines[0].split(";")]
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= set(parts), lines
        token = lines[0].partition("=")[2].partition(";")[0]
        left = claims_of(token)["exp"] - time.time()
        (age,) = [part for part in parts if part.startswith("max-age=")]
        assert left - 1 <= int(age.partition("=")[2]) <= left + 2
        return answer.status_code, token


TRANSPORTS = pytest.mark.parametrize("transport", ["body", "cookie"])


@TRANSPORTS
@pytest.mark.parametrize("path", ["/auth/verify", "/auth/session", "/demo/"])
def test_renewal_in_the_last_half_alone(stack, transport, path):
    """T7, R7: from the half of a token's life to its end and at no other time; also at a page that
    nginx protects; the end is exact."""
    tenant = stack.new_tenant(access_ttl=4)
    visitor = Visitor(stack, tenant, transport)
    claims = claims_of(visitor.token)
    half, end = (claims["iat"] + claims["exp"]) / 2, claims["exp"]
    seen = {"first": 0, "last": 0, "after": 0}
    while time.time() < end + 0.7:
        before = time.time()
        status, renewed = visitor.ask(path)
        after = time.time()
        if after < half:
            assert (status, renewed) == (200 if path != "/auth/verify" else 204, None)
            seen["first"] += 1
        elif half <= before and after < end:
            assert status in (200, 204) and renewed, (before - claims["iat"], status)
            assert life(renewed) == 4 and claims_of(renewed)["sid"] == claims["sid"]
            seen["last"] += 1
        elif before >= end:
            assert (status, renewed) == (401, None), before - end
            seen["after"] += 1
        time.sleep(0.05)
    assert all(count >= 3 for count in seen.values()), seen


@TRANSPORTS
def test_other_routes_renew_nothing(stack, transport):
    """T7, API.md: only what asks who somebody is; a refusal brings no token either."""
    visitor = Visitor(stack, stack.new_tenant(access_ttl=4), transport)
    time.sleep(2.6)
    for path in ("/auth/me", "/auth/me/sessions", "/auth/info"):
        assert visitor.ask(path) == (200, None)
    assert visitor.ask("/auth/verify?permission=sales:orders:edit") == (403, None)
    assert visitor.ask("/demo/admin/") == (403, None)
    assert visitor.ask("/auth/verify")[1]


@TRANSPORTS
def test_a_renewed_token_is_renewed_again_up_to_the_sessions_end(stack, transport):
    """T7: for as long as somebody is active; the session's end is never passed."""
    tenant = stack.new_tenant(access_ttl=2, session_ttl=7)
    visitor = Visitor(stack, tenant, transport)
    first = claims_of(visitor.token)
    renewals, last = 0, None
    while time.time() < first["auth_time"] + 9:
        status, renewed = visitor.ask("/auth/session")
        if status == 401:
            last = time.time()
            break
        assert status == 200
        if renewed:
            visitor.token, renewals = renewed, renewals + 1
            assert claims_of(renewed)["auth_time"] == first["auth_time"]
        time.sleep(0.1)
    assert 4 <= renewals <= 12
    assert first["auth_time"] + 6 <= last <= first["auth_time"] + 8 + SLACK


@TRANSPORTS
def test_no_sliding_renewal(stack, transport):
    """T7, N5: off, the token ends and the refresh token is the only way on; turned on and off again
    it holds for the living token at once."""
    tenant = stack.new_tenant(access_ttl=6, sliding_renewal=False)
    visitor = Visitor(stack, tenant, transport)
    time.sleep(3.5)
    for path in ("/auth/verify", "/auth/session", "/demo/"):
        status, renewed = visitor.ask(path)
        assert status in (200, 204) and renewed is None
    stack.set_tenant(tenant, sliding_renewal=True)
    assert visitor.ask("/auth/verify")[1]
    stack.set_tenant(tenant, sliding_renewal=False)
    assert visitor.ask("/auth/verify") == (204, None)
    time.sleep(max(0.0, claims_of(visitor.token)["exp"] - time.time()) + 0.05)
    assert visitor.ask("/auth/verify") == (401, None)


def test_access_ttl_holds_for_the_next_token(stack):
    """T5, N5: a living token says itself when it ends; what comes after it, by every way, lives as
    long as the tenant says now."""
    tenant = stack.new_tenant(access_ttl=4, max_sessions=0)
    visitor = Visitor(stack, tenant, "body")
    client = visitor.client
    answer = client.refresh().json()
    assert life(visitor.token) == life(answer["access_token"]) == 4 == answer["expires_in"]
    assert visitor.ask("/auth/verify") == (204, None)
    stack.set_tenant(tenant, access_ttl=900)
    assert visitor.ask("/auth/verify") == (204, None)
    again = client.refresh(answer["refresh_token"]).json()
    assert life(again["access_token"]) == 900 == again["expires_in"]
    assert life(signed_in(stack, client.user).access) == 900
    time.sleep(max(0.0, claims_of(visitor.token)["iat"] + 2.6 - time.time()))
    assert life(visitor.ask("/auth/verify")[1]) == 900
    stack.set_tenant(tenant, access_ttl=2)
    assert life(visitor.ask("/auth/verify")[1]) == 2
    assert visitor.client.get("/auth/session", token=again["access_token"]).status_code == 200
    time.sleep(max(0.0, claims_of(visitor.token)["exp"] - time.time()) + 0.05)
    assert visitor.ask("/auth/verify") == (401, None)


def test_session_ttl_holds_for_the_next_sign_in(stack):
    """S1, N5: the end that was told stays, shorter or longer; a refresh does not move it."""
    tenant = stack.new_tenant(session_ttl=600, max_sessions=0)
    user = stack.new_user(tenant)
    old = signed_in(stack, user, device="old")
    told = old.get("/auth/session", expect=200).json()["session"]["expires_at"]
    stack.set_tenant(tenant, session_ttl=2)
    short = signed_in(stack, user, device="short")
    assert life(short.access) <= 2
    stack.set_tenant(tenant, session_ttl=86400)
    refreshed = short.refresh().json()
    assert refreshed["refresh_expires_in"] <= 2 and refreshed["expires_in"] <= 2
    time.sleep(2.1)
    short.get("/auth/session", expect=DEAD)
    short.refresh(refreshed["refresh_token"], expect=DEAD_REFRESH)
    answer = old.keep(old.refresh())
    assert answer["session"]["expires_at"] == told and answer["refresh_expires_in"] <= 600
    assert [s["id"] for s in old.get("/auth/me/sessions", expect=200).json()["items"]] == [
        old.session_id]


def test_refresh_grace_holds_at_once(stack):
    """T6, N5: for the token that was rotated before the change."""
    tenant = stack.new_tenant(max_sessions=0)
    user = stack.new_user(tenant)
    lenient, strict = signed_in(stack, user, device="a"), signed_in(stack, user, device="b")
    olds = [c.refresh_token for c in (lenient, strict)]
    for client in (lenient, strict):
        client.keep(client.refresh())
    assert lenient.refresh(olds[0]).json()["refresh_token"] == lenient.refresh_token
    stack.set_tenant(tenant, refresh_grace=0)
    strict.refresh(olds[1], expect=DEAD_REFRESH)
    strict.get("/auth/session", expect=DEAD)
    stack.set_tenant(tenant, refresh_grace=60)
    assert lenient.refresh(olds[0]).json()["refresh_token"] == lenient.refresh_token


def test_one_tenants_settings_are_not_anothers(stack):
    """N5, N1: the neighbour's sessions notice nothing."""
    tenant, neighbour = stack.new_tenant(), stack.new_tenant()
    mine, theirs = (signed_in(stack, stack.new_user(t)) for t in (tenant, neighbour))
    stack.set_tenant(tenant, ip_binding="strict", idle_timeout=1, access_ttl=1, session_ttl=1,
                     max_sessions=0, roles_claim="csv", permissions_claim=False)
    time.sleep(1.2)
    Client(stack).get("/auth/session", token=mine.access, expect=DEAD)
    Client(stack).get("/auth/session", token=theirs.access, expect=200)
    again = theirs.refresh().json()
    assert again["expires_in"] == 3600 and again["session"]["idle_expires_at"] is None
    claims = claims_of(again["access_token"])
    assert claims["roles"] == [] and claims["permissions"] == []
