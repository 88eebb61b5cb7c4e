"""A role may hold thousands of permissions (API.md "Administration"), and is made and changed in
one request; every other JSON body has 64 KiB (SPEC E5)."""

import json
import secrets
import time

import pytest

from support.admin import holder, tenant_admin
from support.client import Client, problem, signed_in
from support.openapi import operations
from support.wire import once

MOST = 10_000
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def codes(stack):
    """As many as a role may hold, in the catalogue while this file runs."""
    word = "big" + secrets.token_hex(4)
    table = f"{stack.info['database']}.permissions"
    stack.administer_database(
        f"INSERT INTO {table} (code, created_at) SELECT CONCAT('{word}:r', seq, ':view'),"
        f" UTC_TIMESTAMP(6) FROM {stack.info['database']}.seq_1_to_{MOST + 1}")
    yield [f"{word}:r{n}:view" for n in range(1, MOST + 2)]
    stack.administer_database(f"DELETE FROM {table} WHERE code LIKE '{word}:%'")


@pytest.fixture(scope="module")
def boss(stack, tenant):
    return tenant_admin(stack, tenant)


def timed(call):
    start = time.monotonic()
    answer = call()
    return answer, time.monotonic() - start


def test_a_role_of_ten_thousand(stack, boss, codes):
    """R2, R7: made with a key, told again, read, narrowed, and what it gives is asked for."""
    body = {"name": f"Big {secrets.token_hex(4)}", "permissions": codes[:MOST]}
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    made, took = timed(lambda: boss.post("/auth/roles", body, headers=headers, expect=201))
    assert took < 10
    role = made.json()
    assert role["permissions"] == sorted(codes[:MOST])
    assert boss.post("/auth/roles", body, headers=headers, expect=201).json() == role
    path = f"/auth/roles/{role['id']}"
    assert boss.get(path, expect=200).json() == role
    member = stack.new_user(boss.user.tenant)
    boss.call("PUT", f"/auth/users/{stack.user_id(member)}/roles", {"role_ids": [role["id"]]},
              expect=200)
    client = signed_in(stack, member)
    for code, expected in ((codes[0], True), (codes[MOST - 1], True), (codes[MOST], False)):
        told = client.post("/auth/check", {"checks": [{"permission": code}]}, expect=200).json()
        assert told["allowed"] is expected
    changed, took = timed(lambda: boss.call("PATCH", path, {"permissions": codes[1:]}, expect=200))
    assert took < 10 and changed.json()["permissions"] == sorted(codes[1:])
    told = client.post("/auth/check", {"checks": [{"permission": codes[0]},
                                                  {"permission": codes[MOST]}]}).json()
    assert told["results"] == [False, True]
    boss.call("DELETE", path + "?force=true", expect=204)


def test_one_more_is_too_many(boss, codes):
    """E5: the schema's limit, not the body's."""
    answer = boss.post("/auth/roles", {"name": "More", "permissions": codes})
    document = problem(answer, 422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in document["errors"]] == [("/permissions", "too_long")]


def test_what_is_wrong_with_thousands_is_told_of_fifty(boss):
    """E4: the answer stays readable."""
    for name, code in ((lambda n: f"No:{n}:x", "validation_failed"),
                       (lambda n: f"no:such{n}:thing", "unknown_permission")):
        answer, took = timed(lambda name=name: boss.post(
            "/auth/roles", {"name": "Wrong", "permissions": [name(n) for n in range(MOST)]}))
        document = problem(answer, 422, code)
        assert len(document["errors"]) == 50 and len(answer.content) < 65536 and took < 10


def bodies():
    """Of nearly 512 KiB, each dear to read if done badly."""
    yield "duplicates", b'{"permissions": [], ' + b", ".join(
        b'"k%d": 1' % n for n in range(36000)) + b', "k7": 2}', 400, "malformed_json"
    yield "unknown members", b"{" + b", ".join(b'"k%d": 1' % n for n in range(36000)) + b"}", \
        422, "validation_failed"
    yield "deep", b'{"permissions": ' + b"[" * 250000 + b"]" * 250000 + b"}", 400, "malformed_json"
    yield "many", b'{"permissions": [' + b"1," * 250000 + b"1]}", 422, "validation_failed"
    marks = "\u0301\u0323" * 120000
    yield "marks", f'{{"name": "{marks}"}}'.encode(), 422, "validation_failed"


def test_the_other_limits_hold_for_a_large_body(stack, boss):
    """E5, E3: depth 16, no duplicates, and in good time."""
    for what, body, status, code in bodies():
        assert 400_000 < len(body) <= 524288, (what, len(body))
        answer, took = timed(lambda body=body: boss.post("/auth/roles", data=body, headers=JSON))
        problem(answer, status, code)
        assert took < 5, (what, took)
    Client(stack).get("/auth/health", expect=200)


def test_e5_which_routes_take_more_than_64_kib(stack):
    """E5: the picture 6 MiB, the roles 512 KiB, and nobody else."""
    limits = {op.name: op.body_limit for op in operations(stack) if op.media}
    assert all(limits.values())
    assert {name: limit for name, limit in limits.items() if limit != 65536} == {
        "PUT /auth/me/picture": 6 << 20, "POST /auth/roles": 512 << 10,
        "PATCH /auth/roles/{id}": 512 << 10}


def test_e5_the_limits_are_exact(stack, tenant):
    """nginx and the worker agree about the last byte."""
    admin = holder(stack, tenant, "ALL_PERMISSIONS")
    for operation in operations(stack):
        if "/auth/roles" not in operation.template or not operation.media:
            continue
        filler = json.dumps({"x": ""}).encode()
        fits = filler.replace(b'""', b'"' + b"a" * (operation.body_limit - len(filler)) + b'"')
        assert len(fits) == operation.body_limit
        admin.call(operation.method, operation.path, data=fits, headers=JSON,
                   expect=(422, "validation_failed"))
        answer = once(stack, operation.method, operation.path, [
            ("Content-Type", "application/json")], length=operation.body_limit + 1)
        assert answer.status == 413 and b'"body_too_large"' in answer.body
