"""Many requests at one moment with one refresh token, round after round, each with the successor
that the round before brought."""

import json
from collections import Counter
from pathlib import Path

from support.wire import Wire

WIDTH = 32


class Storm:
    """`width` kept connections, each at an address of its own, because rate limits are a client's.
    All requests of a round are sent before the first answer is read."""

    def __init__(self, stack, width=WIDTH):
        self._stack = stack
        self._wires = [Wire(stack) for _ in range(width)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for wire in self._wires:
            wire.close()

    def round(self, headers, body=b""):
        """The answers of one round of POST /auth/refresh."""
        for wire in self._wires:
            wire.request("POST", "/auth/refresh", headers, body)
        answers = [wire.read() for wire in self._wires]
        for index, answer in enumerate(answers):
            if answer.header("connection") == "close":  # nginx, after keepalive_requests
                self._wires[index].close()
                self._wires[index] = Wire(self._stack, self._wires[index].ip)
        return answers

    def refresh(self, token):
        """In bearer mode: statuses and documents of all."""
        body = json.dumps({"refresh_token": token}).encode()
        answers = self.round([("Content-Type", "application/json")], body)
        return [(answer.status, json.loads(answer.body)) for answer in answers]


def set_cookies(answer):
    """What an answer sets: name to value and lower-case attributes."""
    found = {}
    for name, line in answer.headers:
        if name == "set-cookie":
            pair, *attributes = [part.strip() for part in line.split(";")]
            key, _, value = pair.partition("=")
            assert key not in found, f"{key} set twice"
            found[key] = (value, dict(part.lower().partition("=")[::2] for part in attributes))
    return found


class RequestLog:
    """What the workers write of the requests that they answer, from now on."""

    def __init__(self, stack):
        self._path = Path(stack.config["server"]["log_file"])
        self._begin = self._path.stat().st_size

    def answered_by(self, route):
        """Number of answers by pid."""
        with self._path.open("rb") as file:
            file.seek(self._begin)
            lines = [json.loads(line) for line in file]
        return Counter(line["pid"] for line in lines
                       if line["event"] == "request" and line["route"] == route)
