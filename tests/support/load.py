"""Many threads that verify while something is revoked, and what they saw."""

import random
import ssl
import threading
import time
from contextlib import contextmanager

from support.history import ACCEPTED, FAILED, REFUSED, Revocation, Verification
from support.wire import Wire


class Verifier:
    """One kept connection that asks /auth/verify for whatever token is set, as fast as it can.
    The clock starts before the first byte is sent and stops after the last is read."""

    def __init__(self, stack, record):
        self._stack = stack
        self._record = record
        self._wire = None

    def once(self, session, token):
        start = time.monotonic()
        try:
            if self._wire is None:
                self._wire = Wire(self._stack, timeout=20)
                start = time.monotonic()
            self._wire.request("GET", "/auth/verify", [("Authorization", "Bearer " + token)])
            answer = self._wire.read()
            status = answer.status
            if answer.header("connection") == "close":
                self.close()  # nginx ends a connection after keepalive_requests
        except (OSError, ssl.SSLError):
            self.close()
            status = 0
        outcome = {204: ACCEPTED, 401: REFUSED}.get(status, FAILED)
        self._record(Verification(session, start, time.monotonic(), outcome))
        return outcome

    def close(self):
        if self._wire is not None:
            self._wire.close()
            self._wire = None


class Watch:
    """`threads` verifiers on one session at a time."""

    def __init__(self, stack, threads):
        self.verifications = []
        self.revocations = []
        self._current = None
        self._stop = threading.Event()
        self._changed = threading.Condition()
        self._counts = [0] * threads
        self._threads = [threading.Thread(target=self._run, args=(stack, index), daemon=True)
                         for index in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self, stack, index):
        verifier = Verifier(stack, lambda record: self.verifications.append(record))
        while not self._stop.is_set():
            current = self._current
            if current is None:
                with self._changed:
                    self._changed.wait_for(lambda: self._current or self._stop.is_set(), 1)
                continue
            if verifier.once(*current) == FAILED:
                time.sleep(0.005)
            self._counts[index] += 1
        verifier.close()

    def look_at(self, session, token):
        with self._changed:
            self._current = (session, token) if session else None
            self._changed.notify_all()

    def everybody_asks(self, times=1, timeout=20):
        """Waits until every thread has finished `times` more verifications."""
        wanted = [count + times for count in self._counts]
        end = time.monotonic() + timeout
        while any(count < want for count, want in zip(self._counts, wanted)):
            assert time.monotonic() < end, "a verifier is stuck"
            time.sleep(0.001)

    @contextmanager
    def revoking(self, session):
        """The block is the revocation: its end is the acknowledgement."""
        start = time.monotonic()
        yield
        self.revocations.append(Revocation(session, start, time.monotonic()))

    def take(self):
        """What was recorded since the last call."""
        taken, self.verifications = self.verifications, []
        return taken

    def round(self, session, token, revoke):
        """Verify, revoke in the middle of it, and verify some more."""
        self.look_at(session, token)
        self.everybody_asks()
        time.sleep(random.uniform(0, 0.01))
        with self.revoking(session):
            revoke()
        # One may have been on its way; the second surely started after the acknowledgement.
        self.everybody_asks(2)
        self.look_at(None, None)

    def close(self):
        self._stop.set()
        self.look_at(None, None)
        for thread in self._threads:
            thread.join(30)
