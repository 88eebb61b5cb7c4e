"""A tenant's subscription: its end, and how many people it is for (SPEC N4)."""

import time
import uuid

import pytest

from support.client import Client, problem, register, signed_in
from support.gatehouse import fresh_email, fresh_password
from support.parallel import together
from support.tenants import (
    PAST, change, configure, everywhere, make, member, seen, try_to_register, viewer)
from support.tenants import home, lord, root  # pylint: disable=unused-import


# -- its end ---------------------------------------------------------------------------------------

def test_past_the_subscriptions_end(stack, root):
    """N4: a clear error for sign-in, refresh and renewal; the living token lives; admins get in and
    stay, the tenant's and the platform's."""
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
    for one in (boss, member(stack, tenant, "--platform-admin")):
        again = signed_in(stack, one, device="second")
        again.keep(again.refresh(expect=200))
        again.get("/auth/session", expect=200)
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
    admins = [signed_in(stack, member(stack, tenant, flag))
              for flag in ("--tenant-admin", "--platform-admin")]
    change(root, tenant, subscription_ends_at=PAST)
    assert "X-Renewed-Token" not in client.verify(expect=204).headers
    time.sleep(4.5)
    client.verify(expect=(403, "subscription_expired"))
    client.get("/auth/session", expect=(403, "subscription_expired"))
    for admin in admins:
        assert "X-Renewed-Token" in admin.verify(expect=204).headers


# -- the limit -------------------------------------------------------------------------------------

def count(stack, tenant):
    return stack.value("SELECT COUNT(*) FROM users WHERE tenant_id = %s",
                       uuid.UUID(tenant["id"]).bytes)


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


def test_a_full_tenant_and_the_command_line(stack, root):
    """N4, A4: what is there already needs no room."""
    tenant = make(root, max_users=1)
    user = member(stack, tenant)
    create = ("user", "create", "--tenant", tenant["slug"], "--email")
    assert stack.cli(*create, fresh_email(), check=False).returncode == 1
    assert stack.cli(*create, fresh_email(), "--if-missing", check=False).returncode == 1
    assert "exists" in stack.cli(*create, user.email.upper(), "--if-missing").stdout
    assert count(stack, tenant) == 1
