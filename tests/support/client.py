"""A client of the HTTP surface. Every answer that passes here is held against API.md
"Conventions", whatever the test is about."""

import itertools
import json
import re
import secrets
import threading

import requests
import urllib3.util.connection
from requests.adapters import HTTPAdapter

from support.gatehouse import User, fresh_email, fresh_password

# "localhost" is 127.0.0.1 here: the clients bind to addresses of 127/8.
urllib3.util.connection.HAS_IPV6 = False

NOTHING = object()
CACHEABLE = ("/auth/ui/", "/auth/openapi.json", "/.well-known/", "/picture")
PROBLEM_MEMBERS = {"type", "title", "status", "code", "detail", "user_message", "request_id"}

_second = 16 + secrets.randbelow(230)
_third = secrets.randbelow(250)
_numbers = itertools.count()
_lock = threading.Lock()


def fresh_ip():
    """An address of 127/8 that no earlier client used: rate limits are per address."""
    with _lock:
        number = next(_numbers)
    return f"127.{_second}.{(_third + number // 250) % 250}.{2 + number % 250}"


class FromAddress(HTTPAdapter):
    def __init__(self, ip):
        self._ip = ip
        super().__init__(pool_maxsize=4)

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, source_address=(self._ip, 0), **kwargs)


def describe(answer):
    request = answer.request
    return (f"{request.method} {request.path_url} -> {answer.status_code} "
            f"{dict(answer.headers)} {answer.text[:800]}")


def problem(answer, status=None, code=None):
    """Asserts that `answer` is a whole problem document (SPEC E4, RFC 9457), and which one."""
    says = describe(answer)
    assert answer.headers["Content-Type"].partition(";")[0] == "application/problem+json", says
    document = json.loads(answer.content.decode("utf-8"))
    expected = set(PROBLEM_MEMBERS)
    if answer.status_code == 422 and "errors" in document:
        expected.add("errors")
    assert set(document) == expected, says
    assert re.fullmatch(r"[a-z0-9_]+", document["code"]), says
    assert document["type"] == "urn:gatehouse:error:" + document["code"], says
    assert document["status"] == answer.status_code, says
    assert document["request_id"] == answer.headers["X-Request-Id"], says
    for member in ("title", "detail", "user_message"):
        assert isinstance(document[member], str) and document[member].strip(), says
    if document["code"] in ("validation_failed", "weak_password"):
        assert document.get("errors"), says
    for error in document.get("errors", []):
        assert {"pointer", "code", "detail", "user_message"} == set(error), says
        assert all(isinstance(value, str) for value in error.values()), says
    if status is not None:
        assert answer.status_code == status, says
    if code is not None:
        assert document["code"] == code, says
    return document


def check_conventions(answer):
    """What holds for every answer below /auth/ (API.md "Conventions", SPEC E6)."""
    says = describe(answer)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers.get("X-Request-Id", "")), says
    path = answer.request.path_url.partition("?")[0]
    # For people: a page that says that there is no such page.
    is_page = path.startswith("/auth/ui/") and answer.headers.get(
        "Content-Type", "").startswith("text/html")
    if not is_page and (answer.status_code >= 400 or not any(part in path for part in CACHEABLE)):
        assert "no-store" in answer.headers.get("Cache-Control", ""), says
    assert answer.headers.get("Server", "nginx") == "nginx", says
    assert "X-Powered-By" not in answer.headers, says
    if answer.status_code >= 400 and answer.request.method != "HEAD" and not is_page:
        document = problem(answer)
        if answer.status_code == 401:
            challenge = answer.headers.get("WWW-Authenticate", "")
            basic = path in ("/auth/introspect", "/auth/revoke")
            assert challenge.startswith("Basic" if basic else "Bearer"), says
            if document["code"] == "invalid_token" and not basic:
                assert 'error="invalid_token"' in challenge, says
            if document["code"] in ("authentication_required", "invalid_credentials"):
                assert "error=" not in challenge, says
    if answer.status_code in (429, 503):
        assert int(answer.headers["Retry-After"]) >= 1, says


class Client:
    """One client at one address. `call` sends the own bearer token unless told otherwise."""

    def __init__(self, stack, ip=None, user_agent="gatehouse-tests"):
        self.stack = stack
        self.ip = ip or fresh_ip()
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = stack.ca_file
        self.http.headers["User-Agent"] = user_agent
        self.http.mount("https://", FromAddress(self.ip))
        self.http.mount("http://", FromAddress(self.ip))
        self.user = None
        self.access = None
        self.refresh_token = None
        self.session_id = None
        self.csrf = None

    def call(self, method, path, body=NOTHING, *, expect=None, token=NOTHING, headers=None,
             plain=False, **options):
        """`expect`: a status, or (status, code) of a problem. `token`: another one, or None.
        `plain`: the path is a site's, not Gatehouse's."""
        sent = dict(headers or {})
        bearer = self.access if token is NOTHING else token
        if bearer is not None:
            sent.setdefault("Authorization", f"Bearer {bearer}")
        if self.csrf is not None and method not in ("GET", "HEAD", "OPTIONS"):
            sent.setdefault("X-CSRF-Token", self.csrf)
        if body is not NOTHING:
            options["data"] = json.dumps(body, ensure_ascii=False).encode("utf-8")
            sent.setdefault("Content-Type", "application/json")
        answer = self.http.request(method, self.stack.base_url + path, headers=sent,
                                   allow_redirects=False, timeout=40, **options)
        if not plain:
            check_conventions(answer)
        if isinstance(expect, tuple):
            problem(answer, *expect)
        elif expect is not None:
            assert answer.status_code == expect, describe(answer)
        return answer

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body=NOTHING, **options):
        return self.call("POST", path, body, **options)

    def keep(self, answer):
        """Takes over the tokens of a session answer; in cookie mode the jar has them."""
        document = answer.json()
        self.access = document.get("access_token")
        self.refresh_token = document.get("refresh_token")
        self.csrf = document.get("csrf_token")
        self.session_id = document["session"]["id"]
        return document

    def login(self, user, password=None, *, device=None, transport=None, expect=200):
        body = {"tenant": user.tenant, "email": user.email,
                "password": user.password if password is None else password}
        if device is not None:
            body["device"] = {"id": device, "name": f"Device {device}", "type": "web"}
        if transport is not None:
            body["transport"] = transport
        answer = self.post("/auth/login", body, token=None, expect=expect)
        if answer.status_code == 200:
            self.user = user
            if "mfa_required" not in answer.json():  # else support/second_factor.py goes on
                self.keep(answer)
        return answer

    def refresh(self, token=NOTHING, expect=200):
        """Trades a refresh token in; keeps nothing, so that tests can compare."""
        value = self.refresh_token if token is NOTHING else token
        return self.post("/auth/refresh", {"refresh_token": value}, token=None, expect=expect)

    def verify(self, expect=None, **options):
        return self.get("/auth/verify", expect=expect, **options)

    def forget_cookies(self):
        self.http.cookies.clear()


def signed_in(stack, user, **options):
    client = Client(stack)
    client.login(user, **options)
    return client


def twin(client):
    """The same session, over connections and from an address of its own."""
    other = Client(client.stack)
    other.access = client.access
    other.user = client.user
    return other


def register(stack, tenant=None, *, client=None, email=None, password=None, **fields):
    """The way of people: register, read the mail, post the link's token. An active account."""
    user = User(email or fresh_email("reg"), password or fresh_password(), tenant or stack.tenant)
    client = client or Client(stack)
    client.post("/auth/register", {"tenant": user.tenant, "email": user.email,
                                   "password": user.password, **fields}, token=None, expect=202)
    token = stack.mail.wait(user.email, "verify_email").token()
    client.post("/auth/verify-email", {"token": token}, token=None, expect=200)
    return user
