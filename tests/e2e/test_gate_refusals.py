"""The gate's refusals: at a place of another tenant (SPEC N2, R3), and what refusing costs (DESIGN.md
3: zero SQL where the cache knows)."""

import time

import pytest

from support import fastcgi
from support.client import signed_in
from support.metrics import verifications


def verify(stack, client, ip=None, **params):
    return fastcgi.request(stack, "GET", "/auth/verify", ip or client.ip, token=client.access,
                           **params).status


def test_a_place_of_a_tenant_is_closed_to_others(stack):
    """R3, N2: a tenant's administrator holds everything, and calls roles as they like; at home."""
    acme, evil = stack.new_tenant("acme"), stack.new_tenant("evil")
    tokens = {}
    for tenant in (acme, evil):
        role = stack.new_role(tenant, "sales:orders:view", name="Chief")
        tokens[tenant] = [signed_in(stack, stack.new_user(tenant, roles=(role,))),
                          signed_in(stack, stack.new_user(tenant, roles=(role,),
                                                          flags=("--tenant-admin",)))]
    asked = [{}, {"GATEHOUSE_REQUIRE_ROLE": "Chief"},
             {"GATEHOUSE_REQUIRE_PERMISSION": "sales:orders:view"},
             {"GATEHOUSE_ALLOW_ROLELESS": "on"}]
    root = signed_in(stack, stack.admin, device="places")
    for params in asked:
        for client in tokens[evil]:
            assert verify(stack, client, **params) == 204
            assert verify(stack, client, GATEHOUSE_TENANT=evil, **params) == 204
            assert verify(stack, client, GATEHOUSE_TENANT=acme, **params) == 403
        for client in tokens[acme]:
            assert verify(stack, client, GATEHOUSE_TENANT=acme, **params) == 204
    assert verify(stack, root, GATEHOUSE_TENANT=acme,
                  GATEHOUSE_REQUIRE_PERMISSION="sales:orders:view") == 204


def session_of(client):
    return client.get("/auth/session", expect=200).json()["session"]["id"]


def last_active(stack, session, seconds_ago):
    """As if somebody had been active then, and the cache had not heard of it."""
    stack.administer_database(
        f"UPDATE {stack.info['database']}.sessions SET last_active_at = UTC_TIMESTAMP(6) -"
        f" INTERVAL {seconds_ago} SECOND WHERE id = UNHEX('{session.replace('-', '')}')")


@pytest.mark.parametrize("settings, ip", [({"idle_timeout": 60}, None),
                                          ({"ip_binding": "strict"}, "192.0.2.77")])
def test_whoever_is_refused_costs_no_sql(stack, cache, settings, ip):
    """S4, S5: an idle session, and one from another address that has been quiet for a while; nobody
    becomes active by being refused, so it would go on until the token expires."""
    tenant = stack.new_tenant(**settings)
    role = stack.new_role(tenant, "sales:orders:view")
    client = signed_in(stack, stack.new_user(tenant, roles=(role,)))
    last_active(stack, session_of(client), 70)
    cache.flush()
    begin = time.monotonic()
    before = verifications(stack, "database")
    for _ in range(200):
        assert verify(stack, client, ip) == 401
    asked = verifications(stack, "database") - before
    # The first; an idle one once a second, for another worker may have seen somebody.
    assert asked <= 2 + time.monotonic() - begin, asked


def test_an_old_proof_does_not_make_idle(stack):
    """S4: whatever the cache remembers, a session that was touched lives."""
    tenant = stack.new_tenant(idle_timeout=4)
    role = stack.new_role(tenant, "sales:orders:view")
    client = signed_in(stack, stack.new_user(tenant, roles=(role,)))
    session = session_of(client)
    assert verify(stack, client) == 204
    time.sleep(3)
    last_active(stack, session, 0)
    time.sleep(1.5)
    assert verify(stack, client) == 204
