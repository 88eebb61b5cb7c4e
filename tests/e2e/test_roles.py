"""Roles and the catalogue of permissions (SPEC R1 to R5, N1, T8, A1; API.md "Administration").

The stack is shared: permissions and system roles that a test makes have names of their own, and are
gone when it ends."""

import json
import secrets
import time
import uuid

import pytest

from support.client import Client, signed_in
from support.parallel import together

PLATFORM_ADMINISTRATOR = "00000000-0000-7000-8000-000000000001"
MANAGE = ("auth:roles:view", "auth:roles:create", "auth:roles:edit", "auth:roles:delete")
MEMBERS = {"id", "tenant_id", "name", "description", "permissions", "created_at", "created_by",
           "updated_at", "updated_by"}


@pytest.fixture(scope="module")
def root(stack):
    """A platform administrator, in the stack's own tenant."""
    return signed_in(stack, stack.new_user(stack.tenant, flags=("--platform-admin",)))


@pytest.fixture(scope="module")
def place(stack):
    return stack.new_tenant("roles", max_sessions=0)


@pytest.fixture(scope="module")
def chief(stack, place):
    """A tenant administrator."""
    return signed_in(stack, stack.new_user(place, flags=("--tenant-admin",)))


@pytest.fixture(scope="module")
def manager(stack, place):
    """Manages roles, sees orders, and holds nothing else."""
    return signed_in(stack, stack.new_user(place, roles=(
        stack.new_role(place, *MANAGE, "sales:orders:view", "hr:employees:edit:own"),)))


@pytest.fixture(scope="module")
def stranger(stack):
    """A tenant administrator of another tenant."""
    return signed_in(stack, stack.new_user(stack.new_tenant("other"), flags=("--tenant-admin",)))


@pytest.fixture
def word():
    """Nobody else's, as a segment of a permission or a name."""
    return "x" + secrets.token_hex(6)


@pytest.fixture
def listed(root, word):
    """A code that the catalogue lists for this test."""
    code = f"{word}:things:view"
    root.post(f"/auth/permissions/{code}", expect=201)
    yield code
    root.call("DELETE", f"/auth/permissions/{code}")


@pytest.fixture
def system_role(root, word, listed):
    made = new_role(root, name=f"System {word}", permissions=[listed], system=True)
    yield made
    root.call("DELETE", f"/auth/roles/{made['id']}?force=true")


def fresh_name():
    return f"Role {secrets.token_hex(6)}"


def new_role(client, **fields):
    return client.post("/auth/roles", {"name": fresh_name(), **fields}, expect=201).json()


def tenant_id(stack, slug):
    return str(uuid.UUID(bytes=stack.value("SELECT id FROM tenants WHERE slug = %s", slug)))


def events(stack, target, event=None):
    rows = stack.sql("SELECT * FROM audit_events WHERE target_id = %s ORDER BY created_at, id",
                     target)
    return [row for row in rows if event in (None, row["event"])]


def pages(client, path):
    """All items of a list, page by page."""
    items, cursor = [], None
    while True:
        query = f"&cursor={cursor}" if cursor else ""
        document = client.get(path + query, expect=200).json()
        assert set(document) == {"items", "next_cursor"}
        items += document["items"]
        cursor = document["next_cursor"]
        if cursor is None:
            return items


def twin(client):
    """The same session, over connections and from an address of its own."""
    other = Client(client.stack)
    other.access = client.access
    return other


def everywhere(client, query, status, rounds=12):
    """The living token's verification, often enough and over connections enough that every worker
    answers some of them."""
    def ask(other):
        for _ in range(rounds):
            other.get(f"/auth/verify{query}", expect=status)

    together([lambda c=twin(client): ask(c) for _ in range(6)])


def by_hand(client, member, role):
    """Gives somebody of the caller's tenant a role by the command line."""
    client.stack.assign(member, role)
    return signed_in(client.stack, member)


# -- one role ------------------------------------------------------------------------------------

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
    ({"name": "ok", "permissions": ["nonsense"]}, "/permissions/0"),
    ({"name": "ok", "permissions": ["sales:orders:view", "Sales:orders:view"]}, "/permissions/1"),
    ({"name": "ok", "permissions": None}, "/permissions"),
    ({"name": "ok", "tenant_id": PLATFORM_ADMINISTRATOR}, "/tenant_id"),
    ({"name": "ok", "created_by": PLATFORM_ADMINISTRATOR}, "/created_by"),
])
def test_what_a_role_cannot_be(chief, body, pointer):
    """E5, API.md: a role name has 1 to 64 characters, no comma, no control character."""
    problem = chief.post("/auth/roles", body, expect=(422, "validation_failed")).json()
    assert pointer in [error["pointer"] for error in problem["errors"]]


def test_a_name_as_long_as_may_be(chief):
    assert new_role(chief, name="ñ" * 52 + secrets.token_hex(6))["name"].startswith("ñ")


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


# -- lists ---------------------------------------------------------------------------------------

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


# -- what a role may hold ------------------------------------------------------------------------

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


# -- names ---------------------------------------------------------------------------------------

def test_a_name_is_borne_once_in_a_tenant(chief, stranger):
    name = fresh_name()
    first = new_role(chief, name=name)
    chief.post("/auth/roles", {"name": name}, expect=(409, "already_exists"))
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
        chief.post("/auth/roles", {"name": name}, expect=(409, "already_exists"))
        chief.call("PATCH", f"/auth/roles/{mine['id']}", {"name": name},
                   expect=(409, "already_exists"))
    root.post("/auth/roles", {"name": mine["name"], "system": True},
              expect=(409, "already_exists"))
    root.post("/auth/roles", {"name": system_role["name"], "system": True},
              expect=(409, "already_exists"))
    root.call("PATCH", f"/auth/roles/{system_role['id']}", {"name": mine["name"]},
              expect=(409, "already_exists"))
    assert root.get(f"/auth/roles/{system_role['id']}", expect=200).json() == system_role


def test_the_race_for_a_name_has_one_winner(root, chief, stranger):
    """In one tenant, and between tenants and the system, where no key of the database helps."""
    other = twin(chief)
    for _ in range(8):
        name = fresh_name()
        answers = together([
            lambda: root.post("/auth/roles", {"name": name, "system": True}),
            lambda: chief.post("/auth/roles", {"name": name}),
            lambda: other.post("/auth/roles", {"name": name}),
            lambda: stranger.post("/auth/roles", {"name": name})])
        codes = [answer.status_code for answer in answers]
        assert set(codes) <= {201, 409}, codes
        made = [answer.json() for answer in answers if answer.status_code == 201]
        owners = [role["tenant_id"] for role in made]
        assert made and len(set(owners)) == len(owners), codes
        assert len(made) == 1 or None not in owners, codes
        for client, answer in zip((root, chief, chief, stranger), answers):
            if answer.status_code == 201:
                client.call("DELETE", f"/auth/roles/{answer.json()['id']}", expect=204)


# -- nobody escalates ----------------------------------------------------------------------------

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
    everything.post("/auth/roles", {"name": fresh_name(), "system": True},
                    expect=(403, "permission_denied"))


# -- the system's roles --------------------------------------------------------------------------

def test_system_roles_are_everybodys_to_see_and_platform_administrators_to_change(
        stack, root, chief, manager, system_role):
    """R2, R3."""
    assert system_role["tenant_id"] is None
    path = f"/auth/roles/{system_role['id']}"
    assert chief.get(path, expect=200).json() == system_role
    assert system_role in pages(chief, "/auth/roles?limit=200")
    for client in (chief, manager):
        client.post("/auth/roles", {"name": fresh_name(), "system": True},
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
                     {"name": fresh_name(), "system": True}, expect=201).json()
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


# -- the wall between tenants --------------------------------------------------------------------

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


# -- roles in use, and the living token ----------------------------------------------------------

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


# -- the catalogue -------------------------------------------------------------------------------

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
        root.post(f"/auth/permissions/{bad}", expect=(404, "not_found"))
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


# -- audit, Idempotency-Key, command line --------------------------------------------------------

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
