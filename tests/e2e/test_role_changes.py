"""Roles in use: what a change of them is to living tokens (SPEC R2, R3, T8)."""

import json

import pytest

from support.audit import events
from support.roles import by_hand, everywhere, new_role
from support.roles import (  # pylint: disable=unused-import
    chief, listed, place, root, stranger, system_role, word)


def test_a_role_in_use_is_not_deleted_silently(stack, place, chief):
    """R2."""
    role = new_role(chief, permissions=["sales:orders:view"])
    member = by_hand(chief, stack.new_user(place), role["name"])
    second = by_hand(chief, stack.new_user(place), role["name"])
    path = f"/auth/roles/{role['id']}"
    for query in ("", "?force=false"):
        chief.call("DELETE", path + query, expect=(409, "role_in_use"))
    chief.call("DELETE", path + "?force=maybe", expect=(422, "validation_failed"))
    member.verify(expect=204)
    assert not events(stack, role["id"], "role.deleted")
    chief.call("DELETE", path + "?force=true", expect=204)
    for client in (member, second):
        everywhere(client, "", 403)
        assert client.get("/auth/session", expect=200).json()["user"]["roles"] == []
    row, = events(stack, role["id"], "role.deleted")
    assert json.loads(row["before_json"])["unassigned_from"] == 2


@pytest.mark.parametrize("flushed", [False, True], ids=["healthy", "flushed"])
def test_a_changed_role_holds_for_the_next_verification(stack, cache, place, chief, flushed):
    """T8: on every worker, for the token that lives."""
    role = new_role(chief, permissions=["sales:orders:view"])
    member = by_hand(chief, stack.new_user(place), role["name"])
    path = f"/auth/roles/{role['id']}"

    def change(query, before, body, after):
        everywhere(member, query, before)
        chief.call("PATCH", path, body, expect=200)
        if flushed:
            cache.flush()
        everywhere(member, query, after)

    view, edit = "?permission=sales:orders:view", "?permission=sales:orders:edit"
    change(view, 204, {"permissions": ["sales:orders:edit"]}, 403)
    change(edit, 204, {"permissions": []}, 403)
    change(edit, 403, {"permissions": ["sales:*:*"]}, 204)
    change(f"?role={role['name']}", 204, {"name": role["name"] + " 2"}, 403)
    everywhere(member, f"?role={role['name']} 2", 204)
    assert member.verify(expect=204).headers["X-Auth-Roles"] == role["name"] + " 2"
    chief.call("DELETE", path + "?force=true", expect=204)
    if flushed:
        cache.flush()
    everywhere(member, "", 403)


def test_a_changed_system_role_holds_in_every_tenant(stack, root, chief, stranger, system_role,
                                                     listed):
    """T8, R3."""
    members = [by_hand(client, stack.new_user(client.user.tenant), system_role["name"])
               for client in (chief, stranger)]
    path = f"/auth/roles/{system_role['id']}"
    asked = f"?permission={listed}"
    for permissions, status in (([], 403), ([listed], 204), (["*:things:*"], 204), ([], 403)):
        root.call("PATCH", path, {"permissions": permissions}, expect=200)
        for member in members:
            everywhere(member, asked, status, rounds=6)
    root.call("DELETE", path, expect=(409, "role_in_use"))
    root.call("DELETE", path + "?force=true", expect=204)
    for member in members:
        everywhere(member, "", 403, rounds=6)


def test_a_description_voids_nobodys_proof(stack, place, chief):
    role = new_role(chief, permissions=["sales:orders:view"])
    generation = "SELECT generation FROM tenants WHERE slug = %s"
    before = stack.value(generation, place)
    chief.call("PATCH", f"/auth/roles/{role['id']}", {"description": "new"}, expect=200)
    assert stack.value(generation, place) == before
    chief.call("PATCH", f"/auth/roles/{role['id']}", {"permissions": []}, expect=200)
    assert stack.value(generation, place) == before + 1


@pytest.mark.parametrize("retry", ["PATCH", "DELETE"])
def test_a_retried_change_tells_the_cache_after_all(stack, place, chief, retry):
    """T8: the first try was committed, but its worker died before it told the cache."""
    asked = "/auth/verify?permission=sales:orders:view"
    role = new_role(chief, permissions=["sales:orders:view"])
    member = by_hand(chief, stack.new_user(place), role["name"])
    member.get(asked, expect=204)
    chief.verify(expect=204)  # so that the retry does not read the news on its own account
    database, key = stack.info["database"], role["id"].replace("-", "")
    gone = (f"DELETE FROM {database}.user_roles WHERE role_id = X'{key}';"
            f"DELETE FROM {database}.roles WHERE id = X'{key}';" if retry == "DELETE" else
            f"DELETE FROM {database}.role_permissions WHERE role_id = X'{key}';")
    stack.administer_database(
        gone + f"UPDATE {database}.tenants SET generation = generation + 1 WHERE slug = '{place}'")
    member.get(asked, expect=204)  # a proof, for a while
    if retry == "PATCH":
        chief.call("PATCH", f"/auth/roles/{role['id']}", {"permissions": []}, expect=200)
    else:
        chief.call("DELETE", f"/auth/roles/{role['id']}?force=true", expect=(404, "not_found"))
    member.get(asked, expect=403)
