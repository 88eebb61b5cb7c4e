"""Tenants: what they may be, their lists, who may what with them (SPEC N1, N3, R5, A4; API.md
"Administration")."""

import secrets
import uuid

import pytest

from support.client import Client, describe, signed_in, twin
from support.lists import pages
from support.parallel import together
from support.tenants import (
    MISSING, PAST, at, change, configure, events, everywhere, make, member, new_slug, pointers,
    seen, viewer)
from support.tenants import home, lord, root  # pylint: disable=unused-import

FIELDS = {"id", "slug", "name", "status", "plan", "subscription_ends_at", "max_users",
          "created_at", "created_by", "updated_at", "updated_by"}


# -- life ------------------------------------------------------------------------------------------

def test_a_tenants_life(stack, root):
    """N3, U6, A1."""
    me = stack.user_id(root.user)
    tenant = make(root, name="Ünïque & Co.", plan="gold", max_users=7,
                  subscription_ends_at="2031-05-06T07:08:09.5+02:00")
    assert set(tenant) == FIELDS and tenant["name"] == "Ünïque & Co."
    assert tenant["status"] == "active" and tenant["plan"] == "gold" and tenant["max_users"] == 7
    assert tenant["subscription_ends_at"].startswith("2031-05-06T05:08:09.5")
    assert tenant["created_by"] == tenant["updated_by"] == me
    assert tenant["created_at"] == tenant["updated_at"]
    assert root.get(at(tenant), expect=200).json() == tenant
    assert root.call("HEAD", at(tenant), expect=200).text == ""

    slug = new_slug()
    changed = change(root, tenant, slug=slug, name="B", plan=None, max_users=None,
                     subscription_ends_at=None)
    assert changed["created_at"] == tenant["created_at"] < changed["updated_at"]
    assert changed == {**tenant, "slug": slug, "name": "B", "plan": None, "max_users": None,
                       "subscription_ends_at": None, "updated_at": changed["updated_at"]}
    # What changes nothing is no event and no change.
    assert change(root, tenant) == change(root, tenant, name="B", plan=None) == changed
    assert root.call("PATCH", at(tenant), {}, expect=200).json() == changed
    assert root.get(at(tenant), expect=200).json() == changed

    assert root.call("DELETE", at(tenant), expect=204).content == b""
    for method in ("GET", "PATCH", "DELETE"):
        root.call(method, at(tenant), {}, expect=(404, "not_found"))
    root.get(at(tenant) + "/settings", expect=(404, "not_found"))
    root.call("PATCH", at(tenant) + "/settings", {}, expect=(404, "not_found"))
    assert make(root, slug=slug)["id"] != tenant["id"]

    created, updated, deleted = events(stack, tenant)
    facts = {"slug": tenant["slug"], "name": "Ünïque & Co.", "status": "active", "plan": "gold",
             "subscription_ends_at": tenant["subscription_ends_at"], "max_users": 7}
    assert created == ("tenant.created", me, None, facts)
    assert updated == ("tenant.updated", me,
                       {k: v for k, v in facts.items() if k != "status"},
                       {"slug": slug, "name": "B", "plan": None, "subscription_ends_at": None,
                        "max_users": None})
    assert deleted[:2] == ("tenant.deleted", me) and deleted[2]["slug"] == slug
    assert deleted[3] is None
    home = stack.value("SELECT tenant_id FROM users WHERE id = %s", uuid.UUID(me).bytes)
    assert stack.value("SELECT COUNT(*) FROM audit_events WHERE target_id = %s "
                       "AND actor_tenant_id = %s", tenant["id"], home) == 3


def test_created_suspended(stack, root):
    """N3."""
    tenant = make(root, status="suspended")
    assert tenant["status"] == "suspended"
    user = member(stack, tenant)
    Client(stack).login(user, expect=(403, "tenant_suspended"))
    assert change(root, tenant, status="active")["status"] == "active"
    Client(stack).login(user, expect=200)


def test_a_slug_is_taken_once(stack, root):
    """409, by POST and by PATCH, and nothing of the rest is changed."""
    one, two = make(root), make(root)
    root.post("/auth/tenants", {"slug": one["slug"], "name": "x"}, expect=(409, "already_exists"))
    root.call("PATCH", at(two), {"slug": one["slug"], "name": "x"}, expect=(409, "already_exists"))
    assert root.get(at(two), expect=200).json() == two
    assert [event[0] for event in events(stack, two)] == ["tenant.created"]
    change(root, two, slug=two["slug"])
    slug = new_slug()
    answers = together([lambda: twin(root).post("/auth/tenants", {"slug": slug, "name": "x"})
                        .status_code for _ in range(8)])
    assert sorted(answers) == [201] + [409] * 7


@pytest.mark.parametrize("fields, pointer", [
    ({"slug": None}, "/slug"), ({"slug": ""}, "/slug"), ({"slug": "-a"}, "/slug"),
    ({"slug": "A"}, "/slug"), ({"slug": "a_b"}, "/slug"), ({"slug": "a" * 64}, "/slug"),
    ({"slug": "a\n"}, "/slug"), ({"slug": "é"}, "/slug"), ({"name": ""}, "/name"),
    ({"name": None}, "/name"), ({"name": "x" * 201}, "/name"), ({"name": "a\u0000b"}, "/name"),
    ({"name": "a\nb"}, "/name"), ({"plan": ""}, "/plan"), ({"plan": "x" * 65}, "/plan"),
    ({"plan": 7}, "/plan"), ({"max_users": 0}, "/max_users"), ({"max_users": -1}, "/max_users"),
    ({"max_users": "7"}, "/max_users"), ({"max_users": 1.5}, "/max_users"),
    ({"max_users": 10 ** 10}, "/max_users"), ({"status": "deleted"}, "/status"),
    ({"status": None}, "/status"), ({"subscription_ends_at": "soon"}, "/subscription_ends_at"),
    ({"subscription_ends_at": 1}, "/subscription_ends_at"),
    ({"subscription_ends_at": "2026-02-30T00:00:00Z"}, "/subscription_ends_at"),
    ({"subscription_ends_at": "0001-01-01T00:00:00Z"}, "/subscription_ends_at"),
    ({"subscription_ends_at": "9999-12-31T23:59:59-12:00"}, "/subscription_ends_at"),
    ({"id": MISSING}, "/id"), ({"created_by": MISSING}, "/created_by"),
    ({"created_at": PAST}, "/created_at"), ({"generation": 1}, "/generation"),
    ({"settings": {}}, "/settings"), ({"deleted_at": PAST}, "/deleted_at"),
    ({"tenant_id": MISSING}, "/tenant_id"),
])
def test_what_a_tenant_cannot_be(root, fields, pointer):
    """E5: the field is named; what nobody may set is refused, not ignored."""
    answer = root.post("/auth/tenants", {"slug": new_slug(), "name": "x", **fields})
    assert pointers(answer) == {pointer}, describe(answer)
    tenant = make(root)
    answer = root.call("PATCH", at(tenant), {"plan": "p", **fields})
    assert pointer in pointers(answer), describe(answer)
    assert root.get(at(tenant), expect=200).json() == tenant


def test_more_of_what_cannot_be(root):
    """E5."""
    assert pointers(root.post("/auth/tenants", {})) == {"/slug", "/name"}
    assert pointers(root.post("/auth/tenants", {"slug": new_slug(), "name": "x",
                                                "preset": "none"})) == {"/preset"}
    tenant = make(root)
    assert pointers(root.call("PATCH", at(tenant), {"preset": "default"})) == {"/preset"}
    assert pointers(root.call("DELETE", at(tenant) + "?force=maybe")) == {"?force"}
    root.get("/auth/tenants/none", expect=(404, "not_found"))


@pytest.mark.parametrize("preset, roles", [
    ("default", {"Administrator", "Owner", "Member", "Viewer", "Guest"}),
    ("maintenance", {"Employee", "Maintenance", "Admin"}),
    ("operations", {"Sales Representative", "Stock Manager", "HR Officer", "Accountant",
                    "Administrator"}),
])
def test_a_preset_brings_its_roles(stack, root, preset, roles):
    """R5: with the tenant, or not at all; the command line does the same."""
    def names(slug):
        return {row["name"] for row in stack.sql(
            "SELECT r.name FROM roles r JOIN tenants t ON t.id = r.tenant_id WHERE t.slug = %s",
            slug)}

    tenant = make(root, preset=preset)
    assert names(tenant["slug"]) == roles
    assert events(stack, tenant)[0][3]["preset"] == preset
    slug = new_slug()
    stack.cli("tenant", "create", slug, "--preset", preset)
    assert names(slug) == roles


def test_the_same_request_makes_one_tenant(stack, root):
    """Idempotency-Key: the first answer again, word for word."""
    key = {"Idempotency-Key": secrets.token_hex(8)}
    body = {"slug": new_slug(), "name": "Once"}
    first = root.post("/auth/tenants", body, headers=key, expect=201)
    again = root.post("/auth/tenants", body, headers=key, expect=201)
    assert first.content == again.content
    assert len(events(stack, first.json())) == 1
    root.post("/auth/tenants", {**body, "name": "Twice"}, headers=key,
              expect=(422, "idempotency_key_reused"))
    assert stack.value("SELECT name FROM tenants WHERE slug = %s", body["slug"]) == "Once"
    taken = {"Idempotency-Key": secrets.token_hex(8)}
    root.post("/auth/tenants", body, headers=taken, expect=(409, "already_exists"))
    # `plain`: an answer that was kept would bring the request id of its time.
    again = root.post("/auth/tenants", body, headers=taken, plain=True, expect=409)
    assert again.json()["code"] == "already_exists"


# -- lists -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("sort, key, descending", [
    ("", "created_at", True), ("sort=-created_at&", "created_at", True),
    ("sort=created_at&", "created_at", False), ("sort=slug&", "slug", False),
    ("sort=-slug&", "slug", True)])
def test_lists_page_by_page(root, sort, key, descending):
    """API.md, lists: every tenant once, in order, whatever the page's size."""
    made = [make(root) for _ in range(5)]
    root.call("DELETE", at(made[2]), expect=204)
    living = {tenant["id"]: tenant for tenant in made if tenant is not made[2]}
    small = pages(root, f"/auth/tenants?{sort}limit=17")
    assert small == pages(root, f"/auth/tenants?{sort}limit=200")
    assert all(set(tenant) == FIELDS for tenant in small)
    ids = [tenant["id"] for tenant in small]
    assert len(ids) == len(set(ids)) and made[2]["id"] not in ids
    assert {t["id"]: t for t in small if t["id"] in living} == living
    order = [(tenant[key], tenant["id"]) for tenant in small]
    assert order == sorted(order, reverse=descending)


def test_lists_refuse_what_they_do_not_know(root):
    """API.md, lists."""
    make(root), make(root)
    cursor = root.get("/auth/tenants?limit=1", expect=200).json()["next_cursor"]
    for query in ("limit=0", "limit=201", "sort=name", "sort=", "name=x", f"sort=slug&cursor={cursor}",
                  "cursor=x", "tenant_id=" + MISSING):
        root.get("/auth/tenants?" + query, expect=(422, "validation_failed"))


# -- walls -----------------------------------------------------------------------------------------

def test_who_may_what(stack, root):
    """N3, API.md: tenants are the platform administrators'; settings also their admin's."""
    tenant = make(root)
    roleless = signed_in(stack, member(stack, tenant))
    person = signed_in(stack, viewer(stack, tenant))
    admin = signed_in(stack, member(stack, tenant, "--tenant-admin"))
    for client, code in ((roleless, "no_role_assigned"), (person, "permission_denied"),
                         (admin, "permission_denied")):
        client.get("/auth/tenants", expect=(403, code))
        client.post("/auth/tenants", {"slug": new_slug(), "name": "x"}, expect=(403, code))
        for target in (tenant, make(root), {"id": MISSING}):
            client.call("PATCH", at(target), {"name": "x"}, expect=(403, code))
            client.call("DELETE", at(target) + "?force=true", expect=(403, code))
        assert client.get(at(tenant), expect=200).json() == tenant
    for client, code in ((roleless, "no_role_assigned"), (person, "permission_denied")):
        client.get(at(tenant) + "/settings", expect=(403, code))
        client.call("PATCH", at(tenant) + "/settings", {}, expect=(403, code))
    admin.get(at(tenant) + "/settings", expect=200)
    assert configure(admin, tenant, info_text="Hello")["info_text"] == "Hello"
    assert configure(root, tenant, info_text="Hello!")["info_text"] == "Hello!"
    for path in ("/auth/tenants", at(tenant), at(tenant) + "/settings"):
        Client(stack).get(path, expect=(401, "authentication_required"))


def test_a_foreign_tenant_is_like_none(stack, root):
    """N1: byte for byte, whoever asks but a platform administrator."""
    mine, foreign, deleted = make(root), make(root), make(root)
    root.call("DELETE", at(deleted), expect=204)
    admin = signed_in(stack, member(stack, mine, "--tenant-admin"))
    person = signed_in(stack, viewer(stack, mine))
    everybody = [(person, "GET", "", None), (admin, "GET", "", None),
                 (admin, "GET", "/settings", None), (admin, "PATCH", "/settings", {}),
                 (admin, "PATCH", "/settings", {"access_ttl": 60})]
    for client, method, tail, body in everybody:
        options = {} if body is None else {"body": body}
        answers = [client.call(method, at(target) + tail, expect=(404, "not_found"), **options)
                   for target in (foreign, deleted, {"id": MISSING})]
        assert len({seen(answer)[2] for answer in answers}) == 1
        assert seen(answers[0]) == seen(answers[1]) == seen(answers[2])
    answer = admin.call("PATCH", at(foreign) + "/settings", {"access_ttl": 0})
    assert seen(answer) == seen(admin.call("PATCH", at({"id": MISSING}) + "/settings",
                                           {"access_ttl": 0}))
    assert root.get(at(foreign) + "/settings", expect=200).json()["access_ttl"] == 3600
    assert [event[0] for event in events(stack, foreign)] == ["tenant.created"]


# -- the command line ------------------------------------------------------------------------------

def test_the_command_line_follows_the_same_rules(stack, root):
    """A4: create, suspend, resume, set, delete."""
    slug = new_slug()
    stack.cli("tenant", "create", slug, "--name", "By hand", "--plan", "silver", "--max-users", "2",
              "--subscription-ends-at", "2031-01-02T03:04:05Z")
    tenant = next(t for t in pages(root, "/auth/tenants?limit=200") if t["slug"] == slug)
    assert tenant["plan"] == "silver" and tenant["max_users"] == 2
    assert tenant["subscription_ends_at"].startswith("2031-01-02T03:04:05")
    assert tenant["created_by"] is None and tenant["updated_by"] is None
    client = signed_in(stack, viewer(stack, tenant))
    everywhere([client], 204)
    stack.cli("tenant", "suspend", slug)
    stack.cli("tenant", "suspend", slug)
    everywhere([client], 401, "invalid_token")
    stack.cli("tenant", "resume", slug)
    everywhere([client], 204)
    stack.cli("tenant", "set", slug, "roles_claim=csv")
    stack.cli("tenant", "set", slug, "roles_claim=csv")
    refused = stack.cli("tenant", "delete", slug, check=False)
    assert refused.returncode == 1 and "--force" in refused.stderr
    everywhere([client], 204)
    stack.cli("tenant", "delete", slug, "--force")
    everywhere([client], 401, "invalid_token")
    assert stack.cli("tenant", "delete", slug, "--force", check=False).returncode == 1
    root.get(at(tenant), expect=(404, "not_found"))
    assert [(event, actor) for event, actor, _, _ in events(stack, tenant)] == [
        ("tenant.created", None), ("tenant.updated", None), ("tenant.updated", None),
        ("settings.updated", None), ("tenant.deleted", None)]
    assert events(stack, tenant, "settings.updated")[0][2:] == (
        {"roles_claim": "array"}, {"roles_claim": "csv"})


@pytest.mark.parametrize("flags", [
    ("--max-users", "0"), ("--max-users", "many"), ("--subscription-ends-at", "soon"),
    ("--subscription-ends-at", "0001-01-01T00:00:00Z"), ("--preset", "none"),
    ("--plan", "a\nb")])
def test_the_command_line_refuses_too(stack, flags):
    """A4: and leaves nothing behind."""
    slug = new_slug()
    assert stack.cli("tenant", "create", slug, *flags, check=False).returncode != 0
    assert stack.value("SELECT COUNT(*) FROM tenants WHERE slug = %s", slug) == 0
