"""OAuth sign-in with a provider that does as it should (SPEC O1, O3; API.md "Second factor,
OAuth"): the way there and back, who is let in, what is kept, and what is offered."""

import json
import secrets
from urllib.parse import parse_qs, urlsplit

import pytest

from support.admin import tenant_admin, text_id
from support.client import Client, problem, signed_in
from support.gatehouse import fresh_email
from support.jwt import parts
from support.oauth_provider import (Provider, come_back, error_of, go, person, signed_in_as, start)


@pytest.fixture(scope="module")
def provider():
    made = Provider()
    yield made
    made.close()


@pytest.fixture
def home(stack, provider):
    """A tenant of the test's own that offers the provider as `corp`."""
    return stack.new_tenant("oauth", oauth_providers=[provider.setting()])


def events(stack, slug, name):
    return stack.sql("SELECT e.* FROM audit_events e JOIN tenants t ON t.id = e.tenant_id "
                     "WHERE t.slug = %s AND e.event = %s ORDER BY e.created_at", slug, name)


def attempts(stack, slug):
    return stack.sql("SELECT a.* FROM attempts a JOIN tenants t ON t.id = a.tenant_id "
                     "WHERE t.slug = %s ORDER BY a.created_at", slug)


# -- the way there -------------------------------------------------------------------------------

def test_o1_the_request_carries_state_nonce_and_pkce(stack, client, provider, home):
    answer = start(client, tenant=home, return_to="/demo/")
    url = urlsplit(answer.headers["Location"])
    asked = {name: values[0] for name, values in parse_qs(url.query).items()}
    assert url._replace(query="").geturl() == provider.issuer + "/authorize"
    assert set(asked) == {"response_type", "client_id", "redirect_uri", "scope", "state", "nonce",
                          "code_challenge", "code_challenge_method"}
    assert asked["redirect_uri"] == f"{stack.base_url}/auth/oauth/corp/callback"
    assert asked["scope"].split() == ["openid", "email", "profile"]
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) == 43, "256 bits"
    cookie = next(line for line in answer.raw.headers.getlist("Set-Cookie")
                  if line.startswith("__Host-gatehouse_oauth="))
    for attribute in ("Path=/", "Max-Age=600", "Secure", "SameSite=Lax", "HttpOnly"):
        assert attribute in cookie
    assert "Domain" not in cookie
    # Neither the state, nor the cookie, nor the nonce stands in the database.
    row = stack.sql("SELECT * FROM oauth_states ORDER BY created_at DESC LIMIT 1")[0]
    kept = repr(row)
    for secret in (asked["state"], asked["nonce"], asked["code_challenge"],
                   cookie.partition("=")[2].partition(";")[0]):
        assert secret not in kept


def test_o1_two_ways_share_nothing_but_the_browser(client, home):
    first, second = (start(client, tenant=home).headers["Location"] for _ in range(2))
    one, two = (parse_qs(urlsplit(url).query) for url in (first, second))
    for name in ("state", "nonce", "code_challenge"):
        assert one[name] != two[name]


@pytest.mark.parametrize("return_to", [
    "//evil.example", "/\\evil.example", "\\\\evil.example", "https://evil.example/",
    "https://localhost@evil.example/", "{base}@evil.example/", "{base}.evil.example/",
    "http://localhost:{port}/", "javascript:alert(1)", "data:text/html,x", "/x\r\nSet-Cookie: a=b",
    "/\tx", "/ x", "https:/evil.example", "https:evil.example", "demo/", "/" + "x" * 2000,
    "HTTPS://evil.example", "https://evil.example\\{base}", "/%0", "{base}:1/"])
def test_o1_return_to_leads_nowhere_else(stack, client, home, return_to):
    wanted = return_to.replace("{base}", stack.base_url).replace("{port}", str(stack.port))
    if return_to == "/%0":  # nothing wrong with it: a path of this site
        start(client, tenant=home, return_to=wanted)
        return
    problem(start(client, tenant=home, return_to=wanted, expect=422), 422, "validation_failed")


@pytest.mark.parametrize("return_to", ["/", "/demo/?a=b&c=%2F#part", "{base}", "{base}/x?y=//z"])
def test_o1_return_to_is_this_site(stack, client, provider, home, return_to):
    wanted = return_to.replace("{base}", stack.base_url)
    answer = go(client, provider, person(fresh_email()), tenant=home, return_to=wanted)
    assert answer.headers["Location"] == wanted


def test_o1_unknown_providers_and_tenants(client, home):
    start(client, "nobody", tenant=home, expect=(404, "not_found"))
    start(client, "corp", tenant="no-such-tenant", expect=(422, "unknown_tenant"))
    start(client, "Corp", tenant=home, expect=(404, "not_found"))
    client.get(f"/auth/oauth/{'a' * 33}/start", expect=(404, "not_found"))


# -- who is let in -------------------------------------------------------------------------------

def test_o3_a_new_person_is_provisioned_and_signed_in(stack, client, provider, home):
    email = fresh_email()
    answer = go(client, provider, person(email, given_name="Ada", family_name="Byron"), tenant=home)
    assert answer.headers["Location"] == "/demo/"
    me = signed_in_as(client)
    assert me["email"] == email and me["email_verified"] and me["status"] == "active"
    assert (me["first_name"], me["last_name"], me["roles"]) == ("Ada", "Byron", [])
    names = {line.partition("=")[0] for line in answer.raw.headers.getlist("Set-Cookie")}
    assert names == {"__Host-gatehouse_access", "__Secure-gatehouse_refresh",
                     "__Host-gatehouse_csrf", "__Host-gatehouse_device"}
    token = client.http.cookies["__Host-gatehouse_access"]
    assert parts(token)[1]["amr"] == ["fed"]
    (attempt,) = attempts(stack, home)
    assert (attempt["success"], attempt["reason"], attempt["identifier"]) == (1, "oauth", email)
    for name in ("user.registered", "oauth.linked", "login.succeeded"):
        assert len(events(stack, home, name)) == 1, name
    (linked,) = events(stack, home, "oauth.linked")
    assert json.loads(linked["after_json"])["provider"] == "corp"
    # Without a role, every check of one refuses (SPEC R6).
    client.get("/auth/verify", token=None, expect=(403, "no_role_assigned"))


def test_o3_they_come_back_as_the_same(stack, client, provider, home):
    who = person(fresh_email())
    go(client, provider, who, tenant=home)
    first = signed_in_as(client)
    # With another address meanwhile: the subject is who they are.
    other = Client(stack)
    go(other, provider, {**who, "email": fresh_email()}, tenant=home)
    assert signed_in_as(other)["id"] == first["id"]
    assert signed_in_as(other)["email"] == first["email"]
    # S2: one device, one session.
    assert signed_in_as(client) is None
    assert len(events(stack, home, "oauth.linked")) == 1


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_o1_every_algorithm(stack, client, algorithm):
    made = Provider(algorithm=algorithm)
    slug = stack.new_tenant("oauth", oauth_providers=[made.setting()])
    go(client, made, person(fresh_email()), tenant=slug)
    assert signed_in_as(client)
    made.close()


def test_o1_the_address_from_userinfo(stack, client, provider, home):
    """Many providers tell it there alone (OpenID Connect Core 5.4)."""
    made = Provider()
    made.email_in_token = False
    slug = stack.new_tenant("oauth", oauth_providers=[made.setting()])
    email = fresh_email()
    go(client, made, person(email), tenant=slug)
    assert signed_in_as(client)["email"] == email
    made.close()


def test_o1_a_secret_in_the_body_where_discovery_says_so(stack, client):
    made = Provider()
    made.discovery["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    slug = stack.new_tenant("oauth", oauth_providers=[made.setting()])
    go(client, made, person(fresh_email()), tenant=slug)
    assert signed_in_as(client)
    (call,) = [call for call in made.calls if call[0] == "/token"]
    assert "Authorization" not in call[1] and call[2]["client_secret"] == made.client_secret
    made.close()


def test_o1_a_plain_oauth2_provider(stack, client):
    """Like GitHub: the userinfo endpoint names people by a number, and vouches for no address."""
    made = Provider("oauth2")
    slug = stack.new_tenant("oauth", oauth_providers=[made.setting("hub", scopes=["read:user"])])
    begun = start(client, "hub", tenant=slug)
    asked = parse_qs(urlsplit(begun.headers["Location"]).query)
    assert asked["scope"] == ["read:user"] and "nonce" not in asked
    who = {"id": secrets.randbelow(10**9), "login": "ada", "email": fresh_email()}
    answer = come_back(client, made.authorize(begun.headers["Location"], who), "hub")
    assert error_of(answer) == "email_not_verified" and signed_in_as(client) is None
    # The mailed link proves the address; then the account signs in.
    token = stack.mail.wait(who["email"], "verify_email").token()
    client.post("/auth/verify-email", {"token": token}, token=None, expect=200)
    go(client, made, who, tenant=slug, name="hub")
    me = signed_in_as(client)
    assert me["email"] == who["email"] and me["status"] == "active"
    # Somebody else with the same number as a text is the same (that is how it is kept); 0, true
    # and null are nobody.
    for nobody in (True, None, {}, ""):
        other = Client(stack)
        assert error_of(go(other, made, {"id": nobody, "email": fresh_email()}, tenant=slug,
                           name="hub")) == "invalid_credentials"
    made.close()


def test_o3_the_registration_policy_holds(stack, provider):
    """N4, N5: closed, domains, the user limit; refused alike whether the address has an account."""
    closed = stack.new_tenant("oauth", registration="closed", oauth_providers=[provider.setting()])
    domain = stack.new_tenant("oauth", registration="domain",
                              registration_domains=["good.test"],
                              oauth_providers=[provider.setting()])
    full = stack.new_tenant("oauth", oauth_providers=[provider.setting()])
    users = {slug: stack.new_user(slug) for slug in (closed, domain, full)}
    stack.administer_database(
        f"UPDATE {stack.info['database']}.tenants SET max_users = 1 WHERE slug = '{full}'")
    for slug, code in ((closed, "registration_closed"),
                       (domain, "registration_domain_not_allowed"), (full, "tenant_user_limit")):
        for email in (fresh_email(), users[slug].email):
            client = Client(stack)
            assert error_of(go(client, provider, person(email), tenant=slug)) == code
            assert signed_in_as(client) is None
        assert stack.value("SELECT COUNT(*) FROM users u JOIN tenants t ON t.id = u.tenant_id "
                           "WHERE t.slug = %s", slug) == 1
        assert {row["reason"] for row in attempts(stack, slug)} == {code}
    client = Client(stack)
    go(client, provider, person(f"ada-{secrets.token_hex(4)}@good.test"), tenant=domain)
    assert signed_in_as(client)


def test_o3_obstacles_hold(stack, provider, home):
    """A disabled account, a suspended tenant, an ended subscription."""
    who = person(fresh_email())
    client = Client(stack)
    go(client, provider, who, tenant=home)
    email = signed_in_as(client)["email"]
    stack.cli("user", "disable", "--tenant", home, "--email", email)
    assert error_of(go(Client(stack), provider, who, tenant=home)) == "account_disabled"
    stack.cli("tenant", "suspend", home)
    assert error_of(go(Client(stack), provider, person(fresh_email()),
                       tenant=home)) == "tenant_suspended"
    stack.cli("tenant", "resume", home)
    other = person(fresh_email())
    go(Client(stack), provider, other, tenant=home)
    stack.administer_database(
        f"UPDATE {stack.info['database']}.tenants SET subscription_ends_at = '2020-01-01' "
        f"WHERE slug = '{home}'")
    assert error_of(go(Client(stack), provider, other, tenant=home)) == "subscription_expired"
    assert stack.value("SELECT COUNT(*) FROM sessions s JOIN tenants t ON t.id = s.tenant_id "
                       "WHERE t.slug = %s AND s.revoked_at IS NULL", home) <= 1


def test_o3_a_lock_from_guessed_passwords_stops_no_oauth(stack, provider, home):
    user = stack.new_user(home)
    owner = signed_in(stack, user)
    answer = owner.post("/auth/oauth/corp/link", expect=200)
    who = person(user.email)
    back = provider.authorize(answer.json()["authorize_url"], who)
    assert error_of(come_back(owner, back)) is None
    stranger = Client(stack)
    for _ in range(5):
        stranger.login(user, "wrong-password-123", expect=401)
    stranger.login(user, expect=429)
    other = Client(stack)
    go(other, provider, who, tenant=home)
    assert signed_in_as(other)["email"] == user.email


def test_s2_the_device_rule_and_the_cookie(stack, provider):
    """The browser keeps its device; another device ends the session (max_sessions 1)."""
    slug = stack.new_tenant("oauth", max_sessions=2, oauth_providers=[provider.setting()])
    who = person(fresh_email())
    client = Client(stack)
    go(client, provider, who, tenant=slug)
    first = client.get("/auth/session", token=None).json()["session"]
    go(client, provider, who, tenant=slug)
    second = client.get("/auth/session", token=None).json()["session"]
    assert first["device"] == second["device"] and first["id"] != second["id"]
    assert second["device"]["type"] == "web"
    for _ in range(2):
        go(Client(stack), provider, who, tenant=slug)
    assert signed_in_as(client) is None, "the oldest went"
    assert len(stack.sql("SELECT 1 FROM sessions s JOIN tenants t ON t.id = s.tenant_id "
                         "WHERE t.slug = %s AND s.revoked_at IS NULL", slug)) == 2


# -- what is offered, and kept -------------------------------------------------------------------

def test_n5_providers_are_listed_without_anything_else(stack, client, provider, home):
    answer = client.get(f"/auth/oauth/providers?tenant={home}", expect=200)
    assert answer.json() == {"items": [{"id": "corp", "name": "The corp"}]}
    client.get("/auth/oauth/providers?tenant=no-such-tenant", expect=(422, "unknown_tenant"))
    empty = stack.new_tenant()
    assert client.get(f"/auth/oauth/providers?tenant={empty}").json() == {"items": []}


class Settings:
    def __init__(self, stack, slug):
        self.admin = tenant_admin(stack, slug)
        self.path = "/auth/tenants/" + text_id(
            stack.value("SELECT id FROM tenants WHERE slug = %s", slug)) + "/settings"

    def get(self):
        return self.admin.get(self.path, expect=200).json()["oauth_providers"]

    def put(self, providers, expect=200):
        return self.admin.call("PATCH", self.path, {"oauth_providers": providers}, expect=expect)


def test_n5_a_client_secret_goes_in_and_never_out(stack, provider):
    """API.md: write-only. Sealed in the database, in no audit event, in no log."""
    slug = stack.new_tenant("oauth")
    settings = Settings(stack, slug)
    item = provider.setting()
    answer = settings.put([item])
    shown = {name: value for name, value in item.items() if name != "client_secret"}
    shown["scopes"] = []
    assert answer.json()["oauth_providers"] == [shown] == settings.get()
    secret = item["client_secret"]
    for table in ("tenants", "oauth_secrets", "audit_events"):
        assert secret not in repr(stack.sql(f"SELECT * FROM {table}"))
    (box,) = stack.sql("SELECT s.* FROM oauth_secrets s JOIN tenants t ON t.id = s.tenant_id "
                       "WHERE t.slug = %s", slug)
    assert len(box["secret"]) == len(secret) + 28 and box["kid"]
    # Everything but the secret again, and something changed: it stays, and works.
    settings.put([{**shown, "name": "Another name"}])
    client = Client(stack)
    go(client, provider, person(fresh_email()), tenant=slug)
    assert signed_in_as(client)
    # Only the secret: that is a change too, and says no more than that.
    before = len(events(stack, slug, "settings.updated"))
    settings.put([{**shown, "name": "Another name", "client_secret": "an-other-secret-1"}])
    settings.put([{**shown, "name": "Another name", "client_secret": "an-other-secret-1"}])
    after = events(stack, slug, "settings.updated")
    assert len(after) == before + 1, "the second changed nothing"
    assert json.loads(after[-1]["after_json"]) == {"oauth_client_secrets_changed": ["corp"]}
    assert error_of(go(Client(stack), provider, person(fresh_email()),
                       tenant=slug)) == "invalid_credentials"
    # With its provider it goes.
    settings.put([])
    assert not stack.sql("SELECT 1 FROM oauth_secrets s JOIN tenants t ON t.id = s.tenant_id "
                         "WHERE t.slug = %s", slug)


def test_t3_secrets_outlive_a_rotation(stack, provider, home):
    """gatehouse key rotate --ring totp, reseal: what was sealed before still opens."""
    def kid():
        return stack.value("SELECT s.kid FROM oauth_secrets s JOIN tenants t ON t.id = s.tenant_id "
                           "WHERE t.slug = %s", home)
    before = kid()
    stack.cli("key", "rotate", "--ring", "totp")
    go(client := Client(stack), provider, person(fresh_email()), tenant=home)
    assert signed_in_as(client), "under the key before"
    refusal = stack.cli("key", "retire", before, check=False)
    assert refusal.returncode != 0
    stack.cli("key", "reseal")
    assert kid() != before
    go(client := Client(stack), provider, person(fresh_email()), tenant=home)
    assert signed_in_as(client)


def test_n5_a_kept_secret_goes_nowhere_else(stack, provider):
    """Whoever may change settings must not learn it by pointing the provider at a server of
    their own."""
    slug = stack.new_tenant("oauth", oauth_providers=[provider.setting()])
    settings = Settings(stack, slug)
    (shown,) = settings.get()
    answer = settings.put([{**shown, "issuer": "http://127.0.0.1:9"}], expect=422)
    assert answer.json()["errors"][0]["pointer"] == "/oauth_providers/0/client_secret"
    settings.put([{**shown, "issuer": "http://127.0.0.1:9", "client_secret": "given-again-1"}])
    settings.put([{**shown, "issuer": "http://127.0.0.1:8", "client_secret": None}])
    assert not stack.sql("SELECT 1 FROM oauth_secrets s JOIN tenants t ON t.id = s.tenant_id "
                         "WHERE t.slug = %s", slug)


@pytest.mark.parametrize("field, value", [
    ("issuer", "http://provider.example"), ("issuer", "https://a@provider.example"),
    ("issuer", "https://provider.example/#x"), ("issuer", "https://Provider.example"),
    ("issuer", "https://provider.example/?a=b"), ("issuer", "ftp://provider.example"),
    ("issuer", None), ("id", "Corp"), ("id", "-corp"), ("id", "providers"), ("id", "a" * 33),
    ("type", "saml"), ("client_id", ""), ("client_secret", ""), ("client_secret", "a\nb"),
    ("token_endpoint", "https://provider.example/token"), ("scopes", ["a b"]), ("scopes", "openid"),
    ("unknown", "x"), ("name", "")])
def test_n5_what_a_provider_may_be(stack, tenant, provider, field, value):
    settings = Settings(stack, tenant)
    item = {**provider.setting(), field: value}
    if value is None:
        del item[field]
    problem(settings.put([item], expect=422), 422, "validation_failed")
    twice = settings.put([provider.setting(), provider.setting()], expect=422)
    assert twice.json()["errors"][0]["pointer"] == "/oauth_providers/1/id"


def test_u7_identities_are_listed_and_exported(stack, client, provider, home):
    who = person(fresh_email())
    go(client, provider, who, tenant=home)
    (identity,) = client.get("/auth/me/identities", token=None, expect=200).json()["items"]
    assert (identity["provider"], identity["name"], identity["subject"], identity["email"]) == (
        "corp", "The corp", who["sub"], who["email"])
    export = client.get("/auth/me/export", token=None, expect=200).json()
    assert export["identities"] == [identity]
    for query in ("limit=0", "sort=provider", "what=1"):
        client.get(f"/auth/me/identities?{query}", token=None, expect=(422, "validation_failed"))
