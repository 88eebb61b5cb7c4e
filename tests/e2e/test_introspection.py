"""What a service is told of a token (SPEC T10, T8, S3, S4, S5; RFC 7662)."""

import time

import pytest

from support import jwt
from support.admin import raw_id, tenant_admin, tenant_id
from support.audit import events
from support.client import Client, signed_in
from support.gatehouse import User, fresh_email, fresh_password
from support.services import (
    INACTIVE, SOMEBODY, ServiceClient, as_root, create, hex_of, inactive_everywhere, service_of)
from support.services import person, place, service  # pylint: disable=unused-import


def test_an_access_token(stack, place, person, service):
    """T10, RFC 7662 section 2.2: exactly these members."""
    answer = service.introspect(person.access)
    claims = jwt.parts(person.access)[1]
    assert answer == {
        "active": True, "token_type": "Bearer", "username": person.user.email,
        "email": person.user.email, "roles": ["Clerk"], "role": "Clerk",
        "permissions": ["sales:orders:edit:own", "sales:orders:view"],
        "scope": "sales:orders:edit:own sales:orders:view", "amr": ["pwd"],
        **{name: claims[name] for name in ("sub", "tenant_id", "sid", "exp", "iat", "nbf", "jti",
                                           "iss", "aud", "auth_time")}}
    assert answer["sub"] == stack.user_id(person.user)
    assert answer["sid"] == person.session_id


def test_a_refresh_token(stack, person, service):
    """T10: what it is and until when; it is neither used nor rotated."""
    answer = service.introspect(person.refresh_token, token_type_hint="refresh_token")
    assert set(answer) == {"active", "token_type", "sub", "tenant_id", "sid", "exp", "iat"}
    assert answer["token_type"] == "refresh_token" and answer["active"] is True
    claims = jwt.parts(person.access)[1]
    assert all(answer[name] == claims[name] for name in ("sub", "tenant_id", "sid"))
    assert abs(answer["iat"] - time.time()) < 120 and answer["exp"] - answer["iat"] == 86400
    before = stack.live_sessions(person.user)
    for _ in range(5):
        assert service.introspect(person.refresh_token) == answer
    assert stack.live_sessions(person.user) == before
    person.refresh(expect=200)


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "something_else", ""])
def test_the_hint_is_only_one(person, service, hint):
    """RFC 7662 section 2.1: a wrong one costs nothing."""
    for token in (person.access, person.refresh_token):
        assert service.introspect(token, token_type_hint=hint)["active"] is True


def test_somebody_without_a_role(stack, service, place):
    """R6: the token is alive; it says that nobody gave them anything."""
    answer = service.introspect(signed_in(stack, stack.new_user(place[0])).access)
    assert answer["active"] is True
    assert answer["role"] is None and answer["roles"] == [] and answer["permissions"] == []
    assert "scope" not in answer


def test_a_long_scope_is_left_out(stack, place, service):
    """T10, T2: the list is there although the token itself has it not."""
    many = sorted(f"module:resource{n:03}:view" for n in range(200))
    role = stack.new_role(place[0], *many)
    client = signed_in(stack, stack.new_user(place[0], roles=(role,)))
    assert "permissions" not in jwt.parts(client.access)[1]
    answer = service.introspect(client.access)
    assert answer["permissions"] == many and "scope" not in answer


def test_roles_are_those_of_now(stack, place, person, service):
    """T8, T9: not those of the token."""
    assert service.introspect(person.access)["roles"] == ["Clerk"]
    later = stack.new_role(place[0], "stock:items:view")
    stack.assign(person.user, later)
    for _ in range(5):
        answer = service.introspect(person.access)
        assert answer["roles"] == ["Clerk", later] and "stock:items:view" in answer["permissions"]
    assert jwt.parts(person.access)[1]["roles"] == ["Clerk"]


def test_another_tenants_tokens_say_nothing(stack, person, service):
    """N1, T10: as if they were not there, in either direction."""
    tenant = stack.new_tenant()
    other = service_of(stack, tenant)
    stranger = signed_in(stack, stack.new_user(tenant))
    for token in (person.access, person.refresh_token):
        assert other.introspect(token) == INACTIVE
    for token in (stranger.access, stranger.refresh_token):
        assert service.introspect(token) == INACTIVE
        assert other.introspect(token)["active"] is True


def test_what_is_no_token_of_ours(stack, place, person, service):
    """T10, T4: other kinds of tokens, forged ones, garbage: inactive, and nothing more is said."""
    browser = Client(stack)
    browser.login(person.user, transport="cookie", device="browser")
    newcomer = User(fresh_email(), fresh_password(), place[0])
    Client(stack).post("/auth/register", {"tenant": place[0], "email": newcomer.email,
                                          "password": newcomer.password}, expect=202)
    link = stack.mail.wait(newcomer.email, "verify_email").token()
    header, claims, _ = jwt.parts(person.access)
    head, body, signature = person.access.split(".")
    wrong = [link, browser.csrf, browser.http.cookies["__Host-gatehouse_device"], service.secret,
             service.client_id, person.session_id, "x", ".", "..", "a.b.c", "Ünïcode", " ",
             "x" * 16384, "a.b." + "c" * 16380, person.access + "x", person.access + ".",
             f"Bearer {person.access}", f"{head}.{body}.", f"{head}.{body}",
             f"{head}.{body}.{signature[::-1]}", person.refresh_token + "A",
             person.refresh_token[:-4] + "AAAA",
             jwt.sign({**header, "alg": "none"}, claims, jwt.secret(stack)),
             jwt.sign(header, {**claims, "exp": int(time.time()) - 1}, jwt.secret(stack)),
             jwt.sign(header, {**claims, "sub": SOMEBODY}, jwt.secret(stack)),
             jwt.sign(header, {**claims, "sid": SOMEBODY}, jwt.secret(stack))]
    for token in wrong:
        assert service.introspect(token) == INACTIVE, token[:80]
        service.revoke(token)
    # None of it did anything.
    person.get("/auth/session", expect=200)
    browser.get("/auth/session", expect=200)
    Client(stack).post("/auth/verify-email", {"token": link}, expect=200)


def test_an_expired_token(stack):
    """T5: exactly."""
    tenant = stack.new_tenant(access_ttl=1, session_ttl=3)
    theirs = service_of(stack, tenant)
    client = signed_in(stack, stack.new_user(tenant))
    end = jwt.parts(client.access)[1]["exp"]
    time.sleep(max(0, end - time.time()) + 0.01)
    assert theirs.introspect(client.access) == INACTIVE
    assert theirs.introspect(client.refresh_token)["active"] is True
    end = theirs.introspect(client.refresh_token)["exp"]
    time.sleep(max(0, end - time.time()) + 1)  # a session ends within that second
    assert theirs.introspect(client.refresh_token) == INACTIVE


@pytest.mark.parametrize("how", ["logout", "logout-all", "password", "disabled", "cli"])
def test_a_revoked_token_is_inactive_at_once_on_every_worker(stack, cache, place, person, service,
                                                             how):
    """T8, T10: with the proof in the cache that said yes a moment ago, and without."""
    other = signed_in(stack, person.user, device="other")
    for client in (person, other):
        client.verify(expect=204)
        assert service.introspect(client.access)["active"] is True
    if how == "logout":
        person.post("/auth/logout", expect=204)
    elif how == "logout-all":
        other.post("/auth/logout-all", {"keep_current": True}, expect=204)
    elif how == "password":
        new = fresh_password()
        other.post("/auth/change-password", {"current_password": person.user.password,
                                             "new_password": new}, expect=204)
    elif how == "disabled":
        stack.disable(person.user)
    else:
        stack.cli("session", "revoke", "--tenant", place[0], "--id", person.session_id)
    inactive_everywhere(stack, service, person.access, person.refresh_token)
    cache.flush()
    inactive_everywhere(stack, service, person.access, person.refresh_token)
    assert service.introspect(other.access)["active"] is (how != "disabled")


def test_asking_keeps_nobody_active(stack):
    """S3, S4: a service that asks every moment does not extend the idle time, nor does it hide
    that somebody was active."""
    tenant = stack.new_tenant(idle_timeout=4)
    theirs = service_of(stack, tenant)
    client = signed_in(stack, stack.new_user(tenant))
    before = stack.live_sessions(client.user)[0]["last_active_at"]
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        assert theirs.introspect(client.access)["active"] is True
        assert theirs.introspect(client.refresh_token)["active"] is True
        time.sleep(0.1)
    assert stack.live_sessions(client.user)[0]["last_active_at"] == before
    # The person themselves; the proof in the cache does not hear of it.
    client.keep(client.refresh())
    time.sleep(2.5)
    assert theirs.introspect(client.access)["active"] is True
    time.sleep(2)
    assert theirs.introspect(client.access) == INACTIVE
    assert theirs.introspect(client.refresh_token) == INACTIVE
    client.verify(expect=(401, "invalid_token"))


def test_asking_is_not_a_visit_from_another_address(stack):
    """S5: the service is not where its person is."""
    tenant = stack.new_tenant(ip_binding="strict")
    theirs = service_of(stack, tenant)
    client = signed_in(stack, stack.new_user(tenant))
    for _ in range(3):
        assert theirs.introspect(client.access)["active"] is True
        assert theirs.introspect(client.refresh_token)["active"] is True
    Client(stack).verify(token=client.access, expect=(401, "invalid_token"))
    time.sleep(0.5)
    events = stack.sql("SELECT ip FROM audit_events WHERE event = 'token.ip_mismatch' "
                       "AND tenant_id = %s", raw_id(tenant_id(stack, tenant)))
    assert len(events) == 1 and events[0]["ip"] != theirs.client.ip


@pytest.mark.parametrize("why", ["password", "enrolment"])
def test_an_account_with_a_duty_is_inactive(stack, why):
    """P5, F4, T10: fail closed; and alive again when the duty is done."""
    tenant = stack.new_tenant()
    theirs = service_of(stack, tenant)
    client = signed_in(stack, stack.new_user(tenant))
    user = hex_of(stack.user_id(client.user))
    if why == "password":
        as_root(stack, f"UPDATE users SET must_change_password = TRUE WHERE id = {user}")
    else:
        stack.set_tenant(tenant, require_2fa="all")
    for token in (client.access, client.refresh_token):
        assert theirs.introspect(token) == INACTIVE
    if why == "enrolment":
        stack.set_tenant(tenant, require_2fa="off")
        assert theirs.introspect(client.access)["active"] is True


def test_past_the_subscriptions_end(stack):
    """N4: what can still be refreshed is still active, and nothing else of that kind."""
    tenant = stack.new_tenant()
    admin = tenant_admin(stack, tenant)
    theirs = ServiceClient(stack, create(admin))
    client = signed_in(stack, stack.new_user(tenant))
    as_root(stack, "UPDATE tenants SET subscription_ends_at = UTC_TIMESTAMP(6) - INTERVAL 1 DAY "
                   f"WHERE slug = '{tenant}'")
    assert theirs.introspect(client.refresh_token) == INACTIVE
    root = signed_in(stack, stack.new_user(tenant, flags=("--platform-admin",)))
    for one in (admin, root):
        assert theirs.introspect(one.refresh_token)["active"] is True
        one.refresh(expect=200)
    assert theirs.introspect(client.access)["active"] is True  # as at the gate
    client.refresh(expect=(403, "subscription_expired"))


def test_only_the_current_refresh_token_is_active(stack, service, person):
    """T6: and asking about an old one raises no alarm."""
    first = person.refresh_token
    person.keep(person.refresh())
    second = person.refresh_token
    person.keep(person.refresh())
    for old in (first, second):
        assert service.introspect(old) == INACTIVE
    assert service.introspect(person.refresh_token)["active"] is True
    assert events(stack, person.session_id, "token.reuse_detected") == []
    person.keep(person.refresh())
    person.get("/auth/session", expect=200)


def test_nobody_can_say(stack, person, service):
    """T8, DESIGN 6: a proof counts for its time, without one it is 503 and never a yes or no."""
    person.verify(expect=204)
    unseen = signed_in(stack, person.user, device="unseen")
    with stack.locked_table("sessions"):
        assert service.introspect(person.access)["active"] is True
        service.introspect(unseen.access, expect=503)
        service.introspect(unseen.refresh_token, expect=503)
        service.revoke(unseen.access, expect=None)
    with stack.locked_table("service_credentials"):
        service.introspect(person.access, expect=503)
    time.sleep(1.2)  # a worker that had to wait leaves MariaDB alone for a second
    unseen.keep(unseen.refresh())
    assert service.introspect(unseen.access)["active"] is True
