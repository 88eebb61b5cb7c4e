"""Hostile input on every route: a 4xx problem each time, never 5xx, and nobody dies of it
(SPEC E4, E5; DESIGN 6; CVE-2025-23016 of libfcgi)."""

import json
import random
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support.client import Client, describe, fresh_ip, signed_in
from support.openapi import document_of, example, operations, resolve
from support.wire import Wire, once

# Success of these would end or change the very account that the test uses; they get what cannot
# succeed alone.
HARMFUL = {"/auth/logout", "/auth/logout-all", "/auth/me", "/auth/refresh"}
EXAMPLES = settings(max_examples=120, deadline=None, database=None,
                    suppress_health_check=[HealthCheck.function_scoped_fixture,
                                           HealthCheck.too_slow])


@pytest.fixture(scope="module")
def admin(stack):
    return signed_in(stack, stack.new_user(stack.tenant, flags=("--platform-admin",
                                                                "--tenant-admin")))


@pytest.fixture(autouse=True)
def nobody_dies(stack):
    """The same worker processes before and after every test of this file."""
    before = stack.workers()
    assert before
    yield
    assert stack.workers() == before, "a worker died of hostile input"
    Client(stack).get("/auth/health", expect=200)


def check(answer, what):
    """Refused with a problem document that names the request."""
    assert 400 <= answer.status < 500, (what, answer.status, answer.body[:300])
    document = json.loads(answer.body)
    assert document["status"] == answer.status, what
    assert document["request_id"] == answer.header("x-request-id"), what


def bodies():
    """What is no request of any route."""
    yield "UTF-16", '{"a": 1}'.encode("utf-16")
    yield "UTF-32", '{"a": 1}'.encode("utf-32")
    yield "Latin-1", '{"email": "\xe9@example.test"}'.encode("latin-1")
    yield "BOM", b"\xef\xbb\xbf" + b'{"email": "x"}'
    yield "overlong slash", b'{"email": "\xc0\xaf"}'
    yield "overlong NUL", b'{"email": "\xc0\x80"}'
    yield "surrogate", b'{"email": "\xed\xa0\x80"}'
    yield "lone escape", b'{"email": "\\udc00"}'
    yield "huge exponent", b'{"a": 1e400}'
    yield "tiny exponent", b'{"a": 1e-4000000000}'
    yield "huge number", b'{"a": ' + b"9" * 5000 + b"}"
    yield "huge fraction", b'{"a": 0.' + b"1" * 5000 + b"}"
    yield "minus zero", b'{"a": -0}'
    yield "duplicate", b'{"email": "a", "email": "b"}'
    yield "escaped duplicate", b'{"email": "a", "\\u0065mail": "b"}'
    yield "deep arrays", b"[" * 30000
    yield "deep objects", b'{"a":' * 10000
    yield "deep and closed", b"[" * 1000 + b"]" * 1000
    yield "raw NUL", b'{"email": "a\x00b"}'
    yield "NUL after", b'{"email": "a"}\x00'
    yield "NUL before", b"\x00{}"
    yield "many members", b"{" + b",".join(b'"k%d":1' % n for n in range(4000)) + b"}"
    yield "many items", b"[" + b"1," * 20000 + b"1]"
    yield "proto", b'{"__proto__": {"is_tenant_admin": true}}'
    yield "long key", b'{"' + b"k" * 60000 + b'": 1}'
    yield "empty key", b'{"": 1}'
    yield "array", b"[]"
    yield "string", b'"x"'
    yield "garbage", bytes(range(256))
    yield "form", b"email=a&password=b"
    yield "form as key", b"a=" + b"%" * 1000


def test_bodies_that_fit_no_route(stack, admin):
    """E5: all of them on all JSON routes."""
    routes = [op for op in operations(stack) if op.takes_json]
    assert routes
    for operation in routes:
        for name, body in bodies():
            answer = once(stack, operation.method, operation.path, [
                ("Content-Type", "application/json"),
                ("Authorization", f"Bearer {admin.access}")], body)
            check(answer, (operation.name, name))


def string_fields(document, schema):
    for name, node in resolve(document, schema).get("properties", {}).items():
        kind = resolve(document, node).get("type")
        if kind == "string" or (isinstance(kind, list) and "string" in kind):
            yield name


@pytest.mark.parametrize("poison", ["\r\nSet-Cookie: a=b", "\n", "\u0000", "a\u0000b", "\u001b[2J",
                                    "\u202e", "\u2028", "\u0080"])
def test_controls_in_every_string_field(stack, admin, poison):
    """E5: 422 (or 401/403 where a credential in the body is looked at first), and no header of the
    answer is of the client's making."""
    document = document_of(stack)
    for operation in operations(stack):
        if not operation.takes_json:
            continue
        base = example(document, operation.schema)
        for name in string_fields(document, operation.schema):
            body = json.dumps({**base, name: f"x{poison}y"}).encode()
            answer = once(stack, operation.method, operation.path, [
                ("Content-Type", "application/json"),
                ("Authorization", f"Bearer {admin.access}")], body)
            check(answer, (operation.name, name, poison))
            assert answer.header("set-cookie") is None
            if (name, poison) == ("info_text", "\n"):
                continue  # the one text of several lines
            assert answer.status == 422, (operation.name, name)


def wrong(kind):
    """Values of every type but the declared one."""
    values = {"string": "x", "integer": 7, "boolean": True, "object": {"a": 1}, "array": [1],
              "number": 1.5}
    for name, value in values.items():
        if name != kind and not (kind == "number" and name == "integer"):
            yield value


def test_wrong_types_in_every_field(stack, admin):
    """E5: 422 naming the field."""
    document = document_of(stack)
    for operation in operations(stack):
        if not operation.takes_json:
            continue
        base = example(document, operation.schema)
        for name, node in resolve(document, operation.schema).get("properties", {}).items():
            kind = resolve(document, node).get("type")
            if not isinstance(kind, str):
                continue
            for value in wrong(kind):
                body = json.dumps({**base, name: value}).encode()
                answer = once(stack, operation.method, operation.path, [
                    ("Content-Type", "application/json"),
                    ("Authorization", f"Bearer {admin.access}")], body)
                check(answer, (operation.name, name, value))
                assert answer.status == 422, (operation.name, name, value)
                pointers = [e["pointer"] for e in json.loads(answer.body)["errors"]]
                assert any(p.startswith("/" + name) for p in pointers), (operation.name, name)


HEADERS = ["Authorization", "Cookie", "Origin", "User-Agent", "Content-Type", "X-CSRF-Token",
           "Idempotency-Key", "If-None-Match", "Accept-Language", "X-Request-Id", "X-Forwarded-For",
           "Sec-Fetch-Site", "Proxy", "Accept", "Range", "Expect", "Transfer-Encoding"]
VALUES = [b"", b"\x01", b"\x1b[31m", b"\xff\xfe", b"a" * 7000, b"%00%0d%0a", b"\"'<>&;", b"=;=;=;",
          b"Bearer " + b"." * 3000, b"__Host-gatehouse_access", b"a=b; " * 1000, b"bytes=0-1,2-3",
          "ünï".encode(), b"{}", b"-1", b"9" * 100]


def test_odd_header_values(stack):
    """E5, FACTS: control characters such as 0x01 pass nginx; we stand them."""
    for name in HEADERS:
        for value in VALUES:
            for path in ("/auth/session", "/auth/verify"):
                answer = once(stack, "GET", path, [(name, value)])
                assert 400 <= answer.status < 502 and answer.status != 500, (name, value)
                assert answer.status < 500 or name == "Transfer-Encoding", (name, value)
                for key, text in answer.headers:
                    assert "\x1b" not in text and "\x01" not in text, (key, text)


def test_header_splitting_is_no_way_in(stack):
    """Bare CR, NUL, folding, spaces before the colon: nginx's 400, or harmless."""
    for line in (b"X-A: a\rSet-Cookie: b", b"X-A: a\x00b", b"X-A: a\r\n folded", b"X-A : a",
                 b"\x00: a", b": a", b"Authorization: Bearer a\r\n b"):
        with Wire(stack) as wire:
            wire.send(b"GET /auth/session HTTP/1.1\r\nHost: " + wire.host.encode() +
                      b"\r\nConnection: close\r\n" + line + b"\r\n\r\n")
            answer = wire.read()
            assert 400 <= answer.status < 500, line
            assert answer.header("set-cookie") is None


def test_queries_of_every_kind(stack, admin):
    """E5: unknown, repeated, broken escapes, no UTF-8, too many, too long."""
    strange = ["zzz=1", "limit=0", "limit=201", "limit=x", "limit=1&limit=2", "cursor=%00",
               "cursor=" + "A" * 4000, "sort=;drop", "a=%zz", "a=%c0%af", "a=%ff", "=", "&&&", "%",
               "a[]=1&a[x]=2", "a=b;c=d", "&".join(f"k{n}=v" for n in range(300)),
               "limit=99999999999999999999", "limit=-1", "limit=1e1", "limit=%201"]
    for operation in operations(stack):
        if operation.method != "GET" or not operation.secured:
            continue
        for query in strange:
            answer = once(stack, "GET", f"{operation.path}?{query}", [
                ("Authorization", f"Bearer {admin.access}")])
            assert answer.status < 500, (operation.name, query, answer.body[:200])


def test_ids_of_every_kind(stack, admin):
    """N1: what is no id is not found."""
    for operation in operations(stack):
        if "{" not in operation.template or not operation.secured:
            continue
        for bad in ("x", "0", "-1", "%00", "%2e%2e", "' OR '1'='1", "A" * 3000,
                    "00000000-0000-0000-0000-00000000000g", "{id}", "%F0%9F%92%A9",
                    "00000000-0000-7000-8000-00000000ABCD "):
            path = operation.template.split("{")[0] + bad.replace(" ", "%20")
            answer = Client(stack).call(operation.method, path, token=admin.access)
            assert answer.status_code in (400, 404, 405, 414, 415, 422), describe(answer)


@pytest.mark.parametrize("declared, sent", [(100, 10), (65536, 0), (10, 100), (1, 0)])
def test_lying_content_lengths(stack, declared, sent):
    """CVE-2025-23016, FACTS: a body shorter than it says costs its sender a connection, nobody
    else anything; what is longer is the next request, and nonsense."""
    body = (b'{"email": "x@example.test", "password": "' + b"a" * 200)[:sent]
    liars = []
    for path in ("/auth/login", "/auth/register", "/auth/refresh", "/auth/check"):
        wire = Wire(stack)
        wire.request("POST", path, [("Content-Type", "application/json")], body, declared)
        liars.append(wire)
    start = time.monotonic()
    for _ in range(20):
        Client(stack).get("/auth/health", expect=200)
    assert time.monotonic() - start < 10, "a stalled sender holds the others up"
    for wire in liars:
        if sent >= declared:
            answer = wire.read()
            assert 400 <= answer.status < 500
        wire.close()


def test_chunked_bodies(stack):
    """E5: nginx puts them together; broken ones are its 400."""
    good = b'{"email": "x@example.test", "password": "wrong"}'
    for pieces, statuses in (
            ([b"%x\r\n%s\r\n0\r\n\r\n" % (len(good), good)], {401}),
            ([b"1\r\n%c\r\n" % byte for byte in good] + [b"0\r\n\r\n"], {401}),
            ([b"zz\r\nabc\r\n0\r\n\r\n"], {400}),
            ([b"ffffffffffffffff\r\nabc"], {400, 413}),
            ([b"-1\r\nabc\r\n0\r\n\r\n"], {400})):
        with Wire(stack) as wire:
            wire.send(b"POST /auth/login HTTP/1.1\r\nHost: " + wire.host.encode() +
                      b"\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            for piece in pieces:
                wire.send(piece)
            assert wire.read().status in statuses, pieces[0][:20]


def test_many_connections_that_say_nothing(stack):
    """DESIGN 2: idle and half-said requests starve nobody."""
    silent = []
    for number in range(60):
        wire = Wire(stack)
        if number % 3 == 1:
            wire.send(b"GET /auth/session HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        elif number % 3 == 2:
            wire.request("POST", "/auth/login", [("Content-Type", "application/json")], b"{", 5000)
        silent.append(wire)
    start = time.monotonic()
    for _ in range(30):
        Client(stack).get("/auth/session", expect=401)
    assert time.monotonic() - start < 10
    for wire in silent:
        wire.close()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=20), inner,
                                                                max_size=5), max_leaves=20)


@EXAMPLES
@given(seed=st.integers(0, 2**32), value=JSON)
def test_any_json_anywhere(stack, admin, seed, value):
    """E5: a random value in a random field of a random route; hypothesis shrinks what breaks."""
    rng = random.Random(seed)
    document = document_of(stack)
    routes = [op for op in operations(stack)
              if op.takes_json and op.template not in HARMFUL]
    operation = rng.choice(routes)
    fields = list(resolve(document, operation.schema).get("properties", {})) or ["x"]
    body = {**example(document, operation.schema), rng.choice(fields): value}
    answer = Client(stack, fresh_ip()).call(operation.method, operation.path, body,
                                            token=admin.access)
    assert answer.status_code < 500, describe(answer)


@EXAMPLES
@given(raw=st.binary(max_size=300))
def test_any_bytes_as_a_body(stack, raw):
    """E5: never 2xx, never 5xx."""
    answer = Client(stack, fresh_ip()).post("/auth/login", data=raw,
                                            headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 401, 422), describe(answer)


@EXAMPLES
@given(token=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=300))
def test_any_text_as_a_token(stack, token):
    """T4, T6."""
    Client(stack, fresh_ip()).verify(token=token or "x", expect=(401, "invalid_token"))
    answer = Client(stack, fresh_ip()).refresh(token, expect=None)
    assert answer.status_code in (401, 422), describe(answer)
