"""The catalogue of permissions (SPEC R1, R5, T8, A1)."""

import json
import secrets
import uuid

from support.admin import tenant_id
from support.audit import events
from support.client import twin
from support.lists import pages
from support.parallel import together
from support.roles import by_hand, everywhere, fresh_name, new_role
from support.roles import (  # pylint: disable=unused-import
    chief, listed, manager, place, root, stranger, system_role, word)


def test_a_permission_from_its_making_to_its_end(stack, root, chief, word):
    """R5."""
    code = f"{word}:things:view"
    made = root.post(f"/auth/permissions/{code}", {"description": "See things"}, expect=201).json()
    assert made == {"code": code, "description": "See things", "created_at": made["created_at"],
                    "created_by": stack.user_id(root.user)}
    root.post(f"/auth/permissions/{code}", expect=(409, "already_exists"))
    assert made in pages(chief, "/auth/permissions?limit=200")
    root.call("DELETE", f"/auth/permissions/{code}", expect=204)
    root.call("DELETE", f"/auth/permissions/{code}", expect=(404, "not_found"))
    assert made not in pages(chief, "/auth/permissions?limit=200")
    again = root.post(f"/auth/permissions/{code}", expect=201).json()
    assert again["description"] is None
    root.call("DELETE", f"/auth/permissions/{code}", expect=204)
    home = uuid.UUID(tenant_id(stack, stack.tenant)).bytes
    rows = events(stack, code)
    assert [row["event"] for row in rows] == ["permission.created", "permission.deleted"] * 2
    assert {row["tenant_id"] for row in rows} == {home}
    assert {row["target_type"] for row in rows} == {"permission"}
    assert json.loads(rows[0]["after_json"]) == {"code": code, "description": "See things"}
    assert json.loads(rows[1]["before_json"]) == {"code": code, "description": "See things",
                                                  "roles": []}


def test_the_catalogue_is_platform_administrators_to_change(chief, manager, word):
    for client in (chief, manager):
        client.post(f"/auth/permissions/{word}:a:b", expect=(403, "permission_denied"))
        client.call("DELETE", "/auth/permissions/sales:orders:view",
                    expect=(403, "permission_denied"))


def test_what_is_no_code(root, word):
    for bad in (f"{word}:a", f"{word}:a:*", f"{word}:a:b:own", f"{word}:A:b", "ALL_PERMISSIONS",
                f"{word}:a:b:c", f"{'a' * 61}:a:b"):
        root.post(f"/auth/permissions/{bad}", expect=(422, "validation_failed"))
        root.call("DELETE", f"/auth/permissions/{bad}", expect=(404, "not_found"))
    root.post(f"/auth/permissions/{word}:a:b", {"description": "d" * 501},
              expect=(422, "validation_failed"))
    root.post(f"/auth/permissions/{word}:a:b", {"code": "x"}, expect=(422, "validation_failed"))


def test_the_longest_code_there_is(stack, root):
    """182 characters, also in the audit log."""
    code = ":".join(secrets.token_hex(30) for _ in range(3))
    root.post(f"/auth/permissions/{code}", expect=201)
    root.call("DELETE", f"/auth/permissions/{code}", expect=204)
    assert len(events(stack, code)) == 2


def test_the_catalogue_in_both_orders_page_by_page(root, word):
    codes = [f"{word}:{n}:view" for n in ("a", "b", "c")]
    for code in codes:
        root.post(f"/auth/permissions/{code}", expect=201)
    try:
        up = [p["code"] for p in pages(root, "/auth/permissions?limit=200")]
        assert up == sorted(up) and set(codes) < set(up) and "sales:orders:view" in up
        assert [p["code"] for p in pages(root, "/auth/permissions?limit=7&sort=code")] == up
        assert [p["code"] for p in pages(root, "/auth/permissions?limit=7&sort=-code")] == up[::-1]
    finally:
        for code in codes:
            root.call("DELETE", f"/auth/permissions/{code}", expect=204)


def test_a_permission_that_goes_leaves_every_role(stack, root, chief, stranger, system_role,
                                                  listed, word):
    """The code and its `:own` form, in all tenants, at once; wildcards stay, and give nothing."""
    holders = [new_role(chief, permissions=[listed, "sales:orders:view"]),
               new_role(stranger, permissions=[listed + ":own"]), system_role]
    wide = new_role(chief, permissions=[f"{word}:*:*"])
    member = by_hand(chief, stack.new_user(chief.user.tenant), holders[0]["name"])
    abroad = by_hand(stranger, stack.new_user(stranger.user.tenant), system_role["name"])
    for client in (member, abroad):
        everywhere(client, f"?permission={listed}", 204, rounds=4)
    root.call("DELETE", f"/auth/permissions/{listed}", expect=204)
    for client in (member, abroad):
        everywhere(client, f"?permission={listed}", 403)
    member.get("/auth/verify?permission=sales:orders:view", expect=204)
    now = chief.get(f"/auth/roles/{holders[0]['id']}", expect=200).json()
    assert now["permissions"] == ["sales:orders:view"]
    assert now["updated_by"] == stack.user_id(root.user)
    assert now["updated_at"] > holders[0]["updated_at"]
    for client, role in ((stranger, holders[1]), (root, holders[2])):
        role = client.get(f"/auth/roles/{role['id']}", expect=200).json()
        assert role["permissions"] == []
    assert chief.get(f"/auth/roles/{wide['id']}", expect=200).json() == wide
    chief.post("/auth/roles", {"name": fresh_name(), "permissions": [f"{word}:*:*"]},
               expect=(422, "unknown_permission"))
    row, = events(stack, listed, "permission.deleted")
    lost = {role["id"]: role["tenant_id"] for role in json.loads(row["before_json"])["roles"]}
    assert lost == {role["id"]: role["tenant_id"] for role in holders}


def test_a_role_never_ends_up_with_what_the_catalogue_lost(root, chief, word):
    """A deletion and roles that take the code up, at the same moment."""
    code, other = f"{word}:things:view", twin(chief)
    for _ in range(6):
        root.post(f"/auth/permissions/{code}", expect=201)
        role = new_role(chief)
        answers = together([
            lambda: root.call("DELETE", f"/auth/permissions/{code}"),
            lambda: chief.post("/auth/roles", {"name": fresh_name(), "permissions": [code]}),
            lambda r=role: other.call("PATCH", f"/auth/roles/{r['id']}",
                                      {"permissions": [code]})])
        assert answers[0].status_code == 204
        assert answers[1].status_code in (201, 422) and answers[2].status_code in (200, 422)
        for found in pages(chief, "/auth/roles?limit=200"):
            assert code not in found["permissions"]
