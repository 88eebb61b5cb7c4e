"""Tenants suspended, deleted, renamed: what becomes of their people at once (SPEC N3, N6, T8)."""

import uuid

import pytest

from support.client import Client, signed_in
from support.gatehouse import User, fresh_email, fresh_password
from support.tenants import (
    at, change, configure, events, everywhere, make, new_slug, seen, viewer)
from support.tenants import home, lord, root  # pylint: disable=unused-import


@pytest.mark.parametrize("cache_is", ["healthy", "flushed"])
def test_a_suspended_tenant_is_out_at_once(stack, cache, root, cache_is):
    """N6, T8: the very next verification, on every worker; back at once where it resumes."""
    tenant, other = make(root), make(root)
    configure(root, tenant, max_sessions=0)
    user = viewer(stack, tenant)
    clients = [signed_in(stack, user, device=f"d{number}") for number in range(6)]
    untouched = [signed_in(stack, viewer(stack, other))]
    for _ in range(3):
        everywhere(clients + untouched, 204)
        change(root, tenant, status="suspended")
        if cache_is == "flushed":
            cache.flush()
        everywhere(clients, 401, "invalid_token")
        everywhere(untouched, 204)
        Client(stack).login(user, expect=(403, "tenant_suspended"))
        Client(stack).login(user, fresh_password(), expect=(401, "invalid_credentials"))
        clients[0].refresh(expect=(401, "invalid_refresh_token"))
        change(root, tenant, status="active")
    everywhere(clients, 204)
    clients[0].refresh(expect=200)
    updates = events(stack, tenant, "tenant.updated")
    assert [after for _, _, _, after in updates] == [{"status": "suspended"},
                                                     {"status": "active"}] * 3


@pytest.mark.parametrize("cache_is", ["healthy", "flushed"])
def test_a_deleted_tenant_is_nowhere(stack, cache, root, cache_is):
    """N3, T8: its tokens, its sign-ins, its links, its slug, its id."""
    tenant = make(root)
    configure(root, tenant, max_sessions=0)
    user = viewer(stack, tenant)
    clients = [signed_in(stack, user, device=f"d{number}") for number in range(6)]
    Client(stack).post("/auth/forgot-password", {"tenant": user.tenant, "email": user.email},
                       expect=202)
    reset = stack.mail.wait(user.email, "reset").token()
    pending = User(fresh_email(), fresh_password(), user.tenant)
    Client(stack).post("/auth/register", {"tenant": user.tenant, "email": pending.email,
                                          "password": pending.password}, expect=202)
    link = stack.mail.wait(pending.email, "verify_email").token()
    everywhere(clients, 204)

    root.call("DELETE", at(tenant), expect=(409, "tenant_not_empty"))
    root.call("DELETE", at(tenant) + "?force=false", expect=(409, "tenant_not_empty"))
    everywhere(clients, 204)
    root.call("DELETE", at(tenant) + "?force=true", expect=204)
    if cache_is == "flushed":
        cache.flush()
    everywhere(clients, 401, "invalid_token")

    clients[0].refresh(expect=(401, "invalid_refresh_token"))
    unknown = User(user.email, user.password, new_slug())
    assert (seen(Client(stack).login(user, expect=(401, "invalid_credentials"))) ==
            seen(Client(stack).login(unknown, expect=(401, "invalid_credentials"))))
    for path, body in (("register", {"password": fresh_password()}), ("forgot-password", {}),
                       ("resend-verification", {})):
        Client(stack).post(f"/auth/{path}", {"tenant": user.tenant, "email": user.email, **body},
                           expect=(422, "unknown_tenant"))
    Client(stack).post("/auth/reset-password", {"token": reset, "new_password": fresh_password()},
                       expect=(400, "invalid_token"))
    Client(stack).post("/auth/verify-email", {"token": link}, expect=(400, "invalid_token"))
    root.get(at(tenant), expect=(404, "not_found"))
    root.call("DELETE", at(tenant) + "?force=true", expect=(404, "not_found"))
    assert tenant["slug"] not in stack.cli("tenant", "list").stdout

    # Its slug is anybody's, and its people are not the successor's.
    heir = make(root, slug=tenant["slug"])
    Client(stack).login(user, expect=(401, "invalid_credentials"))
    everywhere(clients, 401, "invalid_token")
    root.call("DELETE", at(heir), expect=204)


def test_nobody_saws_off_their_own_branch(stack, root, home):
    """An administrator's own tenant stays; that of others goes, the default one's settings too."""
    own = {"id": str(uuid.UUID(bytes=stack.value("SELECT id FROM tenants WHERE slug = %s", home)))}
    for query in ("", "?force=true", "?force=false"):
        root.call("DELETE", at(own) + query, expect=(403, "escalation"))
    root.verify(expect=204)


def test_a_new_slug_is_told_at_once(stack, root):
    """T8: a proof holds the slug."""
    tenant = make(root)
    client = signed_in(stack, viewer(stack, tenant))
    for _ in range(3):
        client.verify(expect=204)
    slug = change(root, tenant, slug=new_slug())["slug"]
    for _ in range(20):
        assert client.verify(expect=204).headers["X-Auth-Tenant"] == slug
    user = client.user
    Client(stack).login(user, expect=(401, "invalid_credentials"))
    Client(stack).login(User(user.email, user.password, slug), expect=200)
