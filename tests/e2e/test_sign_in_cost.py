"""DESIGN 10: sign-in within 2 ms of the bare hash. Times are the benchmark's; what they are made of
is counted here."""

import re
import secrets
import time
from contextlib import contextmanager
from pathlib import Path

from support.client import Client


@contextmanager
def statements_of(stack):
    """Yields a list that gets, by connection, what MariaDB was asked for meanwhile."""
    path = Path(stack.info["mariadb_socket"]).with_name(f"general-{secrets.token_hex(4)}.log")
    stack.administer_database(f"SET GLOBAL log_output = 'FILE', general_log_file = '{path}',"
                              " general_log = 1")
    connections = {}
    out = []
    try:
        yield out
        time.sleep(0.1)
    finally:
        stack.administer_database("SET GLOBAL general_log = 0")
    for line in path.read_text(errors="replace").splitlines():
        found = re.match(r"(?:\d{6}\s+[\d:]+)?\s*(\d+) (?:Execute|Query)\s+(.*)", line)
        if found:
            connections.setdefault(found[1], []).append(found[2])
    path.unlink()
    out.extend(connections.values())


def sign_in(stack, user):
    answer = Client(stack).post("/auth/login", {
        "tenant": user.tenant, "email": user.email, "password": user.password,
        "device": {"id": "known", "name": "Known", "type": "other"}})
    assert answer.status_code == 200, answer.text


def test_a_sign_in_is_one_short_transaction(stack, tenant):
    """From a known device, in the place of its session before: one commit, and no statement more
    than these fourteen and the commit."""
    user = stack.new_user(tenant)
    for _ in range(3):
        sign_in(stack, user)
    with statements_of(stack) as connections:
        sign_in(stack, user)
    mine = next(c for c in connections if any("INSERT INTO sessions" in s for s in c))
    # A worker that nobody had asked yet connects first.
    mine = [s for s in mine if not s.startswith("SET SESSION")]
    begin = max(i for i, s in enumerate(mine) if s.startswith("START TRANSACTION"))
    commits = [s for s in mine if s == "COMMIT"]
    assert len(commits) == 1, mine
    assert mine[-1] == "COMMIT" and begin <= 1, mine
    assert len(mine) <= 15, mine
