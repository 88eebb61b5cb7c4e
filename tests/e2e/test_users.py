"""Users in the hands of administrators (SPEC U2, U5, P5, R4, N1; API.md "Administration")."""

import re
import secrets
import uuid

import pytest

from support.client import Client, signed_in
from support.gatehouse import User, fresh_email, fresh_password

NOBODY = "00000000-0000-7000-8000-00000000abcd"
USER_MEMBERS = {
    "id", "tenant_id", "email", "email_verified", "status", "first_name", "last_name", "phone",
    "address", "employee_id", "kra_pin", "branch_id", "restaurant_id", "is_tenant_admin",
    "is_platform_admin", "must_change_password", "two_factor_enabled", "picture_url", "roles",
    "permissions", "created_at", "created_by", "updated_at", "updated_by", "last_login_at"}


@pytest.fixture(scope="module", name="boss")
def _boss(stack, tenant):
    return signed_in(stack, stack.new_user(tenant, flags=["--tenant-admin"]))


def role_id(stack, tenant, name):
    return str(uuid.UUID(bytes=stack.value(
        "SELECT r.id FROM roles r JOIN tenants t ON t.id = r.tenant_id"
        " WHERE t.slug = %s AND r.name = %s", tenant, name)))


def new_body(**more):
    return {"email": fresh_email("emp"), "first_name": "Wanjiru", "last_name": "Otieno", **more}


def events(stack, target, event):
    return stack.sql("SELECT * FROM audit_events WHERE target_id = %s AND event = %s", target,
                     event)


def generated_password(stack, email):
    text = stack.mail.wait(email, "welcome").text
    return next(line for line in text.splitlines() if re.fullmatch(r"[A-Za-z0-9]{16,}", line))


def test_an_employee_is_made_and_gets_a_password_by_mail(stack, tenant, boss):
    """U2, P5: everything given is stored; the first sign-in must change the password."""
    role = stack.new_role(tenant, "sales:orders:view")
    body = new_body(phone="+254712345678", address="Moi Avenue 1", employee_id="EMP-7",
                    kra_pin="A123456789Z", branch_id="nairobi-2", restaurant_id="r-9",
                    role_ids=[role_id(stack, tenant, role)])
    made = boss.post("/auth/users", body, expect=201).json()
    assert set(made) == USER_MEMBERS
    for name, value in body.items():
        if name != "role_ids":
            assert made[name] == value, name
    assert made["roles"] == [{"id": body["role_ids"][0], "name": role}]
    assert made["permissions"] == ["sales:orders:view"]
    assert made["status"] == "active" and made["email_verified"] is True
    assert made["must_change_password"] is True and made["is_tenant_admin"] is False
    assert made["created_by"] == stack.user_id(boss.user) == made["updated_by"]

    password = generated_password(stack, body["email"])
    assert not set(password) & set("0O1lI")
    employee = User(body["email"], password, tenant)
    client = signed_in(stack, employee)
    client.verify(expect=(403, "password_change_required"))
    client.get("/auth/me", expect=(403, "password_change_required"))
    client.get("/auth/session", expect=200)
    client.post("/auth/change-password", {"current_password": password,
                                          "new_password": fresh_password()}, expect=204)
    told = client.verify(expect=204).headers
    assert told["X-Auth-Roles"] == role and told["X-Auth-Branch-Id"] == "nairobi-2"
    (event,) = events(stack, made["id"], "user.created")
    assert event["actor_id"] == stack.user_row(boss.user)["id"]
    assert password not in event["after_json"]


@pytest.mark.parametrize("field, value", [
    ("kra_pin", "A12345678Z"), ("kra_pin", "A12345678ıZ"), ("phone", "0712345678"),
    ("email", "no"), ("first_name", ""), ("last_name", None), ("role_ids", ["x"]),
    ("address", "x" * 501), ("employee_id", "x" * 65), ("tenant_id", NOBODY),
    ("is_platform_admin", True), ("email_verified", False), ("status", "active"),
    ("password", "three-wet-otters-sing"), ("roles", []), ("id", NOBODY),
    ("must_change_password", False)])
def test_what_is_not_right_is_named(stack, boss, field, value):
    """E5: and nobody is made."""
    body = {**new_body(), field: value}
    answer = boss.post("/auth/users", body, expect=(422, "validation_failed")).json()
    assert any(e["pointer"].startswith(f"/{field}") for e in answer["errors"])
    assert not stack.sql("SELECT 1 FROM users WHERE email = %s", body["email"])


@pytest.mark.parametrize("typed", ["a123456789z", "A123456789z", "a123456789Z"])
def test_a_kra_pin_in_either_case(stack, boss, typed):
    """U2: "a letter, nine digits, a letter"; stored and shown in capitals, by POST and PATCH."""
    made = boss.post("/auth/users", new_body(kra_pin=typed), expect=201).json()
    path = f"/auth/users/{made['id']}"
    assert made["kra_pin"] == boss.get(path).json()["kra_pin"] == "A123456789Z"
    before = len(events(stack, made["id"], "user.updated"))
    # Nothing changes by another spelling of the same.
    boss.call("PATCH", path, {"kra_pin": typed}, expect=200)
    assert len(events(stack, made["id"], "user.updated")) == before
    told = boss.call("PATCH", path, {"kra_pin": "p000000000q"}, expect=200).json()
    assert told["kra_pin"] == "P000000000Q"
    assert stack.value("SELECT kra_pin FROM users WHERE email = %s", made["email"]) == "P000000000Q"


def test_an_address_is_taken_once_and_free_after_deletion(stack, boss):
    """N1, U5."""
    body = new_body()
    first = boss.post("/auth/users", body, expect=201).json()
    boss.post("/auth/users", {**body, "email": body["email"].upper()},
              expect=(409, "already_exists"))
    boss.call("DELETE", f"/auth/users/{first['id']}", expect=204)
    boss.get(f"/auth/users/{first['id']}", expect=(404, "not_found"))
    boss.post("/auth/users", body, expect=201)
    (event,) = events(stack, first["id"], "user.deleted")
    assert body["email"] in event["before_json"] and event["after_json"] is None


def test_a_change_merges_and_null_clears(stack, boss):
    """U5, U6: PATCH."""
    made = boss.post("/auth/users", new_body(phone="+254712345678", branch_id="b"),
                     expect=201).json()
    path = f"/auth/users/{made['id']}"
    changed = boss.call("PATCH", path, {"phone": None, "first_name": "Achieng"}, expect=200).json()
    assert changed["phone"] is None and changed["first_name"] == "Achieng"
    assert changed["branch_id"] == "b" and changed["last_name"] == made["last_name"]
    assert changed["updated_at"] > made["updated_at"]
    assert boss.get(path, expect=200).json() == changed
    (event,) = events(stack, made["id"], "user.updated")
    assert event["before_json"] == '{"first_name":"Wanjiru","phone":"+254712345678"}'
    assert event["after_json"] == '{"first_name":"Achieng","phone":null}'
    boss.call("PATCH", path, {}, expect=200)
    boss.call("PATCH", path, {"first_name": "Achieng"}, expect=200)
    assert len(events(stack, made["id"], "user.updated")) == 1


def test_a_change_reaches_the_next_verification(stack, tenant, boss):
    """T8: names and places are in nginx's headers."""
    person = signed_in(stack, stack.new_user(tenant, roles=[stack.new_role(tenant, "a:b:c")]))
    person.verify(expect=204)
    boss.call("PATCH", f"/auth/users/{stack.user_id(person.user)}",
              {"branch_id": "moved", "first_name": "New", "last_name": "Name"}, expect=200)
    for _ in range(10):
        told = person.verify(expect=204).headers
        assert told["X-Auth-Branch-Id"] == "moved" and told["X-Auth-Name"] == "New Name"


def test_disabled_at_once_and_enabled_again(stack, tenant, boss):
    """U5, T8."""
    person = signed_in(stack, stack.new_user(tenant))
    path = f"/auth/users/{stack.user_id(person.user)}"
    person.get("/auth/me", expect=200)
    assert boss.call("PATCH", path, {"status": "disabled"}, expect=200).json()[
        "status"] == "disabled"
    person.verify(expect=(401, "invalid_token"))
    person.refresh(expect=(401, "invalid_refresh_token"))
    Client(stack).login(person.user, expect=(403, "account_disabled"))
    boss.call("PATCH", path, {"status": "active"}, expect=200)
    signed_in(stack, person.user)
    boss.call("PATCH", path, {"status": "pending"}, expect=(422, "validation_failed"))


def test_a_pending_registration_is_activated(stack, tenant, boss):
    """U5: the administrator vouches for the address."""
    user = User(fresh_email("pend"), fresh_password(), tenant)
    Client(stack).post("/auth/register", {"tenant": tenant, "email": user.email,
                                          "password": user.password}, expect=202)
    answer = boss.call("PATCH", f"/auth/users/{stack.user_id(user)}", {"status": "active"},
                       expect=200).json()
    assert answer["status"] == "active" and answer["email_verified"] is True
    signed_in(stack, user)


def test_an_overwritten_registration_is_not_taken_into_use_with_its_password(stack, tenant, boss):
    """U1, U5: the last password under an address may be a stranger's; only mail tells."""
    user = User(fresh_email("twice"), fresh_password(), tenant)
    stranger = User(user.email, fresh_password(), tenant)
    for one in (user, stranger):
        Client(stack).post("/auth/register", {"tenant": tenant, "email": one.email,
                                              "password": one.password}, expect=202)
    boss.call("PATCH", f"/auth/users/{stack.user_id(user)}", {"status": "active"}, expect=200)
    for one in (user, stranger):
        Client(stack).login(one, expect=(401, "invalid_credentials"))
    token = stack.mail.wait(user.email, "reset").token()
    Client(stack).post("/auth/reset-password", {"token": token, "new_password": user.password},
                       expect=204)
    signed_in(stack, user)


def test_a_moved_registration_keeps_its_password(stack, tenant, boss):
    """U1, U5: a later registration under the new address does not come in its place."""
    user = User(fresh_email("first"), fresh_password(), tenant)
    Client(stack).post("/auth/register", {"tenant": tenant, "email": user.email,
                                          "password": user.password}, expect=202)
    moved = User(fresh_email("second"), user.password, tenant)
    boss.call("PATCH", f"/auth/users/{stack.user_id(user)}", {"email": moved.email}, expect=200)
    token = stack.mail.wait(moved.email, "verify_email").token()
    stranger = User(moved.email, fresh_password(), tenant)
    Client(stack).post("/auth/register", {"tenant": tenant, "email": stranger.email,
                                          "password": stranger.password}, expect=202)
    Client(stack).post("/auth/verify-email", {"token": token}, expect=200)
    Client(stack).login(stranger, expect=(401, "invalid_credentials"))
    signed_in(stack, moved)


def test_ones_own_address_needs_ones_password(stack, tenant):
    """U3: a stolen session of an administrator does not move the account."""
    admin = signed_in(stack, stack.new_user(tenant, flags=["--tenant-admin"]))
    path = f"/auth/users/{stack.user_id(admin.user)}"
    admin.call("PATCH", path, {"email": fresh_email()}, expect=(422, "validation_failed"))
    # The address that it has, as a form sends it along, is no move.
    admin.call("PATCH", path, {"email": admin.user.email, "first_name": "Ann"}, expect=200)


def test_a_repeated_change_tells_the_cache_what_the_first_could_not(stack, tenant, boss):
    """T8: a worker may die between its commit and the cache. As it leaves things: done in the
    database, proofs alive."""
    database = stack.info["database"]
    for method, body, status in (("PATCH", {"status": "disabled"}, 200), ("DELETE", None, 404)):
        person = signed_in(stack, stack.new_user(
            tenant, roles=[stack.new_role(tenant, "sales:orders:view")]))
        identity = stack.user_id(person.user)
        raw = identity.replace("-", "")
        person.verify(expect=204)
        if method == "PATCH":
            stack.administer_database(
                f"UPDATE {database}.users SET status = 'disabled' WHERE id = UNHEX('{raw}');"
                f"UPDATE {database}.sessions SET revoked_at = UTC_TIMESTAMP(6)"
                f" WHERE user_id = UNHEX('{raw}')")
        else:
            stack.administer_database(
                f"UPDATE {database}.tenants SET generation = generation + 1"
                f" WHERE slug = '{tenant}'; DELETE FROM {database}.users WHERE id = UNHEX('{raw}')")
        person.verify(expect=204)
        options = {} if body is None else {"body": body}
        boss.call(method, f"/auth/users/{identity}", expect=status, **options)
        person.verify(expect=(401, "invalid_token"))


def test_an_address_changed_by_an_administrator_is_unverified(stack, tenant, boss):
    """U3, U5: sessions end, the old address is warned, the new one must be verified first."""
    person = signed_in(stack, stack.new_user(tenant))
    old, new = person.user.email, fresh_email("new")
    path = f"/auth/users/{stack.user_id(person.user)}"
    answer = boss.call("PATCH", path, {"email": new.upper()}, expect=200).json()
    assert answer["email"] == new and answer["email_verified"] is False
    person.verify(expect=(401, "invalid_token"))
    assert new in stack.mail.wait(old, "email_changed").text
    moved = User(new, person.user.password, tenant)
    Client(stack).login(moved, expect=(403, "email_not_verified"))
    Client(stack).login(person.user, expect=(401, "invalid_credentials"))
    Client(stack).post("/auth/resend-verification", {"tenant": tenant, "email": new}, expect=202)
    first = stack.mail.wait(new, "verify_email").token()
    Client(stack).post("/auth/verify-email", {"token": first}, expect=(400, "invalid_token"))
    second = stack.mail.wait(new, "verify_email", count=2).token()
    Client(stack).post("/auth/verify-email", {"token": second}, expect=200)
    signed_in(stack, moved)
    taken = stack.new_user(tenant)
    boss.call("PATCH", path, {"email": taken.email}, expect=(409, "already_exists"))


def test_roles_are_set_as_a_whole_and_count_at_once(stack, tenant, boss):
    """R2, T8: the first is the primary one."""
    names = [stack.new_role(tenant, f"sales:orders:{action}") for action in ("view", "edit")]
    ids = [role_id(stack, tenant, name) for name in names]
    person = signed_in(stack, stack.new_user(tenant))
    path = f"/auth/users/{stack.user_id(person.user)}/roles"
    person.verify(expect=(403, "no_role_assigned"))
    answer = boss.call("PUT", path, {"role_ids": ids}, expect=200).json()
    assert [r["name"] for r in answer["roles"]] == names
    assert answer["permissions"] == ["sales:orders:edit", "sales:orders:view"]
    assert person.verify(expect=204).headers["X-Auth-Roles"] == ",".join(names)
    person.get("/auth/verify?permission=sales:orders:edit", expect=204)
    boss.call("PUT", path, {"role_ids": ids[::-1]}, expect=200)
    assert person.verify(expect=204).headers["X-Auth-Roles"] == ",".join(names[::-1])
    boss.call("PUT", path, {"role_ids": ids[:1]}, expect=200)
    person.get("/auth/verify?permission=sales:orders:edit", expect=(403, "permission_denied"))
    boss.call("PUT", path, {"role_ids": []}, expect=200)
    person.verify(expect=(403, "no_role_assigned"))
    assert len(events(stack, stack.user_id(person.user), "role.assigned")) == 4
    other = stack.new_tenant()
    foreign = role_id(stack, other, stack.new_role(other, "a:b:c"))
    bad = [boss.call("PUT", path, {"role_ids": [ids[0], stray]},
                     expect=(422, "validation_failed")).json() for stray in (foreign, NOBODY)]
    assert bad[0]["errors"] == bad[1]["errors"]
    boss.call("PUT", path, {"role_ids": [ids[0], ids[0]]}, expect=(422, "validation_failed"))
    person.verify(expect=(403, "no_role_assigned"))


def test_role_names_fit_into_a_token(stack, tenant, boss):
    """A token over 8 KiB would lock its owner out: refused when the roles are given."""
    ids = []
    for _ in range(33):
        name = secrets.token_hex(32)
        stack.new_role(tenant, "a:b:c", name=name)
        ids.append(role_id(stack, tenant, name))
    person = signed_in(stack, stack.new_user(tenant))
    path = f"/auth/users/{stack.user_id(person.user)}/roles"
    boss.call("PUT", path, {"role_ids": ids}, expect=(422, "validation_failed"))
    boss.call("PUT", path, {"role_ids": ids[:32]}, expect=200)
    person.verify(expect=204)
    again = signed_in(stack, person.user)
    again.verify(expect=204)
    assert len(again.access) < 8192


def test_a_lock_is_ended(stack, tenant, boss):
    """U5, L1."""
    user = stack.new_user(tenant)
    client = Client(stack)
    for _ in range(5):
        client.login(user, "wrong", expect=(401, "invalid_credentials"))
    client.login(user, expect=(429, "too_many_attempts"))
    boss.post(f"/auth/users/{stack.user_id(user)}/unlock", expect=204)
    client.login(user)
    assert len(events(stack, stack.user_id(user), "user.unlocked")) == 1


def test_a_forced_reset_kills_password_and_sessions(stack, tenant, boss):
    """U5: and a link makes a new one."""
    person = signed_in(stack, stack.new_user(tenant))
    boss.post(f"/auth/users/{stack.user_id(person.user)}/force-password-reset", expect=204)
    person.verify(expect=(401, "invalid_token"))
    Client(stack).login(person.user, expect=(401, "invalid_credentials"))
    token = stack.mail.wait(person.user.email, "reset").token()
    fresh = fresh_password()
    Client(stack).post("/auth/reset-password", {"token": token, "new_password": fresh}, expect=204)
    Client(stack).login(person.user, fresh)


def test_sessions_are_seen_and_ended(stack, tenant, boss):
    """S6."""
    person = signed_in(stack, stack.new_user(tenant))
    path = f"/auth/users/{stack.user_id(person.user)}"
    (session,) = boss.get(path + "/sessions", expect=200).json()["items"]
    assert session["id"] == person.session_id and session["current"] is False
    boss.post(path + "/logout", expect=204)
    person.verify(expect=(401, "invalid_token"))
    assert boss.get(path + "/sessions", expect=200).json()["items"] == []


def test_a_deleted_user_is_gone_at_once(stack, tenant, boss):
    """U5, T8."""
    person = signed_in(stack, stack.new_user(tenant))
    boss.call("DELETE", f"/auth/users/{stack.user_id(person.user)}", expect=204)
    person.verify(expect=(401, "invalid_token"))
    person.refresh(expect=(401, "invalid_refresh_token"))
    Client(stack).login(person.user, expect=(401, "invalid_credentials"))


def test_the_last_administrator_stays(stack):
    """409 last_tenant_admin: deleting, disabling, demoting, leaving."""
    tenant = stack.new_tenant()
    first = signed_in(stack, stack.new_user(tenant, flags=["--tenant-admin"]))
    path = f"/auth/users/{stack.user_id(first.user)}"
    last = (409, "last_tenant_admin")
    first.call("DELETE", path, expect=last)
    first.call("PATCH", path, {"status": "disabled"}, expect=last)
    first.call("PATCH", path, {"is_tenant_admin": False}, expect=last)
    first.call("DELETE", "/auth/me", {"password": first.user.password}, expect=last)
    first.get("/auth/me", expect=200)
    second = signed_in(stack, stack.new_user(tenant, flags=["--tenant-admin"]))
    second.call("PATCH", path, {"is_tenant_admin": False}, expect=200)
    second.call("DELETE", f"/auth/users/{stack.user_id(second.user)}", expect=last)


def test_idempotency_key(stack, tenant, boss):
    """API.md "Conventions"."""
    key = {"Idempotency-Key": secrets.token_hex(8)}
    body = new_body()
    first = boss.post("/auth/users", body, headers=key, expect=201)
    again = boss.post("/auth/users", body, headers=key, expect=201)
    assert again.content == first.content
    assert len(stack.mail.all(body["email"])) <= 1
    boss.post("/auth/users", new_body(), headers=key, expect=(422, "idempotency_key_reused"))
    boss.post("/auth/users", body, expect=(409, "already_exists"))
    # Per caller; and where nothing was done, the key may try again.
    other = signed_in(stack, stack.new_user(tenant, flags=["--tenant-admin"]))
    other.post("/auth/users", body, headers=key, expect=(409, "already_exists"))
    boss.call("DELETE", f"/auth/users/{first.json()['id']}", expect=204)
    second = other.post("/auth/users", body, headers=key, expect=201)
    assert second.json()["id"] != first.json()["id"]
    for bad in ("x" * 256, "a b", "a\tb", "\u00e4"):
        boss.post("/auth/users", new_body(), headers={"Idempotency-Key": bad.encode("utf-8")},
                  expect=(422, "validation_failed"))


def test_another_tenant_for_platform_administrators_only(stack, tenant, boss):
    """API.md: `?tenant_id=`."""
    other = stack.new_tenant()
    other_id = str(uuid.UUID(bytes=stack.value("SELECT id FROM tenants WHERE slug = %s", other)))
    own_id = str(uuid.UUID(bytes=stack.value("SELECT id FROM tenants WHERE slug = %s", tenant)))
    boss.post(f"/auth/users?tenant_id={other_id}", new_body(), expect=(403, "permission_denied"))
    boss.post(f"/auth/users?tenant_id={own_id}", new_body(), expect=201)
    root = signed_in(stack, stack.admin)
    made = root.post(f"/auth/users?tenant_id={other_id}", new_body(), expect=201).json()
    assert made["tenant_id"] == other_id
    root.get(f"/auth/users/{made['id']}", expect=404)
    root.get(f"/auth/users/{made['id']}?tenant_id={other_id}", expect=200)
    root.get(f"/auth/users/{made['id']}?tenant_id={NOBODY}", expect=404)
    root.get(f"/auth/users/{made['id']}?tenant_id=x", expect=(422, "validation_failed"))
    boss.get(f"/auth/users/{made['id']}", expect=404)
    (event,) = events(stack, made["id"], "user.created")
    assert uuid.UUID(bytes=event["tenant_id"]) == uuid.UUID(other_id)
    assert event["actor_tenant_id"] == stack.user_row(stack.admin)["tenant_id"]


def test_nobody_acts_on_somebody_who_holds_more(stack, tenant, boss):
    """R4."""
    helper = stack.new_role(tenant, "auth:*:*", "sales:orders:view")
    clerk = signed_in(stack, stack.new_user(tenant, roles=[helper]))
    chief = stack.new_user(tenant, roles=[stack.new_role(tenant, "sales:orders:edit")])
    same = stack.new_user(tenant, roles=[stack.new_role(tenant, "sales:orders:view:own")])
    refused = (403, "escalation")
    for target in (chief, boss.user):
        path = f"/auth/users/{stack.user_id(target)}"
        clerk.call("PATCH", path, {"first_name": "X"}, expect=refused)
        clerk.call("DELETE", path, expect=refused)
        for action in ("unlock", "logout", "force-password-reset"):
            clerk.post(f"{path}/{action}", expect=refused)
        clerk.call("PUT", path + "/roles", {"role_ids": []}, expect=refused)
    path = f"/auth/users/{stack.user_id(same)}"
    clerk.call("PATCH", path, {"first_name": "X"}, expect=200)
    clerk.call("PATCH", path, {"is_tenant_admin": True}, expect=refused)
    clerk.post("/auth/users", new_body(is_tenant_admin=True), expect=refused)
    mighty = stack.new_role(tenant, "ALL_PERMISSIONS")
    for name in (mighty, stack.new_role(tenant, "sales:*:view")):
        stray = role_id(stack, tenant, name)
        clerk.call("PUT", path + "/roles", {"role_ids": [stray]}, expect=refused)
        clerk.post("/auth/users", new_body(role_ids=[stray]), expect=refused)
    own = f"/auth/users/{stack.user_id(clerk.user)}"
    clerk.call("PUT", own + "/roles", {"role_ids": [role_id(stack, tenant, mighty)]},
               expect=refused)
    # Everything inside a tenant is not everything everywhere (R3).
    lord = signed_in(stack, stack.new_user(tenant, roles=[mighty]))
    platform = "00000000-0000-7000-8000-000000000001"
    for client in (lord, boss):
        client.call("PUT", path + "/roles", {"role_ids": [platform]}, expect=refused)
    lord.call("PATCH", path, {"is_tenant_admin": True}, expect=refused)
    boss.call("PATCH", path, {"is_tenant_admin": True}, expect=200)
