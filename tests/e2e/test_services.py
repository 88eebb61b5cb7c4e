"""Services that hold a credential: who they are, what they are told of a token, how they end one
(SPEC T10, T8, S3, S4, S5, A1, A3; RFC 7662, RFC 7009)."""

import base64
import json
import time
import urllib.parse
import uuid
from pathlib import Path

import pytest

from support import jwt
from support.client import Client, signed_in
from support.gatehouse import User, fresh_email, fresh_password
from support.parallel import together

CREDENTIALS = "/auth/service-credentials"
SOMEBODY = "00000000-0000-7000-8000-00000000abcd"
INACTIVE = {"active": False}
CLIENT = (401, "invalid_client")


def basic(client_id, secret):
    pair = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


class Service:
    """A service at an address of its own, with its credential."""

    def __init__(self, stack, document):
        self.id = document["id"]
        self.client_id, self.secret = document["client_id"], document["client_secret"]
        self.client = Client(stack)

    def post(self, path, expect, form):
        return self.client.post(path, data=form, expect=expect,
                                headers=basic(self.client_id, self.secret))

    def introspect(self, token, expect=200, **form):
        answer = self.post("/auth/introspect", expect, {"token": token, **form})
        return answer.json()

    def revoke(self, token, expect=200, **form):
        answer = self.post("/auth/revoke", expect, {"token": token, **form})
        if expect == 200:
            assert answer.content == b""
        return answer


def admin_of(stack, tenant):
    return signed_in(stack, stack.new_user(tenant, flags=("--tenant-admin",)))


def create(admin, name="Shop", query=""):
    return admin.post(CREDENTIALS + query, {"name": name}, expect=201).json()


def service_of(stack, tenant):
    return Service(stack, create(admin_of(stack, tenant)))


@pytest.fixture(scope="module")
def place(stack):
    """A tenant with room for all, whose people have a role."""
    tenant = stack.new_tenant("svc", max_sessions=0)
    return tenant, stack.new_role(tenant, "sales:orders:view", "sales:orders:edit:own",
                                  name="Clerk")


@pytest.fixture(scope="module")
def service(stack, place):
    return service_of(stack, place[0])


@pytest.fixture
def person(stack, place):
    return signed_in(stack, stack.new_user(place[0], roles=(place[1],)))


def tenant_id(stack, slug):
    return stack.value("SELECT id FROM tenants WHERE slug = %s", slug)


def as_root(stack, statement):
    stack.administer_database(f"USE {stack.info['database']}; {statement}")


def hex_of(identifier):
    return f"X'{identifier.replace('-', '')}'"


def audited(stack, event, target):
    return list(stack.sql("SELECT * FROM audit_events WHERE event = %s AND target_id = %s", event,
                          target))


# -- credentials -------------------------------------------------------------------------------


def test_a_credential_is_made_listed_and_deleted(stack):
    """T10, A1, U6: the secret is shown this once."""
    tenant = stack.new_tenant()
    admin = admin_of(stack, tenant)
    made = create(admin, "Läden")
    assert set(made) == {"id", "name", "client_id", "client_secret", "created_at", "created_by"}
    assert made["name"] == "Läden" and made["client_id"] == made["id"]
    assert len(jwt.decode(made["client_secret"])) == 32
    assert made["created_by"] == stack.user_id(admin.user)
    secret = made.pop("client_secret")
    listed = admin.get(CREDENTIALS, expect=200)
    assert listed.json() == {"items": [made], "next_cursor": None}
    assert secret not in listed.text
    assert create(admin)["client_secret"] != secret
    admin.call("DELETE", f"{CREDENTIALS}/{made['id']}", expect=204)
    admin.call("DELETE", f"{CREDENTIALS}/{made['id']}", expect=(404, "not_found"))
    assert made["id"] not in admin.get(CREDENTIALS, expect=200).text
    for event, side, other in (("credential.created", "after_json", "before_json"),
                               ("credential.deleted", "before_json", "after_json")):
        rows = audited(stack, event, made["id"])
        assert len(rows) == 1
        assert rows[0]["tenant_id"] == tenant_id(stack, tenant)
        assert str(uuid.UUID(bytes=rows[0]["actor_id"])) == stack.user_id(admin.user)
        assert rows[0]["target_type"] == "credential" and rows[0]["actor_tenant_id"] is None
        assert json.loads(rows[0][side]) == {"name": "Läden"} and rows[0][other] is None


def test_the_list_has_pages(stack):
    """T10, API.md "Conventions"."""
    admin = admin_of(stack, stack.new_tenant())
    ids = [create(admin, f"Service {n}")["id"] for n in range(5)]
    for sort, expected in (("-created_at", ids[::-1]), ("created_at", ids)):
        seen, cursor = [], ""
        while cursor is not None:
            page = admin.get(f"{CREDENTIALS}?limit=2&sort={sort}"
                             + (f"&cursor={cursor}" if cursor else ""), expect=200).json()
            assert 1 <= len(page["items"]) <= 2
            seen += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert seen == expected
    default = admin.get(CREDENTIALS, expect=200).json()["items"]
    assert [item["id"] for item in default] == ids[::-1]
    for query in ("limit=0", "limit=201", "cursor=x", "sort=name", "q=x"):
        admin.get(f"{CREDENTIALS}?{query}", expect=(422, "validation_failed"))


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "x" * 101}, {"name": None},
                                  {"name": 7}, {"name": "a\nb"},
                                  {"name": "x", "client_secret": "mine"},
                                  {"name": "x", "tenant_id": SOMEBODY}])
def test_a_bad_credential_is_not_made(stack, tenant, body):
    """E5: nobody chooses the secret or the tenant by the body."""
    admin_of(stack, tenant).post(CREDENTIALS, body, expect=(422, "validation_failed"))


def test_only_admins_have_to_do_with_credentials(stack, place, person):
    """T10, R4: whatever permissions somebody has."""
    everything = stack.new_role(place[0], "auth:*:*", name="Everything of auth")
    powerful = signed_in(stack, stack.new_user(place[0], roles=(everything,)))
    for client in (person, powerful):
        client.get(CREDENTIALS, expect=(403, "permission_denied"))
        client.post(CREDENTIALS, {"name": "x"}, expect=(403, "permission_denied"))
        client.call("DELETE", f"{CREDENTIALS}/{SOMEBODY}", expect=(403, "permission_denied"))
    Client(stack).get(CREDENTIALS, expect=(401, "authentication_required"))


def test_a_credential_does_not_administer(service):
    """T10: it asks about tokens, and nothing else."""
    for method, path in (("GET", CREDENTIALS), ("POST", CREDENTIALS), ("GET", "/auth/session"),
                         ("GET", "/auth/verify")):
        service.client.call(method, path, headers=basic(service.client_id, service.secret),
                            expect=(401, "authentication_required"))


def test_another_tenants_credentials(stack, service, place):
    """N1: foreign is missing; a platform administrator names the tenant."""
    other = stack.new_tenant()
    admin = admin_of(stack, other)
    foreign = str(uuid.UUID(bytes=tenant_id(stack, place[0])))
    admin.call("DELETE", f"{CREDENTIALS}/{service.id}", expect=(404, "not_found"))
    admin.call("DELETE", f"{CREDENTIALS}/{service.id}?tenant_id={foreign}",
               expect=(403, "permission_denied"))
    assert admin.get(CREDENTIALS, expect=200).json()["items"] == []
    platform = signed_in(stack, stack.new_user(stack.tenant, flags=("--platform-admin",)))
    query = f"?tenant_id={uuid.UUID(bytes=tenant_id(stack, other))}"
    platform.call("DELETE", f"{CREDENTIALS}/{service.id}", expect=(404, "not_found"))
    platform.call("DELETE", f"{CREDENTIALS}/{service.id}{query}", expect=(404, "not_found"))
    made = create(platform, "From above", query)
    assert [item["id"] for item in admin.get(CREDENTIALS, expect=200).json()["items"]] == [
        made["id"]]
    row = audited(stack, "credential.created", made["id"])[0]
    assert row["tenant_id"] == tenant_id(stack, other)
    assert row["actor_tenant_id"] == tenant_id(stack, stack.tenant)
    theirs = Service(stack, made)
    client = signed_in(stack, stack.new_user(other))
    assert theirs.introspect(client.access)["active"] is True
    platform.call("DELETE", f"{CREDENTIALS}/{made['id']}{query}", expect=204)
    theirs.introspect(client.access, expect=CLIENT[0])


# -- who asks ----------------------------------------------------------------------------------


def test_who_is_no_service(stack, service, person):
    """T10: one answer for all of them, with Basic as the challenge (client.py sees to that)."""
    form = {"token": person.access}
    for headers in (basic(service.client_id, service.secret + "x"),
                    basic(service.client_id, service.secret[:-1]),
                    basic(service.client_id, ""), basic(service.client_id, service.id),
                    basic(SOMEBODY, service.secret), basic("", ""), basic("shop", "shop"),
                    basic("x" * 5000, service.secret), basic(service.client_id, "x" * 5000),
                    {"Authorization": "Basic"}, {"Authorization": "Basic !!!"},
                    {"Authorization": f"Bearer {person.access}"},
                    {"Authorization": f"Bearer {service.secret}"}, {}):
        answer = Client(stack).post("/auth/introspect", data=form, headers=headers, expect=CLIENT)
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="gatehouse"'
    # The same words, whether or not there is such a client.
    wrong, unknown = (Client(stack).post("/auth/introspect", data=form, headers=headers,
                                         expect=CLIENT).json()
                      for headers in (basic(service.client_id, "x"), basic(SOMEBODY, "x")))
    wrong.pop("request_id"), unknown.pop("request_id")
    assert wrong == unknown
    for headers in (basic(service.client_id, "x"), basic(SOMEBODY, service.secret)):
        Client(stack).post("/auth/revoke", data=form, headers=headers, expect=CLIENT)
    for headers in ({}, {"Authorization": "Basic !!!"}):
        Client(stack).post("/auth/revoke", data=form, headers=headers,
                           expect=(401, "authentication_required"))
    person.get("/auth/session", expect=200)


def test_a_credential_in_the_body_is_none(stack, service, person):
    """T10: client_secret_post is not offered; the access cookie is no credential of a service."""
    Client(stack).post("/auth/introspect", expect=CLIENT, data={
        "token": person.access, "client_id": service.client_id, "client_secret": service.secret})


def test_a_deleted_credential_stops_at_once(stack, place, person):
    """T10, T8: on every worker."""
    admin = admin_of(stack, place[0])
    gone = Service(stack, create(admin))
    assert gone.introspect(person.access)["active"] is True
    admin.call("DELETE", f"{CREDENTIALS}/{gone.id}", expect=204)
    answers = together([lambda c=Client(stack): c.post(
        "/auth/introspect", data={"token": person.access},
        headers=basic(gone.client_id, gone.secret)) for _ in range(24)])
    assert {answer.status_code for answer in answers} == {401}
    gone.revoke(person.access, expect=401)
    person.get("/auth/session", expect=200)


def test_a_suspended_tenants_services_are_out(stack):
    """N6, T10: and back with their tenant."""
    tenant = stack.new_tenant()
    theirs = service_of(stack, tenant)
    token = signed_in(stack, stack.new_user(tenant)).access
    stack.cli("tenant", "suspend", tenant)
    theirs.introspect(token, expect=401)
    theirs.revoke(token, expect=401)
    stack.cli("tenant", "resume", tenant)
    assert theirs.introspect(token)["active"] is True


# -- introspection -----------------------------------------------------------------------------


def test_an_access_token(stack, place, person, service):
    """T10, RFC 7662 section 2.2: exactly these members."""
    answer = service.introspect(person.access)
    claims = jwt.parts(person.access)[1]
    assert answer == {
        "active": True, "token_type": "Bearer", "username": person.user.email,
        "email": person.user.email, "roles": ["Clerk"], "role": "Clerk",
        "permissions": ["sales:orders:edit:own", "sales:orders:view"],
        "scope": "sales:orders:edit:own sales:orders:view", "amr": ["pwd"],
        **{name: claims[name] for name in ("sub", "tenant_id", "sid", "exp", "iat", "nbf", "jti",
                                           "iss", "aud", "auth_time")}}
    assert answer["sub"] == stack.user_id(person.user)
    assert answer["sid"] == person.session_id


def test_a_refresh_token(stack, person, service):
    """T10: what it is and until when; it is neither used nor rotated."""
    answer = service.introspect(person.refresh_token, token_type_hint="refresh_token")
    assert set(answer) == {"active", "token_type", "sub", "tenant_id", "sid", "exp", "iat"}
    assert answer["token_type"] == "refresh_token" and answer["active"] is True
    claims = jwt.parts(person.access)[1]
    assert all(answer[name] == claims[name] for name in ("sub", "tenant_id", "sid"))
    assert abs(answer["iat"] - time.time()) < 120 and answer["exp"] - answer["iat"] == 86400
    before = stack.live_sessions(person.user)
    for _ in range(5):
        assert service.introspect(person.refresh_token) == answer
    assert stack.live_sessions(person.user) == before
    person.refresh(expect=200)


@pytest.mark.parametrize("hint", ["access_token", "refresh_token", "something_else", ""])
def test_the_hint_is_only_one(person, service, hint):
    """RFC 7662 section 2.1: a wrong one costs nothing."""
    for token in (person.access, person.refresh_token):
        assert service.introspect(token, token_type_hint=hint)["active"] is True


def test_somebody_without_a_role(stack, service, place):
    """R6: the token is alive; it says that nobody gave them anything."""
    answer = service.introspect(signed_in(stack, stack.new_user(place[0])).access)
    assert answer["active"] is True
    assert answer["role"] is None and answer["roles"] == [] and answer["permissions"] == []
    assert "scope" not in answer


def test_a_long_scope_is_left_out(stack, place, service):
    """T10, T2: the list is there although the token itself has it not."""
    many = sorted(f"module:resource{n:03}:view" for n in range(200))
    role = stack.new_role(place[0], *many)
    client = signed_in(stack, stack.new_user(place[0], roles=(role,)))
    assert "permissions" not in jwt.parts(client.access)[1]
    answer = service.introspect(client.access)
    assert answer["permissions"] == many and "scope" not in answer


def test_roles_are_those_of_now(stack, place, person, service):
    """T8, T9: not those of the token."""
    assert service.introspect(person.access)["roles"] == ["Clerk"]
    later = stack.new_role(place[0], "stock:items:view")
    stack.assign(person.user, later)
    for _ in range(5):
        answer = service.introspect(person.access)
        assert answer["roles"] == ["Clerk", later] and "stock:items:view" in answer["permissions"]
    assert jwt.parts(person.access)[1]["roles"] == ["Clerk"]


def test_another_tenants_tokens_say_nothing(stack, person, service):
    """N1, T10: as if they were not there, in either direction."""
    tenant = stack.new_tenant()
    other = service_of(stack, tenant)
    stranger = signed_in(stack, stack.new_user(tenant))
    for token in (person.access, person.refresh_token):
        assert other.introspect(token) == INACTIVE
    for token in (stranger.access, stranger.refresh_token):
        assert service.introspect(token) == INACTIVE
        assert other.introspect(token)["active"] is True


def test_what_is_no_token_of_ours(stack, place, person, service):
    """T10, T4: other kinds of tokens, forged ones, garbage: inactive, and nothing more is said."""
    browser = Client(stack)
    browser.login(person.user, transport="cookie", device="browser")
    newcomer = User(fresh_email(), fresh_password(), place[0])
    Client(stack).post("/auth/register", {"tenant": place[0], "email": newcomer.email,
                                          "password": newcomer.password}, expect=202)
    link = stack.mail.wait(newcomer.email, "verify_email").token()
    header, claims, _ = jwt.parts(person.access)
    head, body, signature = person.access.split(".")
    wrong = [link, browser.csrf, browser.http.cookies["__Host-gatehouse_device"], service.secret,
             service.client_id, person.session_id, "x", ".", "..", "a.b.c", "Ünïcode", " ",
             "x" * 16384, "a.b." + "c" * 16380, person.access + "x", person.access + ".",
             f"Bearer {person.access}", f"{head}.{body}.", f"{head}.{body}",
             f"{head}.{body}.{signature[::-1]}", person.refresh_token + "A",
             person.refresh_token[:-4] + "AAAA",
             jwt.sign({**header, "alg": "none"}, claims, jwt.secret(stack)),
             jwt.sign(header, {**claims, "exp": int(time.time()) - 1}, jwt.secret(stack)),
             jwt.sign(header, {**claims, "sub": SOMEBODY}, jwt.secret(stack)),
             jwt.sign(header, {**claims, "sid": SOMEBODY}, jwt.secret(stack))]
    for token in wrong:
        assert service.introspect(token) == INACTIVE, token[:80]
        service.revoke(token)
    # None of it did anything.
    person.get("/auth/session", expect=200)
    browser.get("/auth/session", expect=200)
    Client(stack).post("/auth/verify-email", {"token": link}, expect=200)


def test_an_expired_token(stack):
    """T5: exactly."""
    tenant = stack.new_tenant(access_ttl=1, session_ttl=3)
    theirs = service_of(stack, tenant)
    client = signed_in(stack, stack.new_user(tenant))
    end = jwt.parts(client.access)[1]["exp"]
    time.sleep(max(0, end - time.time()) + 0.01)
    assert theirs.introspect(client.access) == INACTIVE
    assert theirs.introspect(client.refresh_token)["active"] is True
    end = theirs.introspect(client.refresh_token)["exp"]
    time.sleep(max(0, end - time.time()) + 1)  # a session ends within that second
    assert theirs.introspect(client.refresh_token) == INACTIVE


def inactive_everywhere(stack, service, *tokens):
    answers = together([lambda c=Client(stack), t=token: c.post(
        "/auth/introspect", data={"token": t}, headers=basic(service.client_id, service.secret),
        expect=200).json() for token in tokens for _ in range(16)])
    assert all(answer == INACTIVE for answer in answers)


@pytest.mark.parametrize("how", ["logout", "logout-all", "password", "disabled", "cli"])
def test_a_revoked_token_is_inactive_at_once_on_every_worker(stack, cache, place, person, service,
                                                             how):
    """T8, T10: with the proof in the cache that said yes a moment ago, and without."""
    other = signed_in(stack, person.user, device="other")
    for client in (person, other):
        client.verify(expect=204)
        assert service.introspect(client.access)["active"] is True
    if how == "logout":
        person.post("/auth/logout", expect=204)
    elif how == "logout-all":
        other.post("/auth/logout-all", {"keep_current": True}, expect=204)
    elif how == "password":
        new = fresh_password()
        other.post("/auth/change-password", {"current_password": person.user.password,
                                             "new_password": new}, expect=204)
    elif how == "disabled":
        stack.disable(person.user)
    else:
        stack.cli("session", "revoke", "--tenant", place[0], "--id", person.session_id)
    inactive_everywhere(stack, service, person.access, person.refresh_token)
    cache.flush()
    inactive_everywhere(stack, service, person.access, person.refresh_token)
    assert service.introspect(other.access)["active"] is (how != "disabled")


def test_asking_keeps_nobody_active(stack):
    """S3, S4: a service that asks every moment does not extend the idle time, nor does it hide
    that somebody was active."""
    tenant = stack.new_tenant(idle_timeout=4)
    theirs = service_of(stack, tenant)
    client = signed_in(stack, stack.new_user(tenant))
    before = stack.live_sessions(client.user)[0]["last_active_at"]
    end = time.monotonic() + 2.5
    while time.monotonic() < end:
        assert theirs.introspect(client.access)["active"] is True
        assert theirs.introspect(client.refresh_token)["active"] is True
        time.sleep(0.1)
    assert stack.live_sessions(client.user)[0]["last_active_at"] == before
    # The person themselves; the proof in the cache does not hear of it.
    client.keep(client.refresh())
    time.sleep(2.5)
    assert theirs.introspect(client.access)["active"] is True
    time.sleep(2)
    assert theirs.introspect(client.access) == INACTIVE
    assert theirs.introspect(client.refresh_token) == INACTIVE
    client.verify(expect=(401, "invalid_token"))


def test_asking_is_not_a_visit_from_another_address(stack):
    """S5: the service is not where its person is."""
    tenant = stack.new_tenant(ip_binding="strict")
    theirs = service_of(stack, tenant)
    client = signed_in(stack, stack.new_user(tenant))
    for _ in range(3):
        assert theirs.introspect(client.access)["active"] is True
        assert theirs.introspect(client.refresh_token)["active"] is True
    Client(stack).verify(token=client.access, expect=(401, "invalid_token"))
    time.sleep(0.5)
    events = stack.sql("SELECT ip FROM audit_events WHERE event = 'token.ip_mismatch' "
                       "AND tenant_id = %s", tenant_id(stack, tenant))
    assert len(events) == 1 and events[0]["ip"] != theirs.client.ip


@pytest.mark.parametrize("why", ["password", "enrolment"])
def test_an_account_with_a_duty_is_inactive(stack, why):
    """P5, F4, T10: fail closed; and alive again when the duty is done."""
    tenant = stack.new_tenant()
    theirs = service_of(stack, tenant)
    client = signed_in(stack, stack.new_user(tenant))
    user = hex_of(stack.user_id(client.user))
    if why == "password":
        as_root(stack, f"UPDATE users SET must_change_password = TRUE WHERE id = {user}")
    else:
        stack.set_tenant(tenant, require_2fa="all")
    for token in (client.access, client.refresh_token):
        assert theirs.introspect(token) == INACTIVE
    if why == "enrolment":
        stack.set_tenant(tenant, require_2fa="off")
        assert theirs.introspect(client.access)["active"] is True


def test_past_the_subscriptions_end(stack):
    """N4: what can still be refreshed is still active, and nothing else of that kind."""
    tenant = stack.new_tenant()
    admin = admin_of(stack, tenant)
    theirs = Service(stack, create(admin))
    client = signed_in(stack, stack.new_user(tenant))
    as_root(stack, "UPDATE tenants SET subscription_ends_at = UTC_TIMESTAMP(6) - INTERVAL 1 DAY "
                   f"WHERE slug = '{tenant}'")
    assert theirs.introspect(client.refresh_token) == INACTIVE
    assert theirs.introspect(admin.refresh_token)["active"] is True
    assert theirs.introspect(client.access)["active"] is True  # as at the gate
    client.refresh(expect=(403, "subscription_expired"))


def test_only_the_current_refresh_token_is_active(stack, service, person):
    """T6: and asking about an old one raises no alarm."""
    first = person.refresh_token
    person.keep(person.refresh())
    second = person.refresh_token
    person.keep(person.refresh())
    for old in (first, second):
        assert service.introspect(old) == INACTIVE
    assert service.introspect(person.refresh_token)["active"] is True
    assert audited(stack, "token.reuse_detected", person.session_id) == []
    person.keep(person.refresh())
    person.get("/auth/session", expect=200)


def test_nobody_can_say(stack, person, service):
    """T8, DESIGN 6: a proof counts for its time, without one it is 503 and never a yes or no."""
    person.verify(expect=204)
    unseen = signed_in(stack, person.user, device="unseen")
    with stack.locked_table("sessions"):
        assert service.introspect(person.access)["active"] is True
        service.introspect(unseen.access, expect=503)
        service.introspect(unseen.refresh_token, expect=503)
        service.revoke(unseen.access, expect=None)
    with stack.locked_table("service_credentials"):
        service.introspect(person.access, expect=503)
    time.sleep(1.2)  # a worker that had to wait leaves MariaDB alone for a second
    unseen.keep(unseen.refresh())
    assert service.introspect(unseen.access)["active"] is True


# -- forms -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/auth/introspect", "/auth/revoke"])
def test_the_form(stack, service, person, path):
    """RFC 6749 section 3.2, E5: what a form may look like."""
    mine = basic(service.client_id, service.secret)
    client = Client(stack)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    token = urllib.parse.quote(person.session_id)
    for body in (b"", b"token=", b"tokens=x", b"token=x&token=x", b"token_type_hint=access_token",
                 b"token=x&token_type_hint=a&token_type_hint=b", b"token=x%00", b"token=a%0ab",
                 b"token=" + b"x" * 16385):
        client.post(path, data=body, headers={**mine, **kind}, expect=(422, "validation_failed"))
    client.post(path, data=b"token=%ff", headers={**mine, **kind}, expect=(400, "malformed_json"))
    for body in (f"token={token}&unknown=1&client_id=x&unknown=2", f"&token={token}&",
                 f"token={token}&token_type_hint=none_of_ours"):
        client.post(path, data=body, headers={**mine, **kind}, expect=200)
    client.post(path, data=f"token={token}", expect=200,
                headers={**mine, "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"})
    for other in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
        client.post(path, data=b"token=x", headers={**mine, "Content-Type": other},
                    expect=(415, "unsupported_media_type"))
    client.post(path, data=b"token=x", headers=mine, expect=(415, "unsupported_media_type"))
    # The credential comes first.
    answer = client.post(path, data=b"{", headers={"Content-Type": "application/json",
                                                   **basic(service.client_id, "x")})
    assert answer.status_code == 401
    client.post(path + "?token=x", data=f"token={token}", headers={**mine, **kind},
                expect=(422, "validation_failed"))


# -- revocation --------------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["access", "refresh", "old refresh"])
def test_a_service_ends_a_session(stack, place, person, service, which):
    """T10, T8, A1: either token takes the whole session with it, at once and everywhere."""
    other = signed_in(stack, person.user, device="other")
    old = person.refresh_token
    person.keep(person.refresh())
    person.verify(expect=204)
    token = {"access": person.access, "refresh": person.refresh_token, "old refresh": old}[which]
    service.revoke(token)
    inactive_everywhere(stack, service, person.access, person.refresh_token)
    person.verify(expect=(401, "invalid_token"))
    person.refresh(expect=(401, "invalid_refresh_token"))
    other.verify(expect=204)
    service.revoke(token)  # again: nothing more happens
    rows = audited(stack, "session.revoked", person.session_id)
    assert len(rows) == 1
    assert rows[0]["actor_id"] is None and rows[0]["tenant_id"] == tenant_id(stack, place[0])
    assert rows[0]["target_type"] == "session" and rows[0]["ip"] == service.client.ip
    assert json.loads(rows[0]["after_json"]) == {
        "user_id": stack.user_id(person.user), "reason": "revoked_by_service",
        "credential_id": service.id}
    assert audited(stack, "token.reuse_detected", person.session_id) == []


def test_a_service_ends_nothing_of_another_tenant(stack, person):
    """N1, T10: the answer does not tell."""
    other = service_of(stack, stack.new_tenant())
    for token in (person.access, person.refresh_token):
        other.revoke(token)
    person.verify(expect=204)
    person.refresh(expect=200)
    assert audited(stack, "session.revoked", person.session_id) == []


def test_a_revocation_that_the_cache_did_not_hear_of(stack, person, service):
    """T8: the first try was committed, but its worker died; the second's answer must hold."""
    person.verify(expect=204)
    as_root(stack, "UPDATE sessions SET revoked_at = UTC_TIMESTAMP(6), revoke_reason = 'test' "
                   f"WHERE id = {hex_of(person.session_id)}")
    person.verify(expect=204)  # a proof, for at most proof_ttl
    service.revoke(person.access)
    person.verify(expect=(401, "invalid_token"))


@pytest.mark.parametrize("which", ["access", "refresh"])
def test_people_end_sessions_of_their_own(stack, person, which):
    """T10: this one or another one of theirs; with an audit event each."""
    other = signed_in(stack, person.user, device="other")
    for ended, by in ((other, person), (person, person)):
        ended.verify(expect=204)
        token = ended.access if which == "access" else ended.refresh_token
        by.post("/auth/revoke", data={"token": token}, expect=200)
        ended.verify(expect=(401, "invalid_token"))
        ended.refresh(expect=(401, "invalid_refresh_token"))
        rows = audited(stack, "session.revoked", ended.session_id)
        assert len(rows) == 1
        assert str(uuid.UUID(bytes=rows[0]["actor_id"])) == stack.user_id(person.user)
    answer = person.post("/auth/revoke", data={"token": "x"}, expect=(401, "invalid_token"))
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_people_end_nobody_elses(stack, place, person):
    """T10: not even administrators, who have other means; and the answer does not tell."""
    admin = admin_of(stack, place[0])
    platform = signed_in(stack, stack.new_user(stack.tenant, flags=("--platform-admin",)))
    peer = signed_in(stack, stack.new_user(place[0]))
    for client in (admin, platform, peer):
        for token in (person.access, person.refresh_token, "x", person.session_id):
            answer = client.post("/auth/revoke", data={"token": token}, expect=200)
            assert answer.content == b""
        client.get("/auth/session", expect=200)
    person.verify(expect=204)
    assert audited(stack, "session.revoked", person.session_id) == []


def test_a_browser_needs_its_csrf_token_to_revoke(stack, person):
    """S8."""
    browser = Client(stack)
    browser.login(person.user, transport="cookie", device="browser")
    csrf, browser.csrf = browser.csrf, None
    form = {"token": person.access}
    browser.post("/auth/revoke", data=form, expect=(403, "csrf_failed"))
    person.verify(expect=204)
    browser.post("/auth/revoke", data=form, headers={"X-CSRF-Token": csrf}, expect=200)
    person.verify(expect=(401, "invalid_token"))
    browser.post("/auth/introspect", data=form, headers={"X-CSRF-Token": csrf}, expect=CLIENT)


# -- secrecy -----------------------------------------------------------------------------------


def test_the_secret_is_written_down_nowhere(stack, place, person):
    """A3, DESIGN 7: only its hash; neither in the log, nor in the audit log, nor as Basic sends
    it. The tokens that were asked about neither."""
    admin = admin_of(stack, place[0])
    canary = Service(stack, create(admin, "Canary"))
    canary.introspect(person.access)
    canary.introspect(person.refresh_token)
    Client(stack).post("/auth/introspect", data={"token": person.access}, expect=CLIENT,
                       headers=basic(SOMEBODY, canary.secret))
    canary.post("/auth/introspect?token=" + person.refresh_token, 422, {"token": "x"})
    canary.revoke(person.refresh_token)
    admin.call("DELETE", f"{CREDENTIALS}/{canary.id}", expect=204)
    stays = Service(stack, create(admin, "Canary that stays"))
    time.sleep(1)
    needles = [person.access.rpartition(".")[2], person.refresh_token[-40:]]
    for service in (canary, stays):
        header = basic(service.client_id, service.secret)["Authorization"]
        needles += [service.secret, header.partition(" ")[2],
                    jwt.decode(service.secret).hex()]
    searched = 0
    for file in Path(stack.info["log_dir"]).rglob("*"):
        if file.is_file():
            searched += 1
            content = file.read_bytes()
            assert not any(needle.encode() in content for needle in needles), file
    assert searched >= 2
    raw = [jwt.decode(service.secret) for service in (canary, stays)]
    for table in [next(iter(row.values())) for row in stack.sql("SHOW TABLES")]:
        for row in stack.sql(f"SELECT * FROM `{table}`"):
            for column, value in row.items():
                content = value if isinstance(value, bytes) else str(value).encode()
                found = [n for n in [*raw, *(n.encode() for n in needles)] if n in content]
                assert not found, (table, column)
