"""scripts/smtp-sink files what it is sent the way a Maildir is written."""

import re
import smtplib
import socket
import subprocess
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def sink(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen([str(ROOT / "scripts" / "smtp-sink"), str(port), str(tmp_path)])
    try:
        end = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < end, "the sink does not listen"
                time.sleep(0.05)
        yield port, tmp_path
    finally:
        server.kill()
        server.wait()


def test_lines_of_a_filed_mail_end_with_lf(sink):
    """API.md "Mail": the link stands whole on a line of its own, also for who reads the file with
    "^...$"; CRLF belongs to the wire."""
    port, folder = sink
    link = "https://localhost:8443/auth/ui/verify#token=abc_-1"
    text = f"Subject: x\r\n\r\nOpen this:\r\n\r\n{link}\r\n\r\n..dots\r\n"
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail("from@example.test", ["to@example.test"], text.encode())
    (file,) = (folder / "new").iterdir()
    raw = file.read_bytes()
    assert raw == (b"Return-Path: <from@example.test>\nDelivered-To: to@example.test\n"
                   + text.replace("\r\n", "\n").encode())
    assert re.search(r"^https://\S+#token=(\S+)$", raw.decode(), re.M).group(1) == "abc_-1"
