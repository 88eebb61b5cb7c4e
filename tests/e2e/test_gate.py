"""The gate for nginx and services (SPEC R1, R3, R6, R7, T8, T9)."""

import pytest

from support.client import Client, problem, signed_in
from support.gatehouse import fresh_email
from support.processes import Respawner
from support.wire import Wire, once

SPOOFED = {"Remote-User": "spoof@evil.test", "X-Auth-Email": "spoof@evil.test",
           "X-Auth-User-Id": "spoof", "X-Auth-Tenant": "spoof", "X-Auth-Roles": "spoof",
           "X-Auth-Permissions": "ALL_PERMISSIONS", "X-Auth-Name": "spoof",
           "GATEHOUSE_ALLOW_ROLELESS": "1", "Gatehouse-Allow-Roleless": "1",
           "Gatehouse-Require-Permission": "", "GATEHOUSE_TENANT": "spoof",
           "X-Forwarded-For": "127.0.0.1", "X-Original-URL": "/auth/health"}


@pytest.fixture(scope="module")
def viewer(stack, tenant):
    """Somebody with one role: Viewer, sales:orders:view."""
    return stack.new_user(tenant, roles=(stack.new_role(tenant, "sales:orders:view",
                                                        name="Viewer"),))


@pytest.fixture(scope="module")
def view(stack, viewer):
    return signed_in(stack, viewer)


@pytest.fixture(scope="module")
def roleless(stack, tenant):
    return signed_in(stack, stack.new_user(tenant))


def test_a_roleless_person_gets_nowhere_but_home(roleless):
    """R6."""
    roleless.verify(expect=(403, "no_role_assigned"))
    roleless.get("/auth/verify?permission=sales:orders:view", expect=(403, "no_role_assigned"))
    roleless.get("/auth/verify?role=Viewer", expect=(403, "no_role_assigned"))
    roleless.post("/auth/check", {"checks": [{"permission": "sales:orders:view"}]},
                  expect=(403, "no_role_assigned"))
    roleless.get("/auth/session", expect=200)
    info = roleless.get("/auth/info", expect=200).json()
    assert set(info) == {"tenant", "text", "roles_assigned"}
    assert info["roles_assigned"] is False and set(info["tenant"]) == {"id", "slug", "name"}
    # The demo page lets roleless people in; the part for administrators does not.
    roleless.get("/demo/", plain=True, expect=200)
    roleless.get("/demo/admin/", plain=True, expect=403)


@pytest.mark.parametrize("query, status", [
    ("", 204),
    ("permission=sales:orders:view", 204),
    ("permission=sales:orders:edit", 403),
    ("permission=sales:orders:edit,sales:orders:view", 204),
    ("permission=sales:orders:edit,sales:orders:delete", 403),
    ("role=Viewer", 204),
    ("role=viewer", 403),
    ("role=Viewe", 403),
    ("role=Editor,Viewer", 204),
    ("permission=sales:orders:view&role=Viewer", 204),
    ("permission=sales:orders:view&role=Editor", 403),
    ("permission=sales:orders:edit&role=Viewer", 403),
    ("unknown=1&allow_roleless=1", 204),
])
def test_requirements(view, query, status):
    """R7: commas are any-of, permission and role together are both; unknown ones are ignored."""
    answer = view.get(f"/auth/verify?{query}")
    assert answer.status_code == status
    if status == 403:
        problem(answer, 403, "permission_denied")


@pytest.mark.parametrize("requirement", [
    "sales", "sales:orders", "sales:orders:view:own:more", "SALES:orders:view",
    "sales:orders:view;drop", "sales: orders:view", "sales::view", ":::", "%00",
    "sales%0d%0aX:a:b", "../../x:y:z", "sales:orders:vi%C3%A9w", "a" * 3000,
])
def test_a_malformed_requirement_refuses_everybody(stack, requirement):
    """R7, API.md: fail closed, for an administrator too."""
    admin = signed_in(stack, stack.admin)
    admin.verify(expect=204)
    admin.get(f"/auth/verify?permission={requirement}", expect=403)


def test_administrators(stack, tenant):
    """R3: a tenant admin has every permission of the tenant and no role by that; nor are they
    roleless."""
    admin = signed_in(stack, stack.new_user(tenant, flags=("--tenant-admin",)))
    admin.verify(expect=204)
    admin.get("/auth/verify?permission=sales:orders:delete", expect=204)
    admin.get("/auth/verify?permission=never:heard:of", expect=204)
    admin.get("/auth/verify?role=Viewer", expect=(403, "permission_denied"))
    admin.get("/demo/admin/", plain=True, expect=200)


@pytest.mark.parametrize("held, asked, allowed", [
    ("sales:*:view", "sales:orders:view", True),
    ("sales:*:view", "sales:orders:edit", False),
    ("*:orders:*", "sales:orders:edit", True),
    ("sales:orders:edit:own", "sales:orders:edit", False),
    ("ALL_PERMISSIONS", "sales:orders:edit", True),
])
def test_wildcards(stack, tenant, held, asked, allowed):
    """R1, R3: `own` never passes a gate that knows no owner."""
    client = signed_in(stack, stack.new_user(tenant, roles=(stack.new_role(tenant, held),)))
    client.get(f"/auth/verify?permission={asked}", expect=204 if allowed else 403)


def test_identity_headers(stack, tenant, viewer, view):
    """R7: all of them, from our state, on a 204."""
    headers = view.verify(expect=204, headers=SPOOFED).headers
    assert headers["Remote-User"] == headers["X-Auth-Email"] == viewer.email
    assert headers["X-Auth-User-Id"] == stack.user_id(viewer)
    assert headers["X-Auth-Tenant"] == tenant
    assert len(headers["X-Auth-Tenant-Id"]) == 36
    assert headers["X-Auth-Name"] == viewer.email
    assert headers["X-Auth-Roles"] == "Viewer"
    assert headers["X-Auth-Permissions"] == "sales:orders:view"
    assert headers["X-Auth-Session-Id"] == view.session_id
    assert "X-Auth-Permissions-Omitted" not in headers


def test_names_beyond_ascii_are_percent_encoded(stack, tenant):
    """R7, API.md: no header is split, none is mojibake."""
    role = stack.new_role(tenant, "sales:orders:view")
    user = stack.new_user(tenant, roles=(role,),
                          flags=("--first-name", "Ünï <b>", "--last-name", "100%"))
    client = signed_in(stack, user)
    assert client.verify(expect=204).headers["X-Auth-Name"] == "%C3%9Cn%C3%AF <b> 100%25"
    page = client.get("/demo/", plain=True, expect=200).text
    assert "<b> 100" not in page


def test_a_refusal_carries_no_identity(roleless):
    """R7."""
    for name in roleless.verify(expect=403).headers:
        assert name == "X-Auth-Error" or not name.lower().startswith(("x-auth-", "remote-"))


def test_nothing_a_client_sends_opens_the_gate(stack, viewer, view, roleless):
    """R7, CVE-2025-64484 of others: headers and query tricks, through nginx and directly."""
    anonymous = Client(stack)
    for path in ("/demo/", "/demo/admin/"):
        anonymous.get(path, plain=True, headers=SPOOFED, expect=401)
    anonymous.verify(headers=SPOOFED, expect=401)
    roleless.verify(headers=SPOOFED, expect=(403, "no_role_assigned"))
    for query in ("permission=", "allow_roleless=1", "GATEHOUSE_ALLOW_ROLELESS=1",
                  "gatehouse_allow_roleless=1", "permission=sales:orders:view",
                  "role=Viewer", "gatehouse_require_permission="):
        view.get(f"/demo/admin/?{query}", plain=True, headers=SPOOFED, expect=403)
        roleless.get(f"/auth/verify?{query}", headers=SPOOFED, expect=403)
    page = view.get("/demo/", plain=True, headers=SPOOFED, expect=200).text
    assert viewer.email in page and "spoof" not in page


@pytest.mark.parametrize("path", ["/_gatehouse/verify", "/_gatehouse/", "/auth/verify/",
                                  "/auth//verify", "/auth/./verify", "/auth/verify%00"])
def test_side_doors(stack, path):
    """R7: the internal location is internal; no spelling of a path is a way round."""
    answer = once(stack, "GET", path)
    assert answer.status in (400, 401, 404)


@pytest.mark.parametrize("path", ["/demo/admin/../admin/", "/demo//admin/", "/demo/./admin/",
                                  "/demo/%61dmin/", "/demo/admin", "/DEMO/../demo/admin/"])
def test_other_spellings_of_a_protected_path(stack, view, path):
    """R7: nginx normalizes before it asks us."""
    answer = once(stack, "GET", path, [("Authorization", f"Bearer {view.access}")])
    assert answer.status in (301, 308, 400, 403, 404), path
    assert once(stack, "GET", path).status in (301, 308, 400, 401, 404), path


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD"])
def test_other_methods_meet_the_gate_too(stack, method):
    """R7."""
    answer = once(stack, method, "/demo/admin/")
    assert answer.status in (401, 403, 405)


def test_a_body_does_not_upset_the_subrequest(stack, view):
    """R7, FACTS: auth_request passes no body, but may pass its length."""
    with Wire(stack) as wire:
        for _ in range(3):
            wire.request("POST", "/demo/admin/", [("Authorization", f"Bearer {view.access}")],
                         b"x" * 1000)
            assert wire.read().status in (403, 405)


@pytest.mark.parametrize("checks, results", [
    ([{"permission": "sales:orders:view"}], [True]),
    ([{"permission": "sales:orders:delete"}], [False]),
    ([{"permission": "sales:orders:view"}, {"permission": "sales:orders:delete"}], [True, False]),
    ([{"permission": "sales:orders:view"}] * 100, [True] * 100),
])
def test_check_answers_each_question(view, checks, results):
    """R7: in order; `allowed` is all of them."""
    document = view.post("/auth/check", {"checks": checks}, expect=200).json()
    assert document == {"results": results, "allowed": all(results)}


def test_check_knows_the_owner(stack, tenant):
    """R1: `own` holds for the caller's resources alone."""
    role = stack.new_role(tenant, "sales:orders:edit:own")
    user = stack.new_user(tenant, roles=(role,))
    client, me = signed_in(stack, user), stack.user_id(user)
    other = "00000000-0000-7000-8000-00000000abcd"
    answer = client.post("/auth/check", {"checks": [
        {"permission": "sales:orders:edit", "owner_id": me},
        {"permission": "sales:orders:edit", "owner_id": other},
        {"permission": "sales:orders:edit"},
        {"permission": "sales:orders:view", "owner_id": me}]}, expect=200).json()
    assert answer == {"results": [True, False, False, False], "allowed": False}


@pytest.mark.parametrize("body", [
    {}, {"checks": []}, {"checks": [{"permission": "sales:orders:view"}] * 101},
    {"checks": [{"permission": "sales:*:view"}]}, {"checks": [{"permission": "*:*:*"}]},
    {"checks": [{"permission": "ALL_PERMISSIONS"}]}, {"checks": [{"permission": ""}]},
    {"checks": [{}]}, {"checks": ["sales:orders:view"]}, {"checks": None},
    {"checks": {"permission": "sales:orders:view"}},
    {"checks": [{"permission": "sales:orders:view", "owner": "x"}]},
    {"checks": [{"permission": "sales:orders:view", "owner_id": 7}]},
])
def test_check_refuses_what_it_cannot_answer(view, body):
    """R7, E5: 1 to 100 questions, no wildcards."""
    view.post("/auth/check", body, expect=(422, "validation_failed"))


def works_at_once(stack, tenant):
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    for _ in range(3):
        client.get("/auth/verify?role=Late", expect=403)
    yield user
    for _ in range(3):
        client.get("/auth/verify?role=Late", expect=204)
        client.verify(expect=204)


@pytest.mark.parametrize("cache_is", ["healthy", "flushed", "killed", "restarted"])
def test_an_assigned_role_counts_at_the_next_verification(stack, cache, cache_is):
    """R7, T8, T9: whatever memcached does meanwhile."""
    tenant = stack.new_tenant()
    role = stack.new_role(tenant, "sales:orders:view", name="Late")
    steps = works_at_once(stack, tenant)
    user = next(steps)
    if cache_is == "flushed":
        cache.flush()
    memcached = Respawner(stack.pid("memcached"))
    try:
        if cache_is in ("killed", "restarted"):
            memcached.kill()
        stack.assign(user, role)
        if cache_is == "restarted":
            memcached.start()
        assert next(steps, "done") == "done"
    finally:
        memcached.end()
        if cache_is in ("killed", "restarted"):
            stack.up()


def test_a_disabled_account_and_a_suspended_tenant_are_out_at_once(stack):
    """T8, N6: and back at once where the tenant resumes."""
    tenant = stack.new_tenant()
    role = stack.new_role(tenant, "sales:orders:view")
    client = signed_in(stack, stack.new_user(tenant, roles=(role,), email=fresh_email("a")))
    disabled = stack.new_user(tenant, roles=(role,))
    other = signed_in(stack, disabled)
    for someone in (client, other):
        someone.verify(expect=204)
    stack.disable(disabled)
    other.verify(expect=(401, "invalid_token"))
    client.verify(expect=204)
    stack.cli("tenant", "suspend", tenant)
    client.verify(expect=(401, "invalid_token"))
    stack.cli("tenant", "resume", tenant)
    client.verify(expect=204)
