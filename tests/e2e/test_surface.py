"""Every route of the served OpenAPI document does what API.md says of all routes (SPEC A5, E4, E5;
API.md "Conventions")."""

import pytest

from support.client import Client, describe, problem, signed_in
from support.openapi import METHODS, document_of, operations, resolve
from support.wire import Wire, once

# What every later test stands on; the document may list more, never less.
KNOWN = {
    "POST /auth/register", "POST /auth/verify-email", "POST /auth/resend-verification",
    "POST /auth/login", "POST /auth/refresh", "POST /auth/logout", "POST /auth/logout-all",
    "GET /auth/session", "GET /auth/info", "GET /auth/csrf", "POST /auth/forgot-password",
    "POST /auth/reset-password", "POST /auth/change-password", "GET /auth/verify",
    "POST /auth/check", "GET /auth/me/sessions", "DELETE /auth/me/sessions/{id}",
    "GET /auth/health", "GET /auth/ready", "GET /auth/metrics", "GET /auth/openapi.json"}
ANYONE = {
    "POST /auth/register", "POST /auth/verify-email", "POST /auth/resend-verification",
    "POST /auth/login", "POST /auth/refresh", "POST /auth/forgot-password",
    "POST /auth/reset-password", "POST /auth/2fa/challenge", "GET /auth/health",
    "GET /auth/ready", "GET /auth/metrics", "GET /auth/openapi.json",
    "GET /.well-known/jwks.json", "GET /auth/oauth/providers", "GET /auth/sign-in-options",
    "GET /auth/session/end", "POST /auth/mailed-link",
    "GET /auth/oauth/{provider}/start", "GET /auth/oauth/{provider}/callback"}


@pytest.fixture
def admin(stack):
    """May do everything, so that no permission hides what a test asks for. Of its own: some
    routes end its session."""
    return signed_in(stack, stack.new_user(stack.tenant, flags=("--platform-admin",
                                                                "--tenant-admin")))


def everything(stack):
    found = operations(stack)
    assert found
    return found


def service(operation):
    return operation.template in ("/auth/introspect", "/auth/revoke")


def test_the_document_is_openapi_3_1(stack):
    """A5: structure, resolvable references, unique operation ids, declared path parameters."""
    document = document_of(stack)
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["title"] and document["info"]["version"]
    ids = []

    def walk(node):
        if isinstance(node, dict):
            if "$ref" in node:
                resolve(document, node)
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)
    for path, item in document["paths"].items():
        assert path.startswith("/")
        for method in METHODS:
            if method not in item:
                continue
            operation = item[method]
            assert operation["responses"], (method, path)
            for status, response in operation["responses"].items():
                assert status == "default" or 200 <= int(status) < 600
                assert resolve(document, response)["description"]
            if "operationId" in operation:
                ids.append(operation["operationId"])
            names = {resolve(document, p)["name"]
                     for p in [*item.get("parameters", []), *operation.get("parameters", [])]
                     if resolve(document, p)["in"] == "path"}
            assert names == {part[1:-1] for part in path.split("/") if part.startswith("{")}
    assert len(ids) == len(set(ids))


def test_the_document_lists_the_surface(stack):
    """A5: what the other tests use is there, and who may call it is said rightly."""
    found = {operation.name: operation for operation in everything(stack)}
    assert KNOWN <= set(found)
    for name, operation in found.items():
        if operation.method != "HEAD" and not service(operation):
            assert operation.secured == (name not in ANYONE), name


def test_every_listed_operation_exists_and_no_other(stack):
    """A5: neither 404 nor 405 where it is listed; 405 with the exact Allow where it is not; a
    wrong method is told before a missing credential."""
    by_path = {}
    for operation in everything(stack):
        by_path.setdefault(operation.path, set()).add(operation.method)
    for path, listed in by_path.items():
        allowed = listed | ({"HEAD"} if "GET" in listed else set())
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "BREW"):
            answer = Client(stack).call(method, path)
            if method in allowed:
                assert answer.status_code not in (405, 500, 501), describe(answer)
                continue
            assert answer.status_code == 405, describe(answer)
            if method != "HEAD":
                problem(answer, 405, "method_not_allowed")
            told = {name.strip() for name in answer.headers["Allow"].split(",")} - {"OPTIONS"}
            assert told == allowed, describe(answer)


def test_a_path_that_is_not_there(stack):
    """E4: 404 as a problem, whatever the method, with and without a credential."""
    for path in ("/auth/nothing", "/auth/", "/auth/login/x", "/auth/loginx", "/auth/me/sessions/",
                 "/auth/%6cogin%2f", "/auth/users/", "/auth/.git/config", "/auth/login.php"):
        for method in ("GET", "POST", "DELETE"):
            Client(stack).call(method, path, expect=(404, "not_found"))


def test_a_credential_is_asked_for_before_anything_of_the_request_is_judged(stack):
    """API.md, order of checks: 401 comes before content type, syntax, validation and look-up."""
    for operation in everything(stack):
        if not operation.secured or service(operation):
            continue
        client = Client(stack)
        client.call(operation.method, operation.path, expect=(401, "authentication_required"))
        client.call(operation.method, operation.path, token="nonsense",
                    expect=(401, "invalid_token"))
        if operation.media:
            client.call(operation.method, operation.path, data=b"{", headers={
                "Content-Type": "text/plain"}, expect=(401, "authentication_required"))


def test_the_body_size_is_judged_before_the_credential(stack):
    """E5, API.md: 413 at each route's limit (test_large_roles.py says which are not 64 KiB),
    declared or chunked."""
    for operation in everything(stack):
        if not operation.media:
            continue
        size = operation.body_limit + 500
        kind = ("Content-Type", operation.media[0])
        answer = once(stack, operation.method, operation.path, [kind], length=size)
        assert answer.status == 413, (operation.name, answer.status)
        assert b'"body_too_large"' in answer.body, operation.name
    body = b"%x\r\n%s\r\n0\r\n\r\n" % (70000, b"x" * 70000)
    answer = chunked(stack, body)
    assert answer.status == 413 and b'"body_too_large"' in answer.body


def chunked(stack, body):
    with Wire(stack) as wire:
        wire.send(b"POST /auth/login HTTP/1.1\r\nHost: " + wire.host.encode() +
                  b"\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            wire.send(body)
        except OSError:
            pass  # the server may answer before it has everything
        return wire.read()


def test_the_limit_is_exact_enough(stack):
    """E5: 64 KiB pass the size check."""
    filler = b'{"x": "' + b"a" * (65536 - 9) + b'"}'
    assert len(filler) == 65536
    Client(stack).post("/auth/login", data=filler, headers={"Content-Type": "application/json"},
                       expect=(422, "validation_failed"))


def test_the_content_type_decides(stack, admin):
    """API.md: 415 before syntax; parameters are fine, another charset is not."""
    for operation in everything(stack):
        if not operation.media or service(operation):
            continue
        for kind in ("text/plain", "application/xml", "application/jsonp", "json",
                     "application/json; charset=utf-16"):
            answer = Client(stack).call(operation.method, operation.path, data=b"{}",
                                        headers={"Content-Type": kind}, token=admin.access)
            problem(answer, 415, "unsupported_media_type")
        if operation.takes_json:
            answer = Client(stack).call(operation.method, operation.path, data=b"{",
                                        token=admin.access)
            assert answer.status_code == 415, describe(answer)
            for kind in ("application/json;charset=UTF-8", "Application/JSON"):
                answer = Client(stack).call(operation.method, operation.path, data=b"{",
                                            headers={"Content-Type": kind}, token=admin.access)
                problem(answer, 400, "malformed_json")


@pytest.mark.parametrize("body", [
    b"", b" ", b"{", b"}", b"[", b"nul", b"{\"a\":1,}", b"{'a':1}", b"{\"a\":1}x", b"{\"a\":01}",
    b"{\"a\":\"\\x\"}", b"{\"a\":\"\\ud800\"}", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}",
    b"{\"a\":\"\xe9\"}", b"{\"a\":\"\xc0\xaf\"}", b"{\"a\":\"\xed\xa0\x80\"}",
    b"{\"a\":\"\xf4\x90\x80\x80\"}", b"{\"a\":1,\"a\":2}", b"{\"a\":{\"b\":1,\"b\":1}}",
    b"{\"a\":NaN}", b"{\"a\":Infinity}", b"/**/{}", b"{\"a\":\"\n\"}", b"{\"a\":\"\x00\"}",
    b"[" * 17 + b"]" * 17, b"[" * 20000, b"{\"a\":" * 9000, b"{\"\\u0061\":1,\"a\":2}"])
def test_what_is_no_json_is_400(stack, body):
    """E5, API.md: syntax, encoding, duplicates, depth over 16, nothing at all."""
    Client(stack).post("/auth/login", data=body, headers={"Content-Type": "application/json"},
                       expect=(400, "malformed_json"))


def test_depth_16_is_still_json(stack):
    """E5: 16 levels parse; what is in them is another matter."""
    body = b'{"a":' * 15 + b"[]" + b"}" * 15
    Client(stack).post("/auth/login", data=body, headers={"Content-Type": "application/json"},
                       expect=(422, "validation_failed"))


@pytest.mark.parametrize("body", [b"[]", b"null", b"7", b'"x"', b"true", b"{}"])
def test_json_of_the_wrong_shape_is_422(stack, body):
    """API.md: the top level is an object, with what is required in it."""
    answer = Client(stack).post("/auth/login", data=body,
                                headers={"Content-Type": "application/json"})
    document = problem(answer, 422, "validation_failed")
    if body == b"{}":
        assert {"/email", "/password"} <= {e["pointer"] for e in document["errors"]}


def test_unknown_members_and_parameters_are_named(stack, admin):
    """E5: on every JSON route, all problems at once; `/auth/verify` alone ignores parameters."""
    for operation in everything(stack):
        if operation.takes_json:
            answer = Client(stack).call(operation.method, operation.path,
                                        {"zzz~/": 1, "yyy": 2}, token=admin.access)
            document = problem(answer, 422, "validation_failed")
            assert {"/zzz~0~1", "/yyy"} <= {e["pointer"] for e in document["errors"]}, (
                operation.name)
        if operation.method == "GET" and operation.template not in (
                "/auth/verify", "/auth/metrics") and "oauth" not in operation.template:
            answer = Client(stack).get(operation.path + "?zzz=1", token=admin.access)
            problem(answer, 422, "validation_failed")


def test_head_is_get_without_a_body(stack, admin):
    """API.md: HEAD wherever GET is."""
    for operation in everything(stack):
        if operation.method != "GET" or operation.template == "/auth/metrics":
            continue
        get = Client(stack).get(operation.path, token=admin.access)
        head = Client(stack).call("HEAD", operation.path, token=admin.access)
        assert head.status_code == get.status_code, operation.name
        assert head.headers.get("Content-Type") == get.headers.get("Content-Type")
        answer = once(stack, "HEAD", operation.path)
        assert answer.body == b""


def test_strings_are_normalized_and_controls_refused(stack, tenant):
    """E5: NFC; NUL, CR, LF, DEL, C1, bidirectional overrides are 422 with their pointer."""
    base = {"tenant": tenant, "email": "x@example.test", "password": "Zq7!vT4#xKp2-good"}
    for bad in ("\u0000", "\r\n", "\n", "\u007f", "\u0085", "\u202e", "\u2028"):
        for name in ("first_name", "last_name", "email", "phone", "tenant"):
            answer = Client(stack).post("/auth/register", {**base, name: f"a{bad}b"})
            document = problem(answer, 422, "validation_failed")
            assert "/" + name in {e["pointer"] for e in document["errors"]}, (name, bad)
    user = stack.new_user(tenant, email="ren\u00e9-nfc@example.test")
    Client(stack).post("/auth/login", {"tenant": tenant, "email": "Rene\u0301-NFC@example.test",
                                       "password": user.password}, expect=200)


@pytest.mark.parametrize("address", [
    "", "x", "@example.test", "x@", "x@y", "x@@example.test", "x@example..test", "x @example.test",
    "<x@example.test>", "x@example.test,y@example.test", "x@example.test\t", "x@-example.test",
    "\"x y\"@example.test", "x@[127.0.0.1]", "x@example.test.", "a" * 65 + "@example.test",
    "x@" + "a" * 250 + ".test", ".x@example.test", "x(comment)@example.test"])
def test_what_is_no_address(stack, tenant, address):
    """E5."""
    answer = Client(stack).post("/auth/register", {"tenant": tenant, "email": address,
                                                   "password": "Zq7!vT4#xKp2-good"})
    document = problem(answer, 422, "validation_failed")
    assert [e["pointer"] for e in document["errors"]] == ["/email"]


@pytest.mark.parametrize("name, value", [
    ("email", 7), ("email", None), ("email", ["x@example.test"]), ("email", {"a": 1}),
    ("password", 7), ("password", True), ("tenant", 7), ("tenant", "No Slug"),
    ("first_name", "x" * 101), ("first_name", 1), ("phone", "12345"), ("phone", "+12ab5678901"),
    ("phone", "+" + "1" * 16)])
def test_wrong_types_lengths_and_formats(stack, tenant, name, value):
    """E5."""
    body = {"tenant": tenant, "email": "x@example.test", "password": "Zq7!vT4#xKp2-good"}
    answer = Client(stack).post("/auth/register", {**body, name: value})
    document = problem(answer, 422, "validation_failed")
    assert [e["pointer"] for e in document["errors"]] == ["/" + name]
