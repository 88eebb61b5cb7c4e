"""What a request must be, where routes have it in common: an empty body, a tenant that is named
(API.md "Conventions", "Administration"; SPEC E5)."""

import pytest

from support.client import Client, signed_in
from support.openapi import operations

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def admin(stack):
    return signed_in(stack, stack.new_user(stack.tenant, flags=("--platform-admin",
                                                                "--tenant-admin")))


def optional_bodies(stack):
    return [operation for operation in operations(stack)
            if operation.takes_json and not operation.schema.get("required")]


def test_an_empty_patch_is_no_patch(stack, admin):
    """API.md: 400 for an "empty body where one is due"; 415 before it; {} is a body."""
    patches = [op for op in operations(stack) if op.method == "PATCH"]
    assert len(patches) >= 5
    for operation in patches:
        assert operation.required, operation.name
        for headers in ({}, JSON):
            admin.call("PATCH", operation.path, data=b"", headers=headers,
                       expect=(400, "malformed_json"))
        admin.call("PATCH", operation.path, data=b"", headers={"Content-Type": "text/plain"},
                   expect=(415, "unsupported_media_type"))
        Client(stack).call("PATCH", operation.path, expect=(401, "authentication_required"))
    assert admin.call("PATCH", "/auth/me", {}, expect=200).json()["email"] == admin.user.email
    tenant = admin.get("/auth/me").json()["tenant_id"]
    admin.call("PATCH", f"/auth/tenants/{tenant}/settings", {}, expect=200)


def test_where_a_route_needs_no_body_an_empty_one_needs_no_content_type(stack, admin):
    """API.md: of POST and DELETE, whose fields are all optional."""
    optional = [op for op in optional_bodies(stack) if op.method in ("POST", "DELETE")]
    assert optional
    for operation in optional:
        assert not operation.required, operation.name
    person = signed_in(stack, stack.new_user(stack.tenant))
    person.post("/auth/logout-all", expect=204)
    # Here the password and the token are due, by rules of their own.
    admin.call("DELETE", "/auth/me", expect=(400, "malformed_json"))
    Client(stack).post("/auth/refresh", data=b"", expect=(400, "malformed_json"))
