"""Roles, permissions and those who manage them: fixtures, which a test file imports by name
together with those that they need, and what its tests do with them.

The stack is shared: permissions and system roles that a test makes have names of their own, and are
gone when it ends."""

import secrets

import pytest

from support.admin import holder, platform_admin, tenant_admin
from support.client import signed_in, twin
from support.parallel import together

MANAGE = ("auth:roles:view", "auth:roles:create", "auth:roles:edit", "auth:roles:delete")


@pytest.fixture(scope="module")
def root(stack):
    """A platform administrator, in the stack's own tenant."""
    return platform_admin(stack)


@pytest.fixture(scope="module")
def place(stack):
    return stack.new_tenant("roles", max_sessions=0)


@pytest.fixture(scope="module")
def chief(stack, place):
    """A tenant administrator."""
    return tenant_admin(stack, place)


@pytest.fixture(scope="module")
def manager(stack, place):
    """Manages roles, sees orders, and holds nothing else."""
    return holder(stack, place, *MANAGE, "sales:orders:view", "hr:employees:edit:own")


@pytest.fixture(scope="module")
def stranger(stack):
    """A tenant administrator of another tenant."""
    return tenant_admin(stack, stack.new_tenant("other"))


@pytest.fixture
def word():
    """Nobody else's, as a segment of a permission or a name."""
    return "x" + secrets.token_hex(6)


@pytest.fixture
def listed(root, word):
    """A code that the catalogue lists for this test."""
    code = f"{word}:things:view"
    root.post(f"/auth/permissions/{code}", expect=201)
    yield code
    root.call("DELETE", f"/auth/permissions/{code}")


@pytest.fixture
def system_role(root, word, listed):
    made = new_role(root, name=f"System {word}", permissions=[listed], system=True)
    yield made
    root.call("DELETE", f"/auth/roles/{made['id']}?force=true")


def fresh_name():
    return f"Role {secrets.token_hex(6)}"


def new_role(client, **fields):
    """POST /auth/roles; the answer's document."""
    body = {"name": fresh_name(), "permissions": [], **fields}
    return client.post("/auth/roles", body, expect=201).json()


def everywhere(client, query, status, rounds=12):
    """The living token's verification, often enough and over connections enough that every worker
    answers some of them."""
    def ask(other):
        for _ in range(rounds):
            other.get(f"/auth/verify{query}", expect=status)

    together([lambda c=twin(client): ask(c) for _ in range(6)])


def by_hand(client, member, role):
    """Gives somebody of the caller's tenant a role by the command line."""
    client.stack.assign(member, role)
    return signed_in(client.stack, member)
