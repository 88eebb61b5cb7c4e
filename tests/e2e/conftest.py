"""One stack a pytest session; tests that change settings make tenants of their own."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

# pylint: disable=wrong-import-position
from support.cache import Cache
from support.client import Client
from support.gatehouse import given_or_own_stack


@pytest.fixture(scope="session")
def stack():
    yield from given_or_own_stack("GATEHOUSE_TEST_STACK")


@pytest.fixture
def client(stack):
    return Client(stack)


@pytest.fixture(scope="session")
def cache(stack):
    return Cache(stack.info["memcached_socket"])


@pytest.fixture(scope="module")
def tenant(stack):
    """Defaults throughout; shared by a file's tests."""
    return stack.new_tenant()


@pytest.fixture
def user(stack, tenant):
    """Active, verified, without a role."""
    return stack.new_user(tenant)
