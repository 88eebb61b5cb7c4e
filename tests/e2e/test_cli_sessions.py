"""`gatehouse session list` and `session revoke` (SPEC A4, S6, T8)."""

import json
import time
import uuid

import pytest

from support.client import Client, signed_in
from support.parallel import together

DEAD = (401, "invalid_token")
DEAD_REFRESH = (401, "invalid_refresh_token")
SOMEBODY = "00000000-0000-7000-8000-00000000abcd"


def fails(stack, *args, say, code=1):
    done = stack.cli("session", *args, check=False)
    assert (done.returncode, done.stdout) == (code, ""), (done.stdout, done.stderr)
    assert done.stderr.startswith("gatehouse: ") and done.stderr.count("\n") == 1, done.stderr
    assert say in done.stderr, done.stderr


def listed(stack, tenant, *args):
    return json.loads(stack.cli("session", "list", "--tenant", tenant, *args, "--json").stdout)


def revoke(stack, tenant, *args):
    return stack.cli("session", "revoke", "--tenant", tenant, *args).stdout


def gone(stack, client):
    """On every worker: more requests at once than there are."""
    answers = together([lambda: Client(stack).verify(token=client.access)] * 8)
    assert {a.status_code for a in answers} == {401}
    client.refresh(expect=DEAD_REFRESH)


def ended(stack, session):
    """The one event of a session's end."""
    (event,) = stack.sql("SELECT * FROM audit_events WHERE target_id = %s", session)
    return event


@pytest.fixture
def place(stack):
    """A tenant with two people who have two sessions each, and one who has none."""
    tenant = stack.new_tenant(max_sessions=0)
    people = [stack.new_user(tenant) for _ in range(3)]
    clients = [[signed_in(stack, user, device=f"till-{n}") for n in range(2)]
               for user in people[:2]]
    for client in clients[0] + clients[1]:
        client.get("/auth/session", expect=200)
    return tenant, people, clients


def test_what_is_listed(stack, place):
    """Device, address, last active, ends: as GET /auth/me/sessions tells them."""
    tenant, people, clients = place
    rows = listed(stack, tenant)
    assert [row["id"] for row in rows] == [c.session_id for _, pair in sorted(
        zip((p.email for p in people), clients)) for c in pair]
    stack.set_tenant(tenant, idle_timeout=600)
    mine = listed(stack, tenant, "--email", people[0].email.upper())
    told = clients[0][0].get("/auth/me/sessions?sort=created_at", expect=200).json()["items"]
    assert len(mine) == len(told) == 2
    for row, session in zip(mine, told):
        assert row == {"id": session["id"], "email": people[0].email,
                       "type": session["device"]["type"], "device": session["device"]["name"],
                       "device_id": session["device"]["id"], "ip": session["ip"],
                       **{key: session[key] for key in ("created_at", "last_active_at",
                                                        "expires_at", "idle_expires_at")}}
    one = clients[1][0]
    assert [row["id"] for row in listed(stack, tenant, "--id", one.session_id)] == [one.session_id]
    assert listed(stack, tenant, "--email", people[2].email) == []
    text = stack.cli("session", "list", "--tenant", tenant).stdout.splitlines()
    assert len(text) == 5 and text[0].split() == list(mine[0])
    assert one.ip in "".join(text) and "Device till-0" in "".join(text)
    assert one.access not in str(rows) and one.refresh_token not in str(rows)


def test_one_by_its_id(stack, place):
    tenant, _, clients = place
    (one, other), neighbours = clients
    assert one.session_id in revoke(stack, tenant, "--id", one.session_id)
    gone(stack, one)
    for client in (other, *neighbours):
        client.get("/auth/session", expect=200)
    event = ended(stack, one.session_id)
    assert (event["event"], event["actor_id"], event["ip"]) == ("session.revoked", None, "cli")
    assert json.loads(event["after_json"]) == {"user_id": stack.user_id(one.user),
                                               "reason": "ended_by_admin"}
    revoke(stack, tenant, "--id", one.session_id)  # again: harmless, and no second event
    ended(stack, one.session_id)
    fails(stack, "list", "--tenant", tenant, "--id", one.session_id, say="has ended")


@pytest.mark.parametrize("all_too", [False, True])
def test_all_of_a_person(stack, place, all_too):
    """--all with an address is no more than that person's. The count is of those that lived."""
    tenant, people, clients = place
    args = ("--email", people[0].email, *(["--all"] if all_too else []))
    clients[0][0].post("/auth/logout", expect=204)
    assert revoke(stack, tenant, *args).startswith("1 session of ")
    for client in clients[0]:
        gone(stack, client)
    ended(stack, clients[0][1].session_id)
    for client in clients[1]:
        client.get("/auth/session", expect=200)
    assert revoke(stack, tenant, *args).startswith("0 sessions of ")
    assert revoke(stack, tenant, "--email", people[2].email).startswith("0 sessions of ")
    clients[0][0].login(people[0])


def test_all_of_the_tenant(stack, place):
    """For an emergency: everybody of this tenant, and nobody else; they can sign in again."""
    tenant, people, clients = place
    foreign = signed_in(stack, stack.new_user(stack.new_tenant()))
    assert revoke(stack, tenant, "--all") == f"4 sessions of tenant {tenant} revoked\n"
    for client in clients[0] + clients[1]:
        gone(stack, client)
        ended(stack, client.session_id)
    foreign.get("/auth/session", expect=200)
    assert listed(stack, tenant) == []
    assert revoke(stack, tenant, "--all").startswith("0 sessions of ")
    clients[0][0].login(people[0])
    clients[0][0].get("/auth/session", expect=200)


def test_a_revocation_that_the_cache_did_not_hear_of(stack, place):
    """T8: an earlier command died between its commit and the cache; run again, it holds."""
    tenant, people, clients = place
    raw = [uuid.UUID(c.session_id).hex for c in clients[0]]
    stack.administer_database(
        f"UPDATE {stack.info['database']}.sessions SET revoked_at = UTC_TIMESTAMP(6), "
        f"revoke_reason = 'test' WHERE id IN (X'{raw[0]}', X'{raw[1]}')")
    revoke(stack, tenant, "--id", clients[0][0].session_id)
    gone(stack, clients[0][0])
    revoke(stack, tenant, "--email", people[0].email)
    gone(stack, clients[0][1])


def test_idle_sessions_are_not_listed(stack):
    """S4."""
    tenant = stack.new_tenant(max_sessions=0, idle_timeout=2)
    client = signed_in(stack, stack.new_user(tenant))
    assert len(listed(stack, tenant)) == 1
    time.sleep(2.1)
    assert listed(stack, tenant) == []
    fails(stack, "list", "--tenant", tenant, "--id", client.session_id, say="has ended")


def test_what_is_refused(stack, place):
    """Clear lines, and nothing is ended."""
    tenant, people, clients = place
    one = clients[0][0].session_id
    nobody = "nobody@example.test"
    for verb in ("list", "revoke"):
        fails(stack, verb, "--tenant", "no-such-tenant", "--email", people[0].email,
              say="there is no tenant no-such-tenant")
        fails(stack, verb, "--tenant", tenant, "--email", nobody, say=f"there is no user {nobody}")
        fails(stack, verb, "--tenant", tenant, "--email", "no address", say="not an e-mail address")
        fails(stack, verb, "--tenant", tenant, "--id", "nonsense", say="not a session's id")
        fails(stack, verb, "--tenant", tenant, "--id", SOMEBODY, say="there is no session")
        fails(stack, verb, "--tenant", stack.tenant, "--id", one, say="there is no session")
        fails(stack, verb, "--tenant", tenant, "--id", one, "--email", people[0].email, say="--id")
        fails(stack, verb, "--id", one, code=2, say="--tenant")
        fails(stack, verb, "--tenant", tenant, "--nonsense", code=2, say="--nonsense")
    fails(stack, "revoke", "--tenant", tenant, say="say --id, --email, or --all")
    fails(stack, "revoke", "--tenant", tenant, "--all", "--id", one, say="--id")
    fails(stack, "revoke", "--tenant", stack.new_tenant(), "--email", people[0].email,
          say="there is no user")
    assert len(listed(stack, tenant)) == 4
    for flag in ("--tenant", "--email", "--id"):
        assert flag in stack.cli("session", "list", "--help").stdout
        assert flag in stack.cli("session", "revoke", "--help").stdout
