"""Forgot, reset, change (SPEC P2, P3, P4, L1, L2, M1, T8)."""

import time

from support.client import Client, describe, problem, register, signed_in
from support.gatehouse import User, fresh_email, fresh_password


def forgot(stack, user):
    return Client(stack).post("/auth/forgot-password", {"tenant": user.tenant,
                                                        "email": user.email})


def reset(stack, token, password, expect):
    return Client(stack).post("/auth/reset-password", {"token": token, "new_password": password},
                              expect=expect)


def test_forgot_and_resend_say_the_same_to_everybody(stack, tenant):
    """P3, L2: active, pending, disabled, missing: one answer, byte for byte."""
    active = stack.new_user(tenant)
    pending = User(fresh_email(), fresh_password(), tenant)
    Client(stack).post("/auth/register", {"tenant": tenant, "email": pending.email,
                                          "password": pending.password}, expect=202)
    disabled = stack.new_user(tenant)
    stack.disable(disabled)
    missing = User(fresh_email("missing"), "", tenant)
    for path in ("/auth/forgot-password", "/auth/resend-verification"):
        answers = [Client(stack).post(path, {"tenant": tenant, "email": user.email})
                   for user in (active, pending, disabled, missing)]
        for answer in answers:
            assert answer.status_code == 202, describe(answer)
            assert answer.json() == {"status": "accepted"}
            assert answer.content == answers[0].content
            assert set(answer.headers) == set(answers[0].headers)
    stack.mail.wait(active.email, "reset")
    time.sleep(1)
    assert not stack.mail.all(missing.email)
    assert not stack.mail.all(active.email, "verify_email")


def test_a_reset_ends_every_session_and_says_so(stack):
    """P3, T8, M1: sessions, refresh tokens and other links are dead; the person is told."""
    tenant = stack.new_tenant(max_sessions=0)
    user = register(stack, tenant)
    sessions = [signed_in(stack, user, device=f"d{i}") for i in range(3)]
    for session in sessions:
        session.verify(expect=403)  # no role, but alive
    forgot(stack, user)
    older = stack.mail.wait(user.email, "reset").token()
    forgot(stack, user)
    token = stack.mail.wait(user.email, "reset", count=2).token()
    new = fresh_password()
    reset(stack, token, new, 204)
    for session in sessions:
        session.verify(expect=(401, "invalid_token"))
        session.refresh(expect=(401, "invalid_refresh_token"))
    for dead in (token, older):
        reset(stack, dead, fresh_password(), (400, "invalid_token"))
    Client(stack).login(user, expect=(401, "invalid_credentials"))
    Client(stack).login(user, password=new)
    stack.mail.wait(user.email, "password_changed")


def test_a_reset_link_expires(stack):
    """P3, N5."""
    tenant = stack.new_tenant(password_reset_ttl=2)
    user = stack.new_user(tenant)
    forgot(stack, user)
    token = stack.mail.wait(user.email, "reset").token()
    time.sleep(2.2)
    reset(stack, token, fresh_password(), (400, "invalid_token"))
    Client(stack).login(user)


def test_a_refused_password_leaves_the_link_alive(stack, tenant):
    """API.md: weak, or the current one (P2); then a good one works with the same link."""
    user = stack.new_user(tenant)
    forgot(stack, user)
    token = stack.mail.wait(user.email, "reset").token()
    for refused in ("password1234", user.email, user.password):
        document = problem(reset(stack, token, refused, 422), 422, "weak_password")
        assert document["errors"][0]["pointer"] == "/new_password"
    reset(stack, token, fresh_password(), 204)


def test_a_reset_clears_a_lock(stack, tenant):
    """API.md: a lock does not stop a reset, and a reset ends the lock."""
    user = stack.new_user(tenant)
    for _ in range(5):
        Client(stack).login(user, password="wrong", expect=401)
    Client(stack).login(user, expect=(429, "too_many_attempts"))
    forgot(stack, user)
    new = fresh_password()
    reset(stack, stack.mail.wait(user.email, "reset").token(), new, 204)
    Client(stack).login(user, password=new)


def test_a_link_of_one_kind_is_not_good_for_another(stack, tenant):
    """FACTS: one kind of token taken for another."""
    pending = User(fresh_email(), fresh_password(), tenant)
    Client(stack).post("/auth/register", {"tenant": tenant, "email": pending.email,
                                          "password": pending.password}, expect=202)
    verify_token = stack.mail.wait(pending.email, "verify_email").token()
    reset(stack, verify_token, fresh_password(), (400, "invalid_token"))
    active = stack.new_user(tenant)
    forgot(stack, active)
    reset_token = stack.mail.wait(active.email, "reset").token()
    Client(stack).post("/auth/verify-email", {"token": reset_token},
                       expect=(400, "invalid_token"))
    # Trying the wrong door used nothing up.
    reset(stack, reset_token, fresh_password(), 204)
    Client(stack).post("/auth/verify-email", {"token": verify_token}, expect=200)


def test_a_database_holds_no_usable_link(stack, tenant):
    """P3: only a hash of the token is kept."""
    user = stack.new_user(tenant)
    forgot(stack, user)
    token = stack.mail.wait(user.email, "reset").token()
    rows = stack.sql("SELECT * FROM links WHERE user_id = %s", stack.user_row(user)["id"])
    assert rows
    assert token not in repr(rows) and token not in repr(stack.sql("SELECT * FROM outbox"))
    for row in rows:
        reset(stack, row["token_hash"].hex(), fresh_password(), (400, "invalid_token"))


def test_a_change_keeps_this_session_and_ends_the_others(stack):
    """P4, T8, M1."""
    tenant = stack.new_tenant(max_sessions=0)
    user = stack.new_user(tenant)
    mine, other = signed_in(stack, user, device="mine"), signed_in(stack, user, device="other")
    new = fresh_password()
    mine.post("/auth/change-password", {"current_password": user.password, "new_password": new},
              expect=204)
    other.verify(expect=(401, "invalid_token"))
    other.refresh(expect=(401, "invalid_refresh_token"))
    mine.get("/auth/session", expect=200)
    mine.refresh(expect=200)
    Client(stack).login(user, expect=401)
    Client(stack).login(user, password=new)
    stack.mail.wait(user.email, "password_changed")


def test_a_change_needs_the_current_password_and_counts_wrong_ones(stack, tenant):
    """P4, L1: a stolen token is no way to guess the password without limit."""
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    body = {"current_password": "wrong", "new_password": fresh_password()}
    for _ in range(5):
        client.post("/auth/change-password", body, expect=(403, "wrong_password"))
    client.post("/auth/change-password", body, expect=(429, "too_many_attempts"))
    client.post("/auth/change-password", {**body, "current_password": user.password},
                expect=(429, "too_many_attempts"))


def test_a_change_refuses_weak_and_current_passwords(stack, tenant):
    """P2."""
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    for refused in ("short", "password1234", user.email, user.password):
        client.post("/auth/change-password",
                    {"current_password": user.password, "new_password": refused},
                    expect=(422, "weak_password"))
    client.get("/auth/session", expect=200)
    Client(stack).login(user)


def test_a_new_device_is_announced(stack, tenant):
    """M1: not for the first device ever, and not for a known one."""
    user = stack.new_user(tenant)
    Client(stack).login(user, device="phone")
    Client(stack).login(user, device="phone")
    time.sleep(1.5)
    assert not stack.mail.all(user.email, "new_device")
    Client(stack).login(user, device="laptop")
    stack.mail.wait(user.email, "new_device")
    Client(stack).login(user, device="laptop")
    time.sleep(1.5)
    assert len(stack.mail.all(user.email, "new_device")) == 1


def test_mail_to_one_recipient_is_limited(stack, tenant):
    """L5: nobody floods a mailbox through us, and the limit tells nobody who exists."""
    user = stack.new_user(tenant)
    missing = User(fresh_email("missing"), "", tenant)
    limit = stack.config.get("mail", {}).get("per_recipient_hour", 20)
    statuses = {name: [forgot(stack, someone).status_code for _ in range(limit + 5)]
                for name, someone in (("existing", user), ("missing", missing))}
    assert statuses["existing"] == statuses["missing"]
    assert set(statuses["existing"]) <= {202, 429}
    stack.mail.wait(user.email, "reset")
    time.sleep(3)
    assert 0 < len(stack.mail.all(user.email)) <= limit
