"""Every change that the HTTP surface can make: how it is made, and what the audit log must say of
it (SPEC A1; API.md "Audit events")."""

import secrets
import urllib.parse
from dataclasses import dataclass

from support.admin import (Service, multipart, my_id, new_person, new_role, platform_admin,
                           tenant_admin, tenant_id)
from support.client import Client, signed_in
from support.gatehouse import User, fresh_email, fresh_password
from support.oauth_provider import Provider, come_back
from support.oauth_provider import person as oauth_person
from support.second_factor import Authenticator, Person
from support.second_factor import answer as answer_challenge


@dataclass
class Change:
    """What a route's event must say. `actor`, `target` and `tenant` are ids; None: nobody. Of each
    session in `ends` there is one more event, session.revoked: it ends with the change."""
    event: str | tuple
    ask: object  # a function that does it; its answer
    target_type: str
    target: object = None  # an id, or a function of the answer
    actor: str | None = None
    tenant: str | None = None
    before: bool = False
    after: bool = False
    ip: str | None = None
    ends: tuple = ()


class Office:
    """Everything that the changes below need, made before any of them is counted."""

    def __init__(self, stack):
        self.stack = stack
        self.slug = stack.new_tenant("audit", max_sessions=0)
        self.id = tenant_id(stack, self.slug)
        self.boss = tenant_admin(stack, self.slug)
        self.platform = platform_admin(stack)
        self.me = my_id(self.boss)

    def user(self):
        return self.stack.new_user(self.slug)

    def person(self):
        client = signed_in(self.stack, self.user())
        return client, my_id(client)


def by_boss(office, event, method, path, body=None, target_type="user", target=None, **options):
    def ask():
        if body is None:
            return office.boss.call(method, path)
        return office.boss.call(method, path, body)
    return Change(event, ask, target_type, target, office.me, office.id, ip=office.boss.ip,
                  **options)


def by_platform(office, event, method, path, body=None, target_type="tenant", target=None,
                tenant=None, **options):
    def ask():
        if body is None:
            return office.platform.call(method, path)
        return office.platform.call(method, path, body)
    return Change(event, ask, target_type, target, my_id(office.platform), tenant,
                  ip=office.platform.ip, **options)


def by_themselves(office, event, client, ask, target_type="user", target=None, **options):
    user = my_id(client)
    return Change(event, ask, target_type, target or user, user, office.id, ip=client.ip, **options)


def by_nobody(office, event, client, ask, target, actor=None, **options):
    return Change(event, ask, "user", target, actor, office.id, ip=client.ip, **options)


# One function a route: makes ready, and returns the change that is then carried out and counted.

CHANGES = {}


def change(name):
    def keep(function):
        assert name not in CHANGES
        CHANGES[name] = function
        return function
    return keep


def answered_id(answer):
    return answer.json()["id"]


@change("POST /auth/register")
def _(office):
    client, email = Client(office.stack), fresh_email()
    body = {"tenant": office.slug, "email": email, "password": fresh_password()}
    return by_nobody(office, "user.registered", client,
                     lambda: client.post("/auth/register", body, expect=202),
                     lambda _: office.stack.user_id(User(email, "", office.slug)))


@change("POST /auth/verify-email")
def _(office):
    client, email = Client(office.stack), fresh_email()
    client.post("/auth/register", {"tenant": office.slug, "email": email,
                                   "password": fresh_password()}, expect=202)
    token = office.stack.mail.wait(email, "verify_email").token()
    user = office.stack.user_id(User(email, "", office.slug))
    return by_nobody(office, "email.verified", client,
                     lambda: client.post("/auth/verify-email", {"token": token}), user, user)


@change("POST /auth/login")
def _(office):
    client, user = Client(office.stack), office.user()
    found = office.stack.user_id(user)
    return by_nobody(office, "login.succeeded", client, lambda: client.login(user), found, found)


@change("POST /auth/logout")
def _(office):
    client, _user = office.person()
    return by_themselves(office, "logout", client, lambda: client.post("/auth/logout"), "session",
                         client.session_id)


@change("POST /auth/logout-all")
def _(office):
    """Each session that ends is one event; here there is one."""
    client, _user = office.person()
    return by_themselves(office, ("session.revoked", "logout"), client,
                         lambda: client.post("/auth/logout-all", {}), "session", client.session_id)


@change("POST /auth/forgot-password")
def _(office):
    client, user = Client(office.stack), office.user()
    return by_nobody(office, "password.reset_requested", client, lambda: client.post(
        "/auth/forgot-password", {"tenant": office.slug, "email": user.email}, expect=202),
                     office.stack.user_id(user))


@change("POST /auth/reset-password")
def _(office):
    client, user = Client(office.stack), office.user()
    client.post("/auth/forgot-password", {"tenant": office.slug, "email": user.email}, expect=202)
    token = office.stack.mail.wait(user.email, "reset").token()
    found = office.stack.user_id(user)
    return by_nobody(office, "password.reset", client, lambda: client.post(
        "/auth/reset-password", {"token": token, "new_password": fresh_password()}), found, found)


@change("POST /auth/change-password")
def _(office):
    client, _user = office.person()
    return by_themselves(office, "password.changed", client, lambda: client.post(
        "/auth/change-password", {"current_password": client.user.password,
                                  "new_password": fresh_password()}))


@change("POST /auth/2fa/challenge")
def _(office):
    person = Person(office.stack, office.slug)
    client, token = person.challenge()
    code, user = person.code(), office.stack.user_id(person.user)
    return by_nobody(office, "login.succeeded", client,
                     lambda: answer_challenge(client, token, code), user, user)


@change("POST /auth/2fa/enrol")
def _(office):
    client, _user = office.person()
    return by_themselves(office, "user.updated", client, lambda: client.post(
        "/auth/2fa/enrol", {"password": client.user.password}), after=True)


@change("POST /auth/2fa/confirm")
def _(office):
    client, _user = office.person()
    document = client.post("/auth/2fa/enrol", {"password": client.user.password}).json()
    code = Authenticator(document["secret"]).code()
    return by_themselves(office, "two_factor.enabled", client,
                         lambda: client.post("/auth/2fa/confirm", {"code": code}))


@change("POST /auth/2fa/disable")
def _(office):
    person = Person(office.stack, office.slug, office.person()[0])
    body = {"password": person.user.password, "code": person.code()}
    return by_themselves(office, "two_factor.disabled", person.client,
                         lambda: person.client.post("/auth/2fa/disable", body))


@change("POST /auth/2fa/recovery-codes")
def _(office):
    person = Person(office.stack, office.slug, office.person()[0])
    body = {"password": person.user.password, "code": person.code()}
    return by_themselves(office, "user.updated", person.client,
                         lambda: person.client.post("/auth/2fa/recovery-codes", body), after=True)


@change("POST /auth/revoke")
def _(office):
    client, _user = office.person()
    return by_themselves(office, "session.revoked", client, lambda: client.post(
        "/auth/revoke", data=urllib.parse.urlencode({"token": client.refresh_token}),
        headers={"Content-Type": "application/x-www-form-urlencoded"}), "session",
                         client.session_id)


@change("POST /auth/service-credentials")
def _(office):
    return by_boss(office, "credential.created", "POST", "/auth/service-credentials",
                   {"name": "reporting"}, "credential", answered_id, after=True)


@change("DELETE /auth/service-credentials/{id}")
def _(office):
    made = Service(office.boss).id
    return by_boss(office, "credential.deleted", "DELETE", f"/auth/service-credentials/{made}",
                   None, "credential", made, before=True)


@change("DELETE /auth/me/sessions/{id}")
def _(office):
    client, _user = office.person()
    other = signed_in(office.stack, client.user)
    return by_themselves(office, "session.revoked", client, lambda: client.call(
        "DELETE", f"/auth/me/sessions/{other.session_id}"), "session", other.session_id)


@change("DELETE /auth/oauth/{provider}")
def _(office):
    provider = Provider()
    office.stack.set_tenant(office.slug, oauth_providers=[provider.setting()])
    client, _user = office.person()
    url = client.post("/auth/oauth/corp/link", expect=200).json()["authorize_url"]
    come_back(client, provider.authorize(url, oauth_person(fresh_email())))
    provider.close()
    return by_themselves(office, "oauth.unlinked", client,
                         lambda: client.call("DELETE", "/auth/oauth/corp"), before=True)


@change("PATCH /auth/me")
def _(office):
    client, _user = office.person()
    return by_themselves(office, "user.updated", client, lambda: client.call(
        "PATCH", "/auth/me", {"first_name": "Grace", "phone": "+254700000000"}), before=True,
                         after=True)


@change("POST /auth/me/email")
def _(office):
    """Asked for; that the address has changed is email.changed, once the link is used."""
    client, _user = office.person()
    return by_themselves(office, "user.updated", client, lambda: client.post(
        "/auth/me/email", {"new_email": fresh_email(), "password": client.user.password}),
                         after=True)


@change("PUT /auth/me/picture")
def _(office):
    client, _user = office.person()
    return by_themselves(office, "user.updated", client, lambda: client.call(
        "PUT", "/auth/me/picture", **multipart()))


@change("DELETE /auth/me/picture")
def _(office):
    client, _user = office.person()
    client.call("PUT", "/auth/me/picture", **multipart(), expect=200)
    return by_themselves(office, "user.updated", client,
                         lambda: client.call("DELETE", "/auth/me/picture"))


@change("DELETE /auth/me")
def _(office):
    client, _user = office.person()
    return by_themselves(office, "user.deleted", client, lambda: client.call(
        "DELETE", "/auth/me", {"password": client.user.password}), before=True,
                         ends=(client.session_id,))


@change("POST /auth/users")
def _(office):
    return by_boss(office, "user.created", "POST", "/auth/users",
                   {"email": fresh_email(), "first_name": "Ada", "last_name": "Byron"},
                   target=answered_id, after=True)


@change("PATCH /auth/users/{id}")
def _(office):
    made = new_person(office.boss)["id"]
    return by_boss(office, "user.updated", "PATCH", f"/auth/users/{made}",
                   {"first_name": "Grace", "branch_id": "b7"}, target=made, before=True, after=True)


@change("DELETE /auth/users/{id}")
def _(office):
    made = new_person(office.boss)["id"]
    return by_boss(office, "user.deleted", "DELETE", f"/auth/users/{made}", target=made,
                   before=True)


@change("PUT /auth/users/{id}/roles")
def _(office):
    made, role = new_person(office.boss)["id"], new_role(office.boss, "sales:orders:view")
    return by_boss(office, "role.assigned", "PUT", f"/auth/users/{made}/roles",
                   {"role_ids": [role]}, target=made, before=True, after=True)


@change("POST /auth/users/{id}/unlock")
def _(office):
    user = office.user()
    for _attempt in range(5):
        Client(office.stack).login(user, "wrong", expect=401)
    Client(office.stack).login(user, expect=429)
    made = office.stack.user_id(user)
    return by_boss(office, "user.unlocked", "POST", f"/auth/users/{made}/unlock", target=made)


@change("POST /auth/users/{id}/force-password-reset")
def _(office):
    made = office.stack.user_id(office.user())
    return by_boss(office, "password.reset_requested", "POST",
                   f"/auth/users/{made}/force-password-reset", target=made)


@change("POST /auth/users/{id}/logout")
def _(office):
    client, made = office.person()
    return by_boss(office, "session.revoked", "POST", f"/auth/users/{made}/logout", None, "session",
                   client.session_id)


@change("POST /auth/roles")
def _(office):
    return by_boss(office, "role.created", "POST", "/auth/roles",
                   {"name": f"Role {secrets.token_hex(5)}", "permissions": ["sales:orders:view"]},
                   "role", answered_id, after=True)


@change("PATCH /auth/roles/{id}")
def _(office):
    made = new_role(office.boss, "sales:orders:view")
    return by_boss(office, "role.updated", "PATCH", f"/auth/roles/{made}",
                   {"permissions": ["sales:orders:edit"]}, "role", made, before=True, after=True)


@change("DELETE /auth/roles/{id}")
def _(office):
    made = new_role(office.boss, "sales:orders:view")
    return by_boss(office, "role.deleted", "DELETE", f"/auth/roles/{made}", None, "role", made,
                   before=True)


def fresh_code():
    return f"audit:c{secrets.token_hex(5)}:view"


@change("POST /auth/permissions/{code}")
def _(office):
    code = fresh_code()
    return by_platform(office, "permission.created", "POST", f"/auth/permissions/{code}",
                       {"description": "See it"}, "permission", code, ..., after=True)


@change("DELETE /auth/permissions/{code}")
def _(office):
    code = fresh_code()
    office.platform.post(f"/auth/permissions/{code}", {}, expect=201)
    return by_platform(office, "permission.deleted", "DELETE", f"/auth/permissions/{code}", None,
                       "permission", code, ...)


def fresh_tenant(office):
    slug = f"made-{secrets.token_hex(5)}"
    return office.platform.post("/auth/tenants", {"slug": slug, "name": slug},
                                expect=201).json()["id"]


@change("POST /auth/tenants")
def _(office):
    slug = f"made-{secrets.token_hex(5)}"
    return by_platform(office, "tenant.created", "POST", "/auth/tenants",
                       {"slug": slug, "name": "Made", "preset": "default"}, "tenant", answered_id,
                       answered_id, after=True)


@change("PATCH /auth/tenants/{id}")
def _(office):
    made = fresh_tenant(office)
    return by_platform(office, "tenant.updated", "PATCH", f"/auth/tenants/{made}",
                       {"plan": "gold", "max_users": 7}, target=made, tenant=made, before=True,
                       after=True)


@change("DELETE /auth/tenants/{id}")
def _(office):
    made = fresh_tenant(office)
    return by_platform(office, "tenant.deleted", "DELETE", f"/auth/tenants/{made}", target=made,
                       tenant=made)


@change("PATCH /auth/tenants/{id}/settings")
def _(office):
    return by_boss(office, "settings.updated", "PATCH", f"/auth/tenants/{office.id}/settings",
                   {"info_text": f"Welcome {secrets.token_hex(4)}"}, "tenant", office.id,
                   before=True, after=True)
