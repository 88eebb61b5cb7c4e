"""A client in cookie mode (SPEC S8) whose every header and cookie is in the test's hands: unlike a
cookie jar, it says what was set, and sends what it is told."""

from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy

from support.client import Client, FromAddress, fresh_ip

ACCESS, REFRESH, CSRF, DEVICE = (
    "__Host-gatehouse_access", "__Secure-gatehouse_refresh", "__Host-gatehouse_csrf",
    "__Host-gatehouse_device")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")


def set_cookies(answer):
    """What Set-Cookie says: name to (value, attributes by lower-case name). Each name once."""
    found = {}
    for line in answer.raw.headers.getlist("Set-Cookie"):
        pair, *rest = (part.strip() for part in line.split(";"))
        name, _, value = pair.partition("=")
        assert name not in found, f"{name} is set twice: {line}"
        attributes = {}
        for part in rest:
            key, _, text = part.partition("=")
            attributes[key.lower()] = text
        found[name] = (value, attributes)
    return found


class Sent:
    """What a request of `browser` is about to carry, for a test to change."""

    def __init__(self, browser, headers, cookies):
        self.browser = browser
        self.headers = headers
        self.cookies = cookies  # (name, value), in order; a name may come twice

    def cookie(self, name, value):
        self.without(name).cookies.append((name, value))
        return self

    def without(self, name):
        self.cookies[:] = [pair for pair in self.cookies if pair[0] != name]
        return self


class Browser(Client):
    _change = None  # of every browser: see `changing`

    def __init__(self, stack, **options):
        super().__init__(stack, **options)
        self.http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.cookies = {}  # name to (value, path)
        self.origin = stack.base_url

    def call(self, method, path, *args, headers=None, **options):
        sent = Sent(self, {}, [(name, value) for name, (value, scope) in self.cookies.items()
                               if path.startswith(scope)])
        if self.origin is not None and method in UNSAFE:
            sent.headers["Origin"] = self.origin
        if self.csrf is not None and method in UNSAFE:
            sent.headers["X-CSRF-Token"] = self.csrf
        sent.headers |= headers or {}
        if Browser._change is not None:
            Browser._change(sent)
        if sent.cookies:
            sent.headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in sent.cookies)
        # The client would add its own token.
        kept, self.csrf = self.csrf, None
        try:
            answer = super().call(method, path, *args, headers=sent.headers, **options)
        finally:
            self.csrf = kept
        for name, (value, attributes) in set_cookies(answer).items():
            if attributes["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = (value, attributes["path"])
        return answer

    def login(self, user, *args, **options):
        return super().login(user, *args, **{"transport": "cookie", **options})

    def keep(self, answer):
        """The refresh token as well, which nothing but the cookie tells."""
        document = super().keep(answer)
        self.refresh_token = self.value(REFRESH)
        return document

    def value(self, name):
        return self.cookies.get(name, (None,))[0]

    def move(self):
        """To another address, with its own rate limit."""
        self.ip = fresh_ip()
        for scheme in ("https://", "http://"):
            self.http.mount(scheme, FromAddress(self.ip))


@contextmanager
def changing(change):
    """Every request of every browser goes through `change`, a function of Sent."""
    Browser._change = staticmethod(change)
    try:
        yield
    finally:
        Browser._change = None


def browsing(stack, user, **options):
    """Signed in, in cookie mode."""
    browser = Browser(stack)
    browser.login(user, **options)
    return browser
