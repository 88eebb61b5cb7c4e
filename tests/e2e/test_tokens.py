"""Access tokens (SPEC T1, T2, T4, T5, T7, T9, S8; RFC 8725)."""

import hashlib
import secrets
import time
import uuid

import pytest

from support import jwt
from support.client import Client, problem, signed_in
from support.wire import once

UUID = "00000000-0000-7000-8000-00000000abcd"


@pytest.fixture(scope="module")
def person(stack, tenant):
    """Somebody with two roles: an accepted token of theirs is a 204."""
    first = stack.new_role(tenant, "sales:orders:view", "sales:orders:edit:own", name="Primary")
    second = stack.new_role(tenant, "sales:orders:create", name="Ünïcode role")
    return stack.new_user(tenant, roles=(first, second))


@pytest.fixture(scope="module")
def alive(stack, person):
    """A signed-in client of `person` that stays signed in: the tests use its token's pieces."""
    return signed_in(stack, person, device="alive")


def status(stack, token):
    return Client(stack).verify(token=token).status_code


def test_claims_are_those_of_t1(stack, tenant, person, alive):
    """T1, T5, T2: exactly these, with these types."""
    header, claims, signature = jwt.parts(alive.access)
    assert header["alg"] == "HS256" and header["kid"] and len(signature) == 32
    assert set(header) == {"alg", "kid", "typ"}
    row = stack.user_row(person)
    assert set(claims) == {"iss", "aud", "sub", "jti", "sid", "iat", "nbf", "exp", "email",
                           "username", "tenant_id", "role", "roles", "permissions", "amr",
                           "auth_time"}
    assert claims["iss"] == stack.base_url
    assert claims["aud"] in (stack.base_url, [stack.base_url])
    assert claims["sub"] == str(uuid.UUID(bytes=row["id"]))
    assert claims["tenant_id"] == str(uuid.UUID(bytes=row["tenant_id"]))
    assert claims["sid"] == alive.session_id
    assert uuid.UUID(claims["jti"])
    assert claims["email"] == claims["username"] == person.email
    assert claims["role"] == "Primary" and claims["roles"] == ["Primary", "Ünïcode role"]
    assert sorted(claims["permissions"]) == ["sales:orders:create", "sales:orders:edit:own",
                                             "sales:orders:view"]
    assert claims["amr"] == ["pwd"]
    for moment in ("iat", "nbf", "exp", "auth_time"):
        assert isinstance(claims[moment], int)
    assert claims["exp"] - claims["iat"] == 3600
    assert claims["nbf"] <= claims["iat"] and abs(claims["iat"] - time.time()) < 120


def test_a_name_is_the_username_and_a_roleless_token_says_null(stack, tenant):
    """T1: display name where one is set; `role` null without a role (API.md)."""
    user = stack.new_user(tenant, flags=("--first-name", "Amina", "--last-name", "Otieno"))
    claims = jwt.parts(signed_in(stack, user).access)[1]
    assert claims["username"] == "Amina Otieno"
    assert claims["role"] is None and claims["roles"] == [] and claims["permissions"] == []


def test_claim_formats_are_the_tenants(stack):
    """T2: csv roles; permissions left out."""
    tenant = stack.new_tenant(roles_claim="csv", permissions_claim=False)
    roles = [stack.new_role(tenant, "sales:orders:view", name=name) for name in ("A", "B")]
    claims = jwt.parts(signed_in(stack, stack.new_user(tenant, roles=roles)).access)[1]
    assert claims["roles"] == "A,B" and claims["role"] == "A"
    assert "permissions" not in claims


def resigned(stack, token, header=None, claims=None, drop=(), digest=hashlib.sha256, key=None):
    old_header, old_claims, _ = jwt.parts(token)
    new_claims = {**old_claims, **(claims or {})}
    for name in drop:
        del new_claims[name]
    signing_key = jwt.secret(stack) if key is None else key
    return jwt.sign({**old_header, **(header or {})}, new_claims, signing_key, digest)


def test_a_token_signed_by_the_test_passes(stack, alive):
    """The control of all that follows: with the right key and nothing wrong it is accepted."""
    assert status(stack, resigned(stack, alive.access)) == 204
    now = int(time.time())
    assert status(stack, resigned(stack, alive.access, claims={"iat": now + 20,
                                                               "nbf": now + 20})) == 204


def forgeries(stack, token):
    """Name and token, each wrong in one thing and, where that is possible, validly signed."""
    header, claims, signature = jwt.parts(token)
    head, body, sig = token.split(".")
    key = jwt.secret(stack)
    now = int(time.time())
    kid = header["kid"]

    def signed(**changes):
        return resigned(stack, token, **changes)

    for alg in ("none", "None", "NONE", "nOnE", ""):
        new = jwt.encode({**header, "alg": alg})
        yield f"alg {alg!r}, no signature", f"{new}.{body}."
        yield f"alg {alg!r}, old signature", f"{new}.{body}.{sig}"
        yield f"alg {alg!r}, signed", signed(header={"alg": alg})
    yield "HS512", signed(header={"alg": "HS512"}, digest=hashlib.sha512)
    yield "HS384", signed(header={"alg": "HS384"}, digest=hashlib.sha384)
    for alg in ("RS256", "ES256", "EdDSA", "hs256", "HS256 "):
        yield f"alg {alg}", signed(header={"alg": alg})
    yield "no alg", jwt.sign({k: v for k, v in header.items() if k != "alg"}, claims, key)
    yield "alg a list", signed(header={"alg": ["HS256"]})
    for other in ("unknown0", "", kid + "0", kid[:-1], kid.upper(), "../../etc/passwd",
                  "/dev/null", "' OR 1=1 --", kid + "\u0000", 7, None, [kid]):
        yield f"kid {other!r}", signed(header={"kid": other})
    yield "no kid", jwt.sign({k: v for k, v in header.items() if k != "kid"}, claims, key)
    yield "wrong key", signed(key=secrets.token_bytes(32))
    yield "empty key", signed(key=b"")
    yield "kid as key", signed(key=kid.encode())
    yield "crit", signed(header={"crit": ["exp"]})
    yield "empty crit", signed(header={"crit": []})
    yield "jku", signed(header={"jku": stack.base_url + "/.well-known/jwks.json"})
    yield "x5u", signed(header={"x5u": "https://evil.test/x"})
    yield "x5c", signed(header={"x5c": ["AAAA"]})
    yield "jwk", signed(header={"jwk": {"kty": "oct", "k": jwt.encode(b"k" * 32)}},
                        key=b"k" * 32)
    yield "b64 false", signed(header={"b64": False})
    for typ in ("JWT", "logout+jwt", "refresh", "challenge+jwt", "", 1):
        if typ != header["typ"]:
            yield f"typ {typ!r}", signed(header={"typ": typ})
    yield "no typ", jwt.sign({k: v for k, v in header.items() if k != "typ"}, claims, key)
    yield "expired", signed(claims={"exp": now - 1})
    yield "expires now", signed(claims={"exp": now})
    yield "exp in words", signed(claims={"exp": str(now + 600)})
    yield "exp endless", signed(claims={"exp": 1e300})
    yield "exp negative", signed(claims={"exp": -1})
    yield "no exp", signed(drop=("exp",))
    yield "nbf ahead", signed(claims={"nbf": now + 120})
    yield "iat ahead", signed(claims={"iat": now + 120})
    yield "no iat", signed(drop=("iat",))
    yield "another issuer", signed(claims={"iss": "https://evil.test"})
    yield "issuer with a slash", signed(claims={"iss": stack.base_url + "/"})
    yield "no issuer", signed(drop=("iss",))
    yield "another audience", signed(claims={"aud": "https://evil.test"})
    yield "no audience", signed(drop=("aud",))
    yield "empty audience", signed(claims={"aud": []})
    yield "unknown session", signed(claims={"sid": UUID})
    yield "session in words", signed(claims={"sid": "x"})
    yield "no session", signed(drop=("sid",))
    yield "another tenant", signed(claims={"tenant_id": UUID})
    yield "another person", signed(claims={"sub": UUID})
    yield "no person", signed(drop=("sub",))
    yield "claims tampered", f"{head}.{jwt.encode({**claims, 'role': 'Admin'})}.{sig}"
    yield "signature cut", f"{head}.{body}.{sig[:-2]}"
    yield "signature flipped", f"{head}.{body}." + jwt.encode(
        bytes([signature[0] ^ 1]) + signature[1:])
    yield "signature zero", f"{head}.{body}." + jwt.encode(bytes(32))
    yield "signature empty", f"{head}.{body}."
    yield "padding", token + "="
    yield "unused bits", token[:-1] + chr(ord(token[-1]) + 1)
    yield "two parts", f"{head}.{body}"
    yield "four parts", token + ".AAAA"
    yield "five parts", f"{head}.{body}.{sig}.AAAA.AAAA"
    yield "claims a list", f"{head}.{jwt.encode(b'[]')}.{sig}"
    yield "header no JSON", f"{jwt.encode(b'{')}.{body}.{sig}"
    yield "nonsense", "nonsense"
    yield "dots", ".."
    yield "base64 plus", token.replace("-", "+").replace("_", "/") + "+"
    yield "huge", token + "A" * 5000


def test_every_forgery_gets_one_and_the_same_answer(stack, alive):
    """T4, RFC 8725: 401 invalid_token; nothing but the request id differs."""
    client = Client(stack)
    wanted, wanted_headers, accepted = None, None, []
    for name, token in forgeries(stack, alive.access):
        answer = client.verify(token=token)
        if answer.status_code != 401:
            accepted.append((name, answer.status_code))
            continue
        document = problem(answer, 401, "invalid_token")
        document.pop("request_id")
        headers = {k: v for k, v in answer.headers.items() if k not in ("Date", "X-Request-Id")}
        wanted, wanted_headers = wanted or document, wanted_headers or headers
        assert document == wanted and headers == wanted_headers, name
    assert not accepted
    alive.verify(expect=204)


def test_a_revoked_token_looks_like_any_bad_one(stack, person, alive):
    """T4: revoked, expired and forged are not told apart."""
    tenant_user = stack.new_user(person.tenant)
    client = signed_in(stack, tenant_user)
    client.post("/auth/logout", expect=204)
    revoked = problem(client.verify(), 401)
    forged = problem(client.verify(token=alive.access[:-4] + "AAAA"), 401)
    revoked.pop("request_id"), forged.pop("request_id")
    assert revoked == forged


def test_a_refresh_token_is_no_access_token(stack, alive):
    """T4, FACTS."""
    Client(stack).verify(token=alive.refresh_token, expect=(401, "invalid_token"))
    Client(stack).refresh(alive.access, expect=(401, "invalid_refresh_token"))
    alive.verify(expect=204)


def test_no_credential_is_another_answer(stack):
    """API.md: authentication_required, and no error= in the challenge."""
    Client(stack).verify(expect=(401, "authentication_required"))


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic QTpC", "Token abc",
                                   "Bearer a b", "Bearer\tx"])
def test_an_odd_authorization_header_is_refused(stack, value):
    """T4: 401 whatever it is, never 5xx."""
    assert once(stack, "GET", "/auth/verify", [("Authorization", value)]).status in (400, 401)


def test_the_scheme_is_case_insensitive(stack, alive):
    """RFC 9110 11.1."""
    answer = once(stack, "GET", "/auth/verify", [("Authorization", "bearer " + alive.access)])
    assert answer.status == 204


def test_two_authorization_headers_are_refused(stack, alive):
    """FACTS: repeated headers arrive as repeated params; which one counts must not be luck."""
    good = ("Authorization", "Bearer " + alive.access)
    assert once(stack, "GET", "/auth/verify", [good, ("Authorization", "Bearer x")]).status in (
        400, 401)
    assert once(stack, "GET", "/auth/verify", [("Authorization", "Bearer x"), good]).status in (
        400, 401)


def cookie(*values):
    return ("Cookie", "; ".join(f"__Host-gatehouse_access={value}" for value in values))


def test_the_header_alone_decides_where_both_come(stack, alive):
    """S8."""
    bad = ("Authorization", "Bearer " + alive.access[:-4] + "AAAA")
    good = ("Authorization", "Bearer " + alive.access)
    assert once(stack, "GET", "/auth/verify", [bad, cookie(alive.access)]).status == 401
    assert once(stack, "GET", "/auth/verify", [good, cookie("x")]).status == 204
    assert once(stack, "GET", "/auth/verify", [cookie(alive.access)]).status == 204


def test_two_access_cookies_are_refused(stack, alive):
    """API.md: in one Cookie line or in two."""
    token = alive.access
    assert once(stack, "GET", "/auth/verify", [cookie(token, token)]).status == 401
    assert once(stack, "GET", "/auth/verify", [cookie(token, "x")]).status == 401
    assert once(stack, "GET", "/auth/verify", [cookie(token), cookie("x")]).status in (400, 401)
    assert once(stack, "GET", "/auth/verify", [cookie(token + " ")]).status in (204, 401)
    for near in ("__host-gatehouse_access", "X__Host-gatehouse_access"):
        assert once(stack, "GET", "/auth/verify",
                    [("Cookie", f"{near}={token}")]).status == 401


def test_a_token_lives_exactly_as_long_as_it_says(stack):
    """T5, N5: access_ttl; expiry is exact."""
    tenant = stack.new_tenant(access_ttl=3, sliding_renewal=False)
    client = signed_in(stack, stack.new_user(tenant))
    expiry = jwt.parts(client.access)[1]["exp"]
    client.get("/auth/session", expect=200)
    time.sleep(max(0.0, expiry - time.time()) + 0.05)
    client.verify(expect=(401, "invalid_token"))
    client.refresh(expect=200)


def test_no_token_outlives_its_session(stack):
    """API.md: exp and refresh_expires_in never pass the session's end."""
    tenant = stack.new_tenant(session_ttl=3)
    client = signed_in(stack, stack.new_user(tenant))
    answer = client.refresh().json()
    assert answer["expires_in"] <= 3 and answer["refresh_expires_in"] <= 3
    time.sleep(3.1)
    client.verify(expect=(401, "invalid_token"))
    client.refresh(answer["refresh_token"], expect=(401, "invalid_refresh_token"))


def test_sliding_renewal_in_the_last_half_of_a_tokens_life(stack):
    """T7: X-Renewed-Token on verify and session, for bearer clients; never past the session."""
    tenant = stack.new_tenant(access_ttl=4, session_ttl=6)
    role = stack.new_role(tenant, "sales:orders:view")
    client = signed_in(stack, stack.new_user(tenant, roles=(role,)))
    first = jwt.parts(client.access)[1]
    assert "X-Renewed-Token" not in client.verify(expect=204).headers
    time.sleep(2.6)
    renewed = client.verify(expect=204).headers["X-Renewed-Token"]
    assert client.get("/auth/session", expect=200).headers["X-Renewed-Token"]
    second = jwt.parts(renewed)[1]
    assert second["sid"] == first["sid"] and second["jti"] != first["jti"]
    assert first["exp"] < second["exp"] <= first["auth_time"] + 7
    client.verify(token=renewed, expect=204)
    client.post("/auth/logout", token=renewed, expect=204)
    client.verify(expect=401)


def test_renewal_in_cookie_mode_is_one_cookie(stack):
    """T7, DESIGN 8: auth_request keeps a single Set-Cookie."""
    tenant = stack.new_tenant(access_ttl=4)
    role = stack.new_role(tenant, "sales:orders:view")
    browser = Client(stack)
    browser.login(stack.new_user(tenant, roles=(role,)), transport="cookie")
    time.sleep(2.6)
    answer = browser.verify(expect=204)
    lines = answer.raw.headers.getlist("Set-Cookie")
    assert len(lines) == 1 and lines[0].startswith("__Host-gatehouse_access=")
    assert "X-Renewed-Token" not in answer.headers
    time.sleep(1.6)
    browser.verify(expect=204)


def test_a_poisoned_cache_is_no_authority(stack, cache, person):
    """T9: swapped, cut, altered and invented values are misses, never verdicts."""
    victim = signed_in(stack, stack.new_user(person.tenant))
    before = set(cache.keys())
    client = signed_in(stack, person, device="poison")
    client.verify(expect=204)
    values = {}
    for key in set(cache.keys()) - before:
        assert person.email not in key and client.session_id not in key
        head, _, rest = cache.get(key).partition(b"\r\n")
        values[key] = rest[:int(head.split()[3])]
    assert values, "a verification publishes its proof"
    client.post("/auth/logout", expect=204)
    for key, value in values.items():
        flipped = value[:-1] + bytes([value[-1] ^ 1])
        for poison in (flipped, value[:-1], value + b"x", b"", b"{}", b"1", b"\0" * 4096):
            cache.overwrite(key, poison)
            client.verify(expect=(401, "invalid_token"))
    cache.flush()
    victim.verify(expect=(403, "no_role_assigned"))
