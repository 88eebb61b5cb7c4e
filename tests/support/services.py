"""Services that hold a credential and ask about tokens (SPEC T10): fixtures, which a test file
imports by name together with those that they need, and what its tests do with them."""

import base64

import pytest

from support.admin import tenant_admin
from support.client import Client, signed_in
from support.parallel import together

CREDENTIALS = "/auth/service-credentials"
SOMEBODY = "00000000-0000-7000-8000-00000000abcd"
INACTIVE = {"active": False}
CLIENT = (401, "invalid_client")


def basic(client_id, secret):
    pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


class ServiceClient:
    """A service at an address of its own, with its credential."""

    def __init__(self, stack, document):
        self.id = document["id"]
        self.client_id, self.secret = document["client_id"], document["client_secret"]
        self.client = Client(stack)

    def post(self, path, expect, form):
        return self.client.post(path, data=form, expect=expect,
                                headers=basic(self.client_id, self.secret))

    def introspect(self, token, expect=200, **form):
        answer = self.post("/auth/introspect", expect, {"token": token, **form})
        return answer.json()

    def revoke(self, token, expect=200, **form):
        answer = self.post("/auth/revoke", expect, {"token": token, **form})
        if expect == 200:
            assert answer.content == b""
        return answer


def create(admin, name="Shop", query=""):
    return admin.post(CREDENTIALS + query, {"name": name}, expect=201).json()


def service_of(stack, tenant):
    return ServiceClient(stack, create(tenant_admin(stack, tenant)))


@pytest.fixture(scope="module")
def place(stack):
    """A tenant with room for all, whose people have a role."""
    tenant = stack.new_tenant("svc", max_sessions=0)
    return tenant, stack.new_role(tenant, "sales:orders:view", "sales:orders:edit:own",
                                  name="Clerk")


@pytest.fixture(scope="module")
def service(stack, place):
    return service_of(stack, place[0])


@pytest.fixture
def person(stack, place):
    return signed_in(stack, stack.new_user(place[0], roles=(place[1],)))


def as_root(stack, statement):
    stack.administer_database(f"USE {stack.info['database']}; {statement}")


def hex_of(identifier):
    return f"X'{identifier.replace('-', '')}'"


def inactive_everywhere(stack, service, *tokens):
    answers = together([lambda c=Client(stack), t=token: c.post(
        "/auth/introspect", data={"token": t}, headers=basic(service.client_id, service.secret),
        expect=200).json() for token in tokens for _ in range(16)])
    assert all(answer == INACTIVE for answer in answers)
