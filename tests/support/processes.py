"""Killing, freezing and starting again: by pid alone, others run the same programs."""

import os
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path


def children(parent):
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return sorted(found)


def alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def wait_until(condition, timeout, what, interval=0.05):
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        result = condition()
        if result:
            return result
        time.sleep(interval)
    raise AssertionError(f"waited {timeout} s in vain: {what}")


def kill(pid, sig=signal.SIGKILL):
    try:
        os.kill(pid, sig)
    except ProcessLookupError:
        return
    if sig in (signal.SIGKILL, signal.SIGTERM):
        wait_until(lambda: not alive(pid), 10, f"process {pid} to end")


@contextmanager
def frozen(pid):
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


class Respawner:
    """Kills a process and starts it again with its own command line, faster than any script."""

    def __init__(self, pid):
        proc = Path(f"/proc/{pid}")
        argv = (proc / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        self._argv = [part for part in argv if part not in (b"-d", b"--daemon")]
        self._program = os.readlink(proc / "exe").removesuffix(" (deleted)")
        self._cwd = os.readlink(proc / "cwd")
        env = (proc / "environ").read_bytes().rstrip(b"\0").split(b"\0")
        self._env = dict(pair.split(b"=", 1) for pair in env if b"=" in pair)
        self.pid = pid
        self._own = None
        self.kills = 0

    def kill(self):
        if self._own is not None:
            self._own.kill()
            self._own.wait()
            self._own = None
        else:
            kill(self.pid)
        self.kills += 1

    def start(self):
        self._own = subprocess.Popen(
            self._argv, executable=self._program, cwd=self._cwd, env=self._env,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        self.pid = self._own.pid

    def restart(self):
        self.kill()
        self.start()

    def end(self):
        """Ends what this object started; scripts/up then starts the real one."""
        if self._own is not None:
            self._own.kill()
            self._own.wait()
            self._own = None


def peak_memory_kib(pid):
    """The most that a process ever held in memory."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError(f"no VmHWM of {pid}")
