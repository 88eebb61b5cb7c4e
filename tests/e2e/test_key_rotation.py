"""Keys come and go while people work (SPEC T3): no one is signed out, no worker restarts, and what
is retired is over on all of them. On a stack of its own, whose key file it changes."""

import json
import shutil
import tempfile
import threading
import time
from pathlib import Path

import pytest

from support import jwt, keys
from support.client import Client, signed_in
from support.gatehouse import TEST_SETTINGS, run_script, start_stack
from support.parallel import meanwhile, together
from support.processes import wait_until
from support.wire import Wire, once

# Workers look once a second; the contract of SPEC T3 is 5 s to pick a key up, ours 2 s to drop one.
PICKED_UP = DROPPED = 2.0


@pytest.fixture(scope="module")
def stack():
    with tempfile.TemporaryDirectory(prefix="gatehouse-") as directory:
        made = start_stack(directory, TEST_SETTINGS)
        try:
            yield made
        finally:
            run_script("down", "--dir", directory, "--wipe")


@pytest.fixture
def user(stack, tenant):
    return stack.new_user(tenant, roles=(stack.new_role(tenant, "a:b:c"),))


@pytest.fixture(scope="module")
def tenant(stack):
    return stack.new_tenant(max_sessions=0)


def key_file(stack):
    return Path(stack.config["server"]["key_file"])


def jwks(stack):
    answer = Client(stack).get("/.well-known/jwks.json", expect=200)
    assert answer.headers["Content-Type"].partition(";")[0] == "application/json"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    return answer.json()


def kid_of(token):
    return jwt.parts(token)[0]["kid"]


def events(stack):
    return stack.sql("SELECT * FROM audit_events WHERE event = 'key.rotated' ORDER BY created_at")


def log_lines(stack, event):
    lines = Path(stack.config["server"]["log_file"]).read_text(encoding="utf-8").splitlines()
    return [line for line in map(json.loads, lines) if line["event"] == event]


def on_every_worker(stack, token, times=60):
    """Statuses of many connections at once: every worker of the pool is asked."""
    def ask():
        with Wire(stack) as wire:
            found = []
            for _ in range(times // 12):
                wire.request("GET", "/auth/verify", [("Authorization", "Bearer " + token)])
                found.append(wire.read().status)
            return found
    return {status for found in together([ask] * 12) for status in found}


def test_with_hs256_alone_there_is_no_public_key(stack, user):
    """T3, API.md: never a symmetric key; after a rotation from HS256 to HS256 neither."""
    assert jwks(stack) == {"keys": []}
    before = keys.active(stack)
    assert keys.rotate(stack).algorithm == before.algorithm == "HS256"
    assert keys.active(stack).kid != before.kid
    assert jwks(stack) == {"keys": []}
    assert kid_of(signed_in(stack, user).access) == keys.active(stack).kid


def test_no_one_notices_a_rotation(stack, tenant):
    """T3: through all algorithms, under verifications, sign-ins and refreshes on every worker."""
    role = stack.new_role(tenant, "a:b:c")
    people = [signed_in(stack, stack.new_user(tenant, roles=(role,))) for _ in range(3)]
    workers = stack.workers()
    lock, tokens, bad, counts, seen = threading.Lock(), [], [], {}, set()

    def note(what, answer, wanted):
        with lock:
            counts[what] = counts.get(what, 0) + 1
            if answer != wanted:
                bad.append((what, answer))

    def publish(token):
        with lock:
            tokens.append(token)
            seen.add(jwt.parts(token)[0]["alg"])

    def verify(stop):
        wire, turn = Wire(stack), 0
        while not stop.is_set():
            with lock:  # the newest, whose key another worker may not know; then any
                token = tokens[-1] if turn % 2 else tokens[turn % len(tokens)]
            turn += 1
            wire.request("GET", "/auth/verify", [("Authorization", "Bearer " + token)])
            answer = wire.read()
            note("verify", answer.status, 204)
            if answer.header("connection") == "close":
                wire.close()
                wire = Wire(stack)
        wire.close()

    def refresh(client):
        def run(stop):
            while not stop.is_set():
                answer = client.refresh(expect=None)
                note("refresh", answer.status_code, 200)
                publish(client.keep(answer)["access_token"])
                stop.wait(0.02)
        return run

    def sign_in(stop):
        while not stop.is_set():
            client = Client(stack)
            answer = client.login(people[0].user, expect=None)
            note("sign-in", answer.status_code, 200)
            publish(client.access)

    for client in people:
        publish(client.access)
    started = len(events(stack))
    with meanwhile(*[verify] * 6, *[refresh(client) for client in people[1:]], sign_in):
        for algorithm in (*keys.ALGORITHMS[1:], "HS256", *keys.ALGORITHMS[1:]):
            time.sleep(0.7)
            new = keys.rotate(stack, algorithm)
            assert new.algorithm == algorithm
        time.sleep(1.5)
    assert not bad, bad[:10]
    assert counts["verify"] > 500 and counts["refresh"] > 50 and counts["sign-in"] > 5, counts
    assert seen == set(keys.ALGORITHMS)
    assert stack.workers() == workers
    assert len(events(stack)) == started + 7
    # What was signed before the first of them still counts.
    first = tokens[0]
    assert kid_of(first) != keys.active(stack).kid
    assert on_every_worker(stack, first) == {204}
    assert not log_lines(stack, "keys.not_read")


def test_the_new_key_signs_at_once(stack, user):
    """T3: once the command has returned, on every worker of the pool that signs."""
    people = [signed_in(stack, user) for _ in range(8)]
    for algorithm in keys.ALGORITHMS:
        new = keys.rotate(stack, algorithm)
        answers = together([lambda c=c: c.refresh() for c in people])
        for client, answer in zip(people, answers):
            assert kid_of(client.keep(answer)["access_token"]) == new.kid


def test_idle_workers_pick_it_up_too(stack):
    """T3: within 5 s, without a request that would make them look."""
    read = len(log_lines(stack, "keys.read"))
    new = keys.rotate(stack, "EdDSA")
    workers = set(stack.workers())

    def everyone():
        return workers <= {line["pid"] for line in log_lines(stack, "keys.read")[read:]
                           if line["active"] == new.kid}
    wait_until(everyone, 5, "every worker to have read the keys")


def test_another_library_verifies_by_the_public_keys(stack, user):
    """T3, RFC 7517: tokens of every algorithm, with members of the JWK alone; no private part."""
    client = signed_in(stack, user)
    for algorithm in keys.ALGORITHMS[1:]:
        new = keys.rotate(stack, algorithm)
        token = client.keep(client.refresh())["access_token"]
        published = {key["kid"]: key for key in jwks(stack)["keys"]}
        jwk = published[new.kid]
        assert (jwk["alg"], jwk["use"], kid_of(token)) == (algorithm, "sig", new.kid)
        assert set(jwk) == {"kid", "alg", "use", "kty"} | {
            "EdDSA": {"crv", "x"}, "ES256": {"crv", "x", "y"}, "RS256": {"n", "e"}}[algorithm]
        keys.verify_by_jwk(token, jwk)
        with pytest.raises(Exception):
            keys.verify_by_jwk(token[:-10] + "AAAAAAAAAA", jwk)
        # Those before it verify on, and so are listed; symmetric ones never are.
        living = {key.kid for key in keys.ring(stack).values()
                  if key.state != "retired" and key.algorithm != "HS256"}
        assert set(published) == living
    assert new.pair.key_size >= 2048


def test_a_retired_key_is_over_on_every_worker(stack, user):
    """T3: within 2 s, also out of the public keys; others verify on."""
    keys.rotate(stack, "EdDSA")
    old = signed_in(stack, user)
    kid = kid_of(old.access)
    keys.rotate(stack, "ES256")
    young = signed_in(stack, user)
    assert on_every_worker(stack, old.access) == {204}
    before = len(events(stack))
    stack.cli("key", "retire", kid)
    end = time.monotonic() + DROPPED
    assert kid not in [key["kid"] for key in jwks(stack)["keys"]]
    time.sleep(max(0.0, end - time.monotonic()))
    assert on_every_worker(stack, old.access) == {401}
    old.verify(expect=(401, "invalid_token"))
    assert on_every_worker(stack, young.access) == {204}
    old.keep(old.refresh())  # the session lives: its next token has another key
    old.verify(expect=204)
    assert keys.ring(stack)[kid].state == "retired"
    assert len(events(stack)) == before + 1
    # Again, it says so and changes nothing.
    file = key_file(stack).read_text()
    stack.cli("key", "retire", kid)
    assert key_file(stack).read_text() == file and len(events(stack)) == before + 1


def test_the_command_line(stack):
    """A4: what is refused, what is listed."""
    def fails(*args, say, code=1):
        file, count = key_file(stack).read_text(), len(events(stack))
        done = stack.cli("key", *args, check=False)
        assert (done.returncode, done.stdout) == (code, ""), (done.stdout, done.stderr)
        assert done.stderr.startswith("gatehouse: ") and say in done.stderr
        assert key_file(stack).read_text() == file and len(events(stack)) == count

    fails("retire", keys.active(stack).kid, say="rotate first")
    fails("retire", "unknown0", say="no such key")
    fails("retire", say="KID", code=2)
    for alg in ("none", "HS512", "ES384", "hs256", "eddsa", ""):
        fails("rotate", "--alg", alg, say="--alg", code=2)
    listed = json.loads(stack.cli("key", "list", "--json").stdout)
    assert {tuple(sorted(key)) for key in listed} == {("alg", "created", "kid", "ring", "state")}
    mine = [key for key in listed if key["ring"] == "jwt"]
    assert [key["kid"] for key in mine] == list(keys.ring(stack))
    assert [key["state"] for key in mine].count("active") == 1
    assert all(key["created"].endswith("Z") for key in listed)
    other = next(key["kid"] for key in listed if key["ring"] == "csrf")
    fails("retire", other, say="no such key")
    text = stack.cli("key", "list").stdout
    for key in keys.ring(stack).values():
        assert key.kid in text and jwt.encode(key.secret) not in text
    assert key_file(stack).stat().st_mode & 0o7777 == 0o600
    assert [path.name for path in key_file(stack).parent.iterdir() if ".new." in path.name] == []


def test_what_is_on_record(stack):
    """A1: who, which key, from what to what; no secret."""
    before = keys.active(stack)
    new = keys.rotate(stack, "RS256")
    event = events(stack)[-1]
    assert (event["target_type"], event["target_id"]) == ("key", new.kid)
    assert (event["tenant_id"], event["actor_id"], event["ip"]) == (None, None, "cli")
    assert json.loads(event["before_json"]) == {"kid": before.kid, "alg": before.algorithm,
                                                "state": "active"}
    assert json.loads(event["after_json"]) == {"kid": new.kid, "alg": "RS256", "state": "active"}
    stack.cli("key", "retire", before.kid)
    event = events(stack)[-1]
    assert event["target_id"] == before.kid
    assert json.loads(event["before_json"])["state"] == "verify-only"
    assert json.loads(event["after_json"])["state"] == "retired"
    log = Path(stack.config["server"]["log_file"]).read_text(encoding="utf-8")
    everything = log + json.dumps(events(stack), default=str)
    for key in keys.ring(stack).values():
        assert jwt.encode(key.secret) not in everything


def test_without_a_record_nothing_changes(stack):
    """A1: the audit event cannot be written, so the key is not changed."""
    file = key_file(stack).read_text()
    database = stack.info["database"]
    stack.administer_database(f"RENAME TABLE {database}.audit_events TO {database}.hidden")
    try:
        done = stack.cli("key", "rotate", check=False)
    finally:
        stack.administer_database(f"RENAME TABLE {database}.hidden TO {database}.audit_events")
    assert done.returncode == 1 and key_file(stack).read_text() == file
    assert [path.name for path in key_file(stack).parent.iterdir() if ".new." in path.name] == []


def test_operators_at_once_lose_no_key(stack, user):
    """Both keys are there at the end, and one is active."""
    client = signed_in(stack, user)
    known = set(keys.ring(stack))
    together([lambda a=a: stack.cli("key", "rotate", "--alg", a)
              for a in ("EdDSA", "ES256", "HS256", "EdDSA")])
    assert len(set(keys.ring(stack)) - known) == 4
    assert [key.state for key in keys.ring(stack).values()].count("active") == 1
    client.verify(expect=204)


@pytest.mark.parametrize("spoil", ["nonsense", "half", "empty", "readable", "gone", "wrong key"])
def test_a_file_that_cannot_be_used_changes_nothing(stack, user, spoil):
    """T3: the old keys go on, the log says why, readiness stays; the good file counts again."""
    client = signed_in(stack, user)
    time.sleep(PICKED_UP)  # idle workers too: from a spoilt file nobody can learn a key
    path, noted = key_file(stack), len(log_lines(stack, "keys.not_read"))
    kept = path.with_suffix(".kept")
    shutil.copy2(path, kept)
    good = path.read_text()
    try:
        if spoil == "readable":
            path.chmod(0o644)
        elif spoil == "gone":
            path.unlink()
        elif spoil == "wrong key":
            path.write_text(good.replace('algorithm = "HS256"', 'algorithm = "EdDSA"', 1))
        else:
            path.write_text({"nonsense": "x", "half": good[:len(good) // 2], "empty": ""}[spoil])
        time.sleep(1.2)
        assert on_every_worker(stack, client.access) == {204}
        client.keep(client.refresh())
        client.verify(expect=204)
        Client(stack).verify(token=client.access[:-6] + "AAAAAA", expect=401)
        assert Client(stack).get("/auth/ready", expect=200).json()["status"] == "ready"
        wait_until(lambda: len(log_lines(stack, "keys.not_read")) > noted, 5, "a line in the log")
    finally:
        kept.replace(path)
    new = keys.rotate(stack, "EdDSA")
    assert kid_of(client.keep(client.refresh())["access_token"]) == new.kid
    assert on_every_worker(stack, client.access) == {204}


def test_unknown_kids_have_no_file_read(stack, user):
    """A stranger who names keys that are not there makes no worker read the file again."""
    client = signed_in(stack, user)
    header, claims, _ = jwt.parts(client.access)
    forged = jwt.sign({**header, "kid": "unknown0"}, claims, b"k" * 32)
    read = len(log_lines(stack, "keys.read"))
    assert on_every_worker(stack, forged, times=600) == {401}
    assert len(log_lines(stack, "keys.read")) - read <= len(stack.workers())
    assert once(stack, "GET", "/auth/verify",
                [("Authorization", "Bearer " + client.access)]).status == 204
