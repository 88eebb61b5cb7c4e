"""What API.md does not list for a body is refused in it, everywhere (FACTS "Mass assignment"; SPEC
E5, R4)."""

import secrets

import pytest

from support.admin import BCRYPT, Scene, my_id, platform_admin, rows_of, write_import
from support.client import describe, problem
from support.gatehouse import User, fresh_email, fresh_password
from support.openapi import SOMEBODY, document_of, example, fill, operations

ALL = "ALL_PERMISSIONS"


@pytest.fixture(scope="module")
def scene(stack):
    return Scene(stack)


FORBIDDEN = {
    "tenant_id": SOMEBODY, "is_tenant_admin": True, "is_platform_admin": True,
    "roles": ["Platform Administrator"], "email_verified": True, "permissions": [ALL],
    "status": "active", "id": SOMEBODY, "must_change_password": False}
LISTED = {  # where API.md lists one of these
    "POST /auth/users": {"is_tenant_admin"},
    "PATCH /auth/users/{id}": {"is_tenant_admin", "status"},
    "POST /auth/roles": {"permissions"},
    "PATCH /auth/roles/{id}": {"permissions"},
    "POST /auth/tenants": {"status"},
    "PATCH /auth/tenants/{id}": {"status"},
}


@pytest.mark.parametrize("name", sorted(FORBIDDEN))
def test_what_is_not_listed_is_refused_in_every_body(stack, scene, name):
    """FACTS "Mass assignment" (CVE-2025-61928), E5: on every JSON route, beside a body that would
    be carried out; nothing is changed, not even by what was good in it."""
    platform = platform_admin(stack)
    document = document_of(stack)
    ids = {"users": my_id(scene.plain), "roles": scene.sales_role, "tenants": scene.id}
    tables = ("users", "roles", "role_permissions", "user_roles", "tenants", "permissions",
              "service_credentials", "links", "outbox", "sessions")
    ignored = ("last_login_at", "last_active_at", "generation")
    before = rows_of(stack, *tables, without=ignored)
    tried = 0
    for operation in operations(stack):
        if not operation.takes_json or name in LISTED.get(operation.name, ()):
            continue
        path = fill(operation.template, somebody=ids.get(operation.template.split("/")[2],
                                                         SOMEBODY))
        body = good_body(document, operation, scene)
        assert name not in body, operation.name
        # An unlisted member inside an object within the body is refused as well.
        for sent in ({**body, name: FORBIDDEN[name]}, {name: FORBIDDEN[name]}):
            answer = platform.call(operation.method, path, sent)
            errors = problem(answer, 422, "validation_failed")["errors"]
            assert "/" + name in {error["pointer"] for error in errors}, describe(answer)
        tried += 1
    assert tried > 15
    after = rows_of(stack, *tables, without=ignored)
    for table in tables:
        assert after[table] == before[table], table


def good_body(document, operation, scene):
    body = example(document, operation.schema)
    known = {"email": fresh_email("mass"), "new_email": fresh_email("mass"),
             "tenant": scene.slug, "password": fresh_password(), "new_password": fresh_password(),
             "current_password": "wrong", "slug": f"mass-{secrets.token_hex(4)}",
             "role_ids": [], "name": f"Mass {secrets.token_hex(4)}"}
    properties = operation.schema.get("properties", {})
    body.update({key: value for key, value in known.items()
                 if key in body or (key in properties and key == "tenant")})
    if "checks" in body:
        body["checks"] = [{"permission": "sales:orders:view"}]
    return body


@pytest.mark.parametrize("path, body, pointer", [
    ("/auth/check", {"checks": [{"permission": "sales:orders:view", "tenant_id": SOMEBODY}]},
     "/checks/0/tenant_id"),
    ("/auth/login", {"email": "x@example.test", "password": "x",
                     "device": {"id": "x", "is_tenant_admin": True}}, "/device/is_tenant_admin")])
def test_nor_inside_of_an_object(stack, scene, path, body, pointer):
    """E5."""
    answer = scene.boss.post(path, body)
    errors = problem(answer, 422, "validation_failed")["errors"]
    assert pointer in {error["pointer"] for error in errors}


@pytest.mark.parametrize("name", sorted(set(FORBIDDEN) - {"roles"}))
def test_nor_in_an_import(stack, scene, tmp_path, name):
    """R4: "imports" named. The same names in a file of people: nothing is imported."""
    record = {"email": fresh_email("import"), "password_hash": BCRYPT, name: FORBIDDEN[name]}
    done = stack.cli("import", "users", "--tenant", scene.slug, write_import(tmp_path, record),
                     check=False)
    assert done.returncode != 0, done.stdout
    assert name in done.stderr + done.stdout
    assert stack.user_row(User(record["email"], "", scene.slug)) is None
