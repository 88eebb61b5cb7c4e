"""Nobody administers the platform on the word of a tenant's own provider (SPEC R4): its
administrators say which providers their tenant trusts, and so who comes in by them. However the
account at the provider was linked, and however long before its owner was given the role."""

import pytest

from support.admin import (PLATFORM_ADMINISTRATOR, give, my_id, new_role, platform_admin,
                           tenant_admin, tenant_id)
from support.client import Client, signed_in
from support.oauth_provider import (Provider, come_back, error_of, go, link, person,
                                    signed_in_as)
from support.second_factor import Person


@pytest.fixture(scope="module")
def provider():
    made = Provider()
    yield made
    made.close()


@pytest.fixture
def home(stack, provider):
    return stack.new_tenant("word", max_sessions=0, oauth_link_verified_email=True,
                            oauth_providers=[provider.setting()])


def linked(stack, provider, home, *, by_address=False):
    """Somebody with an account at the provider: (user, claims)."""
    user = stack.new_user(home)
    claims = person(user.email)
    if by_address:
        go(Client(stack), provider, claims, tenant=home)
    else:
        link(signed_in(stack, user), provider, claims)
    assert len(identities(stack, user)) == 1
    return user, claims


def identities(stack, user):
    return stack.sql("SELECT * FROM oauth_identities WHERE user_id = %s",
                     stack.user_row(user)["id"])


def by_provider(stack, provider, claims, home):
    """Signed in by cookie."""
    client = Client(stack)
    assert error_of(go(client, provider, claims, tenant=home)) is None
    client.csrf = client.http.cookies.get("__Host-gatehouse_csrf")
    return client


def refresh(client, expect):
    return client.post("/auth/refresh", token=None, expect=expect)


def promote(stack, user, *roles):
    """By a platform administrator, who comes from elsewhere."""
    root = platform_admin(stack)
    return root.call("PUT", f"/auth/users/{stack.user_id(user)}/roles?tenant_id="
                            f"{tenant_id(stack, user.tenant)}",
                     {"role_ids": list(roles or (PLATFORM_ADMINISTRATOR,))}, expect=200).json()


@pytest.mark.parametrize("by_address", [True, False], ids=["by address", "by themselves"])
def test_r4_a_linked_account_does_not_sign_a_platform_admin_in(stack, provider, home, by_address):
    user, claims = linked(stack, provider, home, by_address=by_address)
    assert promote(stack, user)["is_platform_admin"] is True
    client = Client(stack)
    assert error_of(go(client, provider, claims, tenant=home)) == "already_exists"
    assert signed_in_as(client) is None
    attempt = stack.attempts(user)[-1]
    assert (attempt["success"], attempt["reason"], attempt["counted"]) == (
        0, "oauth_platform_admin", 0)
    # Their own password does, and what was linked before still signs in who is one no more.
    signed_in(stack, user).get("/auth/tenants", expect=200)
    promote(stack, user, new_role(tenant_admin(stack, home)))
    go(client, provider, claims, tenant=home)
    assert signed_in_as(client)["is_platform_admin"] is False


def test_r4_a_platform_admin_links_none(stack, provider, home):
    boss = platform_admin(stack, home)
    assert error_of(link(boss, provider, person(boss.user.email))) == "escalation"
    assert not identities(stack, boss.user)
    attempt = stack.attempts(boss.user)[-1]
    assert (attempt["success"], attempt["reason"]) == (0, "oauth_platform_admin")


def test_r4_promoted_on_the_way_to_the_provider(stack, provider, home):
    user = stack.new_user(home)
    client = signed_in(stack, user)
    url = client.post("/auth/oauth/corp/link", expect=200).json()["authorize_url"]
    promote(stack, user)
    assert error_of(come_back(client, provider.authorize(url, person(user.email)))) == "escalation"
    assert not identities(stack, user)


def test_r4_promoted_before_the_second_factor(stack, provider, home):
    """F2: the code is the person's own, but half of the proof is not."""
    someone = Person(stack, home)
    claims = person(someone.user.email)
    link(someone.client, provider, claims)
    client = by_provider(stack, provider, claims, home)
    promote(stack, someone.user)
    client.post("/auth/2fa/challenge", {"code": someone.code()}, token=None,
                expect=(401, "invalid_challenge"))
    assert signed_in_as(client) is None and someone.challenges() == 0
    # One that a password began goes on.
    other, token = someone.challenge()
    other.post("/auth/2fa/challenge", {"challenge_token": token, "code": someone.code()},
               token=None, expect=200)


def test_r4_promoted_while_signed_in(stack, provider, home):
    """T8: the session of the provider's making is dead at once, the one of the password lives."""
    user, claims = linked(stack, provider, home)
    by_password, client = signed_in(stack, user), by_provider(stack, provider, claims, home)
    refresh(client, 200)
    promote(stack, user)
    for _ in range(8):  # whichever worker answers
        client.get("/auth/verify", token=None, expect=(401, "invalid_token"))
        assert signed_in_as(client) is None
    client.csrf = client.http.cookies["__Host-gatehouse_csrf"]
    refresh(client, (401, "invalid_refresh_token"))
    client.get("/auth/tenants", token=None, expect=(401, "invalid_token"))
    by_password.get("/auth/tenants", expect=200)
    by_password.refresh(expect=200)


def test_r4_promoted_with_a_second_factor_while_signed_in(stack, provider, home):
    someone = Person(stack, home)
    claims = person(someone.user.email)
    link(someone.client, provider, claims)
    client = by_provider(stack, provider, claims, home)
    client.post("/auth/2fa/challenge", {"code": someone.code()}, token=None, expect=200)
    assert signed_in_as(client)
    promote(stack, someone.user)
    assert signed_in_as(client) is None
    someone.client.get("/auth/tenants", expect=200)


def test_r4_promoted_by_a_change_of_the_role(stack, provider, home):
    """R3: a system role gets ALL_PERMISSIONS, and none of its holders is told apart."""
    root = platform_admin(stack)
    role = new_role(root, "auth:users:view", system=True)
    user, claims = linked(stack, provider, home)
    promote(stack, user, role)
    client = by_provider(stack, provider, claims, home)
    assert signed_in_as(client)["is_platform_admin"] is False
    try:
        root.call("PATCH", f"/auth/roles/{role}", {"permissions": ["ALL_PERMISSIONS"]}, expect=200)
        assert signed_in_as(client) is None
        assert error_of(go(client, provider, claims, tenant=home)) == "already_exists"
    finally:
        root.call("DELETE", f"/auth/roles/{role}?force=true", expect=204)


def test_r4_everything_inside_the_tenant_is_the_tenants_to_give(stack, provider, home):
    """R3: ALL_PERMISSIONS in a tenant's role makes nobody a platform administrator."""
    admin = tenant_admin(stack, home)
    user, claims = linked(stack, provider, home)
    client = by_provider(stack, provider, claims, home)
    give(admin, my_id(signed_in(stack, user)), new_role(admin, "ALL_PERMISSIONS"))
    assert signed_in_as(client)["is_platform_admin"] is False
    assert signed_in_as(by_provider(stack, provider, claims, home))
