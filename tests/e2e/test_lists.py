"""Lists of administration and one's own (SPEC U5, L4, A1, N1; API.md "Conventions"): filters,
orders, pages, and the wall between tenants."""

import base64
import secrets
import uuid
from urllib.parse import quote, urlencode

import pytest

from support.client import Client, problem, signed_in

UNKNOWN = "00000000-0000-7000-8000-00000000abcd"
LISTS = ("/auth/users", "/auth/login-attempts", "/auth/audit", "/auth/me/login-attempts",
         "/auth/me/sessions")
ADMINISTRATION = LISTS[:3]


def query(path, **parameters):
    return path + "?" + urlencode(parameters) if parameters else path


def page(client, path, **parameters):
    document = client.get(query(path, **parameters), expect=200).json()
    assert set(document) == {"items", "next_cursor"}
    return document


def everything(client, path, limit=200, **parameters):
    """All items by pages of `limit`; every page but the last is full."""
    items, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        document = page(client, path, limit=limit, **more, **parameters)
        items += document["items"]
        cursor = document["next_cursor"]
        if cursor is None:
            assert len(items) == len({item["id"] for item in items}), "an item came twice"
            return items
        assert len(document["items"]) == limit


def ids(items):
    return [item["id"] for item in items]


def emails(items):
    return sorted(item["email"] for item in items)


class Town:
    """A tenant of a few people, each with another mark to be found by."""

    def __init__(self, stack):
        self.slug = stack.new_tenant("lists", max_sessions=0)
        self.clerks = stack.new_role(self.slug, "sales:orders:view", "auth:users:view")
        self.admin = stack.new_user(self.slug, flags=("--tenant-admin",))
        self.people = [stack.new_user(self.slug, email=f"p{n}.{name}@{site}.example.test",
                                      roles=(self.clerks,) if n % 3 == 0 else ())
                       for n, (name, site) in enumerate([
                           ("ann", "north"), ("anna", "south"), ("bob", "north"),
                           ("zo\u00eb", "south"), ("bo", "north"), ("ann-lee", "south"),
                           ("cy", "north")])]
        self.stack = stack
        stack.disable(self.people[4])
        for n, person in enumerate(self.people):
            row = stack.user_row(person)["id"].hex()
            stack.administer_database(
                f"UPDATE {stack.info['database']}.users SET branch_id = 'b{n % 2}', "
                f"restaurant_id = 'r{n % 3}' WHERE id = X'{row}'")
        Client(stack).login(self.people[0], "wrong", expect=401)
        self.access = signed_in(stack, self.admin).access

    @property
    def client(self):
        """The administrator, each time at an address that has its rate limit to itself."""
        client = Client(self.stack)
        client.access = self.access
        return client

    def named(self, *numbers):
        return sorted(self.people[n].email for n in numbers)


@pytest.fixture(scope="module")
def town(stack):
    return Town(stack)


@pytest.fixture(scope="module")
def platform(stack):
    return signed_in(stack, stack.admin, device="lists")


def role_id(stack, name):
    return str(uuid.UUID(bytes=stack.value("SELECT id FROM roles WHERE name = %s", name)))


def test_a_listed_user_is_the_user(stack, town):
    """U5, API.md "User": every member, also roles and permissions."""
    items = {item["email"]: item for item in everything(town.client, "/auth/users")}
    assert set(items) == {town.admin.email} | {p.email for p in town.people}
    clerk = items[town.people[3].email]
    assert clerk["roles"] == [{"id": role_id(stack, town.clerks), "name": town.clerks}]
    assert clerk["permissions"] == ["auth:users:view", "sales:orders:view"]
    assert clerk["branch_id"] == "b1" and clerk["restaurant_id"] == "r0"
    assert items[town.people[1].email]["roles"] == []
    assert items[town.people[4].email]["status"] == "disabled"
    me = town.client.get("/auth/me", expect=200).json()
    assert items[town.admin.email] == me


@pytest.mark.parametrize("parameters, numbers", [
    ({"q": "ann"}, (0, 1, 5)), ({"q": "ANN north"}, (0,)), ({"q": "zoe\u0308"}, (3,)),
    ({"q": "p4"}, (4,)), ({"q": "p4.bo@north.example.test"}, (4,)), ({"q": "nobody"}, ()),
    ({"q": "nn"}, ()), ({"status": "disabled"}, (4,)), ({"status": "pending"}, ()),
    ({"branch_id": "b0"}, (0, 2, 4, 6)), ({"restaurant_id": "r2"}, (2, 5)),
    ({"branch_id": "b0", "restaurant_id": "r0"}, (0, 6)), ({"branch_id": "B0"}, ()),
    ({"q": "north", "branch_id": "b0", "status": "active"}, (0, 2, 6)),
    ({"email": "P2.BOB@north.example.test"}, (2,)), ({"email": "p2.bob@north.example.tes"}, ()),
    ({"email": "p2.bob@north.example.test", "status": "disabled"}, ()),
    ({"role_id": "clerks"}, (0, 3, 6)), ({"role_id": "clerks", "q": "north"}, (0, 6)),
    ({"role_id": UNKNOWN}, ())])
def test_filters(stack, town, parameters, numbers):
    """U5: alone and together; all must hold."""
    asked = {key: role_id(stack, town.clerks) if value == "clerks" else value
             for key, value in parameters.items()}
    for sort in ("created_at", "-created_at", "email", "-email"):
        for limit in (1, 2, 200):
            items = everything(town.client, "/auth/users", limit=limit, sort=sort, **asked)
            assert emails(items) == town.named(*numbers)
            order = [item[sort.lstrip("-")] for item in items]
            assert order == sorted(order, reverse=sort.startswith("-"))


def test_a_new_name_is_found_and_the_old_one_is_not(stack, town):
    """U5: search follows a registration that is overwritten."""
    email = f"late-{uuid.uuid4().hex}@example.test"
    for first in ("Quentin", "Rosalind"):
        Client(stack).post("/auth/register", {
            "tenant": town.slug, "email": email, "password": "Zq7!vT4#xKp2-good",
            "first_name": first}, expect=202)
    assert emails(everything(town.client, "/auth/users", q="rosal")) == [email]
    assert everything(town.client, "/auth/users", q="quentin") == []
    stack.administer_database(
        f"DELETE FROM {stack.info['database']}.users WHERE email = '{email}'")


@pytest.mark.parametrize("path", LISTS)
def test_pages_are_complete(stack, town, path):
    """API.md: the default order is newest first; pages of any size hold the same rows."""
    for _ in range(3):
        signed_in(stack, town.admin)
    newest = everything(town.client, path)
    assert len(newest) >= 4
    times = [item["created_at"] for item in newest]
    assert times == sorted(times, reverse=True)
    # The list grows by nothing but sign-ins, and there are none meanwhile.
    for limit in (1, 3, len(newest)):
        assert ids(everything(town.client, path, limit=limit)) == ids(newest)
        oldest = everything(town.client, path, limit=limit, sort="created_at")
        assert ids(oldest) == ids(newest)[::-1]
    assert len(page(town.client, path)["items"]) == min(50, len(newest))


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("bad", [
    "limit=0", "limit=201", "limit=x", "limit=-1", "limit=", "sort=nothing", "sort=--created_at",
    "cursor=", "cursor=x", "cursor=AAAA", "cursor=%00", "zzz=1", "Limit=1", "limit=1&limit=1"])
def test_what_a_list_does_not_take(town, path, bad):
    """API.md: 422 that names the parameter."""
    document = problem(town.client.get(f"{path}?{bad}"), 422, "validation_failed")
    assert {"?" + bad.partition("=")[0]} == {error["pointer"] for error in document["errors"]}


@pytest.mark.parametrize("path", LISTS)
def test_a_cursor_is_good_for_its_own_order_alone(town, path):
    """API.md."""
    cursor = page(town.client, path, limit=1, sort="created_at")["next_cursor"]
    assert cursor
    town.client.get(query(path, cursor=cursor, sort="created_at"), expect=200)
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    bent = [raw[:-1] + b"x", raw[:16] + b"email\0" + b"x", raw[:16], raw[:20],
            raw.replace(b"created_at", b"created_ax"), raw + b"9" * 30, raw[:-3] + b"\xff\xff\xff"]
    if path == "/auth/users":
        town.client.get(query(path, cursor=cursor, sort="email"), expect=422)
        other = page(town.client, path, limit=1, sort="-email")["next_cursor"]
        town.client.get(query(path, cursor=other), expect=422)
        town.client.get(query(path, cursor=other, sort="-email"), expect=200)
    for value in bent:
        text = base64.urlsafe_b64encode(value).decode().rstrip("=")
        town.client.get(query(path, cursor=text, sort="created_at"), expect=422)


@pytest.mark.parametrize("path, bad", [
    ("/auth/users", "status=gone"), ("/auth/users", "role_id=x"), ("/auth/users", "q="),
    ("/auth/users", "q=" + "x" * 101), ("/auth/users", "q=%0a"), ("/auth/users", "email=x"),
    ("/auth/users", "branch_id=" + "x" * 65), ("/auth/users", "first_name=x"),
    ("/auth/login-attempts", "success=1"), ("/auth/login-attempts", "user_id=x"),
    ("/auth/login-attempts", "from=yesterday"), ("/auth/login-attempts", "status=active"),
    ("/auth/audit", "actor_id=me"), ("/auth/audit", "to=2026-01-01"), ("/auth/audit", "event="),
    ("/auth/me/login-attempts", "user_id=" + UNKNOWN), ("/auth/me/login-attempts", "email=a@b.c"),
    ("/auth/me/sessions", "from=2026-01-01T00:00:00Z")])
def test_filters_are_validated(town, path, bad):
    """E5, API.md: wrong values, and what another list takes."""
    problem(town.client.get(f"{path}?{bad}"), 422, "validation_failed")


def test_strange_searches_are_only_searches(town):
    """E5: wildcards, quotes and marks mean nothing."""
    for text in ("%", "_", "%%", "p_.ann", "ann%'--", "\\", "'\"`;", "a\u0301\u0301\u0301" * 20,
                 "\U0001f600", " ".join("abcdefghijklmnopqrstuvwxyz"), "x" * 100):
        answer = town.client.get("/auth/users?q=" + quote(text), expect=200)
        assert all(set(item) >= {"id", "email"} for item in answer.json()["items"])
    assert everything(town.client, "/auth/users", q="p_") == everything(
        town.client, "/auth/users", q="p")


def test_attempts_by_every_filter(stack, town):
    """L4."""
    victim = town.people[6]
    guesser = Client(stack)
    for _ in range(3):
        guesser.login(victim, "wrong", expect=401)
    owner = signed_in(stack, victim)
    client, path = town.client, "/auth/login-attempts"
    listed = everything(client, path, email=victim.email)
    assert [item["success"] for item in listed] == [True, False, False, False]
    assert set(listed[0]) == {"id", "tenant_id", "user_id", "email", "ip", "user_agent", "device",
                              "created_at", "success", "reason"}
    user = stack.user_id(victim)
    assert ids(everything(client, path, user_id=user)) == ids(listed)
    assert ids(everything(client, path, email=victim.email.upper())) == ids(listed)
    assert ids(everything(client, path, ip=guesser.ip)) == ids(listed)[1:]
    assert ids(everything(client, path, ip=guesser.ip, limit=1)) == ids(listed)[1:]
    assert everything(client, path, ip=guesser.ip, success="true") == []
    assert ids(everything(client, path, ip=owner.ip, email=victim.email)) == ids(listed)[:1]
    assert ids(everything(client, path, user_id=user, success="false", sort="created_at",
                          limit=1)) == ids(listed)[:0:-1]
    # Times are told in milliseconds and kept in microseconds.
    assert ids(everything(client, path, email=victim.email,
                          to=listed[1]["created_at"])) == ids(listed)[2:]
    since = everything(client, path, email=victim.email, **{"from": listed[1]["created_at"]})
    assert ids(since) == ids(listed)[:2]
    assert {item["email"] for item in everything(client, path, success="false")} >= {victim.email}
    own = everything(owner, "/auth/me/login-attempts")
    assert own == listed
    assert everything(owner, "/auth/me/login-attempts", success="false") == listed[1:]
    owner.get(path, expect=(403, "permission_denied"))


def test_the_audit_log_tells_what_happened(stack, town):
    """A1: who, what, target, when; before and after as objects."""
    client = town.client
    person = town.people[1]
    target = stack.user_id(person)
    own = signed_in(stack, person)
    client.post(f"/auth/users/{target}/logout", expect=204)
    actor = stack.user_id(town.admin)
    events = everything(client, "/auth/audit", target_id=own.session_id)
    events += everything(client, "/auth/audit", target_id=target)
    mine = [event for event in events if event["actor_id"] == actor]
    assert mine, events
    for event in events:
        assert set(event) == {"id", "event", "actor_id", "target_type", "target_id", "tenant_id",
                              "ip", "request_id", "created_at", "before", "after"}
        assert event["tenant_id"] == client.get("/auth/me", expect=200).json()["tenant_id"]
        assert event["created_at"].endswith("Z")
        for member in ("before", "after"):
            assert event[member] is None or isinstance(event[member], dict)
    kind = mine[0]["event"]
    of_kind = everything(client, "/auth/audit", event=kind)
    assert {event["event"] for event in of_kind} == {kind} and mine[0]["id"] in ids(of_kind)
    assert mine[0]["id"] in ids(everything(client, "/auth/audit", actor_id=actor, event=kind))
    assert everything(client, "/auth/audit", actor_id=UNKNOWN) == []
    assert everything(client, "/auth/audit", event="no.such") == []
    assert everything(client, "/auth/audit", target_id=target, to=events[-1]["created_at"],
                      **{"from": events[-1]["created_at"]}) == []


def insert_event(stack, tenant, actor_tenant, event, before="NULL"):
    number = uuid.uuid4()
    where, home = (f"(SELECT id FROM {stack.info['database']}.tenants WHERE slug = '{slug}')"
                   if slug else "NULL" for slug in (tenant, actor_tenant))
    stack.administer_database(
        f"INSERT INTO {stack.info['database']}.audit_events (id, event, tenant_id, actor_tenant_id,"
        f" target_type, ip, request_id, created_at, before_json)"
        f" VALUES (X'{number.hex}', '{event}', {where}, {home}, 'user', '::1', 'r',"
        f" UTC_TIMESTAMP(6), {before})")
    return str(number)


def test_what_is_no_object_is_told_as_null(stack, town):
    """A1: an unreadable row does not spoil the page."""
    kind = f"test.{uuid.uuid4().hex}"
    for stored in ("'{'", "'7'", "'[]'", "''", "'{\"a\":1}'"):
        insert_event(stack, town.slug, None, kind, stored)
    befores = [item["before"] for item in
               everything(town.client, "/auth/audit", event=kind, sort="created_at")]
    assert befores == [None, None, None, None, {"a": 1}]


def test_who_sees_what_was_done_abroad(stack, town, platform):
    """A1, N1: a platform administrator without ?tenant_id=, of what their own tenant's people did;
    nobody else."""
    kind = f"test.{uuid.uuid4().hex}"
    home = stack.tenant
    other = stack.new_tenant()
    at_home = insert_event(stack, home, None, kind)
    abroad = insert_event(stack, town.slug, home, kind)
    nowhere = insert_event(stack, None, home, kind)
    strangers = insert_event(stack, town.slug, other, kind)
    ownerless = insert_event(stack, None, None, kind)
    assert ids(everything(platform, "/auth/audit", event=kind)) == [nowhere, abroad, at_home]
    assert ids(everything(platform, "/auth/audit", event=kind, limit=1, sort="created_at")) == [
        at_home, abroad, nowhere]
    own, there = (str(uuid.UUID(bytes=stack.value("SELECT id FROM tenants WHERE slug = %s", slug)))
                  for slug in (home, town.slug))
    assert ids(everything(platform, "/auth/audit", event=kind, tenant_id=own)) == [at_home]
    assert ids(everything(platform, "/auth/audit", event=kind, tenant_id=there)) == [
        strangers, abroad]
    assert ids(everything(town.client, "/auth/audit", event=kind)) == [strangers, abroad]
    local = signed_in(stack, stack.new_user(home, flags=("--tenant-admin",)))
    assert ids(everything(local, "/auth/audit", event=kind)) == [at_home]
    assert ownerless not in ids(everything(platform, "/auth/audit", event=kind))


@pytest.mark.parametrize("path", ADMINISTRATION)
def test_the_wall(stack, town, platform, path):
    """N1: a tenant's rows only; ?tenant_id= is for platform administrators."""
    stranger = stack.new_user(stack.new_tenant(), flags=("--tenant-admin",))
    client = signed_in(stack, stranger)
    there = town.client.get("/auth/me", expect=200).json()["tenant_id"]
    here = client.get("/auth/me", expect=200).json()["tenant_id"]
    assert {item["tenant_id"] for item in everything(client, path)} == {here}
    assert not set(ids(everything(client, path))) & set(ids(everything(town.client, path)))
    client.get(query(path, tenant_id=there), expect=(403, "permission_denied"))
    client.get(query(path, tenant_id=here), expect=200)
    seen = everything(platform, path, tenant_id=there)
    assert ids(seen) == ids(everything(town.client, path))
    platform.get(query(path, tenant_id=UNKNOWN), expect=(404, "not_found"))
    platform.get(query(path, tenant_id="x"), expect=(422, "validation_failed"))
    # A cursor opens no other tenant's list.
    cursor = page(town.client, path, limit=1)["next_cursor"]
    assert {item["tenant_id"] for item in
            client.get(query(path, cursor=cursor), expect=200).json()["items"]} <= {here}


def test_filters_do_not_reach_through_the_wall(stack, town):
    """N1: another tenant's person, role or address finds nothing."""
    client = signed_in(stack, stack.new_user(stack.new_tenant(), flags=("--tenant-admin",)))
    person = town.people[0]
    user = stack.user_id(person)
    for path, parameters in (
            ("/auth/users", {"email": person.email}), ("/auth/users", {"q": "p0"}),
            ("/auth/users", {"role_id": role_id(stack, town.clerks)}),
            ("/auth/users", {"branch_id": "b0"}), ("/auth/login-attempts", {"user_id": user}),
            ("/auth/login-attempts", {"email": person.email}),
            ("/auth/login-attempts", {"ip": town.client.ip}), ("/auth/audit", {"target_id": user}),
            ("/auth/audit", {"actor_id": stack.user_id(town.admin)})):
        assert everything(client, path, **parameters) == [], (path, parameters)


def test_lists_need_their_permission(stack, town):
    """R1, L4, A1."""
    clerk = signed_in(stack, town.people[3])
    clerk.get("/auth/users", expect=200)
    for path in ("/auth/login-attempts", "/auth/audit"):
        clerk.get(path, expect=(403, "permission_denied"))
        Client(stack).get(path, expect=(401, "authentication_required"))
    roleless = signed_in(stack, town.people[1])
    for path in ADMINISTRATION:
        roleless.get(path, expect=(403, "no_role_assigned"))


def test_a_search_for_no_word_finds_nobody(stack):
    """U5: "---" is not the absence of a question."""
    tenant = stack.new_tenant()
    boss = signed_in(stack, stack.new_user(tenant, flags=["--tenant-admin"]))
    for query in ("---", "%", "_", "%20"):
        assert boss.get("/auth/users", params={"q": query}, expect=200).json()["items"] == []
    assert len(boss.get("/auth/users", expect=200).json()["items"]) == 1


def test_tenants_are_sought_by_a_part_of_what_they_are_called(stack, platform):
    """W3: among thousands, by slug or name, page by page."""
    mark = secrets.token_hex(6)
    slugs = [f"{mark}-{n}" for n in "cab"]
    for slug in slugs:
        platform.post("/auth/tenants", {"slug": slug, "name": f"Caf\u00e9 {mark[:5]}%{slug[-1]}"}, expect=201)
    for text in (mark, mark.upper(), f"cafe {mark[:5]}", f"{mark[:5]}%"):
        found = everything(platform, "/auth/tenants", limit=1, q=text, sort="slug")
        assert [tenant["slug"] for tenant in found] == sorted(slugs), text
    newest = everything(platform, "/auth/tenants", limit=2, q=mark)
    assert [tenant["slug"] for tenant in newest] == slugs[::-1]
    assert everything(platform, "/auth/tenants", q=f"{mark}%") == []
    for bad in ("q=", "q=" + "x" * 101, "q=%0a", "q=a&q=b"):
        problem(platform.get(f"/auth/tenants?{bad}"), 422, "validation_failed")
