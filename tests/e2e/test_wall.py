"""The wall between tenants (SPEC N1): a foreign id answers like one that is not there, byte for
byte, on every route that takes one; nothing foreign is listed or changed."""

import re

import pytest

from support.admin import (Service, multipart, my_id, new_role, raw_id, rows_of, tenant_admin,
                           tenant_id)
from support.callers import Callers, expected, media_of
from support.client import describe, problem, signed_in
from support.openapi import SOMEBODY, fill, operations

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
def home(stack):
    return stack.new_tenant("matrix", max_sessions=0)


@pytest.fixture(scope="module")
def callers(stack, home):
    return Callers(stack, home)


@pytest.fixture(scope="module")
def abroad(stack):
    """A tenant with one of everything, by what an id can be."""
    tenant = stack.new_tenant("foreign", max_sessions=0)
    admin = tenant_admin(stack, tenant)
    person = stack.new_user(tenant)
    visitor = signed_in(stack, person)
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
            # An empty body may be refused before the look-up; a good one reaches it.
            before_it = (403,) if "body" in options else (403, 422)
            assert found[1].status_code in (404, *before_it), describe(found[1])
            if expected(operation.name, caller) is None and found[1].status_code != 422:
                problem(found[1], 404, "not_found")
            tried += 1
    assert tried > 15
    assert of_tenant(stack, abroad, tables) == before


def of_tenant(stack, abroad, tables):
    """The rows of the foreign tenant."""
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
    for path in ("/auth/login-attempts?user_id={}", "/auth/audit?actor_id={}",
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
