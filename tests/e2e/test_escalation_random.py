"""Nobody grants what they do not hold (SPEC R3, R4; API.md "Administration"): at random, against a
reference that is worked out from the database (support/rights.py)."""

import os
import secrets

import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st

from support.admin import (PLATFORM_ADMINISTRATOR, give, my_id, new_role, raw_id, tenant_admin)
from support.client import describe, signed_in
from support.gatehouse import fresh_email
from support.rights import ACTIONS, ALL, TENANT_ADMIN, atoms, atoms_of, look

SEED = int(os.environ.get("GATEHOUSE_SEED", "20261121"))
EXAMPLES = int(os.environ.get("GATEHOUSE_EXAMPLES", "12"))

MANAGING = ("auth:users:create", "auth:users:edit", "auth:users:delete", "auth:roles:create",
            "auth:roles:edit", "auth:roles:delete", "auth:roles:assign", "auth:users:*",
            "auth:roles:*", "auth:*:*", "*:users:edit", "*:roles:*")
OTHERS = ("sales:orders:view", "sales:orders:view:own", "sales:orders:edit", "sales:orders:*",
          "sales:*:*", "sales:*:*:own", "*:orders:edit:own", "*:*:view", "*:*:*", "*:*:*:own",
          "auth:users:view", "auth:audit:view", "auth:roles:*:own", ALL)
PEOPLE, ROLES = 5, 5

some_grants = st.lists(st.sampled_from(MANAGING + OTHERS), max_size=4, unique=True)
managing_grants = st.tuples(
    st.lists(st.sampled_from(MANAGING), min_size=1, max_size=4, unique=True),
    some_grants).map(lambda pair: sorted({*pair[0], *pair[1]}))
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


def test_the_reference():
    """What the rights are worked out with, held against SPEC R1."""
    assert atoms("sales:orders:view") == {("sales", "orders", "view", own)
                                          for own in (False, True)}
    assert atoms("sales:orders:view:own") == {("sales", "orders", "view", True)}
    assert atoms("sales:orders:view:own") < atoms("sales:orders:view") < atoms("sales:*:*")
    assert atoms("sales:*:*:own") < atoms("sales:*:*") < atoms("*:*:*") < atoms(ALL)
    assert not atoms("sales:*:view") & atoms("auth:*:view")
    # All that there is of sales today is less than the wildcard, which takes what comes.
    listed = [f"sales:orders:{action}" for action in ACTIONS if action != "other"]
    assert atoms_of(listed) < atoms("sales:orders:*")
    assert atoms_of([]) == frozenset()
