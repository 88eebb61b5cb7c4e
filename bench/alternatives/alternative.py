"""One of them, and what their makers share."""

import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import tomllib
from pathlib import Path

import tools

CONNECTIONS = 64


class CannotStart(Exception):
    """One that is installed and does not run; the text says why."""


class Alternative:
    """`name`: as the table shows it. `http`, `server`: for nginx, with a location /alternative/SLUG
    behind auth_request. `header`: a line that is let in. `wanted`: how many times as fast as it our
    verify hit shall be. `pids`: a function, its processes."""

    def __init__(self, name, slug, header, server, pids, wanted=None, http=""):
        self.name, self.slug, self.header = name, slug, header
        self.http, self._server, self.wanted = http, server, wanted
        self._pids, self._file, self.runs, self.pss_mib = pids, None, [], None

    def locations(self):
        return self._server

    def measure(self, base, seconds):
        if self._file is None:
            self._file = tempfile.NamedTemporaryFile("w", prefix="gatehouse-bench")
            self._file.write(self.header + "\n")
            self._file.flush()
        self.runs.append(tools.wrk(f"{base}/alternative/{self.slug}", seconds, CONNECTIONS,
                                   tools.HERE / "tokens.lua", [self._file.name]))
        sizes = [tools.memory_kib(pid) for pid in self._pids()]
        if sizes and None not in sizes:
            self.pss_mib = sum(size["pss"] for size in sizes) / 1024

    def median(self, key):
        return statistics.median(run[key] for run in self.runs)

    def bad(self):
        return sum(run["bad"] for run in self.runs)


def protected(slug, ask):
    """`ask`: directives that pass the question on."""
    return f"""
    location = /_ask/{slug} {{
      internal;
      {ask}
    }}
    location = /alternative/{slug} {{ auth_request /_ask/{slug}; try_files /nothing =204; }}"""


def absent(programs):
    return [program for program in programs if shutil.which(program, path="/usr/sbin:/usr/bin")
            is None]


def run(scope, command, **options):
    """A program until `scope` ends, and whatever it has started: a group of processes."""
    process = subprocess.Popen(command, start_new_session=True, **options)

    def end():
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # Some managers leave before their workers.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    scope.callback(end)
    return process


def wait_for_socket(path, process, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            raise CannotStart(f"{process.args[0]} ended with {process.returncode}")
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
                return
            except OSError:
                time.sleep(0.05)
    raise CannotStart(f"{process.args[0]} does not listen at {path}")


def descendants(pid):
    """The process and all that it has started."""
    out = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            out += descendants(int(child))
    return out


class Session:
    """What a verifier of one's own would keep of a session: the claims' session in a memcached of
    this comparison's own, for as long as it runs."""

    def __init__(self, bench, scope):
        self.bearer = bench.bearer
        self.socket = bench.folder / "alternatives-memcached.sock"
        self.key = base64.b64encode(hs256_secret(bench)).decode()
        if self.socket.exists():
            return  # by the verifier before
        process = run(scope, ["memcached", "-s", str(self.socket), "-a", "0600", "-U", "0",
                              "-u", "root"])
        wait_for_socket(self.socket, process)
        value = json.dumps({"email": "ann@example.test", "user": "7", "roles": ["Clerk"]}).encode()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.socket))
            connection.sendall(f"set session:{self.session_id()} 0 0 {len(value)}\r\n".encode()
                               + value + b"\r\n")
            if connection.recv(64) != b"STORED\r\n":
                raise CannotStart("memcached did not store the session")

    def session_id(self):
        claims = self.bearer.split(".")[1]
        return json.loads(base64.urlsafe_b64decode(claims + "=="))["sid"]


def hs256_secret(bench):
    rings = tomllib.loads(Path(bench.stack.config["server"]["key_file"]).read_text())
    secret = next(key for key in rings["jwt"] if key["state"] == "active")["secret"]
    return base64.urlsafe_b64decode(secret + "==")
