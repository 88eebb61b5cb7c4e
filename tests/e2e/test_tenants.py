"""Tenants and their settings (SPEC N1, N3 to N6, T2; API.md "Administration", "Tenant settings")."""

import json
import secrets
import time
import uuid

import pytest

from support import jwt
from support.client import Client, describe, problem, register, signed_in
from support.gatehouse import User, fresh_email, fresh_password
from support.parallel import together

FIELDS = {"id", "slug", "name", "status", "plan", "subscription_ends_at", "max_users",
          "created_at", "created_by", "updated_at", "updated_by"}
MISSING = "00000000-0000-7000-8000-00000000dead"
PAST = "2020-01-01T00:00:00Z"


@pytest.fixture(scope="module")
def home(stack):
    """Where the platform administrators of these tests live."""
    return stack.new_tenant("home", max_sessions=0)


@pytest.fixture(scope="module")
def lord(stack, home):
    """A platform administrator who is nobody else besides."""
    return signed_in(stack, stack.new_user(home, flags=("--platform-admin",)))


@pytest.fixture
def root(lord):
    """The same from an address of a test's own: rate limits are per address."""
    return root_of(lord)


def new_slug():
    return f"t-{secrets.token_hex(6)}"


def make(root, **fields):
    body = {"slug": new_slug(), "name": "A tenant", **fields}
    return root.post("/auth/tenants", body, expect=201).json()


def at(tenant):
    return f"/auth/tenants/{tenant['id']}"


def change(root, tenant, **fields):
    return root.call("PATCH", at(tenant), fields, expect=200).json()


def configure(root, tenant, **settings):
    return root.call("PATCH", at(tenant) + "/settings", settings, expect=200).json()


def member(stack, tenant, *flags):
    return stack.new_user(tenant["slug"], flags=flags)


def viewer(stack, tenant):
    """Somebody whom the gate lets through."""
    role = stack.new_role(tenant["slug"], "sales:orders:view")
    return stack.new_user(tenant["slug"], roles=(role,))


def events(stack, tenant, event=None):
    """(event, actor, before, after) of what was done to the tenant."""
    rows = stack.sql("SELECT event, actor_id, actor_tenant_id, tenant_id, before_json, after_json "
                     "FROM audit_events WHERE target_id = %s AND target_type = 'tenant' "
                     "ORDER BY created_at, id", tenant["id"])
    assert all(row["tenant_id"] == uuid.UUID(tenant["id"]).bytes for row in rows)
    found = [(row["event"], row["actor_id"] and str(uuid.UUID(bytes=row["actor_id"])),
              row["before_json"] and json.loads(row["before_json"]),
              row["after_json"] and json.loads(row["after_json"])) for row in rows]
    return [row for row in found if event in (None, row[0])]


def seen(answer):
    """All that a caller can tell answers apart by, but for what is never twice the same."""
    body = {name: value for name, value in answer.json().items() if name != "request_id"}
    headers = {name: value for name, value in answer.headers.items()
               if name not in ("X-Request-Id", "Date")}
    return answer.status_code, headers, json.dumps(body)


def pointers(answer):
    return {error["pointer"] for error in problem(answer, 422, "validation_failed")["errors"]}


def everywhere(clients, status, code=None, rounds=8):
    """The next verification, and many more on every worker of the pool."""
    expect = status if code is None else (status, code)
    together([lambda c=client: [c.verify(expect=expect) for _ in range(rounds)]
              for client in clients])


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
    assert root.call("PATCH", at(tenant), expect=200).json() == changed
    assert root.get(at(tenant), expect=200).json() == changed

    assert root.call("DELETE", at(tenant), expect=204).content == b""
    for method in ("GET", "PATCH", "DELETE"):
        root.call(method, at(tenant), expect=(404, "not_found"))
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
    answers = together([lambda: root_of(root).post("/auth/tenants", {"slug": slug, "name": "x"})
                        .status_code for _ in range(8)])
    assert sorted(answers) == [201] + [409] * 7


def root_of(client):
    """The same session on a connection of its own: requests' sessions are not for threads."""
    copy = Client(client.stack)
    copy.access = client.access
    copy.user = client.user
    return copy


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


def pages(root, query):
    found, cursor = [], ""
    while True:
        page = root.get(f"/auth/tenants?{query}{cursor}", expect=200).json()
        assert set(page) == {"items", "next_cursor"}
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = "&cursor=" + page["next_cursor"]


@pytest.mark.parametrize("sort, key, descending", [
    ("", "created_at", True), ("sort=-created_at&", "created_at", True),
    ("sort=created_at&", "created_at", False), ("sort=slug&", "slug", False),
    ("sort=-slug&", "slug", True)])
def test_lists_page_by_page(root, sort, key, descending):
    """API.md, lists: every tenant once, in order, whatever the page's size."""
    made = [make(root) for _ in range(5)]
    root.call("DELETE", at(made[2]), expect=204)
    living = {tenant["id"]: tenant for tenant in made if tenant is not made[2]}
    small = pages(root, sort + "limit=17")
    assert small == pages(root, sort + "limit=200")
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
    for query in ("limit=0", "limit=201", "sort=name", "sort=", "q=x", f"sort=slug&cursor={cursor}",
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


# -- suspension and deletion -----------------------------------------------------------------------


@pytest.mark.parametrize("cache_is", ["healthy", "flushed"])
def test_a_suspended_tenant_is_out_at_once(stack, cache, root, cache_is):
    """N6, T8: the very next verification, on every worker; back at once where it resumes."""
    tenant, other = make(root), make(root)
    configure(root, tenant, max_sessions=0)
    user = viewer(stack, tenant)
    clients = [signed_in(stack, user, device=f"d{number}") for number in range(6)]
    untouched = [signed_in(stack, viewer(stack, other))]
    for _ in range(3):
        everywhere(clients + untouched, 204)
        change(root, tenant, status="suspended")
        if cache_is == "flushed":
            cache.flush()
        everywhere(clients, 401, "invalid_token")
        everywhere(untouched, 204)
        Client(stack).login(user, expect=(403, "tenant_suspended"))
        Client(stack).login(user, fresh_password(), expect=(401, "invalid_credentials"))
        clients[0].refresh(expect=(401, "invalid_refresh_token"))
        change(root, tenant, status="active")
    everywhere(clients, 204)
    clients[0].refresh(expect=200)
    updates = events(stack, tenant, "tenant.updated")
    assert [after for _, _, _, after in updates] == [{"status": "suspended"},
                                                     {"status": "active"}] * 3


@pytest.mark.parametrize("cache_is", ["healthy", "flushed"])
def test_a_deleted_tenant_is_nowhere(stack, cache, root, cache_is):
    """N3, T8: its tokens, its sign-ins, its links, its slug, its id."""
    tenant = make(root)
    configure(root, tenant, max_sessions=0)
    user = viewer(stack, tenant)
    clients = [signed_in(stack, user, device=f"d{number}") for number in range(6)]
    Client(stack).post("/auth/forgot-password", {"tenant": user.tenant, "email": user.email},
                       expect=202)
    reset = stack.mail.wait(user.email, "reset").token()
    pending = User(fresh_email(), fresh_password(), user.tenant)
    Client(stack).post("/auth/register", {"tenant": user.tenant, "email": pending.email,
                                          "password": pending.password}, expect=202)
    link = stack.mail.wait(pending.email, "verify_email").token()
    everywhere(clients, 204)

    root.call("DELETE", at(tenant), expect=(409, "tenant_not_empty"))
    root.call("DELETE", at(tenant) + "?force=false", expect=(409, "tenant_not_empty"))
    everywhere(clients, 204)
    root.call("DELETE", at(tenant) + "?force=true", expect=204)
    if cache_is == "flushed":
        cache.flush()
    everywhere(clients, 401, "invalid_token")

    clients[0].refresh(expect=(401, "invalid_refresh_token"))
    unknown = User(user.email, user.password, new_slug())
    assert (seen(Client(stack).login(user, expect=(401, "invalid_credentials"))) ==
            seen(Client(stack).login(unknown, expect=(401, "invalid_credentials"))))
    for path, body in (("register", {"password": fresh_password()}), ("forgot-password", {}),
                       ("resend-verification", {})):
        Client(stack).post(f"/auth/{path}", {"tenant": user.tenant, "email": user.email, **body},
                           expect=(422, "unknown_tenant"))
    Client(stack).post("/auth/reset-password", {"token": reset, "new_password": fresh_password()},
                       expect=(400, "invalid_token"))
    Client(stack).post("/auth/verify-email", {"token": link}, expect=(400, "invalid_token"))
    root.get(at(tenant), expect=(404, "not_found"))
    root.call("DELETE", at(tenant) + "?force=true", expect=(404, "not_found"))
    assert tenant["slug"] not in stack.cli("tenant", "list").stdout

    # Its slug is anybody's, and its people are not the successor's.
    heir = make(root, slug=tenant["slug"])
    Client(stack).login(user, expect=(401, "invalid_credentials"))
    everywhere(clients, 401, "invalid_token")
    root.call("DELETE", at(heir), expect=204)


def test_nobody_saws_off_their_own_branch(stack, root, home):
    """An administrator's own tenant stays; that of others goes, the default one's settings too."""
    own = {"id": str(uuid.UUID(bytes=stack.value("SELECT id FROM tenants WHERE slug = %s", home)))}
    for query in ("", "?force=true", "?force=false"):
        root.call("DELETE", at(own) + query, expect=(403, "escalation"))
    root.verify(expect=204)


def test_a_new_slug_is_told_at_once(stack, root):
    """T8: a proof holds the slug."""
    tenant = make(root)
    client = signed_in(stack, viewer(stack, tenant))
    for _ in range(3):
        client.verify(expect=204)
    slug = change(root, tenant, slug=new_slug())["slug"]
    for _ in range(20):
        assert client.verify(expect=204).headers["X-Auth-Tenant"] == slug
    user = client.user
    Client(stack).login(user, expect=(401, "invalid_credentials"))
    Client(stack).login(User(user.email, user.password, slug), expect=200)


# -- subscription ----------------------------------------------------------------------------------


def test_past_the_subscriptions_end(stack, root):
    """N4: a clear error for sign-in, refresh and renewal; the living token lives; admins get in."""
    tenant = make(root)
    person, boss = viewer(stack, tenant), member(stack, tenant, "--tenant-admin")
    client, admin = signed_in(stack, person), signed_in(stack, boss)
    everywhere([client, admin], 204)
    ended = change(root, tenant, subscription_ends_at=PAST)
    assert ended["subscription_ends_at"].startswith("2020-01-01T00:00:00")
    everywhere([client, admin], 204)
    client.get("/auth/session", expect=200)
    client.refresh(expect=(403, "subscription_expired"))
    Client(stack).login(person, expect=(403, "subscription_expired"))
    Client(stack).login(person, fresh_password(), expect=(401, "invalid_credentials"))
    Client(stack).login(boss, device="second", expect=200)
    attempt = stack.attempts(person)[-2]
    assert (attempt["success"], attempt["reason"], attempt["counted"]) == (
        0, "subscription_expired", 0)
    change(root, tenant, subscription_ends_at=None)
    client.refresh(expect=200)
    Client(stack).login(person, device="third", expect=200)


def test_no_renewal_past_the_subscriptions_end(stack, root):
    """N4, T7: a token in the last half of its life; the end itself is exact."""
    tenant = make(root)
    configure(root, tenant, access_ttl=8, max_sessions=0)
    client = signed_in(stack, viewer(stack, tenant))
    admin = signed_in(stack, member(stack, tenant, "--tenant-admin"))
    change(root, tenant, subscription_ends_at=PAST)
    assert "X-Renewed-Token" not in client.verify(expect=204).headers
    time.sleep(4.5)
    client.verify(expect=(403, "subscription_expired"))
    client.get("/auth/session", expect=(403, "subscription_expired"))
    assert "X-Renewed-Token" in admin.verify(expect=204).headers


# -- the limit -------------------------------------------------------------------------------------


def count(stack, tenant):
    return stack.value("SELECT COUNT(*) FROM users WHERE tenant_id = %s",
                       uuid.UUID(tenant["id"]).bytes)


def try_to_register(stack, tenant, email=None):
    return Client(stack).post("/auth/register", {
        "tenant": tenant["slug"], "email": email or fresh_email(), "password": fresh_password()})


@pytest.mark.parametrize("limit", [1, 7])
def test_the_limit_holds_for_32_at_once(stack, root, limit):
    """N4."""
    tenant = make(root, max_users=limit)
    answers = together([lambda: try_to_register(stack, tenant) for _ in range(32)])
    for answer in answers:
        if answer.status_code != 202:
            problem(answer, 409, "tenant_user_limit")
    assert sum(answer.status_code == 202 for answer in answers) == limit
    assert count(stack, tenant) == limit


def test_a_full_tenant_says_the_same_of_every_address(stack, root):
    """N4, L2: whether somebody is there is not told; nothing is sent, nobody is changed."""
    tenant = make(root)
    active = register(stack, tenant["slug"])
    pending = fresh_email()
    assert try_to_register(stack, tenant, pending).status_code == 202
    stack.mail.wait(pending, "verify_email")
    change(root, tenant, max_users=2)
    mails = "SELECT COUNT(*) FROM outbox WHERE tenant_id = %s"
    before = stack.value(mails, uuid.UUID(tenant["id"]).bytes)
    answers = [try_to_register(stack, tenant, email) for email in
               (active.email, pending, fresh_email())]
    for answer in answers:
        problem(answer, 409, "tenant_user_limit")
    assert seen(answers[0]) == seen(answers[1]) == seen(answers[2])
    assert stack.value(mails, uuid.UUID(tenant["id"]).bytes) == before
    assert count(stack, tenant) == 2
    change(root, tenant, max_users=3)
    assert try_to_register(stack, tenant).status_code == 202
    # A limit below what is there changes nothing but that nobody more comes.
    change(root, tenant, max_users=1)
    Client(stack).login(active, expect=200)
    problem(try_to_register(stack, tenant), 409, "tenant_user_limit")


# -- settings --------------------------------------------------------------------------------------

DEFAULTS = {
    "access_ttl": 3600, "session_ttl": 86400, "refresh_grace": 10, "idle_timeout": 0,
    "max_sessions": 1, "lockout_threshold": 5, "lockout_window": 900, "lockout_duration": 900,
    "password_min_length": 10, "require_2fa": "off", "mfa_challenge_ttl": 300,
    "verify_email_ttl": 86400, "password_reset_ttl": 1800, "registration": "open",
    "registration_domains": [], "ip_binding": "off", "roles_claim": "array",
    "permissions_claim": True, "sliding_renewal": True, "info_text": "", "mail_sender_name": "",
    "oauth_link_verified_email": False, "oauth_providers": []}
OIDC = {"id": "corp", "name": "Größe", "type": "oidc", "issuer": "https://id.example/a",
        "client_id": "c", "scopes": ["openid", "email"]}
HUB = {"id": "hub", "name": "Hub", "type": "oauth2", "client_id": "c", "scopes": [],
       "authorization_endpoint": "https://hub.example/authorize?x=y",
       "token_endpoint": "https://hub.example/token",
       "userinfo_endpoint": "https://api.hub.example/user"}
OTHERS = {
    "access_ttl": [1, 86400], "session_ttl": [1, 366 * 86400], "refresh_grace": [0, 300],
    "idle_timeout": [1, 366 * 86400], "max_sessions": [0, 1000], "lockout_threshold": [1, 1000],
    "lockout_window": [1, 86400], "lockout_duration": [1, 86400],
    "password_min_length": [11, 128], "require_2fa": ["admins", "all"],
    "mfa_challenge_ttl": [1, 3600], "verify_email_ttl": [1, 30 * 86400],
    "password_reset_ttl": [1, 86400], "registration": ["domain", "closed"],
    "registration_domains": [["a.example", "b.example"], ["bücher.example"]],
    "ip_binding": ["subnet", "strict"], "roles_claim": ["csv"], "permissions_claim": [False],
    "sliding_renewal": [False], "info_text": ["Hello,\nworld", "ü" * 4000],
    "mail_sender_name": ["Größe", "x" * 100], "oauth_link_verified_email": [True],
    "oauth_providers": [[OIDC], [HUB, OIDC]]}
BAD = {
    "access_ttl": [0, -1, 86401, "60", 1.5, True, [], {}], "session_ttl": [0, 366 * 86400 + 1],
    "refresh_grace": [-1, 301], "idle_timeout": [-1, 366 * 86400 + 1],
    "max_sessions": [-1, 1001, "0"], "lockout_threshold": [0, 1001, 2 ** 63],
    "lockout_window": [0, 86401], "lockout_duration": [0, 86401],
    "password_min_length": [9, 0, 129], "require_2fa": ["on", "", True, "ALL"],
    "mfa_challenge_ttl": [0, 3601], "verify_email_ttl": [0, 30 * 86400 + 1],
    "password_reset_ttl": [0, 86401], "registration": ["", "Open", 1],
    "registration_domains": ["a.example", [1], [None], ["a\u0000b.example"], ["x" * 254],
                             ["a.example"] * 101, [""], ["@a.example"], ["nodot"], ["*.a.example"],
                             ["a.example, b.example"]],
    "ip_binding": ["loose", None and ""], "roles_claim": ["list"],
    "permissions_claim": ["true", 1, 0], "sliding_renewal": ["false"],
    "info_text": ["x" * 4001, "a\u0000b", "a\u001bb", 7], "mail_sender_name":
        ["x" * 101, "a\r\nBcc: b@c.example", 7], "oauth_link_verified_email": ["yes"],
    "oauth_providers": [{}, [1], [{}], [OIDC, OIDC], [{**OIDC, "issuer": "http://id.example"}],
                        [{**HUB, "issuer": "https://id.example"}], [OIDC] * 21, "corp"]}


def test_settings_begin_with_the_defaults(root):
    """N5: a flat object, all keys."""
    tenant = make(root)
    assert root.get(at(tenant) + "/settings", expect=200).json() == DEFAULTS
    assert set(OTHERS) == set(BAD) == set(DEFAULTS)


@pytest.mark.parametrize("key", sorted(DEFAULTS))
def test_every_setting_is_kept_and_reset(stack, root, key):
    """N5, A1: read back, alone changed; null is the default; the event shows this key alone."""
    tenant = make(root)
    path = at(tenant) + "/settings"
    for value in OTHERS[key]:
        assert configure(root, tenant, **{key: value}) == {**DEFAULTS, key: value}
        assert root.get(path, expect=200).json() == {**DEFAULTS, key: value}
        assert configure(root, tenant, **{key: value}) == {**DEFAULTS, key: value}
    assert configure(root, tenant, **{key: None}) == DEFAULTS
    assert configure(root, tenant) == DEFAULTS
    values = [DEFAULTS[key], *OTHERS[key], DEFAULTS[key]]
    me = stack.user_id(root.user)
    assert events(stack, tenant, "settings.updated") == [
        ("settings.updated", me, {key: before}, {key: after})
        for before, after in zip(values, values[1:])]


@pytest.mark.parametrize("key", sorted(BAD))
def test_settings_out_of_bounds(root, key):
    """N5, E5: named, and the good ones beside them are not taken either."""
    tenant = make(root)
    path = at(tenant) + "/settings"
    for value in BAD[key]:
        if value is None:
            continue
        other = "info_text" if key != "info_text" else "mail_sender_name"
        answer = root.call("PATCH", path, {key: value, other: "fine"})
        found = pointers(answer)
        assert all(p == f"/{key}" or p.startswith(f"/{key}/") for p in found), describe(answer)
    assert root.get(path, expect=200).json() == DEFAULTS


@pytest.mark.parametrize("key", ["nonsense", "slug", "status", "generation", "id", "max_users",
                                 "settings", "", "access_ttl ", "Access_ttl", "__proto__"])
def test_settings_that_are_none(root, key):
    """E5: mass assignment."""
    tenant = make(root)
    answer = root.call("PATCH", at(tenant) + "/settings", {key: 1, "access_ttl": 60})
    assert pointers(answer) == {"/" + key}, describe(answer)
    assert root.get(at(tenant), expect=200).json() == tenant
    assert root.get(at(tenant) + "/settings", expect=200).json() == DEFAULTS


def test_settings_changed_at_once_are_all_kept(root):
    """N5: under the row's lock no change is lost."""
    tenant = make(root)
    values = {"access_ttl": 61, "session_ttl": 62, "lockout_window": 63, "info_text": "64",
              "max_sessions": 65, "roles_claim": "csv", "idle_timeout": 67, "refresh_grace": 68}
    clients = [root_of(root) for _ in values]
    together([lambda c=client, k=key, v=value: configure(c, tenant, **{k: v})
              for client, (key, value) in zip(clients, values.items())])
    assert root.get(at(tenant) + "/settings", expect=200).json() == {**DEFAULTS, **values}


def test_domains_are_compared_in_lower_case(stack, root):
    """N5: as addresses are. With no domain at all nobody registers."""
    tenant = make(root)
    settings = configure(root, tenant, registration="domain",
                         registration_domains=["Example.TEST"])
    assert settings["registration_domains"] == ["example.test"]
    assert try_to_register(stack, tenant).status_code == 202
    problem(try_to_register(stack, tenant, "a@other.test"), 403, "registration_domain_not_allowed")
    configure(root, tenant, registration_domains=[])
    problem(try_to_register(stack, tenant), 403, "registration_domain_not_allowed")


def test_settings_hold_for_the_next_request(stack, root):
    """N5, T8: on living sessions, whatever the cache remembers."""
    tenant = make(root)
    client = signed_in(stack, viewer(stack, tenant))
    everywhere([client], 204)
    configure(root, tenant, require_2fa="all")
    client.get("/auth/info", expect=(403, "two_factor_enrolment_required"))
    configure(root, tenant, require_2fa="admins")
    client.get("/auth/info", expect=200)
    configure(root, tenant, ip_binding="strict")
    elsewhere = Client(stack)
    elsewhere.access = client.access
    elsewhere.verify(expect=(401, "invalid_token"))
    everywhere([client], 204)
    configure(root, tenant, ip_binding="off", info_text="Opening hours:\n8 to 5")
    elsewhere.verify(expect=204)
    assert client.get("/auth/info", expect=200).json()["text"] == "Opening hours:\n8 to 5"


def claims_of(token):
    return jwt.parts(token)[1]


def test_claim_formats_show_in_the_next_token(stack, root):
    """T2, T7: by refresh, by renewal and at sign-in."""
    tenant = make(root)
    configure(root, tenant, access_ttl=6, max_sessions=0)
    roles = [stack.new_role(tenant["slug"], "sales:orders:view", name=name) for name in ("B", "A")]
    user = stack.new_user(tenant["slug"], roles=roles)
    client = signed_in(stack, user)
    claims = claims_of(client.access)
    assert claims["roles"] == ["B", "A"] and claims["permissions"] == ["sales:orders:view"]
    client.verify(expect=204)
    configure(root, tenant, roles_claim="csv", permissions_claim=False)
    tokens = [client.refresh().json()["access_token"], signed_in(stack, user).access]
    time.sleep(3.3)
    tokens.append(client.verify(expect=204).headers["X-Renewed-Token"])
    for token in tokens:
        claims = claims_of(token)
        assert claims["roles"] == "B,A" and claims["role"] == "B"
        assert "permissions" not in claims and "permissions_omitted" not in claims
    configure(root, tenant, roles_claim=None, permissions_claim=None)
    claims = claims_of(signed_in(stack, user).access)
    assert claims["roles"] == ["B", "A"] and claims["permissions"] == ["sales:orders:view"]
    # Nobody without a role has one in csv.
    configure(root, tenant, roles_claim="csv")
    claims = claims_of(signed_in(stack, member(stack, tenant)).access)
    assert claims["roles"] == "" and claims["role"] is None


def test_permissions_that_are_too_many_are_left_out(stack, root):
    """T2: past 3 KiB the token says so, by every way to get one, and decisions do not care."""
    tenant = make(root)
    configure(root, tenant, access_ttl=6, max_sessions=0)
    role = stack.new_role(tenant["slug"], "sales:orders:view")
    user = stack.new_user(tenant["slug"], roles=(role,))
    role_id = stack.value("SELECT HEX(r.id) FROM roles r JOIN tenants t ON t.id = r.tenant_id "
                          "WHERE t.slug = %s AND r.name = %s", tenant["slug"], role)
    values = ", ".join(f"(UNHEX('{role_id}'), 'many:things{n}:do')" for n in range(400))
    stack.administer_database(
        f"INSERT INTO gatehouse.role_permissions (role_id, permission) VALUES {values}")
    client = signed_in(stack, user)
    tokens = [client.access, client.refresh().json()["access_token"]]
    time.sleep(3.3)
    tokens.append(client.verify(expect=204).headers["X-Renewed-Token"])
    for token in tokens:
        assert len(token) <= 3072
        claims = claims_of(token)
        assert claims["permissions_omitted"] is True and "permissions" not in claims
        client.get("/auth/verify?permission=many:things399:do", token=token, expect=204)
        client.get("/auth/verify?permission=many:things400:do", token=token, expect=403)


# -- the command line ------------------------------------------------------------------------------


def test_the_command_line_follows_the_same_rules(stack, root):
    """A4: create, suspend, resume, set, delete."""
    slug = new_slug()
    stack.cli("tenant", "create", slug, "--name", "By hand", "--plan", "silver", "--max-users", "2",
              "--subscription-ends-at", "2031-01-02T03:04:05Z")
    tenant = next(t for t in pages(root, "limit=200") if t["slug"] == slug)
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


def test_a_full_tenant_and_the_command_line(stack, root):
    """N4, A4: what is there already needs no room."""
    tenant = make(root, max_users=1)
    user = member(stack, tenant)
    create = ("user", "create", "--tenant", tenant["slug"], "--email")
    assert stack.cli(*create, fresh_email(), check=False).returncode == 1
    assert stack.cli(*create, fresh_email(), "--if-missing", check=False).returncode == 1
    assert "exists" in stack.cli(*create, user.email.upper(), "--if-missing").stdout
    assert count(stack, tenant) == 1
