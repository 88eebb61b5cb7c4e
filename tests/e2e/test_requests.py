"""What a request must be, where routes have it in common: an empty body, a tenant that is named
(API.md "Conventions", "Administration"; SPEC E5)."""

import pytest

from support.admin import tenant_admin
from support.client import Client, problem, signed_in
from support.openapi import operations

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def admin(stack):
    return signed_in(stack, stack.new_user(stack.tenant, flags=("--platform-admin",
                                                                "--tenant-admin")))


@pytest.fixture(scope="module")
def chief(stack):
    return tenant_admin(stack, stack.tenant)


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


LISTS = ("/auth/users", "/auth/roles", "/auth/login-attempts", "/auth/audit", "/auth/outbox",
         "/auth/permissions", "/auth/service-credentials")


@pytest.mark.parametrize("bad, code", [
    ("zz", "invalid_format"), ("", "invalid_format"), ("0" * 36, "invalid_format"),
    ("0" * 37, "too_long"), ("%00", "control_character")])
@pytest.mark.parametrize("path", LISTS)
def test_a_tenant_that_is_no_id(admin, path, bad, code):
    """API.md "Administration": the parameter is known, its value is not good."""
    document = problem(admin.get(f"{path}?tenant_id={bad}"), 422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in document["errors"]] == [("?tenant_id", code)]


def test_a_tenant_that_is_no_id_beside_other_mistakes(stack, admin):
    """E5: all problems at once; a parameter that is good is no mistake."""
    mine = admin.get("/auth/me").json()["tenant_id"]
    document = problem(admin.get("/auth/users?zzz=1&tenant_id=zz&limit=0&tenant_id=yy"), 422)
    assert {(e["pointer"], e["code"]) for e in document["errors"]} == {
        ("?zzz", "unknown_field"), ("?tenant_id", "invalid_format"), ("?limit", "too_small"),
        ("?tenant_id", "not_allowed")}
    document = problem(admin.get(f"/auth/users?tenant_id={mine}&tenant_id=zz"), 422)
    assert [e["pointer"] for e in document["errors"]] == ["?tenant_id"]
    # Where no tenant is administered there is no such parameter.
    document = problem(admin.get("/auth/me/sessions?tenant_id=zz"), 422)
    assert [e["code"] for e in document["errors"]] == ["unknown_field"]
    roleless = signed_in(stack, stack.new_user(stack.tenant))
    roleless.get("/auth/users?tenant_id=zz", expect=(403, "no_role_assigned"))


# A code has three segments of 1 to 60 characters (SPEC R1).
NO_CODES = ("a:b", "A:b:c", "a:b:*", "a:b:c:own", "a:b:c:d", "ALL_PERMISSIONS", "a::c", "a:b:",
            "a:b:" + "c" * 64, "a:b:%20", "a:b:%C3%A4", "a:b:%FF", "a:b:%01", "%7Bcode%7D", "x")


@pytest.mark.parametrize("code", NO_CODES)
def test_a_permission_that_is_none(stack, admin, chief, code):
    """R1, E5: 422 by the order of checks; there is nothing of that name to delete."""
    path = f"/auth/permissions/{code}"
    document = problem(admin.post(path, {"description": "x"}), 422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in document["errors"]] == [("/code", "invalid_format")]
    problem(admin.post(path), 422, "validation_failed")
    admin.call("DELETE", path, expect=(404, "not_found"))
    # What comes first, first.
    Client(stack).post(path, {}, expect=(401, "authentication_required"))
    Client(stack).call("DELETE", path, expect=(401, "authentication_required"))
    for method in ("POST", "DELETE"):
        chief.call(method, path, expect=(403, "permission_denied"))
    admin.post(path, data=b"x", headers={"Content-Type": "text/plain"},
               expect=(415, "unsupported_media_type"))
    admin.post(path, data=b"{", headers=JSON, expect=(400, "malformed_json"))
    admin.get(path, expect=(405, "method_not_allowed"))


def test_what_is_no_segment_at_all(admin):
    for path in ("/auth/permissions/", "/auth/permissions/a:b:c/d", "/auth/permissions/a%2Fb:c:d"):
        admin.post(path, expect=(404, "not_found"))
