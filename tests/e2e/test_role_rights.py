"""Who may do what with a role: no escalation, the system's roles, the wall between tenants (SPEC R2
to R4, N1, N3, A1)."""

import json
import uuid

from support.admin import PLATFORM_ADMINISTRATOR, tenant_id
from support.audit import events
from support.client import signed_in
from support.lists import pages
from support.roles import MANAGE, fresh_name, new_role
from support.roles import (  # pylint: disable=unused-import
    chief, listed, manager, place, root, stranger, system_role, word)


def test_only_with_the_permission_for_it(stack, place):
    """The route's own: view, create, edit, delete."""
    clerk = signed_in(stack, stack.new_user(place, roles=(
        stack.new_role(place, "auth:roles:view"),)))
    mine = clerk.get("/auth/roles", expect=200).json()["items"][0]["id"]
    clerk.get(f"/auth/roles/{mine}", expect=200)
    clerk.get("/auth/permissions", expect=200)
    clerk.post("/auth/roles", {"name": fresh_name()}, expect=(403, "permission_denied"))
    clerk.call("PATCH", f"/auth/roles/{mine}", {}, expect=(403, "permission_denied"))
    clerk.call("DELETE", f"/auth/roles/{mine}", expect=(403, "permission_denied"))
    other = signed_in(stack, stack.new_user(place, roles=(
        stack.new_role(place, "sales:orders:view"),)))
    other.get("/auth/roles", expect=(403, "permission_denied"))
    other.get("/auth/permissions", expect=(403, "permission_denied"))


# -- nobody escalates ------------------------------------------------------------------------------

def test_nobody_makes_a_role_of_more_than_they_hold(manager):
    """R4."""
    for allowed in (["sales:orders:view"], ["sales:orders:view:own"], ["auth:roles:edit"],
                    ["hr:employees:edit:own"], []):
        new_role(manager, permissions=allowed)
    for denied in (["sales:orders:delete"], ["sales:*:view"], ["*:*:*"], ["ALL_PERMISSIONS"],
                   ["hr:employees:edit"], ["sales:orders:view", "auth:users:view"],
                   ["*:*:*:own"]):
        manager.post("/auth/roles", {"name": fresh_name(), "permissions": denied},
                     expect=(403, "escalation"))


def test_nobody_touches_a_role_of_more_than_they_hold(chief, manager):
    """R4: not to add, not to take away, not even its description."""
    strong = new_role(chief, permissions=["sales:orders:delete", "sales:orders:view"])
    path = f"/auth/roles/{strong['id']}"
    for change in ({"permissions": []}, {"permissions": ["sales:orders:view"]},
                   {"name": fresh_name()}, {"description": "mine"}):
        manager.call("PATCH", path, change, expect=(403, "escalation"))
    manager.call("DELETE", path, expect=(403, "escalation"))
    manager.call("DELETE", path + "?force=true", expect=(403, "escalation"))
    assert chief.get(path, expect=200).json() == strong
    weak = new_role(chief, permissions=["sales:orders:view"])
    path = f"/auth/roles/{weak['id']}"
    manager.call("PATCH", path, {"permissions": ["sales:orders:edit"]}, expect=(403, "escalation"))
    manager.call("PATCH", path, {"permissions": ["sales:orders:view:own"]}, expect=200)
    manager.call("DELETE", path, expect=204)


def test_nobody_edits_their_own_role_upwards(stack, place, manager):
    """R4: the way in that everybody tries first."""
    mine = next(r for r in pages(manager, "/auth/roles?limit=200")
                if set(MANAGE) < set(r["permissions"]))
    path = f"/auth/roles/{mine['id']}"
    manager.call("PATCH", path, {"permissions": [*mine["permissions"], "sales:orders:delete"]},
                 expect=(403, "escalation"))
    manager.call("PATCH", path, {"permissions": ["ALL_PERMISSIONS"]}, expect=(403, "escalation"))
    everything = signed_in(stack, stack.new_user(place, roles=(
        stack.new_role(place, "ALL_PERMISSIONS"),)))
    new_role(everything, permissions=["ALL_PERMISSIONS"])
    everything.post("/auth/roles", {"name": fresh_name(), "permissions": [], "system": True},
                    expect=(403, "permission_denied"))


# -- the system's roles ----------------------------------------------------------------------------

def test_system_roles_are_everybodys_to_see_and_platform_administrators_to_change(
        stack, root, chief, manager, system_role):
    """R2, R3."""
    assert system_role["tenant_id"] is None
    path = f"/auth/roles/{system_role['id']}"
    assert chief.get(path, expect=200).json() == system_role
    assert system_role in pages(chief, "/auth/roles?limit=200")
    for client in (chief, manager):
        client.post("/auth/roles", {"name": fresh_name(), "permissions": [], "system": True},
                    expect=(403, "permission_denied"))
        client.call("PATCH", path, {"description": "mine"}, expect=(403, "permission_denied"))
        client.call("DELETE", path, expect=(403, "permission_denied"))
    assert new_role(chief, system=False)["tenant_id"] is not None
    changed = root.call("PATCH", path, {"description": "ours", "permissions": []},
                        expect=200).json()
    assert chief.get(path, expect=200).json() == changed
    home = uuid.UUID(tenant_id(stack, stack.tenant)).bytes
    for row in events(stack, system_role["id"]):
        assert row["tenant_id"] == home, "recorded where the administrator is"


def test_a_system_role_made_from_abroad_is_recorded_at_home(stack, place, root):
    """A1: whatever tenant the query names, the role is nobody's."""
    made = root.post(f"/auth/roles?tenant_id={tenant_id(stack, place)}",
                     {"name": fresh_name(), "permissions": [], "system": True}, expect=201).json()
    assert made["tenant_id"] is None
    root.call("DELETE", f"/auth/roles/{made['id']}?tenant_id={tenant_id(stack, place)}",
              expect=204)
    rows = events(stack, made["id"])
    assert [row["event"] for row in rows] == ["role.created", "role.deleted"]
    assert {str(uuid.UUID(bytes=row["tenant_id"])) for row in rows} == {
        tenant_id(stack, stack.tenant)}


def test_the_platform_administrators_role_is_fixed(root, chief):
    path = f"/auth/roles/{PLATFORM_ADMINISTRATOR}"
    before = chief.get(path, expect=200).json()
    assert before["permissions"] == ["ALL_PERMISSIONS"] and before["tenant_id"] is None
    for client in (root, chief):
        client.call("PATCH", path, {"description": "x"}, expect=(403, "permission_denied"))
        client.call("PATCH", path, {}, expect=(403, "permission_denied"))
        client.call("DELETE", path, expect=(403, "permission_denied"))
        client.call("DELETE", path + "?force=true", expect=(403, "permission_denied"))
    assert chief.get(path, expect=200).json() == before


# -- the wall between tenants ----------------------------------------------------------------------

def same_but_for_the_request(one, two):
    assert one.status_code == two.status_code
    documents = [answer.json() for answer in (one, two)]
    for document in documents:
        del document["request_id"]
    assert json.dumps(documents[0]) == json.dumps(documents[1])
    names = [sorted(n for n in a.headers if n not in ("Date", "X-Request-Id")) for a in (one, two)]
    assert names[0] == names[1]


def test_a_foreign_role_is_a_missing_one(chief, stranger):
    """N1."""
    theirs = new_role(stranger, permissions=["sales:orders:view"])
    missing = str(uuid.uuid4())
    for method, body, tail in (("GET", None, ""), ("DELETE", None, ""),
                               ("DELETE", None, "?force=true"),
                               ("PATCH", {"name": "mine"}, ""),
                               ("PATCH", {"permissions": ["no:such:thing"]}, "")):
        fields = {} if body is None else {"body": body}
        answers = [chief.call(method, f"/auth/roles/{one}{tail}", **fields)
                   for one in (theirs["id"], missing)]
        assert answers[0].status_code == 404
        same_but_for_the_request(*answers)
    assert stranger.get(f"/auth/roles/{theirs['id']}", expect=200).json() == theirs
    assert theirs["id"] not in [r["id"] for r in pages(chief, "/auth/roles?limit=200")]


def test_platform_administrators_name_a_tenant_and_nobody_else_does(stack, place, root, chief,
                                                                    manager, stranger):
    """N1, N3: ?tenant_id=."""
    there = tenant_id(stack, place)
    made = root.post(f"/auth/roles?tenant_id={there}",
                     {"name": fresh_name(), "permissions": ["sales:orders:view"]},
                     expect=201).json()
    assert made["tenant_id"] == there
    path = f"/auth/roles/{made['id']}"
    assert chief.get(path, expect=200).json() == made
    root.get(path, expect=(404, "not_found"))
    root.get(f"{path}?tenant_id={there}", expect=200)
    assert made in pages(root, f"/auth/roles?limit=200&tenant_id={there}")
    assert made not in pages(root, "/auth/roles?limit=200")
    changed = root.call("PATCH", f"{path}?tenant_id={there}", {"description": "from above"},
                        expect=200).json()
    assert changed["description"] == "from above"
    rows = events(stack, made["id"])
    assert [row["event"] for row in rows] == ["role.created", "role.updated"]
    for row in rows:
        assert row["tenant_id"] == uuid.UUID(there).bytes
        assert row["actor_tenant_id"] == uuid.UUID(tenant_id(stack, stack.tenant)).bytes
    for client in (stranger, signed_in(stack, stack.new_user(roles=(
            stack.new_role(stack.tenant, "ALL_PERMISSIONS"),)))):
        client.get(f"/auth/roles?tenant_id={there}", expect=(403, "permission_denied"))
        client.post(f"/auth/roles?tenant_id={there}", {"name": fresh_name()},
                    expect=(403, "permission_denied"))
        client.call("DELETE", f"{path}?tenant_id={there}", expect=(403, "permission_denied"))
    manager.get(f"/auth/roles?tenant_id={there}", expect=200)
    root.get(f"/auth/roles?tenant_id={uuid.uuid4()}", expect=(404, "not_found"))
    root.call("DELETE", f"{path}?tenant_id={there}", expect=204)
