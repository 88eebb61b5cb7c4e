"""Locations inside, beside and before a protected one (SPEC R7, STYLE 12): nginx inherits the gate
without what it asks for, so that a location which says nothing of its own lets nobody in."""

import json
import time

import pytest

from support.client import signed_in
from support.site import SNIPPETS, serving

STATIC = f"include {SNIPPETS}/protect-static.conf;"
PROXY = f"include {SNIPPETS}/protect-proxy.conf; proxy_pass http://unix:back.sock;"
EDIT = 'set $gatehouse_require_permission "sales:orders:edit";'
VIEW = 'set $gatehouse_require_permission "sales:orders:view";'
BARE = "auth_request /_gatehouse/verify;"
CACHED = "set $gatehouse_micro_cache on;"

LOCATIONS = f"""
root www;
location ~* \\.(js|css|png)$ {{ expires 1d; }}

location ^~ /reports/ {{
  {EDIT} {STATIC}
  index a.txt index.js;
  location ~ \\.js$ {{ expires 1d; }}
  location ~ \\.css$ {{ {EDIT} {STATIC} expires 1d; }}
  location /reports/bare/ {{ {BARE} }}
  location /reports/view/ {{ {VIEW} {STATIC} }}
  location /reports/members/ {{ {STATIC} }}
}}
location ^~ /skipped/ {{ rewrite ^ /skipped/a.txt break; {EDIT} {STATIC} }}
location ^~ /index/ {{ {EDIT} {STATIC} rewrite ^/index/$ /index/a.txt break; }}
location ^~ /moved/ {{ rewrite ^/moved/(.*)$ /reports/$1 last; {STATIC} }}
location ^~ /bare/ {{ {BARE} }}
location ^~ /bare-edit/ {{ {EDIT} {BARE} }}
location ^~ /limited/ {{ {EDIT} {STATIC} limit_except GET {{ allow all; }} }}
location ^~ /if/ {{ {EDIT} {STATIC} if ($request_method = HEAD) {{ expires 1d; }} }}
location ^~ /cached/ {{
  {CACHED} {EDIT} {STATIC}
  location ~ \\.js$ {{ expires 1d; }}
  location ~ \\.css$ {{ {CACHED} {EDIT} {STATIC} }}
  location /cached/bare/ {{ {CACHED} {BARE} }}
}}
location ^~ /app/ {{
  {EDIT} {PROXY}
  location /app/nested/ {{
    proxy_set_header Upgrade $http_upgrade;
    proxy_pass http://unix:back.sock;
  }}
  location /app/again/ {{ {EDIT} {PROXY} }}
}}
"""

BACK = """
server { listen unix:back.sock; return 200 "$http_remote_user"; }
"""

# What nobody, somebody who may view, and somebody who may edit as well, are answered.
ASKED, VIEWERS, SHUT = (401, 403, 200), (401, 200, 200), (403, 403, 403)
PLACES = {
    "/reports/a.txt": ASKED, "/reports/": ASKED, "/reports/a.css": ASKED,
    "/reports/view/a.txt": VIEWERS, "/reports/members/a.txt": VIEWERS,
    "/reports/a.js": SHUT, "/reports/view/a.js": SHUT, "/reports/nothing.js": SHUT,
    "/reports/bare/a.txt": SHUT, "/moved/a.js": SHUT, "/moved/a.txt": ASKED,
    # Handed over by `index`, with what the location before has asked for.
    "/reports/sub/": ASKED,
    "/index/": ASKED, "/if/a.txt": ASKED,
    "/skipped/a.txt": SHUT, "/bare/a.txt": SHUT, "/bare-edit/a.txt": SHUT,
    "/limited/a.txt": ASKED,
    "/cached/a.txt": ASKED, "/cached/a.css": ASKED, "/cached/a.js": SHUT,
    "/cached/bare/a.txt": SHUT,
    "/app/": ASKED, "/app/again/": ASKED, "/app/nested/": SHUT,
}
FILES = """
reports/a.txt reports/a.css reports/a.js reports/sub/index.js reports/bare/a.txt reports/view/a.txt
reports/view/a.js reports/members/a.txt skipped/a.txt index/a.txt bare/a.txt bare-edit/a.txt
limited/a.txt if/a.txt cached/a.txt cached/a.css cached/a.js cached/bare/a.txt open/a.txt
""".split()


def folder_of_files(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp(name)
    for path in FILES:
        file = folder / "www" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("a secret")
    return folder


@pytest.fixture(scope="module")
def site(stack, tmp_path_factory):
    with serving(stack, folder_of_files(tmp_path_factory, "site"), LOCATIONS, BACK) as site:
        yield site


@pytest.fixture(scope="module")
def people(stack, tenant):
    """Access tokens: nobody's, a viewer's, an editor's."""
    view = stack.new_role(tenant, "sales:orders:view")
    edit = stack.new_role(tenant, "sales:orders:edit")
    return [None] + [signed_in(stack, stack.new_user(tenant, roles=roles)).access
                     for roles in ((view,), (view, edit))]


@pytest.fixture(scope="module")
def chief(stack, tenant):
    """A tenant admin, who may do anything."""
    return signed_in(stack, stack.new_user(tenant, flags=("--tenant-admin",))).access


@pytest.mark.parametrize("path", PLACES)
def test_who_gets_where(site, people, chief, path):
    """R7: what is inside a protected place is shut until it says itself what it asks for; so is a
    place whose `set` was skipped, and one with the question alone."""
    assert tuple(site.status(path, token) for token in people) == PLACES[path]
    assert site.status(path, chief) == PLACES[path][2]


@pytest.mark.parametrize("path", ["/reports/a.js", "/cached/a.js", "/limited/a.txt"])
def test_a_shut_place_answers_as_any_refusal(site, chief, path):
    """E4: a problem document."""
    answer = site.get(path, chief, method="POST")
    assert answer.status == 403
    assert answer.getheader("Content-Type") == "application/problem+json"
    assert json.loads(answer.body)["code"] == "permission_denied"
    assert "secret" not in answer.body.decode()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_limit_except_is_a_place_of_its_own(site, people, method):
    """R7: nginx skips the location's `set` for the other methods."""
    assert [site.status("/limited/a.txt", token, method=method) for token in people] == [403] * 3


def test_a_place_that_says_it_again_is_protected_in_full(stack, site, people):
    """T7, R7: with the headers of the snippet, and with the identity."""
    answer = site.get("/reports/a.css", people[2])
    assert "private, no-cache" in answer.headers.get_all("Cache-Control")
    slug = stack.new_tenant(access_ttl=8)
    user = stack.new_user(slug, roles=(stack.new_role(slug, "sales:orders:edit"),))
    client = signed_in(stack, user)
    time.sleep(4.5)
    for path in ("/reports/a.css", "/app/again/"):
        assert site.get(path, client.access).getheader("X-Renewed-Token")
    assert site.get("/app/again/", client.access).body.decode() == user.email


def test_no_client_opens_a_gate(site, people):
    """R7: the variable is nginx's; neither a query nor a header nor a cookie is it."""
    for value in ("on", "/reports/a.js"):
        assert site.status(f"/reports/a.js?gatehouse_gate={value}", people[2],
                           cookie=f"gatehouse_gate={value}",
                           headers={"gatehouse_gate": value, "Gatehouse-Gate": value}) == 403


@pytest.mark.parametrize("path", [
    "//reports//a.txt", "/reports/./a.txt", "/x/../reports/a.txt", "/reports/x/../a.txt",
    "/%72eports/a.txt", "/reports%2fa.txt", "/%2e%2e/reports/a.txt", "/reports/%2e/a.txt",
    "/reports/a.txt%00", "/reports/a.txt%00.css", "/reports/a.txt/", "/reports/a.txt.",
    "/reports./a.txt", "/reports../reports/a.txt", "/x/..%5creports/a.txt", "/reports;/a.txt",
    "/REPORTS/a.txt", "/Reports/a.txt", "/reports/a.txt%20", "/reports/a.txt?x.css",
    "/reports/a.txt#.css", "/reports/a.txt/x.css", "/reports", "http://other.test/reports/a.txt",
])
def test_other_spellings_reach_nothing(site, people, path):
    """R7: the file lies below the root of the whole site; nothing but the location keeps it."""
    for token in people[:2]:
        answer = site.get(path, token)
        assert answer.status in (301, 400, 401, 403, 404), answer.status
        assert b"secret" not in answer.body


def test_a_question_in_the_server_shuts_what_says_nothing(stack, tmp_path_factory, people):
    """R7: one line against whatever is beside a protected place; what is open says so."""
    server = f"""
      root www;
      {BARE}
      location ~* \\.js$ {{ expires 1d; }}
      location /reports/ {{ {EDIT} {STATIC} }}
      location /open/ {{ auth_request off; }}
    """
    with serving(stack, folder_of_files(tmp_path_factory, "asking"), server) as site:
        def answers(path):
            return tuple(site.status(path, token) for token in people)
        assert answers("/reports/a.txt") == ASKED
        for path in ("/reports/a.js", "/bare/a.txt", "/"):
            assert answers(path) == SHUT
        assert answers("/open/a.txt") == (200, 200, 200)
        assert answers("/auth/session") == (401, 200, 200)
        assert answers("/.well-known/jwks.json") == (200, 200, 200)


def test_a_snippet_in_the_server_shuts_everything(stack, tmp_path_factory, people):
    """R7: there the gate would stand open in all locations, whatever they ask for."""
    server = f"""
      root www;
      {STATIC}
      location /reports/ {{ {EDIT} {STATIC} location ~ \\.js$ {{ expires 1d; }} }}
      location /view/ {{ {EDIT} }}
    """
    with serving(stack, folder_of_files(tmp_path_factory, "wide"), server) as site:
        for path in ("/reports/a.txt", "/reports/a.js", "/bare/a.txt", "/view/"):
            assert [site.status(path, token) for token in people] == [403] * 3, path
