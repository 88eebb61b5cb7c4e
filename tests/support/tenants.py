"""Tenants and those who administer them: fixtures, which a test file imports by name
together with those that they need, and what its tests do with them."""

import json
import secrets
import uuid

import pytest

from support.admin import platform_admin
from support.client import Client, problem, twin
from support.gatehouse import fresh_email, fresh_password
from support.parallel import together

MISSING = "00000000-0000-7000-8000-00000000dead"
PAST = "2020-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def home(stack):
    """Where the platform administrators of these tests live."""
    return stack.new_tenant("home", max_sessions=0)


@pytest.fixture(scope="module")
def lord(stack, home):
    """A platform administrator who is nobody else besides."""
    return platform_admin(stack, home)


@pytest.fixture
def root(lord):
    """The same from an address of a test's own: rate limits are per address."""
    return twin(lord)


def new_slug():
    return f"t-{secrets.token_hex(6)}"


def make(root, **fields):
    body = {"slug": new_slug(), "name": "A tenant", **fields}
    return root.post("/auth/tenants", body, expect=201).json()


def at(tenant):
    return f"/auth/tenants/{tenant['id']}"


def change(root, tenant, **fields):
    return root.call("PATCH", at(tenant), fields, expect=200).json()


def configure(root, tenant, **settings):
    return root.call("PATCH", at(tenant) + "/settings", settings, expect=200).json()


def member(stack, tenant, *flags):
    return stack.new_user(tenant["slug"], flags=flags)


def viewer(stack, tenant):
    """Somebody whom the gate lets through."""
    role = stack.new_role(tenant["slug"], "sales:orders:view")
    return stack.new_user(tenant["slug"], roles=(role,))


def events(stack, tenant, event=None):
    """(event, actor, before, after) of what was done to the tenant."""
    rows = stack.sql("SELECT event, actor_id, actor_tenant_id, tenant_id, before_json, after_json "
                     "FROM audit_events WHERE target_id = %s AND target_type = 'tenant' "
                     "ORDER BY created_at, id", tenant["id"])
    assert all(row["tenant_id"] == uuid.UUID(tenant["id"]).bytes for row in rows)
    found = [(row["event"], row["actor_id"] and str(uuid.UUID(bytes=row["actor_id"])),
              row["before_json"] and json.loads(row["before_json"]),
              row["after_json"] and json.loads(row["after_json"])) for row in rows]
    return [row for row in found if event in (None, row[0])]


def seen(answer):
    """All that a caller can tell answers apart by, but for what is never twice the same."""
    body = {name: value for name, value in answer.json().items() if name != "request_id"}
    headers = {name: value for name, value in answer.headers.items()
               if name not in ("X-Request-Id", "Date")}
    return answer.status_code, headers, json.dumps(body)


def pointers(answer):
    return {error["pointer"] for error in problem(answer, 422, "validation_failed")["errors"]}


def everywhere(clients, status, code=None, rounds=8):
    """The next verification, and many more on every worker of the pool."""
    expect = status if code is None else (status, code)
    together([lambda c=client: [c.verify(expect=expect) for _ in range(rounds)]
              for client in clients])


def try_to_register(stack, tenant, email=None):
    return Client(stack).post("/auth/register", {
        "tenant": tenant["slug"], "email": email or fresh_email(), "password": fresh_password()})
