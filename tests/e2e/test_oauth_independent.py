"""OAuth sign-in with a provider that others wrote: npm's oidc-provider (SPEC O1). Its own pages are
walked as a browser would."""

import os
import re
import secrets
import shutil
import socket
import subprocess
from pathlib import Path
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import requests

from support.client import Client, signed_in
from support.gatehouse import ROOT
from support.oauth_provider import error_of, signed_in_as, start

SOURCE = ROOT / "tests" / "support" / "oidc_provider"


@pytest.fixture(scope="module")
def modules():
    """Installed below the build folder, once."""
    build = Path(os.environ.get("GATEHOUSE_BUILD", ROOT / "build" / "release"))
    folder = build / "oidc-provider"
    folder.mkdir(parents=True, exist_ok=True)
    for file in SOURCE.iterdir():
        shutil.copy(file, folder)
    done = subprocess.run(["npm", "install", "--no-package-lock", "--no-audit", "--no-fund",
                           "--prefer-offline"], cwd=folder, capture_output=True, text=True,
                          timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return folder


class Independent:
    def __init__(self, stack, folder, algorithm):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.issuer = f"http://127.0.0.1:{port}"
        self.client_id, self.secret = "gatehouse", secrets.token_urlsafe(32)
        self.process = subprocess.Popen(
            ["node", "server.mjs", str(port), self.client_id, self.secret,
             f"{stack.base_url}/auth/oauth/corp/callback", algorithm],
            cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        for line in self.process.stdout:
            if "listening" in line:
                break
        assert self.process.poll() is None

    def setting(self):
        return {"id": "corp", "name": "Corp", "type": "oidc", "issuer": self.issuer,
                "client_id": self.client_id, "client_secret": self.secret}

    def close(self):
        self.process.kill()
        self.process.wait()

    def walk(self, url, name, browser=None):
        """Signs in as `name` and consents; the URL to which the provider sends the browser."""
        browser = browser or requests.Session()
        browser.trust_env = False
        for _ in range(20):
            if "/auth/oauth/" in url:
                return url
            page = browser.get(url, allow_redirects=False, timeout=20)
            if page.is_redirect:
                url = urljoin(url, page.headers["Location"])
                continue
            assert page.status_code == 200, page.text
            action = re.search(r'action="([^"]+)"', page.text).group(1)
            prompt = re.search(r'name="prompt" value="([^"]+)"', page.text).group(1)
            form = {"prompt": prompt}
            if prompt == "login":
                form.update(login=name, password="anything")
            page = browser.post(urljoin(url, action), data=form, allow_redirects=False, timeout=20)
            url = urljoin(url, page.headers["Location"])
        raise AssertionError(url)


@pytest.fixture(scope="module", params=["RS256", "ES256", "EdDSA"])
def provider(request, stack, modules):
    made = Independent(stack, modules, request.param)
    yield made
    made.close()


@pytest.fixture
def home(stack, provider):
    return stack.new_tenant("indep", oauth_providers=[provider.setting()])


def back(client, url):
    parts = urlsplit(url)
    return client.get(f"{parts.path}?{parts.query}", token=None, expect=302)


def test_o1_sign_in_and_come_back(stack, client, provider, home):
    name = "ada-" + secrets.token_hex(6)
    begun = start(client, tenant=home, return_to="/demo/")
    url = provider.walk(begun.headers["Location"], name)
    assert parse_qs(urlsplit(url).query)["iss"] == [provider.issuer], "RFC 9207"
    answer = back(client, url)
    assert answer.headers["Location"] == "/demo/"
    me = signed_in_as(client)
    assert me["email"] == f"{name}@example.test" and me["first_name"] == "Ada"
    # The code is used up, and so is the state.
    assert error_of(back(client, url)) == "invalid_challenge"
    # Again, as the same person.
    other = Client(stack)
    url = provider.walk(start(other, tenant=home).headers["Location"], name)
    back(other, url)
    assert signed_in_as(other)["id"] == me["id"]


def test_o1_what_the_provider_refuses(client, provider, home):
    """A person who comes back without having signed in, and one with a code that was changed."""
    begun = start(client, tenant=home)
    state = parse_qs(urlsplit(begun.headers["Location"]).query)["state"][0]
    answer = client.get(f"/auth/oauth/corp/callback?state={state}&code=made-up&iss="
                        f"{provider.issuer}", token=None, expect=302)
    assert error_of(answer) == "invalid_credentials" and signed_in_as(client) is None


def test_o2_link_and_sign_in(stack, provider, home):
    name = "link-" + secrets.token_hex(6)
    user = stack.new_user(home)
    client = signed_in(stack, user)
    url = client.post("/auth/oauth/corp/link", expect=200).json()["authorize_url"]
    assert error_of(back(client, provider.walk(url, name))) is None
    other = Client(stack)
    back(other, provider.walk(start(other, tenant=home).headers["Location"], name))
    assert signed_in_as(other)["email"] == user.email
