"""What people do with their own account (SPEC U3, U7; API.md "Myself")."""

import pytest

from support.client import Client, signed_in
from support.gatehouse import User, fresh_email, fresh_password


def events(stack, user_id):
    return [row["event"] for row in stack.sql(
        "SELECT event FROM audit_events WHERE target_id = %s ORDER BY created_at, id", user_id)]


def test_a_profile_is_changed(stack, user):
    """U3: also without a role; unknown and forbidden members are refused."""
    me = signed_in(stack, user)
    answer = me.call("PATCH", "/auth/me", {"first_name": "Ann", "last_name": "Öz",
                                           "phone": "+254712345678", "address": "Here 1"},
                     expect=200).json()
    assert (answer["first_name"], answer["last_name"]) == ("Ann", "Öz")
    assert me.get("/auth/me", expect=200).json() == answer
    assert me.call("PATCH", "/auth/me", {"address": None}, expect=200).json()["address"] is None
    for field, value in (("email", "x@y.test"), ("is_tenant_admin", True), ("branch_id", "b"),
                         ("status", "active"), ("roles", []), ("phone", "123"),
                         ("employee_id", "1"), ("email_verified", True)):
        me.call("PATCH", "/auth/me", {field: value}, expect=(422, "validation_failed"))
    assert events(stack, stack.user_id(user)).count("user.updated") == 2


def test_an_address_moves_when_the_new_one_is_verified(stack, user):
    """U3, T8: the old address is warned; until then nothing changes."""
    me = signed_in(stack, user)
    new = fresh_email("moved")
    me.post("/auth/me/email", {"new_email": new, "password": "wrong"},
            expect=(403, "wrong_password"))
    me.post("/auth/me/email", {"new_email": user.email, "password": user.password},
            expect=(422, "validation_failed"))
    answer = me.post("/auth/me/email", {"new_email": new.upper(), "password": user.password},
                     expect=202)
    assert new in stack.mail.wait(user.email, "email_changed").text
    first = stack.mail.wait(new, "verify_email").token()
    assert me.get("/auth/me", expect=200).json()["email"] == user.email
    again = me.post("/auth/me/email", {"new_email": new, "password": user.password}, expect=202)
    assert again.json() == answer.json()
    token = stack.mail.wait(new, "verify_email", count=2).token()
    Client(stack).post("/auth/verify-email", {"token": first}, expect=(400, "invalid_token"))
    # A reset link that went to the old address dies with it.
    Client(stack).post("/auth/forgot-password", {"tenant": user.tenant, "email": user.email},
                       expect=202)
    reset = stack.mail.wait(user.email, "reset").token()
    Client(stack).post("/auth/verify-email", {"token": token}, expect=200)
    Client(stack).post("/auth/verify-email", {"token": token}, expect=(400, "invalid_token"))
    Client(stack).post("/auth/reset-password", {"token": reset, "new_password": fresh_password()},
                       expect=(400, "invalid_token"))
    told = me.get("/auth/me", expect=200).json()
    assert told["email"] == new and told["email_verified"] is True
    Client(stack).login(user, expect=(401, "invalid_credentials"))
    moved = User(new, user.password, user.tenant)
    assert events(stack, stack.user_id(moved))[-1] == "email.changed"
    signed_in(stack, moved)


@pytest.mark.parametrize("rescue", ["change", "reset", "forced reset", "disable", "new address"])
def test_no_address_change_survives_a_rescue(stack, tenant, rescue):
    """U3: whoever takes an account back takes it back whole: a link that somebody else asked for
    before is dead."""
    user = stack.new_user(tenant)
    thief = signed_in(stack, user)
    evil = fresh_email("evil")
    thief.post("/auth/me/email", {"new_email": evil, "password": user.password}, expect=202)
    token = stack.mail.wait(evil, "verify_email").token()
    boss = signed_in(stack, stack.new_user(tenant, flags=["--tenant-admin"]))
    path = f"/auth/users/{stack.user_id(user)}"
    fresh = fresh_password()
    if rescue == "change":
        thief.post("/auth/change-password", {"current_password": user.password,
                                             "new_password": fresh}, expect=204)
    elif rescue == "reset":
        Client(stack).post("/auth/forgot-password", {"tenant": tenant, "email": user.email},
                           expect=202)
        reset = stack.mail.wait(user.email, "reset").token()
        Client(stack).post("/auth/reset-password", {"token": reset, "new_password": fresh},
                           expect=204)
    elif rescue == "forced reset":
        boss.post(path + "/force-password-reset", expect=204)
    elif rescue == "disable":
        boss.call("PATCH", path, {"status": "disabled"}, expect=200)
        boss.call("PATCH", path, {"status": "active"}, expect=200)
    else:
        boss.call("PATCH", path, {"email": fresh_email("safe")}, expect=200)
    Client(stack).post("/auth/verify-email", {"token": token}, expect=(400, "invalid_token"))
    assert not stack.sql("SELECT 1 FROM users WHERE email = %s", evil)


def test_a_taken_address_is_not_told(stack, tenant, user):
    """L2, N1: the same answer; no link; whoever comes first has it."""
    me = signed_in(stack, user)
    other = stack.new_user(tenant)
    free = fresh_email()
    taken = me.post("/auth/me/email", {"new_email": other.email, "password": user.password},
                    expect=202)
    open_ = me.post("/auth/me/email", {"new_email": free, "password": user.password}, expect=202)
    assert taken.content == open_.content
    token = stack.mail.wait(free, "verify_email").token()
    assert not [m for m in stack.mail.all(other.email) if m.kind == "verify_email"]
    quick = stack.new_user(tenant, email=free)
    Client(stack).post("/auth/verify-email", {"token": token}, expect=(400, "invalid_token"))
    assert stack.user_row(user) and signed_in(stack, quick)


def test_guessing_there_locks_too(stack, tenant):
    """L1: every form of re-authentication counts."""
    for method, path, body in (("POST", "/auth/me/email", {"new_email": fresh_email()}),
                               ("DELETE", "/auth/me", {})):
        user = stack.new_user(tenant)
        me = signed_in(stack, user)
        for _ in range(5):
            me.call(method, path, {**body, "password": "wrong"}, expect=(403, "wrong_password"))
        me.call(method, path, {**body, "password": user.password},
                expect=(429, "too_many_attempts"))
        Client(stack).login(user, expect=(429, "too_many_attempts"))
        assert stack.user_row(user)


def test_an_account_is_deleted_by_its_owner(stack, tenant):
    """U7, T8."""
    user = stack.new_user(tenant)
    me = signed_in(stack, user)
    identity = stack.user_id(user)
    me.call("DELETE", "/auth/me", {}, expect=(422, "validation_failed"))
    me.call("DELETE", "/auth/me", {"password": user.password}, expect=204)
    me.verify(expect=(401, "invalid_token"))
    me.refresh(expect=(401, "invalid_refresh_token"))
    Client(stack).login(user, expect=(401, "invalid_credentials"))
    assert events(stack, identity)[-1] == "user.deleted"
    for table in ("users", "sessions", "links", "devices", "user_roles", "user_words"):
        column = "id" if table == "users" else "user_id"
        assert not stack.sql(f"SELECT 1 FROM {table} WHERE {column} = UNHEX(%s)",
                             identity.replace("-", "")), table
    stack.new_user(tenant, email=user.email)


def test_everything_stored_is_exported(stack, tenant):
    """U7: one's own and nobody else's, and no secret."""
    user = stack.new_user(tenant, roles=[stack.new_role(tenant, "sales:orders:view")])
    other = signed_in(stack, stack.new_user(tenant))
    Client(stack).login(user, "wrong", expect=401)
    me = signed_in(stack, user, device="phone")
    me.call("PATCH", "/auth/me", {"address": "Here 1"}, expect=200)
    answer = me.get("/auth/me/export", expect=200)
    assert "attachment" in answer.headers["Content-Disposition"]
    told = answer.json()
    assert told["user"] == me.get("/auth/me").json() and told["user"]["address"] == "Here 1"
    assert [s["device"]["id"] for s in told["sessions"]] == ["phone"]
    assert [a["success"] for a in told["login_attempts"]] == [True, False]
    assert {"user.created", "role.assigned", "login.failed", "login.succeeded",
            "user.updated"} <= {e["event"] for e in told["audit_events"]}
    assert other.user.email not in answer.text and "$argon2" not in answer.text


def test_cookies_go_with_the_account(stack, tenant):
    """S8."""
    user = stack.new_user(tenant)
    me = Client(stack)
    me.login(user, transport="cookie")
    me.call("DELETE", "/auth/me", {"password": user.password}, headers={"X-CSRF-Token": "no"},
            expect=(403, "csrf_failed"))
    me.call("DELETE", "/auth/me", {"password": user.password}, expect=204)
    assert not {"__Host-gatehouse_access", "__Secure-gatehouse_refresh"} & set(
        me.http.cookies.keys())
