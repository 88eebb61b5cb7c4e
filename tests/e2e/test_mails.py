"""Each of the eight kinds of mail is sent by its cause, once, to whom it concerns (SPEC M1)."""

import time

from support.admin import new_person, tenant_admin
from support.client import Client, register, signed_in
from support.gatehouse import User, fresh_email, fresh_password
from support.second_factor import Person, answer


def kinds(stack, address):
    return [mail.kind for mail in stack.mail.all(address)]


def settled(stack, address, *wanted):
    """Exactly these have come, and no other comes."""
    for kind in set(wanted):
        stack.mail.wait(address, kind, wanted.count(kind))
    time.sleep(1)
    assert sorted(kinds(stack, address)) == sorted(wanted)


def test_verify_email_and_already_registered(stack, tenant):
    """U1, M1."""
    user = register(stack, tenant)
    Client(stack).post("/auth/register", {"tenant": tenant, "email": user.email,
                                          "password": fresh_password()}, expect=202)
    settled(stack, user.email, "verify_email", "already_registered")


def test_reset_and_password_changed(stack, tenant):
    """P3, P4, M1: both changes are told, by link and by oneself."""
    user = stack.new_user(tenant)
    client = Client(stack)
    client.post("/auth/forgot-password", {"tenant": tenant, "email": user.email}, expect=202)
    token = stack.mail.wait(user.email, "reset").token()
    user.password = fresh_password()
    client.post("/auth/reset-password", {"token": token, "new_password": user.password},
                expect=204)
    signed_in(stack, user).post("/auth/change-password", {
        "current_password": user.password, "new_password": fresh_password()}, expect=204)
    settled(stack, user.email, "reset", "password_changed", "password_changed")


def test_welcome(stack, tenant):
    """U2, M1."""
    email = fresh_email()
    new_person(tenant_admin(stack, tenant), email=email)
    settled(stack, email, "welcome")


def test_email_changed(stack, tenant):
    """U3, M1: the old address is warned, the new one gets the link."""
    user, email = stack.new_user(tenant), fresh_email("new")
    signed_in(stack, user).post("/auth/me/email", {"new_email": email, "password": user.password},
                                expect=202)
    settled(stack, user.email, "email_changed")
    settled(stack, email, "verify_email")


def test_new_device(stack, tenant):
    """S1, M1: not of the first, nor of one that was seen before."""
    user = stack.new_user(tenant)
    for device in ("a", "b", "a", "b"):
        signed_in(stack, user, device=device)
    settled(stack, user.email, "new_device")


def test_lockout_by_passwords(stack, tenant):
    """L1, M1: by the failure that locks; not by the attempts while locked."""
    user = stack.new_user(tenant)
    for _ in range(4):
        Client(stack).login(user, password="wrong", expect=401)
    time.sleep(1)
    assert not kinds(stack, user.email)
    for _ in range(4):
        Client(stack).login(user, password="wrong", expect=None)
    settled(stack, user.email, "lockout")
    mail = stack.mail.wait(user.email, "lockout")
    assert "15" in mail.text and "15" in mail.html


def test_lockout_by_codes(stack, tenant):
    """L2, M1: a wrong second factor locks alike."""
    person = Person(stack, tenant)
    client, token = person.challenge()
    for _ in range(5):
        answer(client, token, person.authenticator.wrong(), expect=401)
    settled(stack, person.user.email, "lockout")


def test_lockout_by_reauthentication(stack, tenant):
    """L2, M1."""
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    for _ in range(5):
        client.call("DELETE", "/auth/me", {"password": "wrong"}, expect=(403, "wrong_password"))
    settled(stack, user.email, "lockout")


def test_nobody_is_written_to_for_an_address_without_an_account(stack, tenant):
    """L2, M1: a lock of a missing, a pending or a disabled account is nobody's mail, and leaves a
    row all the same, so that it costs the same."""
    missing = User(fresh_email(), "x", tenant)
    pending = User(fresh_email(), fresh_password(), tenant)
    Client(stack).post("/auth/register", {"tenant": tenant, "email": pending.email,
                                          "password": pending.password}, expect=202)
    disabled = stack.new_user(tenant)
    stack.disable(disabled)
    for user in (missing, pending, disabled):
        for _ in range(5):
            Client(stack).login(user, password="wrong", expect=401)
        rows = stack.sql("SELECT status, message FROM outbox WHERE kind = 'lockout'"
                         " AND recipient = %s", user.email)
        assert [row["status"] for row in rows] == ["void"]
    time.sleep(2)
    for user in (missing, pending, disabled):
        assert "lockout" not in kinds(stack, user.email)
