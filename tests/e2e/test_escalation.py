"""Nobody grants what they do not hold (SPEC R3, R4; API.md "Administration"): every way that one
would try. At random: test_escalation_random.py."""

import secrets

import pytest

from support.admin import (PLATFORM_ADMINISTRATOR, BCRYPT, Scene, give, holder, must_change, my_id,
                           new_person, new_role, platform_admin, raw_id, rows_of, tenant_admin,
                           tenant_id, text_id, write_import)
from support.client import Client, describe, problem, signed_in
from support.gatehouse import User, fresh_email

ALL = "ALL_PERMISSIONS"


@pytest.fixture
def scene(stack):
    return Scene(stack)


@pytest.fixture(scope="module")
def calm(stack):
    """One for all tests that are refused everything."""
    return Scene(stack)


def unchanged(stack, slug, ask, *expect):
    """Asks, and holds the people and roles of the tenant against what they were before."""
    tables = ("users", "roles", "role_permissions", "user_roles", "tenants")
    before = rows_of(stack, *tables, without=("last_login_at", "updated_at", "generation"))
    answer = ask()
    problem(answer, *expect)
    mine = raw_id(tenant_id(stack, slug))
    after = rows_of(stack, *tables, without=("last_login_at", "updated_at", "generation"))
    for table in tables:
        for side in (before, after):
            side[table] = [r for r in side[table] if r.get("tenant_id", r.get("id")) == mine
                           or table in ("role_permissions", "user_roles")]
    assert before == after, describe(answer)


@pytest.mark.parametrize("grants", [
    ["sales:orders:view"], ["sales:orders:view:own"], ["*:*:*"], ["auth:*:*"], ["*:users:edit"],
    [ALL], ["auth:users:edit", "sales:orders:view"], ["*:*:*:own"], ["auth:*:view"]])
def test_a_role_may_not_be_given_what_its_editor_lacks(stack, calm, grants):
    """R4: neither by creating nor by editing one, one's own included."""
    mine = new_role(calm.manager, "auth:users:view")
    own = stack.value("SELECT r.role_id FROM user_roles r WHERE r.user_id = %s",
                      raw_id(my_id(calm.manager)))
    for path, method in (("/auth/roles", "POST"), (f"/auth/roles/{mine}", "PATCH"),
                         (f"/auth/roles/{text_id(own)}", "PATCH")):
        body = {"permissions": grants}
        if method == "POST":
            body["name"] = f"More {secrets.token_hex(4)}"
        unchanged(stack, calm.slug, lambda: calm.manager.call(method, path, body),
                  403, "escalation")


def test_what_one_holds_one_may_grant(stack, scene):
    """R4, API.md: also narrower than one holds it: a word for a wildcard, `:own` for all."""
    narrow = new_role(scene.manager, "auth:users:view", "auth:users:edit:own", "auth:roles:*:own")
    give(scene.manager, my_id(scene.plain), narrow)
    giver = holder(stack, scene.slug, "sales:orders:edit", "auth:roles:create",
                   "auth:roles:assign")
    role_id = new_role(giver, "sales:orders:edit:own")
    other = stack.new_user(scene.slug)
    give(giver, stack.user_id(other), role_id)
    giver.post("/auth/roles", {"name": "Wider", "permissions": ["sales:orders:*:own"]},
               expect=(403, "escalation"))


def test_own_does_not_grant_all(stack, scene):
    """R1, R4: who holds `:own` has not got it for everybody's."""
    giver = holder(stack, scene.slug, "sales:orders:edit:own", "auth:roles:create")
    giver.post("/auth/roles", {"name": "Own", "permissions": ["sales:orders:edit:own"]}, expect=201)
    giver.post("/auth/roles", {"name": "All", "permissions": ["sales:orders:edit"]},
               expect=(403, "escalation"))


def test_assignment(stack, scene):
    """R4: to others, to oneself, along with what one may give, and at creation."""
    mine = my_id(scene.manager)
    harmless = new_role(scene.manager, "auth:users:view")
    for target in (my_id(scene.plain), mine):
        for roles in ([scene.sales_role], [harmless, scene.sales_role], [PLATFORM_ADMINISTRATOR]):
            unchanged(stack, scene.slug,
                      lambda: scene.manager.call("PUT", f"/auth/users/{target}/roles",
                                                 {"role_ids": roles}), 403, "escalation")
    for roles in ([scene.sales_role], [PLATFORM_ADMINISTRATOR]):
        unchanged(stack, scene.slug, lambda: scene.manager.post("/auth/users", {
            "email": fresh_email(), "first_name": "A", "last_name": "B", "role_ids": roles}),
                  403, "escalation")
    give(scene.manager, my_id(scene.plain), harmless)


def test_the_flag(stack, scene):
    """R4, N3: only tenant admins make tenant admins, whatever permissions one holds."""
    almighty = holder(stack, scene.slug, ALL)
    for client in (scene.manager, almighty):
        for target in (my_id(scene.plain), my_id(client)):
            unchanged(stack, scene.slug, lambda: client.call(
                "PATCH", f"/auth/users/{target}", {"is_tenant_admin": True}),
                      403, "escalation")
        unchanged(stack, scene.slug, lambda: client.post("/auth/users", {
            "email": fresh_email(), "first_name": "A", "last_name": "B",
            "is_tenant_admin": True}), 403, "escalation")
    made = new_person(scene.boss, is_tenant_admin=True)
    assert made["is_tenant_admin"] is True
    document = scene.boss.call("PATCH", f"/auth/users/{my_id(scene.plain)}",
                               {"is_tenant_admin": True}, expect=200).json()
    assert document["is_tenant_admin"] is True


ON_SOMEBODY = [
    ("PATCH", "", {"first_name": "Grace"}), ("PATCH", "", {"status": "disabled"}),
    ("PATCH", "", {"email": "taken-over@example.test"}), ("DELETE", "", None),
    ("PATCH", "", {"is_tenant_admin": False}), ("POST", "/unlock", None),
    ("POST", "/force-password-reset", None), ("POST", "/logout", None),
    ("PUT", "/roles", {"role_ids": []})]


@pytest.mark.parametrize("method, tail, body", ON_SOMEBODY,
                         ids=[f"{m}{t} {sorted(b or ())}" for m, t, b in ON_SOMEBODY])
def test_acting_on_somebody_with_more(stack, calm, method, tail, body):
    """R4, API.md: a tenant admin, a holder of what one lacks, a platform admin, somebody with
    ALL_PERMISSIONS. Their sessions live on."""
    victims = [calm.boss, calm.seller, holder(stack, calm.slug, ALL),
               platform_admin(stack, calm.slug)]
    for actor in (calm.manager, holder(stack, calm.slug, ALL)):
        for victim in victims if actor is calm.manager else (calm.boss, victims[3]):
            path = f"/auth/users/{my_id(victim)}{tail}"
            ask = (lambda: actor.call(method, path, body)) if body is not None else (
                lambda: actor.call(method, path))
            unchanged(stack, calm.slug, ask, 403, "escalation")
            victim.get("/auth/session", expect=200)
    # A tenant admin: nobody of the platform.
    path = f"/auth/users/{my_id(victims[3])}{tail}"
    answer = calm.boss.call(method, path, body) if body is not None else calm.boss.call(method,
                                                                                          path)
    problem(answer, 403, "escalation")
    victims[3].get("/auth/session", expect=200)


def test_acting_on_an_equal_is_fine(stack, scene):
    """R4: what one holds oneself is no reason to refuse."""
    equal = holder(stack, scene.slug, "auth:users:view", "auth:roles:edit")
    path = f"/auth/users/{my_id(equal)}"
    scene.manager.call("PATCH", path, {"first_name": "Grace"}, expect=200)
    scene.manager.post(path + "/unlock", expect=204)
    scene.manager.post(path + "/logout", expect=204)
    equal.verify(expect=(401, "invalid_token"))
    scene.manager.call("PUT", path + "/roles", {"role_ids": []}, expect=200)
    scene.manager.call("DELETE", path, expect=204)
    peer = tenant_admin(stack, scene.slug)
    scene.boss.call("PATCH", f"/auth/users/{my_id(peer)}", {"first_name": "Grace"}, expect=200)


def test_a_role_with_more_is_neither_edited_nor_deleted(stack, calm):
    """R4: taking away is acting on what one does not hold, too."""
    for method, body in (("PATCH", {"permissions": []}), ("PATCH", {"name": "Renamed"})):
        unchanged(stack, calm.slug, lambda: calm.manager.call(
            method, f"/auth/roles/{calm.sales_role}", body), 403, "escalation")
    unchanged(stack, calm.slug, lambda: calm.manager.call(
        "DELETE", f"/auth/roles/{calm.sales_role}?force=true"), 403, "escalation")


def test_system_roles_belong_to_platform_admins(stack, scene):
    """R2, R3, N3: made, changed and deleted by them alone; visible to everybody."""
    platform = platform_admin(stack)
    name = f"System {secrets.token_hex(5)}"
    system = new_role(platform, "sales:orders:view", name=name, system=True)
    try:
        for client in (scene.boss, scene.manager, holder(stack, scene.slug, ALL)):
            client.post("/auth/roles", {"name": "Mine", "permissions": [], "system": True},
                        expect=(403, "permission_denied"))
            for target in (system, PLATFORM_ADMINISTRATOR):
                for method, body in (("PATCH", {"permissions": []}),
                                     ("PATCH", {"description": "x"})):
                    answer = client.call(method, f"/auth/roles/{target}", body)
                    assert answer.status_code == 403, describe(answer)
                answer = client.call("DELETE", f"/auth/roles/{target}?force=true")
                assert answer.status_code == 403, describe(answer)
        assert scene.boss.get(f"/auth/roles/{system}", expect=200).json()["tenant_id"] is None
        # What is in it and is theirs to give, they may give.
        give(scene.boss, my_id(scene.plain), system)
        assert stack.value("SELECT COUNT(*) FROM role_permissions WHERE role_id = %s",
                           raw_id(system)) == 1
    finally:
        platform.call("DELETE", f"/auth/roles/{system}?force=true", expect=204)


def test_all_permissions_through_a_system_role(stack, scene):
    """R3, R4: neither a tenant admin nor a holder of ALL_PERMISSIONS in a tenant role assigns a
    system role that holds it, be it the first one or another; a platform admin does."""
    platform = platform_admin(stack)
    system = new_role(platform, ALL, name=f"Second Platform {secrets.token_hex(5)}", system=True)
    target = my_id(scene.plain)
    try:
        for client in (scene.boss, holder(stack, scene.slug, ALL)):
            for name in (PLATFORM_ADMINISTRATOR, system):
                for person_id in (target, my_id(client)):
                    unchanged(stack, scene.slug, lambda: client.call(
                        "PUT", f"/auth/users/{person_id}/roles", {"role_ids": [name]}),
                              403, "escalation")
                unchanged(stack, scene.slug, lambda: client.post("/auth/users", {
                    "email": fresh_email(), "first_name": "A", "last_name": "B",
                    "role_ids": [name]}), 403, "escalation")
        document = platform.call("PUT", f"/auth/users/{target}/roles?tenant_id={scene.id}",
                                 {"role_ids": [system]}, expect=200).json()
        assert document["is_platform_admin"] is True
        scene.plain.get("/auth/tenants", expect=200)
    finally:
        platform.call("DELETE", f"/auth/roles/{system}?force=true", expect=204)
    scene.plain.get("/auth/tenants", expect=(403, "no_role_assigned"))


def test_all_permissions_in_a_tenant_role_stays_inside(stack, scene):
    """R3: everything inside that tenant and nothing outside it."""
    client = holder(stack, scene.slug, ALL)
    client.get("/auth/users", expect=200)
    assert client.get("/auth/me", expect=200).json()["is_platform_admin"] is False
    for path in ("/auth/tenants", f"/auth/users?tenant_id={tenant_id(stack, stack.tenant)}"):
        client.get(path, expect=(403, "permission_denied"))
    client.post("/auth/tenants", {"slug": "mine", "name": "Mine"},
                expect=(403, "permission_denied"))
    client.post("/auth/permissions/mine:all:mine", {}, expect=(403, "permission_denied"))


def test_rights_taken_away_are_gone_for_the_next_edit(stack, scene):
    """T8, R4: the token lives on, and grants nothing any more."""
    client = holder(stack, scene.slug, "auth:roles:*", "sales:orders:view")
    mine = new_role(client, "sales:orders:view")
    smaller = new_role(scene.boss, "auth:roles:*")
    give(scene.boss, my_id(client), smaller)
    client.call("PATCH", f"/auth/roles/{mine}", {"permissions": ["auth:roles:view"]},
                expect=(403, "escalation"))
    client.post("/auth/roles", {"name": "Again", "permissions": ["sales:orders:view"]},
                expect=(403, "escalation"))
    give(scene.boss, my_id(client))
    client.get("/auth/roles", expect=(403, "no_role_assigned"))


def test_an_import_makes_no_platform_admin(stack, scene, tmp_path):
    """R4: no escalation through imports; a file that asks for it imports nothing."""
    good = {"email": fresh_email("import"), "password_hash": BCRYPT}
    path = write_import(tmp_path, good, {"email": fresh_email("import"), "password_hash": BCRYPT,
                                         "roles": ["Platform Administrator"]})
    done = stack.cli("import", "users", "--tenant", scene.slug, path, check=False)
    assert done.returncode != 0, done.stdout
    assert stack.user_row(User(good["email"], "", scene.slug)) is None
    # It was the role, not the rest: without it, the first comes in.
    stack.cli("import", "users", "--tenant", scene.slug, write_import(tmp_path, good))
    assert stack.user_row(User(good["email"], "", scene.slug))["is_tenant_admin"] == 0


def test_who_must_change_the_password_administers_nothing(stack, calm):
    """P5: whatever they hold."""
    user = stack.new_user(calm.slug, flags=("--tenant-admin",))
    must_change(stack, user)
    client = signed_in(stack, user)
    client.post("/auth/users", {"email": fresh_email(), "first_name": "A", "last_name": "B"},
                expect=(403, "password_change_required"))
    Client(stack).get("/auth/users", token=client.access, expect=(403, "password_change_required"))
