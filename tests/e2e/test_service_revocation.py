"""How a service, or a person, ends a token (SPEC T10, T8, A1; RFC 7009)."""

import json

import pytest

from support.admin import platform_admin, tenant_admin, tenant_id, text_id
from support.audit import events
from support.client import Client, signed_in
from support.services import CLIENT, as_root, hex_of, inactive_everywhere, service_of
from support.services import person, place, service  # pylint: disable=unused-import


@pytest.mark.parametrize("which", ["access", "refresh", "old refresh"])
def test_a_service_ends_a_session(stack, place, person, service, which):
    """T10, T8, A1: either token takes the whole session with it, at once and everywhere."""
    other = signed_in(stack, person.user, device="other")
    old = person.refresh_token
    person.keep(person.refresh())
    person.verify(expect=204)
    token = {"access": person.access, "refresh": person.refresh_token, "old refresh": old}[which]
    service.revoke(token)
    inactive_everywhere(stack, service, person.access, person.refresh_token)
    person.verify(expect=(401, "invalid_token"))
    person.refresh(expect=(401, "invalid_refresh_token"))
    other.verify(expect=204)
    service.revoke(token)  # again: nothing more happens
    rows = events(stack, person.session_id, "session.revoked")
    assert len(rows) == 1
    assert rows[0]["actor_id"] is None
    assert text_id(rows[0]["tenant_id"]) == tenant_id(stack, place[0])
    assert rows[0]["target_type"] == "session" and rows[0]["ip"] == service.client.ip
    assert json.loads(rows[0]["after_json"]) == {
        "user_id": stack.user_id(person.user), "reason": "revoked_by_service",
        "credential_id": service.id}
    assert events(stack, person.session_id, "token.reuse_detected") == []


def test_a_service_ends_nothing_of_another_tenant(stack, person):
    """N1, T10: the answer does not tell."""
    other = service_of(stack, stack.new_tenant())
    for token in (person.access, person.refresh_token):
        other.revoke(token)
    person.verify(expect=204)
    person.refresh(expect=200)
    assert events(stack, person.session_id, "session.revoked") == []


def test_a_revocation_that_the_cache_did_not_hear_of(stack, person, service):
    """T8: the first try was committed, but its worker died; the second's answer must hold."""
    person.verify(expect=204)
    as_root(stack, "UPDATE sessions SET revoked_at = UTC_TIMESTAMP(6), revoke_reason = 'test' "
                   f"WHERE id = {hex_of(person.session_id)}")
    person.verify(expect=204)  # a proof, for at most proof_ttl
    service.revoke(person.access)
    person.verify(expect=(401, "invalid_token"))


@pytest.mark.parametrize("which", ["access", "refresh"])
def test_people_end_sessions_of_their_own(stack, person, which):
    """T10: this one or another one of theirs; with an audit event each."""
    other = signed_in(stack, person.user, device="other")
    for ended, by in ((other, person), (person, person)):
        ended.verify(expect=204)
        token = ended.access if which == "access" else ended.refresh_token
        by.post("/auth/revoke", data={"token": token}, expect=200)
        ended.verify(expect=(401, "invalid_token"))
        ended.refresh(expect=(401, "invalid_refresh_token"))
        rows = events(stack, ended.session_id, "session.revoked")
        assert len(rows) == 1
        assert text_id(rows[0]["actor_id"]) == stack.user_id(person.user)
    answer = person.post("/auth/revoke", data={"token": "x"}, expect=(401, "invalid_token"))
    assert answer.headers["WWW-Authenticate"].startswith("Basic")


def test_people_end_nobody_elses(stack, place, person):
    """T10: not even administrators, who have other means; and the answer does not tell."""
    admin = tenant_admin(stack, place[0])
    platform = platform_admin(stack)
    peer = signed_in(stack, stack.new_user(place[0]))
    for client in (admin, platform, peer):
        for token in (person.access, person.refresh_token, "x", person.session_id):
            answer = client.post("/auth/revoke", data={"token": token}, expect=200)
            assert answer.content == b""
        client.get("/auth/session", expect=200)
    person.verify(expect=204)
    assert events(stack, person.session_id, "session.revoked") == []


def test_a_browser_needs_its_csrf_token_to_revoke(stack, person):
    """S8."""
    browser = Client(stack)
    browser.login(person.user, transport="cookie", device="browser")
    csrf, browser.csrf = browser.csrf, None
    form = {"token": person.access}
    browser.post("/auth/revoke", data=form, expect=(403, "csrf_failed"))
    person.verify(expect=204)
    browser.post("/auth/revoke", data=form, headers={"X-CSRF-Token": csrf}, expect=200)
    person.verify(expect=(401, "invalid_token"))
    browser.post("/auth/introspect", data=form, headers={"X-CSRF-Token": csrf}, expect=CLIENT)
