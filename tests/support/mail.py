"""The Maildir of the stack's SMTP server, as the recipients see it."""

import email
import email.policy
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Mail:
    kind: str
    to: str
    subject: str
    text: str
    html: str
    message: email.message.EmailMessage
    raw: bytes

    def link(self):
        """The link that stands whole on a line of its own (API.md "Mail")."""
        lines = [line for line in self.text.splitlines()
                 if re.fullmatch(r"https?://\S+#token=[A-Za-z0-9_-]+", line)]
        assert len(lines) == 1, f"one link on a line of its own: {self.text}"
        return lines[0]

    def token(self):
        return self.link().partition("#token=")[2]


def parse(raw):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    return Mail(
        kind=str(message["X-Gatehouse-Mail"]),
        to=message["To"].addresses[0].addr_spec,
        subject=str(message["Subject"]),
        text=text.get_content() if text else "",
        html=html.get_content() if html else "",
        message=message, raw=raw)


class Mailbox:
    def __init__(self, directory):
        self._directory = Path(directory)
        self._seen = {}
        self._lock = threading.Lock()

    def _refresh(self):
        with self._lock:
            for folder in ("new", "cur"):
                for file in sorted((self._directory / folder).glob("*")):
                    if file.name not in self._seen:
                        self._seen[file.name] = parse(file.read_bytes())
            return list(self._seen.values())

    def all(self, to, kind=None):
        """Mails to an address, in order of arrival."""
        return [mail for mail in self._refresh()
                if mail.to == to and (kind is None or mail.kind == kind)]

    def wait(self, to, kind, count=1, timeout=15):
        """The `count`-th mail of this kind to this address; 15 s is what API.md promises."""
        end = time.monotonic() + timeout
        while True:
            mails = self.all(to, kind)
            if len(mails) >= count:
                return mails[count - 1]
            assert time.monotonic() < end, (
                f"no {kind} mail number {count} to {to} within {timeout} s; there are "
                f"{[mail.kind for mail in self.all(to)]}")
            time.sleep(0.05)

    def everything(self):
        return self._refresh()
