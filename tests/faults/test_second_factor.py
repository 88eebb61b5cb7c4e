"""A code works once, whatever dies meanwhile (SPEC F2; DESIGN.md 6)."""

import time

import requests

from support import processes
from support.client import Client
from support.parallel import meanwhile, together
from support.second_factor import Person, answer, challenge


def two_factor_sessions(stack, person):
    return [row for row in stack.live_sessions(person.user) if row["amr"] == "pwd,otp"]


def storm(person, code, count=32):
    """One code in `count` posts at once, over five challenges; their statuses."""
    stack = person.stack
    tokens = [person.begin() for _ in range(5)]
    clients = [Client(stack) for _ in range(count)]

    def post(number):
        try:
            return answer(clients[number], tokens[number % 5], code, expect=None).status_code
        except requests.RequestException:
            return 0

    return together([lambda n=n: post(n) for n in range(count)])


def test_flushing_the_cache_forgets_no_used_code(stack, tenant, cache):
    """F2: what was used is MariaDB's to say."""
    stack.set_tenant(tenant, lockout_threshold=500)
    person = Person(stack, tenant)
    code = person.code()
    cache.flush()
    assert sorted(storm(person, code)) == [200] + [401] * 31
    cache.flush()
    assert set(storm(person, code)) == {401}
    assert len(two_factor_sessions(stack, person)) == 1


def test_killed_workers_give_one_session_at_most(stack, tenant):
    """F2: a worker that dies between commit and answer has used the code up."""
    stack.set_tenant(tenant, lockout_threshold=500)
    for _ in range(4):
        person = Person(stack, tenant)
        code = person.code()

        def kill_all(stop):
            while not stop.is_set():
                for worker in stack.workers("account"):
                    processes.kill(worker)
                    stop.wait(0.05)

        with meanwhile(kill_all):
            statuses = storm_of_hardy(person, code)
        time.sleep(0.3)
        made = len(two_factor_sessions(stack, person))
        assert made <= 1 and statuses.count(200) <= made, statuses
        after = storm(person, code)
        assert after.count(200) == 1 - made, (made, after)
        assert len(two_factor_sessions(stack, person)) == 1


def storm_of_hardy(person, code, count=32):
    """As `storm`, with one challenge that was begun in spite of the killing."""
    token = None
    while token is None:
        try:
            client = Client(person.stack)
            got = client.login(person.user, expect=None)
            token = got.json().get("challenge_token") if got.status_code == 200 else None
        except (requests.RequestException, ValueError):
            token = None
    clients = [Client(person.stack) for _ in range(count)]

    def post(client):
        try:
            return answer(client, token, code, expect=None).status_code
        except requests.RequestException:
            return 0

    return together([lambda c=c: post(c) for c in clients])


def test_without_memcached(stack, tenant):
    """DESIGN 6: slower, same answers: enrolment, both factors, a used code."""
    processes.kill(stack.pid("memcached"))
    person = Person(stack, tenant)
    client = Client(stack)
    code = person.code()
    answer(client, challenge(client, person.user), code)
    again = Client(stack)
    answer(again, challenge(again, person.user), code, expect=(401, "invalid_code"))
    client.get("/auth/session", expect=200)


def test_mariadb_dies_in_the_middle(stack, tenant):
    """F2, DESIGN 4: an unheard COMMIT is asked after, never repeated: one session at most, and the
    code is used where there is one."""
    stack.set_tenant(tenant, lockout_threshold=500)
    person = Person(stack, tenant)
    code = person.code()
    tokens = [person.begin() for _ in range(5)]
    clients = [Client(stack) for _ in range(16)]

    def post(number):
        time.sleep(number * 0.01)
        return answer(clients[number], tokens[number % 5], code, expect=None).status_code

    def shoot():
        time.sleep(0.06)
        processes.kill(stack.pid("mariadb"))
        return None

    statuses = together([*[lambda n=n: post(n) for n in range(16)], shoot])
    assert {s for s in statuses if s} <= {200, 401, 503, 504}, statuses
    stack.up()
    made = len(two_factor_sessions(stack, person))
    assert made <= 1 and statuses.count(200) <= made, statuses
    processes.wait_until(lambda: Client(stack).get("/auth/ready").status_code == 200, 30, "ready")
    after = storm(person, code)
    assert after.count(200) == 1 - made, (made, after)
