"""Providers of the configuration file, which every tenant offers, and the origins besides one's own
to which a sign-in may lead back (SPEC O1, N5). The stack is restarted for them, and back."""

import json

import pytest

from support.client import Client
from support.gatehouse import build_flags, fresh_email, run_script
from support.oauth_provider import Provider, error_of, go, link, person, signed_in_as, start
from support.second_factor import Person

NAMES = ("id", "name", "type", "issuer", "client_id")


def configure(stack, **values):
    """Lists are TOML as they stand."""
    flags = [part for key, value in values.items() for part in ("--set", f"oauth.{key}={value}")]
    run_script("up", "--dir", str(stack.path.parent), "--port", str(stack.port), *build_flags(),
               *flags)
    stack.reload()


def inline(setting, secret_file):
    members = [f"{name} = {json.dumps(setting[name])}" for name in NAMES]
    return "{" + ", ".join([*members, f"client_secret_file = {json.dumps(str(secret_file))}"]) + "}"


@pytest.fixture(scope="module")
def provider():
    made = Provider()
    yield made
    made.close()


@pytest.fixture(scope="module")
def installed(stack, provider, tmp_path_factory):
    secret = tmp_path_factory.mktemp("oauth") / "secret"
    secret.write_text(provider.client_secret + "\n")
    secret.chmod(0o600)
    configure(stack, providers=f"[{inline(provider.setting('house'), secret)}]")
    yield
    configure(stack, providers="[]")


def test_every_tenant_offers_them(stack, client, provider, installed):
    slug = stack.new_tenant("house")
    listed = client.get(f"/auth/oauth/providers?tenant={slug}", expect=200).json()["items"]
    assert listed == [{"id": "house", "name": "The house"}]
    go(client, provider, person(fresh_email()), tenant=slug, name="house")
    assert signed_in_as(client)


def test_a_tenants_own_by_the_same_id_comes_first(stack, client, provider, installed):
    own = Provider()
    slug = stack.new_tenant("house", oauth_providers=[{**own.setting("house"), "name": "Ours"},
                                                      own.setting("other")])
    listed = client.get(f"/auth/oauth/providers?tenant={slug}", expect=200).json()["items"]
    assert [item["name"] for item in listed] == ["Ours", "The other"]
    assert start(client, "house", tenant=slug).headers["Location"].startswith(own.issuer)
    # And its secret is its own: none is none, not the installation's.
    stack.set_tenant(slug, oauth_providers=[{**provider.setting("house"), "client_secret": None}])
    assert error_of(go(Client(stack), provider, person(fresh_email()), tenant=slug,
                       name="house")) == "invalid_credentials"
    own.close()


def test_r4_a_platform_admin_comes_in_by_them(stack, client, provider, installed):
    """Whoever configures the installation is trusted with everything; the tenant's own provider,
    linked before the promotion, is no way in, nor one that lets the other go."""
    own = Provider()
    slug = stack.new_tenant("house", max_sessions=0, oauth_providers=[own.setting("own")])
    boss = Person(stack, slug)
    claims = person(boss.user.email)
    assert error_of(link(boss.client, own, person(boss.user.email), "own")) is None
    stack.assign(boss.user, "Platform Administrator")
    assert error_of(link(boss.client, provider, claims, "house")) is None
    assert error_of(go(client, provider, claims, tenant=slug, name="house")) is None
    client.post("/auth/2fa/challenge", {"code": boss.code()}, token=None, expect=200)
    assert signed_in_as(client)["is_platform_admin"] is True
    client.csrf = client.http.cookies["__Host-gatehouse_csrf"]
    client.post("/auth/refresh", token=None, expect=200)
    assert signed_in_as(client)["is_platform_admin"] is True
    stack.administer_database(f"UPDATE {stack.info['database']}.users SET password_hash = NULL "
                              f"WHERE email = '{boss.user.email}'")
    boss.client.call("DELETE", "/auth/oauth/house", expect=(409, "last_sign_in_method"))
    boss.client.call("DELETE", "/auth/oauth/own", expect=204)
    own.close()


def test_o1_the_allowlist_of_origins(stack, client, provider, installed):
    slug = stack.new_tenant("house")
    exact = [origin for origin in stack.info["cors_origins"] if "*" not in origin]
    assert stack.config["oauth"]["return_origins"] == exact == ["https://app.example.test"]
    wanted = "https://app.example.test/a?b#c"
    answer = go(client, provider, person(fresh_email()), tenant=slug, name="house",
                return_to=wanted)
    assert answer.headers["Location"] == wanted
    # An origin that may call us by CORS by a wildcard may not therefore be led back to.
    for other in ("https://x.app.example.test/", "https://a.apps.example.test/",
                  "http://app.example.test/", "https://app.example.test.evil.example/"):
        start(client, "house", tenant=slug, return_to=other, expect=(422, "validation_failed"))
