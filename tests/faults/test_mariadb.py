"""MariaDB is down, frozen, or takes no writes (SPEC A2, E3; DESIGN 6): proofs carry verification
for a while, all else is 503 or 504, and nothing of ours needs a restart."""

import os
import signal
import time

from support import processes
from support.client import Client, describe, problem, signed_in
from support.gatehouse import fresh_email, fresh_password
from support.parallel import meanwhile, together
from support.wire import Wire

PROOF_TTL = 10
TABLES = ("users", "links", "outbox", "sessions", "attempts", "audit_events", "lockouts")


def requests_that_write(user):
    """One of each kind: path and body."""
    return [
        ("/auth/login", {"tenant": user.tenant, "email": user.email, "password": user.password}),
        ("/auth/login", {"tenant": user.tenant, "email": user.email, "password": "wrong"}),
        ("/auth/register", {"tenant": user.tenant, "email": fresh_email("fault"),
                            "password": fresh_password()}),
        ("/auth/forgot-password", {"tenant": user.tenant, "email": user.email}),
        ("/auth/resend-verification", {"tenant": user.tenant, "email": user.email}),
    ]


def test_down_and_back(stack, user):
    """DESIGN 6: verification on proofs up to proof_ttl, then 503, never 2xx; the rest 503 with
    Retry-After at once; after its return all works with the same processes."""
    client = signed_in(stack, user)
    workers, mailer = stack.workers(), stack.pid("mailer")
    client.verify(expect=204)
    proved = time.monotonic()
    processes.kill(stack.pid("mariadb"))
    client.verify(expect=204)

    ready = Client(stack).get("/auth/ready")
    problem(ready, 503, "unavailable")
    assert "mariadb" in ready.text.lower()
    Client(stack).get("/auth/health", expect=200)
    for path, body in requests_that_write(user):
        start = time.monotonic()
        Client(stack).post(path, body, expect=(503, "unavailable"))
        assert time.monotonic() - start < 5
    for method, path in (("GET", "/auth/me/sessions"), ("POST", "/auth/logout"),
                         ("POST", "/auth/logout-all")):
        answer = client.call(method, path)
        assert answer.status_code == 503, describe(answer)
    client.refresh(expect=(503, "unavailable"))

    # A proof is read before the kill, so none is valid proof_ttl after it.
    time.sleep(max(0.0, proved + PROOF_TTL + 0.5 - time.monotonic()))
    for _ in range(5):
        client.verify(expect=(503, "unavailable"))
    answer = client.get("/demo/", plain=True)
    assert answer.status_code >= 500 and user.email not in answer.text

    stack.up()
    processes.wait_until(
        lambda: Client(stack).get("/auth/ready").status_code == 200, 15, "ready by itself")
    client.verify(expect=204)
    client.get("/auth/session", expect=200)
    fresh = signed_in(stack, user)
    fresh.verify(expect=204)
    assert stack.workers() == workers and stack.pid("mailer") == mailer
    # What was refused had not happened by halves: the logout above did not count.
    client.post("/auth/logout", expect=204)
    client.verify(expect=401)


def test_a_forged_token_stays_401_without_a_database(stack, user):
    """DESIGN 3: what fails by itself needs nobody's answer."""
    client = signed_in(stack, user)
    processes.kill(stack.pid("mariadb"))
    client.verify(token=client.access[:-6] + "AAAAAA", expect=(401, "invalid_token"))
    Client(stack).verify(expect=(401, "authentication_required"))


def test_killed_again_and_again_under_load(stack, user):
    """DESIGN 6: only 2xx, 503 and 504 come out of it, and every sign-in that was acknowledged
    exists."""
    outcomes, sessions = [], []

    def sign_in(stop):
        while not stop.is_set():
            client = Client(stack)
            answer = client.login(user, expect=None)
            outcomes.append(answer.status_code)
            if answer.status_code == 200:
                sessions.append(client.session_id)
            stop.wait(0.05)

    with meanwhile(*[sign_in] * 4):
        for _ in range(3):
            time.sleep(1.5)
            processes.kill(stack.pid("mariadb"))
            time.sleep(0.5)
            stack.up()
    assert set(outcomes) <= {200, 503, 504}, set(outcomes)
    assert sessions
    known = {row["id"] for row in stack.sql("SELECT LOWER(HEX(id)) AS id FROM sessions")}
    assert {session.replace("-", "") for session in sessions} <= known


def test_frozen(stack, user):
    """DESIGN 2, 6, E3: requests that need it end in time with 503 or 504; hits in the verify
    pool do not notice."""
    client = signed_in(stack, user)
    slowest, statuses = [0.0], []

    def verify(stop):
        wire = Wire(stack)
        while not stop.is_set():
            start = time.monotonic()
            wire.request("GET", "/auth/verify", [("Authorization", "Bearer " + client.access)])
            statuses.append(wire.read().status)
            slowest[0] = max(slowest[0], time.monotonic() - start)
            time.sleep(0.01)
        wire.close()

    client.verify(expect=204)
    with processes.frozen(stack.pid("mariadb")):
        with meanwhile(verify):
            # Shorter than proof_ttl: these are all hits.
            time.sleep(6)
        assert set(statuses) == {204} and slowest[0] < 0.5, (set(statuses), slowest)
        start = time.monotonic()
        answers = together([
            lambda p=path, b=body: Client(stack).post(p, b)
            for path, body in requests_that_write(user)])
        assert time.monotonic() - start < 36
        for answer in answers:
            assert answer.status_code in (503, 504), describe(answer)
            problem(answer)
    processes.wait_until(
        lambda: Client(stack).get("/auth/ready").status_code == 200, 15, "ready by itself")
    # No connection is left out of step with its answers.
    for _ in range(10):
        fresh = signed_in(stack, user)
        assert fresh.get("/auth/session", expect=200).json()["user"]["email"] == user.email


def counts(stack):
    return {table: stack.value(f"SELECT COUNT(*) FROM {table}") for table in TABLES}


def test_read_only(stack, user):
    """DESIGN 6, FACTS 1290: writes are 503, nothing is half done, verification goes on."""
    client = signed_in(stack, user)
    client.verify(expect=204)
    time.sleep(1)  # the mailer and the last-active writer come to rest
    before = counts(stack)
    stack.administer_database("SET GLOBAL read_only = 1")
    try:
        for path, body in requests_that_write(user):
            Client(stack).post(path, body, expect=(503, "unavailable"))
        client.post("/auth/logout", expect=(503, "unavailable"))
        client.verify(expect=204)
        client.get("/auth/session", expect=200)
        client.refresh(expect=(503, "unavailable"))
        assert counts(stack) == before
    finally:
        stack.administer_database("SET GLOBAL read_only = 0")
    for path, body in requests_that_write(user):
        assert Client(stack).post(path, body).status_code < 500
    client.refresh(expect=200)
    client.verify(expect=204)


def test_a_locked_table(stack, user):
    """DESIGN 6: a lock wait ends before the client's patience; the verify pool is unaffected."""
    client = signed_in(stack, user)
    client.verify(expect=204)
    with stack.locked_table("sessions"):
        start = time.monotonic()
        with meanwhile(lambda stop: [client.verify() for _ in range(50)]):
            answer = Client(stack).login(user, expect=None)
        assert answer.status_code in (503, 504), describe(answer)
        assert time.monotonic() - start < 36
    processes.wait_until(lambda: Client(stack).login(user, expect=None).status_code == 200, 10,
                         "sign-in works again")


def test_the_state_of_the_world_survives_sigkill(stack, user):
    """DESIGN 6: what was acknowledged a moment before MariaDB died is there after it."""
    for _ in range(3):
        kept, ended = signed_in(stack, user), signed_in(stack, user)
        ended.post("/auth/logout", expect=204)
        os.kill(stack.pid("mariadb"), signal.SIGKILL)
        processes.wait_until(lambda: not processes.alive(stack.pid("mariadb")), 10, "its end")
        stack.up()
        processes.wait_until(
            lambda: Client(stack).get("/auth/ready").status_code == 200, 15, "ready")
        kept.get("/auth/session", expect=200)
        ended.verify(expect=(401, "invalid_token"))
        ended.refresh(expect=(401, "invalid_refresh_token"))
