"""A tenant's settings (SPEC N5, T2; API.md "Tenant settings")."""

import time

import pytest

from support import jwt
from support.client import Client, describe, problem, signed_in, twin
from support.parallel import together
from support.tenants import (
    at, configure, events, everywhere, make, member, pointers, try_to_register, viewer)
from support.tenants import home, lord, root  # pylint: disable=unused-import

DEFAULTS = {
    "access_ttl": 3600, "session_ttl": 86400, "refresh_grace": 10, "idle_timeout": 0,
    "max_sessions": 1, "lockout_threshold": 5, "lockout_window": 900, "lockout_duration": 900,
    "password_min_length": 10, "require_2fa": "off", "mfa_challenge_ttl": 300,
    "verify_email_ttl": 86400, "password_reset_ttl": 1800, "registration": "open",
    "registration_domains": [], "ip_binding": "off", "roles_claim": "array",
    "permissions_claim": True, "sliding_renewal": True, "info_text": "", "mail_sender_name": "",
    "oauth_link_verified_email": False, "oauth_providers": []}
OIDC = {"id": "corp", "name": "Größe", "type": "oidc", "issuer": "https://id.example/a",
        "client_id": "c", "scopes": ["openid", "email"]}
HUB = {"id": "hub", "name": "Hub", "type": "oauth2", "client_id": "c", "scopes": [],
       "authorization_endpoint": "https://hub.example/authorize?x=y",
       "token_endpoint": "https://hub.example/token",
       "userinfo_endpoint": "https://api.hub.example/user"}
OTHERS = {
    "access_ttl": [1, 86400], "session_ttl": [1, 366 * 86400], "refresh_grace": [0, 300],
    "idle_timeout": [1, 366 * 86400], "max_sessions": [0, 1000], "lockout_threshold": [1, 1000],
    "lockout_window": [1, 86400], "lockout_duration": [1, 86400],
    "password_min_length": [11, 128], "require_2fa": ["admins", "all"],
    "mfa_challenge_ttl": [1, 3600], "verify_email_ttl": [1, 30 * 86400],
    "password_reset_ttl": [1, 86400], "registration": ["domain", "closed"],
    "registration_domains": [["a.example", "b.example"], ["bücher.example"]],
    "ip_binding": ["subnet", "strict"], "roles_claim": ["csv"], "permissions_claim": [False],
    "sliding_renewal": [False], "info_text": ["Hello,\nworld", "ü" * 4000],
    "mail_sender_name": ["Größe", "x" * 100], "oauth_link_verified_email": [True],
    "oauth_providers": [[OIDC], [HUB, OIDC]]}
BAD = {
    "access_ttl": [0, -1, 86401, "60", 1.5, True, [], {}], "session_ttl": [0, 366 * 86400 + 1],
    "refresh_grace": [-1, 301], "idle_timeout": [-1, 366 * 86400 + 1],
    "max_sessions": [-1, 1001, "0"], "lockout_threshold": [0, 1001, 2 ** 63],
    "lockout_window": [0, 86401], "lockout_duration": [0, 86401],
    "password_min_length": [9, 0, 129], "require_2fa": ["on", "", True, "ALL"],
    "mfa_challenge_ttl": [0, 3601], "verify_email_ttl": [0, 30 * 86400 + 1],
    "password_reset_ttl": [0, 86401], "registration": ["", "Open", 1],
    "registration_domains": ["a.example", [1], [None], ["a\u0000b.example"], ["x" * 254],
                             ["a.example"] * 101, [""], ["@a.example"], ["nodot"], ["*.a.example"],
                             ["a.example, b.example"]],
    "ip_binding": ["loose", None and ""], "roles_claim": ["list"],
    "permissions_claim": ["true", 1, 0], "sliding_renewal": ["false"],
    "info_text": ["x" * 4001, "a\u0000b", "a\u001bb", 7], "mail_sender_name":
        ["x" * 101, "a\r\nBcc: b@c.example", 7], "oauth_link_verified_email": ["yes"],
    "oauth_providers": [{}, [1], [{}], [OIDC, OIDC], [{**OIDC, "issuer": "http://id.example"}],
                        [{**HUB, "issuer": "https://id.example"}], [OIDC] * 21, "corp"]}


def test_settings_begin_with_the_defaults(root):
    """N5: a flat object, all keys."""
    tenant = make(root)
    assert root.get(at(tenant) + "/settings", expect=200).json() == DEFAULTS
    assert set(OTHERS) == set(BAD) == set(DEFAULTS)


@pytest.mark.parametrize("key", sorted(DEFAULTS))
def test_every_setting_is_kept_and_reset(stack, root, key):
    """N5, A1: read back, alone changed; null is the default; the event shows this key alone."""
    tenant = make(root)
    path = at(tenant) + "/settings"
    for value in OTHERS[key]:
        assert configure(root, tenant, **{key: value}) == {**DEFAULTS, key: value}
        assert root.get(path, expect=200).json() == {**DEFAULTS, key: value}
        assert configure(root, tenant, **{key: value}) == {**DEFAULTS, key: value}
    assert configure(root, tenant, **{key: None}) == DEFAULTS
    assert configure(root, tenant) == DEFAULTS
    values = [DEFAULTS[key], *OTHERS[key], DEFAULTS[key]]
    me = stack.user_id(root.user)
    assert events(stack, tenant, "settings.updated") == [
        ("settings.updated", me, {key: before}, {key: after})
        for before, after in zip(values, values[1:])]


@pytest.mark.parametrize("key", sorted(BAD))
def test_settings_out_of_bounds(root, key):
    """N5, E5: named, and the good ones beside them are not taken either."""
    tenant = make(root)
    path = at(tenant) + "/settings"
    for value in BAD[key]:
        if value is None:
            continue
        other = "info_text" if key != "info_text" else "mail_sender_name"
        answer = root.call("PATCH", path, {key: value, other: "fine"})
        found = pointers(answer)
        assert all(p == f"/{key}" or p.startswith(f"/{key}/") for p in found), describe(answer)
    assert root.get(path, expect=200).json() == DEFAULTS


@pytest.mark.parametrize("key", ["nonsense", "slug", "status", "generation", "id", "max_users",
                                 "settings", "", "access_ttl ", "Access_ttl", "__proto__"])
def test_settings_that_are_none(root, key):
    """E5: mass assignment."""
    tenant = make(root)
    answer = root.call("PATCH", at(tenant) + "/settings", {key: 1, "access_ttl": 60})
    assert pointers(answer) == {"/" + key}, describe(answer)
    assert root.get(at(tenant), expect=200).json() == tenant
    assert root.get(at(tenant) + "/settings", expect=200).json() == DEFAULTS


def test_settings_changed_at_once_are_all_kept(root):
    """N5: under the row's lock no change is lost."""
    tenant = make(root)
    values = {"access_ttl": 61, "session_ttl": 62, "lockout_window": 63, "info_text": "64",
              "max_sessions": 65, "roles_claim": "csv", "idle_timeout": 67, "refresh_grace": 68}
    clients = [twin(root) for _ in values]
    together([lambda c=client, k=key, v=value: configure(c, tenant, **{k: v})
              for client, (key, value) in zip(clients, values.items())])
    assert root.get(at(tenant) + "/settings", expect=200).json() == {**DEFAULTS, **values}


def test_domains_are_compared_in_lower_case(stack, root):
    """N5: as addresses are. With no domain at all nobody registers."""
    tenant = make(root)
    settings = configure(root, tenant, registration="domain",
                         registration_domains=["Example.TEST"])
    assert settings["registration_domains"] == ["example.test"]
    assert try_to_register(stack, tenant).status_code == 202
    problem(try_to_register(stack, tenant, "a@other.test"), 403, "registration_domain_not_allowed")
    configure(root, tenant, registration_domains=[])
    problem(try_to_register(stack, tenant), 403, "registration_domain_not_allowed")


def test_settings_hold_for_the_next_request(stack, root):
    """N5, T8: on living sessions, whatever the cache remembers."""
    tenant = make(root)
    client = signed_in(stack, viewer(stack, tenant))
    everywhere([client], 204)
    configure(root, tenant, require_2fa="all")
    client.get("/auth/info", expect=(403, "two_factor_enrolment_required"))
    configure(root, tenant, require_2fa="admins")
    client.get("/auth/info", expect=200)
    configure(root, tenant, ip_binding="strict")
    elsewhere = Client(stack)
    elsewhere.access = client.access
    elsewhere.verify(expect=(401, "invalid_token"))
    everywhere([client], 204)
    configure(root, tenant, ip_binding="off", info_text="Opening hours:\n8 to 5")
    elsewhere.verify(expect=204)
    assert client.get("/auth/info", expect=200).json()["text"] == "Opening hours:\n8 to 5"


def claims_of(token):
    return jwt.parts(token)[1]


def test_claim_formats_show_in_the_next_token(stack, root):
    """T2, T7: by refresh, by renewal and at sign-in."""
    tenant = make(root)
    configure(root, tenant, access_ttl=6, max_sessions=0)
    roles = [stack.new_role(tenant["slug"], "sales:orders:view", name=name) for name in ("B", "A")]
    user = stack.new_user(tenant["slug"], roles=roles)
    client = signed_in(stack, user)
    claims = claims_of(client.access)
    assert claims["roles"] == ["B", "A"] and claims["permissions"] == ["sales:orders:view"]
    client.verify(expect=204)
    configure(root, tenant, roles_claim="csv", permissions_claim=False)
    tokens = [client.refresh().json()["access_token"], signed_in(stack, user).access]
    time.sleep(3.3)
    tokens.append(client.verify(expect=204).headers["X-Renewed-Token"])
    for token in tokens:
        claims = claims_of(token)
        assert claims["roles"] == "B,A" and claims["role"] == "B"
        assert "permissions" not in claims and "permissions_omitted" not in claims
    configure(root, tenant, roles_claim=None, permissions_claim=None)
    claims = claims_of(signed_in(stack, user).access)
    assert claims["roles"] == ["B", "A"] and claims["permissions"] == ["sales:orders:view"]
    # Nobody without a role has one in csv.
    configure(root, tenant, roles_claim="csv")
    claims = claims_of(signed_in(stack, member(stack, tenant)).access)
    assert claims["roles"] == "" and claims["role"] is None


def test_permissions_that_are_too_many_are_left_out(stack, root):
    """T2: past 3 KiB the token says so, by every way to get one, and decisions do not care."""
    tenant = make(root)
    configure(root, tenant, access_ttl=6, max_sessions=0)
    role = stack.new_role(tenant["slug"], "sales:orders:view")
    user = stack.new_user(tenant["slug"], roles=(role,))
    role_id = stack.value("SELECT HEX(r.id) FROM roles r JOIN tenants t ON t.id = r.tenant_id "
                          "WHERE t.slug = %s AND r.name = %s", tenant["slug"], role)
    values = ", ".join(f"(UNHEX('{role_id}'), 'many:things{n}:do')" for n in range(400))
    stack.administer_database(
        f"INSERT INTO gatehouse.role_permissions (role_id, permission) VALUES {values}")
    client = signed_in(stack, user)
    tokens = [client.access, client.refresh().json()["access_token"]]
    time.sleep(3.3)
    tokens.append(client.verify(expect=204).headers["X-Renewed-Token"])
    for token in tokens:
        assert len(token) <= 3072
        claims = claims_of(token)
        assert claims["permissions_omitted"] is True and "permissions" not in claims
        client.get("/auth/verify?permission=many:things399:do", token=token, expect=204)
        client.get("/auth/verify?permission=many:things400:do", token=token, expect=403)
