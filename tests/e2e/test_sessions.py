"""Sessions and devices (SPEC S1 to S7)."""

import crypt
import time
import uuid

import pytest

from support.client import Client, signed_in
from support.parallel import together

UNKNOWN = "00000000-0000-7000-8000-00000000abcd"


def listed(client):
    return client.get("/auth/me/sessions", expect=200).json()["items"]


def test_a_session_tells_where_it_comes_from(stack, user):
    """S1, S7."""
    client = Client(stack, user_agent="Till/7 (counter)")
    answer = client.post("/auth/login", {
        "tenant": user.tenant, "email": user.email, "password": user.password,
        "device": {"id": "till-7", "name": "Counter 7", "type": "pos"}}, expect=200)
    session = client.keep(answer)["session"]
    assert set(session) == {"id", "device", "ip", "user_agent", "created_at", "last_active_at",
                            "expires_at", "idle_expires_at", "amr", "current"}
    assert session["device"] == {"id": "till-7", "name": "Counter 7", "type": "pos"}
    assert session["ip"] == client.ip and session["user_agent"] == "Till/7 (counter)"
    assert session["amr"] == ["pwd"] and session["idle_expires_at"] is None
    for moment in ("created_at", "last_active_at", "expires_at"):
        assert session[moment].endswith("Z")
    told = client.get("/auth/session", expect=200).json()
    assert set(told) == {"session", "user"}
    assert told["session"]["id"] == session["id"] and told["session"]["current"] is True
    assert told["user"]["email"] == user.email and told["user"]["last_login_at"]
    assert "password" not in answer.text.replace("must_change_password", "")


def test_a_sign_in_from_a_new_device_ends_the_earlier_session(stack, user):
    """S2, T8: max_sessions 1, the default."""
    phone = signed_in(stack, user, device="phone")
    laptop = signed_in(stack, user, device="laptop")
    phone.verify(expect=(401, "invalid_token"))
    phone.refresh(expect=(401, "invalid_refresh_token"))
    laptop.get("/auth/session", expect=200)
    assert len(stack.live_sessions(user)) == 1


def test_the_same_device_replaces_its_session(stack):
    """S2: also where several sessions are allowed."""
    tenant = stack.new_tenant(max_sessions=3)
    user = stack.new_user(tenant)
    first = signed_in(stack, user, device="phone")
    other = signed_in(stack, user, device="laptop")
    second = signed_in(stack, user, device="phone")
    first.verify(expect=(401, "invalid_token"))
    other.get("/auth/session", expect=200)
    second.get("/auth/session", expect=200)
    assert {s["device"]["id"] for s in listed(second)} == {"phone", "laptop"}


def test_past_n_the_oldest_goes(stack):
    """S2: a tenant may allow N; a sign-in that names no device is a new one each time."""
    tenant = stack.new_tenant(max_sessions=2)
    user = stack.new_user(tenant)
    clients = [signed_in(stack, user) for _ in range(4)]
    assert [c.get("/auth/session").status_code for c in clients] == [401, 401, 200, 200]


def test_any_number(stack):
    """S2: max_sessions 0."""
    tenant = stack.new_tenant(max_sessions=0)
    user = stack.new_user(tenant)
    clients = [signed_in(stack, user) for _ in range(5)]
    assert all(c.get("/auth/session").status_code == 200 for c in clients)
    assert len(listed(clients[0])) == 5


@pytest.mark.parametrize("racers, rounds", [(2, 10), (16, 2)])
def test_racing_sign_ins_leave_exactly_one_session(stack, tenant, racers, rounds):
    """S2: in the database and at the door."""
    user = stack.new_user(tenant)
    for _ in range(rounds):
        clients = [Client(stack) for _ in range(racers)]
        together([lambda c=c: c.get("/auth/health", expect=200) for c in clients])
        answers = together([lambda c=c, n=n: c.login(user, device=f"racer-{n}", expect=None)
                            for n, c in enumerate(clients)])
        assert {a.status_code for a in answers} <= {200, 429}
        assert sum(a.status_code == 200 for a in answers) >= 1
        live = stack.live_sessions(user)
        assert len(live) == 1
        accepted = [c.session_id for c in clients
                    if c.access and c.get("/auth/session").status_code == 200]
        assert accepted == [str(uuid.UUID(bytes=live[0]["id"]))]


def test_list_and_end_one(stack):
    """S6, T8."""
    tenant = stack.new_tenant(max_sessions=0)
    user = stack.new_user(tenant)
    mine, other = signed_in(stack, user, device="mine"), signed_in(stack, user, device="other")
    sessions = listed(mine)
    assert {s["id"] for s in sessions} == {mine.session_id, other.session_id}
    assert [s["id"] for s in sessions if s["current"]] == [mine.session_id]
    mine.call("DELETE", f"/auth/me/sessions/{other.session_id}", expect=204)
    other.verify(expect=(401, "invalid_token"))
    mine.call("DELETE", f"/auth/me/sessions/{other.session_id}", expect=(404, "not_found"))
    assert [s["id"] for s in listed(mine)] == [mine.session_id]


def test_a_session_of_somebody_else_is_not_found(stack, tenant, user):
    """S6, N1: another person of the tenant, another tenant, nobody: one answer."""
    neighbour = signed_in(stack, stack.new_user(tenant))
    stranger = signed_in(stack, stack.new_user(stack.new_tenant()))
    client = signed_in(stack, user)
    for session in (neighbour.session_id, stranger.session_id, UNKNOWN, "nonsense",
                    client.session_id + "x"):
        client.call("DELETE", f"/auth/me/sessions/{session}", expect=(404, "not_found"))
    neighbour.get("/auth/session", expect=200)
    stranger.get("/auth/session", expect=200)


def test_logout_all_with_and_without_the_current_one(stack):
    """S6, S7, T8."""
    tenant = stack.new_tenant(max_sessions=0)
    user = stack.new_user(tenant)
    clients = [signed_in(stack, user, device=f"d{n}") for n in range(3)]
    clients[0].post("/auth/logout-all", {"keep_current": True}, expect=204)
    assert [c.get("/auth/session").status_code for c in clients] == [200, 401, 401]
    clients[1].login(user, device="d1")
    clients[0].post("/auth/logout-all", expect=204)
    assert [c.get("/auth/session").status_code for c in clients] == [401, 401, 401]
    assert stack.live_sessions(user) == []


def test_logout_ends_this_session_alone(stack):
    """S7."""
    tenant = stack.new_tenant(max_sessions=0)
    user = stack.new_user(tenant)
    one, other = signed_in(stack, user, device="a"), signed_in(stack, user, device="b")
    one.post("/auth/logout", expect=204)
    one.post("/auth/logout", expect=(401, "invalid_token"))
    one.refresh(expect=(401, "invalid_refresh_token"))
    other.get("/auth/session", expect=200)


def test_the_command_line_ends_sessions(stack, user):
    """A4, T8: `session revoke` is as good as any revocation, for the next verification."""
    client = signed_in(stack, user)
    client.get("/auth/session", expect=200)
    stack.cli("session", "revoke", "--tenant", user.tenant, "--email", user.email)
    client.verify(expect=(401, "invalid_token"))
    client.refresh(expect=(401, "invalid_refresh_token"))


def test_idle_sessions_end_and_active_ones_do_not(stack):
    """S4: also on the verification path, which writes nothing itself."""
    tenant = stack.new_tenant(idle_timeout=3)
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    for _ in range(10):
        time.sleep(0.5)
        client.verify(expect=403)
    told = client.get("/auth/session", expect=200).json()["session"]
    assert told["idle_expires_at"].endswith("Z")
    time.sleep(4.2)
    client.verify(expect=(401, "invalid_token"))
    client.refresh(expect=(401, "invalid_refresh_token"))


def test_last_active_moves_a_quarter_at_a_time(stack):
    """S3: at most once a quarter of a short idle_timeout, however often one comes."""
    tenant = stack.new_tenant(idle_timeout=8)
    user = stack.new_user(tenant)
    client = signed_in(stack, user)
    values = set()
    start = time.monotonic()
    while time.monotonic() - start < 7:
        client.verify(expect=403)
        values.add(stack.live_sessions(user)[0]["last_active_at"])
        time.sleep(0.1)
    assert 2 <= len(values) <= 5, values


def test_last_active_rests_without_a_short_timeout(stack, user):
    """S3: at most once a minute."""
    client = signed_in(stack, user)
    before = stack.live_sessions(user)[0]["last_active_at"]
    for _ in range(20):
        client.verify(expect=403)
    time.sleep(1.5)
    assert stack.live_sessions(user)[0]["last_active_at"] == before


def test_ip_binding(stack):
    """S5: strict; refused elsewhere, alive at home, and an audit event."""
    tenant = stack.new_tenant(ip_binding="strict")
    user = stack.new_user(tenant)
    home = signed_in(stack, user)
    Client(stack).verify(token=home.access, expect=(401, "invalid_token"))
    home.get("/auth/session", expect=200)
    assert stack.value("SELECT COUNT(*) FROM audit_events WHERE event = 'token.ip_mismatch' "
                       "AND tenant_id = %s", stack.user_row(user)["tenant_id"]) >= 1


def test_ip_binding_by_subnet(stack):
    """S5: /24."""
    tenant = stack.new_tenant(ip_binding="subnet")
    home = Client(stack, ip="127.9.9.10")
    home.login(stack.new_user(tenant))
    Client(stack, ip="127.9.9.200").get("/auth/session", token=home.access, expect=200)
    Client(stack, ip="127.9.10.10").get("/auth/session", token=home.access, expect=401)


def revoke_without_telling(stack, client):
    """What a worker leaves behind that dies between its commit and the cache."""
    session = client.session_id.replace("-", "")
    stack.administer_database(f"UPDATE {stack.info['database']}.sessions SET revoked_at = "
                              f"UTC_TIMESTAMP(6), revoke_reason = 'test' WHERE id = X'{session}'")


def test_a_retried_revocation_tells_the_cache_after_all(stack):
    """T8: the first try was committed, but nobody heard; the second's answer must hold."""
    tenant = stack.new_tenant(max_sessions=0)
    user = stack.new_user(tenant, roles=(stack.new_role(tenant, "sales:orders:view"),))
    owner, lost, ended = (signed_in(stack, user, device=f"d{n}") for n in range(3))
    for client in (owner, lost, ended):
        client.verify(expect=204)
    for client in (lost, ended):
        revoke_without_telling(stack, client)
        client.verify(expect=204)  # a proof, for at most proof_ttl
    owner.call("DELETE", f"/auth/me/sessions/{ended.session_id}", expect=404)
    ended.verify(expect=401)
    owner.post("/auth/logout-all", {"keep_current": True}, expect=204)
    lost.verify(expect=401)
    owner.verify(expect=204)


def test_nobody_signs_out_who_holds_more(stack):
    """R4, S6: 403 escalation; a foreign id is not found."""
    tenant = stack.new_tenant()
    clerk = stack.new_user(tenant, roles=(stack.new_role(tenant, "auth:users:edit"),))
    peer = stack.new_user(tenant)
    chief = stack.new_user(tenant, flags=("--tenant-admin",))
    foreign = stack.new_user(stack.new_tenant())
    client = signed_in(stack, clerk)
    peer_client, chief_client = signed_in(stack, peer), signed_in(stack, chief)
    client.post(f"/auth/users/{stack.user_id(chief)}/logout", expect=(403, "escalation"))
    client.post(f"/auth/users/{stack.user_id(foreign)}/logout", expect=(404, "not_found"))
    chief_client.get("/auth/session", expect=200)
    client.post(f"/auth/users/{stack.user_id(peer)}/logout", expect=204)
    peer_client.get("/auth/session", expect=401)
    chief_client.post(f"/auth/users/{stack.user_id(clerk)}/logout", expect=204)
    client.get("/auth/session", expect=401)


def test_reuse_from_elsewhere_ends_a_bound_session_too(stack):
    """T6, S5: the wrong address does not hide the reuse."""
    tenant = stack.new_tenant(ip_binding="strict", refresh_grace=0)
    client = signed_in(stack, stack.new_user(tenant))
    stolen = client.refresh_token
    winner = client.keep(client.refresh())
    time.sleep(0.1)
    Client(stack).refresh(stolen, expect=(401, "invalid_refresh_token"))
    client.refresh(winner["refresh_token"], expect=(401, "invalid_refresh_token"))
    client.get("/auth/session", expect=401)


def test_an_imported_hash_is_upgraded_at_sign_in(stack, user):
    """P1: bcrypt of another system verifies, and is argon2id afterwards."""
    fresh = stack.new_user(user.tenant)
    made = crypt.crypt(fresh.password, crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))
    stack.administer_database(f"UPDATE {stack.info['database']}.users SET password_hash = '{made}' "
                              f"WHERE email = '{fresh.email}'")
    signed_in(stack, fresh).get("/auth/session", expect=200)
    assert bytes(stack.user_row(fresh)["password_hash"], "ascii").startswith(b"$argon2id$")
    signed_in(stack, fresh).get("/auth/session", expect=200)
