"""A role: what it may be and hold, its name, its trace (SPEC R1, R2, R5, A1, A4; API.md
"Administration")."""

import json
import secrets
import time
import uuid

import pytest

from support.admin import PLATFORM_ADMINISTRATOR, tenant_id
from support.audit import events
from support.client import signed_in, twin
from support.lists import pages
from support.parallel import together
from support.roles import MANAGE, fresh_name, new_role
from support.roles import (  # pylint: disable=unused-import
    chief, listed, manager, place, root, stranger, system_role, word)

MEMBERS = {"id", "tenant_id", "name", "description", "permissions", "created_at", "created_by",
           "updated_at", "updated_by"}


# -- one role --------------------------------------------------------------------------------------

def test_a_role_from_its_making_to_its_end(stack, place, chief):
    """R2, U6."""
    name = fresh_name()
    made = chief.post("/auth/roles", {
        "name": name, "description": "Sells", "permissions": [
            "sales:orders:view", "sales:*:edit:own", "sales:orders:view"]}, expect=201).json()
    me = stack.user_id(chief.user)
    assert set(made) == MEMBERS
    assert made["name"] == name and made["description"] == "Sells"
    assert made["permissions"] == ["sales:*:edit:own", "sales:orders:view"], "sorted, each once"
    assert made["tenant_id"] == tenant_id(stack, place)
    assert made["created_by"] == made["updated_by"] == me
    assert made["created_at"] == made["updated_at"]
    path = f"/auth/roles/{made['id']}"
    assert chief.get(path, expect=200).json() == made
    assert made in pages(chief, "/auth/roles?limit=200")

    changed = chief.call("PATCH", path, {"description": None, "permissions": []},
                         expect=200).json()
    assert changed["description"] is None and changed["permissions"] == []
    assert changed["name"] == name and changed["created_at"] == made["created_at"]
    assert changed["updated_at"] > made["updated_at"]
    assert chief.get(path, expect=200).json() == changed
    assert chief.call("PATCH", path, {}, expect=200).json() == changed
    assert chief.call("PATCH", path, {"name": name, "permissions": []},
                      expect=200).json() == changed, "nothing changed, nothing written"
    renamed = chief.call("PATCH", path, {"name": name + "!"}, expect=200).json()
    assert renamed["name"] == name + "!"

    chief.call("DELETE", path, expect=204)
    chief.get(path, expect=(404, "not_found"))
    chief.call("PATCH", path, {"name": "again"}, expect=(404, "not_found"))
    chief.call("DELETE", path, expect=(404, "not_found"))


def test_the_least_that_a_role_needs(chief):
    made = new_role(chief)
    assert made["description"] is None and made["permissions"] == []


@pytest.mark.parametrize("body, pointer", [
    ({}, "/name"),
    ({"name": ""}, "/name"),
    ({"name": "a,b"}, "/name"),
    ({"name": "a\u0007b"}, "/name"),
    ({"name": "n" * 65}, "/name"),
    ({"name": None}, "/name"),
    ({"name": "ok"}, "/permissions"),
    ({"name": "ok", "permissions": ["nonsense"]}, "/permissions/0"),
    ({"name": "ok", "permissions": ["sales:orders:view", "Sales:orders:view"]}, "/permissions/1"),
    ({"name": "ok", "permissions": None}, "/permissions"),
    ({"name": "ok", "tenant_id": PLATFORM_ADMINISTRATOR}, "/tenant_id"),
    ({"name": "ok", "created_by": PLATFORM_ADMINISTRATOR}, "/created_by"),
])
def test_what_a_role_cannot_be(chief, body, pointer):
    """E5, API.md: permissions are named, also where there are none; a role name has 1 to 64
    characters, no comma, no control character."""
    problem = chief.post("/auth/roles", body, expect=(422, "validation_failed")).json()
    assert pointer in [error["pointer"] for error in problem["errors"]]


def test_a_name_as_long_as_may_be(chief):
    assert new_role(chief, name="ñ" * 52 + secrets.token_hex(6))["name"].startswith("ñ")


# -- lists -----------------------------------------------------------------------------------------

def test_the_list_in_every_order_page_by_page(stack, root):
    """API.md "Conventions": limit, cursor, sort."""
    tenant = stack.new_tenant("list")
    client = signed_in(stack, stack.new_user(tenant, flags=("--tenant-admin",)))
    names = ["b", "ä", "B", "a", "c"]
    for name in names:
        new_role(client, name=name, permissions=["sales:orders:view"] if name == "b" else [])
    names += [role["name"] for role in pages(root, "/auth/roles?limit=200")
              if role["tenant_id"] is None]
    by_name = sorted(names, key=lambda name: name.encode())
    assert [r["name"] for r in client.get("/auth/roles", expect=200).json()["items"]] == by_name
    for limit in (1, 2, 200):
        for sort, expected in (("name", by_name), ("-name", by_name[::-1])):
            found = pages(client, f"/auth/roles?limit={limit}&sort={sort}")
            assert [role["name"] for role in found] == expected, (limit, sort)
        created = [role["created_at"]
                   for role in pages(client, f"/auth/roles?limit={limit}&sort=-created_at")]
        assert created == sorted(created, reverse=True) and len(created) == len(names)
    for role in pages(client, "/auth/roles?limit=2"):
        assert role == client.get(f"/auth/roles/{role['id']}", expect=200).json()


def test_a_list_query_that_is_none(chief):
    cursor = chief.get("/auth/roles?limit=1", expect=200).json()["next_cursor"]
    for query in ("limit=0", "limit=201", "sort=permissions", "cursor=!", "nonsense=1",
                  f"sort=-created_at&cursor={cursor}"):
        chief.get(f"/auth/roles?{query}", expect=(422, "validation_failed"))
    for query in ("sort=description", "cursor=AAAA", "limit=x"):
        chief.get(f"/auth/permissions?{query}", expect=(422, "validation_failed"))


# -- what a role may hold --------------------------------------------------------------------------

def test_only_what_the_catalogue_lists(chief, listed, word):
    """R1, R5: codes, wildcards that match something, `:own` forms, ALL_PERMISSIONS; the others are
    named one by one, and nothing is done."""
    good = [listed, listed + ":own", f"{word}:*:view", f"{word}:*:*:own", "*:things:*", "*:*:*",
            "ALL_PERMISSIONS"]
    role = new_role(chief, permissions=good)
    assert role["permissions"] == sorted(good)
    bad = [listed, f"{word}:things:edit", f"{word}:*:edit", listed + ":own", "*:nowhere:*",
           f"{word}:things:edit"]
    name = fresh_name()
    path = f"/auth/roles/{role['id']}"
    for answer in (chief.post("/auth/roles", {"name": name, "permissions": bad}),
                   chief.call("PATCH", path, {"permissions": bad})):
        assert answer.status_code == 422
        problem = answer.json()
        assert problem["code"] == "unknown_permission"
        assert [e["pointer"] for e in problem["errors"]] == [
            "/permissions/1", "/permissions/2", "/permissions/4", "/permissions/5"]
        assert {e["code"] for e in problem["errors"]} == {"unknown_permission"}
    assert chief.get(path, expect=200).json() == role
    assert name not in [r["name"] for r in pages(chief, "/auth/roles?limit=200")]


def test_thousands_of_permissions(stack, place, root, word):
    """API.md: "A role may hold thousands of permissions": made by somebody who holds as many, read
    and listed without a query each."""
    codes = sorted(f"{word}:r{n}:v" for n in range(2000))
    database = stack.info["database"]
    values = ",".join(f"('{code}', UTC_TIMESTAMP(6))" for code in codes)
    stack.administer_database(f"INSERT INTO {database}.permissions (code, created_at) "
                              f"VALUES {values}")
    try:
        slug = tenant_id(stack, place)
        large = root.post(f"/auth/roles?tenant_id={slug}",
                          {"name": fresh_name(), "permissions": codes}, expect=201).json()
        member = stack.new_user(place, roles=(stack.new_role(place, *MANAGE), large["name"]))
        client = signed_in(stack, member)
        start = time.monotonic()
        copy = new_role(client, permissions=[code + ":own" for code in codes])
        changed = client.call("PATCH", f"/auth/roles/{copy['id']}", {"permissions": codes},
                              expect=200).json()
        found = [r for r in pages(client, "/auth/roles?limit=200") if r["id"] == copy["id"]]
        took = time.monotonic() - start
        assert changed["permissions"] == codes and found == [changed]
        client.get(f"/auth/verify?permission={codes[1234]}", expect=204)
        assert took < 5, took
    finally:
        stack.administer_database(
            f"DELETE FROM {database}.role_permissions WHERE permission LIKE '{word}:%';"
            f"DELETE FROM {database}.permissions WHERE code LIKE '{word}:%'")


# -- names -----------------------------------------------------------------------------------------

def test_a_name_is_borne_once_in_a_tenant(chief, stranger):
    name = fresh_name()
    first = new_role(chief, name=name)
    chief.post("/auth/roles", {"name": name, "permissions": []}, expect=(409, "already_exists"))
    other = new_role(chief)
    chief.call("PATCH", f"/auth/roles/{other['id']}", {"name": name},
               expect=(409, "already_exists"))
    assert chief.get(f"/auth/roles/{other['id']}", expect=200).json() == other
    new_role(chief, name=name.upper())
    new_role(stranger, name=name)
    chief.call("DELETE", f"/auth/roles/{first['id']}", expect=204)
    new_role(chief, name=name)


def test_no_tenant_role_has_a_system_roles_name(root, chief, system_role):
    """R7: GATEHOUSE_REQUIRE_ROLE names a role by its name alone."""
    mine = new_role(chief)
    for name in ("Platform Administrator", system_role["name"]):
        chief.post("/auth/roles", {"name": name, "permissions": []},
                   expect=(409, "already_exists"))
        chief.call("PATCH", f"/auth/roles/{mine['id']}", {"name": name},
                   expect=(409, "already_exists"))
    root.post("/auth/roles", {"name": mine["name"], "permissions": [], "system": True},
              expect=(409, "already_exists"))
    root.post("/auth/roles", {"name": system_role["name"], "permissions": [], "system": True},
              expect=(409, "already_exists"))
    root.call("PATCH", f"/auth/roles/{system_role['id']}", {"name": mine["name"]},
              expect=(409, "already_exists"))
    assert root.get(f"/auth/roles/{system_role['id']}", expect=200).json() == system_role


def test_the_race_for_a_name_has_one_winner(root, chief, stranger):
    """In one tenant, and between tenants and the system, where no key of the database helps."""
    other = twin(chief)
    for _ in range(8):
        name = fresh_name()
        body = {"name": name, "permissions": []}
        answers = together([
            lambda: root.post("/auth/roles", {**body, "system": True}),
            lambda: chief.post("/auth/roles", body),
            lambda: other.post("/auth/roles", body),
            lambda: stranger.post("/auth/roles", body)])
        codes = [answer.status_code for answer in answers]
        assert set(codes) <= {201, 409}, codes
        made = [answer.json() for answer in answers if answer.status_code == 201]
        owners = [role["tenant_id"] for role in made]
        assert made and len(set(owners)) == len(owners), codes
        assert len(made) == 1 or None not in owners, codes
        for client, answer in zip((root, chief, chief, stranger), answers):
            if answer.status_code == 201:
                client.call("DELETE", f"/auth/roles/{answer.json()['id']}", expect=204)


# -- audit, Idempotency-Key, command line ----------------------------------------------------------

def test_every_change_is_one_event_with_before_and_after(stack, place, chief):
    """A1."""
    role = new_role(chief, description="old", permissions=["sales:orders:view"])
    path = f"/auth/roles/{role['id']}"
    chief.call("PATCH", path, {"description": "new", "permissions": ["sales:orders:edit"]},
               expect=200)
    chief.call("PATCH", path, {"description": "new"}, expect=200)
    chief.call("PATCH", path, {"name": "a,b"}, expect=422)
    answer = chief.call("DELETE", path, expect=204)
    created, updated, deleted = events(stack, role["id"])
    assert [row["event"] for row in (created, updated, deleted)] == [
        "role.created", "role.updated", "role.deleted"]
    whole = {"name": role["name"], "description": "old", "permissions": ["sales:orders:view"]}
    assert created["before_json"] is None and json.loads(created["after_json"]) == whole
    assert json.loads(updated["before_json"]) == {"description": "old",
                                                  "permissions": ["sales:orders:view"]}
    assert json.loads(updated["after_json"]) == {"description": "new",
                                                 "permissions": ["sales:orders:edit"]}
    assert json.loads(deleted["before_json"]) == {
        **whole, "description": "new", "permissions": ["sales:orders:edit"], "unassigned_from": 0}
    assert deleted["after_json"] is None
    assert deleted["request_id"] == answer.headers["X-Request-Id"]
    for row in (created, updated, deleted):
        assert row["target_type"] == "role" and row["ip"] == chief.ip
        assert str(uuid.UUID(bytes=row["actor_id"])) == stack.user_id(chief.user)
        assert str(uuid.UUID(bytes=row["tenant_id"])) == tenant_id(stack, place)
        assert row["actor_tenant_id"] is None


def test_an_idempotency_key_makes_one_role(stack, chief, manager):
    """API.md "Conventions"."""
    body = {"name": fresh_name(), "permissions": ["sales:orders:view"]}
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    first = chief.post("/auth/roles", body, headers=headers, expect=201)
    again = chief.post("/auth/roles", body, headers=headers, expect=201)
    assert again.content == first.content
    assert len(events(stack, first.json()["id"])) == 1
    assert chief.get(f"/auth/roles/{first.json()['id']}", expect=200).content == first.content
    chief.post("/auth/roles", {**body, "name": fresh_name()}, headers=headers,
               expect=(422, "idempotency_key_reused"))
    manager.post("/auth/roles", body, headers=headers, expect=(409, "already_exists"))
    chief.post("/auth/roles", body, expect=(409, "already_exists"))
    body["name"] = fresh_name()
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    answers = together([lambda c=twin(chief): c.post("/auth/roles", body, headers=headers)
                        for _ in range(4)])
    made = {answer.content for answer in answers if answer.status_code == 201}
    assert len(made) == 1
    for answer in answers:
        assert answer.status_code == 201 or answer.json()["code"] == "idempotency_in_progress"


def test_the_command_line_follows_the_same_rules(stack, place, chief, system_role, word):
    """A4."""
    def fails(*args, say):
        done = stack.cli("role", "create", "--tenant", place, *args, check=False)
        assert done.returncode != 0 and say in done.stderr, done.stderr

    fails(fresh_name(), "--permission", "sales:orders:view", "--permission", f"{word}:no:such",
          say=f"{word}:no:such")
    fails(fresh_name(), "--permission", "Sales:x:y", say="Sales:x:y")
    fails("Platform Administrator", say="Platform Administrator")
    fails(system_role["name"], say=system_role["name"])
    fails(system_role["name"], "--if-missing", say=system_role["name"])
    name = stack.new_role(place, "sales:*:view", "sales:*:view", "sales:orders:edit:own")
    fails(name, say="already")
    stack.cli("role", "create", "--tenant", place, "--if-missing", name)
    made = next(r for r in pages(chief, "/auth/roles?limit=200") if r["name"] == name)
    assert made["permissions"] == ["sales:*:view", "sales:orders:edit:own"]
    row, = events(stack, made["id"])
    assert row["event"] == "role.created" and row["actor_id"] is None
    assert json.loads(row["after_json"])["permissions"] == made["permissions"]
