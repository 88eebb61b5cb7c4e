"""What nginx refuses without a worker is what a worker would have said (SPEC E4; API.md "Order of
checks": 404, then 405 with `Allow`, then 413)."""

import json
import re
import subprocess

import pytest

from support.client import Client, check_conventions, problem
from support.gatehouse import ROOT
from support.openapi import SOMEBODY, operations
from support.wire import Wire, once

LARGE = 7_000_000  # over every route's limit
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW")
STRANGE = (
    "/auth/nope", "/auth/me/", "/auth/ME", "/auth/users/zzz", "/auth/users/",
    f"/auth/users/{SOMEBODY.upper()}", f"/auth/users/{SOMEBODY}x", f"/auth/users/{SOMEBODY}/nope",
    "/auth/users/%7Bid%7D", "/auth//me", "/auth/%6de", "/auth/x/../me", "/auth/me%0a",
    "/auth/me?x=/auth/login", "/auth/nope?/auth/me", "/auth/permissions/a:b:own",
    "/auth/permissions/a:b:c", "/auth/permissions/a:b", "/auth/oauth/-x/start")


def said(answer):
    """All that must be alike: not the number of the request."""
    document = json.loads(answer.body) if answer.body else {}
    document.pop("request_id", None)
    return answer.status, answer.header("allow"), answer.header("content-type"), document


def ask(stack, method, path, **options):
    if method != "HEAD":
        return once(stack, method, path, **options)
    with Wire(stack) as wire:
        wire.request(method, path, **options)
        return wire.read(head=True)


@pytest.mark.parametrize("method", METHODS)
def test_a_large_body_hides_neither_404_nor_405(stack, method):
    """E4: with a body that nginx refuses, as without one."""
    seen = set()
    routes = {(operation.method, operation.path) for operation in operations(stack)}
    for path in sorted({path for _, path in routes}) + list(STRANGE):
        small, large = ask(stack, method, path), ask(stack, method, path, length=LARGE)
        seen.add(large.status)
        # The 404 of a route is that of a look-up, which comes last.
        route = ("GET" if method == "HEAD" else method, path) in routes
        if small.status in (404, 405) and not route:
            assert said(large) == said(small), (method, path)
        else:
            assert large.status == 413 and large.header("allow") is None, (method, path)
            if method != "HEAD":
                assert json.loads(large.body)["code"] == "body_too_large"
    assert seen == ({404, 405} if method in ("OPTIONS", "BREW") else {404, 405, 413})


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("method, path, status, allow", [
    ("POST", "/auth/nope", 404, ""),
    ("PATCH", "/auth/users/zzz", 404, ""),
    ("PUT", "/auth/me", 405, "GET, HEAD, PATCH, DELETE"),
    ("POST", "/auth/session", 405, "GET, HEAD"),
    ("POST", "/.well-known/jwks.json", 405, "GET, HEAD"),
    ("POST", "/auth/login", 413, ""),
])
def test_however_it_is_sent(stack, tmp_path, version, chunked, method, path, status, allow):
    """E4: declared or not, in either version of HTTP."""
    body, head = tmp_path / "body", tmp_path / "head"
    body.write_bytes(b"x" * 70_000)
    with body.open("rb") as sent:
        done = subprocess.run(
            ["curl", "--silent", version, "--cacert", stack.ca_file, "--request", method,
             "--header", "Expect:", "--dump-header", head,
             *(["--upload-file", "-"] if chunked else ["--data-binary", f"@{body}"]),
             stack.base_url + path], stdin=sent, capture_output=True, text=True, timeout=30,
            check=False)
    document, lines = json.loads(done.stdout), head.read_text().lower()
    assert document["status"] == status
    assert f" {status}" in lines.splitlines()[0]
    assert "content-type: application/problem+json" in lines
    assert re.findall(r"^allow: (.*)$", lines, re.M) == ([allow.lower()] if allow else [])
    assert re.findall(r"^x-request-id: (.*)$", lines, re.M) == [document["request_id"]]


def test_nothing_of_a_refused_body_is_waited_for(stack):
    """E5: nor is the connection used again, on which it may still come."""
    for path, status in (("/auth/login", 413), ("/auth/session", 405), ("/auth/nope", 404)):
        with Wire(stack) as wire:
            wire.request("POST", path, [("Expect", "100-continue")], length=LARGE)
            answer = wire.read()
        assert answer.status == status and answer.header("connection") == "close"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT"])
@pytest.mark.parametrize("path, allow", [
    ("/auth/login", "POST"), ("/auth/me", "GET, HEAD, PATCH, DELETE"),
    (f"/auth/users/{SOMEBODY}", "GET, HEAD, PATCH, DELETE"), ("/auth/ui/sign-in", "GET, HEAD"),
    ("/", "GET, HEAD"), ("/auth/nope", None), ("/auth/users/zzz", None)])
def test_methods_that_no_route_has(stack, method, path, allow):
    """E4: refused by nginx, with the methods of that route."""
    answer = once(stack, method, path)
    assert (answer.status, answer.header("allow")) == (405 if allow else 404, allow)
    assert answer.header("content-type") == "application/problem+json"
    document = json.loads(answer.body)
    assert document["code"] == ("method_not_allowed" if allow else "not_found")
    assert document["request_id"] == answer.header("x-request-id")


def test_a_version_of_http_that_nobody_speaks(stack):
    """E4: 505 of nginx is none of the catalogue's."""
    with Wire(stack) as wire:
        wire.send(f"GET /auth/health HTTP/9.9\r\nHost: {wire.host}\r\n\r\n".encode())
        answer = wire.read()
    assert answer.status == 400
    assert json.loads(answer.body)["code"] == "malformed_json"


def test_nginx_has_nothing_to_say_against_its_configuration(stack, tmp_path):
    """E1: no warning either."""
    folder = ROOT / "nginx"
    config = stack.info["config"].replace("gatehouse.toml", "nginx/nginx.conf")
    done = subprocess.run(["/usr/sbin/nginx", "-t", "-p", f"{folder}/", "-c", config,
                           "-e", tmp_path / "error.log"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said_by_nginx = [line for line in done.stderr.splitlines() if not line.endswith("is ok")
                     and not line.endswith("is successful")]
    assert not said_by_nginx


def test_the_conventions_hold_for_both(stack):
    """API.md "Conventions": what nginx refuses."""
    for method, path, status, code in (("POST", "/auth/nope", 404, "not_found"),
                                       ("PUT", "/auth/me", 405, "method_not_allowed"),
                                       ("POST", "/auth/login", 413, "body_too_large")):
        answer = Client(stack).call(method, path, data=b"x" * 70_000,
                                    headers={"Origin": stack.base_url})
        check_conventions(answer)
        problem(answer, status, code)
