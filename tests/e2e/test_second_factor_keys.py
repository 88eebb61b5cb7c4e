"""The ring totp (SPEC F1, DESIGN.md 7): rotated under running workers, sealed again, retired when
nothing needs the old key any more. Runs on the shared stack: what is rotated stays good for all."""

import re
import time
import tomllib
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.client import Client
from support.second_factor import Person, answer, sign_in


@pytest.fixture(scope="module", name="home")
def home_tenant(stack):
    return stack.new_tenant("keys", max_sessions=0)


def ring(stack):
    return tomllib.loads(Path(stack.config["server"]["key_file"]).read_text())["totp"]


def active(stack):
    return next(key for key in ring(stack) if key["state"] == "active")["kid"]


def rotate(stack):
    before = active(stack)
    stack.cli("key", "rotate", "--ring", "totp")
    assert active(stack) != before
    return before


def kid_of(stack, person):
    return stack.value("SELECT kid FROM totp_secrets WHERE user_id = %s",
                       stack.user_row(person.user)["id"])


@contextmanager
def long_ago(stack):
    """As if the ring had been rotated an hour ago."""
    file = Path(stack.config["server"]["key_file"])
    text, kid = file.read_text(), active(stack)
    entry = re.search(rf'kid = "{kid}"\n(.*\n)*?secret', text).group(0)
    older = re.sub(r'created = "[^"]+"', 'created = "2025-01-01T00:00:00Z"', entry)
    file.write_text(text.replace(entry, older))
    yield
    file.write_text(file.read_text().replace(older, entry))


def test_rotation_under_running_workers(stack, home):
    """F1: what was sealed before opens, what is sealed after is under the new key, on every worker;
    sealed again, codes that were used stay used."""
    early = Person(stack, home)
    before = rotate(stack)
    late = Person(stack, home)
    assert (kid_of(stack, early), kid_of(stack, late)) == (before, active(stack))
    for _ in range(4):
        for person in (early, late):
            sign_in(stack, person.user, person.authenticator)
    used = early.code()
    client, token = early.challenge()
    answer(client, token, used)
    said = stack.cli("key", "reseal").stdout
    assert "TOTP secrets" in said and active(stack) in said
    assert kid_of(stack, early) == active(stack)
    assert not stack.sql("SELECT 1 FROM totp_secrets WHERE kid <> %s", active(stack))
    client, token = early.challenge()
    answer(client, token, used, expect=(401, "invalid_code"))
    answer(client, token, early.authenticator.code(1))
    assert stack.cli("key", "reseal").stdout.startswith("0 ")


def test_a_key_that_is_needed_is_not_retired(stack, home):
    """A key retired too early would lose everybody's second factor."""
    person = Person(stack, home)
    before = rotate(stack)
    refused = stack.cli("key", "retire", before, check=False)
    assert refused.returncode != 0 and "less than a minute" in refused.stderr
    with long_ago(stack):
        refused = stack.cli("key", "retire", before, check=False)
        assert refused.returncode != 0 and "reseal" in refused.stderr
        assert stack.cli("key", "retire", active(stack), check=False).returncode != 0
        sign_in(stack, person.user, person.authenticator)
        stack.cli("key", "reseal")
        stack.cli("key", "retire", before)
        stack.cli("key", "retire", before)  # fine twice
    states = {key["kid"]: key["state"] for key in ring(stack)}
    assert states[before] == "retired"
    sign_in(stack, person.user, person.authenticator)


def test_rotation_is_on_record(stack):
    """A1: the new key and the old, the sealing, and no secret."""
    before = rotate(stack)
    events = stack.sql("SELECT * FROM audit_events WHERE event = 'key.rotated' AND target_id = %s",
                       active(stack))
    assert len(events) == 1 and before in events[0]["before_json"]
    secrets = [key["secret"] for key in ring(stack)]
    for row in stack.sql("SELECT * FROM audit_events WHERE event = 'key.rotated'"):
        for secret in secrets:
            assert secret not in (row["before_json"] or "") + (row["after_json"] or "")
    # Access tokens have a ring of their own.
    assert Client(stack).get("/.well-known/jwks.json").status_code == 200


def test_the_other_ring_is_meant_without_a_name(stack):
    """T3: `key rotate` is for access tokens; the ring totp has one algorithm."""
    before = active(stack)
    stack.cli("key", "rotate")
    assert active(stack) == before
    refused = stack.cli("key", "rotate", "--ring", "totp", "--alg", "EdDSA", check=False)
    assert refused.returncode != 0 and active(stack) == before
    assert stack.cli("key", "rotate", "--ring", "csrf", check=False).returncode != 0


def test_without_its_key_no_code_is_wrong(stack, home):
    """F1: a key that is lost is our fault, not the person's: 500, no failure counted, and recovery
    codes go on."""
    person = Person(stack, home)
    file = Path(stack.config["server"]["key_file"])
    rotate(stack)
    text = file.read_text()
    kid = kid_of(stack, person)
    file.write_text(re.sub(rf'(kid = "{kid}"\n(?:.*\n)*?state = )"[a-z-]+"', r'\1"retired"', text,
                           count=1))
    try:
        time.sleep(1.2)  # workers look every second
        client, token = person.challenge()
        answer(client, token, person.code(), expect=(500, "internal"))
        assert "wrong_code" not in [row["reason"] for row in stack.attempts(person.user)]
        answer(client, token, person.recovery_codes[0])
    finally:
        file.write_text(text)
    time.sleep(1.2)
    sign_in(stack, person.user, person.authenticator)
