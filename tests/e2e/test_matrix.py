"""Every route of the served document against every kind of caller (API.md, column "auth"; SPEC N1,
N3, R6, P5): who gets 401, who 403 and with which code, who gets further. A route that the table
below does not name fails: somebody has to think about it first."""

import secrets

import pytest

from support.admin import holder, my_id, new_person, tenant_id
from support.callers import (ANYONE, BY_ADDRESS, LAST, PERMISSIONS, PLATFORM_ADMIN, SERVICE,
                             SERVICE_OR_SESSION, TABLE, TENANT_ADMIN, Callers, expected, media_of)
from support.client import Client, describe, problem, signed_in
from support.openapi import SOMEBODY, fill, operations


@pytest.fixture(scope="module")
def home(stack):
    return stack.new_tenant("matrix", max_sessions=0)


@pytest.fixture(scope="module")
def callers(stack, home):
    return Callers(stack, home)


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
        elif operation.name == "GET /auth/session/end":  # these sessions live
            right = answer.status_code == 401
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
                 "/auth/login-attempts/summary", "/auth/outbox", "/auth/service-credentials"):
        client.get(f"{path}?tenant_id={SOMEBODY}", expect=(404, "not_found"))


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
