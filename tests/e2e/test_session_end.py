"""Why a session ended, for the page that was in it: GET /auth/session/end (SPEC W1, S2, S4, S5,
S8)."""

import secrets
import time
from datetime import datetime, timedelta, timezone

import pytest

from support import fastcgi, jwt
from support.admin import Service, my_id, tenant_admin, tenant_id
from support.client import Client, problem, signed_in
from support.gatehouse import fresh_email, fresh_password
from support.moments import when
from support.openapi import SOMEBODY, document_of

END = "/auth/session/end"
UTC = timezone.utc


def end_of(client, token=None, expect=200, **options):
    """Why the session of this token ended; whatever is said, no cookie is touched."""
    answer = client.get(END, token=token or client.access, expect=expect, **options)
    assert "Set-Cookie" not in answer.headers and "X-Renewed-Token" not in answer.headers
    return answer.json()


def told(client, reason):
    """The reason, and when: just now."""
    document = end_of(client)
    assert set(document) == {"reason", "ended_at"}
    assert document["reason"] == reason
    assert abs(datetime.now(UTC) - when(document["ended_at"])) < timedelta(seconds=20)
    client.verify(expect=401)


def refused(client, token):
    """As GET /auth/session refuses it, and no word more."""
    ours, theirs = (client.get(path, token=token) for path in (END, "/auth/session"))
    documents = [problem(answer, 401, "invalid_token") for answer in (ours, theirs)]
    for document in documents:
        document.pop("request_id")
    assert documents[0] == documents[1]
    for name in ("WWW-Authenticate", "Set-Cookie", "Content-Type", "Cache-Control"):
        assert ours.headers.get(name) == theirs.headers.get(name)


def set_session(stack, client, assignment):
    stack.administer_database(
        f"UPDATE {stack.info['database']}.sessions SET {assignment} "
        f"WHERE id = X'{client.session_id.replace('-', '')}'")


def test_s2_the_first_device_hears_of_the_second(stack):
    """S2, W1: and of a sign-in that took its own place; a living session hears nothing."""
    user = stack.new_user(stack.new_tenant("end"))  # max_sessions is 1
    first = signed_in(stack, user, device="laptop")
    refused_while_it_lives = end_of(first, expect=401)
    assert refused_while_it_lives["code"] == "invalid_token"
    second = signed_in(stack, user, device="phone")
    told(first, "signed_in_elsewhere")
    third = signed_in(stack, user, device="phone")
    told(second, "signed_in_again")
    told(first, "signed_in_elsewhere")
    end_of(third, expect=401)
    third.verify(expect=(403, "no_role_assigned"))


def test_s8_a_page_asks_with_its_cookie(stack):
    """W1, S8: the refusals that it meets before leave the cookie alone; so does the answer, and a
    header decides where there is one."""
    user = stack.new_user(stack.new_tenant("end"))
    page = Client(stack)
    page.login(user, transport="cookie")
    cookies = dict(page.http.cookies)
    signed_in(stack, user)
    for path in ("/auth/session", "/auth/me", "/auth/verify", "/auth/info", "/auth/csrf"):
        answer = page.get(path, expect=(401, "invalid_token"))
        assert "Set-Cookie" not in answer.headers
    page.post("/auth/logout", expect=(401, "invalid_token"))
    assert dict(page.http.cookies) == cookies
    assert page.get(END, expect=200).json()["reason"] == "signed_in_elsewhere"
    assert dict(page.http.cookies) == cookies
    assert page.call("HEAD", END, expect=200).content == b""
    page.get(END, token="nonsense", expect=(401, "invalid_token"))
    access = cookies["__Host-gatehouse_access"]
    for header in (f"__Host-gatehouse_access={access}; __Host-gatehouse_access={access}",
                   "__Host-gatehouse_access="):
        Client(stack).get(END, headers={"Cookie": header}, expect=(401, "invalid_token"))
    Client(stack).get(END, expect=(401, "authentication_required"))
    Client(stack).get(END, headers={"Authorization": "Basic YTpi", "Cookie":
                                    f"__Host-gatehouse_access={access}"},
                      expect=(401, "authentication_required"))


def test_w1_each_way_in_which_a_session_ends(stack):
    """W1, S4, S6, S7, T6, P3, P4, U5: by its owner, an administrator, a service, time or theft."""
    tenant = stack.new_tenant("end", max_sessions=0)
    boss = tenant_admin(stack, tenant)

    def person():
        return signed_in(stack, stack.new_user(tenant))

    client = person()
    client.post("/auth/logout", expect=204)
    told(client, "signed_out")
    client = person()
    other = signed_in(stack, client.user)
    other.call("DELETE", f"/auth/me/sessions/{client.session_id}", expect=204)
    told(client, "signed_out_elsewhere")
    client = signed_in(stack, client.user)
    other.post("/auth/logout-all", {"keep_current": True}, expect=204)
    told(client, "signed_out_elsewhere")
    client = signed_in(stack, client.user)
    changed = fresh_password()
    other.post("/auth/change-password", {"current_password": client.user.password,
                                         "new_password": changed}, expect=204)
    told(client, "password_changed")
    end_of(other, expect=401)
    client.post("/auth/forgot-password", {"tenant": tenant, "email": client.user.email},
                token=None, expect=202)
    link = stack.mail.wait(client.user.email, "reset").token()
    client.post("/auth/reset-password", {"token": link, "new_password": fresh_password()},
                token=None, expect=204)
    told(other, "password_changed")

    for action, reason in (("logout", "revoked"),
                           ("force-password-reset", "password_reset_required")):
        client = person()
        boss.post(f"/auth/users/{my_id(client)}/{action}", expect=204)
        told(client, reason)
    for change, reason in (({"status": "disabled"}, "account_disabled"),
                           ({"email": fresh_email()}, "email_changed")):
        client = person()
        boss.call("PATCH", f"/auth/users/{my_id(client)}", change, expect=200)
        told(client, reason)
    client = person()
    stack.cli("session", "revoke", "--tenant", tenant, "--email", client.user.email)
    told(client, "revoked")
    client = person()
    Client(stack).post("/auth/revoke", data={"token": client.access}, expect=200,
                       headers={"Authorization": Service(boss).basic})
    told(client, "revoked")
    client = person()
    newer = client.refresh().json()["refresh_token"]
    client.refresh(newer)
    client.refresh(expect=401)  # two before the current one
    told(client, "reuse_detected")


def test_s4_sessions_that_time_has_ended(stack):
    """S4, T7: the end itself, not when somebody noticed."""
    tenant = stack.new_tenant("end", idle_timeout=2)
    client = signed_in(stack, stack.new_user(tenant))
    end_of(client, expect=401)
    time.sleep(2.2)
    told(client, "idle")
    idle = end_of(client)
    again = signed_in(stack, client.user, device="another")
    assert end_of(client) == idle, "as before it was noticed"
    tenant = stack.new_tenant("end", session_ttl=1)
    client = signed_in(stack, stack.new_user(tenant))
    time.sleep(1.1)
    told(client, "expired")  # the access token has expired with it
    again.post("/auth/logout")


def test_w1_no_token_but_a_genuine_one_is_told_anything(stack):
    """W1, T4: of the token, only the expiry may lie in the past, by a day at most."""
    tenant = stack.new_tenant("end")
    client = signed_in(stack, stack.new_user(tenant))
    header, claims, signature = jwt.parts(client.access)
    client.post("/auth/logout", expect=204)
    told(client, "signed_out")
    key, now = jwt.secret(stack), int(time.time())

    def token(key=key, header=header, **changes):
        return jwt.sign(header, {**claims, **changes}, key)

    hour = 3600
    for late in (1, 23 * hour, 24 * hour - 30):
        assert end_of(client, token(exp=now - late))["reason"] == "signed_out"
    signed = client.access.rpartition(".")[0]
    stranger, other = Client(stack), signed_in(stack, stack.new_user(tenant))
    abroad = tenant_id(stack, stack.new_tenant("abroad"))
    for bad in (
            token(exp=now - 24 * hour - 5), token(exp=now - 25 * hour), token(exp=None),
            token(exp=str(now + hour)), token(iat=now + hour), token(nbf=now + hour),
            token(iss="https://elsewhere.test"), token(aud="elsewhere"),
            token(tenant_id=abroad), token(sub=my_id(other)), token(sid=SOMEBODY),
            token(header={**header, "typ": "JWT"}), token(header={**header, "kid": "other"}),
            token(header={**header, "alg": "none"}), token(header={**header, "crit": ["exp"]}),
            token(key=secrets.token_bytes(32)), token(key=b""),
            jwt.encode({**header, "alg": "none"}) + "." + jwt.encode(claims) + ".",
            jwt.encode({"alg": "none"}) + "." + jwt.encode(claims) + "." + jwt.encode(signature),
            signed + ".", signed + "." + jwt.encode(signature[:-1] + bytes([signature[-1] ^ 1])),
            client.access + "A", client.access[:-4], client.refresh_token, "nonsense",
            client.session_id, "." * 2, "x" * 5000):
        refused(stranger, bad)
    end_of(other, expect=401)


def test_w1_nothing_is_told_later_or_of_what_is_gone(stack):
    """W1, N6: a day after the end it is over, and with the account or the tenant at once."""
    tenant = stack.new_tenant("end", max_sessions=0)
    boss = tenant_admin(stack, tenant)
    client = signed_in(stack, stack.new_user(tenant))
    client.post("/auth/logout", expect=204)
    ago = "revoked_at = UTC_TIMESTAMP(6) - INTERVAL {} SECOND".format
    set_session(stack, client, ago(86400 - 60))
    assert end_of(client)["reason"] == "signed_out"
    set_session(stack, client, ago(86400 + 5))
    refused(client, client.access)
    set_session(stack, client, ago(5) + ", revoke_reason = 'of a version to come'")
    assert end_of(client)["reason"] == "revoked"
    boss.call("DELETE", f"/auth/users/{my_id(client)}", expect=204)
    refused(client, client.access)
    client = signed_in(stack, stack.new_user(tenant))
    client.post("/auth/logout", expect=204)
    told(client, "signed_out")
    stack.cli("tenant", "suspend", tenant)
    refused(client, client.access)
    stack.cli("tenant", "resume", tenant)
    told(client, "signed_out")


@pytest.mark.parametrize("binding, near, far", [
    ("strict", ["192.0.2.7"], ["192.0.2.8", "::1", ""]),
    ("subnet", ["192.0.2.7", "192.0.2.200"], ["192.0.3.7", "127.0.0.1", "garbage"])])
def test_s5_nobody_is_told_elsewhere(stack, binding, near, far):
    """S5: a bound session's end is told where the session was; asking alarms nobody."""
    tenant = stack.new_tenant("end", ip_binding=binding)
    user = stack.new_user(tenant)
    body = {"tenant": tenant, "email": user.email, "password": user.password}
    access = fastcgi.request(stack, "POST", "/auth/login", near[0], body).json()["access_token"]
    fastcgi.request(stack, "POST", "/auth/login", near[0], body)
    for ip in far:
        answer = fastcgi.request(stack, "GET", END, ip, token=access)
        assert (answer.status, answer.json()["code"]) == (401, "invalid_token"), ip
    for ip in near:
        answer = fastcgi.request(stack, "GET", END, ip, token=access)
        assert (answer.status, answer.json()["reason"]) == (200, "signed_in_elsewhere"), ip
    assert not stack.sql("SELECT 1 FROM audit_events a JOIN tenants t ON t.id = a.tenant_id WHERE "
                         "t.slug = %s AND a.event = 'token.ip_mismatch'", tenant)


def test_w1_every_word_is_documented(stack):
    """A5: clients may rely on the list."""
    schema = document_of(stack)["components"]["schemas"]["SessionEnd"]
    assert set(schema["properties"]["reason"]["enum"]) == {
        "signed_in_elsewhere", "signed_in_again", "signed_out", "signed_out_elsewhere", "revoked",
        "password_changed", "password_reset_required", "email_changed", "account_disabled",
        "reuse_detected", "idle", "expired"}
