"""TOTP and recovery codes (SPEC F1, F3; API.md "Second factor"), with oathtool as the authenticator
and zbarimg as the camera."""

import base64
import json
import re
import secrets
import subprocess
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from support.admin import raw_id
from support.client import Client, signed_in
from support.gatehouse import fresh_email
from support.parallel import together
from support.second_factor import (Authenticator, Person, answer, challenge, enrol, forget_steps,
                                   sign_in)


def begin(client, expect=200, **body):
    return client.post("/auth/2fa/enrol", {"password": client.user.password, **body},
                       expect=expect)


def qr_text(path):
    done = subprocess.run(["zbarimg", "--quiet", "--raw", str(path)], capture_output=True,
                          text=True, timeout=60, check=True)
    return done.stdout.strip()


def events(stack, user, name):
    return stack.sql("SELECT * FROM audit_events WHERE event = %s AND target_id = %s"
                     " ORDER BY created_at", name, stack.user_id(user))


def test_the_way_in_with_two_factors(stack, tenant):
    """F1, F2: enrol, confirm, sign in with both; amr (RFC 8176) says how."""
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    assert client.get("/auth/me").json()["two_factor_enabled"] is False
    authenticator, codes = enrol(client)
    assert len(codes) == 10
    client.verify(expect=403)  # no role; alive: confirming ends nothing
    me = client.get("/auth/me", expect=200).json()
    assert me["two_factor_enabled"] is True
    fresh = Client(stack)
    document = fresh.login(user).json()
    assert set(document) == {"mfa_required", "challenge_token", "expires_in", "methods"}
    assert document["expires_in"] == 300 and document["methods"] == ["totp", "recovery_code"]
    done = answer(fresh, document["challenge_token"], authenticator.code()).json()
    assert done["session"]["amr"] == ["pwd", "otp"] and done["token_type"] == "Bearer"
    assert fresh.get("/auth/session", expect=200).json()["session"]["amr"] == ["pwd", "otp"]
    assert [bool(row["success"]) for row in stack.attempts(user)] == [True, False, True]
    assert [row["reason"] for row in stack.attempts(user)] == [
        "password", "second_factor_required", "totp"]


def test_what_enrolment_shows(stack, tmp_path):
    """F1: 160 bits in base32 without padding; the URI names tenant and account; both pictures show
    the URI to a camera."""
    slug, name = f"qr-{secrets.token_hex(5)}", "Café & Söhne: «1» + 50%"
    stack.cli("tenant", "create", slug, "--name", name)
    user = stack.new_user(slug, email="ann+tag@example.test")
    client = signed_in(stack, user)
    document = begin(client).json()
    assert set(document) == {"secret", "otpauth_uri", "qr_svg", "qr_png_base64"}
    assert re.fullmatch(r"[A-Z2-7]{32}", document["secret"])
    uri = urlsplit(document["otpauth_uri"])
    assert (uri.scheme, uri.netloc) == ("otpauth", "totp")
    issuer, _, account = uri.path.removeprefix("/").partition(":")
    assert unquote(issuer) == name and unquote(account) == user.email
    query = {name: value for name, (value,) in parse_qs(uri.query, strict_parsing=True).items()}
    assert query == {"secret": document["secret"], "issuer": name,
                     "algorithm": "SHA1", "digits": "6", "period": "30"}
    assert document["otpauth_uri"].isascii() and " " not in document["otpauth_uri"]
    (tmp_path / "code.png").write_bytes(base64.b64decode(document["qr_png_base64"], validate=True))
    assert qr_text(tmp_path / "code.png") == document["otpauth_uri"]
    (tmp_path / "code.svg").write_text(document["qr_svg"])
    subprocess.run(["rsvg-convert", "--width=600", "--output", str(tmp_path / "drawn.png"),
                    str(tmp_path / "code.svg")], check=True, timeout=60)
    assert qr_text(tmp_path / "drawn.png") == document["otpauth_uri"]


def test_nothing_is_on_before_it_is_confirmed(stack, tenant):
    """F1: neither by enrolling nor by a wrong code."""
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    client.post("/auth/2fa/confirm", {"code": "123456"}, expect=(401, "invalid_code"))
    authenticator = Authenticator(begin(client).json()["secret"])
    client.post("/auth/2fa/confirm", {"code": authenticator.wrong()}, expect=(401, "invalid_code"))
    client.post("/auth/2fa/confirm", {"code": "0123-4567-89ab-cdef"}, expect=(401, "invalid_code"))
    assert client.get("/auth/me").json()["two_factor_enabled"] is False
    assert "access_token" in Client(stack).login(user).json()


def test_a_new_secret_replaces_the_unconfirmed_one(stack, tenant):
    """F1: enrolling twice; the first QR code is dead."""
    client = signed_in(stack, stack.new_user(tenant))
    first, second = (Authenticator(begin(client).json()["secret"]) for _ in range(2))
    client.post("/auth/2fa/confirm", {"code": first.code()}, expect=(401, "invalid_code"))
    client.post("/auth/2fa/confirm", {"code": second.code()}, expect=200)
    begin(client, expect=(409, "two_factor_already_enabled"))
    client.post("/auth/2fa/confirm", {"code": second.code(1)},
                expect=(409, "two_factor_already_enabled"))


def test_parallel_confirmations_give_one_set_of_codes(stack, tenant):
    """F1, F3: the codes that were shown are those that work."""
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    authenticator = Authenticator(begin(client).json()["secret"])
    code = authenticator.code(-1)

    def confirm():
        other = Client(stack)
        return other.post("/auth/2fa/confirm", {"code": code}, token=client.access)

    answers = together([confirm] * 8)
    assert sorted(a.status_code for a in answers) == [200] + [409] * 7
    shown = next(a for a in answers if a.status_code == 200).json()["recovery_codes"]
    fresh = Client(stack)
    answer(fresh, challenge(fresh, user), shown[0])


def test_enrolment_asks_for_the_password(stack, tenant):
    """F1: a borrowed session does not set a lock of its own; failures count like a wrong sign-in."""
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    begin(client, expect=(403, "wrong_password"), password="wrong")
    client.post("/auth/2fa/enrol", {}, expect=(422, "validation_failed"))
    client.post("/auth/2fa/enrol", expect=(400, "malformed_json"))
    for _ in range(4):
        begin(client, expect=(403, "wrong_password"), password="wrong")
    begin(client, expect=(429, "too_many_attempts"))
    Client(stack).login(user, expect=429)


def test_wrong_confirmations_count_and_lock(stack, tenant):
    """L2: nobody tries all codes of an enrolment in a borrowed session."""
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    authenticator = Authenticator(begin(client).json()["secret"])
    for _ in range(5):
        client.post("/auth/2fa/confirm", {"code": authenticator.wrong()},
                    expect=(401, "invalid_code"))
    client.post("/auth/2fa/confirm", {"code": authenticator.code()},
                expect=(429, "too_many_attempts"))


def test_a_strangers_failures_do_not_stop_an_enrolment(stack, tenant):
    """L3."""
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    authenticator = Authenticator(begin(client).json()["secret"])
    for _ in range(5):
        Client(stack).login(user, password="wrong", expect=401)
    client.forget_cookies()
    client.post("/auth/2fa/confirm", {"code": authenticator.code()}, expect=200)


# What asks for password and code, how it is asked, and what it answers.
ASKING = {
    "disable": ("POST", "/auth/2fa/disable", "password", 204),
    "recovery codes": ("POST", "/auth/2fa/recovery-codes", "password", 200),
    "change password": ("POST", "/auth/change-password", "current_password", 204),
    "delete me": ("DELETE", "/auth/me", "password", 204),
}


def ask(person, name, expect, client=None, **fields):
    method, path, password, success = ASKING[name]
    body = {password: person.user.password, **fields}
    if name == "change password":
        body.setdefault("new_password", "Correct-horse-42-staple")
    return (client or person.client).call(method, path, body,
                                          expect=success if expect is None else expect)


@pytest.mark.parametrize("name", ASKING)
def test_both_factors_are_asked_for(stack, tenant, name):
    """F1, P4, U7: the password first, then the code."""
    person = Person(stack, tenant)
    method, path, password, _ = ASKING[name]
    ask(person, name, (403, "wrong_password"), code=person.code(), **{password: "wrong"})
    ask(person, name, (401, "invalid_code"), code=person.authenticator.wrong())
    body = {password: person.user.password, "new_password": "Correct-horse-42-staple"}
    if name in ("disable", "recovery codes"):
        body.pop("new_password")
        person.client.call(method, path, body, expect=(422, "validation_failed"))
    else:
        if name == "delete me":
            body.pop("new_password")
        person.client.call(method, path, body, expect=(403, "second_factor_required"))
    ask(person, name, None, code=person.code())


@pytest.mark.parametrize("name", ASKING)
def test_a_recovery_code_is_good_wherever_a_code_is(stack, tenant, name):
    """F3, API.md "Codes"."""
    person = Person(stack, tenant)
    ask(person, name, None, code=person.recovery_codes[3])


@pytest.mark.parametrize("name", ASKING)
def test_wrong_codes_lock_there_too(stack, tenant, name):
    """L2: and the password that came with each clears nothing."""
    person = Person(stack, tenant)
    for _ in range(5):
        ask(person, name, (401, "invalid_code"), code=person.authenticator.wrong())
    ask(person, name, (429, "too_many_attempts"), code=person.code())
    Client(stack).login(person.user, expect=429)
    assert person.enrolled()


def test_a_password_alone_clears_no_count(stack, tenant):
    """API.md "Lockout": whoever has session and password does not try codes for ever, whatever
    they do in between that asks for the password only."""
    person = Person(stack, tenant)
    between = [
        lambda: person.client.post("/auth/me/email", {"new_email": "else@example.test",
                                                      "password": person.user.password},
                                   expect=202),
        lambda: ask(person, "change password", (422, "weak_password"), new_password="short"),
        lambda: person.client.post("/auth/2fa/enrol", {"password": person.user.password},
                                   expect=(409, "two_factor_already_enabled")),
        lambda: Client(stack).login(person.user, expect=200),
    ]
    for step in between:
        ask(person, "disable", (401, "invalid_code"), code=person.authenticator.wrong())
        step()
    ask(person, "disable", (401, "invalid_code"), code=person.authenticator.wrong())
    ask(person, "disable", (429, "too_many_attempts"), code=person.code())


def test_a_refused_password_leaves_the_code_unused(stack, tenant):
    """P4: who chose a weak password tries again with the same code."""
    person = Person(stack, tenant)
    code = person.code()
    ask(person, "change password", (422, "weak_password"), code=code, new_password="short")
    ask(person, "change password", (422, "weak_password"), code=code,
        new_password=person.user.password)
    ask(person, "change password", 204, code=code)


def test_wrong_codes_move_along_with_the_address(stack, tenant):
    """L1, F2: whoever has session and password does not guess anew from each address."""
    person = Person(stack, tenant)
    for _ in range(4):
        ask(person, "disable", (401, "invalid_code"), code=person.authenticator.wrong())
    moved = fresh_email()
    person.client.post("/auth/me/email", {"new_email": moved, "password": person.user.password},
                       expect=202)
    Client(stack).post("/auth/verify-email",
                       {"token": stack.mail.wait(moved, "verify_email").token()}, expect=200)
    ask(person, "disable", (401, "invalid_code"), code=person.authenticator.wrong())
    ask(person, "disable", (429, "too_many_attempts"), code=person.code())


def test_disabled_it_is_gone(stack, tenant):
    """F1: the password alone again; nothing of the secret is left; it can be set up anew."""
    person = Person(stack, tenant)
    ask(person, "disable", None, code=person.code())
    assert person.client.get("/auth/me").json()["two_factor_enabled"] is False
    row = stack.user_row(person.user)
    for table in ("totp_secrets", "recovery_codes"):
        assert not stack.sql(f"SELECT 1 FROM {table} WHERE user_id = %s", row["id"])
    client = signed_in(stack, person.user)
    client.post("/auth/2fa/disable", {"password": person.user.password, "code": "123456"},
                expect=(401, "invalid_code"))
    authenticator, _ = enrol(client)
    sign_in(stack, person.user, authenticator)


def test_every_recovery_code_signs_in_once(stack, tenant):
    """F3: shown once, stored hashed, used once; amr `rec`."""
    stack.set_tenant(tenant, max_sessions=0)
    person = Person(stack, tenant)
    assert len(set(person.recovery_codes)) == 10
    for number, code in enumerate(person.recovery_codes):
        client, token = person.challenge()
        typed = (code, code.upper(), code.replace("-", ""), code.replace("-", " "))[number % 4]
        done = answer(client, token, typed).json()
        assert done["session"]["amr"] == ["pwd", "rec"]
        client, token = person.challenge()
        answer(client, token, code, expect=(401, "invalid_code"))
    assert len(events(stack, person.user, "two_factor.recovery_used")) == 10
    assert not stack.sql("SELECT 1 FROM recovery_codes WHERE user_id = %s",
                         stack.user_row(person.user)["id"])


def test_a_recovery_code_in_parallel(stack, tenant):
    """F3: used once also by eight at a time, each with a challenge of its own."""
    stack.set_tenant(tenant, max_sessions=0, lockout_threshold=100)
    try:
        person = Person(stack, tenant)
        begun = [person.challenge() for _ in range(5)]
        code = person.recovery_codes[0]
        answers = together([lambda c=c, t=t: answer(c, t, code, expect=None) for c, t in begun])
        assert sorted(a.status_code for a in answers) == [200] + [401] * 4
    finally:
        stack.set_tenant(tenant, lockout_threshold=5)


def test_renewed_recovery_codes_replace_the_old(stack, tenant):
    """F3."""
    person = Person(stack, tenant)
    renewed = ask(person, "recovery codes", None, code=person.code()).json()["recovery_codes"]
    assert len(renewed) == 10 and not set(renewed) & set(person.recovery_codes)
    client, token = person.challenge()
    answer(client, token, person.recovery_codes[0], expect=(401, "invalid_code"))
    answer(client, token, renewed[0])


def test_recovery_codes_are_ones_own(stack, tenant):
    """F3: another person's open nothing."""
    one, two = Person(stack, tenant), Person(stack, tenant)
    client, token = one.challenge()
    answer(client, token, two.recovery_codes[0], expect=(401, "invalid_code"))
    answer(client, token, two.code(), expect=(401, "invalid_code"))


def test_nothing_in_the_database_reveals_a_code(stack, tenant):
    """F1, F3: the dump has neither secret nor recovery codes, nor a hash that could be tried."""
    person = Person(stack, tenant)
    client, token = person.challenge()
    raw = base64.b32decode(person.authenticator.secret)
    for (table,) in [tuple(row.values()) for row in stack.sql("SHOW TABLES")]:
        for row in stack.sql(f"SELECT * FROM `{table}`"):
            for value in row.values():
                text = value if isinstance(value, bytes) else str(value).encode()
                assert raw not in text and person.authenticator.secret.encode() not in text, table
                assert token.encode() not in text, table
                for code in person.recovery_codes:
                    assert code.encode() not in text, table
                    assert code.replace("-", "").encode() not in text, table
    sealed = stack.sql("SELECT * FROM totp_secrets WHERE user_id = %s",
                       stack.user_row(person.user)["id"])[0]
    assert len(sealed["secret"]) == 12 + 20 + 16 and sealed["kid"]
    answer(client, token, person.code())


def test_a_sealed_secret_opens_at_its_place_only(stack, tenant):
    """F1: whoever may write to the database cannot give somebody else their own second factor."""
    victim, thief = Person(stack, tenant), Person(stack, tenant)
    database = stack.info["database"]
    ids = [stack.user_row(person.user)["id"].hex() for person in (victim, thief)]
    stack.administer_database(
        f"UPDATE {database}.totp_secrets v, {database}.totp_secrets t SET v.secret = t.secret,"
        f" v.kid = t.kid WHERE v.user_id = UNHEX('{ids[0]}') AND t.user_id = UNHEX('{ids[1]}')")
    client, token = victim.challenge()
    answer(client, token, thief.code(), expect=(500, "internal"))
    answer(client, token, victim.recovery_codes[0])  # the other way in is whole
    # One that does not open stops no other from being sealed again, and is told of.
    stack.cli("key", "rotate", "--ring", "totp")
    resealed = stack.cli("key", "reseal", check=False)
    assert resealed.returncode == 1 and "some TOTP secrets are left" in resealed.stderr
    sign_in(stack, thief.user, thief.authenticator)
    kids = {row["kid"] for row in stack.sql("SELECT kid FROM totp_secrets WHERE user_id IN (%s, %s)",
                                            *(bytes.fromhex(id) for id in ids))}
    assert len(kids) == 2
    stack.cli("user", "reset-2fa", "--tenant", tenant, "--email", victim.user.email)
    stack.cli("key", "reseal")


def test_each_change_is_audited(stack, tenant):
    """A1: enabled, failed, recovery used, disabled; without a code or a secret."""
    person = Person(stack, tenant)
    client, token = person.challenge()
    answer(client, token, person.authenticator.wrong(), expect=401)
    answer(client, token, person.recovery_codes[0])
    person.client = client
    ask(person, "disable", None, code=person.code())
    user = stack.user_row(person.user)
    for name in ("enabled", "failed", "recovery_used", "disabled"):
        (event,) = events(stack, person.user, f"two_factor.{name}")
        actor = event["actor_id"]
        assert actor == (None if name == "failed" else user["id"])
        assert event["tenant_id"] == user["tenant_id"] and event["target_type"] == "user"
    rows = stack.sql("SELECT before_json, after_json FROM audit_events WHERE target_id = %s",
                     stack.user_id(person.user))
    written = json.dumps(rows)
    for secret in (person.authenticator.secret, *person.recovery_codes, token):
        assert secret not in written


def test_an_operator_turns_a_lost_factor_off(stack, tenant):
    """A4: audited; the password is what it was; sign-ins under way are void."""
    person = Person(stack, tenant)
    client, token = person.challenge()
    said = stack.cli("user", "reset-2fa", "--tenant", tenant, "--email", person.user.email)
    assert person.user.email in said.stdout
    assert not person.enrolled()
    answer(client, token, person.recovery_codes[0], expect=(401, "invalid_challenge"))
    (event,) = events(stack, person.user, "two_factor.disabled")
    assert event["actor_id"] is None and event["ip"] == "cli"
    assert "access_token" in Client(stack).login(person.user).json()
    said = stack.cli("user", "reset-2fa", "--tenant", tenant, "--email", person.user.email)
    assert "had no second factor" in said.stdout
    assert len(events(stack, person.user, "two_factor.disabled")) == 1
    failed = stack.cli("user", "reset-2fa", "--tenant", tenant, "--email", "no@example.test",
                       check=False)
    assert failed.returncode != 0


def test_without_a_password_a_fresh_sign_in_proves_it(stack, tenant):
    """API.md "Codes": somebody without a password re-authenticates by a sign-in less than ten
    minutes old. (The account comes to have none as by OAuth: behind the API's back.)"""
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    database = stack.info["database"]
    stack.administer_database(f"UPDATE {database}.users SET password_hash = NULL"
                              f" WHERE email = '{user.email}'")

    def age(minutes):
        stack.administer_database(
            f"UPDATE {database}.sessions SET authenticated_at ="
            f" UTC_TIMESTAMP(6) - INTERVAL {minutes} MINUTE"
            f" WHERE id = UNHEX('{raw_id(client.session_id).hex()}')")
        # Another change of the tenant voids the proof that knew the old time.
        stack.set_tenant(tenant, mfa_challenge_ttl=300 + minutes)

    try:
        age(11)
        client.post("/auth/2fa/enrol", {}, expect=(401, "authentication_required"))
        client.post("/auth/2fa/enrol", {"password": "anything"},
                    expect=(401, "authentication_required"))
        age(9)
        document = client.post("/auth/2fa/enrol", {}, expect=200).json()
        authenticator = Authenticator(document["secret"])
        client.post("/auth/2fa/confirm", {"code": authenticator.code(-1)}, expect=200)
        client.post("/auth/2fa/disable", {"code": authenticator.wrong()},
                    expect=(401, "invalid_code"))
        age(11)
        code = authenticator.code()
        client.post("/auth/2fa/disable", {"code": code}, expect=(401, "authentication_required"))
        age(1)
        client.post("/auth/2fa/disable", {"code": code}, expect=204)
    finally:
        stack.set_tenant(tenant, mfa_challenge_ttl=300)


def test_forgotten_password_leaves_the_second_factor_on(stack, tenant):
    """API.md reset-password: the link is no way round it."""
    person = Person(stack, tenant)
    client = Client(stack)
    client.post("/auth/forgot-password", {"tenant": tenant, "email": person.user.email},
                expect=202)
    token = stack.mail.wait(person.user.email, "reset").token()
    person.user.password = "Another-horse-77-staple"
    client.post("/auth/reset-password", {"token": token, "new_password": person.user.password},
                expect=204)
    client, token = person.challenge()
    forget_steps(stack, person.user)
    answer(client, token, person.authenticator.code())
