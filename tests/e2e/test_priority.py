"""DESIGN 2: a login storm cannot slow verification, also where processor time is short."""

from pathlib import Path


def nice_of(pid):
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[16])


def autogroup_of(pid):
    """Its session's nice value among sessions; None where the kernel does not let them compete."""
    path = Path(f"/proc/{pid}/autogroup")
    text = path.read_text() if path.exists() else ""
    return int(text.rpartition(" nice ")[2]) if text else None


def test_the_pool_that_hashes_gives_way(stack):
    base = nice_of(stack.pid("nginx"))  # as whatever started the stack has it
    assert {nice_of(pid) for pid in stack.workers("verify")} == {base}
    assert {nice_of(pid) for pid in stack.workers("account")} == {max(base, 5)}
    for name in ("mariadb", "memcached", "mailer"):
        assert nice_of(stack.pid(name)) == base, name


def test_so_does_its_session_and_no_other(stack):
    """Services that lead sessions of their own, as these do and systemd's, compete by session."""
    def values(pids):
        return {autogroup_of(pid) for pid in pids}
    if autogroup_of(stack.pid("nginx")) is None:
        assert values(stack.workers()) == {None}
        return
    assert values(stack.workers("account")) == {5}
    assert values(stack.workers("verify")) == {0}
    assert values(stack.pid(name) for name in ("nginx", "mariadb", "memcached", "mailer")) == {0}
