"""A provider, or somebody between, that does not do as it should (SPEC O1; FACTS "OAuth"). Every
one is refused, on record, and signs nobody in."""

import json
import secrets
import threading
import time
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import pytest

from support.client import Client, describe, signed_in
from support.gatehouse import fresh_email
from support.oauth_provider import (Key, Provider, b64, come_back, error_of, go, hs256, jws, person,
                                    signed_in_as, start)


@pytest.fixture
def provider():
    made = Provider()
    yield made
    made.close()


@pytest.fixture
def home(stack, provider):
    return stack.new_tenant("hostile", oauth_providers=[provider.setting()])


def attempts(stack, slug):
    return stack.sql("SELECT a.* FROM attempts a JOIN tenants t ON t.id = a.tenant_id "
                     "WHERE t.slug = %s ORDER BY a.created_at", slug)


def refused(stack, slug, answer, client, code, reason):
    """Nobody is signed in, nothing is made, and administrators can read why."""
    assert error_of(answer) == code, describe(answer)
    names = [line.partition("=")[0] for line in answer.raw.headers.getlist("Set-Cookie")]
    assert not names, names
    assert signed_in_as(client) is None
    assert not stack.sql("SELECT 1 FROM sessions s JOIN tenants t ON t.id = s.tenant_id "
                         "WHERE t.slug = %s", slug)
    assert not stack.sql("SELECT 1 FROM oauth_identities i JOIN tenants t ON t.id = i.tenant_id "
                         "WHERE t.slug = %s", slug)
    last = attempts(stack, slug)[-1]
    assert (last["success"], last["counted"], last["reason"]) == (0, 0, reason)
    failed = stack.sql("SELECT e.after_json FROM audit_events e JOIN tenants t ON "
                       "t.id = e.tenant_id WHERE t.slug = %s AND e.event = 'login.failed' "
                       "ORDER BY e.created_at DESC LIMIT 1", slug)
    assert reason in failed[0]["after_json"]


def changed(**over):
    return lambda claims: {name: value for name, value in {**claims, **over}.items()
                           if value is not None}


NOW = int(time.time())


@pytest.mark.parametrize("claims, why", [
    (changed(nonce="another"), "nonce"), (changed(nonce=None), "nonce"),
    (changed(iss="https://evil.example"), "iss"), (changed(iss=None), "iss"),
    (lambda c: changed(iss=c["iss"] + "/")(c), "iss"),
    (changed(aud="somebody-else"), "aud"), (changed(aud=[]), "aud"), (changed(aud=None), "aud"),
    (lambda c: changed(aud=[c["aud"], "somebody-else"])(c), "aud"),
    (lambda c: changed(aud=[c["aud"], "x"], azp="x")(c), "aud"),
    (lambda c: changed(azp="somebody-else")(c), "aud"),
    (changed(exp=NOW - 1), "expired"), (changed(exp=None), "dates"), (changed(exp="9" * 10), "dates"),
    (changed(iat=None), "dates"), (changed(iat=NOW + 3600), "iat in the future"),
    (changed(iat=NOW - 3600), "iat long ago"), (changed(nbf=NOW + 3600), "nbf")])
def test_o1_claims_that_do_not_hold(stack, client, provider, home, claims, why):
    provider.claims = claims
    answer = go(client, provider, person(fresh_email()), tenant=home)
    refused(stack, home, answer, client, "invalid_credentials", f"oauth_id_token: {why}")


@pytest.mark.parametrize("sub", [None, "", "a\nb", "ä", "x" * 256, 7, True])
def test_o1_subjects_that_are_nobody(stack, client, provider, home, sub):
    provider.claims = changed(sub=sub)
    answer = go(client, provider, person(fresh_email()), tenant=home)
    refused(stack, home, answer, client, "invalid_credentials", "oauth_subject")


def other_key(claims, key):
    return jws({"alg": "RS256", "kid": key.kid}, claims, Key().sign)


def unknown_kid(claims, _):
    stranger = Key()
    return jws({"alg": "RS256", "kid": stranger.kid}, claims, stranger.sign)


def algorithm_none(claims, _):
    return jws({"alg": "none"}, claims, lambda _: b"")


def none_with_kid(claims, key):
    return jws({"alg": "None", "kid": key.kid}, claims, lambda _: b"")


def hs256_with_public_key(claims, key):
    return jws({"alg": "HS256", "kid": key.kid}, claims, hs256(key.public_pem()))


def own_key_inside(claims, key):
    stranger = Key(kid=key.kid)
    return jws({"alg": "RS256", "kid": key.kid, "jwk": stranger.jwk}, claims, stranger.sign)


def critical(claims, key):
    return jws({"alg": "RS256", "kid": key.kid, "crit": ["exp"]}, claims, key.sign)


def no_signature(claims, key):
    return jws({"alg": "RS256", "kid": key.kid}, claims, lambda _: b"")


def cut(claims, key):
    return jws({"alg": "RS256", "kid": key.kid}, claims, key.sign).rpartition(".")[0]


def other_algorithm(claims, key):
    return jws({"alg": "ES256", "kid": key.kid}, claims, key.sign)


def payload_swapped(claims, key):
    head, _, signature = jws({"alg": "RS256", "kid": key.kid}, claims, key.sign).split(".")
    return f"{head}.{b64(json.dumps({**claims, 'sub': 'another'}).encode())}.{signature}"


def twice_the_member(claims, key):
    text = '{"sub":"a",' + json.dumps(claims)[1:]
    part = b64(b'{"alg":"RS256","kid":"' + key.kid.encode() + b'"}') + "." + b64(text.encode())
    return part + "." + b64(key.sign(part.encode()))


@pytest.mark.parametrize("token, why", [
    (other_key, "signature"), (unknown_kid, "kid"), (algorithm_none, "alg"),
    (none_with_kid, "alg"), (hs256_with_public_key, "alg"), (own_key_inside, "signature"),
    (critical, "crit"), (no_signature, "signature"), (cut, "malformed"), (other_algorithm, "kid"),
    (payload_swapped, "signature"), (twice_the_member, "malformed"),
    (lambda *_: "x" * 20000, "malformed"), (lambda *_: "a.b.c", "malformed")])
def test_o1_tokens_that_nobody_signed(stack, client, provider, home, token, why):
    provider.token = token
    answer = go(client, provider, person(fresh_email()), tenant=home)
    refused(stack, home, answer, client, "invalid_credentials", f"oauth_id_token: {why}")


def test_o1_a_new_key_is_fetched_once(stack, client, provider, home):
    """A rotated key signs in at once; rubbish does not make us ask every time."""
    provider.keys_headers["Cache-Control"] = "public, max-age=3600"
    for _ in range(8):  # whichever worker it is
        go(Client(stack), provider, person(fresh_email()), tenant=home)
    assert sum(call[0] == "/jwks" for call in provider.calls) <= len(stack.workers("account"))
    time.sleep(3.2)
    provider.key = Key("ES256")
    provider.keys.append(provider.key)
    for _ in range(6):
        other = Client(stack)
        go(other, provider, person(fresh_email()), tenant=home)
        assert signed_in_as(other)
    provider.token = unknown_kid
    before = sum(call[0] == "/jwks" for call in provider.calls)
    for _ in range(12):
        go(Client(stack), provider, person(fresh_email()), tenant=home)
    asked = sum(call[0] == "/jwks" for call in provider.calls) - before
    assert asked <= len(stack.workers("account")) * 2 < 12, asked


# -- state ---------------------------------------------------------------------------------------

def test_o1_a_state_is_good_once(stack, client, provider, home):
    begun = start(client, tenant=home)
    query = provider.authorize(begun.headers["Location"], person(fresh_email()))
    come_back(client, query)
    assert signed_in_as(client)
    again = Client(stack)
    again.http.cookies.update(client.http.cookies)
    answer = come_back(again, query)
    assert error_of(answer) == "invalid_challenge"
    assert len(stack.sql("SELECT 1 FROM sessions s JOIN tenants t ON t.id = s.tenant_id "
                         "WHERE t.slug = %s", home)) == 1


def test_o1_in_parallel_a_state_is_good_once(stack, client, provider, home):
    begun = start(client, tenant=home)
    query = provider.authorize(begun.headers["Location"], person(fresh_email()))
    answers = []

    def back():
        one = Client(stack)
        one.http.cookies.update(client.http.cookies)
        answers.append(error_of(come_back(one, query)))
    threads = [threading.Thread(target=back) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, answers)) == ["None"] + ["invalid_challenge"] * 15


def test_o1_the_state_of_another_browser(stack, client, provider, home):
    """Login CSRF: a stranger's link signs nobody in as the stranger."""
    stranger = Client(stack)
    begun = start(stranger, tenant=home)
    query = provider.authorize(begun.headers["Location"], person(fresh_email()))
    start(client, tenant=home)
    answer = come_back(client, query)
    refused(stack, home, answer, client, "invalid_challenge", "oauth_other_browser")
    bare = Client(stack)
    begun = start(stranger, tenant=home)
    query = provider.authorize(begun.headers["Location"], person(fresh_email()))
    refused(stack, home, come_back(bare, query), bare, "invalid_challenge", "oauth_other_browser")


@pytest.mark.parametrize("state", [None, "", "x", "A" * 43, "A" * 44, "ä", "' OR 1=1 --"])
def test_o1_a_state_that_nobody_made(stack, client, provider, home, state):
    start(client, tenant=home)
    query = {"code": "x"} if state is None else {"code": "x", "state": state}
    assert error_of(come_back(client, query)) == "invalid_challenge"
    assert signed_in_as(client) is None and not provider.calls[1:]


def test_o1_a_state_lives_ten_minutes(stack, client, provider, home):
    begun = start(client, tenant=home)
    query = provider.authorize(begun.headers["Location"], person(fresh_email()))
    stack.administer_database(
        f"UPDATE {stack.info['database']}.oauth_states SET expires_at = UTC_TIMESTAMP(6)")
    assert error_of(come_back(client, query)) == "invalid_challenge"
    assert signed_in_as(client) is None


def test_o1_parameters_that_come_twice(stack, client, provider, home):
    """RFC 6749 3.1: neither counts."""
    begun = start(client, tenant=home)
    query = provider.authorize(begun.headers["Location"], person(fresh_email()))
    answer = client.get("/auth/oauth/corp/callback?" + urlencode(query) + "&code=other", token=None,
                        expect=302)
    refused(stack, home, answer, client, "invalid_credentials", "oauth_code")


def test_o1_a_replayed_code(stack, client, provider, home):
    """With a state of its own: the provider refuses it."""
    begun = start(client, tenant=home)
    query = provider.authorize(begun.headers["Location"], person(fresh_email()))
    provider.codes.pop(query["code"])
    refused(stack, home, come_back(client, query), client, "invalid_credentials", "oauth_code")


def test_o1_a_code_of_another_way(stack, client, provider, home):
    """Code injection: the code of a stranger's way, brought to one's own; PKCE refuses."""
    stranger = Client(stack)
    stolen = provider.authorize(start(stranger, tenant=home).headers["Location"],
                                person(fresh_email()))
    mine = provider.authorize(start(client, tenant=home).headers["Location"], person(fresh_email()))
    answer = come_back(client, {**mine, "code": stolen["code"]})
    refused(stack, home, answer, client, "invalid_credentials", "oauth_code")


def test_o1_the_person_says_no(stack, client, provider, home):
    begun = start(client, tenant=home)
    state = provider.authorize(begun.headers["Location"], {})["state"]
    answer = come_back(client, {"error": "access_denied", "state": state})
    refused(stack, home, answer, client, "authentication_required", "oauth_denied")


# -- mix-up --------------------------------------------------------------------------------------

@pytest.fixture
def two(stack, provider):
    """A tenant with two providers, of which one is hostile."""
    evil = Provider()
    slug = stack.new_tenant("mixup", oauth_providers=[provider.setting("honest"),
                                                      evil.setting("evil")])
    yield slug, provider, evil
    evil.close()


def test_o1_mix_up_by_the_redirect_uri(stack, client, two):
    """The state is for one provider, and each has a redirect URI of its own."""
    slug, honest, evil = two
    begun = start(client, "honest", tenant=slug)
    query = honest.authorize(begun.headers["Location"], person(fresh_email()))
    answer = come_back(client, query, "evil")
    refused(stack, slug, answer, client, "invalid_challenge", "oauth_other_provider")
    assert not [call for call in evil.calls if call[0] == "/token"], "the code went nowhere"


@pytest.mark.parametrize("kind", ["oidc", "oauth2"])
def test_o1_mix_up_across_tenants(stack, client, provider, kind):
    """RFC 9207 section 4: a tenant's own provider, under the id that another tenant uses, sends a
    person on to the honest one, with nonce and challenge of the attacker's own way in there. All
    codes come to one redirect URI; this one the hostile provider gets to see, and the attacker
    brings it back."""
    good = stack.new_tenant("good", oauth_providers=[provider.setting("hub")])
    evil = Provider(kind)
    bad = stack.new_tenant("bad", oauth_providers=[evil.setting("hub")])
    try:
        attacker = Client(stack)
        mine = urlsplit(start(attacker, "hub", tenant=good).headers["Location"])
        mine_asks = dict(parse_qsl(mine.query))
        theirs = dict(parse_qsl(urlsplit(
            start(client, "hub", tenant=bad).headers["Location"]).query))
        victim = person(fresh_email())
        sent_on = urlunsplit(mine._replace(
            query=urlencode({**mine_asks, "state": theirs["state"]})))
        came_back = provider.authorize(sent_on, victim)
        come_back(client, came_back, "hub")
        (stolen,) = [form["code"] for path, _, form in evil.calls if path == "/token"]
        assert stolen == came_back["code"], "the attack works so far"
        answer = come_back(attacker, {"code": stolen, "state": mine_asks["state"]}, "hub")
        refused(stack, good, answer, attacker, "invalid_challenge", "oauth_code_elsewhere")
    finally:
        evil.close()


def test_o1_a_plain_provider_names_no_issuer(stack, client):
    """Somebody who does is another one."""
    plain = Provider("oauth2")
    slug = stack.new_tenant("plain", oauth_providers=[plain.setting()])
    answer = go(client, plain, person(fresh_email()), tenant=slug, iss="https://honest.example")
    refused(stack, slug, answer, client, "invalid_credentials", "oauth_issuer")
    plain.close()


@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint",
                                      "userinfo_endpoint"])
def test_o1_the_accounts_of_a_plain_provider_are_those_of_all_its_endpoints(stack, client,
                                                                             endpoint):
    """With the userinfo endpoint of another, a token of that one's would do."""
    plain = Provider("oauth2")
    slug = stack.new_tenant("plain", oauth_providers=[plain.setting()])
    who = person(fresh_email())
    go(client, plain, who, tenant=slug)
    mine = signed_in_as(client)["id"]
    path = plain.setting()[endpoint]
    stack.set_tenant(slug, oauth_providers=[plain.setting(**{endpoint: path + "?moved=1"})])
    thief = Client(stack)
    begun = start(thief, tenant=slug)
    url = begun.headers["Location"].replace("?moved=1&", "?")
    come_back(thief, plain.authorize(url, {**who, "email": fresh_email()}))
    person_now = signed_in_as(thief)
    assert person_now is None or person_now["id"] != mine
    plain.close()


@pytest.mark.parametrize("iss", ["https://evil.example", "", "{issuer}/"])
def test_o1_mix_up_by_the_issuer(stack, client, two, iss):
    """RFC 9207: what the provider says of itself is checked where it says so."""
    slug, honest, _ = two
    begun = start(client, "honest", tenant=slug)
    query = honest.authorize(begun.headers["Location"], person(fresh_email()),
                             iss=iss.replace("{issuer}", honest.issuer))
    answer = come_back(client, query, "honest")
    refused(stack, slug, answer, client, "invalid_credentials", "oauth_issuer")
    assert not [call for call in honest.calls if call[0] == "/token"]


def test_o1_the_issuer_is_missed_where_it_was_announced(stack, client, provider, home):
    provider.discovery["authorization_response_iss_parameter_supported"] = True
    answer = go(client, provider, person(fresh_email()), tenant=home)
    refused(stack, home, answer, client, "invalid_credentials", "oauth_issuer")
    go(client, provider, person(fresh_email()), tenant=home, iss=provider.issuer)
    assert signed_in_as(client)


def test_o1_a_provider_that_points_elsewhere_meanwhile(stack, client, two):
    """Between the way there and the way back the settings change."""
    slug, honest, evil = two
    begun = start(client, "honest", tenant=slug)
    query = honest.authorize(begun.headers["Location"], person(fresh_email()))
    stack.set_tenant(slug, oauth_providers=[evil.setting("honest")])
    answer = come_back(client, query, "honest")
    refused(stack, slug, answer, client, "invalid_challenge", "oauth_other_provider")


def test_o1_the_same_id_is_not_the_same_people(stack, client, two):
    """Accounts belong to the issuer: another server under the same id brings in nobody of them."""
    slug, honest, evil = two
    who = person(fresh_email())
    go(client, honest, who, tenant=slug, name="honest")
    mine = signed_in_as(client)["id"]
    stack.set_tenant(slug, oauth_providers=[evil.setting("honest")])
    thief = Client(stack)
    answer = go(thief, evil, {**who, "email": fresh_email()}, tenant=slug, name="honest")
    assert error_of(answer) is None and signed_in_as(thief)["id"] != mine
    thief = Client(stack)
    assert error_of(go(thief, evil, {**who, "sub": "new"}, tenant=slug,
                       name="honest")) == "already_exists"


# -- answers that are no answers -----------------------------------------------------------------

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path, answer, code, reason", [
    ("/token", (302, {"Location": "http://169.254.169.254/"}, b""), "invalid_credentials",
     "oauth_code"),
    ("/token", (200, JSON, b"x" * 300_000), "unavailable", "oauth_unreachable"),
    ("/token", (200, JSON, b"not json"), "invalid_credentials", "oauth_code"),
    ("/token", (200, JSON, b"[]"), "invalid_credentials", "oauth_answer"),
    ("/token", (200, JSON, b'{"access_token": "a b", "id_token": "x"}'), "invalid_credentials",
     "oauth_answer"),
    ("/token", (200, JSON, b'{"access_token": "a\\r\\nX: y", "id_token": "x"}'),
     "invalid_credentials", "oauth_answer"),
    ("/token", (200, JSON, b'{"access_token": "a"}'), "invalid_credentials", "oauth_no_id_token"),
    ("/token", (500, JSON, b"{}"), "unavailable", "oauth_unreachable"),
    ("/jwks", (200, JSON, b'{"keys": 7}'), "unavailable", "oauth_unreachable"),
    ("/jwks", (200, JSON, b"x" * 300_000), "unavailable", "oauth_unreachable"),
    ("/jwks", (302, {"Location": "http://10.0.0.1/"}, b""), "unavailable", "oauth_unreachable"),
    ("/jwks", (200, JSON, b'{"keys": []}'), "invalid_credentials", "oauth_id_token: kid")])
def test_o1_answers_that_are_none(stack, client, provider, home, path, answer, code, reason):
    provider.raw[path] = answer
    refused(stack, home, go(client, provider, person(fresh_email()), tenant=home), client, code,
            reason)


@pytest.mark.parametrize("userinfo", [
    {"sub": "somebody-else", "email": "a@b.test", "email_verified": True}, {"email": "a@b.test"}, []])
def test_o1_userinfo_of_somebody_else(stack, client, provider, home, userinfo):
    provider.email_in_token, provider.userinfo = False, userinfo
    answer = go(client, provider, person(fresh_email()), tenant=home)
    refused(stack, home, answer, client, "invalid_credentials", "oauth_userinfo")


@pytest.mark.parametrize("discovery", [
    {"issuer": "https://accounts.example"}, {"issuer": None}, {"issuer": "{issuer}/"},
    {"token_endpoint": None}, {"jwks_uri": "http://10.0.0.1/jwks"},
    {"token_endpoint": "file:///etc/passwd"}, {"authorization_endpoint": "javascript:alert(1)"},
    {"authorization_endpoint": "http://provider.example/authorize"}, {"jwks_uri": "//x/jwks"}])
def test_o1_discovery_of_another(stack, client, provider, home, discovery):
    provider.discovery.update({name: value.replace("{issuer}", provider.issuer) if value else value
                               for name, value in discovery.items()})
    answer = start(client, tenant=home)
    assert error_of(answer) == "unavailable" and not answer.raw.headers.getlist("Set-Cookie")


@pytest.mark.parametrize("answer", [
    (302, {"Location": "http://169.254.169.254/"}, b""), (200, JSON, b"x" * 300_000),
    (404, JSON, b"{}"), (200, JSON, b"[1]")])
def test_o1_discovery_that_is_none(client, provider, home, answer):
    provider.raw["/.well-known/openid-configuration"] = answer
    assert error_of(start(client, tenant=home)) == "unavailable"


@pytest.mark.parametrize("issuer", ["https://10.0.0.1", "https://169.254.169.254",
                                    "https://[fd00::1]", "https://[::ffff:10.0.0.1]",
                                    "https://127.0.0.1:1", "https://nothing.invalid"])
def test_o1_addresses_that_are_not_called(stack, client, provider, issuer):
    """A tenant's administrator does not look around in our network."""
    slug = stack.new_tenant("hostile", oauth_providers=[provider.setting(issuer=issuer)])
    begun = time.monotonic()
    assert error_of(start(client, tenant=slug)) == "unavailable"
    assert time.monotonic() - begun < 6


# -- time ----------------------------------------------------------------------------------------

def test_o1_a_provider_that_hangs_stops_no_password(stack, provider, home):
    """It costs its own people five seconds, and leaves workers to everybody else."""
    user = stack.new_user(home)
    provider.delay["/token"] = 30
    waiting = []
    for _ in range(8):
        client = Client(stack)
        begun = start(client, tenant=home)
        waiting.append((client, provider.authorize(begun.headers["Location"],
                                                   person(fresh_email()))))
    took, errors = [], []

    def back(client, query):
        begun = time.monotonic()
        errors.append(error_of(come_back(client, query)))
        took.append(time.monotonic() - begun)
    threads = [threading.Thread(target=back, args=pair) for pair in waiting]
    for thread in threads:
        thread.start()
    time.sleep(1)
    begun = time.monotonic()
    signed_in(stack, user)
    password = time.monotonic() - begun
    for thread in threads:
        thread.join()
    assert password < 3, password
    assert errors == ["unavailable"] * 8 and max(took) < 8, (errors, took)
    reasons = [row["reason"] for row in attempts(stack, home) if not row["success"]]
    assert set(reasons) == {"oauth_unreachable", "oauth_busy"}


# -- nothing leaks -------------------------------------------------------------------------------

def test_a3_neither_code_nor_token_nor_secret_is_logged(stack, client, provider, home):
    begun = start(client, tenant=home)
    query = provider.authorize(begun.headers["Location"], person(fresh_email()))
    come_back(client, query)
    come_back(client, {"code": "canary-" + secrets.token_hex(8), "state": query["state"]})
    canaries = [query["code"], query["state"], provider.client_secret,
                client.http.cookies["__Host-gatehouse_oauth"]]
    canaries += [token for token in provider.codes if token.startswith("at-")]

    for path in Path(stack.info["log_dir"]).glob("*"):
        text = path.read_text(errors="replace")
        for canary in canaries:
            assert canary not in text, path
    events = repr(stack.sql("SELECT before_json, after_json FROM audit_events"))
    for canary in canaries:
        assert canary not in events
