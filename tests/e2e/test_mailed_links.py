"""What a mailed link is for, told to whoever holds it, and where mails lead (SPEC U1, U3, P3, M1,
W1, N2): the browser that opens a mail need not know the tenant that it came from."""

import re
import secrets
import time

import pytest

from support.admin import new_person, platform_admin, tenant_admin, tenant_id, welcome_password
from support.client import Client, problem, register, signed_in
from support.gatehouse import User, fresh_email, fresh_password
from support.oauth_provider import Provider, go, person
from support.second_factor import Person

DEAD = (400, "invalid_token")


@pytest.fixture(scope="module")
def tenant(stack):
    """With a minimum of its own, so that it is told from any other."""
    return stack.new_tenant("mailed", password_min_length=17, max_sessions=0)


def ask(stack, token, expect=200):
    return Client(stack).post("/auth/mailed-link", {"token": token}, expect=expect)


def use(stack, purpose, token, expect=None):
    if purpose == "password_reset":
        return Client(stack).post("/auth/reset-password", {
            "token": token, "new_password": fresh_password()}, expect=expect or 204)
    return Client(stack).post("/auth/verify-email", {"token": token}, expect=expect or 200)


def apply(stack, tenant):
    """A registration that waits for its link."""
    user = User(fresh_email(), fresh_password(), tenant)
    Client(stack).post("/auth/register", {"tenant": tenant, "email": user.email,
                                          "password": user.password}, expect=202)
    return user, stack.mail.wait(user.email, "verify_email").token()


def move(stack, tenant):
    """Somebody who wants another address."""
    user, email = stack.new_user(tenant), fresh_email("new")
    signed_in(stack, user).post("/auth/me/email", {"new_email": email, "password": user.password},
                                expect=202)
    return User(email, user.password, tenant), stack.mail.wait(email, "verify_email").token()


def moved_by_admin(stack, tenant):
    """Somebody whom an administrator gave another address."""
    user, email = stack.new_user(tenant), fresh_email("given")
    tenant_admin(stack, tenant).call("PATCH", f"/auth/users/{stack.user_id(user)}",
                                     {"email": email}, expect=200)
    return User(email, user.password, tenant), stack.mail.wait(email, "verify_email").token()


def forget(stack, tenant):
    user = stack.new_user(tenant)
    Client(stack).post("/auth/forgot-password", {"tenant": tenant, "email": user.email},
                       expect=202)
    return user, stack.mail.wait(user.email, "reset").token()


WAYS = {"registration": (apply, "verify_email"), "administrator": (moved_by_admin, "verify_email"),
        "change": (move, "change_email"), "reset": (forget, "password_reset")}


def rows(stack, slug):
    """All that using a link would change."""
    mine = "WHERE tenant_id = (SELECT id FROM tenants WHERE slug = %s) ORDER BY id"
    return [stack.sql(f"SELECT * FROM {table} {mine}", slug)
            for table in ("links", "users", "sessions", "audit_events", "attempts", "outbox")]


@pytest.mark.parametrize("way", WAYS)
def test_w1_a_live_link_says_what_it_is_for(stack, tenant, way):
    """U1, U3, P3: purpose, tenant and its minimum, to anyone, as often as they ask."""
    make, purpose = WAYS[way]
    _user, token = make(stack, tenant)
    wanted = {"purpose": purpose, "tenant": {"slug": tenant, "name": f"Tenant {tenant}"},
              "password_min_length": 17}
    assert ask(stack, token).json() == wanted
    # Whoever asks: somebody of another tenant, somebody whose token is worth nothing.
    other = signed_in(stack, stack.new_user(stack.new_tenant()))
    for bearer in (other.access, "nonsense"):
        answer = Client(stack).post("/auth/mailed-link", {"token": token}, token=bearer, expect=200)
        assert answer.json() == wanted
    use(stack, purpose, token)
    ask(stack, token, DEAD)


@pytest.mark.parametrize("way", WAYS)
def test_u1_p3_asking_uses_nothing_up(stack, way):
    """Not a row is another, and the link works afterwards."""
    slug = stack.new_tenant()
    make, purpose = WAYS[way]
    _user, token = make(stack, slug)
    time.sleep(1)  # the mailer erases what it delivered
    before = rows(stack, slug)
    for _ in range(3):
        ask(stack, token)
    assert rows(stack, slug) == before
    use(stack, purpose, token)


def test_u1_p3_a_replaced_link_is_dead(stack, tenant):
    """By a resend, by another wish, by a reset."""
    user, first = apply(stack, tenant)
    Client(stack).post("/auth/resend-verification", {"tenant": tenant, "email": user.email},
                       expect=202)
    second = stack.mail.wait(user.email, "verify_email", count=2).token()
    ask(stack, first, DEAD)
    ask(stack, second)

    user, one = forget(stack, tenant)
    Client(stack).post("/auth/forgot-password", {"tenant": tenant, "email": user.email},
                       expect=202)
    another = stack.mail.wait(user.email, "reset", count=2).token()
    ask(stack, one)
    use(stack, "password_reset", another)
    for token in (one, another):
        ask(stack, token, DEAD)
        use(stack, "password_reset", token, DEAD)


def test_u1_p3_an_expired_link_is_dead(stack):
    """N5."""
    slug = stack.new_tenant(verify_email_ttl=2, password_reset_ttl=2)
    tokens = [make(stack, slug)[1] for make, _ in WAYS.values()]
    time.sleep(2.2)
    for token in tokens:
        ask(stack, token, DEAD)


def test_n6_a_suspended_tenant(stack):
    """The question knows no more than the use: both still answer."""
    slug = stack.new_tenant()
    made = {way: make(stack, slug)[1] for way, (make, _) in WAYS.items()}
    stack.cli("tenant", "suspend", slug)
    for way, token in made.items():
        ask(stack, token)
        use(stack, WAYS[way][1], token)
        ask(stack, token, DEAD)


def test_n3_a_deleted_tenant(stack):
    slug = stack.new_tenant()
    made = {way: make(stack, slug)[1] for way, (make, _) in WAYS.items()}
    platform_admin(stack).call("DELETE", f"/auth/tenants/{tenant_id(stack, slug)}?force=true",
                               expect=204)
    for way, token in made.items():
        ask(stack, token, DEAD)
        use(stack, WAYS[way][1], token, DEAD)


@pytest.mark.parametrize("way", ["change", "reset"])
def test_u5_a_disabled_or_deleted_account(stack, tenant, way):
    """Asked and used agree."""
    make, purpose = WAYS[way]
    admin = tenant_admin(stack, tenant)
    for method, body in (("PATCH", {"status": "disabled"}), ("DELETE", None)):
        user, token = make(stack, tenant)
        row = stack.value("SELECT HEX(user_id) FROM links WHERE tenant_id = (SELECT id FROM tenants"
                          " WHERE slug = %s) AND email = %s", tenant, user.email)
        path = "/auth/users/" + re.sub(r"(.{8})(.{4})(.{4})(.{4})(.{12})", r"\1-\2-\3-\4-\5",
                                       row.lower())
        if body:
            admin.call(method, path, body, expect=200)
        else:
            admin.call(method, path, expect=204)
        ask(stack, token, DEAD)
        use(stack, purpose, token, DEAD)


def test_u3_an_address_taken_meanwhile(stack, tenant):
    """Asked and used agree."""
    wanted, token = move(stack, tenant)
    ask(stack, token)
    stack.new_user(tenant, email=wanted.email)
    ask(stack, token, DEAD)
    use(stack, "change_email", token, DEAD)


def test_p3_an_address_that_changed_after_the_reset_was_asked_for(stack, tenant):
    user, token = forget(stack, tenant)
    tenant_admin(stack, tenant).call("PATCH", f"/auth/users/{stack.user_id(user)}",
                                     {"email": fresh_email("other")}, expect=200)
    ask(stack, token, DEAD)
    use(stack, "password_reset", token, DEAD)


def test_l2_every_dead_token_is_told_the_same(stack, tenant):
    """No cause is told, and no token of another kind is taken: not a session's, nor a refresh
    token, nor a challenge's."""
    _user, used = apply(stack, tenant)
    use(stack, "verify_email", used)
    client = signed_in(stack, stack.new_user(tenant))
    told = set()
    ask(stack, client.access, (422, "validation_failed"))  # longer than any link's
    for token in (used, secrets.token_urlsafe(32), "A" * 43, client.access[:512],
                  client.refresh_token, Person(stack, tenant).begin()):
        document = problem(ask(stack, token, None), *DEAD)
        told.add(tuple(sorted((name, value) for name, value in document.items()
                              if name != "request_id")))
    assert len(told) == 1
    client.verify(expect=403)  # roleless, and alive: the token was only looked at
    client.refresh()


def test_e5_the_question_is_a_token_and_nothing_else(stack, tenant):
    _user, token = apply(stack, tenant)
    client = Client(stack)
    for body in ({}, {"token": token, "tenant": tenant}, {"token": 1}, {"token": ""}):
        client.post("/auth/mailed-link", body, expect=(422, "validation_failed"))
    client.get(f"/auth/mailed-link?token={token}", expect=(405, "method_not_allowed"))


def test_l5_it_is_limited_like_the_use_of_a_link(stack):
    """By the address, in nginx."""
    client = Client(stack)
    statuses = [client.post("/auth/mailed-link", {"token": "A" * 43}).status_code
                for _ in range(200)]
    assert set(statuses) == {400, 429} and statuses[:12] == [400] * 12


# -- where the other mails lead --------------------------------------------------------------------

def pages_of(stack, mail):
    """Our pages that a mail links to; the same in both of its parts, and each whole on a line of
    the text."""
    ours = re.escape(stack.base_url) + r"/auth/ui/[^\s\"<]*"
    shown = set(re.findall(ours, mail.text))
    assert shown == set(re.findall(ours, mail.html))
    assert shown <= set(mail.text.splitlines())
    return {link.removeprefix(stack.base_url + "/auth/ui/") for link in shown}


@pytest.fixture(params=["another", "default"])
def sender(stack, request):
    """Not of the default tenant alone is the slug told: which one that is may change."""
    return stack.new_tenant("sender") if request.param == "another" else stack.tenant


def test_u2_the_welcome_mail_leads_to_the_tenant(stack, sender):
    email = fresh_email()
    new_person(tenant_admin(stack, sender), email=email)
    assert welcome_password(stack, email)
    assert pages_of(stack, stack.mail.wait(email, "welcome")) == {f"sign-in?tenant={sender}"}


def test_u1_the_mail_to_who_has_an_account_leads_to_the_tenant(stack, sender):
    user = register(stack, sender)
    Client(stack).post("/auth/register", {"tenant": sender, "email": user.email,
                                          "password": fresh_password()}, expect=202)
    assert pages_of(stack, stack.mail.wait(user.email, "already_registered")) == {
        f"sign-in?tenant={sender}", f"forgot?tenant={sender}"}


def test_o2_so_it_does_where_they_came_from_a_provider(stack):
    provider = Provider()
    slug = stack.new_tenant(oauth_providers=[provider.setting()])
    user = register(stack, slug)
    go(Client(stack), provider, person(user.email), tenant=slug)
    mail = stack.mail.wait(user.email, "already_registered")
    provider.close()
    assert pages_of(stack, mail) == {f"sign-in?tenant={slug}", f"forgot?tenant={slug}"}


def test_s1_the_mail_of_a_new_device_leads_to_the_tenant(stack, sender):
    user = stack.new_user(sender)
    for device in ("a", "b"):
        signed_in(stack, user, device=device)
    assert pages_of(stack, stack.mail.wait(user.email, "new_device")) == {
        f"account?tenant={sender}"}


def test_m1_a_link_that_is_used_up_ends_with_its_token(stack, tenant):
    """API.md "Mail": clients cut the token out to the end of the line."""
    user, token = apply(stack, tenant)
    assert pages_of(stack, stack.mail.wait(user.email, "verify_email")) == {
        f"verify#token={token}"}
    user, token = forget(stack, tenant)
    assert pages_of(stack, stack.mail.wait(user.email, "reset")) == {f"reset#token={token}"}
