"""A tenant that requires the second factor (SPEC F4; API.md "An account that must … enrol 2FA can do
that, and …; all else answers 403 (the password first)")."""

import pytest

from support.admin import holder, must_change, my_id, tenant_admin
from support.callers import ANYONE, BY_ADDRESS, LAST, SERVICE, TABLE, media_of
from support.client import Client, describe, problem, signed_in
from support.openapi import operations
from support.second_factor import Authenticator, Person, enrol, sign_in

WHILE_ENROLMENT_IS_DUE = {"POST /auth/2fa/enrol", "POST /auth/2fa/confirm", "GET /auth/session",
                          "GET /auth/csrf", "POST /auth/logout"}
WHILE_BOTH_ARE_DUE = {"POST /auth/change-password", "GET /auth/session", "GET /auth/csrf",
                      "POST /auth/logout"}
DUE = (403, "two_factor_enrolment_required")


def walk(client, allowed, code):
    """Every route that wants a session: those of `allowed` let through, the others refuse."""
    found = sorted(operations(client.stack),
                   key=lambda o: LAST.index(o.name) + 1 if o.name in LAST else 0)
    wrong, tried = [], 0
    for operation in found:
        if TABLE[operation.name] in (ANYONE, BY_ADDRESS, SERVICE):
            continue
        tried += 1
        got = client.call(operation.method, operation.path, **media_of(operation))
        if operation.name in allowed:
            right = got.status_code not in (401, 403) and got.status_code < 500
        else:
            right = got.status_code == 403 and got.json()["code"] == code
        if not right:
            wrong.append(describe(got)[:300])
    assert tried > 50 and not wrong, "\n".join(wrong)


def test_everyone(stack):
    """F4: `all`: whatever one may, nothing but enrol until one has."""
    slug = stack.new_tenant("all", require_2fa="all", max_sessions=0)
    role = stack.new_role(slug, "ALL_PERMISSIONS")
    client = signed_in(stack, stack.new_user(slug, roles=(role,), flags=("--tenant-admin",)))
    walk(client, WHILE_ENROLMENT_IS_DUE, DUE[1])
    client.login(client.user)
    client.verify(expect=403)
    enrol(client)
    client.verify(expect=204)  # the very next verification (T8)
    client.get("/auth/users", expect=200)


def test_the_password_comes_first(stack):
    """F4, P5: who must change it too does that first, then enrols."""
    slug = stack.new_tenant("both", require_2fa="all", max_sessions=0)
    user = stack.new_user(slug)
    must_change(stack, user)
    client = signed_in(stack, user)
    walk(client, WHILE_BOTH_ARE_DUE, "password_change_required")
    client.login(user)
    client.post("/auth/change-password", {"current_password": user.password,
                                          "new_password": "Another-horse-77-staple"}, expect=204)
    user.password = "Another-horse-77-staple"
    client.get("/auth/me", expect=DUE)
    enrol(client)
    client.get("/auth/me", expect=200)


@pytest.mark.parametrize("setting", ["off", "admins", "all"])
def test_who_must(stack, setting):
    """F4: the matrix of settings and people."""
    slug = stack.new_tenant("who", require_2fa=setting, max_sessions=0)
    people = {
        "member": signed_in(stack, stack.new_user(slug)),
        "role administrator": holder(stack, slug, "auth:*:*"),
        "tenant admin": tenant_admin(stack, slug),
        "platform admin": signed_in(stack, stack.new_user(slug, flags=("--platform-admin",))),
    }
    must = {"off": (), "admins": ("tenant admin", "platform admin"), "all": tuple(people)}[setting]
    for name, client in people.items():
        client.get("/auth/me", expect=DUE if name in must else 200)
        refreshed = client.refresh().json()
        client.get("/auth/me", token=refreshed["access_token"],
                   expect=DUE if name in must else 200)


def test_switched_on_for_living_sessions(stack):
    """F4, T8: at the next request after the setting; enrolled people notice nothing."""
    slug = stack.new_tenant("switch", max_sessions=0)
    admin = tenant_admin(stack, slug)
    enrol(admin)
    plain, enrolled = signed_in(stack, stack.new_user(slug)), Person(stack, slug)
    plain.get("/auth/me", expect=200)
    settings = f"/auth/tenants/{admin.get('/auth/me').json()['tenant_id']}/settings"
    admin.call("PATCH", settings, {"require_2fa": "all"}, expect=200)
    plain.get("/auth/me", expect=DUE)
    problem(plain.verify(), *DUE)
    enrolled.client.get("/auth/me", expect=200)
    admin.call("PATCH", settings, {"require_2fa": "off"}, expect=200)
    plain.get("/auth/me", expect=200)


def test_an_administrator_made_of_a_member_must_enrol(stack):
    """F4 `admins`: at the next request after the flag."""
    slug = stack.new_tenant("made", require_2fa="admins", max_sessions=0)
    admin = tenant_admin(stack, slug)
    enrol(admin)
    member = signed_in(stack, stack.new_user(slug))
    member.get("/auth/me", expect=200)
    admin.call("PATCH", f"/auth/users/{my_id(member)}", {"is_tenant_admin": True}, expect=200)
    member.get("/auth/me", expect=DUE)


def test_disabled_it_is_due_again(stack):
    """F4: on the session that disabled it and on every other."""
    slug = stack.new_tenant("again", require_2fa="all", max_sessions=0)
    person = Person(stack, slug)
    other = sign_in(stack, person.user, person.authenticator)
    other.get("/auth/me", expect=200)
    person.client.post("/auth/2fa/disable", {"password": person.user.password,
                                             "code": person.recovery_codes[0]}, expect=204)
    for client in (person.client, other):
        client.get("/auth/me", expect=DUE)
    stack.cli("user", "reset-2fa", "--tenant", slug, "--email", person.user.email)
    person.client.get("/auth/me", expect=DUE)


def test_enrolled_on_one_session_all_are_let_in(stack):
    """F4, T8."""
    slug = stack.new_tenant("two", require_2fa="all", max_sessions=0)
    user = stack.new_user(slug)
    one, two = signed_in(stack, user), signed_in(stack, user)
    two.get("/auth/me", expect=DUE)
    enrol(one)
    two.get("/auth/me", expect=200)


def test_an_unconfirmed_enrolment_is_none(stack):
    """F4: a secret that nobody proved to hold opens nothing."""
    slug = stack.new_tenant("half", require_2fa="all", max_sessions=0)
    client = signed_in(stack, stack.new_user(slug))
    document = client.post("/auth/2fa/enrol", {"password": client.user.password},
                           expect=200).json()
    client.get("/auth/me", expect=DUE)
    wrong = Authenticator(document["secret"]).wrong()
    client.post("/auth/2fa/confirm", {"code": wrong}, expect=(401, "invalid_code"))
    client.get("/auth/me", expect=DUE)
    assert Client(stack).login(client.user).json()["access_token"]
