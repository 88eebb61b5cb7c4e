"""Registration and the links it mails (SPEC U1, L2, P2, P3, M1, N5)."""

import time

import pytest

from support.client import Client, describe, problem, register
from support.gatehouse import User, fresh_email, fresh_password


def apply(stack, user, **fields):
    return Client(stack).post("/auth/register", {"tenant": user.tenant, "email": user.email,
                                                 "password": user.password, **fields})


def verify(stack, token, expect):
    return Client(stack).post("/auth/verify-email", {"token": token}, expect=expect)


def test_an_existing_address_gets_the_same_answer_and_another_mail(stack, tenant):
    """U1, L2, M1: only the owner of the address learns that it exists, by mail, and that mail
    holds no link that would verify anything."""
    user = register(stack, tenant)
    new = apply(stack, User(fresh_email(), fresh_password(), tenant))
    again = apply(stack, User(user.email, fresh_password(), tenant))
    upper = apply(stack, User(user.email.upper(), fresh_password(), tenant))
    for answer in (new, again, upper):
        assert answer.status_code == 202, describe(answer)
        assert answer.content == new.content
        assert set(answer.headers) == set(new.headers)
    mail = stack.mail.wait(user.email, "already_registered", count=2)
    assert "#token=" not in mail.text
    # Nothing about the account changed: the first password is still the one.
    Client(stack).login(user)


def test_a_link_works_once(stack, tenant):
    """U1: single use."""
    user = User(fresh_email(), fresh_password(), tenant)
    apply(stack, user)
    token = stack.mail.wait(user.email, "verify_email").token()
    verify(stack, token, 200)
    verify(stack, token, (400, "invalid_token"))


def test_a_newer_link_replaces_the_older_one(stack, tenant):
    """U1: resend kills the links before it."""
    user = User(fresh_email(), fresh_password(), tenant)
    apply(stack, user)
    first = stack.mail.wait(user.email, "verify_email").token()
    Client(stack).post("/auth/resend-verification", {"tenant": tenant, "email": user.email},
                       expect=202)
    second = stack.mail.wait(user.email, "verify_email", count=2).token()
    verify(stack, first, (400, "invalid_token"))
    verify(stack, second, 200)
    Client(stack).login(user)


def test_a_link_expires(stack):
    """U1, N5: after verify_email_ttl."""
    tenant = stack.new_tenant(verify_email_ttl=2)
    user = User(fresh_email(), fresh_password(), tenant)
    apply(stack, user)
    token = stack.mail.wait(user.email, "verify_email").token()
    time.sleep(2.2)
    verify(stack, token, (400, "invalid_token"))
    Client(stack).login(user, expect=(403, "email_not_verified"))


def test_a_link_activates_the_registration_it_was_sent_for(stack, tenant):
    """API.md: somebody who registers another's address first never gets in with their password
    once the owner follows the owner's link."""
    email = fresh_email("squatted")
    squatter = User(email, fresh_password(), tenant)
    owner = User(email, fresh_password(), tenant)
    apply(stack, squatter)
    stack.mail.wait(email, "verify_email")
    apply(stack, owner)
    link = stack.mail.wait(email, "verify_email", count=2)
    verify(stack, link.token(), 200)
    Client(stack).login(squatter, expect=(401, "invalid_credentials"))
    Client(stack).login(owner)


def test_the_first_link_gives_the_first_password_or_nothing(stack, tenant):
    """API.md: the other way round, the first link never activates the second password."""
    email = fresh_email("twice")
    first = User(email, fresh_password(), tenant)
    second = User(email, fresh_password(), tenant)
    apply(stack, first)
    link = stack.mail.wait(email, "verify_email")
    apply(stack, second)
    stack.mail.wait(email, "verify_email", count=2)
    answer = Client(stack).post("/auth/verify-email", {"token": link.token()})
    assert answer.status_code in (200, 400), describe(answer)
    Client(stack).login(second, expect=401 if answer.status_code == 200 else 403)


def test_opening_a_link_uses_nothing_up(stack, tenant):
    """API.md "Mail": mail scanners open links; a GET must change nothing."""
    user = User(fresh_email(), fresh_password(), tenant)
    apply(stack, user)
    mail = stack.mail.wait(user.email, "verify_email")
    scanner = Client(stack)
    page = mail.link().removeprefix(stack.base_url)
    for path in (page.partition("#")[0], page.replace("#", "?")):
        scanner.get(path, plain=True)
    scanner.get(f"/auth/verify-email?token={mail.token()}", expect=(405, "method_not_allowed"))
    verify(stack, mail.token(), 200)


def test_links_come_from_the_configuration_never_from_the_request(stack, tenant):
    """P3: Host, X-Forwarded-Host and friends do not reach a mail."""
    user = register(stack, tenant)
    for headers in ({"Host": "evil.test"}, {"X-Forwarded-Host": "evil.test"},
                    {"Forwarded": "host=evil.test", "X-Original-URL": "https://evil.test/"}):
        Client(stack).post("/auth/forgot-password", {"tenant": tenant, "email": user.email},
                           headers=headers, plain=True)
    Client(stack).post("/auth/forgot-password", {"tenant": tenant, "email": user.email},
                       expect=202)
    stack.mail.wait(user.email, "reset")
    time.sleep(1)
    for mail in stack.mail.all(user.email):
        assert b"evil.test" not in mail.raw and "evil.test" not in mail.text + mail.html
        assert mail.kind != "reset" or mail.link().startswith(stack.base_url + "/")


@pytest.mark.parametrize("why, password", [
    ("too short", "Zq7!vT4#x"),
    ("too long", "Zq7!vT4#x" * 15),
    ("guessable", "password1234"),
    ("keyboard walk", "qwertyuiop123"),
    ("repetitive", "aaaaaaaaaaaaaaaa"),
])
def test_a_weak_password_is_refused_with_reasons(stack, tenant, why, password):
    """P2: 10 to 128 characters, zxcvbn 3 or better."""
    answer = apply(stack, User(fresh_email(), password, tenant))
    document = problem(answer, 422, "weak_password")
    assert all(error["pointer"] == "/password" for error in document["errors"]), why


def test_a_password_may_not_be_the_address_or_the_tenant(stack):
    """P2."""
    slug = stack.new_tenant("xylophone-quartz-marmalade")
    email = fresh_email("zanzibar-flux-capacitor")
    for password in (email, email.upper(), slug, f"Tenant {slug}"):
        problem(apply(stack, User(email, password, slug)), 422, "weak_password")


def test_any_unicode_is_a_password(stack, tenant):
    """P2, E5: characters are counted, not bytes, and both normal forms are one password."""
    user = User(fresh_email(), "Straße-Żółw-鍵と門-Ünïcode-\u00e9", tenant)
    register(stack, tenant, email=user.email, password=user.password)
    Client(stack).login(user)
    Client(stack).login(user, password=user.password.replace("\u00e9", "e\u0301"))


def test_a_tenant_can_raise_the_minimum(stack):
    """P2, N5."""
    tenant = stack.new_tenant(password_min_length=24)
    problem(apply(stack, User(fresh_email(), "Zq7!vT4#xKp2", tenant)), 422, "weak_password")
    assert apply(stack, User(fresh_email(), fresh_password() + fresh_password(),
                             tenant)).status_code == 202


def test_a_closed_tenant_takes_nobody(stack):
    """N5: registration closed, or for certain mail domains only."""
    closed = stack.new_tenant(registration="closed")
    problem(apply(stack, User(fresh_email(), fresh_password(), closed)), 403,
            "registration_closed")
    domain = stack.new_tenant(registration="domain", registration_domains=["corp.test"])
    problem(apply(stack, User(fresh_email(), fresh_password(), domain)), 403,
            "registration_domain_not_allowed")
    for sly in ("a@corp.test.example.test", "a@evilcorp.test"):
        problem(apply(stack, User(sly, fresh_password(), domain)), 403,
                "registration_domain_not_allowed")
    good = User(fresh_email().replace("example.test", "Corp.TEST"), fresh_password(), domain)
    assert apply(stack, good).status_code == 202


def test_an_unknown_tenant_is_named_at_registration_only(stack):
    """API.md: 422 for register, resend and forgot; sign-in does not tell."""
    nobody = User(fresh_email(), fresh_password(), "no-such-tenant")
    problem(apply(stack, nobody), 422, "unknown_tenant")
    for path in ("/auth/resend-verification", "/auth/forgot-password"):
        Client(stack).post(path, {"tenant": nobody.tenant, "email": nobody.email},
                           expect=(422, "unknown_tenant"))
    Client(stack).login(nobody, expect=(401, "invalid_credentials"))


def test_nobody_registers_themselves_a_privilege(stack, tenant):
    """R4, E5: unknown members are refused, not ignored (mass assignment)."""
    for field, value in (("is_tenant_admin", True), ("roles", ["Administrator"]),
                         ("role_ids", []), ("email_verified", True), ("status", "active"),
                         ("tenant_id", "00000000-0000-7000-8000-000000000000")):
        user = User(fresh_email(), fresh_password(), tenant)
        document = problem(apply(stack, user, **{field: value}), 422, "validation_failed")
        assert [error["pointer"] for error in document["errors"]] == ["/" + field]
        assert stack.user_row(user) is None


def test_the_same_address_in_two_tenants_is_two_people(stack, tenant):
    """N1."""
    other = stack.new_tenant()
    here = register(stack, tenant)
    there = stack.new_user(other, email=here.email)
    Client(stack).login(here)
    Client(stack).login(there)
    Client(stack).login(User(here.email, there.password, here.tenant), expect=401)


def test_look_alike_addresses_are_different_people(stack, tenant):
    """N1, CVE-2019-19844 of others: no collation folds a dotless i onto an i."""
    real = register(stack, tenant, email=fresh_email("mike"))
    fake = User(real.email.replace("mike", "m\u0131ke"), fresh_password(), tenant)
    Client(stack).post("/auth/forgot-password", {"tenant": tenant, "email": fake.email},
                       expect=202)
    time.sleep(1.5)
    assert not stack.mail.all(real.email, "reset")
    Client(stack).login(User(fake.email, real.password, tenant), expect=401)
