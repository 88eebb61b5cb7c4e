"""Refresh tokens (SPEC T6, T8, R7; DESIGN 4)."""

import secrets
import time

import pytest

from support import jwt
from support.client import Client, describe, problem, signed_in
from support.parallel import together

DEAD = (401, "invalid_refresh_token")


def reuse_events(stack, user):
    return stack.value("SELECT COUNT(*) FROM audit_events WHERE event = 'token.reuse_detected' "
                       "AND tenant_id = %s AND (actor_id = %s OR target_id IN (%s, %s))",
                       stack.user_row(user)["tenant_id"], stack.user_row(user)["id"],
                       stack.user_id(user), "")


def test_rotation(stack, user):
    """T6: each refresh gives a new one of both; the session stays the same one."""
    client = signed_in(stack, user)
    seen = {client.refresh_token}
    session = client.session_id
    for _ in range(4):
        document = client.keep(client.refresh())
        assert document["session"]["id"] == session
        assert document["refresh_token"] not in seen
        seen.add(document["refresh_token"])
        client.get("/auth/session", expect=200)
    assert len(stack.live_sessions(user)) == 1


def test_a_repeat_within_the_grace_gets_the_same_successor(stack, user):
    """T6: a lost reply, two tabs. No fork: there is one successor, and it works."""
    client = signed_in(stack, user)
    first = client.refresh().json()
    for _ in range(3):
        again = client.refresh().json()
        assert again["refresh_token"] == first["refresh_token"]
    client.refresh(first["refresh_token"], expect=200)
    client.get("/auth/session", expect=200)


def test_32_parallel_refreshes_have_one_successor(stack, user):
    """T6: parallel refreshes are no theft, and nobody's answer spoils another's."""
    client = signed_in(stack, user)
    clients = [Client(stack) for _ in range(32)]
    together([lambda c=c: c.get("/auth/health", expect=200) for c in clients])
    answers = together([lambda c=c: c.refresh(client.refresh_token, expect=None)
                        for c in clients])
    assert {answer.status_code for answer in answers} == {200}, [describe(a) for a in answers[:3]]
    successors = {answer.json()["refresh_token"] for answer in answers}
    assert len(successors) == 1
    for answer in answers:
        client.get("/auth/session", token=answer.json()["access_token"], expect=200)
    client.refresh(successors.pop(), expect=200)
    assert reuse_events(stack, user) == 0


def test_reuse_after_the_grace_ends_the_session(stack):
    """T6, T8: the winner's tokens too, and the audit log says so."""
    tenant = stack.new_tenant(refresh_grace=1)
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    stolen, old_access = client.refresh_token, client.access
    client.keep(client.refresh())
    winner = client.keep(client.refresh())
    time.sleep(1.2)
    client.refresh(stolen, expect=DEAD)
    client.refresh(winner["refresh_token"], expect=DEAD)
    client.verify(token=winner["access_token"], expect=(401, "invalid_token"))
    client.verify(token=old_access, expect=(401, "invalid_token"))
    assert stack.live_sessions(user) == []
    assert reuse_events(stack, user) == 1


def test_the_previous_token_after_the_grace_ends_the_session(stack):
    """T6: nothing rotated since, only time passed."""
    tenant = stack.new_tenant(refresh_grace=1)
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    successor = client.refresh().json()
    time.sleep(1.3)
    client.refresh(expect=DEAD)
    client.refresh(successor["refresh_token"], expect=DEAD)
    client.verify(token=successor["access_token"], expect=(401, "invalid_token"))


def test_a_repeat_does_not_prolong_the_grace(stack):
    """T6: counted from the rotation, not from the last repeat."""
    tenant = stack.new_tenant(refresh_grace=2)
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    client.refresh()
    time.sleep(1.2)
    client.refresh(expect=200)
    time.sleep(1.2)
    client.refresh(expect=DEAD)


def test_older_than_the_previous_is_reuse_even_within_the_grace(stack, user):
    """DESIGN 4: two generations back was seen used twice."""
    client = signed_in(stack, user)
    oldest = client.refresh_token
    client.keep(client.refresh())
    client.keep(client.refresh())
    client.refresh(oldest, expect=DEAD)
    client.verify(expect=(401, "invalid_token"))


def test_no_grace_at_all(stack):
    """N5: refresh_grace 0."""
    tenant = stack.new_tenant(refresh_grace=0)
    client = signed_in(stack, stack.new_user(tenant))
    client.refresh()
    time.sleep(0.05)
    client.refresh(expect=DEAD)
    client.verify(expect=401)


def garbage(token):
    head, _, tail = token.rpartition(".")
    yield "."
    yield "x"
    yield token[:-1]
    yield token + "A"
    yield token + "="
    yield token.upper()
    yield head + "." + tail[::-1]
    yield head + "." + "A" * len(tail)
    yield "A" * len(token)
    yield secrets.token_urlsafe(64)
    yield "A" * 2000
    yield token.replace(".", "..", 1)
    # The next generation before it was issued, where the form shows one.
    pieces = token.split(".")
    for index, piece in enumerate(pieces):
        if piece.isdigit():
            yield ".".join([*pieces[:index], str(int(piece) + 1), *pieces[index + 1:]])
            yield ".".join([*pieces[:index], "-1", *pieces[index + 1:]])
            yield ".".join([*pieces[:index], "9" * 40, *pieces[index + 1:]])


def test_garbage_is_refused_and_harms_nobody(stack, user):
    """T6: forged tokens neither work nor end the session they name."""
    client = signed_in(stack, user)
    other = Client(stack)
    for token in garbage(client.refresh_token):
        if token == client.refresh_token:
            continue  # the form has no dots to double
        answer = other.refresh(token, expect=None)
        assert answer.status_code in (401, 422), (token, describe(answer))
        if answer.status_code == 401:
            problem(answer, *DEAD)
    client.get("/auth/session", expect=200)
    client.refresh(expect=200)


def test_one_sessions_mac_is_not_good_for_another(stack):
    """T6: parts of two genuine tokens do not make a third."""
    tenant = stack.new_tenant(max_sessions=0)
    user = stack.new_user(tenant)
    mine, other = signed_in(stack, user, device="a"), signed_in(stack, user, device="b")
    left, right = mine.refresh_token.split("."), other.refresh_token.split(".")
    assert len(left) == len(right)
    for index in range(len(left)):
        mixed = [*left[:index], right[index], *left[index + 1:]]
        if mixed not in (left, right):
            Client(stack).refresh(".".join(mixed), expect=DEAD)
    mine.get("/auth/session", expect=200)
    other.get("/auth/session", expect=200)


def test_the_database_holds_no_refresh_token(stack, user):
    """T6: "the database alone is not enough to forge or replay one"."""
    client = signed_in(stack, user)
    client.keep(client.refresh())
    dump = repr(stack.sql("SELECT * FROM sessions WHERE user_id = %s",
                          stack.user_row(user)["id"]))
    for piece in client.refresh_token.split("."):
        if len(piece) > 30 and "-" not in piece[8:9]:
            assert piece not in dump
            assert repr(jwt.decode(piece))[2:-1] not in dump


def test_a_role_change_leaves_the_token_alive_and_decides_at_once(stack, tenant, user):
    """T8, R7, API.md: the living token decides by the new role; a refreshed one claims it."""
    client = signed_in(stack, user)
    wanted = "/auth/verify?permission=sales:orders:view"
    client.get(wanted, expect=(403, "no_role_assigned"))
    stack.assign(user, stack.new_role(tenant, "sales:orders:view"))
    client.get(wanted, expect=204)
    assert jwt.parts(client.access)[1]["permissions"] == []
    assert jwt.parts(client.refresh().json()["access_token"])[1]["permissions"] == [
        "sales:orders:view"]
    client.get(wanted, expect=204)


@pytest.mark.parametrize("what", ["logout", "disabled", "suspended"])
def test_refresh_ends_with_the_session(stack, what):
    """T8, S7, N6."""
    tenant = stack.new_tenant()
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    if what == "logout":
        client.post("/auth/logout", expect=204)
    elif what == "disabled":
        stack.disable(user)
    else:
        stack.cli("tenant", "suspend", tenant)
    client.refresh(expect=None if what == "suspended" else DEAD)
    assert client.refresh(expect=None).status_code in (401, 403)
    client.verify(expect=(401, "invalid_token"))
