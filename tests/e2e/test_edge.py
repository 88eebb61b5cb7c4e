"""nginx's part (SPEC E1, E2, E4, E6, L5, A2)."""

import json
import re
import socket
import ssl
import subprocess

import pytest

from support.client import Client, check_conventions, describe, problem, signed_in
from support.gatehouse import fresh_email, fresh_password
from support.wire import Wire, once


def origins(stack):
    exact = next(o for o in stack.info["cors_origins"] if "*" not in o)
    wildcard = next(o for o in stack.info["cors_origins"] if "*" in o)
    return exact, wildcard


# -- E1 ------------------------------------------------------------------------------------------

def test_http_is_redirected(stack):
    """E1: permanently, to the same place, and to our own name."""
    client = Client(stack)
    answer = client.http.get(f"http://127.0.0.1:{stack.http_port}/auth/login?x=1",
                             headers={"Host": "localhost"}, allow_redirects=False, timeout=10)
    assert answer.status_code in (301, 308)
    assert answer.headers["Location"] == stack.base_url + "/auth/login?x=1"


def test_redirects_from_http_are_numbered_and_not_stored(stack):
    """E1, API.md "Conventions": on the port of HTTP, and for HTTP on the port of HTTPS."""
    for port in (stack.http_port, stack.port):
        answer = Client(stack).http.get(f"http://127.0.0.1:{port}/auth/login?x=1",
                                        allow_redirects=False, timeout=10)
        assert answer.status_code == 308
        assert answer.headers["Location"] == stack.base_url + "/auth/login?x=1"
        assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])
        assert answer.headers["Cache-Control"] == "no-store"


def test_hsts_on_every_answer(stack):
    """E1: also on errors and on the demo site."""
    for path in ("/auth/health", "/auth/nothing", "/auth/session"):
        answer = Client(stack).get(path)
        assert "max-age=" in answer.headers["Strict-Transport-Security"], describe(answer)


@pytest.mark.parametrize("version, works", [
    (ssl.TLSVersion.TLSv1, False), (ssl.TLSVersion.TLSv1_1, False),
    (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_versions(stack, version, works):
    """E1: 1.2 and later. The client would speak the old ones: it is not the client that fails."""
    context = ssl.create_default_context(cafile=stack.ca_file)
    context.minimum_version = context.maximum_version = version
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", stack.port), 10) as raw:
        try:
            with context.wrap_socket(raw, server_hostname=stack.host) as wrapped:
                assert wrapped.version().replace("v1.", "v1_") == version.name
            assert works
        except ssl.SSLError:
            assert not works
        except ConnectionResetError:
            assert not works


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_too_large_a_body_is_a_problem_document(stack, version, tmp_path):
    """E4: however large, in either version of HTTP."""
    for size in (70_000, 7_000_000):
        body = tmp_path / "body"
        body.write_bytes(b"x" * size)
        path = "/auth/me/picture" if size > 6 * 1024 * 1024 else "/auth/login"
        done = subprocess.run(
            ["curl", "--silent", version, "--cacert", stack.ca_file, "--data-binary", f"@{body}",
             "--request", "PUT" if "picture" in path else "POST", "--header", "Expect:",
             "--write-out", "\n%{http_code} %{content_type}", stack.base_url + path],
            capture_output=True, text=True, timeout=30, check=False)
        document, _, says = done.stdout.rpartition("\n")
        assert says == "413 application/problem+json", (size, done.stdout)
        assert json.loads(document)["code"] == "body_too_large"


def test_http_2(stack):
    """E1."""
    done = subprocess.run(
        ["curl", "--silent", "--http2", "--cacert", stack.ca_file, "--output", "/dev/null",
         "--write-out", "%{http_version} %{http_code}", stack.base_url + "/auth/health"],
        capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout == "2 200"


def test_security_headers_and_no_versions(stack):
    """E6."""
    for path in ("/auth/health", "/auth/nothing", "/auth/session"):
        headers = Client(stack).get(path).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers.get("Server", "nginx") == "nginx"
    assert b"nginx/" not in once(stack, "GET", "/" + "a" * 9000).body


def test_a_clients_request_id_is_ignored(stack):
    """API.md: nginx's own, in the header and in the document."""
    answer = Client(stack).get("/auth/session", headers={"X-Request-Id": "f" * 32})
    assert answer.headers["X-Request-Id"] != "f" * 32
    assert problem(answer)["request_id"] == answer.headers["X-Request-Id"]


# -- E2 ------------------------------------------------------------------------------------------

def cors(answer):
    return {name.lower(): value for name, value in answer.headers.items()
            if name.lower().startswith("access-control-")}


def test_listed_origins_are_answered_also_on_errors(stack):
    """E2: exact and wildcard; on success, on our errors, on nginx's own."""
    exact, wildcard = origins(stack)
    for origin in (exact, wildcard.replace("*", "one"), wildcard.replace("*", "x-1")):
        for path, status in (("/auth/health", 200), ("/auth/session", 401), ("/auth/nope", 404)):
            answer = Client(stack).get(path, headers={"Origin": origin}, expect=status)
            assert cors(answer)["access-control-allow-origin"] == origin
            assert cors(answer)["access-control-allow-credentials"] == "true"
            assert "origin" in answer.headers["Vary"].lower()
    big = once(stack, "POST", "/auth/login", [("Origin", exact)], length=70000)
    assert big.status == 413 and big.header("access-control-allow-origin") == exact


def tricks(exact, wildcard):
    host = exact.removeprefix("https://")
    base = wildcard.removeprefix("https://*.")
    return ["null", "", "*", "https://evil.test", exact + ".evil.test", "https://evil" + host,
            "https://evil." + host, exact + ":444", exact + "/", "http://" + host,
            "ftp://" + host, f"https://user@{host}", f"https://evil.test#{host}",
            f"https://evil.test/{host}", exact + "%0d%0a", exact + "\\.evil.test",
            exact.replace(".", "x", 1), f"https://{base}", f"https://evil{base}",
            f"https://x.{base}.evil.test", f"https://evil.test/x.{base}", f"https://.{base}",
            f"http://x.{base}", f"https://x.{base}:444", f"https://evil.test?.{base}",
            f"https://a b.{base}", f"https://x.{base.replace('.', 'x', 1)}", f"https://*.{base}",
            f"{exact}, https://evil.test", f"{exact} {exact}"]


def test_unlisted_origins_get_nothing(stack):
    """E2: no reflection, no suffix, prefix, port, scheme or regex trick."""
    for origin in tricks(*origins(stack)):
        for method in ("GET", "OPTIONS"):
            answer = once(stack, method, "/auth/health", [
                ("Origin", origin), ("Access-Control-Request-Method", "POST")])
            assert answer.header("access-control-allow-origin") is None, (method, origin)
            assert answer.header("access-control-allow-credentials") is None, (method, origin)
    answer = Client(stack).get("/auth/health", headers={"Origin": "https://evil.test"})
    assert "origin" in answer.headers["Vary"].lower()
    assert "origin" in Client(stack).get("/auth/health").headers["Vary"].lower()


def test_preflight(stack):
    """E2: answered by nginx, with what we use and no more; no credential is needed."""
    exact, _ = origins(stack)
    for path in ("/auth/login", "/auth/session", "/auth/change-password"):
        answer = Client(stack).call("OPTIONS", path, headers={
            "Origin": exact, "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type, x-csrf-token"})
        assert answer.status_code == 204, describe(answer)
        headers = cors(answer)
        assert headers["access-control-allow-origin"] == exact
        assert headers["access-control-allow-credentials"] == "true"
        methods = {m.strip() for m in headers["access-control-allow-methods"].split(",")}
        assert "POST" in methods and not methods & {"*", "TRACE", "CONNECT"}
        allowed = {h.strip().lower() for h in headers["access-control-allow-headers"].split(",")}
        assert {"authorization", "content-type", "x-csrf-token"} <= allowed
        assert "*" not in allowed and int(headers["access-control-max-age"]) > 0


# -- E4, L5 --------------------------------------------------------------------------------------

@pytest.mark.parametrize("request_line, headers", [
    ("GET /auth/%zz HTTP/1.1", []),
    ("GET /auth/login HTTP/9.9", []),
    ("GET /auth/login HTTP/1.1", [("X", "a" * 40000)]),
    ("GET /auth/" + "a" * 40000 + " HTTP/1.1", []),
    ("TRACE /auth/login HTTP/1.1", []),
    ("G\x01T /auth/login HTTP/1.1", []),
    ("POST /auth/login HTTP/1.1", [("Content-Length", "1e9")]),
    ("POST /auth/login HTTP/1.1", [("Content-Length", "-1")]),
    ("POST /auth/login HTTP/1.1", [("Content-Length", "5"), ("Content-Length", "6")]),
    ("POST /auth/login HTTP/1.1", [("Content-Length", "5"), ("Transfer-Encoding", "chunked")]),
])
def test_what_nginx_refuses_is_refused_politely(stack, request_line, headers):
    """E4, E6: 4xx or 505, no version told."""
    with Wire(stack) as wire:
        lines = [request_line, f"Host: {wire.host}", "Connection: close"]
        lines += [f"{name}: {value}" for name, value in headers]
        wire.send("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n12345")
        answer = wire.read()
    assert 400 <= answer.status < 500 or answer.status == 505
    assert b"nginx/" not in answer.body
    assert (answer.header("server") or "nginx") == "nginx"


def test_a_storm_of_sign_ins_is_limited(stack, tenant):
    """L5, E4: per address, 429 as a problem with Retry-After; a dozen quick ones pass, and
    another address is not concerned."""
    client = Client(stack)
    limited = None
    for number in range(300):
        answer = client.http.post(
            stack.base_url + "/auth/login", timeout=40,
            json={"tenant": tenant, "email": fresh_email("storm"), "password": "x"})
        if answer.status_code == 429:
            limited = answer
            break
        assert answer.status_code == 401, describe(answer)
    assert limited is not None and number >= 12
    check_conventions(limited)
    problem(limited, 429, "rate_limited")
    Client(stack).post("/auth/login", {"tenant": tenant, "email": fresh_email(),
                                       "password": "x"}, expect=401)


@pytest.mark.parametrize("path, body", [
    ("/auth/register", {"email": "x@example.test"}),
    ("/auth/forgot-password", {"email": "x"}),
    ("/auth/resend-verification", {"email": "x"}),
    ("/auth/verify-email", {"token": ""}),
    ("/auth/reset-password", {"token": "", "new_password": "x"}),
    ("/auth/refresh", {"refresh_token": "x"}),
])
def test_every_unauthenticated_endpoint_is_limited(stack, path, body):
    """L5."""
    client = Client(stack)
    for _ in range(1500):
        answer = client.http.post(stack.base_url + path, json=body, timeout=40)
        if answer.status_code == 429:
            problem(answer, 429, "rate_limited")
            return
        assert 400 <= answer.status_code < 500, describe(answer)
    raise AssertionError(f"{path} was never limited")


def test_signed_in_people_are_not_slowed_down(stack, user):
    """API.md: signed-in routes take 50 a second and more."""
    client = signed_in(stack, user)
    assert {client.get("/auth/session").status_code for _ in range(100)} == {200}


def test_an_address_a_client_claims_is_not_believed(stack, tenant):
    """FACTS, CVE-2024-47070 of others: attempts carry the address nginx saw."""
    client, email = Client(stack), fresh_email()
    client.post("/auth/login", {"tenant": tenant, "email": email, "password": fresh_password()},
                headers={"X-Forwarded-For": "9.9.9.9", "X-Real-IP": "9.9.9.9",
                         "Forwarded": "for=9.9.9.9"}, expect=401)
    rows = stack.sql("SELECT ip FROM attempts WHERE identifier = %s", email)
    assert [row["ip"] for row in rows] == [client.ip]


# -- A2 ------------------------------------------------------------------------------------------

def test_health_and_ready(stack):
    """A2."""
    Client(stack).get("/auth/health", expect=200)
    ready = Client(stack).get("/auth/ready", expect=200).json()
    assert ready["status"] == "ready" and ready.get("degraded", []) == []


def counters(text):
    total = 0.0
    for line in text.splitlines():
        if line.startswith("gatehouse_requests_total"):
            total += float(line.rpartition(" ")[2])
    return total


def test_metrics_are_summed_over_the_workers(stack):
    """A2: Prometheus text; any worker tells the sums, so they never fall and miss nothing."""
    monitor = Client(stack, ip="127.0.0.1")
    first = monitor.get("/auth/metrics", expect=200)
    assert first.headers["Content-Type"].startswith("text/plain")
    before = counters(first.text)
    for _ in range(40):
        Client(stack).get("/auth/health", expect=200)
    values = [counters(monitor.get("/auth/metrics", expect=200).text) for _ in range(8)]
    assert values == sorted(values) and values[0] >= before + 40
    for line in first.text.splitlines():
        assert line.startswith("#") or line.startswith("gatehouse_"), line


def test_metrics_are_not_public(stack):
    """A2: by the address nginx sees, whatever is claimed."""
    allowed = stack.config["server"].get("metrics_allow", [])
    if "127.0.0.0/8" in allowed or not allowed:
        pytest.skip("this stack allows all of 127/8, so there is nobody to refuse")
    for headers in ({}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Real-IP": "127.0.0.1"}):
        Client(stack).get("/auth/metrics", headers=headers, expect=(403, "permission_denied"))
