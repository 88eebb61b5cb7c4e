"""Two administrators at once, or thirty-two (SPEC N4, S2, R2; API.md "Idempotency-Key",
`last_tenant_admin`)."""

import secrets
import time

import pytest

from support.admin import (give, my_id, new_person, new_role, platform_admin, raw_id, tenant_admin,
                           tenant_id, text_id)
from support.client import Client, describe, problem, signed_in
from support.gatehouse import User, fresh_email, fresh_password
from support.parallel import together

MANY = 32


@pytest.fixture
def slug(stack):
    return stack.new_tenant("race", max_sessions=0)


@pytest.fixture
def boss(stack, slug):
    return tenant_admin(stack, slug)


def several(client, count):
    """The same session over connections and addresses of their own."""
    copies = []
    for _ in range(count):
        copy = Client(client.stack)
        copy.access = client.access
        copies.append(copy)
    return copies


def statuses(answers):
    return sorted(answer.status_code for answer in answers)


def new_body():
    return {"email": fresh_email("race"), "first_name": "Ada", "last_name": "Byron"}


def limit(stack, slug, number):
    platform_admin(stack).call("PATCH", f"/auth/tenants/{tenant_id(stack, slug)}",
                               {"max_users": number}, expect=200)


def people(stack, slug):
    return stack.value("SELECT COUNT(*) FROM users u JOIN tenants t ON t.id = u.tenant_id "
                       "WHERE t.slug = %s", slug)


def test_max_users_under_parallel_creation(stack, slug, boss):
    """N4: exactly as many as there is room for; the others are told why."""
    limit(stack, slug, people(stack, slug) + 5)
    answers = together([lambda c=c: c.post("/auth/users", new_body()) for c in several(boss, MANY)])
    assert statuses(answers) == [201] * 5 + [409] * (MANY - 5), statuses(answers)
    for answer in answers:
        if answer.status_code == 409:
            problem(answer, 409, "tenant_user_limit")
    assert people(stack, slug) == 6
    # Room again, once somebody is gone.
    made = next(answer.json()["id"] for answer in answers if answer.status_code == 201)
    boss.call("DELETE", f"/auth/users/{made}", expect=204)
    boss.post("/auth/users", new_body(), expect=201)
    boss.post("/auth/users", new_body(), expect=(409, "tenant_user_limit"))


def test_max_users_under_creation_and_registration(stack, slug, boss):
    """N4: both count against the one number; deleting meanwhile does not break it."""
    limit(stack, slug, 9)
    creators, visitors = several(boss, MANY // 2), [Client(stack) for _ in range(MANY // 2)]

    def register(client):
        return client.post("/auth/register", {"tenant": slug, "email": fresh_email("race"),
                                              "password": fresh_password()})

    answers = together([lambda c=c: c.post("/auth/users", new_body()) for c in creators] +
                       [lambda c=c: register(c) for c in visitors])
    assert set(statuses(answers)) <= {201, 202, 409}, statuses(answers)
    assert people(stack, slug) == 9
    for answer in answers:
        if answer.status_code == 409:
            problem(answer, 409, "tenant_user_limit")


def test_one_key_makes_one_user(stack, slug, boss):
    """API.md "Idempotency-Key": the same key and body gives the first status and body again, or 409
    while the first runs; another body 422."""
    key, body = secrets.token_hex(16), new_body()
    answers = together([lambda c=c: c.post("/auth/users", body, headers={"Idempotency-Key": key})
                        for c in several(boss, MANY)])
    made = [answer for answer in answers if answer.status_code == 201]
    assert made and len({answer.content for answer in made}) == 1, statuses(answers)
    for answer in answers:
        if answer.status_code != 201:
            problem(answer, 409, "idempotency_in_progress")
    assert people(stack, slug) == 2
    assert len(stack.sql("SELECT id FROM outbox WHERE recipient = %s", body["email"])) == 1
    again = boss.post("/auth/users", body, headers={"Idempotency-Key": key}, expect=201)
    assert again.content == made[0].content
    boss.post("/auth/users", {**body, "first_name": "Grace"}, headers={"Idempotency-Key": key},
              expect=(422, "idempotency_key_reused"))
    boss.post("/auth/users", body, expect=(409, "already_exists"))
    # Per caller: somebody else's key is another one.
    other = tenant_admin(stack, slug)
    other.post("/auth/users", new_body(), headers={"Idempotency-Key": key}, expect=201)


@pytest.mark.parametrize("path", ["/auth/roles", "/auth/tenants"])
def test_one_key_makes_one_of_anything(stack, slug, path):
    """API.md "Idempotency-Key": on all three routes; a refusal is given again as well."""
    admin = platform_admin(stack, slug)
    name = f"once-{secrets.token_hex(5)}"
    body = {"slug": name, "name": name} if "tenants" in path else {"name": name, "permissions": []}
    key = {"Idempotency-Key": secrets.token_hex(16)}
    answers = together([lambda c=c: c.post(path, body, headers=key)
                        for c in several(admin, MANY // 2)])
    made = [answer for answer in answers if answer.status_code == 201]
    assert made and len({answer.content for answer in made}) == 1, statuses(answers)
    for answer in answers:
        if answer.status_code != 201:
            problem(answer, 409, "idempotency_in_progress")
    table = path.rpartition("/")[2]
    assert stack.value(f"SELECT COUNT(*) FROM {table} WHERE name = %s", name) == 1
    admin.post(path, {**body, "name": name + "x"}, headers=key,
               expect=(422, "idempotency_key_reused"))


def test_a_key_that_is_none(stack, boss):
    """API.md, E5."""
    for key in ("x" * 256, "with space", "tab\there"):
        answer = boss.post("/auth/users", new_body(), headers={"Idempotency-Key": key})
        problem(answer, 422, "validation_failed")


def test_a_duplicate_is_made_once_without_a_key(stack, slug, boss):
    """API.md: 409 already_exists for the others."""
    body = new_body()
    answers = together([lambda c=c: c.post("/auth/users", body) for c in several(boss, MANY // 2)])
    assert statuses(answers) == [201] + [409] * (MANY // 2 - 1)
    for answer in answers:
        if answer.status_code == 409:
            problem(answer, 409, "already_exists")
    assert people(stack, slug) == 2
    name = f"Role {secrets.token_hex(5)}"
    answers = together([lambda c=c: c.post("/auth/roles", {"name": name, "permissions": []})
                        for c in several(boss, MANY // 2)])
    assert statuses(answers) == [201] + [409] * (MANY // 2 - 1)


def test_parallel_sign_ins_leave_one_session(stack):
    """S2: a new device each; one session lives, the one whose token works."""
    user = stack.new_user(stack.new_tenant("one"))
    clients = [Client(stack) for _ in range(MANY)]
    together([lambda c=c: c.login(user, device=secrets.token_hex(8)) for c in clients])
    live = [text_id(row["id"]) for row in stack.live_sessions(user)]
    assert len(live) == 1
    working = [c.session_id for c in clients
               if c.get("/auth/session").status_code == 200]
    assert working == live


def test_parallel_role_assignments_end_in_one_of_them(stack, boss):
    """R2: lists are replaced whole: the end is one of the sets, never a mix; and what the gate and
    the answer say is the same."""
    roles = [new_role(boss, "sales:orders:view") for _ in range(8)]
    sets = [frozenset(roles[i:i + 3]) for i in range(6)]
    target = signed_in(stack, stack.new_user(boss.user.tenant))
    user = my_id(target)
    for _ in range(3):
        answers = together([
            lambda c=c, n=n: c.call("PUT", f"/auth/users/{user}/roles",
                                    {"role_ids": sorted(sets[n % len(sets)])})
            for n, c in enumerate(several(boss, MANY))])
        assert statuses(answers) == [200] * MANY, [describe(a) for a in answers
                                                  if a.status_code != 200][:3]
        for n, answer in enumerate(answers):
            held = frozenset(role["id"] for role in answer.json()["roles"])
            assert held == sets[n % len(sets)]
        held = frozenset(text_id(row["role_id"]) for row in stack.sql(
            "SELECT role_id FROM user_roles WHERE user_id = %s", raw_id(user)))
        assert held in sets
        shown = boss.get(f"/auth/users/{user}", expect=200).json()["roles"]
        assert frozenset(role["id"] for role in shown) == held
        headers = target.verify(expect=204).headers["X-Auth-Roles"]
        assert len(headers.split(",")) == 3


def test_an_assignment_races_the_roles_deletion(stack, boss):
    """R2: nobody is left with a role that is gone, and the loser is told."""
    user = new_person(boss)["id"]
    for _ in range(5):
        role = new_role(boss, "sales:orders:view")
        one, two = several(boss, 2)
        assigned, deleted = together([
            lambda: one.call("PUT", f"/auth/users/{user}/roles", {"role_ids": [role]}),
            lambda: two.call("DELETE", f"/auth/roles/{role}")])
        pair = (assigned.status_code, deleted.status_code)
        assert pair in ((200, 409), (404, 204), (422, 204)), (describe(assigned), describe(deleted))
        give(boss, user)
    assert stack.value("SELECT COUNT(*) FROM user_roles u LEFT JOIN roles r ON r.id = u.role_id "
                       "WHERE r.id IS NULL") == 0


WAYS = {
    "delete": ("DELETE", None), "lose the flag": ("PATCH", {"is_tenant_admin": False}),
    "disable": ("PATCH", {"status": "disabled"})}


def admins(stack, slug):
    return stack.value("SELECT COUNT(*) FROM users u JOIN tenants t ON t.id = u.tenant_id WHERE "
                       "t.slug = %s AND u.is_tenant_admin AND u.status = 'active'", slug)


@pytest.mark.parametrize("way", WAYS)
def test_two_last_administrators(stack, way):
    """API.md 409 last_tenant_admin: each removes the other at the same moment; one stays."""
    method, body = WAYS[way]
    for _ in range(4):
        slug = stack.new_tenant("last", max_sessions=0)
        pair = [tenant_admin(stack, slug) for _ in range(2)]
        ids = [my_id(client) for client in pair]

        def remove(client, target):
            path = f"/auth/users/{target}"
            return client.call(method, path, body) if body else client.call(method, path)

        answers = together([lambda: remove(pair[0], ids[1]), lambda: remove(pair[1], ids[0])])
        # The loser is told so, or lost the right (or the session) to ask while it was on its way.
        good = [answer for answer in answers if answer.status_code in (200, 204)]
        assert len(good) == 1, [describe(answer) for answer in answers]
        other = next(answer for answer in answers if answer not in good)
        assert (other.status_code, other.json()["code"]) in (
            (409, "last_tenant_admin"), (401, "invalid_token"), (403, "no_role_assigned"),
            (403, "escalation")), describe(other)
        assert admins(stack, slug) == 1


@pytest.mark.parametrize("way", WAYS)
def test_by_a_third_who_sees_both_go(stack, way):
    """API.md 409 last_tenant_admin: a platform admin removes both at once; one stays, and the other
    answer is the 409."""
    method, body = WAYS[way]
    platform = platform_admin(stack)
    for _ in range(4):
        slug = stack.new_tenant("last")
        users = [stack.user_id(stack.new_user(slug, flags=("--tenant-admin",))) for _ in range(2)]
        tail = f"?tenant_id={tenant_id(stack, slug)}"
        answers = together([
            lambda c=c, u=u: c.call(method, f"/auth/users/{u}{tail}", body) if body else
            c.call(method, f"/auth/users/{u}{tail}") for c, u in zip(several(platform, 2), users)])
        codes = sorted(answer.status_code for answer in answers)
        assert codes[1] == 409 and codes[0] in (200, 204), [describe(a) for a in answers]
        problem(next(a for a in answers if a.status_code == 409), 409, "last_tenant_admin")
        assert admins(stack, slug) == 1


def test_the_last_one_cannot_delete_themselves(stack, slug, boss):
    """API.md 409 last_tenant_admin: nor through DELETE /auth/me, also at once with another."""
    boss.call("DELETE", "/auth/me", {"password": boss.user.password},
              expect=(409, "last_tenant_admin"))
    other = tenant_admin(stack, slug)
    answers = together([
        lambda c=c: c.call("DELETE", "/auth/me", {"password": c.user.password})
        for c in (boss, other)])
    assert statuses(answers) == [204, 409], [describe(a) for a in answers]
    assert admins(stack, slug) == 1


def test_parallel_changes_to_one_address(stack, slug, boss):
    """U3, N1: by an administrator, several people to one free address: one has it, the others 409;
    the same for people themselves, of whom one link wins."""
    users = [stack.user_id(stack.new_user(slug)) for _ in range(8)]
    address = fresh_email("wanted")
    answers = together([lambda c=c, u=u: c.call("PATCH", f"/auth/users/{u}", {"email": address})
                        for c, u in zip(several(boss, len(users)), users)])
    assert statuses(answers) == [200] + [409] * 7, [describe(a) for a in answers][:3]
    for answer in answers:
        if answer.status_code == 409:
            problem(answer, 409, "already_exists")
    assert stack.value("SELECT COUNT(*) FROM users WHERE email = %s", address) == 1


def test_parallel_links_to_one_address(stack, slug):
    """U3, N1: both asked for while it was free; it goes to one of them."""
    address = fresh_email("wanted")
    clients = [signed_in(stack, stack.new_user(slug)) for _ in range(3)]
    for client in clients:
        client.post("/auth/me/email", {"new_email": address, "password": client.user.password},
                    expect=202)
    stack.mail.wait(address, "verify_email", count=len(clients))
    tokens = [mail.token() for mail in stack.mail.all(address, "verify_email")]
    answers = together([lambda t=t: Client(stack).post("/auth/verify-email", {"token": t})
                        for t in tokens])
    assert sorted(a.status_code == 200 for a in answers) == [False, False, True], [
        describe(a) for a in answers]
    assert stack.value("SELECT COUNT(*) FROM users WHERE email = %s", address) == 1
    kept = [c for c in clients if stack.user_row(User(c.user.email, "", slug)) is not None]
    assert len(kept) == len(clients) - 1


def test_a_registration_and_a_creation_for_one_address(stack, slug, boss):
    """N1, L2: one account, and the visitor is told nothing."""
    for _ in range(4):
        address = fresh_email("both")
        created, registered = together([
            lambda: boss.post("/auth/users", {**new_body(), "email": address}),
            lambda: Client(stack).post("/auth/register", {"tenant": slug, "email": address,
                                                          "password": fresh_password()})])
        assert registered.status_code == 202, describe(registered)
        assert created.status_code in (201, 409), describe(created)
        assert stack.value("SELECT COUNT(*) FROM users WHERE email = %s", address) == 1


def test_edits_of_one_role_end_in_one_of_them(stack, boss):
    """R2: permissions are replaced whole; the answer and the table say the same."""
    role = new_role(boss)
    sets = [["sales:orders:view", "sales:orders:edit"], ["inventory:stock:view"],
            ["hr:employees:view", "hr:employees:edit", "hr:employees:delete"]]
    answers = together([
        lambda c=c, n=n: c.call("PATCH", f"/auth/roles/{role}", {"permissions": sets[n % 3]})
        for n, c in enumerate(several(boss, MANY // 2))])
    assert statuses(answers) == [200] * (MANY // 2), [describe(a) for a in answers][:3]
    for n, answer in enumerate(answers):
        assert sorted(answer.json()["permissions"]) == sorted(sets[n % 3])
    held = sorted(row["permission"] for row in stack.sql(
        "SELECT permission FROM role_permissions WHERE role_id = %s", raw_id(role)))
    assert held in [sorted(grants) for grants in sets]


def test_settings_that_are_patched_together_are_both_kept(stack, slug, boss):
    """API.md: PATCH merges: two people, two keys, both stay."""
    path = f"/auth/tenants/{tenant_id(stack, slug)}/settings"
    for number in range(5):
        one, two = several(boss, 2)
        answers = together([
            lambda: one.call("PATCH", path, {"info_text": f"text {number}"}),
            lambda: two.call("PATCH", path, {"lockout_threshold": 3 + number})])
        assert statuses(answers) == [200, 200]
        now = boss.get(path, expect=200).json()
        assert (now["info_text"], now["lockout_threshold"]) == (f"text {number}", 3 + number)


def test_a_deletion_races_a_sign_in(stack, slug, boss):
    """T8: whichever comes first, afterwards no token of theirs works."""
    for _ in range(6):
        user = stack.new_user(slug)
        user_id = stack.user_id(user)
        client = Client(stack)
        deleted, _login = together([
            lambda: boss.call("DELETE", f"/auth/users/{user_id}"),
            lambda: client.login(user, expect=None)])
        assert deleted.status_code == 204, describe(deleted)
        if client.access:
            for _again in range(4):
                client.verify(expect=(401, "invalid_token"))
        assert stack.value("SELECT COUNT(*) FROM sessions WHERE user_id = %s AND "
                           "revoked_at IS NULL", raw_id(user_id)) == 0


def test_a_disabling_races_sign_ins(stack, slug, boss):
    """T8, U5: the status wins; no session is left over."""
    for _ in range(4):
        user = stack.new_user(slug)
        user_id = stack.user_id(user)
        clients = [Client(stack) for _ in range(6)]
        answers = together([lambda: boss.call("PATCH", f"/auth/users/{user_id}",
                                              {"status": "disabled"})] +
                           [lambda c=c: c.login(user, expect=None) for c in clients])
        assert answers[0].status_code == 200, describe(answers[0])
        time.sleep(0.05)
        assert stack.live_sessions(user) == []
        for client in clients:
            if client.access:
                client.verify(expect=(401, "invalid_token"))
