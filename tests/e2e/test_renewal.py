"""Sliding renewal from the sign-in to the session's end (SPEC T7, S4), where a client meets it: at
/auth/verify, at /auth/session, and on a protected site, through auth_request."""

import time
from datetime import datetime

import pytest

from support import jwt
from support.client import Client, describe
from support.parallel import together

PLACES = {"/auth/verify": 204, "/auth/session": 200, "/demo/": 200}
ACCESS_COOKIE = "__Host-gatehouse_access"
BAD = {(401, "invalid_token")}
ACCESS_TTL = 4
SESSION_TTL = 9  # no whole number of half lives: the last token is cut to it


class Visitor:
    """Somebody who takes every token that is offered, as browsers and well-written clients do."""

    def __init__(self, stack, path, mode, **settings):
        tenant = stack.new_tenant("renew", **settings)
        self.user = stack.new_user(tenant, roles=(stack.new_role(tenant, "sales:orders:view"),))
        self.path, self.mode = path, mode
        self.client = Client(stack)
        answer = self.client.login(self.user, transport=mode).json()
        self.begin = time.time()
        self.end = datetime.fromisoformat(answer["session"]["expires_at"]).timestamp()
        self.token = self._in_the_jar() if mode == "cookie" else self.client.access
        self.tokens = [self.token]

    def _in_the_jar(self):
        return self.client.http.cookies.get(ACCESS_COOKIE)

    def ask(self):
        """(status, code of a problem or None); an offered token is taken."""
        jar = self.client.http.cookies
        if self.mode == "cookie":
            # A client with a clock of its own: what the server says of an old cookie is wanted.
            jar.clear()
            headers, bearer = {"Cookie": f"{ACCESS_COOKIE}={self.token}"}, None
        else:
            headers, bearer = {}, self.token
        answer = self.client.get(self.path, token=bearer, headers=headers,
                                 plain=self.path == "/demo/")
        lines = answer.raw.headers.getlist("Set-Cookie")
        offered = answer.headers.get("X-Renewed-Token")
        if self.mode == "cookie":
            assert offered is None and len(lines) <= 1, describe(answer)
            offered = self._offered(lines[0]) if lines else None
        else:
            assert not lines, describe(answer)
        if offered:
            self._check(offered)
            self.token = offered
            self.tokens.append(offered)
        code = answer.json()["code"] if answer.status_code >= 400 else None
        return answer.status_code, code

    def _offered(self, line):
        pair, *attributes = [part.strip() for part in line.split(";")]
        name, _, value = pair.partition("=")
        assert name == ACCESS_COOKIE, line
        assert {"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} <= set(attributes), line
        ages = [int(part.removeprefix("Max-Age=")) for part in attributes
                if part.startswith("Max-Age=")]
        left = jwt.parts(value)[1]["exp"] - time.time()
        # Whole seconds, rounded down.
        assert len(ages) == 1 and left - 1 <= ages[0] <= left + 2, (line, left)
        return value

    def _check(self, offered):
        old, new = jwt.parts(self.token)[1], jwt.parts(offered)[1]
        assert new["jti"] != old["jti"] and new["sid"] == old["sid"]
        assert new["iat"] >= old["iat"] + (old["exp"] - old["iat"]) / 2, "not in the last half"
        assert old["exp"] < new["exp"] <= self.end, "past the session's end"
        assert new["auth_time"] == old["auth_time"]

    def seconds_left(self):
        """Of the session; tokens are good to whole seconds."""
        return int(self.end) - time.time()


def everywhere(visit):
    together([lambda p=path: visit(p) for path in PLACES])


@pytest.mark.parametrize("mode", ["body", "cookie"])
def test_an_active_person_stays_to_the_end_and_no_longer(stack, mode):
    """T7: several lives of an access token, never a refusal, and 401 for good at the absolute end;
    neither the newest token nor the refresh token leads on."""
    def visit(path):
        visitor = Visitor(stack, path, mode, access_ttl=ACCESS_TTL, session_ttl=SESSION_TTL)
        refused = None
        while visitor.seconds_left() > -1.2:
            left = visitor.seconds_left()
            outcome = visitor.ask()
            if left <= 0:
                assert outcome in BAD, (path, left, outcome)
                refused = outcome
            elif visitor.seconds_left() > 0:
                assert outcome == (PLACES[path], None), (path, left, outcome)
            time.sleep(0.1)
        assert refused and len(visitor.tokens) >= 4, (path, len(visitor.tokens))
        assert abs(visitor.end - visitor.begin - SESSION_TTL) < 1
        for token in visitor.tokens:
            visitor.token = token
            assert visitor.ask() in BAD
        if mode == "body":
            visitor.client.refresh(expect=(401, "invalid_refresh_token"))
        assert stack.live_sessions(visitor.user) == []

    everywhere(visit)


@pytest.mark.parametrize("mode", ["body", "cookie"])
def test_without_renewal_one_token_is_all(stack, mode):
    """N5: sliding_renewal off."""
    def visit(path):
        visitor = Visitor(stack, path, mode, access_ttl=ACCESS_TTL, sliding_renewal=False)
        expires = jwt.parts(visitor.token)[1]["exp"]
        while True:
            before = time.time()
            outcome = visitor.ask()
            if before >= expires:
                break
            assert outcome == (PLACES[path], None) or time.time() >= expires
            time.sleep(0.2)
        assert outcome in BAD and len(visitor.tokens) == 1

    everywhere(visit)


@pytest.mark.parametrize("mode", ["body", "cookie"])
def test_renewal_does_not_outlive_idleness(stack, mode):
    """S4, T7: who comes in time stays, over several idle timeouts; who does not is out, although
    their access token would be good for longer; and asking again revives nobody."""
    def visit(path):
        visitor = Visitor(stack, path, mode, access_ttl=8, idle_timeout=3)
        for _ in range(12):
            assert visitor.ask() == (PLACES[path], None)
            time.sleep(0.5)
        assert len(visitor.tokens) >= 2
        assert visitor.ask() == (PLACES[path], None)
        time.sleep(3.05)
        assert jwt.parts(visitor.token)[1]["exp"] > time.time(), "the token itself is good"
        for _ in range(5):
            assert visitor.ask() in BAD
        if mode == "body":
            visitor.client.refresh(expect=(401, "invalid_refresh_token"))

    everywhere(visit)


def test_a_renewed_token_dies_with_the_session(stack):
    """T7, T8: renewal makes no second session; a logout by the first token ends the second, and the
    other way round."""
    for first_ends in (True, False):
        visitor = Visitor(stack, "/auth/verify", "body", access_ttl=4)
        old = visitor.token
        time.sleep(2.1)
        assert visitor.ask() == (204, None) and visitor.token != old
        visitor.client.post("/auth/logout", token=old if first_ends else visitor.token, expect=204)
        for token in (old, visitor.token):
            visitor.token = token
            assert visitor.ask() in BAD
