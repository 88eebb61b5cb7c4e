"""The checker that judges revocation (support/history.py), judged itself: every seeded bug is
found, no innocent history is accused."""

import random

from support.history import (ACCEPTED, FAILED, REFUSED, Revocation, Verification, late_probes,
                             violations)


def v(start, end, outcome, session="s"):
    return Verification(session, start, end, outcome)


def kinds(found):
    return [violation.kind for violation in found]


REVOKED = [Revocation("s", 10.0, 11.0)]


def test_accepted_after_the_acknowledgement_is_stale():
    assert kinds(violations([v(11.1, 11.2, ACCEPTED)], REVOKED)) == ["stale"]


def test_what_overlaps_the_revocation_may_go_either_way():
    for outcome in (ACCEPTED, REFUSED):
        assert not violations([v(9.9, 10.5, outcome), v(10.2, 10.8, outcome),
                               v(10.9, 11.5, outcome)], REVOKED)


def test_started_before_the_acknowledgement_and_ended_late_is_innocent():
    assert not violations([v(10.99, 30.0, ACCEPTED)], REVOKED)


def test_exactly_at_the_acknowledgement_is_innocent():
    assert not violations([v(11.0, 11.1, ACCEPTED)], REVOKED)


def test_refused_before_any_revocation_is_wrong():
    assert kinds(violations([v(1.0, 2.0, REFUSED)], REVOKED)) == ["wrongly refused"]


def test_refused_without_any_revocation_is_wrong():
    assert kinds(violations([v(1.0, 2.0, REFUSED, "other")], REVOKED)) == ["wrongly refused"]


def test_failure_is_no_verdict():
    assert not violations([v(1.0, 2.0, FAILED), v(12.0, 13.0, FAILED)], REVOKED)


def test_a_bound_excuses_exactly_its_length():
    history = [v(20.9, 21.0, ACCEPTED), v(21.1, 21.2, ACCEPTED)]
    assert len(violations(history, REVOKED, bound=10.0)) == 1
    assert len(violations(history, REVOKED)) == 2


def test_sessions_are_judged_apart():
    revoked = [*REVOKED, Revocation("t", 50.0, 51.0)]
    assert not violations([v(30.0, 31.0, ACCEPTED, "t"), v(30.0, 31.0, REFUSED, "s")], revoked)


def test_the_earliest_of_two_revocations_counts():
    twice = [Revocation("s", 20.0, 21.0), *REVOKED]
    assert kinds(violations([v(15.0, 16.0, ACCEPTED)], twice)) == ["stale"]
    assert not violations([v(10.5, 10.6, REFUSED)], twice)


def test_revival_is_stale_each_time():
    history = [v(12.0, 12.1, REFUSED), v(13.0, 13.1, ACCEPTED), v(14.0, 14.1, REFUSED),
               v(15.0, 15.1, ACCEPTED)]
    assert kinds(violations(history, REVOKED)) == ["stale", "stale"]


def test_probes_that_came_too_early_are_not_counted():
    assert late_probes([v(9.0, 9.1, ACCEPTED), v(12.0, 12.1, REFUSED)], REVOKED) == 1
    assert late_probes([v(9.0, 9.1, ACCEPTED)], []) == 0


def simulate(seed, stale_for):
    """A server that goes on accepting for `stale_for` seconds after each acknowledgement, under
    random clients."""
    rng = random.Random(seed)
    verifications, revocations = [], []
    for number in range(50):
        start = rng.uniform(1, 2)
        end = start + rng.uniform(0.001, 0.01)
        session = f"s{number}"
        revocations.append(Revocation(session, start, end))
        cut = end + stale_for
        now = 0.0
        while now < 3:
            now += rng.uniform(0.0005, 0.005)
            took = rng.uniform(0.0002, 0.002)
            decided = now + took / 2
            outcome = ACCEPTED if decided < (start + end) / 2 or (stale_for and decided < cut) \
                else REFUSED
            verifications.append(Verification(session, now, now + took, outcome))
            now += took
    return verifications, revocations


def test_a_sound_server_is_never_accused():
    for seed in range(20):
        assert not violations(*simulate(seed, 0))


def test_a_server_that_is_20_ms_late_is_always_caught():
    for seed in range(20):
        assert violations(*simulate(seed, 0.02))


def test_a_server_within_its_bound_is_not_accused():
    for seed in range(5):
        history = simulate(seed, 0.02)
        assert not violations(*history, bound=0.021)
        assert violations(*history, bound=0.005)
