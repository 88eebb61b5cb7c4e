"""What people may do, worked out naively from the rows of the database: the reference that the
administration's rule "nobody grants what they do not hold" (SPEC R4) is held against.

Rights are a set of atoms: every question of a small universe of words, asked for somebody else's
resource and for one's own; and three marks for what is more than permissions. The universe has a
word that no catalogue lists ("other"), so that `sales:*:*` and all that is listed of sales today
differ."""

import itertools
from dataclasses import dataclass, field

from support.admin import text_id

ALL = "ALL_PERMISSIONS"
EVERYTHING, TENANT_ADMIN, PLATFORM_ADMIN = "mark:all", "mark:tenant admin", "mark:platform admin"

MODULES = ("auth", "sales", "other")
RESOURCES = ("users", "roles", "orders", "attempts", "audit", "other")
ACTIONS = ("view", "create", "edit", "delete", "assign", "other")
UNIVERSE = frozenset((module, resource, action, own) for module, resource, action, own in
                     itertools.product(MODULES, RESOURCES, ACTIONS, (False, True)))


def atoms(grant):
    """What one entry of a role permits."""
    if grant == ALL:
        return UNIVERSE | {EVERYTHING}
    *words, own = grant.split(":") if grant.count(":") == 3 else (*grant.split(":"), "")
    return frozenset(atom for atom in UNIVERSE
                     if all(word in ("*", said) for word, said in zip(words, atom))
                     and (atom[3] or own != "own"))


def atoms_of(grants):
    return frozenset().union(*map(atoms, grants)) if grants else frozenset()


@dataclass
class Person:
    id: str
    tenant: bytes
    email: str
    rights: frozenset = frozenset()
    roles: set = field(default_factory=set)


@dataclass
class State:
    people: dict  # by id
    role_rights: dict  # by role id
    role_holders: dict
    system_roles: set

    def rights(self, user_id):
        return self.people[user_id].rights if user_id in self.people else frozenset()


def look(stack, *slugs):
    """Everybody of these tenants, as the database has them now."""
    marks = ", ".join(["%s"] * len(slugs))
    grants, holders, system = {}, {}, set()
    for row in stack.sql("SELECT r.id, r.tenant_id, p.permission FROM roles r LEFT JOIN "
                         "role_permissions p ON p.role_id = r.id"):
        role = text_id(row["id"])
        grants.setdefault(role, set())
        if row["permission"]:
            grants[role].add(row["permission"])
        if row["tenant_id"] is None:
            system.add(role)
    rights = {role: atoms_of(held) for role, held in grants.items()}
    people = {}
    for row in stack.sql("SELECT u.id, u.tenant_id, u.email, u.is_tenant_admin FROM users u "
                         f"JOIN tenants t ON t.id = u.tenant_id WHERE t.slug IN ({marks})", *slugs):
        person = Person(text_id(row["id"]), row["tenant_id"], row["email"])
        if row["is_tenant_admin"]:
            person.rights |= UNIVERSE | {EVERYTHING, TENANT_ADMIN}
        people[person.id] = person
    for row in stack.sql("SELECT r.user_id, r.role_id FROM user_roles r JOIN users u "
                         "ON u.id = r.user_id JOIN tenants t ON t.id = u.tenant_id "
                         f"WHERE t.slug IN ({marks})", *slugs):
        user, role = text_id(row["user_id"]), text_id(row["role_id"])
        people[user].roles.add(role)
        holders.setdefault(role, set()).add(user)
        people[user].rights |= rights[role]
        if role in system and ALL in grants[role]:
            people[user].rights |= {TENANT_ADMIN, PLATFORM_ADMIN}
    return State(people, rights, holders, system)
