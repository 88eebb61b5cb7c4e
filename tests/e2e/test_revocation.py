"""Nothing that starts after a revocation's answer is accepted (SPEC T8, P3, P4, N6; DESIGN 3).

64 connections verify while sessions are ended under them; support/history.py judges. The number
of rounds over all variants is GATEHOUSE_ROUNDS (1,000)."""

import os
import random
import time

import pytest

from support.client import Client
from support.gatehouse import fresh_password
from support.history import FAILED, Revocation, late_probes, violations
from support.load import Watch
from support.parallel import meanwhile, together
from support.processes import Respawner

ROUNDS = int(os.environ.get("GATEHOUSE_ROUNDS", "1000"))
ACTORS = 8
THREADS = 8  # an actor


@pytest.fixture(scope="module")
def place(stack):
    """A tenant with room for all, and a role that opens the gate."""
    tenant = stack.new_tenant("load", max_sessions=0)
    return tenant, stack.new_role(tenant, "sales:orders:view")


@pytest.fixture(scope="module")
def people(stack, place):
    tenant, role = place
    return [stack.new_user(tenant, roles=(role,)) for _ in range(ACTORS)]


@pytest.fixture(scope="module")
def watches(stack):
    made = [Watch(stack, THREADS) for _ in range(ACTORS)]
    yield made
    for watch in made:
        watch.close()


def fresh_login(stack, user, device):
    """A new client each time: a new address, so that no rate limit stands in the way."""
    client = Client(stack)
    for _ in range(40):
        if client.login(user, device=device, expect=None).status_code == 200:
            return client
        time.sleep(0.1)
    raise AssertionError("no sign-in within 40 tries")


def judge(watches, *, failures):
    """Over what was recorded since the last judgement. Revocations are kept for ever: a thread may
    still hand in a verification of the round before."""
    verifications = [v for watch in watches for v in watch.take()]
    revocations = [r for watch in watches for r in watch.revocations]
    assert verifications
    found = violations(verifications, revocations)
    assert not found, f"{len(found)} of {len(verifications)}, first: {found[0]}"
    judged = {v.session for v in verifications} & {r.session for r in revocations}
    late = late_probes(verifications, revocations)
    assert late >= len(judged) * THREADS, "too few verifications after the fact: no proof"
    failed = sum(v.outcome == FAILED for v in verifications)
    assert failed <= failures * len(verifications), f"{failed} of {len(verifications)} failed"


def run(stack, people, watches, rounds, *, failures=0.0):
    """`rounds` sign-ins and log-outs, spread over the actors."""
    def actor(user, watch, share):
        for _ in range(share):
            client = fresh_login(stack, user, "actor")
            watch.round(client.session_id, client.access,
                        lambda: client.post("/auth/logout", expect=204))

    share = max(1, rounds // len(people))
    together([lambda u=u, w=w: actor(u, w, share) for u, w in zip(people, watches)])
    judge(watches, failures=failures)


def test_with_a_healthy_cache(stack, people, watches):
    """T8: and not one verification fails."""
    run(stack, people, watches, ROUNDS * 55 // 100)


def test_while_memcached_is_flushed_at_random(stack, cache, people, watches):
    """T8: a flush forgets tombstones and proofs alike."""
    def flusher(stop):
        while not stop.is_set():
            cache.try_flush()
            time.sleep(random.uniform(0, 0.05))

    with meanwhile(flusher):
        run(stack, people, watches, ROUNDS * 20 // 100)


def test_while_memcached_is_killed_and_restarted_at_random(stack, people, watches):
    """T8: an outage is slower, never laxer."""
    memcached = Respawner(stack.pid("memcached"))

    def killer(stop):
        while not stop.is_set():
            memcached.kill()
            time.sleep(random.uniform(0, 0.3))
            memcached.start()
            time.sleep(random.uniform(0, 0.5))

    try:
        with meanwhile(killer):
            run(stack, people, watches, ROUNDS * 20 // 100, failures=0.01)
    finally:
        memcached.end()
        stack.up()
    assert memcached.kills > 3


def each(stack, people, watches, revoke, rounds):
    """One revocation of another kind: revoke(user, watcher's client, another client)."""
    def actor(user, watch):
        for _ in range(rounds):
            watched = fresh_login(stack, user, "watched")
            other = fresh_login(stack, user, "other")
            watch.round(watched.session_id, watched.access,
                        lambda: revoke(user, watched, other))

    together([lambda u=u, w=w: actor(u, w) for u, w in zip(people, watches)])
    judge(watches, failures=0.0)


def test_by_password_change(stack, people, watches):
    """P4, T8."""
    def revoke(user, _, other):
        new = fresh_password()
        other.post("/auth/change-password", {"current_password": user.password,
                                             "new_password": new}, expect=204)
        user.password = new

    each(stack, people, watches, revoke, max(1, ROUNDS * 3 // 100 // ACTORS))


def test_by_reset(stack, place, watches):
    """P3, T8: the mail is fetched before, so that the reset alone is timed."""
    tenant, role = place
    users = [stack.new_user(tenant, roles=(role,)) for _ in watches]
    tokens = {}
    for user in users:
        Client(stack).post("/auth/forgot-password", {"tenant": tenant, "email": user.email},
                           expect=202)
    for user in users:
        tokens[user.email] = stack.mail.wait(user.email, "reset", timeout=30).token()

    def revoke(user, *_):
        Client(stack).post("/auth/reset-password", {
            "token": tokens[user.email], "new_password": fresh_password()}, expect=204)

    each(stack, users, watches, revoke, 1)


def test_by_ending_all_other_sessions(stack, people, watches):
    """S6, T8."""
    each(stack, people, watches, lambda user, watched, other: other.post(
        "/auth/logout-all", {"keep_current": True}, expect=204), 2)


def test_by_reuse_of_a_refresh_token(stack, people, watches):
    """T6, T8: the thief's attempt ends the session for everybody."""
    def revoke(user, watched, other):
        Client(stack).refresh(watched.refresh_token, expect=401)

    def actor(user, watch):
        watched = fresh_login(stack, user, "watched")
        first = watched.refresh_token
        watched.keep(watched.refresh())
        watched.keep(watched.refresh())
        watched.refresh_token = first
        watch.round(watched.session_id, watched.access, lambda: revoke(user, watched, None))

    together([lambda u=u, w=w: actor(u, w) for u, w in zip(people, watches)])
    judge(watches, failures=0.0)


def test_by_disabling_the_account(stack, place, watches):
    """T8, A4: the command's end is the acknowledgement."""
    tenant, role = place
    users = [stack.new_user(tenant, roles=(role,)) for _ in watches]
    each(stack, users, watches, lambda user, *_: stack.disable(user), 1)


def test_by_suspending_the_tenant(stack, watches):
    """N6, T8: everybody of the tenant at once."""
    for _ in range(3):
        tenant = stack.new_tenant("suspended", max_sessions=0)
        role = stack.new_role(tenant, "sales:orders:view")
        clients = []
        for number, watch in enumerate(watches):
            user = stack.new_user(tenant, roles=(role,))
            clients.append(fresh_login(stack, user, f"d{number}"))
            watch.look_at(clients[-1].session_id, clients[-1].access)
        for watch in watches:
            watch.everybody_asks()
        start = time.monotonic()
        stack.cli("tenant", "suspend", tenant)
        end = time.monotonic()
        for watch, client in zip(watches, clients):
            watch.revocations.append(Revocation(client.session_id, start, end))
        for watch in watches:
            watch.everybody_asks(2)
            watch.look_at(None, None)
        judge(watches, failures=0.0)

