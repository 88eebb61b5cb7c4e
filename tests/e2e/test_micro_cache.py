"""The optional micro-cache of nginx (nginx/snippets/micro-cache.conf): what it may repeat, and what
never (SPEC R7, T7, T8, S5). An nginx of the tests' own, before the stack's workers."""

import re
import stat
import time

import pytest

from support.client import signed_in
from support.metrics import verifications
from support.site import SNIPPETS, serving


def location(path, *lines, cached=True):
    lines = (("set $gatehouse_micro_cache on;",) if cached else ()) + lines
    return (f"location = {path} {{\n" + "\n".join(lines) +
            f"\ninclude {SNIPPETS}/protect-static.conf;\ntry_files /nothing =204;\n}}\n")


LOCATIONS = (
    location("/cached") + location("/plain", cached=False)
    + location("/view", 'set $gatehouse_require_permission "sales:orders:view";')
    + location("/edit", 'set $gatehouse_require_permission "sales:orders:edit";')
    + location("/clerk", 'set $gatehouse_require_role "Clerk";')
    + location("/everybody", "set $gatehouse_allow_roleless on;")
    + location("/elsewhere", "set $gatehouse_tenant elsewhere;")
    + location("/elsewhere-plain", "set $gatehouse_tenant elsewhere;", cached=False))


@pytest.fixture(scope="module")
def site(stack, tmp_path_factory):
    with serving(stack, tmp_path_factory.mktemp("site"), LOCATIONS) as site:
        yield site


@pytest.fixture
def clerk(stack, tenant):
    """Somebody who may see orders."""
    role = stack.new_role(tenant, "sales:orders:view")
    return signed_in(stack, stack.new_user(tenant, roles=(role,)))


def at_the_start_of_a_second():
    """So that what follows is within one second of nginx's clock, which lags a little."""
    time.sleep(1.02 - time.time() % 1)


def test_a_permission_is_repeated_within_the_second(stack, site, clerk):
    """One question to Gatehouse, whatever the method; without the cache each request is one. The
    answers are whole."""
    def cost(path):
        for _ in range(5):
            at_the_start_of_a_second()
            before, begin = verifications(stack), int(time.time())
            answers = [site.get(path, clerk.access, method=method)
                       for method in ("GET", "GET", "POST", "HEAD", "GET")]
            if int(time.time()) != begin:
                continue  # too slow a machine just now
            assert {answer.status for answer in answers} == {204}
            return verifications(stack) - before
        raise AssertionError("five requests never fitted into a second")
    assert cost("/cached") == 1
    assert cost("/plain") == 5


def test_a_place_of_another_tenant_is_closed(stack, site, clerk):
    """R3, N2: `set $gatehouse_tenant`, whatever one holds at home."""
    root = signed_in(stack, stack.admin, device="elsewhere")
    for path in ("/elsewhere", "/elsewhere-plain"):
        assert site.status("/cached", clerk.access) == 204
        assert site.status(path, clerk.access) == 403
        assert site.status(path, root.access) == 204


def test_staleness_ends_with_the_second(site, clerk):
    """T8 is given up for less than a second, where the location says so, and nowhere else."""
    at_the_start_of_a_second()
    assert site.status("/cached", clerk.access) == 204
    begin = int(time.time())
    clerk.post("/auth/logout", {}, expect=204)
    assert site.status("/plain", clerk.access) == 401
    stale = site.status("/cached", clerk.access)
    if int(time.time()) == begin:
        assert stale == 204, "nothing was cached"
    time.sleep(max(0, begin + 1.02 - time.time()))
    assert site.status("/cached", clerk.access) == 401


def test_refusals_are_not_repeated(stack, site, tenant):
    """Who gets a role is let in at once."""
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    at_the_start_of_a_second()
    assert site.status("/view", client.access) == 403
    stack.assign(user, stack.new_role(tenant, "sales:orders:view"))
    assert site.status("/view", client.access) == 204
    assert site.status("/cached", "x.y.z") == 401
    assert site.status("/cached") == 401


def test_an_answer_is_for_its_place_and_its_visitor_alone(stack, site, tenant, clerk):
    """Each of these would be let in by the answer before it, were the key without that part."""
    roleless = signed_in(stack, stack.new_user(tenant))
    cookie = f"__Host-gatehouse_access={clerk.access}"
    at_the_start_of_a_second()
    assert site.status("/cached", clerk.access) == 204
    assert site.status("/view", clerk.access) == 204
    assert site.status("/edit", clerk.access) == 403
    assert site.status("/clerk", clerk.access) == 403
    assert site.status("/cached") == 401
    assert site.status("/cached", clerk.access + "x") == 401
    assert site.status("/cached", "x.y.z", cookie=cookie) == 401  # the header is looked at first
    assert site.status("/cached", cookie=cookie) == 204
    assert site.status("/cached", cookie=cookie + "x") == 401
    assert site.status("/everybody", roleless.access) == 204
    assert site.status("/cached", roleless.access) == 403


def test_a_bound_session_is_bound(stack, site):
    """S5: an answer to one address is none to another."""
    slug = stack.new_tenant(ip_binding="strict")
    role = stack.new_role(slug, "sales:orders:view")
    client = signed_in(stack, stack.new_user(slug, roles=(role,)))
    at_the_start_of_a_second()
    assert site.status("/cached", client.access, ip=client.ip) == 204
    assert site.status("/cached", client.access, ip="127.0.0.77") == 401


def test_what_renews_a_token_is_handed_out_once(stack, site):
    """T7: neither the header nor the cookie of one visitor's renewal is repeated."""
    slug = stack.new_tenant(access_ttl=8)
    role = stack.new_role(slug, "sales:orders:view")
    client = signed_in(stack, stack.new_user(slug, roles=(role,)))
    time.sleep(4.5)
    at_the_start_of_a_second()
    renewed = [site.get("/cached", client.access).getheader("X-Renewed-Token") for _ in range(3)]
    assert None not in renewed and len(set(renewed)) == 3
    cookie = f"__Host-gatehouse_access={client.access}"
    cookies = [site.get("/cached", cookie=cookie).getheader("Set-Cookie") for _ in range(3)]
    assert None not in cookies and len(set(cookies)) == 3


def test_clients_reach_none_of_it(site, clerk):
    for path in ("/_gatehouse/verify", "/_gatehouse/verify_cached", "/_gatehouse/verify?x"):
        assert site.status(path, clerk.access) == 404


def test_files_are_nginxs_alone(site, clerk):
    """The key, and with it the credential, is in them."""
    at_the_start_of_a_second()
    assert site.status("/cached", clerk.access) == 204
    cache = site.folder / "cache"
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    files = [path for path in cache.rglob("*") if path.is_file()]
    assert files and all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in files)


def test_they_are_gone_soon(site, clerk):
    assert site.status("/cached", clerk.access) == 204
    end = time.monotonic() + 30
    while any(path.is_file() for path in (site.folder / "cache").rglob("*")):
        assert time.monotonic() < end
        time.sleep(0.2)


def directives(text, start):
    block = text.split(f"location = {start} {{\n", 1)[1].split("\n}\n", 1)[0]
    lines = (line.strip() for line in block.split("\n"))
    return [line for line in lines if line and not line.startswith("#")]


def test_the_worker_is_asked_as_without_it(site):
    """The snippet's location is the generated one and the cache, and the key holds whatever the
    worker is told, but for what it does not decide by."""
    generated = directives((site.folder / "generated/server.conf").read_text(),
                           "/_gatehouse/verify")
    snippet = directives((SNIPPETS / "micro-cache.conf").read_text(), "/_gatehouse/verify_cached")
    own = ("fastcgi_cache", "fastcgi_no_cache")
    assert sorted(generated) == sorted(line for line in snippet if not line.startswith(own))
    key = next(line for line in snippet if line.startswith("fastcgi_cache_key "))
    told = set(re.findall(r"fastcgi_param \S+ (\$\w+)", "\n".join(generated)))
    assert set(re.findall(r"\$\w+", key)) == \
        told - {"$request_id", "$http_user_agent"} | {"$time_iso8601"}
