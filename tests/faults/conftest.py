"""A stack of these tests' own: they kill and freeze its parts. After each test scripts/up brings
back what is dead, and every process is thawed."""

import os
import signal
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

# pylint: disable=wrong-import-position
from support import processes
from support.cache import Cache
from support.client import Client
from support.gatehouse import given_or_own_stack


@pytest.fixture(scope="session")
def own_stack():
    yield from given_or_own_stack("GATEHOUSE_FAULT_STACK")


def ready(stack):
    answer = Client(stack).get("/auth/ready")
    return answer.status_code == 200 and answer.json()["status"] == "ready"


@pytest.fixture
def stack(own_stack):
    yield own_stack
    for name in ("mariadb", "memcached", "mailer", "smtp", "nginx"):
        try:
            os.kill(own_stack.pid(name), signal.SIGCONT)
        except ProcessLookupError:
            pass
    own_stack.up()
    processes.wait_until(lambda: ready(own_stack), 30, "the stack to be ready again")


@pytest.fixture
def cache(stack):
    return Cache(stack.info["memcached_socket"])


@pytest.fixture(scope="session")
def tenant(own_stack):
    return own_stack.new_tenant(max_sessions=0)


@pytest.fixture(scope="session")
def role(own_stack, tenant):
    return own_stack.new_role(tenant, "sales:orders:view")


@pytest.fixture
def user(own_stack, tenant, role):
    return own_stack.new_user(tenant, roles=(role,))
