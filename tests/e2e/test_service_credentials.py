"""The credentials of services, and who makes and deletes them (SPEC T10, N1, A1)."""

import json

import pytest

from support import jwt
from support.admin import platform_admin, tenant_admin, tenant_id, text_id
from support.audit import events
from support.client import Client, signed_in
from support.services import CLIENT, CREDENTIALS, SOMEBODY, ServiceClient, basic, create
from support.services import person, place, service  # pylint: disable=unused-import


def test_a_credential_is_made_listed_and_deleted(stack):
    """T10, A1, U6: the secret is shown this once."""
    tenant = stack.new_tenant()
    admin = tenant_admin(stack, tenant)
    made = create(admin, "Läden")
    assert set(made) == {"id", "name", "client_id", "client_secret", "created_at", "created_by"}
    assert made["name"] == "Läden" and made["client_id"] == made["id"]
    assert len(jwt.decode(made["client_secret"])) == 32
    assert made["created_by"] == stack.user_id(admin.user)
    secret = made.pop("client_secret")
    listed = admin.get(CREDENTIALS, expect=200)
    assert listed.json() == {"items": [made], "next_cursor": None}
    assert secret not in listed.text
    assert create(admin)["client_secret"] != secret
    admin.call("DELETE", f"{CREDENTIALS}/{made['id']}", expect=204)
    admin.call("DELETE", f"{CREDENTIALS}/{made['id']}", expect=(404, "not_found"))
    assert made["id"] not in admin.get(CREDENTIALS, expect=200).text
    for event, side, other in (("credential.created", "after_json", "before_json"),
                               ("credential.deleted", "before_json", "after_json")):
        rows = events(stack, made["id"], event)
        assert len(rows) == 1
        assert text_id(rows[0]["tenant_id"]) == tenant_id(stack, tenant)
        assert text_id(rows[0]["actor_id"]) == stack.user_id(admin.user)
        assert rows[0]["target_type"] == "credential" and rows[0]["actor_tenant_id"] is None
        assert json.loads(rows[0][side]) == {"name": "Läden"} and rows[0][other] is None


def test_the_list_has_pages(stack):
    """T10, API.md "Conventions"."""
    admin = tenant_admin(stack, stack.new_tenant())
    ids = [create(admin, f"Service {n}")["id"] for n in range(5)]
    for sort, expected in (("-created_at", ids[::-1]), ("created_at", ids)):
        seen, cursor = [], ""
        while cursor is not None:
            page = admin.get(f"{CREDENTIALS}?limit=2&sort={sort}"
                             + (f"&cursor={cursor}" if cursor else ""), expect=200).json()
            assert 1 <= len(page["items"]) <= 2
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert seen == expected
    default = admin.get(CREDENTIALS, expect=200).json()["items"]
    assert [item["id"] for item in default] == ids[::-1]
    for query in ("limit=0", "limit=201", "cursor=x", "sort=name", "q=x"):
        admin.get(f"{CREDENTIALS}?{query}", expect=(422, "validation_failed"))


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x" * 101}, {"name": None},
                                  {"name": 7}, {"name": "a\nb"},
                                  {"name": "x", "client_secret": "mine"},
                                  {"name": "x", "tenant_id": SOMEBODY}])
def test_a_bad_credential_is_not_made(stack, tenant, body):
    """E5: nobody chooses the secret or the tenant by the body."""
    tenant_admin(stack, tenant).post(CREDENTIALS, body, expect=(422, "validation_failed"))


def test_only_admins_have_to_do_with_credentials(stack, place, person):
    """T10, R4: whatever permissions somebody has."""
    everything = stack.new_role(place[0], "auth:*:*", name="Everything of auth")
    powerful = signed_in(stack, stack.new_user(place[0], roles=(everything,)))
    for client in (person, powerful):
        client.get(CREDENTIALS, expect=(403, "permission_denied"))
        client.post(CREDENTIALS, {"name": "x"}, expect=(403, "permission_denied"))
        client.call("DELETE", f"{CREDENTIALS}/{SOMEBODY}", expect=(403, "permission_denied"))
    Client(stack).get(CREDENTIALS, expect=(401, "authentication_required"))


def test_a_credential_does_not_administer(service):
    """T10: it asks about tokens, and nothing else."""
    for method, path in (("GET", CREDENTIALS), ("POST", CREDENTIALS), ("GET", "/auth/session"),
                         ("GET", "/auth/verify")):
        service.client.call(method, path, headers=basic(service.client_id, service.secret),
                            expect=(401, "authentication_required"))


def test_another_tenants_credentials(stack, service, place):
    """N1: foreign is missing; a platform administrator names the tenant."""
    other = stack.new_tenant()
    admin = tenant_admin(stack, other)
    foreign = tenant_id(stack, place[0])
    admin.call("DELETE", f"{CREDENTIALS}/{service.id}", expect=(404, "not_found"))
    admin.call("DELETE", f"{CREDENTIALS}/{service.id}?tenant_id={foreign}",
               expect=(403, "permission_denied"))
    assert admin.get(CREDENTIALS, expect=200).json()["items"] == []
    platform = platform_admin(stack)
    query = f"?tenant_id={tenant_id(stack, other)}"
    platform.call("DELETE", f"{CREDENTIALS}/{service.id}", expect=(404, "not_found"))
    platform.call("DELETE", f"{CREDENTIALS}/{service.id}{query}", expect=(404, "not_found"))
    made = create(platform, "From above", query)
    assert [item["id"] for item in admin.get(CREDENTIALS, expect=200).json()["items"]] == [
        made["id"]]
    row = events(stack, made["id"], "credential.created")[0]
    assert text_id(row["tenant_id"]) == tenant_id(stack, other)
    assert text_id(row["actor_tenant_id"]) == tenant_id(stack, stack.tenant)
    theirs = ServiceClient(stack, made)
    client = signed_in(stack, stack.new_user(other))
    assert theirs.introspect(client.access)["active"] is True
    platform.call("DELETE", f"{CREDENTIALS}/{made['id']}{query}", expect=204)
    theirs.introspect(client.access, expect=CLIENT[0])
