"""Services: who is one, what a request of theirs looks like, what is written down of them (SPEC
T10, T8, N6, A3)."""

import time
import urllib.parse
from pathlib import Path

import pytest

from support import jwt
from support.admin import tenant_admin
from support.client import Client, signed_in
from support.parallel import together
from support.services import (
    CLIENT, CREDENTIALS, SOMEBODY, ServiceClient, basic, create, service_of)
from support.services import person, place, service  # pylint: disable=unused-import


# -- who asks --------------------------------------------------------------------------------------

def test_who_is_no_service(stack, service, person):
    """T10: one answer for all of them, with Basic as the challenge (client.py sees to that)."""
    form = {"token": person.access}
    for headers in (basic(service.client_id, service.secret + "x"),
                    basic(service.client_id, service.secret[:-1]),
                    basic(service.client_id, ""), basic(service.client_id, service.id),
                    basic(SOMEBODY, service.secret), basic("", ""), basic("shop", "shop"),
                    basic("x" * 5000, service.secret), basic(service.client_id, "x" * 5000),
                    {"Authorization": "Basic"}, {"Authorization": "Basic !!!"},
                    {"Authorization": f"Bearer {person.access}"},
                    {"Authorization": f"Bearer {service.secret}"}, {}):
        answer = Client(stack).post("/auth/introspect", data=form, headers=headers, expect=CLIENT)
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="gatehouse"'
    # The same words, whether or not there is such a client.
    wrong, unknown = (Client(stack).post("/auth/introspect", data=form, headers=headers,
                                         expect=CLIENT).json()
                      for headers in (basic(service.client_id, "x"), basic(SOMEBODY, "x")))
    wrong.pop("request_id"), unknown.pop("request_id")
    assert wrong == unknown
    for headers in (basic(service.client_id, "x"), basic(SOMEBODY, service.secret)):
        Client(stack).post("/auth/revoke", data=form, headers=headers, expect=CLIENT)
    for headers in ({}, {"Authorization": "Basic !!!"}):
        Client(stack).post("/auth/revoke", data=form, headers=headers,
                           expect=(401, "authentication_required"))
    person.get("/auth/session", expect=200)


def test_a_credential_in_the_body_is_none(stack, service, person):
    """T10: client_secret_post is not offered; the access cookie is no credential of a service."""
    Client(stack).post("/auth/introspect", expect=CLIENT, data={
        "token": person.access, "client_id": service.client_id, "client_secret": service.secret})


def test_a_deleted_credential_stops_at_once(stack, place, person):
    """T10, T8: on every worker."""
    admin = tenant_admin(stack, place[0])
    gone = ServiceClient(stack, create(admin))
    assert gone.introspect(person.access)["active"] is True
    admin.call("DELETE", f"{CREDENTIALS}/{gone.id}", expect=204)
    answers = together([lambda c=Client(stack): c.post(
        "/auth/introspect", data={"token": person.access},
        headers=basic(gone.client_id, gone.secret)) for _ in range(24)])
    assert {answer.status_code for answer in answers} == {401}
    gone.revoke(person.access, expect=401)
    person.get("/auth/session", expect=200)


def test_a_suspended_tenants_services_are_out(stack):
    """N6, T10: and back with their tenant."""
    tenant = stack.new_tenant()
    theirs = service_of(stack, tenant)
    token = signed_in(stack, stack.new_user(tenant)).access
    stack.cli("tenant", "suspend", tenant)
    theirs.introspect(token, expect=401)
    theirs.revoke(token, expect=401)
    stack.cli("tenant", "resume", tenant)
    assert theirs.introspect(token)["active"] is True


# -- forms -----------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", ["/auth/introspect", "/auth/revoke"])
def test_the_form(stack, service, person, path):
    """RFC 6749 section 3.2, E5: what a form may look like."""
    mine = basic(service.client_id, service.secret)
    client = Client(stack)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    token = urllib.parse.quote(person.session_id)
    for body in (b"", b"token=", b"tokens=x", b"token=x&token=x", b"token_type_hint=access_token",
                 b"token=x&token_type_hint=a&token_type_hint=b", b"token=x%00", b"token=a%0ab",
                 b"token=" + b"x" * 16385):
        client.post(path, data=body, headers={**mine, **kind}, expect=(422, "validation_failed"))
    client.post(path, data=b"token=%ff", headers={**mine, **kind}, expect=(400, "malformed_json"))
    for body in (f"token={token}&unknown=1&client_id=x&unknown=2", f"&token={token}&",
                 f"token={token}&token_type_hint=none_of_ours"):
        client.post(path, data=body, headers={**mine, **kind}, expect=200)
    client.post(path, data=f"token={token}", expect=200,
                headers={**mine, "Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"})
    for other in ("application/json", "text/plain", "multipart/form-data; boundary=x"):
        client.post(path, data=b"token=x", headers={**mine, "Content-Type": other},
                    expect=(415, "unsupported_media_type"))
    client.post(path, data=b"token=x", headers=mine, expect=(415, "unsupported_media_type"))
    # The credential comes first.
    answer = client.post(path, data=b"{", headers={"Content-Type": "application/json",
                                                   **basic(service.client_id, "x")})
    assert answer.status_code == 401
    client.post(path + "?token=x", data=f"token={token}", headers={**mine, **kind},
                expect=(422, "validation_failed"))


# -- secrecy ---------------------------------------------------------------------------------------

def test_the_secret_is_written_down_nowhere(stack, place, person):
    """A3, DESIGN 7: only its hash; neither in the log, nor in the audit log, nor as Basic sends
    it. The tokens that were asked about neither."""
    admin = tenant_admin(stack, place[0])
    canary = ServiceClient(stack, create(admin, "Canary"))
    canary.introspect(person.access)
    canary.introspect(person.refresh_token)
    Client(stack).post("/auth/introspect", data={"token": person.access}, expect=CLIENT,
                       headers=basic(SOMEBODY, canary.secret))
    canary.post("/auth/introspect?token=" + person.refresh_token, 422, {"token": "x"})
    canary.revoke(person.refresh_token)
    admin.call("DELETE", f"{CREDENTIALS}/{canary.id}", expect=204)
    stays = ServiceClient(stack, create(admin, "Canary that stays"))
    time.sleep(1)
    needles = [person.access.rpartition(".")[2], person.refresh_token[-40:]]
    for service in (canary, stays):
        header = basic(service.client_id, service.secret)["Authorization"]
        needles += [service.secret, header.partition(" ")[2],
                    jwt.decode(service.secret).hex()]
    searched = 0
    for file in Path(stack.info["log_dir"]).rglob("*"):
        if file.is_file():
            searched += 1
            content = file.read_bytes()
            assert not any(needle.encode() in content for needle in needles), file
    assert searched >= 2
    raw = [jwt.decode(service.secret) for service in (canary, stays)]
    for table in [next(iter(row.values())) for row in stack.sql("SHOW TABLES")]:
        for row in stack.sql(f"SELECT * FROM `{table}`"):
            for column, value in row.items():
                content = value if isinstance(value, bytes) else str(value).encode()
                found = [n for n in [*raw, *(n.encode() for n in needles)] if n in content]
                assert not found, (table, column)
