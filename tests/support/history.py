"""Was anything accepted that had been revoked? A pure judgement on a recorded history (SPEC T8).

A verification is judged by the moments its client knows: it started before its request was sent
and ended after its answer was read. A revocation is acknowledged when its answer has been read.
So "started after the acknowledgement" leaves no room for excuses."""

from dataclasses import dataclass

ACCEPTED, REFUSED, FAILED = "accepted", "refused", "failed"


@dataclass(frozen=True)
class Verification:
    session: str
    start: float
    end: float
    outcome: str  # ACCEPTED, REFUSED, or FAILED: neither yes nor no (5xx, connection lost)


@dataclass(frozen=True)
class Revocation:
    session: str
    start: float
    end: float  # acknowledged


@dataclass(frozen=True)
class Violation:
    kind: str  # "stale" or "wrongly refused"
    verification: Verification
    revocation: Revocation | None

    def __str__(self):
        late = self.verification.start - self.revocation.end if self.revocation else 0.0
        return f"{self.kind}: session {self.verification.session}, {late * 1000:.1f} ms late"


def violations(verifications, revocations, bound=0.0):
    """What must not have happened:
    - stale: accepted, though it started more than `bound` seconds after an acknowledgement;
    - wrongly refused: refused, though it ended before any revocation of its session began.
    FAILED is never a violation: a part that is broken may say so."""
    first = {}
    for revocation in revocations:
        known = first.get(revocation.session)
        first[revocation.session] = Revocation(
            revocation.session,
            min(revocation.start, known.start) if known else revocation.start,
            min(revocation.end, known.end) if known else revocation.end)
    found = []
    for verification in verifications:
        revocation = first.get(verification.session)
        if verification.outcome == ACCEPTED:
            if revocation and verification.start > revocation.end + bound:
                found.append(Violation("stale", verification, revocation))
        elif verification.outcome == REFUSED:
            if revocation is None or verification.end < revocation.start:
                found.append(Violation("wrongly refused", verification, revocation))
    return found


def late_probes(verifications, revocations):
    """How many verifications started after their session's acknowledgement: a history with none
    proves nothing."""
    ends = {revocation.session: revocation.end for revocation in revocations}
    return sum(1 for v in verifications if v.start > ends.get(v.session, float("inf")))
