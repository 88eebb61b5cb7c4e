"""Forged and malformed tokens, by the hundred, against a stack whose ring has a key of every
algorithm (SPEC T4, RFC 8725). What a ring with HS256 alone refuses is in test_tokens.py."""

import json
import secrets
import tempfile
import time

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support import jwt, keys
from support.admin import Service, tenant_admin
from support.callers import SERVICE_OR_SESSION, SESSION, TABLE, media_of
from support.client import Client, describe, problem, signed_in
from support.gatehouse import TEST_SETTINGS, fresh_email, fresh_password, run_script, start_stack
from support.openapi import fill, operations

UUID = "00000000-0000-7000-8000-00000000abcd"
P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.fixture(scope="module")
def stack():
    """Of its own: its ring is rotated through every algorithm."""
    with tempfile.TemporaryDirectory(prefix="gatehouse-") as directory:
        made = start_stack(directory, TEST_SETTINGS)
        try:
            for algorithm in ("EdDSA", "ES256", "RS256", "HS256"):
                keys.rotate(made, algorithm)
            yield made
        finally:
            run_script("down", "--dir", directory, "--wipe")


@pytest.fixture(scope="module")
def alive(stack):
    """A token of theirs under any living key is a 204, where nothing is wrong with it."""
    tenant = stack.new_tenant()
    return signed_in(stack, stack.new_user(tenant, roles=(stack.new_role(tenant, "a:b:c"),)))


@pytest.fixture(scope="module")
def by_algorithm(stack):
    return {key.algorithm: key for key in keys.ring(stack).values()}


def raw(token):
    head, _, signature = token.rpartition(".")
    return head, jwt.decode(signature)


def with_signature(token, signature):
    return token.rpartition(".")[0] + "." + jwt.encode(signature)


def other_spellings(algorithm):
    yield from ("none", "None", "NONE", "nOnE", " none", "none ", "non\u0435", "", "null",
                "HS256\0",
                algorithm.lower(), algorithm.upper() + " ", " " + algorithm, algorithm + "\n",
                algorithm + "\0", algorithm.swapcase(), "HS384", "HS512", "ES384", "ES512",
                "ES256K",
                "RS384", "RS512", "PS256", "PS384", "PS512", "Ed25519", "EdDSA448", "A256GCMKW",
                "RSA-OAEP", "dir", "ECDH-ES", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256")


def of_headers(key, claims):
    """Validly signed with the key that they name: the header alone is wrong."""
    for alg in other_spellings(key.algorithm):
        if alg != key.algorithm:
            yield f"alg {alg!r}", key.sign(key.header(alg=alg), claims)
    for alg in (None, 0, True, [key.algorithm], {"alg": key.algorithm}, 256.0):
        yield f"alg {alg!r}", key.sign(key.header(alg=alg), claims)
    for alg in keys.ALGORITHMS:
        if alg != key.algorithm:
            yield f"swapped to {alg}", key.sign(key.header(alg=alg), claims)
    for alg in ("none", "None", "NONE"):
        yield f"{alg}, empty", key.sign(key.header(alg=alg), claims).rpartition(".")[0] + "."
    for kid in ("../" * 8 + "etc/passwd", "/dev/null", "file:///dev/null", "x' OR '1'='1",
                "x'; DROP TABLE users; --", "' UNION SELECT 'a", "k" * 4000, key.kid + "\0",
                key.kid + "\n", " " + key.kid, key.kid.upper(), key.kid[:-1], key.kid + "0",
                "\u212a" + key.kid[1:], "ключ", "\U0001f511", "${jndi:ldap://x}", "%s%n", "|id",
                "",
                "0", [key.kid], {"kid": key.kid}, 1, 1.5, True, None):
        yield f"kid {kid!r:.30}", key.sign(key.header(kid=kid), claims)
    yield "kid missing", key.sign({"alg": key.algorithm, "typ": "at+jwt"}, claims)
    for name, value in (
            ("crit", ["exp"]), ("crit", []), ("crit", "exp"),
            ("jku", "https://evil.test/jwks.json"),
            ("x5u", "https://evil.test/x.pem"), ("x5c", ["MIIB"]), ("x5t", "AAAA"), ("b64", False),
            ("x5t#S256", "AAAA"), ("zip", "DEF"), ("cty", "JWT"), ("enc", "A256GCM"),
            ("epk", {}), ("p2c", 2147483647), ("exp", 9999999999), ("unknown", 1)):
        yield f"header {name} {value!r}", key.sign(key.header(**{name: value}), claims)
    for typ in ("JWT", "at+JWT", "application/at+jwt", "at+jwt ", "refresh+jwt", "id+jwt",
                "secevent+jwt", "logout+jwt", "dpop+jwt", None, ["at+jwt"], 1, ""):
        yield f"typ {typ!r}", key.sign(key.header(typ=typ), claims)
    text = json.dumps(key.header())
    for name, spelled in (
            ("two algs", text[:-1] + f', "alg": "{key.algorithm}"}}'),
            ("two kids", text[:-1] + f', "kid": "{key.kid}"}}'),
            ("none first", '{"alg": "none", ' + text[1:]),
            ("escaped twice", text[:-1] + f', "\\u0061lg": "{key.algorithm}"}}'),
            ("trailing comma", text[:-1] + ",}"), ("comment", text[:-1] + "/**/}"),
            ("single quotes", text.replace('"', "'")), ("two documents", text + text),
            ("array", f"[{text}]"), ("string", json.dumps(text)), ("null", "null"),
            ("deep", text[:-1] + ', "a": ' + "[" * 500 + "]" * 500 + "}"), ("empty object", "{}"),
            ("cut", text[:-1])):
        yield f"header {name}", key.sign(spelled.encode(), claims)
    yield "header BOM", key.sign(b"\xef\xbb\xbf" + text.encode(), claims)
    yield "header UTF-16", key.sign(text.encode("utf-16"), claims)
    yield "header ill-formed", key.sign(text.encode().replace(b"at+jwt", b"at\xff"), claims)


def of_claims(key, claims):
    """Validly signed; a claim is wrong."""
    now = int(time.time())
    for name in ("exp", "nbf", "iat"):
        for value in (str(now), f"{now}.0", float(now) + 0.5, now + 1e-9, -1, -2**63, 2**63, 2**64,
                      10**30, 1e300, None, True, [now], {"$gt": 0}, "", 253402300800 * 1000):
            yield f"{name} {value!r:.30}", key.sign(key.header(), {**claims, name: value})
        for spelled in ("1e400", "-1e400", "NaN", "Infinity", "0x7fffffff", "01", "+1", f"{now}e0",
                        f"{now + 600}.0", "-0.5"):
            text = json.dumps({**claims, name: 123454321}).replace("123454321", spelled)
            yield f"{name} spelled {spelled}", key.sign(key.header(), text.encode())
        without = {k: v for k, v in claims.items() if k != name}
        yield f"{name} missing", key.sign(key.header(), without)
    yield "expired", key.sign(key.header(), {**claims, "exp": now})
    yield "not yet", key.sign(key.header(), {**claims, "nbf": now + 90})
    yield "issued ahead", key.sign(key.header(), {**claims, "iat": now + 90})
    for name in ("iss", "aud"):
        good = claims[name]
        for value in (good + "/", good.upper(), good + "\0", " " + good, "", None, 0, [],
                      [good, good],
                      ["https://evil.test", good], {good: 1}, "https://evil.test", "*",
                      good.replace("https", "http")):
            yield f"{name} {value!r:.30}", key.sign(key.header(), {**claims, name: value})
    for name in ("sub", "sid", "tenant_id"):
        for value in (UUID, "", None, 0, [claims[name]], claims[name] + "0",
                      "{" + claims[name] + "}",
                      claims[name].replace("-", ""), "' OR 1=1", "*", "%"):
            yield f"{name} {value!r:.30}", key.sign(key.header(), {**claims, name: value})
        without = {k: v for k, v in claims.items() if k != name}
        yield f"{name} missing", key.sign(key.header(), without)
    text = json.dumps(claims)
    for name in ("exp", "sub", "iss", "sid"):
        double = text[:-1] + f', "{name}": {json.dumps(claims[name])}}}'
        yield f"two {name}", key.sign(key.header(), double.encode())
    for name, spelled in (("array", f"[{text}]"), ("string", json.dumps(text)), ("null", "null"),
                          ("twice", text + text), ("cut", text[:-1]), ("empty", ""),
                          ("none", "{}")):
        yield f"claims {name}", key.sign(key.header(), spelled.encode())
    nested = key.sign(key.header(), claims)
    yield "nested JWT", key.sign(key.header(), nested.encode())
    yield "nested JWT, cty", key.sign(key.header(cty="JWT"), nested.encode())


def of_forms(key, claims):
    """A good token, taken apart and put together badly."""
    good = key.sign(key.header(), claims)
    head, body, signature = good.split(".")
    for name, token in (
            ("empty header", f".{body}.{signature}"), ("empty claims", f"{head}..{signature}"),
            ("empty signature", f"{head}.{body}."), ("two parts", f"{head}.{body}"),
            ("one part", head), ("dots", ".."), ("three dots", "..."), ("leading dot", "." + good),
            ("trailing dot", good + "."),
            ("JWE form", f"{head}.{body}.{signature}.{body}.{signature}"),
            ("four parts", f"{good}.{signature}"), ("padded header", f"{head}=.{body}.{signature}"),
            ("padded claims", f"{head}.{body}=.{signature}"), ("padded", good + "="),
            ("padded twice", good + "=="),
            ("signature twice", f"{head}.{body}.{signature}{signature}"),
            ("swapped parts", f"{body}.{head}.{signature}"), ("doubled", good + good),
            ("percent", good.replace(".", "%2E")), ("comma", good + "," + good),
            ("huge header", "A" * 5000 + f".{body}.{signature}"),
            ("huge claims", f"{head}.{body}{'A' * 6000}.{signature}"),
            ("huge signature", f"{good}{'A' * 6000}"), ("a letter more", good + "A"),
            ("a letter less", good[:-1]), ("truncated", good[:-8]), ("half", good[:len(good) // 2]),
            ("claims cut", f"{head}.{body[:-1]}.{signature}"), ("reversed", good[::-1])):
        yield name, token
    # The last letter's unused bits: the same bytes in another spelling (RFC 4648 section 3.5).
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    if len(signature) % 4:
        yield "unused bits", good[:-1] + letters[letters.index(good[-1]) + 1]
    plain = good.replace("-", "+").replace("_", "/")
    yield "standard base64", plain if plain != good else good + "+"
    flipped = bytearray(jwt.decode(signature))
    for place in (0, len(flipped) // 2, len(flipped) - 1):
        changed = bytes(flipped[:place]) + bytes([flipped[place] ^ 1]) + bytes(flipped[place + 1:])
        yield f"bit of byte {place}", with_signature(good, changed)
    yield "zeros", with_signature(good, bytes(len(flipped)))
    yield "ones", with_signature(good, b"\xff" * len(flipped))
    yield "a zero in front", with_signature(good, b"\0" + bytes(flipped))
    yield "a zero behind", with_signature(good, bytes(flipped) + b"\0")
    yield "of another's claims", with_signature(
        key.sign(key.header(), {**claims, "sub": UUID}), bytes(flipped))


def of_keys(by_algorithm, claims):
    """Signed with something that is not the key: what an attacker has."""
    secret = by_algorithm["HS256"]
    for algorithm in ("EdDSA", "ES256", "RS256"):
        key = by_algorithm[algorithm]
        jwk = {"kty": "x"}
        public = [key.public(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
                  key.public(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).strip(),
                  key.public(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)]
        if algorithm == "RS256":
            numbers = key.pair.public_key().public_numbers()
            modulus = numbers.n.to_bytes(384, "big")
            jwk = {"e": "AQAB", "kty": "RSA", "n": jwt.encode(modulus)}
            public += [key.public(Encoding.PEM, PublicFormat.PKCS1),
                       key.public(Encoding.DER, PublicFormat.PKCS1), modulus]
        elif algorithm == "ES256":
            point = key.public(Encoding.X962, PublicFormat.UncompressedPoint)
            jwk = {"crv": "P-256", "kty": "EC", "x": jwt.encode(point[1:33]),
                   "y": jwt.encode(point[33:])}
            public += [point, key.public(Encoding.X962, PublicFormat.CompressedPoint)]
        else:
            point = key.public(Encoding.Raw, PublicFormat.Raw)
            jwk = {"crv": "Ed25519", "kty": "OKP", "x": jwt.encode(point)}
            public += [point]
        public += [json.dumps(jwk).encode(), json.dumps(jwk, separators=(",", ":")).encode(),
                   key.kid.encode(), b""]
        for number, known in enumerate(public):
            for kid in (key.kid, secret.kid):
                for alg in ("HS256", algorithm):
                    yield (f"HMAC with public {algorithm} {number}, {alg}, {kid}",
                           jwt.sign(key.header(alg=alg, kid=kid), claims, known))
        # The right kind, another's key; and as a header that brings its own.
        stranger = keys.Key.__new__(keys.Key)
        stranger.kid, stranger.algorithm = key.kid, algorithm
        stranger.pair = {"EdDSA": ed25519.Ed25519PrivateKey.generate,
                         "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
                         "RS256": lambda: rsa.generate_private_key(65537, 2048)}[algorithm]()
        yield f"a stranger's {algorithm}", stranger.sign(key.header(), claims)
        yield f"a stranger's {algorithm}, jwk", stranger.sign(key.header(jwk=jwk), claims)
        for other in by_algorithm.values():
            if other is not key:
                yield (f"{other.algorithm} under the kid of {algorithm}",
                       other.sign(key.header(), claims))
                yield (f"{other.algorithm} saying so under the kid of {algorithm}",
                       other.sign(other.header(kid=key.kid), claims))


def of_ecdsa(key, claims):
    good = key.sign(key.header(), claims)
    _, signature = raw(good)
    r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
    n = P256_ORDER
    for name, (first, second) in {
            "r = s = 0": (0, 0), "r = 0": (0, s), "s = 0": (r, 0), "r = s = 1": (1, 1),
            "r = n": (n, s), "s = n": (r, n), "both n": (n, n), "swapped": (s, r),
            "both over": (2**256 - 1, 2**256 - 1), "r = n - 1": (n - 1, s)}.items():
        yield f"ES256 {name}", with_signature(
            good, first.to_bytes(32, "big") + second.to_bytes(32, "big"))
    der = key.pair.sign(good.rpartition(".")[0].encode(), ec.ECDSA(hashes.SHA256()))
    yield "ES256 in DER", with_signature(good, der)
    yield "ES256 in 66 bytes", with_signature(good, b"\0" + signature[:32] + b"\0" + signature[32:])
    digest = key.pair.sign(good.rpartition(".")[0].encode(), ec.ECDSA(hashes.SHA512()))
    yield "ES256 with SHA-512", with_signature(good, digest)


def of_eddsa(key, claims):
    good = key.sign(key.header(), claims)
    _, signature = raw(good)
    s = int.from_bytes(signature[32:], "little")
    yield "EdDSA S + L", with_signature(
        good, signature[:32] + (s + ED25519_ORDER).to_bytes(32, "little"))
    for name, point in (("identity", b"\1" + bytes(31)), ("zero", bytes(32)),
                        ("not canonical", b"\xee" + b"\xff" * 30 + b"\x7f"),
                        ("identity, signed", b"\1" + bytes(30) + b"\x80")):
        yield f"EdDSA R {name}, S 0", with_signature(good, point + bytes(32))
        yield f"EdDSA R {name}", with_signature(good, point + signature[32:])


def of_other_kinds(stack, alive):
    """Everything else that Gatehouse hands out, where an access token belongs."""
    yield "refresh token", alive.refresh_token
    email = fresh_email("link")
    Client(stack).post("/auth/register", {"tenant": stack.tenant, "email": email,
                                          "password": fresh_password()}, expect=202)
    yield "link token", stack.mail.wait(email, "verify_email").token()
    browser = Client(stack)
    browser.login(stack.new_user(alive.user.tenant), transport="cookie")
    yield "CSRF token", browser.csrf
    for cookie in browser.http.cookies:
        if "access" not in cookie.name:
            yield f"cookie {cookie.name}", cookie.value
    service = Service(tenant_admin(stack, alive.user.tenant))
    yield "client secret", service.secret
    yield "Basic credential", service.basic.partition(" ")[2]
    yield "session id", alive.session_id
    for ring in ("csrf", "cache", "identifier", "refresh", "totp"):
        entry, = [row for row in json.loads(stack.cli("key", "list", "--json").stdout)
                  if row["ring"] == ring]
        claims = jwt.parts(alive.access)[1]
        yield f"kid of {ring}", keys.active(stack).sign(
            keys.active(stack).header(kid=entry["kid"]), claims)


@pytest.fixture(scope="module")
def forgeries(stack, alive, by_algorithm):
    claims = jwt.parts(alive.access)[1]
    table = {}
    for algorithm, key in by_algorithm.items():
        for make in (of_headers, of_claims, of_forms):
            for name, token in make(key, claims):
                table[f"{algorithm}: {name}"] = token
    table.update(of_keys(by_algorithm, claims))
    table.update(of_ecdsa(by_algorithm["ES256"], claims))
    table.update(of_eddsa(by_algorithm["EdDSA"], claims))
    table.update(of_other_kinds(stack, alive))
    return table


def test_a_token_signed_by_the_test_passes_under_every_key(stack, alive, by_algorithm):
    """The control of all that follows."""
    assert sorted(by_algorithm) == sorted(keys.ALGORITHMS)
    claims = jwt.parts(alive.access)[1]
    for key in keys.ring(stack).values():
        alive.verify(token=key.sign(key.header(), claims), expect=204)


def test_every_forgery_gets_one_and_the_same_answer(alive, forgeries):
    """T4: 401 invalid_token; nothing but the request id differs, whatever is wrong."""
    assert len(forgeries) > 1000
    client = Client(alive.stack)
    wrong, answers = [], set()
    for name, token in forgeries.items():
        answer = client.verify(token=token)
        if answer.status_code != 401:
            wrong.append((name, answer.status_code))
            continue
        document = problem(answer, 401, "invalid_token")
        document.pop("request_id")
        headers = {k: v for k, v in answer.headers.items()
                   if k not in ("Date", "X-Request-Id", "Connection")}
        answers.add(json.dumps([document, headers], sort_keys=True))
    assert not wrong and len(answers) == 1, (wrong, answers)
    alive.verify(expect=204)


def test_no_route_takes_a_forgery(stack, alive, forgeries):
    """T4: every route that takes a session, with a sample each."""
    names, seen = list(forgeries), 0
    for operation in operations(stack):
        rule = TABLE[operation.name]
        if rule not in (SESSION, SERVICE_OR_SESSION) and rule not in ("TA", "PA") \
                and not rule.startswith("auth:"):
            continue
        client = Client(stack)  # of an address of its own: rates are limited
        for name in [names[secrets.randbelow(len(names))] for _ in range(6)]:
            answer = client.call(operation.method, fill(operation.template),
                                 token=forgeries[name], **media_of(operation))
            assert answer.status_code == 401, (name, describe(answer))
            problem(answer, 401, "invalid_token")
            seen += 1
    assert seen > 250
    alive.verify(expect=204)


def test_no_forgery_is_active_to_a_service(stack, alive, forgeries):
    """T10, T4: introspection judges tokens by the same rule."""
    service = Client(stack)
    service.http.headers["Authorization"] = Service(tenant_admin(stack, alive.user.tenant)).basic
    sample = [name for number, name in enumerate(forgeries) if number % 10 == 0]
    assert len(sample) > 100
    # A current refresh token is active, and rightly so.
    for name in sample:
        if name in ("refresh token", "cookie __Host-gatehouse_refresh"):
            continue
        answer = service.call("POST", "/auth/introspect", token=None,
                              data={"token": forgeries[name]})
        assert answer.status_code in (200, 422), (name, describe(answer))
        if answer.status_code == 200:
            assert answer.json() == {"active": False}, name


def test_the_log_says_why(stack, alive, by_algorithm):
    """T4: precisely, for the operator alone."""
    claims = jwt.parts(alive.access)[1]
    key = by_algorithm["ES256"]
    good = key.sign(key.header(), claims)
    reasons = {"alg": key.sign(key.header(alg="none"), claims),
               "kid": key.sign(key.header(kid="unknown0"), claims),
               "typ": key.sign(key.header(typ="JWT"), claims),
               "foreign header member": key.sign(key.header(crit=["exp"]), claims),
               "signature": with_signature(good, bytes(64)),
               "malformed signature": good + "=",
               "iss": key.sign(key.header(), {**claims, "iss": "x"}),
               "aud": key.sign(key.header(), {**claims, "aud": "x"}),
               "dates": key.sign(key.header(), {**claims, "exp": "1"})}
    for reason, token in reasons.items():
        request_id = Client(stack).verify(token=token, expect=401).headers["X-Request-Id"]
        line, = [json.loads(line) for line in open(stack.config["server"]["log_file"],
                                                  encoding="utf-8") if request_id in line]
        assert line["reason"] == reason
