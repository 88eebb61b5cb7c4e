"""Every route of the served document against every kind of caller (API.md, column "auth"; SPEC N1,
N3, R6, P5): who gets 401, who 403 and with which code, who gets further. A route that the table
below does not name fails: somebody has to think about it first."""

import re
import secrets

import pytest

from support.admin import (Service, holder, must_change, my_id, new_person, new_role,
                           platform_admin, rows_of, tenant_admin, tenant_id)
from support.client import Client, describe, problem, signed_in
from support.openapi import SOMEBODY, document_of, fill, operations

ANYONE, SESSION, TENANT_ADMIN, PLATFORM_ADMIN, SERVICE, SERVICE_OR_SESSION, BY_ADDRESS = (
    "-", "S", "TA", "PA", "C", "C or S", "by address")

# The auth column of API.md; anything with colons is a permission.
TABLE = {
    "POST /auth/register": ANYONE,
    "POST /auth/verify-email": ANYONE,
    "POST /auth/resend-verification": ANYONE,
    "POST /auth/login": ANYONE,
    "POST /auth/refresh": ANYONE,
    "POST /auth/forgot-password": ANYONE,
    "POST /auth/reset-password": ANYONE,
    "GET /auth/health": ANYONE,
    "GET /auth/ready": ANYONE,
    "GET /auth/openapi.json": ANYONE,
    "GET /auth/metrics": BY_ADDRESS,
    "POST /auth/logout": SESSION,
    "POST /auth/logout-all": SESSION,
    "GET /auth/session": SESSION,
    "GET /auth/info": SESSION,
    "GET /auth/csrf": SESSION,
    "POST /auth/change-password": SESSION,
    "GET /auth/verify": SESSION,
    "POST /auth/check": SESSION,
    "POST /auth/introspect": SERVICE,
    "POST /auth/revoke": SERVICE_OR_SESSION,
    "GET /auth/service-credentials": TENANT_ADMIN,
    "POST /auth/service-credentials": TENANT_ADMIN,
    "DELETE /auth/service-credentials/{id}": TENANT_ADMIN,
    "GET /auth/me": SESSION,
    "PATCH /auth/me": SESSION,
    "DELETE /auth/me": SESSION,
    "POST /auth/me/email": SESSION,
    "PUT /auth/me/picture": SESSION,
    "DELETE /auth/me/picture": SESSION,
    "GET /auth/me/sessions": SESSION,
    "DELETE /auth/me/sessions/{id}": SESSION,
    "GET /auth/me/login-attempts": SESSION,
    "GET /auth/me/export": SESSION,
    "GET /auth/users/{id}/picture": SESSION,
    "GET /auth/users": "auth:users:view",
    "POST /auth/users": "auth:users:create",
    "GET /auth/users/{id}": "auth:users:view",
    "PATCH /auth/users/{id}": "auth:users:edit",
    "DELETE /auth/users/{id}": "auth:users:delete",
    "PUT /auth/users/{id}/roles": "auth:roles:assign",
    "POST /auth/users/{id}/unlock": "auth:users:edit",
    "POST /auth/users/{id}/force-password-reset": "auth:users:edit",
    "POST /auth/users/{id}/logout": "auth:users:edit",
    "GET /auth/users/{id}/sessions": "auth:users:view",
    "GET /auth/roles": "auth:roles:view",
    "POST /auth/roles": "auth:roles:create",
    "GET /auth/roles/{id}": "auth:roles:view",
    "PATCH /auth/roles/{id}": "auth:roles:edit",
    "DELETE /auth/roles/{id}": "auth:roles:delete",
    "GET /auth/permissions": "auth:roles:view",
    "POST /auth/permissions/{code}": PLATFORM_ADMIN,
    "DELETE /auth/permissions/{code}": PLATFORM_ADMIN,
    "GET /auth/tenants": PLATFORM_ADMIN,
    "POST /auth/tenants": PLATFORM_ADMIN,
    "GET /auth/tenants/{id}": SESSION,
    "PATCH /auth/tenants/{id}": PLATFORM_ADMIN,
    "DELETE /auth/tenants/{id}": PLATFORM_ADMIN,
    "GET /auth/tenants/{id}/settings": TENANT_ADMIN,
    "PATCH /auth/tenants/{id}/settings": TENANT_ADMIN,
    "GET /auth/login-attempts": "auth:attempts:view",
    "GET /auth/audit": "auth:audit:view",
}

# "An account that must change its password … can do that, and …; all else answers 403."
WHILE_PASSWORD_IS_DUE = {"POST /auth/change-password", "GET /auth/session", "GET /auth/csrf",
                         "POST /auth/logout"}
# Of the S routes, the permission and role checks: these refuse who has no role (SPEC R6).
REFUSE_ROLELESS = {"GET /auth/verify", "POST /auth/check"}
# These end the session that asks.
LAST = ("POST /auth/logout-all", "POST /auth/logout")

PERMISSIONS = sorted({rule for rule in TABLE.values() if rule.startswith("auth:")})


def expected(name, caller):
    """(status, codes) of the refusal, or None where the caller gets past the gate."""
    rule = TABLE[name]
    if rule == ANYONE:
        return None
    if rule == SERVICE:
        return None if caller == "service" else (401, {"invalid_client"})
    if rule == SERVICE_OR_SESSION and caller == "service":
        return None
    if caller == "nobody":
        return 401, {"authentication_required"}
    if caller == "service":  # not a credential here
        return 401, {"authentication_required", "invalid_token"}
    if caller == "must change":
        return None if name in WHILE_PASSWORD_IS_DUE else (403, {"password_change_required"})
    if rule in (SESSION, SERVICE_OR_SESSION):
        roleless = caller == "roleless" and name in REFUSE_ROLELESS
        return (403, {"no_role_assigned"}) if roleless else None
    if caller == "roleless":
        return 403, {"no_role_assigned"}
    if caller == "platform admin":
        return None
    if caller in ("tenant admin", "foreign admin"):
        return (403, {"permission_denied"}) if rule == PLATFORM_ADMIN else None
    return None if caller == rule else (403, {"permission_denied"})


@pytest.fixture(scope="module")
def home(stack):
    return stack.new_tenant("matrix", max_sessions=0)


@pytest.fixture(scope="module")
def callers(stack, home):
    """Signed-in clients by kind, made when first asked for; each can sign in again."""
    makers = {
        "nobody": lambda: Client(stack),
        "roleless": lambda: signed_in(stack, stack.new_user(home)),
        "tenant admin": lambda: tenant_admin(stack, home),
        "foreign admin": lambda: tenant_admin(stack, stack.new_tenant("abroad")),
        "platform admin": lambda: platform_admin(stack, home),
        **{code: lambda code=code: holder(stack, home, code) for code in PERMISSIONS},
    }

    def in_need():
        user = stack.new_user(home, roles=(stack.new_role(home, "ALL_PERMISSIONS"),))
        must_change(stack, user)
        return signed_in(stack, user)

    def of_a_service():
        client = Client(stack)
        client.http.headers["Authorization"] = Service(make("tenant admin")).basic
        return client

    makers["must change"] = in_need
    makers["service"] = of_a_service
    made = {}

    def make(kind):
        if kind not in made:
            made[kind] = makers[kind]()
        return made[kind]

    return make


def media_of(operation):
    """An empty body of the right kind, so that nothing but the gate refuses it with 401 or 403."""
    if not operation.media:
        return {}
    if operation.takes_json:
        return {"data": b"{}", "headers": {"Content-Type": "application/json"}}
    if "multipart/form-data" in operation.media:
        return {"data": b"--x--\r\n",
                "headers": {"Content-Type": "multipart/form-data; boundary=x"}}
    return {"data": b"token_type_hint=access_token",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"}}


def test_the_table_names_every_route_and_no_other(stack):
    """A5: neither a route that nobody thought about, nor a thought without a route."""
    served = {operation.name for operation in operations(stack)}
    # Second factor, OAuth and the public keys have tables of their own.
    assert served == set(TABLE), (served - set(TABLE), set(TABLE) - served)


def test_the_document_says_what_the_table_says(stack):
    """A5: security and x-permission are the auth column of API.md."""
    of_a_session = ("bearer", "cookie")
    for operation in operations(stack):
        rule = TABLE[operation.name]
        assert operation.permission == (rule if ":" in rule else ""), operation.name
        wanted = {ANYONE: (), BY_ADDRESS: (), SERVICE: ("service",),
                  SERVICE_OR_SESSION: (*of_a_session, "service")}.get(rule, of_a_session)
        assert operation.schemes == tuple(sorted(wanted)), operation.name


def test_the_table_knows_every_permission_of_its_own_module(stack):
    """R5: what the catalogue lists of auth:* is asked for by some route, so that the matrix tries a
    holder of it."""
    listed = {row["code"] for row in stack.sql(
        "SELECT code FROM permissions WHERE code LIKE 'auth:%%'")}
    assert listed == set(PERMISSIONS)


@pytest.mark.parametrize("caller", [
    "nobody", "roleless", "tenant admin", "foreign admin", "platform admin", "service",
    "must change", *PERMISSIONS])
def test_every_route(stack, callers, caller):
    """API.md, column auth; N3, R6, P5, T10."""
    client = callers(caller)
    wrong = []
    code = f"matrix:m{secrets.token_hex(4)}:view"
    found = sorted(operations(stack), key=lambda o: LAST.index(o.name) + 1 if o.name in LAST else 0)
    assert len(found) > 50
    by_address = [o for o in found if TABLE.get(o.name) == BY_ADDRESS]
    for operation in found:
        if operation in by_address:
            continue
        if operation.name == LAST[1] and client.user:
            client.login(client.user)  # the one before ended it
        answer = client.call(operation.method, fill(operation.template, something=code),
                             **media_of(operation))
        refusal = expected(operation.name, caller)
        if refusal is not None:
            right = answer.status_code == refusal[0] and answer.json()["code"] in refusal[1]
        elif operation.name == "POST /auth/refresh":  # its credential is the token in the body
            right = answer.status_code == 401 and answer.json()["code"] == "invalid_refresh_token"
            right = right or answer.status_code == 422
        else:
            right = answer.status_code not in (401, 403) and answer.status_code < 500
        if not right:
            wrong.append(f"{caller}: {describe(answer)[:300]}; expected {refusal or 'allowed'}")
    # The metrics ask for an address, and for nothing else.
    for operation in by_address:
        with_credential = client.get(operation.path).status_code
        without = Client(stack, ip=client.ip).get(operation.path).status_code
        if with_credential != without or with_credential not in (200, 403):
            wrong.append(f"{caller}: {operation.name} {with_credential} {without}")
    if client.user:
        client.login(client.user)
    assert not wrong, "\n".join(wrong)


def test_an_own_form_is_no_permission_for_a_route(stack, home):
    """R1: `:own` holds only for a resource the caller owns; a list of users is nobody's."""
    client = holder(stack, home, *(f"{code}:own" for code in PERMISSIONS))
    for operation in operations(stack):
        if TABLE[operation.name] in PERMISSIONS:
            answer = client.call(operation.method, operation.path, **media_of(operation))
            problem(answer, 403, "permission_denied")


def test_wildcards_and_all_permissions_open_what_they_cover(stack, home):
    """R1, R3: and nothing of platform admins, whatever a tenant role says."""
    for grants in (("auth:*:*",), ("*:*:*",), ("ALL_PERMISSIONS",)):
        client = holder(stack, home, *grants)
        for operation in operations(stack):
            rule = TABLE[operation.name]
            answer = client.call(operation.method, operation.path,
                                 **media_of(operation)) if rule in (
                                     *PERMISSIONS, PLATFORM_ADMIN, TENANT_ADMIN) else None
            if rule in PERMISSIONS:
                assert answer.status_code not in (401, 403), describe(answer)
            elif answer is not None:
                problem(answer, 403, "permission_denied")


@pytest.mark.parametrize("caller", ["tenant admin", "foreign admin", *PERMISSIONS])
def test_only_a_platform_admin_names_another_tenant(stack, callers, home, caller):
    """API.md "Administration": ?tenant_id= of another tenant is 403 for anybody else; of one's own
    it is as if it were not there."""
    client = callers(caller)
    own = client.user.tenant
    other = tenant_id(stack, stack.tenant)
    scoped = [o for o in operations(stack)
              if TABLE[o.name] in (TENANT_ADMIN, *PERMISSIONS) and "/tenants/" not in o.template]
    assert len(scoped) > 15
    for operation in scoped:
        if expected(operation.name, caller) is not None:
            continue
        plain = client.call(operation.method, operation.path, **media_of(operation))
        mine = client.call(operation.method, f"{operation.path}?tenant_id={tenant_id(stack, own)}",
                           **media_of(operation))
        assert mine.status_code == plain.status_code, describe(mine)
        for foreign in (other, SOMEBODY):
            answer = client.call(operation.method, f"{operation.path}?tenant_id={foreign}",
                                 **media_of(operation))
            problem(answer, 403, "permission_denied")


def test_a_platform_admin_names_a_tenant_that_is_not_there(stack, callers):
    """N1: 404 like any other look-up."""
    client = callers("platform admin")
    for path in ("/auth/users", "/auth/roles", "/auth/login-attempts", "/auth/audit",
                 "/auth/service-credentials"):
        client.get(f"{path}?tenant_id={SOMEBODY}", expect=(404, "not_found"))


# -- The wall between tenants ---------------------------------------------------------------------

WHAT = {  # what an {id} is, by the path that has it; the first that fits
    r"/auth/users/\{id\}": "user",
    r"/auth/roles/\{id\}": "role",
    r"/auth/tenants/\{id\}": "tenant",
    r"/auth/service-credentials/\{id\}": "credential",
    r"/auth/me/sessions/\{id\}": "session",
}

# A body that would be carried out, so that the look-up is reached.
GOOD_BODY = {
    "PATCH /auth/users/{id}": {"first_name": "Mallory", "status": "disabled"},
    "PUT /auth/users/{id}/roles": {"role_ids": []},
    "PATCH /auth/roles/{id}": {"description": "taken over", "permissions": []},
    "PATCH /auth/tenants/{id}": {"name": "taken over", "status": "suspended"},
    "PATCH /auth/tenants/{id}/settings": {"info_text": "taken over"},
}


@pytest.fixture(scope="module")
def abroad(stack):
    """A tenant with one of everything, by what an id can be."""
    tenant = stack.new_tenant("foreign", max_sessions=0)
    admin = tenant_admin(stack, tenant)
    person = stack.new_user(tenant)
    visitor = signed_in(stack, person)
    from support.admin import multipart
    visitor.call("PUT", "/auth/me/picture", **multipart(), expect=200)
    return {"user": my_id(visitor), "role": new_role(admin, "sales:orders:view"),
            "tenant": tenant_id(stack, tenant), "credential": Service(admin).id,
            "session": visitor.session_id, "visitor": visitor, "admin": admin, "slug": tenant}


def bare(answer):
    """All that an observer can compare."""
    headers = {name.lower(): value for name, value in answer.headers.items()}
    for name in ("date", "x-request-id"):
        headers.pop(name, None)
    body = re.sub(rb'"request_id":\s*"[0-9a-f]{32}"', b'"request_id":"-"', answer.content)
    return answer.status_code, headers, body


@pytest.mark.parametrize("caller", ["tenant admin", "roleless", "platform admin",
                                    "auth:users:edit", "auth:users:view", "auth:roles:edit"])
def test_a_foreign_id_answers_like_a_missing_one(stack, callers, abroad, caller):
    """N1: status, every header, every byte of the body, on every route with an {id}; and nothing of
    the other tenant has changed."""
    client = callers(caller)
    tables = ("users", "roles", "role_permissions", "user_roles", "service_credentials", "tenants",
              "sessions", "pictures", "outbox", "links")
    before = of_tenant(stack, abroad, tables)
    tried = 0
    for operation in operations(stack):
        if "{id}" not in operation.template:
            continue
        what = next(kind for pattern, kind in WHAT.items() if re.match(pattern, operation.template))
        if what == "tenant" and caller == "platform admin":
            continue  # to them no tenant is foreign
        bodies = [media_of(operation)]
        if operation.name in GOOD_BODY:
            bodies.append({"body": GOOD_BODY[operation.name]})
        for options in bodies:
            found = [client.call(operation.method, fill(operation.template, somebody=name),
                                 **options) for name in (SOMEBODY, abroad[what])]
            assert bare(found[0]) == bare(found[1]), (describe(found[0]), describe(found[1]))
            assert found[1].status_code in (403, 404), describe(found[1])
            if expected(operation.name, caller) is None:
                problem(found[1], 404, "not_found")
            tried += 1
    assert tried > 15
    assert of_tenant(stack, abroad, tables) == before


def of_tenant(stack, abroad, tables):
    """The rows of the foreign tenant."""
    from support.admin import raw_id
    tenant = raw_id(abroad["tenant"])
    users = {row["id"] for row in stack.sql("SELECT id FROM users WHERE tenant_id = %s", tenant)}
    roles = {row["id"] for row in stack.sql("SELECT id FROM roles WHERE tenant_id = %s", tenant)}
    kept = {}
    for table, rows in rows_of(stack, *tables, without=("last_active_at", "generation")).items():
        kept[table] = [row for row in rows if tenant in (row.get("tenant_id"), row.get("id"))
                       or row.get("user_id") in users or row.get("role_id") in roles]
    return kept


def test_a_foreign_id_in_a_body_or_a_filter(stack, callers, abroad):
    """N1: role_ids of another tenant, filters by another tenant's ids."""
    client = callers("tenant admin")
    mine = my_id(callers("roleless"))
    for role in (abroad["role"], SOMEBODY):
        assert role  # both below answer alike
    pairs = [
        lambda role: client.call("PUT", f"/auth/users/{mine}/roles", {"role_ids": [role]}),
        lambda role: client.post("/auth/users", {"email": "foreign-role@example.test",
                                                 "first_name": "A", "last_name": "B",
                                                 "role_ids": [role]}),
        lambda role: client.get(f"/auth/users?role_id={role}"),
    ]
    for ask in pairs:
        answers = [ask(SOMEBODY), ask(abroad["role"])]
        assert bare(answers[0]) == bare(answers[1]), [describe(a) for a in answers]
        assert answers[0].status_code in (200, 404, 422), describe(answers[0])
    for path in (f"/auth/login-attempts?user_id={{}}", "/auth/audit?actor_id={}",
                 "/auth/audit?target_id={}"):
        answers = [client.get(path.format(user), expect=200) for user in (SOMEBODY, abroad["user"])]
        assert bare(answers[0]) == bare(answers[1])
        assert answers[1].json()["items"] == []
    assert stack.value("SELECT COUNT(*) FROM users WHERE email = 'foreign-role@example.test'") == 0


def test_lists_show_nothing_of_another_tenant(stack, callers, abroad):
    """N1: every list, read to its end."""
    client = callers("tenant admin")
    secrets_of = {abroad["user"], abroad["role"], abroad["credential"], abroad["session"],
                  abroad["tenant"], abroad["visitor"].user.email, abroad["slug"]}
    for path in ("/auth/users", "/auth/roles", "/auth/service-credentials", "/auth/login-attempts",
                 "/auth/audit", "/auth/me/sessions", "/auth/me/login-attempts"):
        cursor = ""
        while cursor is not None:
            answer = client.get(f"{path}?limit=200{cursor}", expect=200)
            for text in secrets_of:
                assert text not in answer.text, (path, text)
            cursor = answer.json()["next_cursor"]
            cursor = f"&cursor={cursor}" if cursor else None


def test_one_persons_session_is_not_anothers(stack, home, callers):
    """S6: within a tenant too: another's session id under /auth/me/sessions is a missing one."""
    client = callers("tenant admin")
    other = signed_in(stack, stack.new_user(home))
    answers = [client.call("DELETE", f"/auth/me/sessions/{name}")
               for name in (SOMEBODY, other.session_id)]
    assert bare(answers[0]) == bare(answers[1])
    problem(answers[1], 404, "not_found")
    other.get("/auth/session", expect=200)


def test_a_picture_is_shown_within_its_tenant_alone(stack, callers, abroad):
    """U4: the same tenant sees it, another's admin and a platform admin of another do not."""
    path = f"/auth/users/{abroad['user']}/picture"
    signed_in(stack, stack.new_user(abroad["slug"])).get(path, expect=200)
    for kind in ("tenant admin", "platform admin", "roleless"):
        callers(kind).get(path, expect=(404, "not_found"))


def test_a_deleted_persons_token_opens_nothing(stack, home, callers):
    """T8: on every route."""
    admin = callers("tenant admin")
    person = new_person(admin)
    user = stack.new_user(home)
    gone = signed_in(stack, user)
    for user_id in (person["id"], my_id(gone)):
        admin.call("DELETE", f"/auth/users/{user_id}", expect=204)
    for operation in operations(stack):
        if TABLE[operation.name] in (ANYONE, BY_ADDRESS, SERVICE):
            continue
        answer = gone.call(operation.method, operation.path, **media_of(operation))
        problem(answer, 401, "invalid_token")


def test_the_document_and_the_catalogue_agree(stack):
    """R5: whatever permission a route asks for can be given."""
    listed = {row["code"] for row in stack.sql("SELECT code FROM permissions")}
    for operation in operations(stack):
        assert not operation.permission or operation.permission in listed
    assert document_of(stack)["openapi"]
