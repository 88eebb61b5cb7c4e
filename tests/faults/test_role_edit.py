"""What an administrator changes holds for the very next verification, on every worker, whatever the
cache does meanwhile (SPEC T8, T9, N6, R7; DESIGN 3)."""

import contextlib

import pytest

from support import processes
from support.admin import give, my_id, new_role, platform_admin, tenant_admin, tenant_id
from support.cache import Cache
from support.client import describe, signed_in
from support.wire import once

ASKED = 40


class Scene:
    def __init__(self, stack):
        self.stack = stack
        self.slug = stack.new_tenant("edit", max_sessions=0)
        self.tenant = tenant_id(stack, self.slug)
        self.boss = tenant_admin(stack, self.slug)
        self.platform = platform_admin(stack)
        self.role = new_role(self.boss, "sales:orders:view")
        self.other = new_role(self.boss, "sales:orders:edit")
        self.person = signed_in(stack, stack.new_user(self.slug))
        self.user = my_id(self.person)
        give(self.boss, self.user, self.role)

    def ask(self, expect, permission="sales:orders:view", code=None, times=ASKED):
        """Over fresh connections, each of which any worker may take."""
        found = {}
        for _ in range(times):
            answer = once(self.stack, "GET", f"/auth/verify?permission={permission}",
                          [("Authorization", "Bearer " + self.person.access)])
            found[answer.status] = found.get(answer.status, 0) + 1
            if code is not None and answer.status == expect:
                assert f'"{code}"'.encode() in answer.body
        assert found == {expect: times}, f"expected {expect}, got {found}"


def healthy(_stack, _cache):
    return contextlib.nullcontext()


@contextlib.contextmanager
def flushed(_stack, cache):
    """Before the change, between the change and its verification."""
    cache.flush()
    yield
    cache.flush()


@contextlib.contextmanager
def killed(stack, _cache):
    """Dead from before the change to after the last verification."""
    processes.kill(stack.pid("memcached"))
    yield


@contextlib.contextmanager
def killed_after(stack, _cache):
    """Alive for the change, dead for the verification."""
    yield
    processes.kill(stack.pid("memcached"))


@contextlib.contextmanager
def restarted(stack, _cache):
    """Dead for the change, back and empty for the verification."""
    if not stack.respawned:
        stack.respawned.append(processes.Respawner(stack.pid("memcached")))
    service = stack.respawned[0]
    service.kill()
    try:
        yield
    finally:
        service.start()
        processes.wait_until(lambda: reachable(stack), 10, "memcached to answer")


def reachable(stack):
    try:
        Cache(stack.info["memcached_socket"]).stats()
    except OSError:
        return False
    return True


CACHES = [healthy, flushed, killed, killed_after, restarted]


@pytest.fixture
def scene(stack):
    """What was respawned is ended before scripts/up brings the real one back."""
    stack.respawned = []
    made = Scene(stack)
    made.ask(204)  # every worker and the cache know them now
    yield made
    for service in stack.respawned:
        service.end()


def editing(scene):
    """Takes the permission out of the role, and gives it back."""
    path = f"/auth/roles/{scene.role}"
    yield lambda: scene.boss.call("PATCH", path, {"permissions": ["sales:orders:edit"]},
                                  expect=200), 403, "permission_denied"
    yield lambda: scene.boss.call("PATCH", path, {"permissions": ["sales:orders:*"]},
                                  expect=200), 204, None


def assigning(scene):
    path = f"/auth/users/{scene.user}/roles"
    yield lambda: scene.boss.call("PUT", path, {"role_ids": [scene.other]}, expect=200), 403, (
        "permission_denied")
    yield lambda: scene.boss.call("PUT", path, {"role_ids": []}, expect=200), 403, (
        "no_role_assigned")
    yield lambda: scene.boss.call("PUT", path, {"role_ids": [scene.other, scene.role]},
                                  expect=200), 204, None


def flagging(scene):
    """A tenant admin has every permission."""
    path = f"/auth/users/{scene.user}"
    give(scene.boss, scene.user)
    yield lambda: scene.boss.call("PATCH", path, {"is_tenant_admin": True}, expect=200), 204, None
    yield lambda: scene.boss.call("PATCH", path, {"is_tenant_admin": False}, expect=200), 403, (
        "no_role_assigned")


def deleting_the_role(scene):
    yield lambda: scene.boss.call("DELETE", f"/auth/roles/{scene.role}?force=true",
                                  expect=204), 403, "no_role_assigned"


def settling(scene):
    """A setting that verification depends on: this person has another address each time."""
    path = f"/auth/tenants/{scene.tenant}/settings"
    yield lambda: scene.boss.call("PATCH", path, {"ip_binding": "strict"}, expect=200), 401, (
        "invalid_token")
    yield lambda: scene.boss.call("PATCH", path, {"ip_binding": "off"}, expect=200), 204, None
    yield lambda: scene.boss.call("PATCH", path, {"require_2fa": "all"}, expect=200), 403, (
        "two_factor_enrolment_required")


def disabling(scene):
    yield lambda: scene.boss.call("PATCH", f"/auth/users/{scene.user}", {"status": "disabled"},
                                  expect=200), 401, "invalid_token"


def deleting(scene):
    yield lambda: scene.boss.call("DELETE", f"/auth/users/{scene.user}", expect=204), 401, (
        "invalid_token")


def suspending(scene):
    path = f"/auth/tenants/{scene.tenant}"
    yield lambda: scene.platform.call("PATCH", path, {"status": "suspended"}, expect=200), 401, (
        "invalid_token")


CHANGES = [editing, assigning, flagging, deleting_the_role, settling, disabling, deleting,
           suspending]


@pytest.mark.parametrize("cache_is", CACHES, ids=[f.__name__ for f in CACHES])
@pytest.mark.parametrize("change", CHANGES, ids=[f.__name__ for f in CHANGES])
def test_the_very_next_verification(scene, stack, cache, change, cache_is):
    """T8, N6: no worker goes on with what it knew; asked right after the answer."""
    for act, status, code in change(scene):
        with cache_is(stack, cache):
            act()
        scene.ask(status, code=code)
        if not reachable(stack):  # the next step begins with a living cache
            stack.up()
        scene.ask(status, code=code, times=4)


def test_a_person_is_not_refused_what_they_were_given(scene):
    """T8, the other way round: a right that is granted holds at once as well, and a refusal that
    was cached does not outlive it; with the rights changed a hundred times."""
    path = f"/auth/users/{scene.user}/roles"
    for number in range(50):
        scene.boss.call("PUT", path, {"role_ids": [scene.other]}, expect=200)
        answer = scene.person.get("/auth/verify?permission=sales:orders:view")
        assert answer.status_code == 403, f"round {number}: {describe(answer)}"
        scene.boss.call("PUT", path, {"role_ids": [scene.role]}, expect=200)
        answer = scene.person.get("/auth/verify?permission=sales:orders:view")
        assert answer.status_code == 204, f"round {number}: {describe(answer)}"
