"""What the hosted pages read (SPEC W1 to W3): the sign-in page's options, attempts counted by hour
and day, the outbox, and why a session ended."""

import secrets
import time
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone

import pytest

from support import fastcgi, jwt
from support.admin import Service, holder, my_id, platform_admin, tenant_admin, tenant_id
from support.client import Client, problem, signed_in
from support.gatehouse import fresh_email, fresh_password
from support.openapi import SOMEBODY, document_of
from support.second_factor import Person
from support.second_factor import answer as answer_challenge

OPTIONS = "/auth/sign-in-options"
SUMMARY = "/auth/login-attempts/summary"
OUTBOX = "/auth/outbox"
END = "/auth/session/end"
UTC = timezone.utc


@pytest.fixture(scope="module")
def home(stack):
    return stack.new_tenant("pages", max_sessions=0)


# -- sign-in options -----------------------------------------------------------------------------

def options_of(stack, tenant):
    return Client(stack).get(f"{OPTIONS}?tenant={tenant}", expect=200).json()


def test_w1_the_sign_in_page_learns_what_it_needs(stack, home):
    """W1, N5: name, registration, length of passwords, providers: that and no more."""
    assert options_of(stack, home) == {
        "tenant": {"slug": home, "name": f"Tenant {home}"}, "registration": "open",
        "password_min_length": 10, "providers": []}


def test_w1_a_tenants_settings_hold_at_once_and_its_mail_domains_stay_secret(stack):
    """W1, N5: also the tenant's OAuth providers, as GET /auth/oauth/providers has them."""
    tenant = stack.new_tenant("options", registration="domain", password_min_length=14,
                              registration_domains=["secret.example"], oauth_providers=[
                                  {"id": "corp", "name": "Corp", "type": "oidc",
                                   "issuer": "https://idp.example.test", "client_id": "c-1",
                                   "scopes": ["openid"]}])
    answer = Client(stack).get(f"{OPTIONS}?tenant={tenant}", expect=200)
    document = answer.json()
    assert document["registration"] == "domain" and document["password_min_length"] == 14
    assert document["providers"] == [{"id": "corp", "name": "Corp"}]
    listed = Client(stack).get(f"/auth/oauth/providers?tenant={tenant}", expect=200).json()
    assert document["providers"] == listed["items"]
    for hidden in ("secret.example", "idp.example.test", "c-1"):
        assert hidden not in answer.text
    stack.set_tenant(tenant, registration="closed")
    assert options_of(stack, tenant)["registration"] == "closed"


def test_n2_the_tenant_is_chosen_as_at_sign_in(stack):
    """N2: by name, else the configured default; one that is not there as the providers have it. A
    suspended one still has a page, which then says so."""
    client = Client(stack)
    default = client.get(OPTIONS, expect=200).json()
    assert default["tenant"]["slug"] == stack.config["server"]["default_tenant"]
    for path in (OPTIONS, "/auth/oauth/providers"):
        client.get(f"{path}?tenant=no-such-tenant", expect=(422, "unknown_tenant"))
        client.get(f"{path}?tenant=UPPER", expect=(422, "validation_failed"))
    suspended = stack.new_tenant("dark")
    stack.cli("tenant", "suspend", suspended)
    providers = client.get(f"/auth/oauth/providers?tenant={suspended}").status_code
    assert client.get(f"{OPTIONS}?tenant={suspended}").status_code == providers == 200


# -- attempts by hour and day --------------------------------------------------------------------

def when(text):
    assert text.endswith("Z")
    return datetime.fromisoformat(text[:-1] + "+00:00")


def text_of(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def attempts_at(stack, tenant, *rows):
    """Attempts of the past: (time, success, reason)."""
    for at, success, reason in rows:
        stack.administer_database(
            f"INSERT INTO {stack.info['database']}.attempts (id, tenant_id, identifier, "
            "identifier_key, ip, user_agent, created_at, success, reason, counted) SELECT "
            "RANDOM_BYTES(16), id, 'x@example.test', REPEAT('k', 32), '192.0.2.1', 'test', "
            f"'{at:%Y-%m-%d %H:%M:%S.%f}', {int(success)}, '{reason}', FALSE FROM "
            f"{stack.info['database']}.tenants WHERE slug = '{tenant}'")


def counted(document):
    """The buckets in which there is anything."""
    return {when(item["start"]): (item["succeeded"], item["failed"]) for item in document["items"]
            if item["succeeded"] or item["failed"]}


def check_buckets(document):
    """One item for every bucket, without a gap, aligned in UTC."""
    length = timedelta(seconds=document["interval"])
    starts = [when(item["start"]) for item in document["items"]]
    first, last = when(document["from"]), when(document["to"])
    assert all(b - a == length for a, b in zip(starts, starts[1:]))
    assert timedelta(0) <= first - starts[0] < length
    assert timedelta(0) < last - starts[-1] <= length
    midnight = datetime(2020, 1, 1, tzinfo=UTC)
    assert all((start - midnight) % length == timedelta(0) for start in starts)
    assert all(set(item) == {"start", "succeeded", "failed"} for item in document["items"])


def test_w3_sign_ins_are_counted_by_their_outcome(stack):
    """W3, L4: what is evaluated right and wrong, what a lock refuses too; a password that leads to
    a challenge is neither, and what becomes of the challenge is."""
    tenant = stack.new_tenant("summary", max_sessions=0)
    boss = tenant_admin(stack, tenant)  # one success
    user = stack.new_user(tenant)
    signed_in(stack, user)  # another
    for _attempt in range(5):
        Client(stack).login(user, "wrong", expect=401)
    Client(stack).login(user, expect=429)
    person = Person(stack, tenant)  # signs in to enrol
    before = boss.get(SUMMARY, expect=200).json()
    totals = [sum(item[key] for item in before["items"]) for key in ("succeeded", "failed")]
    assert totals == [3, 6]
    client, token = person.challenge()
    assert boss.get(SUMMARY).json()["items"] == before["items"]
    answer_challenge(client, token, person.code(), expect=200)
    after = boss.get(SUMMARY, expect=200).json()
    assert sum(item["succeeded"] for item in after["items"]) == 4
    assert sum(item["failed"] for item in after["items"]) == 6
    check_buckets(after)
    assert after["interval"] == 86400 and len(after["items"]) in (8, 9)
    assert when(after["to"]) - when(after["from"]) == timedelta(days=7)
    assert abs(datetime.now(UTC) - when(after["to"])) < timedelta(minutes=1)


def test_w3_the_summary_adds_up_to_the_list(stack):
    """W3, L4: hours up to three days, days beyond; a bound cuts its bucket as it cuts the list."""
    tenant = stack.new_tenant("summary")
    boss = tenant_admin(stack, tenant)
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    micro = timedelta(microseconds=1)
    attempts_at(stack, tenant, (noon - micro, False, "wrong_password"), (noon, True, "ok"),
                (noon + timedelta(minutes=59, seconds=59), False, "wrong_code"),
                (noon + timedelta(minutes=30), False, "second_factor_required"),
                (noon + timedelta(hours=30), False, "unknown_user"),
                (noon + timedelta(days=3), True, "ok"))

    def ask(start, end):
        query = f"?from={text_of(start)}&to={text_of(end)}"
        document = boss.get(SUMMARY + query, expect=200).json()
        check_buckets(document)
        listed = boss.get(f"/auth/login-attempts{query}&limit=200", expect=200).json()["items"]
        for key, success in (("succeeded", True), ("failed", False)):
            assert sum(item[key] for item in document["items"]) == len(
                [row for row in listed if row["success"] == success
                 and row["reason"] != "second_factor_required"])
        return document

    hour = timedelta(hours=1)
    document = ask(noon, noon + timedelta(days=3))
    assert document["interval"] == 3600 and len(document["items"]) == 72
    assert counted(document) == {noon: (1, 1), noon + 30 * hour: (0, 1)}
    document = ask(noon - micro, noon + timedelta(days=3))
    assert document["interval"] == 86400 and len(document["items"]) == 4
    midnight = noon - 12 * hour
    assert counted(document) == {midnight: (1, 2), midnight + 24 * hour: (0, 1)}
    document = ask(noon - timedelta(days=40), noon + timedelta(days=52))
    assert len(document["items"]) == 93
    assert counted(document) == {midnight: (1, 2), midnight + 24 * hour: (0, 1),
                                 midnight + 72 * hour: (1, 0)}
    assert len(ask(noon + 1000 * micro, noon + 2000 * micro)["items"]) == 1


@pytest.mark.parametrize("query, pointer", [
    ("from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "?to"),
    ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "?to"),
    ("from=9999-01-02T00:00:00Z", "?from"),
    ("from=2020-01-02T00:00:00Z", "?from"),
    ("from=2026-01-01T00:00:00Z&to=2026-04-03T00:00:00.000001Z", "?from"),
    ("from=yesterday", "?from"), ("to=1", "?to"), ("interval=60", "?interval"),
    ("email=x@example.test", "?email")])
def test_w3_ranges_that_cannot_be(stack, home, query, pointer):
    """E5: 422, and what of the query is wrong."""
    boss = tenant_admin(stack, home)
    document = problem(boss.get(f"{SUMMARY}?{query}"), 422, "validation_failed")
    assert [error["pointer"] for error in document["errors"]] == [pointer]


def test_w3_the_edges_of_the_calendar(stack, home):
    """E5: 92 days are fine anywhere that a time can be written."""
    boss = tenant_admin(stack, home)
    for query in ("from=2026-01-01T00:00:00Z&to=2026-04-03T00:00:00Z",
                  "to=9999-12-31T23:59:59Z", "to=1000-01-01T00:00:00Z",
                  "to=0001-02-01T00:00:00Z"):
        check_buckets(boss.get(f"{SUMMARY}?{query}", expect=200).json())
    boss.get(f"{SUMMARY}?to=0000-01-01T00:00:00Z", expect=(422, "validation_failed"))


def test_n1_nobody_counts_another_tenants_attempts(stack, home):
    """N1, N3: but a platform administrator who names it."""
    noon = datetime(2026, 2, 1, 12, tzinfo=UTC)
    query = f"?from={text_of(noon)}&to={text_of(noon + timedelta(hours=1))}"
    other = stack.new_tenant("abroad")
    attempts_at(stack, other, (noon, True, "ok"), (noon, False, "locked"))
    viewer = holder(stack, home, "auth:attempts:view")
    assert counted(viewer.get(SUMMARY + query, expect=200).json()) == {}
    named = f"{SUMMARY}{query}&tenant_id={tenant_id(stack, other)}"
    viewer.get(named, expect=(403, "permission_denied"))
    platform = platform_admin(stack)
    assert counted(platform.get(named, expect=200).json()) == {noon: (1, 1)}


# -- the outbox ----------------------------------------------------------------------------------

MEMBERS = {"id", "kind", "recipient", "state", "tries", "next_try_at", "last_error", "created_at",
           "finished_at"}


def mails(client, query=""):
    """A page, newest first."""
    document = client.get(f"{OUTBOX}?{query}", expect=200).json()
    assert all(set(item) == MEMBERS for item in document["items"])
    return document["items"]


@contextmanager
def planted(stack, tenant, *rows):
    """Mails as a mailer may have left them; of nobody where the tenant is None. A row: kind,
    recipient, status, last_error as bytes, next try."""
    table = f"{stack.info['database']}.outbox"
    ids = []
    owner = f"(SELECT id FROM {stack.info['database']}.tenants WHERE slug = '{tenant}')"
    try:
        for number, (kind, recipient, status, error, next_try) in enumerate(rows):
            ids.append(secrets.token_hex(16))
            said = f"CONVERT(X'{error.hex()}' USING utf8mb4)" if error is not None else "NULL"
            stack.administer_database(
                f"INSERT INTO {table} (id, tenant_id, kind, recipient, recipient_key, message, "
                "status, tries, next_try_at, last_error, created_at) VALUES "
                f"(X'{ids[-1]}', {owner if tenant else 'NULL'}, '{kind}', '{recipient}', "
                f"REPEAT('k', 32), 'Subject: the secret body', '{status}', 3, '{next_try}', {said}, "
                f"'2026-01-01 00:00:{number:02}')")
        yield
    finally:
        stack.administer_database(
            f"DELETE FROM {table} WHERE id IN ({', '.join(f'''X'{i}' ''' for i in ids)})")


LATER = "2099-01-01 00:00:00"


def test_w3_what_became_of_a_mail(stack):
    """W3, M2: sent ones say when; where there is no account there is a void row; never the body."""
    tenant = stack.new_tenant("outbox", max_sessions=0)
    boss = tenant_admin(stack, tenant)
    assert mails(boss) == []
    email, nobody = fresh_email(), fresh_email("nobody")
    Client(stack).post("/auth/register", {"tenant": tenant, "email": email,
                                          "password": fresh_password()}, expect=202)
    token = stack.mail.wait(email, "verify_email").token()
    Client(stack).post("/auth/forgot-password", {"tenant": tenant, "email": nobody}, expect=202)
    deadline = time.time() + 10
    while mails(boss, f"recipient={email}")[0]["state"] == "queued" and time.time() < deadline:
        time.sleep(0.2)  # until the server's answer is recorded
    answer = boss.get(OUTBOX, expect=200)
    assert token not in answer.text and "Subject" not in answer.text
    void, sent = answer.json()["items"]
    assert (sent["kind"], sent["recipient"], sent["state"]) == ("verify_email", email, "sent")
    assert sent["tries"] == 1 and sent["next_try_at"] is None and sent["last_error"] is None
    assert when(sent["created_at"]) <= when(sent["finished_at"])
    assert (void["recipient"], void["state"], void["tries"]) == (nobody, "void", 0)
    assert void["next_try_at"] is None and void["finished_at"] is None


def test_w3_why_a_mail_was_not_delivered(stack):
    """W3: what the server said, without what it may have quoted; the next try only while there is
    one."""
    tenant = stack.new_tenant("outbox")
    boss = tenant_admin(stack, tenant)
    quoted = (b"Failed; server: 550 5.7.1 https://x.test/auth/ui/reset#token=Ab3_x is spam"
              b"\r\nX: \x1b[2J\x00")
    with planted(stack, tenant, ("reset", "a@example.test", "failed", quoted, LATER),
                 ("welcome", "b@example.test", "queued", b"451 4.2.1 try again later", LATER)):
        queued, failed = mails(boss)
    assert queued["last_error"] == "451 4.2.1 try again later" and queued["tries"] == 3
    assert queued["next_try_at"] == "2099-01-01T00:00:00.000Z" and queued["finished_at"] is None
    assert failed["last_error"] == "Failed; server: 550 5.7.1 [...] is spam X: [...]"
    assert failed["next_try_at"] is None


def test_w3_the_outbox_is_filtered_and_paged(stack):
    """W3: each filter exactly; the address as it is normalized everywhere."""
    tenant = stack.new_tenant("outbox")
    boss = tenant_admin(stack, tenant)
    rows = [(kind, f"{who}@example.test", state, None, LATER)
            for kind in ("reset", "welcome") for who in ("ann", "bob")
            for state in ("queued", "failed", "void")]
    with planted(stack, tenant, *rows):
        everything = mails(boss)
        assert [(m["kind"], m["recipient"], m["state"]) for m in reversed(everything)] == [
            row[:3] for row in rows]
        for query, chosen in (
                ("state=failed", lambda m: m["state"] == "failed"),
                ("state=sent", lambda m: False),
                ("kind=welcome", lambda m: m["kind"] == "welcome"),
                ("kind=welcom", lambda m: False),
                ("recipient=ANN@Example.TEST", lambda m: m["recipient"] == "ann@example.test"),
                ("recipient=ann@example.tes", lambda m: False),
                ("kind=reset&state=void&recipient=bob@example.test",
                 lambda m: (m["kind"], m["recipient"], m["state"]) == (
                     "reset", "bob@example.test", "void"))):
            assert mails(boss, query) == [m for m in everything if chosen(m)], query
        seen, query = [], "limit=5&sort=created_at"
        while query:
            document = boss.get(f"{OUTBOX}?{query}", expect=200).json()
            seen += document["items"]
            cursor = document["next_cursor"]
            query = f"limit=5&sort=created_at&cursor={cursor}" if cursor else None
        assert seen == everything[::-1]
    for query in ("state=lost", "kind=", "recipient=x", "status=sent", "sort=kind", "limit=0"):
        boss.get(f"{OUTBOX}?{query}", expect=(422, "validation_failed"))


def test_n1_nobody_sees_another_tenants_mails(stack, home):
    """N1, N3: platform administrators where they name the tenant; mails of no tenant are seen by
    nobody; a permission is not enough."""
    tenant, other = stack.new_tenant("outbox"), stack.new_tenant("outbox")
    boss, platform = tenant_admin(stack, tenant), platform_admin(stack, home)
    row = ("reset", fresh_email(), "failed", b"550 no", LATER)
    with planted(stack, other, row), planted(stack, None, row):
        for query in ("", "state=failed", f"recipient={row[1]}", "kind=reset"):
            assert mails(boss, query) == []
        assert len(mails(platform, f"tenant_id={tenant_id(stack, other)}")) == 1
        assert mails(platform, f"recipient={row[1]}") == []
        boss.get(f"{OUTBOX}?tenant_id={tenant_id(stack, other)}", expect=(403, "permission_denied"))
        holder(stack, other, "ALL_PERMISSIONS").get(OUTBOX, expect=(403, "permission_denied"))


# -- why a session ended -------------------------------------------------------------------------

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
