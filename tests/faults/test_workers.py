"""Workers die (SPEC E4, M2; DESIGN 2, 6): a request lost at most, a POST never repeated, back at
once."""

import os
import random
import signal
import time

from support import processes
from support.client import Client, describe, problem, signed_in
from support.gatehouse import fresh_email, fresh_password
from support.parallel import meanwhile
from support.wire import Wire


def kill_some(stack, pool, kills, pause):
    """Returns a background function that kills random workers, and the list of its victims."""
    victims = []

    def run(stop):
        while not stop.is_set() and len(victims) < kills:
            alive = stack.workers(pool)
            if alive:
                victim = random.choice(alive)
                os.kill(victim, signal.SIGKILL)
                victims.append(victim)
            stop.wait(pause)

    return run, victims


def test_killed_verify_workers_lose_a_request_each_at_most(stack, user):
    """DESIGN 6: the others answer on; what is lost is a 502 as a problem document."""
    client = signed_in(stack, user)
    results = []

    def ask(stop):
        wire = Wire(stack)
        while not stop.is_set():
            wire.request("GET", "/auth/verify", [("Authorization", "Bearer " + client.access)])
            answer = wire.read()
            results.append(answer)
            if answer.header("connection") == "close":
                wire.close()  # nginx ends a connection after keepalive_requests
                wire = Wire(stack)
        wire.close()

    killer, victims = kill_some(stack, "verify", 30, 0.15)
    with meanwhile(killer, *[ask] * 8):
        processes.wait_until(lambda: len(victims) == 30, 30, "30 kills")
    lost = [answer for answer in results if answer.status != 204]
    assert len(results) > 300
    assert {answer.status for answer in lost} <= {502}, {answer.status for answer in lost}
    assert len(lost) <= len(victims)
    assert all(b'"bad_gateway"' in answer.body for answer in lost)


def test_killed_workers_are_replaced(stack):
    """DESIGN 2: multiwatch, for ever, however quickly they die."""
    for pool in ("verify", "account"):
        before = stack.workers(pool)
        for _ in range(20):
            for pid in stack.workers(pool):
                processes.kill(pid)
            time.sleep(0.02)
        processes.wait_until(lambda p=pool, n=len(before): len(stack.workers(p)) == n, 10,
                             f"all {pool} workers to be back")
        assert not set(before) & set(stack.workers(pool))
    processes.wait_until(lambda: Client(stack).get("/auth/ready").status_code == 200, 10, "ready")


def test_a_post_is_never_repeated(stack, tenant):
    """DESIGN 6: of every registration sent, at most one was carried out, and each that was
    acknowledged was carried out wholly: account, link and mail."""
    killer, _ = kill_some(stack, "account", 1000, 0.1)
    answered = {}
    with meanwhile(killer):
        for _ in range(60):
            email = fresh_email("kill")
            answer = Client(stack).post("/auth/register", {
                "tenant": tenant, "email": email, "password": fresh_password()})
            assert answer.status_code in (202, 502), describe(answer)
            answered[email] = answer.status_code
    assert 202 in answered.values()
    for email, status in answered.items():
        links = stack.value("SELECT COUNT(*) FROM links WHERE email = %s", email)
        mails = stack.value("SELECT COUNT(*) FROM outbox WHERE recipient = %s", email)
        users = stack.value("SELECT COUNT(*) FROM users WHERE email = %s", email)
        assert (links, mails, users) in ((1, 1, 1), (0, 0, 0)), (email, links, mails, users)
        assert status != 202 or links == 1, f"acknowledged and lost: {email}"


def test_workers_drain_on_sigterm(stack, user):
    """DESIGN 6: an upgrade loses no acknowledged request, nor any other."""
    client = signed_in(stack, user)
    statuses = []

    def ask(stop):
        wire = Wire(stack)
        while not stop.is_set():
            wire.request("GET", "/auth/session", [("Authorization", "Bearer " + client.access)])
            statuses.append(wire.read().status)
            stop.wait(0.02)
        wire.close()

    with meanwhile(*[ask] * 4):
        for _ in range(10):
            for pid in stack.workers("verify"):
                os.kill(pid, signal.SIGTERM)
            time.sleep(0.4)
    assert len(statuses) > 100 and set(statuses) == {200}


def test_no_worker_at_all_is_502_as_json(stack):
    """E4: nginx's own answer looks like ours, with CORS and the request id."""
    supervisor = stack.info["pids"]["pools"]["account"]
    orphans = stack.workers("account")
    processes.kill(supervisor)
    for pid in orphans:
        processes.kill(pid)
    origin = next(o for o in stack.info["cors_origins"] if "*" not in o)
    answer = Client(stack).post("/auth/login", {"email": "x@example.test", "password": "x"},
                                headers={"Origin": origin})
    problem(answer, 502, "bad_gateway")
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    Client(stack).get("/auth/health", expect=200)
    stack.up()
    Client(stack).post("/auth/login", {"email": "x@example.test", "password": "x"}, expect=401)


def test_a_stuck_worker_is_504_as_json(stack, user):
    """E3, E4: all account workers frozen; nginx gives up in time and the verify pool does not
    notice."""
    client = signed_in(stack, user)
    frozen = stack.workers("account")
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        with meanwhile(lambda stop: [client.verify(expect=204) for _ in range(200)]):
            answer = Client(stack).post("/auth/login", {"email": "x@example.test",
                                                        "password": "x"})
        problem(answer, 504, "timeout")
        assert time.monotonic() - started < 36
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)
    processes.wait_until(lambda: Client(stack).post("/auth/login", {
        "email": "x@example.test", "password": "x"}).status_code == 401, 10, "sign-in works")


def test_scripts_up_restarts_exactly_what_is_dead(stack):
    """SPEC "local stack": and leaves the living alone."""
    before = dict(stack.info["pids"])
    processes.kill(stack.pid("mailer"))
    stack.up()
    after = stack.info["pids"]
    assert after["mailer"] != before["mailer"] and processes.alive(after["mailer"])
    for name in ("nginx", "mariadb", "memcached", "smtp", "pools"):
        assert after[name] == before[name], name
