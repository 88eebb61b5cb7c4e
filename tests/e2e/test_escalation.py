"""Nobody grants what they do not hold (SPEC R3, R4; API.md "Administration"): at random against a
reference that is worked out from the database, then every way that one would try."""

import json
import os
import secrets

import pytest
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis import given

from support.admin import (PLATFORM_ADMINISTRATOR, give, holder, must_change, my_id, new_person,
                           new_role, platform_admin, raw_id, rows_of, tenant_admin, tenant_id, text_id)
from support.client import Client, describe, problem, signed_in
from support.gatehouse import User, fresh_email, fresh_password
from support.openapi import SOMEBODY, document_of, example, fill, operations
from support.rights import ALL, TENANT_ADMIN, atoms_of, look

SEED = int(os.environ.get("GATEHOUSE_SEED", "20261121"))
EXAMPLES = int(os.environ.get("GATEHOUSE_EXAMPLES", "12"))

# -- At random ------------------------------------------------------------------------------------

MANAGING = ("auth:users:create", "auth:users:edit", "auth:users:delete", "auth:roles:create",
            "auth:roles:edit", "auth:roles:delete", "auth:roles:assign", "auth:users:*",
            "auth:roles:*", "auth:*:*", "*:users:edit", "*:roles:*")
OTHERS = ("sales:orders:view", "sales:orders:view:own", "sales:orders:edit", "sales:orders:*",
          "sales:*:*", "sales:*:*:own", "*:orders:edit:own", "*:*:view", "*:*:*", "*:*:*:own",
          "auth:users:view", "auth:audit:view", "auth:roles:*:own", ALL)
PEOPLE, ROLES = 5, 5

some_grants = st.lists(st.sampled_from(MANAGING + OTHERS), max_size=4, unique=True)
managing_grants = st.tuples(st.lists(st.sampled_from(MANAGING), min_size=1, max_size=4,
                                     unique=True), some_grants).map(lambda p: sorted({*p[0], *p[1]}))
person = st.integers(0, PEOPLE - 1)
anybody = st.integers(0, PEOPLE + 2)  # also those made meanwhile, and a tenant admin
role = st.integers(0, ROLES + 2)
some_roles = st.lists(role, max_size=3, unique=True)
graphs = st.fixed_dictionaries({
    "roles": st.lists(st.one_of(managing_grants, some_grants), min_size=ROLES, max_size=ROLES),
    "held": st.lists(st.lists(st.integers(0, ROLES - 1), min_size=1, max_size=2, unique=True),
                     min_size=PEOPLE, max_size=PEOPLE)})
actions = st.one_of(
    st.tuples(st.just("edit role"), person, role, some_grants),
    st.tuples(st.just("create role"), person, some_grants),
    st.tuples(st.just("delete role"), person, role),
    st.tuples(st.just("assign"), person, anybody, some_roles),
    st.tuples(st.just("create user"), person, some_roles, st.booleans()),
    st.tuples(st.just("flag"), person, anybody, st.booleans()),
    st.tuples(st.just("edit user"), person, anybody),
    st.tuples(st.just("change email"), person, anybody),
    st.tuples(st.just("unlock"), person, anybody),
    st.tuples(st.just("delete user"), person, anybody))


class World:
    """One tenant, the same people for every example; what they hold is set anew each time."""

    def __init__(self, stack):
        self.stack = stack
        self.slug = stack.new_tenant("graph", max_sessions=0)
        self.boss = tenant_admin(stack, self.slug)
        self.clients, self.roles, self.made = [], [], []
        self.refused = self.allowed = 0

    def everybody(self):
        return [c.known_id for c in self.clients] + self.made + [my_id(self.boss)]

    def start(self, graph):
        """Everything of the example before is taken back; who was deleted, disabled or signed out
        in it is replaced."""
        self.clients = [c for c in self.clients if exists(c) and c.verify().status_code != 401]
        keep = {c.known_id for c in self.clients} | {my_id(self.boss)}
        for user in look(self.stack, self.slug).people:
            if user not in keep:
                self.boss.call("DELETE", f"/auth/users/{user}", expect=204)
        for mine in [r for r in look(self.stack, self.slug).role_rights if self.owns(r)]:
            self.boss.call("DELETE", f"/auth/roles/{mine}?force=true", expect=204)
        while len(self.clients) < PEOPLE:
            client = signed_in(self.stack, self.stack.new_user(self.slug))
            client.known_id = my_id(client)
            self.clients.append(client)
        self.made = []
        self.roles = [new_role(self.boss, *grants) for grants in graph["roles"]]
        for client, held in zip(self.clients, graph["held"]):
            self.boss.call("PATCH", f"/auth/users/{client.known_id}", {"is_tenant_admin": False},
                           expect=200)
            give(self.boss, client.known_id, *[self.roles[i] for i in held])

    def owns(self, role_id):
        return self.stack.value("SELECT COUNT(*) FROM roles r JOIN tenants t ON t.id = r.tenant_id "
                                "WHERE r.id = %s AND t.slug = %s", raw_id(role_id), self.slug)

    def role_of(self, number):
        return (self.roles + [PLATFORM_ADMINISTRATOR])[number % (len(self.roles) + 1)]

    def user_of(self, number):
        everybody = self.everybody()
        return everybody[number % len(everybody)]

    def do(self, action):
        """Carries one out. The answer, what it touches (people and roles), and what it grants."""
        kind, who, *rest = action
        client = self.clients[who]
        if kind == "edit role":
            name = self.role_of(rest[0])
            return client.call("PATCH", f"/auth/roles/{name}", {"permissions": rest[1]}), (), (
                name,), atoms_of(rest[1])
        if kind == "create role":
            answer = client.post("/auth/roles", {"name": f"R {secrets.token_hex(6)}",
                                                 "permissions": rest[0]})
            if answer.status_code == 201:
                self.roles.append(answer.json()["id"])
            return answer, (), (), atoms_of(rest[0])
        if kind == "delete role":
            name = self.role_of(rest[0])
            return client.call("DELETE", f"/auth/roles/{name}?force=true"), (), (name,), frozenset()
        if kind == "create user":
            names = [self.role_of(number) for number in rest[0]]
            answer = client.post("/auth/users", {
                "email": fresh_email("made"), "first_name": "M", "last_name": "N",
                "role_ids": sorted(set(names)), "is_tenant_admin": rest[1]})
            if answer.status_code == 201:
                self.made.append(answer.json()["id"])
            return answer, (), names, {TENANT_ADMIN} if rest[1] else frozenset()
        user = self.user_of(rest[0])
        path = f"/auth/users/{user}"
        if kind == "assign":
            names = sorted({self.role_of(number) for number in rest[1]})
            return client.call("PUT", path + "/roles", {"role_ids": names}), (user,), names, (
                frozenset())
        if kind == "flag":
            return client.call("PATCH", path, {"is_tenant_admin": rest[1]}), (user,), (), (
                {TENANT_ADMIN} if rest[1] else frozenset())
        if kind == "unlock":
            return client.post(path + "/unlock"), (user,), (), frozenset()
        if kind == "delete user":
            answer = client.call("DELETE", path)
            return answer, (user,), (), frozenset()
        body = {"email": fresh_email("moved")} if kind == "change email" else {
            "first_name": "Grace"}
        return client.call("PATCH", path, body), (user,), (), frozenset()

    def step(self, action):
        """One action, and everything that must hold after it."""
        if not exists(self.clients[action[1]]):
            return  # deleted in this example
        actor = self.clients[action[1]].known_id
        before = look(self.stack, self.slug)
        mine = before.rights(actor)
        answer, users, roles, granted = self.do(action)
        after = look(self.stack, self.slug)
        says = f"{action} by {sorted(map(str, mine))[:8]}… -> {describe(answer)}"
        note(says[:500])
        changed = before.people.keys() ^ after.people.keys()
        for user, now in after.people.items():
            gained = now.rights - before.rights(user)
            assert gained <= mine, f"{user} gained {sorted(map(str, gained - mine))[:5]}: {says}"
        if answer.status_code >= 400:
            self.refused += 1
            assert {u: p.rights for u, p in after.people.items()} == {
                u: p.rights for u, p in before.people.items()}, f"refused, yet done: {says}"
            assert not changed, says
            if answer.json()["code"] == "escalation":
                involved = frozenset(granted).union(
                    *(before.rights(user) for user in users),
                    *(before.role_rights.get(name, frozenset()) for name in roles),
                    *(before.rights(user) for name in roles if action[0].endswith("role")
                      for user in before.role_holders.get(name, ())))
                system = any(name in before.system_roles for name in roles)
                assert system or not involved <= mine, f"refused for nothing: {says}"
            return
        self.allowed += 1
        for user in users:
            assert before.rights(user) <= mine, f"acted on somebody with more: {says}"


def exists(client):
    return client.stack.value("SELECT COUNT(*) FROM users WHERE id = %s", raw_id(client.known_id))


@pytest.fixture(scope="module")
def world(stack):
    return World(stack)


def test_nobody_gains_what_the_actor_did_not_hold(world):
    """R4: random roles, people and edits; whatever is answered with success has given nobody
    anything that its actor lacked, and nobody acted on somebody with more rights. A refusal changes
    nothing, and is not given to who holds all that is involved."""
    print(f"GATEHOUSE_SEED={SEED} GATEHOUSE_EXAMPLES={EXAMPLES}")

    @seed(SEED)
    @settings(max_examples=EXAMPLES, deadline=None, database=None, print_blob=True,
              phases=(Phase.generate, Phase.shrink), suppress_health_check=list(HealthCheck))
    @given(graph=graphs, steps=st.lists(actions, min_size=12, max_size=24))
    def walk(graph, steps):
        world.start(graph)
        for action in steps:
            world.step(action)

    walk()
    assert world.allowed > EXAMPLES and world.refused > EXAMPLES, (world.allowed, world.refused)


# -- One by one -----------------------------------------------------------------------------------


class Scene:
    """A tenant with an administrator, somebody who may manage people and roles but holds nothing of
    sales, somebody who holds sales, and a nobody."""

    def __init__(self, stack):
        self.stack = stack
        self.slug = stack.new_tenant("scene", max_sessions=0)
        self.id = tenant_id(stack, self.slug)
        self.boss = tenant_admin(stack, self.slug)
        self.manager = holder(stack, self.slug, "auth:users:*", "auth:roles:*")
        self.seller = holder(stack, self.slug, "sales:orders:*")
        self.sales_role = new_role(self.boss, "sales:orders:view")
        self.plain = signed_in(stack, stack.new_user(self.slug))

    def rights(self, client):
        return look(self.stack, self.slug).rights(my_id(client))


@pytest.fixture
def scene(stack):
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
def test_a_role_may_not_be_given_what_its_editor_lacks(stack, scene, grants):
    """R4: neither by creating nor by editing one, one's own included."""
    mine = new_role(scene.manager, "auth:users:view")
    own = stack.value("SELECT r.role_id FROM user_roles r WHERE r.user_id = %s",
                      raw_id(my_id(scene.manager)))
    for path, method in (("/auth/roles", "POST"), (f"/auth/roles/{mine}", "PATCH"),
                         (f"/auth/roles/{text_id(own)}", "PATCH")):
        body = {"permissions": grants}
        if method == "POST":
            body["name"] = f"More {secrets.token_hex(4)}"
        unchanged(stack, scene.slug, lambda: scene.manager.call(method, path, body),
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
def test_acting_on_somebody_with_more(stack, scene, method, tail, body):
    """R4, API.md: a tenant admin, a holder of what one lacks, a platform admin, somebody with
    ALL_PERMISSIONS. Their sessions live on."""
    victims = [scene.boss, scene.seller, holder(stack, scene.slug, ALL),
               platform_admin(stack, scene.slug)]
    for actor in (scene.manager, holder(stack, scene.slug, ALL)):
        for victim in victims if actor is scene.manager else (scene.boss, victims[3]):
            path = f"/auth/users/{my_id(victim)}{tail}"
            ask = (lambda: actor.call(method, path, body)) if body is not None else (
                lambda: actor.call(method, path))
            unchanged(stack, scene.slug, ask, 403, "escalation")
            victim.get("/auth/session", expect=200)
    # A tenant admin: nobody of the platform.
    path = f"/auth/users/{my_id(victims[3])}{tail}"
    answer = scene.boss.call(method, path, body) if body is not None else scene.boss.call(method,
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


def test_a_role_with_more_is_neither_edited_nor_deleted(stack, scene):
    """R4: taking away is acting on what one does not hold, too."""
    for method, body in (("PATCH", {"permissions": []}), ("PATCH", {"name": "Renamed"})):
        unchanged(stack, scene.slug, lambda: scene.manager.call(
            method, f"/auth/roles/{scene.sales_role}", body), 403, "escalation")
    unchanged(stack, scene.slug, lambda: scene.manager.call(
        "DELETE", f"/auth/roles/{scene.sales_role}?force=true"), 403, "escalation")


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
    client.post("/auth/tenants", {"slug": "mine", "name": "Mine"}, expect=(403, "permission_denied"))
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


def write_import(tmp_path, *records):
    path = tmp_path / "people.json"
    path.write_text(json.dumps(list(records)))
    return str(path)


BCRYPT = "$2y$10$abcdefghijklmnopqrstuu7Q4rq0Yw1lS0yXo1m1mV5dY3X1Zb0aG"


def test_an_import_makes_no_platform_admin(stack, scene, tmp_path):
    """R4: no escalation through imports; a file that asks for it imports nothing."""
    good = {"email": fresh_email("import"), "password_hash": BCRYPT}
    path = write_import(tmp_path, good, {"email": fresh_email("import"), "password_hash": BCRYPT,
                                         "roles": ["Platform Administrator"]})
    done = stack.cli("import", "users", "--tenant", scene.slug, path, check=False)
    assert done.returncode != 0, done.stdout
    assert stack.user_row(User(good["email"], "", scene.slug)) is None


# -- Mass assignment ------------------------------------------------------------------------------

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


def test_who_must_change_the_password_administers_nothing(stack, scene):
    """P5: whatever they hold."""
    user = stack.new_user(scene.slug, flags=("--tenant-admin",))
    must_change(stack, user)
    client = signed_in(stack, user)
    client.post("/auth/users", {"email": fresh_email(), "first_name": "A", "last_name": "B"},
                expect=(403, "password_change_required"))
    Client(stack).get("/auth/users", token=client.access, expect=(403, "password_change_required"))
