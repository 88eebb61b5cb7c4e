"""Time must not tell an existing account from a missing one (SPEC L2, P3).

The two kinds are asked in turns, in random order, so that whatever else the machine does falls
on both; support/statistics.py judges. A hash left out (some 20 ms) fails this by far."""

import random
import time

import pytest

from support.client import Client, fresh_ip
from support.gatehouse import User, fresh_email, fresh_password
from support.parallel import together
from support.statistics import distinguishable, median, superiority

PEOPLE = 10


@pytest.fixture(scope="module")
def quiet_tenant(stack):
    """Never locks within the test: a locked answer costs no hash and would blur the piles."""
    return stack.new_tenant(lockout_window=1, lockout_threshold=500)


@pytest.fixture(scope="module")
def existing(stack, quiet_tenant):
    return [stack.new_user(quiet_tenant) for _ in range(PEOPLE)]


def compare(stack, path, left, right, rounds, expect):
    """Times `rounds` requests of each kind; `left` and `right` make a body from a number."""
    times = ([], [])
    client, used = None, 0
    for number in range(rounds):
        pair = [(0, left(number)), (1, right(number))]
        random.shuffle(pair)
        for side, body in pair:
            if client is None or used >= 8:
                # A new address before the rate limit, its handshake outside the measurement.
                client, used = Client(stack, fresh_ip()), 0
                client.get("/auth/health", expect=200)
            used += 1
            client.forget_cookies()
            start = time.perf_counter()
            answer = client.http.post(stack.base_url + path, json=body, timeout=40)
            times[side].append(time.perf_counter() - start)
            assert answer.status_code == expect, answer.text
    assert not distinguishable(*times), (
        f"{path}: medians {median(times[0]) * 1e3:.2f} and {median(times[1]) * 1e3:.2f} ms, "
        f"superiority {superiority(*times):.3f}")


def test_the_judge_hears_a_leak_through_the_noise():
    """The comparison itself: 20 ms left out are found under noise of that size, noise alone is
    not taken for a leak, nor is a difference too small to use."""
    rng = random.Random(1)

    def pile(base):
        return [base + rng.expovariate(1 / 0.02) for _ in range(300)]

    for _ in range(20):
        assert distinguishable(pile(0.04), pile(0.02))
        assert not distinguishable(pile(0.04), pile(0.04))
        assert not distinguishable(pile(0.04), pile(0.0402))


def test_login_takes_as_long_for_a_missing_account(stack, quiet_tenant, existing):
    """L2: 300 samples each."""
    missing = [fresh_email("missing") for _ in range(PEOPLE)]
    body = {"tenant": quiet_tenant, "password": "wrong-password-entirely"}
    compare(stack, "/auth/login",
            lambda n: {**body, "email": existing[n % PEOPLE].email},
            lambda n: {**body, "email": missing[n % PEOPLE]}, 300, 401)


def test_login_takes_as_long_in_a_tenant_that_does_not_exist(stack, quiet_tenant, existing):
    """L2: nor are tenants told by time at sign-in."""
    body = {"password": "wrong-password-entirely"}
    compare(stack, "/auth/login",
            lambda n: {**body, "tenant": quiet_tenant, "email": existing[n % PEOPLE].email},
            lambda n: {**body, "tenant": "no-such-tenant", "email": fresh_email()}, 60, 401)


def test_login_takes_as_long_before_and_after_verification(stack, quiet_tenant, existing):
    """L2, CVE-2024-39329 of others: a pending account costs a hash as well."""
    pending = [fresh_email("pending") for _ in range(PEOPLE)]
    together([lambda e=email: Client(stack).post(
        "/auth/register", {"tenant": quiet_tenant, "email": e, "password": fresh_password()},
        expect=202) for email in pending])
    body = {"tenant": quiet_tenant, "password": "wrong-password-entirely"}
    compare(stack, "/auth/login",
            lambda n: {**body, "email": existing[n % PEOPLE].email},
            lambda n: {**body, "email": pending[n % PEOPLE]}, 60, 401)


def test_forgot_takes_as_long_for_a_missing_account(stack, quiet_tenant, existing):
    """L2, P3: no mail is made while the client waits, or one is made for both."""
    missing = [fresh_email("missing") for _ in range(PEOPLE)]
    compare(stack, "/auth/forgot-password",
            lambda n: {"tenant": quiet_tenant, "email": existing[n % PEOPLE].email},
            lambda n: {"tenant": quiet_tenant, "email": missing[n % PEOPLE]}, 80, 202)


def test_register_takes_as_long_for_an_existing_address(stack, quiet_tenant):
    """L2, U1: the hash is paid either way."""
    taken = [stack.new_user(quiet_tenant) for _ in range(PEOPLE)]
    body = {"tenant": quiet_tenant}
    compare(stack, "/auth/register",
            lambda n: {**body, "email": taken[n % PEOPLE].email, "password": fresh_password()},
            lambda n: {**body, "email": fresh_email(), "password": fresh_password()}, 80, 202)


def test_resend_takes_as_long_for_everybody(stack, quiet_tenant):
    """L2: pending (gets a mail) against missing (gets none)."""
    pending = [User(fresh_email("pending"), fresh_password(), quiet_tenant)
               for _ in range(PEOPLE)]
    for user in pending:
        Client(stack).post("/auth/register", {"tenant": quiet_tenant, "email": user.email,
                                              "password": user.password}, expect=202)
    missing = [fresh_email("missing") for _ in range(PEOPLE)]
    compare(stack, "/auth/resend-verification",
            lambda n: {"tenant": quiet_tenant, "email": pending[n % PEOPLE].email},
            lambda n: {"tenant": quiet_tenant, "email": missing[n % PEOPLE]}, 80, 202)
