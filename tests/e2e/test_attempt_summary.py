"""Attempts counted by hour and day: GET /auth/login-attempts/summary (SPEC W3, L4, N1)."""

from datetime import datetime, timedelta, timezone

import pytest

from support.admin import holder, platform_admin, tenant_admin, tenant_id
from support.client import Client, problem, signed_in
from support.moments import when
from support.second_factor import Person
from support.second_factor import answer as answer_challenge

SUMMARY = "/auth/login-attempts/summary"
UTC = timezone.utc


@pytest.fixture(scope="module")
def home(stack):
    return stack.new_tenant("pages", max_sessions=0)


def text_of(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def attempts_at(stack, tenant, *rows):
    """Attempts of the past: (time, success, reason)."""
    for at, success, reason in rows:
        stack.administer_database(
            f"INSERT INTO {stack.info['database']}.attempts (id, tenant_id, identifier, "
            "identifier_key, ip, user_agent, created_at, success, reason, counted) SELECT "
            "RANDOM_BYTES(16), id, 'x@example.test', REPEAT('k', 32), '192.0.2.1', 'test', "
            f"'{at:%Y-%m-%d %H:%M:%S.%f}', {int(success)}, '{reason}', FALSE FROM "
            f"{stack.info['database']}.tenants WHERE slug = '{tenant}'")


def counted(document):
    """The buckets in which there is anything."""
    return {when(item["start"]): (item["succeeded"], item["failed"]) for item in document["items"]
            if item["succeeded"] or item["failed"]}


def check_buckets(document):
    """One item for every bucket, without a gap, aligned in UTC."""
    length = timedelta(seconds=document["interval"])
    starts = [when(item["start"]) for item in document["items"]]
    first, last = when(document["from"]), when(document["to"])
    assert all(b - a == length for a, b in zip(starts, starts[1:]))
    assert timedelta(0) <= first - starts[0] < length
    assert timedelta(0) < last - starts[-1] <= length
    midnight = datetime(2020, 1, 1, tzinfo=UTC)
    assert all((start - midnight) % length == timedelta(0) for start in starts)
    assert all(set(item) == {"start", "succeeded", "failed"} for item in document["items"])


def test_w3_sign_ins_are_counted_by_their_outcome(stack):
    """W3, L4: what is evaluated right and wrong, what a lock refuses too; a password that leads to
    a challenge is neither, and what becomes of the challenge is."""
    tenant = stack.new_tenant("summary", max_sessions=0)
    boss = tenant_admin(stack, tenant)  # one success
    user = stack.new_user(tenant)
    signed_in(stack, user)  # another
    for _attempt in range(5):
        Client(stack).login(user, "wrong", expect=401)
    Client(stack).login(user, expect=429)
    person = Person(stack, tenant)  # signs in to enrol
    before = boss.get(SUMMARY, expect=200).json()
    totals = [sum(item[key] for item in before["items"]) for key in ("succeeded", "failed")]
    assert totals == [3, 6]
    client, token = person.challenge()
    assert boss.get(SUMMARY).json()["items"] == before["items"]
    answer_challenge(client, token, person.code(), expect=200)
    after = boss.get(SUMMARY, expect=200).json()
    assert sum(item["succeeded"] for item in after["items"]) == 4
    assert sum(item["failed"] for item in after["items"]) == 6
    check_buckets(after)
    assert after["interval"] == 86400 and len(after["items"]) in (8, 9)
    assert when(after["to"]) - when(after["from"]) == timedelta(days=7)
    assert abs(datetime.now(UTC) - when(after["to"])) < timedelta(minutes=1)


def test_w3_the_summary_adds_up_to_the_list(stack):
    """W3, L4: hours up to three days, days beyond; a bound cuts its bucket as it cuts the list."""
    tenant = stack.new_tenant("summary")
    boss = tenant_admin(stack, tenant)
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    micro = timedelta(microseconds=1)
    attempts_at(stack, tenant, (noon - micro, False, "wrong_password"), (noon, True, "ok"),
                (noon + timedelta(minutes=59, seconds=59), False, "wrong_code"),
                (noon + timedelta(minutes=30), False, "second_factor_required"),
                (noon + timedelta(hours=30), False, "unknown_user"),
                (noon + timedelta(days=3), True, "ok"))

    def ask(start, end):
        query = f"?from={text_of(start)}&to={text_of(end)}"
        document = boss.get(SUMMARY + query, expect=200).json()
        check_buckets(document)
        listed = boss.get(f"/auth/login-attempts{query}&limit=200", expect=200).json()["items"]
        for key, success in (("succeeded", True), ("failed", False)):
            assert sum(item[key] for item in document["items"]) == len(
                [row for row in listed if row["success"] == success
                 and row["reason"] != "second_factor_required"])
        return document

    hour = timedelta(hours=1)
    document = ask(noon, noon + timedelta(days=3))
    assert document["interval"] == 3600 and len(document["items"]) == 72
    assert counted(document) == {noon: (1, 1), noon + 30 * hour: (0, 1)}
    document = ask(noon - micro, noon + timedelta(days=3))
    assert document["interval"] == 86400 and len(document["items"]) == 4
    midnight = noon - 12 * hour
    assert counted(document) == {midnight: (1, 2), midnight + 24 * hour: (0, 1)}
    document = ask(noon - timedelta(days=40), noon + timedelta(days=52))
    assert len(document["items"]) == 93
    assert counted(document) == {midnight: (1, 2), midnight + 24 * hour: (0, 1),
                                 midnight + 72 * hour: (1, 0)}
    assert len(ask(noon + 1000 * micro, noon + 2000 * micro)["items"]) == 1


@pytest.mark.parametrize("query, pointer", [
    ("from=2026-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "?to"),
    ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "?to"),
    ("from=9999-01-02T00:00:00Z", "?from"),
    ("from=2020-01-02T00:00:00Z", "?from"),
    ("from=2026-01-01T00:00:00Z&to=2026-04-03T00:00:00.000001Z", "?from"),
    ("from=yesterday", "?from"), ("to=1", "?to"), ("interval=60", "?interval"),
    ("email=x@example.test", "?email")])
def test_w3_ranges_that_cannot_be(stack, home, query, pointer):
    """E5: 422, and what of the query is wrong."""
    boss = tenant_admin(stack, home)
    document = problem(boss.get(f"{SUMMARY}?{query}"), 422, "validation_failed")
    assert [error["pointer"] for error in document["errors"]] == [pointer]


def test_w3_the_edges_of_the_calendar(stack, home):
    """E5: 92 days are fine anywhere that a time can be written."""
    boss = tenant_admin(stack, home)
    for query in ("from=2026-01-01T00:00:00Z&to=2026-04-03T00:00:00Z",
                  "to=9999-12-31T23:59:59Z", "to=1000-01-01T00:00:00Z",
                  "to=0001-02-01T00:00:00Z"):
        check_buckets(boss.get(f"{SUMMARY}?{query}", expect=200).json())
    boss.get(f"{SUMMARY}?to=0000-01-01T00:00:00Z", expect=(422, "validation_failed"))


def test_n1_nobody_counts_another_tenants_attempts(stack, home):
    """N1, N3: but a platform administrator who names it."""
    noon = datetime(2026, 2, 1, 12, tzinfo=UTC)
    query = f"?from={text_of(noon)}&to={text_of(noon + timedelta(hours=1))}"
    other = stack.new_tenant("abroad")
    attempts_at(stack, other, (noon, True, "ok"), (noon, False, "locked"))
    viewer = holder(stack, home, "auth:attempts:view")
    assert counted(viewer.get(SUMMARY + query, expect=200).json()) == {}
    named = f"{SUMMARY}{query}&tenant_id={tenant_id(stack, other)}"
    viewer.get(named, expect=(403, "permission_denied"))
    platform = platform_admin(stack)
    assert counted(platform.get(named, expect=200).json()) == {noon: (1, 1)}
