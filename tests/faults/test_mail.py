"""No mail is lost, whatever dies (SPEC M2; API.md "Mail": 15 s, 120 s after a server's return)."""

import random
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from support import processes
from support.client import Client
from support.gatehouse import fresh_email, fresh_password
from support.parallel import meanwhile


def register(stack, tenant, tag="mail"):
    email = fresh_email(tag)
    start = time.monotonic()
    Client(stack).post("/auth/register", {"tenant": tenant, "email": email,
                                          "password": fresh_password()}, expect=202)
    assert time.monotonic() - start < 5, "a request waits for mail"
    return email


def test_a_mailer_killed_at_random_loses_nothing(stack, tenant):
    """M2: 50 registrations; every mail arrives; twice only where its acceptance went unheard."""
    mailer = processes.Respawner(stack.pid("mailer"))

    def killer(stop):
        while not stop.is_set():
            stop.wait(random.uniform(0, 0.4))
            mailer.kill()
            stop.wait(random.uniform(0, 0.2))
            mailer.start()

    try:
        with meanwhile(killer):
            addresses = [register(stack, tenant) for _ in range(50)]
            time.sleep(2)
        for email in addresses:
            stack.mail.wait(email, "verify_email", timeout=120)
    finally:
        mailer.end()
        stack.up()
    assert mailer.kills >= 5
    extra = sum(len(stack.mail.all(email)) - 1 for email in addresses)
    assert extra <= mailer.kills
    # Whatever came twice is the same message and can be recognized.
    for email in addresses:
        assert len({mail.message["Message-ID"] for mail in stack.mail.all(email)}) == 1


def test_two_mailers_send_nothing_twice(stack, tenant):
    """M2: several may run."""
    second = processes.Respawner(stack.pid("mailer"))
    second.start()
    try:
        addresses = [register(stack, tenant) for _ in range(30)]
        for email in addresses:
            stack.mail.wait(email, "verify_email", timeout=30)
        time.sleep(3)
        assert all(len(stack.mail.all(email)) == 1 for email in addresses)
    finally:
        second.end()


def test_a_mail_server_away_and_back(stack, tenant):
    """M2: requests go on, mail waits and is out within 120 s of its return."""
    processes.kill(stack.pid("smtp"))
    addresses = [register(stack, tenant) for _ in range(5)]
    time.sleep(8)
    assert not any(stack.mail.all(email) for email in addresses)
    assert processes.alive(stack.pid("mailer"))
    stack.up()
    for email in addresses:
        stack.mail.wait(email, "verify_email", timeout=120)


@contextmanager
def bad_humour(stack):
    """The refusing server on the stack's own port."""
    port = urlsplit(stack.config["mail"]["smtp_url"]).port
    processes.kill(stack.pid("smtp"))
    sink = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("refusing_sink.py")), str(port),
         stack.info["mail_dir"]], stdin=subprocess.DEVNULL)
    try:
        processes.wait_until(lambda: _listens(port), 10, "the refusing server")
        yield
    finally:
        sink.terminate()
        sink.wait(10)


def _listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_refused_mail_stalls_nobody(stack, tenant):
    """M2, kratos#1598: poison, a temporary refusal and a slow recipient at the head of the queue;
    the deferred one arrives as well, the poison is given up or waits, the process lives."""
    with bad_humour(stack):
        poison = [register(stack, tenant, "poison") for _ in range(5)]
        deferred = register(stack, tenant, "defer")
        slow = register(stack, tenant, "slow")
        good = [register(stack, tenant, "good") for _ in range(5)]
        # Wider than 15 s: the server may have been noticed away for a moment, and is slow once.
        for email in good:
            stack.mail.wait(email, "verify_email", timeout=60)
        stack.mail.wait(slow, "verify_email", timeout=60)
        stack.mail.wait(deferred, "verify_email", timeout=120)
        assert not any(stack.mail.all(email) for email in poison)
        rows = stack.sql("SELECT status, tries, last_error FROM outbox WHERE recipient LIKE %s",
                         "poison-%")
        assert len(rows) == 5
        for row in rows:
            assert row["status"] in ("queued", "failed") and row["tries"] >= 1
            assert row["last_error"]
    assert processes.alive(stack.pid("mailer"))


def test_a_mail_server_that_says_nothing(stack, tenant):
    """M2: frozen; requests do not notice, and the mail goes out when it thaws."""
    with processes.frozen(stack.pid("smtp")):
        addresses = [register(stack, tenant) for _ in range(3)]
        time.sleep(5)
    for email in addresses:
        stack.mail.wait(email, "verify_email", timeout=120)


def test_a_mailer_outlives_its_database(stack, tenant):
    """M2: MariaDB dies under it; the same process sends on afterwards, nothing twice."""
    mailer = stack.pid("mailer")
    addresses = [register(stack, tenant) for _ in range(5)]
    processes.kill(stack.pid("mariadb"))
    time.sleep(2)
    assert processes.alive(mailer)
    stack.up()
    assert stack.pid("mailer") == mailer
    addresses.append(register(stack, tenant))
    for email in addresses:
        stack.mail.wait(email, "verify_email", timeout=120)
    assert all(len({m.message["Message-ID"] for m in stack.mail.all(email)}) == 1
               for email in addresses)
