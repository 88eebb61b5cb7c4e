"""An OAuth provider of our own on loopback, which does as it should until a test tells it not to
(SPEC O1). It checks what a good provider checks: client, redirect URI, PKCE, single use of codes."""

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _number(value, size=None):
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class Key:
    """A key pair with its JWK."""

    def __init__(self, algorithm="RS256", kid=None):
        self.algorithm = algorithm
        self.kid = kid or "k" + secrets.token_hex(4)
        if algorithm == "RS256":
            self.private = rsa.generate_private_key(65537, 2048)
            numbers = self.private.public_key().public_numbers()
            public = {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
        elif algorithm == "ES256":
            self.private = ec.generate_private_key(ec.SECP256R1())
            numbers = self.private.public_key().public_numbers()
            public = {"kty": "EC", "crv": "P-256", "x": _number(numbers.x, 32),
                      "y": _number(numbers.y, 32)}
        else:
            self.private = ed25519.Ed25519PrivateKey.generate()
            raw = self.private.public_key().public_bytes(
                serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            public = {"kty": "OKP", "crv": "Ed25519", "x": b64(raw)}
        self.jwk = {**public, "kid": self.kid, "alg": algorithm, "use": "sig"}

    def sign(self, message):
        if self.algorithm == "RS256":
            return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        if self.algorithm == "ES256":
            r, s = decode_dss_signature(self.private.sign(message, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return self.private.sign(message)

    def public_pem(self):
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def jws(header, claims, sign):
    """`sign` gets the signed part and returns the signature's bytes."""
    part = b64(json.dumps(header).encode()) + "." + b64(json.dumps(claims).encode())
    return part + "." + b64(sign(part.encode()))


def hs256(secret):
    return lambda message: hmac.new(secret, message, hashlib.sha256).digest()


def person(email=None, *, verified=True, sub=None, **more):
    """Somebody's claims."""
    claims = {"sub": sub or "sub-" + secrets.token_hex(8), **more}
    if email is not None:
        claims.update(email=email, email_verified=verified)
    return claims


class Provider:
    """`kind`: "oidc" or "oauth2". What a test changes: see the attributes."""

    def __init__(self, kind="oidc", algorithm="RS256"):
        self.kind = kind
        self.client_id = "client-" + secrets.token_hex(4)
        self.client_secret = "Sec/ret+" + secrets.token_urlsafe(24) + "%:"
        self.key = Key(algorithm)
        self.keys = [self.key]
        self.codes = {}
        self.calls = []                   # (path, headers, form)
        # -- what may be changed --
        self.discovery = {}               # over what the document says; None takes away
        self.discovery_headers = {}
        self.keys_headers = {}
        self.claims = lambda claims: claims
        self.token = None                 # claims, key -> the ID token as text
        self.token_answer = lambda document: document
        self.userinfo = None              # instead of the person's claims
        self.email_in_token = True
        self.raw = {}                     # path -> (status, headers, bytes), instead of all that
        self.delay = {}                   # path -> seconds before the answer
        handler = type("Handler", (_Handler,), {"provider": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        # A path of its own: ports are used again, and workers remember what they were told.
        self.prefix = "/" + secrets.token_hex(6)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}{self.prefix}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def setting(self, name="corp", **more):
        """An item of the setting `oauth_providers`."""
        common = {"id": name, "name": f"The {name}", "type": self.kind,
                  "client_id": self.client_id, "client_secret": self.client_secret}
        if self.kind == "oidc":
            common["issuer"] = self.issuer
        else:
            common.update(authorization_endpoint=self.issuer + "/authorize",
                          token_endpoint=self.issuer + "/token",
                          userinfo_endpoint=self.issuer + "/userinfo")
        return {**common, **more}

    def authorize(self, url, claims, **over):
        """What the browser does there: the query with which it is sent back."""
        parts = urlsplit(url)
        assert url.startswith(self.issuer + "/authorize?"), url
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert asked["response_type"] == "code" and asked["client_id"] == self.client_id
        assert asked["code_challenge_method"] == "S256"
        code = "code-" + secrets.token_urlsafe(16)
        self.codes[code] = {"asked": asked, "claims": claims}
        return {"code": code, "state": asked["state"], **over}

    # -- the server's side ---------------------------------------------------------------------

    def document(self):
        names = {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize",
                 "token_endpoint": self.issuer + "/token",
                 "userinfo_endpoint": self.issuer + "/userinfo",
                 "jwks_uri": self.issuer + "/jwks", **self.discovery}
        return {name: value for name, value in names.items() if value is not None}

    def id_token(self, given):
        now = int(time.time())
        shown = given["claims"]
        if not self.email_in_token:
            shown = {name: value for name, value in shown.items() if "email" not in name}
        claims = self.claims({"iss": self.issuer, "aud": self.client_id, "iat": now,
                              "exp": now + 300, "nonce": given["asked"].get("nonce"), **shown})
        if self.token:
            return self.token(claims, self.key)
        return jws({"alg": self.key.algorithm, "kid": self.key.kid}, claims, self.key.sign)

    def trade(self, headers, form):
        """RFC 6749 4.1.3, RFC 7636 4.6."""
        kind, _, value = headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            name, _, secret = base64.b64decode(value).decode().partition(":")
            client = unquote(name), unquote(secret)
        else:
            client = form.get("client_id"), form.get("client_secret", "")
        if client != (self.client_id, self.client_secret):
            return 401, {"error": "invalid_client"}
        given = self.codes.pop(form.get("code"), None)
        if given is None or form.get("grant_type") != "authorization_code":
            return 400, {"error": "invalid_grant"}
        asked = given["asked"]
        challenge = b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if form.get("redirect_uri") != asked["redirect_uri"] or challenge != asked["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        access = "at-" + secrets.token_urlsafe(16)
        self.codes[access] = given
        answer = {"access_token": access, "token_type": "Bearer", "expires_in": 60}
        if self.kind == "oidc":
            answer["id_token"] = self.id_token(given)
        return 200, self.token_answer(answer)

    def told(self, headers):
        given = self.codes.get(headers.get("Authorization", "").removeprefix("Bearer "))
        if given is None:
            return 401, {"error": "invalid_token"}
        return 200, self.userinfo if self.userinfo is not None else given["claims"]


class _Handler(BaseHTTPRequestHandler):
    provider = None
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):  # quiet
        pass

    def handle(self):
        try:
            super().handle()
        except ConnectionResetError:  # the other side gave up
            pass

    def do_GET(self):  # pylint: disable=invalid-name
        self._serve({})

    def do_POST(self):  # pylint: disable=invalid-name
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self._serve({name: values[0] for name, values in parse_qs(body).items()})

    def _serve(self, form):
        provider, path = self.provider, urlsplit(self.path).path.removeprefix(self.provider.prefix)
        provider.calls.append((path, dict(self.headers), form))
        time.sleep(provider.delay.get(path, 0))
        if path in provider.raw:
            status, headers, body = provider.raw[path]
            return self._send(status, body, headers)
        if path == "/.well-known/openid-configuration":
            return self._json(200, provider.document(), provider.discovery_headers)
        if path == "/jwks":
            return self._json(200, {"keys": [key.jwk for key in provider.keys]},
                              provider.keys_headers)
        if path == "/token":
            return self._json(*provider.trade(self.headers, form))
        if path == "/userinfo":
            return self._json(*provider.told(self.headers))
        return self._json(404, {"error": "not_found"})

    def _json(self, status, document, headers=None):
        self._send(status, json.dumps(document).encode(), headers or {})

    def _send(self, status, body, headers):
        try:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


# -- the browser's side --------------------------------------------------------------------------

def start(client, provider="corp", *, tenant=None, return_to=None, expect=302):
    query = {name: value for name, value in (("tenant", tenant), ("return_to", return_to))
             if value is not None}
    return client.get(f"/auth/oauth/{provider}/start?{urlencode(query)}", token=None,
                      expect=expect)


def come_back(client, query, provider="corp", **options):
    return client.get(f"/auth/oauth/{provider}/callback?{urlencode(query)}", token=None, expect=302,
                      **options)


def go(client, provider, claims, *, tenant, name="corp", return_to="/demo/", **over):
    """The whole way; the callback's answer."""
    begun = start(client, name, tenant=tenant, return_to=return_to)
    return come_back(client, provider.authorize(begun.headers["Location"], claims, **over), name)


def link(client, provider, claims, name="corp"):
    """Somebody who is signed in; the callback's answer."""
    url = client.post(f"/auth/oauth/{name}/link", expect=200).json()["authorize_url"]
    return come_back(client, provider.authorize(url, claims), name)


def error_of(answer):
    """The code that the sign-in page gets; None where there is none."""
    location = urlsplit(answer.headers["Location"])
    if location.path != "/auth/ui/sign-in":
        return None
    return parse_qs(location.query).get("error", [None])[0]


def signed_in_as(client):
    """The user of the cookie session that the client has, or None."""
    answer = client.get("/auth/session", token=None)
    return answer.json()["user"] if answer.status_code == 200 else None
