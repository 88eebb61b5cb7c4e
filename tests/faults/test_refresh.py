"""Refresh tokens while workers, memcached and MariaDB die (SPEC T6, T8; DESIGN 4, 6): a client that
repeats its request gets on, a stolen session stays dead."""

import contextlib
import os
import random
import signal
import time

import pytest

from support import processes
from support.cache import Cache
from support.client import Client, describe, problem, signed_in
from support.parallel import meanwhile
from support.storm import Storm
from support.wire import Wire

DEAD = (401, "invalid_refresh_token")


@pytest.fixture
def person(stack, role_of):
    """Of a tenant of their own: default settings, one session a person."""
    tenant, role = role_of
    return stack.new_user(tenant, roles=(role,))


@pytest.fixture(scope="module")
def role_of(own_stack):
    tenant = own_stack.new_tenant("storm")
    return tenant, own_stack.new_role(tenant, "sales:orders:view")


def thefts(stack, client):
    """How often the log says that the session's tokens were reused."""
    return stack.value("SELECT COUNT(*) FROM audit_events WHERE event = 'token.reuse_detected' "
                       "AND target_id = %s", client.session_id)


def generation(stack, user):
    """Of the one live session."""
    sessions = stack.live_sessions(user)
    assert len(sessions) == 1, f"{len(sessions)} live sessions"
    return sessions[0]["refresh_generation"]


def everybody_refuses(stack, token):
    """Over many connections at once, so that no worker is left out."""
    wires = [Wire(stack) for _ in range(24)]
    try:
        for _ in range(4):
            for wire in wires:
                wire.request("GET", "/auth/verify", [("Authorization", "Bearer " + token)])
            assert {wire.read().status for wire in wires} == {401}
    finally:
        for wire in wires:
            wire.close()


class Cached:
    """The memcached of the stack, killed and started again; empty, then."""

    def __init__(self, stack):
        self._socket = stack.info["memcached_socket"]
        self._service = processes.Respawner(stack.pid("memcached"))
        self.kill, self.end = self._service.kill, self._service.end

    def start(self):
        self._service.start()
        processes.wait_until(self._answers, 10, "memcached")
        assert Cache(self._socket).keys() == []

    def _answers(self):
        try:
            return Cache(self._socket).stats()
        except OSError:
            return None


@pytest.fixture
def memcached(stack):
    service = Cached(stack)
    yield service
    service.end()


def everything_dies(stack, memcached):
    """All workers and memcached, by SIGKILL; they come back as they do."""
    before = stack.workers()
    memcached.kill()
    for pid in before:
        processes.kill(pid)
    memcached.start()
    processes.wait_until(lambda: len(stack.workers()) == len(before), 10, "the workers")
    assert not set(before) & set(stack.workers()), "a worker survived"
    processes.wait_until(lambda: Client(stack).get("/auth/ready").status_code == 200, 10, "ready")


@pytest.mark.parametrize("when", ["before the reuse", "after the reuse", "before and after"])
def test_reuse_ends_the_newest_tokens_whoever_died(stack, memcached, person, when):
    """T6, T8: what MariaDB knows is enough; the dead workers and the lost cache knew nothing that
    is missed."""
    client = signed_in(stack, person)
    stolen = client.refresh_token
    for _ in range(3):
        client.keep(client.refresh())
        client.verify(expect=204)  # its proof is in the cache
    if "before" in when:
        everything_dies(stack, memcached)
    client.verify(expect=204)
    Client(stack).refresh(stolen, expect=DEAD)
    if "after" in when:
        everything_dies(stack, memcached)
    everybody_refuses(stack, client.access)
    client.refresh(expect=DEAD)
    Client(stack).refresh(stolen, expect=DEAD)
    everybody_refuses(stack, client.access)
    assert stack.live_sessions(person) == []
    assert thefts(stack, client) == 1, "told once, not once a try"


def test_reuse_while_memcached_is_away(stack, memcached, person):
    """T8: the cache could not be told; it comes back empty, and MariaDB is asked."""
    client = signed_in(stack, person)
    stolen = client.refresh_token
    for _ in range(2):
        client.keep(client.refresh())
    client.verify(expect=204)
    memcached.kill()
    Client(stack).refresh(stolen, expect=DEAD)
    everybody_refuses(stack, client.access)
    memcached.start()
    everybody_refuses(stack, client.access)


def test_the_grace_outlives_whoever_gave_the_answer(stack, memcached, person):
    """T6: the same successor from workers that never saw the rotation."""
    client = signed_in(stack, person)
    first = client.refresh().json()
    everything_dies(stack, memcached)
    assert client.refresh().json()["refresh_token"] == first["refresh_token"]
    client.verify(token=first["access_token"], expect=204)
    assert generation(stack, person) == 2


def until_answered(stack, token, patience):
    """As a patient client: the same token again until there is an answer. What was refused on the
    way is 502, 503, 504 or nginx's 429, never a 401."""
    end = time.monotonic() + patience
    client = Client(stack)
    while True:
        answer = client.refresh(token, expect=None)
        if answer.status_code == 200:
            return answer.json()
        assert answer.status_code in (429, 502, 503, 504), describe(answer)
        problem(answer)
        assert time.monotonic() < end, f"no answer for {patience} s"
        time.sleep(0.02)


def test_a_chain_while_workers_are_killed(stack, person):
    """T6, DESIGN 6: 8 tabs, workers that die at random; who lost the answer asks again and gets the
    successor that the others got. Nobody is logged out."""
    client = signed_in(stack, person)
    token, lost, rounds = client.refresh_token, 0, 0
    kills = []

    def kill(stop):
        while not stop.wait(random.uniform(0.05, 0.25)):
            workers = stack.workers("verify")
            if workers:
                os.kill(random.choice(workers), signal.SIGKILL)
                kills.append(time.monotonic())

    with Storm(stack, 8) as storm, meanwhile(kill):
        while lost < 25 or len(kills) < 40:
            rounds += 1
            assert rounds < 20000, f"only {lost} answers lost to {len(kills)} kills"
            documents = []
            for status, document in storm.refresh(token):
                assert status in (200, 429, 502), document
                if status != 200:  # a quick machine meets nginx's rate limit as well
                    lost += status == 502
                    assert document["code"] in ("bad_gateway", "rate_limited")
                    document = until_answered(stack, token, 8)
                documents.append(document)
            successors = {document["refresh_token"] for document in documents}
            assert len(successors) == 1 and token not in successors, f"round {rounds}: a fork"
            assert {document["session"]["id"] for document in documents} == {client.session_id}
            token = successors.pop()
    assert generation(stack, person) == rounds + 1
    assert thefts(stack, client) == 0
    client.keep(client.refresh(token))
    for access in (client.access, documents[-1]["access_token"]):
        client.verify(token=access, expect=204)


def test_killed_at_every_moment_of_a_refresh(stack, person):
    """T6, DESIGN 6: one request, all of its pool killed a moment later, until the answer was lost
    before the commit and after it, each some times. Either way the same token goes on."""
    client = signed_in(stack, person)
    token, rotated = client.refresh_token, 1
    seen = {"before": 0, "after": 0}
    for number in range(600):
        if min(seen.values()) >= 3:
            break
        with Storm(stack, 1) as storm:
            with meanwhile(lambda stop: kill_later(stack, random.uniform(0, 0.006))):
                status, document = storm.refresh(token)[0]
        assert status in (200, 502), document
        if status == 502:
            committed = generation(stack, person) > rotated
            seen["after" if committed else "before"] += 1
            document = until_answered(stack, token, 8)
        assert document["refresh_token"] != token
        token, rotated = document["refresh_token"], rotated + 1
        assert generation(stack, person) == rotated, f"round {number}"
    assert min(seen.values()) >= 3, seen
    assert thefts(stack, client) == 0


def kill_later(stack, delay):
    workers = stack.workers("verify")
    time.sleep(delay)
    for pid in workers:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_a_chain_while_mariadb_is_killed(stack):
    """T6, DESIGN 4, 6: a COMMIT whose outcome nobody heard is an answer nobody got; the same token
    within the grace gets on, whichever way it went."""
    tenant = stack.new_tenant("storm", refresh_grace=300)
    user = stack.new_user(tenant, roles=(stack.new_role(tenant, "sales:orders:view"),))
    client = signed_in(stack, user)
    chain = [client.refresh_token]

    def refresh(stop):
        while not stop.is_set():
            document = until_answered(stack, chain[-1], 60)
            assert document["refresh_token"] not in chain
            assert document["session"]["id"] == client.session_id
            chain.append(document["refresh_token"])
            client.access = document["access_token"]

    with meanwhile(refresh):
        for _ in range(4):
            time.sleep(random.uniform(0.5, 1.0))
            processes.kill(stack.pid("mariadb"))
            stack.up()
            length = len(chain)
            processes.wait_until(lambda: len(chain) > length, 30, "the chain to go on")
    assert generation(stack, user) == len(chain)
    assert thefts(stack, client) == 0
    client.verify(expect=204)
