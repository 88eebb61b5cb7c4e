"""Who a provider's account belongs to (SPEC O2, O3): the matrix of both ends, linking, unlinking,
and the ways in which somebody else could end up in an account."""

import itertools
import json
import threading
import time

import pytest

from support.admin import my_id, platform_admin, tenant_admin
from support.client import Client, problem, register, signed_in
from support.gatehouse import User, fresh_email, fresh_password
from support.oauth_provider import (Provider, come_back, error_of, go, link, person,
                                    signed_in_as)


@pytest.fixture(scope="module")
def provider():
    made = Provider()
    yield made
    made.close()


@pytest.fixture(scope="module")
def other():
    made = Provider()
    yield made
    made.close()


@pytest.fixture
def home(stack, provider, other):
    return stack.new_tenant("link", max_sessions=0, oauth_providers=[
        provider.setting(), other.setting("other")])


def identities(stack, user):
    row = stack.user_row(user)
    return stack.sql("SELECT * FROM oauth_identities WHERE user_id = %s", row["id"]) if row else []


def events(stack, slug, name):
    return stack.sql("SELECT e.* FROM audit_events e JOIN tenants t ON t.id = e.tenant_id "
                     "WHERE t.slug = %s AND e.event = %s ORDER BY e.created_at", slug, name)


# -- the matrix ----------------------------------------------------------------------------------

LOCAL = ("nobody", "pending", "unverified", "verified", "disabled")


def local_account(stack, slug, kind):
    user = User(fresh_email(), fresh_password(), slug)
    if kind == "pending":
        Client(stack).post("/auth/register", {"tenant": slug, "email": user.email,
                                              "password": user.password}, expect=202)
    elif kind != "nobody":
        user = stack.new_user(slug)
    if kind == "unverified":  # as an administrator's change of the address leaves it
        stack.administer_database(f"UPDATE {stack.info['database']}.users SET "
                                  f"email_verified_at = NULL WHERE email = '{user.email}'")
    if kind == "disabled":
        stack.disable(user)
    return user


@pytest.mark.parametrize("local, verified, allowed",
                         itertools.product(LOCAL, (True, False), (True, False)))
def test_o2_the_matrix_of_strangers(stack, provider, home, local, verified, allowed):
    """Nobody signed in. Linked only with a verified address at both ends and the setting on."""
    stack.set_tenant(home, oauth_link_verified_email=allowed)
    user = local_account(stack, home, local)
    before = stack.user_row(user)
    client = Client(stack)
    who = person(user.email, verified=verified)
    error = error_of(go(client, provider, who, tenant=home))
    me = signed_in_as(client)
    after = stack.user_row(user)
    if not verified:
        expected = "email_not_verified"
    elif local in ("nobody", "pending"):  # a registration that waits is nobody's account
        expected = None
    elif allowed and local == "verified":
        expected = None
    elif allowed and local == "disabled":
        expected = "account_disabled"
    else:
        expected = "already_exists"
    assert error == expected
    assert (me is not None) == (expected is None)
    assert len(identities(stack, user)) == (1 if expected is None else 0)
    if me:
        assert me["email"] == user.email
        # The one that waited left nothing: neither its password nor its link.
        assert local != "pending" or after["password_hash"] is None
    if before and local != "pending":
        same = ("id", "password_hash", "status", "email_verified_at", "first_name")
        assert {name: before[name] for name in same} == {name: after[name] for name in same}
    if local == "verified":
        signed_in(stack, user)
    # A second time is no different.
    again = Client(stack)
    assert error_of(go(again, provider, who, tenant=home)) == expected


def test_r4_nobody_becomes_platform_admin_by_a_tenants_own_provider(stack, provider, home):
    """Whoever may change a tenant's settings says which provider it trusts."""
    stack.set_tenant(home, oauth_link_verified_email=True)
    boss = platform_admin(stack, home).user
    client = Client(stack)
    answer = go(client, provider, person(boss.email), tenant=home)
    assert error_of(answer) == "already_exists" and signed_in_as(client) is None
    assert not identities(stack, boss)


def test_o2_a_reset_takes_back_what_a_mailed_link_attached(stack, provider, home):
    """Whoever came with an address that their provider did not vouch for may have been a stranger
    whose mail the owner believed."""
    email = fresh_email()
    stranger = person(email, verified=False)
    assert error_of(go(Client(stack), provider, stranger, tenant=home)) == "email_not_verified"
    Client(stack).post("/auth/verify-email",
                       {"token": stack.mail.wait(email, "verify_email").token()}, expect=200)
    thief = Client(stack)
    go(thief, provider, stranger, tenant=home)
    assert signed_in_as(thief)["email"] == email
    Client(stack).post("/auth/forgot-password", {"tenant": home, "email": email}, expect=202)
    Client(stack).post("/auth/reset-password",
                       {"token": stack.mail.wait(email, "reset").token(),
                        "new_password": fresh_password()}, expect=204)
    assert not identities(stack, User(email, "", home))
    go(thief, provider, stranger, tenant=home)
    assert signed_in_as(thief) is None


@pytest.mark.parametrize("verified, same", itertools.product((True, False), (True, False)))
def test_o2_the_matrix_of_the_signed_in(stack, provider, home, verified, same):
    """Who is signed in has proven themselves: whatever the provider says of the address."""
    user = stack.new_user(home)
    client = signed_in(stack, user)
    who = person(user.email if same else fresh_email(), verified=verified)
    answer = link(client, provider, who)
    assert error_of(answer) is None and answer.headers["Location"] == "/auth/ui/account"
    assert not [line for line in answer.raw.headers.getlist("Set-Cookie") if "access" in line]
    (identity,) = identities(stack, user)
    assert identity["subject"] == who["sub"]
    (event,) = events(stack, home, "oauth.linked")
    assert event["actor_id"] == stack.user_row(user)["id"]
    assert json.loads(event["after_json"]) == {"provider": "corp", "subject": who["sub"],
                                               "email": who["email"]}
    elsewhere = Client(stack)
    go(elsewhere, provider, who, tenant=home)
    assert signed_in_as(elsewhere)["id"] == my_id(client)


def test_o2_an_address_says_nothing_without_the_setting_of_this_tenant(stack, provider, home):
    """The same address in another tenant is another person."""
    allowing = stack.new_tenant("link", oauth_link_verified_email=True,
                                oauth_providers=[provider.setting()])
    user = stack.new_user(home)
    client = Client(stack)
    go(client, provider, person(user.email), tenant=allowing)
    assert signed_in_as(client)["id"] != stack.user_id(user)
    assert not identities(stack, user)


def test_o2_closed_for_new_people_open_for_those_who_are_there(stack, provider):
    slug = stack.new_tenant("link", oauth_link_verified_email=True, registration="closed",
                            oauth_providers=[provider.setting()])
    user = stack.new_user(slug)
    client = Client(stack)
    assert error_of(go(client, provider, person(user.email), tenant=slug)) is None
    assert signed_in_as(client)["email"] == user.email
    assert error_of(go(Client(stack), provider, person(fresh_email()),
                       tenant=slug)) == "registration_closed"


def second_link(stack, email):
    return stack.mail.wait(email, "verify_email", 2).token()


# -- taking over ---------------------------------------------------------------------------------

def test_o2_no_account_is_prepared_for_somebody_else_by_password(stack, provider, home):
    """A stranger registers the victim's address and waits. The victim's own sign-in through the
    provider is refused, and the stranger's password opens nothing."""
    email = fresh_email()
    stranger = User(email, fresh_password(), home)
    Client(stack).post("/auth/register", {"tenant": home, "email": email,
                                          "password": stranger.password}, expect=202)
    victim = Client(stack)
    # First with an address that the provider does not vouch for: the mail is the victim's.
    go(victim, provider, person(email, verified=False), tenant=home)
    token = second_link(stack, email)
    victim.post("/auth/verify-email", {"token": token}, token=None, expect=200)
    assert stack.user_row(stranger)["password_hash"] is None
    Client(stack).login(stranger, expect=401)
    assert len(identities(stack, stranger)) == 1


def test_o2_what_a_stranger_entered_meanwhile_goes(stack, provider, home):
    """The victim comes from the provider, a stranger registers the address with a password, the
    victim opens the first mail's link: no password is left."""
    email = fresh_email()
    who = person(email, verified=False)
    go(Client(stack), provider, who, tenant=home)
    token = stack.mail.wait(email, "verify_email").token()
    stranger = User(email, fresh_password(), home)
    Client(stack).post("/auth/register", {"tenant": home, "email": email, "first_name": "Eve",
                                          "password": stranger.password}, expect=202)
    Client(stack).post("/auth/verify-email", {"token": token}, token=None, expect=200)
    row = stack.user_row(stranger)
    assert row["password_hash"] is None and row["first_name"] is None
    Client(stack).login(stranger, expect=401)
    client = Client(stack)
    go(client, provider, who, tenant=home)
    assert signed_in_as(client)["email"] == email


def test_o2_no_account_is_prepared_for_somebody_else_by_a_provider(stack, provider, home):
    """A stranger comes from the provider with the victim's address, unverified. The victim then
    registers by themselves: the stranger's account at the provider is not part of it."""
    email = fresh_email()
    stranger = person(email, verified=False)
    go(Client(stack), provider, stranger, tenant=home)
    victim = User(email, fresh_password(), home)
    Client(stack).post("/auth/register", {"tenant": home, "email": email,
                                          "password": victim.password}, expect=202)
    Client(stack).post("/auth/verify-email", {"token": second_link(stack, email)}, token=None,
                       expect=200)
    signed_in(stack, victim)
    assert not identities(stack, victim)
    thief = Client(stack)
    assert error_of(go(thief, provider, stranger, tenant=home)) == "email_not_verified"
    assert signed_in_as(thief) is None


def test_o2_a_link_that_is_sent_again_brings_the_same_registration(stack, provider, home):
    email = fresh_email()
    who = person(email, verified=False)
    go(Client(stack), provider, who, tenant=home)
    Client(stack).post("/auth/resend-verification", {"tenant": home, "email": email}, expect=202)
    Client(stack).post("/auth/verify-email", {"token": second_link(stack, email)}, token=None,
                       expect=200)
    client = Client(stack)
    go(client, provider, who, tenant=home)
    assert signed_in_as(client)["email"] == email
    assert len(events(stack, home, "oauth.linked")) == 1


def test_o2_somebody_elses_account_is_not_linked(stack, provider, home):
    who = person(fresh_email())
    go(Client(stack), provider, who, tenant=home)
    client = signed_in(stack, stack.new_user(home))
    assert error_of(link(client, provider, who)) == "already_exists"
    assert client.get("/auth/me/identities").json()["items"] == []
    # One's own again is fine, and nothing new.
    mine = person(fresh_email())
    for _ in range(2):
        assert error_of(link(client, provider, mine)) is None
    assert error_of(link(client, provider, person(fresh_email()))) == "already_exists"
    assert len(client.get("/auth/me/identities").json()["items"]) == 1


def test_o2_a_link_is_for_who_began_it(stack, provider, home):
    """The stranger's way brought to the victim's browser links nothing, and neither does the
    victim's way without the victim's session."""
    stranger, victim = (signed_in(stack, stack.new_user(home)) for _ in range(2))
    url = stranger.post("/auth/oauth/corp/link", expect=200).json()["authorize_url"]
    query = provider.authorize(url, person(fresh_email()))
    assert error_of(come_back(victim, query)) == "invalid_challenge"
    url = victim.post("/auth/oauth/corp/link", expect=200).json()["authorize_url"]
    query = provider.authorize(url, person(fresh_email()))
    victim.post("/auth/logout", expect=204)
    assert error_of(come_back(victim, query)) == "invalid_token"
    assert not events(stack, home, "oauth.linked")


def test_o2_linking_needs_a_session_and_csrf(stack, home):
    Client(stack).post("/auth/oauth/corp/link", expect=(401, "authentication_required"))
    client = Client(stack)
    client.login(stack.new_user(home), transport="cookie")
    token, client.csrf = client.csrf, None
    client.post("/auth/oauth/corp/link", expect=(403, "csrf_failed"))
    client.call("DELETE", "/auth/oauth/corp", expect=(403, "csrf_failed"))
    client.csrf = token
    client.post("/auth/oauth/corp/link", expect=200)
    client.post("/auth/oauth/nobody/link", expect=(404, "not_found"))


# -- unlinking -----------------------------------------------------------------------------------

def test_o2_unlink_unless_it_is_the_last_way_in(stack, provider, other, home):
    who = person(fresh_email())
    client = Client(stack)
    go(client, provider, who, tenant=home)
    csrf = {"X-CSRF-Token": client.http.cookies["__Host-gatehouse_csrf"]}

    def unlink(name, expect):
        return client.call("DELETE", f"/auth/oauth/{name}", token=None, headers=csrf, expect=expect)
    unlink("corp", (409, "last_sign_in_method"))
    unlink("other", (404, "not_found"))
    url = client.post("/auth/oauth/other/link", token=None, headers=csrf,
                      expect=200).json()["authorize_url"]
    second = person(fresh_email())
    assert error_of(come_back(client, other.authorize(url, second), "other")) is None
    # An account of a provider that is not offered any more lets nobody in.
    stack.set_tenant(home, oauth_providers=[provider.setting()])
    unlink("corp", (409, "last_sign_in_method"))
    stack.set_tenant(home, oauth_providers=[provider.setting(), other.setting("other")])
    unlink("corp", 204)
    unlink("corp", (404, "not_found"))
    unlink("other", (409, "last_sign_in_method"))
    (event,) = events(stack, home, "oauth.unlinked")
    assert json.loads(event["before_json"])["subject"] == who["sub"] and not event["after_json"]
    # The address is taken, by the same person even: they come in by the other account.
    stranger = Client(stack)
    assert error_of(go(stranger, provider, who, tenant=home)) == "already_exists"
    go(stranger, other, second, tenant=home, name="other")
    assert signed_in_as(stranger)["email"] == who["email"]


def test_o2_a_password_is_another_way_in(stack, provider, home):
    client = signed_in(stack, stack.new_user(home))
    link(client, provider, person(fresh_email()))
    client.call("DELETE", "/auth/oauth/corp", expect=204)
    assert client.get("/auth/me/identities").json()["items"] == []


def test_o2_unlinking_twice_at_once_leaves_one(stack, provider, other, home):
    """Two last ways in, each unlinked while the other still stands: one remains."""
    user = stack.new_user(home)
    client = signed_in(stack, user)
    for made, name in ((provider, "corp"), (other, "other")):
        assert error_of(link(client, made, person(fresh_email()), name)) is None
    stack.administer_database(f"UPDATE {stack.info['database']}.users SET password_hash = NULL "
                              f"WHERE email = '{user.email}'")
    answers = []

    def unlink(name):
        one = Client(stack)
        one.access = client.access
        answers.append(one.call("DELETE", f"/auth/oauth/{name}").status_code)
    threads = [threading.Thread(target=unlink, args=(name,)) for name in ("corp", "other")]
    with stack.locked_table("audit_events"):  # neither can end before the other has begun
        for thread in threads:
            thread.start()
        time.sleep(1)
    for thread in threads:
        thread.join()
    assert sorted(answers) == [204, 409]


def test_u5_a_deleted_person_is_gone_at_the_provider_too(stack, provider, home):
    who = person(fresh_email())
    client = Client(stack)
    go(client, provider, who, tenant=home)
    first = signed_in_as(client)["id"]
    tenant_admin(stack, home).call("DELETE", f"/auth/users/{first}", expect=204)
    assert signed_in_as(client) is None
    go(client, provider, who, tenant=home)
    assert signed_in_as(client)["id"] != first


# -- enumeration ---------------------------------------------------------------------------------

def test_l2_an_unverified_address_tells_nothing(stack, provider, home):
    """The same answer, and the same work, whether the address has an account."""
    taken = stack.new_user(home)
    answers, times = {}, {"taken": [], "free": []}
    for _ in range(8):
        for kind in times:
            email = taken.email if kind == "taken" else fresh_email()
            client = Client(stack)
            begun = time.monotonic()
            answer = go(client, provider, person(email, verified=False), tenant=home)
            times[kind].append(time.monotonic() - begun)
            answers[kind] = (answer.status_code, answer.headers["Location"],
                             sorted(answer.headers))
    assert answers["taken"] == answers["free"]
    middle = {kind: sorted(values)[4] for kind, values in times.items()}
    assert abs(middle["taken"] - middle["free"]) < 0.1, middle
    # The owner hears of it.
    stack.mail.wait(taken.email, "already_registered")
    problem(Client(stack).get("/auth/me/identities"), 401)


def test_o2_a_verified_address_of_somebody_is_told_by_mail(stack, provider, home):
    user = register(stack, home)
    assert error_of(go(Client(stack), provider, person(user.email),
                       tenant=home)) == "already_exists"
    stack.mail.wait(user.email, "already_registered")
