"""32 refreshes at one moment with one token, a thousand times over (SPEC T6; FACTS "Refresh":
parallel refreshes seen as theft, the loser's answer spoiling the winner's).

The number of rounds is GATEHOUSE_STORM_ROUNDS (1,000)."""

import os
import random
import uuid

import pytest

from support import jwt
from support.client import Client, signed_in
from support.storm import WIDTH, RequestLog, Storm, set_cookies

ROUNDS = int(os.environ.get("GATEHOUSE_STORM_ROUNDS", "1000"))
COOKIE_ROUNDS = 50


@pytest.fixture
def person(stack):
    """Of a tenant with every setting at its default; the gate lets them in."""
    tenant = stack.new_tenant("storm")
    return stack.new_user(tenant, roles=(stack.new_role(tenant, "sales:orders:view"),))


def unharmed(stack, user, client, generation):
    """One session, the one of the sign-in, so many generations on; and nobody cried theft."""
    rows = stack.live_sessions(user)
    assert [str(uuid.UUID(bytes=row["id"])) for row in rows] == [client.session_id]
    assert rows[0]["refresh_generation"] == generation
    assert stack.value("SELECT COUNT(*) FROM sessions WHERE user_id = %s", rows[0]["user_id"]) == 1
    assert stack.value("SELECT COUNT(*) FROM audit_events WHERE tenant_id = %s AND event IN "
                       "('token.reuse_detected', 'session.revoked', 'logout')",
                       rows[0]["tenant_id"]) == 0


def test_a_thousand_rounds_of_32(stack, person):
    """T6: each round all 32 get 200 and one and the same successor, with which the next round
    begins; what any of them was given is accepted. Over every worker of the pool."""
    client = signed_in(stack, person)
    token, seen = client.refresh_token, {client.refresh_token}
    workers = stack.workers("verify")
    log = RequestLog(stack)
    access = client.access
    with Storm(stack) as storm:
        for number in range(ROUNDS):
            answers = storm.refresh(token)
            statuses = [status for status, _ in answers]
            assert statuses == [200] * WIDTH, f"round {number}: {answers}"
            successors = {document["refresh_token"] for _, document in answers}
            assert len(successors) == 1, f"round {number}: a fork"
            assert {document["session"]["id"] for _, document in answers} == {client.session_id}
            token = successors.pop()
            assert token not in seen, f"round {number}: not rotated"
            seen.add(token)
            access = random.choice(answers)[1]["access_token"]
            client.verify(token=access, expect=204)
            if number % 100 == 0:
                unharmed(stack, person, client, number + 2)
    unharmed(stack, person, client, ROUNDS + 1)
    for alive in (client.access, access):
        client.verify(token=alive, expect=204)
    client.refresh(token, expect=200)
    unharmed(stack, person, client, ROUNDS + 2)

    # Two workers and more shared the work; none was replaced, none answered next to nothing.
    answered = log.answered_by("/auth/refresh")
    assert sorted(answered) == workers == stack.workers("verify") and len(workers) > 1, answered
    assert sum(answered.values()) >= ROUNDS * WIDTH + 1
    assert min(answered.values()) * 10 * len(workers) > ROUNDS * WIDTH, answered


def test_32_tabs_of_one_browser(stack, person):
    """T6, S8: whichever answer's cookies the browser keeps, it stays signed in: all set the same
    refresh token, none deletes a cookie, and each CSRF token is good with its own cookie."""
    browser = Client(stack)
    browser.login(person, transport="cookie")
    jar = {cookie.name: cookie.value for cookie in browser.http.cookies}
    with Storm(stack) as storm:
        for number in range(COOKIE_ROUNDS):
            answers = storm.round([
                ("Cookie", "; ".join(f"{name}={value}" for name, value in jar.items())),
                ("X-CSRF-Token", jar["__Host-gatehouse_csrf"]), ("Origin", stack.base_url)])
            assert [answer.status for answer in answers] == [200] * WIDTH, (
                f"round {number}: {[answer.body for answer in answers]}")
            set_by = [set_cookies(answer) for answer in answers]
            assert len({cookies["__Secure-gatehouse_refresh"][0] for cookies in set_by}) == 1
            for cookies in set_by:
                for name in ("__Host-gatehouse_access", "__Secure-gatehouse_refresh",
                             "__Host-gatehouse_csrf"):
                    value, attributes = cookies[name]
                    assert value and int(attributes["max-age"]) > 0
            kept = random.choice(set_by)
            assert kept["__Secure-gatehouse_refresh"][0] != jar["__Secure-gatehouse_refresh"]
            jar.update({name: value for name, (value, _) in kept.items()})
            browser.verify(token=jar["__Host-gatehouse_access"], expect=204)
    unharmed(stack, person, browser, COOKIE_ROUNDS + 1)
    assert jwt.parts(jar["__Host-gatehouse_access"])[1]["sid"] == browser.session_id
