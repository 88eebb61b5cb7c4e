"""What bench/run and bench/growth stand on: a stack, pools of workers of the benchmark's own on its
database and cache, an nginx of its own before them, files with credentials."""

import contextlib
import json
import pathlib
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

import tools

from support import fastcgi
from support.config import cli, with_settings
from support.gatehouse import Stack, run_script, start_stack

SNIPPETS = tools.ROOT / "nginx/snippets"
START_UPS = 15


def build(*targets):
    """In the folder that the stack's programs come from. A folder that builds the tests goes on
    doing so: what is left of them otherwise would be run by ctest, and never built again."""
    folder = tools.ROOT / "build/release"
    new = [] if (folder / "CMakeCache.txt").exists() else ["-DGATEHOUSE_TESTS=OFF"]
    subprocess.run(["cmake", "-C", tools.ROOT / "scripts/presets/release.cmake", "-S", tools.ROOT,
                    "-B", folder, "-G", "Ninja", "-DGATEHOUSE_BENCH=ON", *new],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", folder, *targets], check=True, stdout=subprocess.DEVNULL)
    return folder / "bench"


@contextlib.contextmanager
def given_or_own_stack(given):
    if given:
        yield Stack(given)
        return
    folder = tempfile.mkdtemp(prefix="gatehouse-bench")
    try:
        yield start_stack(folder)
    finally:
        run_script("down", "--dir", folder, "--wipe")
        shutil.rmtree(folder, ignore_errors=True)


class Bench:
    """All of it lives as long as `scope`."""

    def __init__(self, programs, given_stack, scope):
        self.programs, self.scope = programs, scope
        self.stack = scope.enter_context(given_or_own_stack(given_stack))
        self.folder = pathlib.Path(scope.enter_context(
            tempfile.TemporaryDirectory(prefix="gatehouse-bench")))
        self.worker = str(pathlib.Path(shlex.split(self.stack.info["cli"])[0]).with_name(
            "gatehouse-worker"))
        self.config = self.stack.info["config"]
        # By kind and number of workers: the processes. By name (kind_workers): where they listen.
        self.pools, self.sockets = {}, {"account": self.stack.config["server"]["account_socket"]}
        self.files = {}

    def changed_config(self, name, settings):
        return with_settings(self.config, self.folder / f"{name}.toml", settings)

    def write(self, name, lines):
        """A file for the scripts of wrk. The folder is ours alone."""
        self.files[name] = self.folder / name
        self.files[name].write_text("".join(line + "\n" for line in lines))

    def verify_command(self, config=None):
        return [self.worker, "--config", config or self.config, "--pool", "verify"]

    def asking_command(self):
        """A verify worker that never believes the cache."""
        return self.verify_command(self.changed_config("no-proof", {"tokens": {"proof_ttl": 0}}))

    def start_pool(self, kind, command, workers):
        name = f"{kind}_{workers}"
        self.sockets[name] = self.folder / f"{name}.sock"
        self.pools[kind, workers] = self.scope.enter_context(
            tools.pool(command, self.sockets[name], workers))

    def pids(self, kind, workers):
        return [process.pid for process in self.pools.get((kind, workers), [])]

    def start_nginx(self, http, server):
        """Before all pools that have been started, without the rate limits of the stack's own. The
        surface is below /bench: /bench/auth/login and so on."""
        http = upstreams(self.sockets) + http
        verify = next(name for name in self.sockets if name.startswith("verify"))
        for path, upstream in {
                "/auth/refresh": f"{verify}_kept", "/auth/check": f"{verify}_kept",
                "/auth/login": "account", "/auth/register": "account", "/auth/users": "account",
                "/auth/login-attempts": "account", "/auth/audit": "account",
                "/auth/roles": "account"}.items():
            server += tools.direct(f"/bench{path}", upstream, upstream.endswith("kept"), path)
        return self.scope.enter_context(tools.nginx(self.folder, http, server))

    def generated(self, verify):
        """The configuration that `gatehouse nginx-config` writes, asking the pool `verify`, and the
        micro-cache: for http {} and for server {}."""
        folder = self.folder / "generated"
        folder.mkdir()
        config = self.changed_config("nginx", {
            "nginx": {"tls_certificate": "", "tls_key": ""},
            "server": {"verify_socket": str(self.sockets[verify])}})
        cli(self.stack, config, "nginx-config", "--out", str(folder))
        # In memory, as its comment asks, but this run's own.
        cache = pathlib.Path(self.scope.enter_context(
            tempfile.TemporaryDirectory(prefix="gatehouse-bench", dir="/dev/shm")))
        http = (SNIPPETS / "micro-cache-http.conf").read_text().replace(
            "/run/gatehouse-micro-cache", str(cache / "answers"))
        server = f"include {folder}/server.conf;\ninclude {SNIPPETS}/micro-cache.conf;\n"
        for path, cached in (("generated", ""), ("cached", "set $gatehouse_micro_cache on;")):
            server += (f"location = /{path}/auth_request/2 {{ {cached}\n"
                       f"include {SNIPPETS}/protect-static.conf; try_files /nothing =204; }}\n")
        return f"include {folder}/http.conf;\n{http}", server

    def start_up_ms(self, bearer):
        """From exec to the first answer, for a verification that waits already; all times."""
        request = {"REQUEST_METHOD": "GET", "DOCUMENT_URI": "/auth/verify",
                   "REMOTE_ADDR": "127.0.0.1", "REQUEST_ID": "0" * 32,
                   "HTTP_AUTHORIZATION": bearer.removeprefix("Authorization: ")}
        times = []
        for number in range(START_UPS):
            path = self.folder / f"start-{number}.sock"
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(path))
                listener.listen(16)
                begin = time.monotonic()
                process = subprocess.Popen(self.verify_command(), stdin=listener)
                try:
                    answer = fastcgi.ask(str(path), request)
                    times.append((time.monotonic() - begin) * 1000)
                finally:
                    process.terminate()
                    process.wait()
            if answer.status != 204:
                raise SystemExit(f"a fresh worker answered {answer.status}")
        return times


def upstreams(sockets):
    out = ""
    for name, path in sockets.items():
        out += f"upstream {name} {{ server unix:{path} max_fails=0; }}\n"
        out += f"upstream {name}_kept {{ server unix:{path} max_fails=0; keepalive 64; }}\n"
    return out


def sign_in(base, user, device):
    """The answer, and the body that got it."""
    body = {"tenant": user.tenant, "email": user.email, "password": user.password,
            "device": {"id": device, "name": device, "type": "other"}}
    request = urllib.request.Request(base + "/bench/auth/login", json.dumps(body).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer), body
