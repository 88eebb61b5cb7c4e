"""memcached is down, frozen, full, or not itself (SPEC T8, T9, A2; DESIGN 3, 6): slower, same
answers."""

import os
import signal
import time

from support import processes
from support.client import Client, signed_in
from support.history import violations, Revocation
from support.load import Verifier

PROOF_TTL = 10


def readiness(stack):
    return Client(stack).get("/auth/ready", expect=200).json()


def test_down(stack, user):
    """A2, T8: degraded and named; everything works; back to ready by itself."""
    client = signed_in(stack, user)
    client.verify(expect=204)
    workers = stack.workers()
    processes.kill(stack.pid("memcached"))
    assert readiness(stack) == {"status": "degraded", "degraded": ["memcached"]}
    for _ in range(20):
        client.verify(expect=204)
    other = signed_in(stack, user)
    other.verify(expect=204)
    other.keep(other.refresh())
    other.verify(expect=204)
    other.post("/auth/logout", expect=204)
    other.verify(expect=(401, "invalid_token"))
    client.post("/auth/logout", expect=204)
    client.verify(expect=(401, "invalid_token"))
    stack.up()
    processes.wait_until(lambda: readiness(stack)["status"] == "ready", 10, "ready again")
    client.verify(expect=(401, "invalid_token"))
    assert stack.workers() == workers


def test_frozen(stack, user):
    """DESIGN 3, 6: a cache that takes requests and says nothing costs its timeout, no more, and
    what it does when it thaws revives nobody (FACTS: a delayed `set` overwrites)."""
    clients = [signed_in(stack, user) for _ in range(4)]
    for client in clients:
        client.verify(expect=204)
    verifications, revocations = [], []
    verifiers = [Verifier(stack, verifications.append) for _ in clients]

    def ask():
        for client, verifier in zip(clients, verifiers):
            verifier.once(client.session_id, client.access)

    os.kill(stack.pid("memcached"), signal.SIGSTOP)
    try:
        started = time.monotonic()
        ask()
        assert time.monotonic() - started < 4, "four verifications, each bounded by the timeouts"
        for client in clients[:3]:
            start = time.monotonic()
            client.post("/auth/logout", expect=204)
            revocations.append(Revocation(client.session_id, start, time.monotonic()))
            assert time.monotonic() - start < 3
        until = time.monotonic() + 3
        while time.monotonic() < until:
            ask()
        signed_in(stack, user).verify(expect=204)
    finally:
        os.kill(stack.pid("memcached"), signal.SIGCONT)
    until = time.monotonic() + PROOF_TTL + 2
    while time.monotonic() < until:
        ask()
        time.sleep(0.02)
    assert not violations(verifications, revocations, bound=PROOF_TTL)
    last = {v.session: v.outcome for v in verifications}
    assert [last[c.session_id] for c in clients] == ["refused"] * 3 + ["accepted"]
    assert readiness(stack)["status"] == "ready"


def refused_for_good(client):
    """T8: after a thaw at most proof_ttl late (as a rule at once: what was sent to the frozen cache
    is carried out when it thaws), and never accepted again."""
    end = time.monotonic() + PROOF_TTL + 1
    while client.verify().status_code == 204:
        assert time.monotonic() < end, "accepted for longer than proof_ttl"
        time.sleep(0.05)
    for _ in range(30):
        client.verify(expect=(401, "invalid_token"))


def test_revocation_during_a_freeze_is_known_at_once_where_mariadb_is_asked(stack, user):
    """T8: while the cache is frozen every verification is a miss, and a miss asks MariaDB."""
    client = signed_in(stack, user)
    client.verify(expect=204)
    with processes.frozen(stack.pid("memcached")):
        client.post("/auth/logout", expect=204)
        for _ in range(10):
            client.verify(expect=(401, "invalid_token"))
    refused_for_good(client)


def test_thawed_after_a_sign_in_storm(stack, user):
    """DESIGN 3: proofs that were sent before and during the freeze are old when they arrive."""
    clients = [signed_in(stack, user) for _ in range(6)]
    for _ in range(5):
        with processes.frozen(stack.pid("memcached")):
            for client in clients:
                client.verify(expect=204)
            victim = clients.pop()
            victim.post("/auth/logout", expect=204)
        refused_for_good(victim)
        for client in clients:
            client.verify(expect=204)


def test_under_memory_pressure(stack, cache, user):
    """FACTS: eviction takes live items; tombstones and proofs alike may go at any time."""
    client, victim = signed_in(stack, user), signed_in(stack, user)
    client.verify(expect=204), victim.verify(expect=204)
    victim.post("/auth/logout", expect=204)
    megabytes = int(cache.stats()["limit_maxbytes"]) >> 20
    for number in range(megabytes * 2 * 10):
        cache.overwrite(f"ballast{number}", b"x" * 100_000)
        if number % 50 == 0:
            victim.verify(expect=(401, "invalid_token"))
            client.verify(expect=204)
    cache.flush()
