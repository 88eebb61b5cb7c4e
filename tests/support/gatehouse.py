"""A running stack, as D/stack.json describes it (API.md "Operation")."""

import json
import os
import secrets
import shlex
import shutil
import socket
import subprocess
import tempfile
import tomllib
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pymysql

from support import processes
from support.mail import Mailbox

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class User:
    email: str
    password: str
    tenant: str


def fresh_email(tag="user"):
    return f"{tag}-{secrets.token_hex(6)}@example.test"


def fresh_password():
    """Strong by any estimate, and found by no canary search but its own."""
    return "Pw-" + secrets.token_urlsafe(15)


class Stack:
    def __init__(self, path):
        self.path = Path(path).resolve()
        self.reload()

    def reload(self):
        info = json.loads(self.path.read_text())
        self.info = info
        self.base_url = info["base_url"].rstrip("/")
        parts = urlsplit(self.base_url)
        self.host, self.port = parts.hostname, parts.port or 443
        self.http_port = info["http_port"]
        self.ca_file = info["ca_file"]
        self.tenant = info["tenant"]
        self.admin = User(info["admin_email"], info["admin_password"], info["tenant"])
        self.mail = Mailbox(info["mail_dir"])
        self.config = tomllib.loads(Path(info["config"]).read_text())
        return self

    # -- life ------------------------------------------------------------------------------------

    def up(self):
        """Restarts exactly what is dead, by the project's own means."""
        run_script("up", "--dir", str(self.path.parent), "--port", str(self.port), *build_flags())
        return self.reload()

    def down(self):
        run_script("down", "--dir", str(self.path.parent), "--wipe")

    def pid(self, name):
        return self.info["pids"][name]

    def workers(self, pool=None):
        """The worker processes that live now (stack.json knows those of its writing)."""
        pools = self.info["pids"]["pools"]
        supervisors = [pools[pool]] if pool else pools.values()
        return sorted(pid for parent in supervisors for pid in processes.children(parent))

    # -- command line ----------------------------------------------------------------------------

    def cli(self, *args, stdin=None, check=True):
        done = subprocess.run(
            [*shlex.split(self.info["cli"]), "--config", self.info["config"], *args],
            input=stdin, capture_output=True, text=True, timeout=60, check=False)
        if check:
            assert done.returncode == 0, f"gatehouse {args}: {done.returncode} {done.stderr}"
        return done

    def new_tenant(self, tag="t", **settings):
        """A tenant of a test's own, so that its settings disturb nobody."""
        slug = f"{tag}-{secrets.token_hex(5)}"
        self.cli("tenant", "create", slug, "--name", f"Tenant {slug}")
        self.set_tenant(slug, **settings)
        return slug

    def set_tenant(self, slug, **settings):
        for key, value in settings.items():
            text = value if isinstance(value, str) else json.dumps(value)
            self.cli("tenant", "set", slug, f"{key}={text}")

    def new_user(self, tenant=None, *, roles=(), flags=(), email=None):
        """An active, verified account, without the detour through the mail."""
        user = User(email or fresh_email(), fresh_password(), tenant or self.tenant)
        self.cli("user", "create", "--tenant", user.tenant, "--email", user.email,
                 "--password-stdin", *flags, stdin=user.password + "\n")
        for role in roles:
            self.assign(user, role)
        return user

    def list_permissions(self, *codes):
        """Puts what a test needs into the catalogue."""
        plain = sorted({code.removesuffix(":own") for code in codes
                        if "*" not in code and code != "ALL_PERMISSIONS"})
        missing = [code for code in plain
                   if not self.sql("SELECT 1 FROM permissions WHERE code = %s", code)]
        if missing:
            rows = ", ".join(f"('{code}', UTC_TIMESTAMP(6))" for code in missing)
            self.administer_database(f"INSERT IGNORE INTO {self.info['database']}.permissions "
                                     f"(code, created_at) VALUES {rows}")

    def new_role(self, tenant, *permissions, name=None):
        self.list_permissions(*permissions)
        name = name or f"Role {secrets.token_hex(4)}"
        flags = [flag for permission in permissions for flag in ("--permission", permission)]
        self.cli("role", "create", "--tenant", tenant, name, *flags)
        return name

    def assign(self, user, role):
        self.cli("role", "assign", "--tenant", user.tenant, "--email", user.email, role)

    def disable(self, user):
        self.cli("user", "disable", "--tenant", user.tenant, "--email", user.email)

    # -- database --------------------------------------------------------------------------------

    def sql(self, statement, *args):
        """Rows of a query as the account that may read everything; a connection a call, so that
        nothing old is seen."""
        connection = pymysql.connect(
            unix_socket=self.info["mariadb_socket"], user=self.info["mariadb_user"],
            password=self.info["mariadb_password"], database=self.info["database"],
            charset="utf8mb4", autocommit=True, connect_timeout=5, read_timeout=30,
            cursorclass=pymysql.cursors.DictCursor)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, args)
                return cursor.fetchall()
        finally:
            connection.close()

    def value(self, statement, *args):
        rows = self.sql(statement, *args)
        return next(iter(rows[0].values())) if rows else None

    def user_row(self, user):
        rows = self.sql("SELECT u.* FROM users u JOIN tenants t ON t.id = u.tenant_id "
                        "WHERE t.slug = %s AND u.email = %s", user.tenant, user.email)
        return rows[0] if rows else None

    def user_id(self, user):
        return str(uuid.UUID(bytes=self.user_row(user)["id"]))

    def live_sessions(self, user):
        return list(self.sql("SELECT * FROM sessions WHERE user_id = %s AND revoked_at IS NULL "
                             "AND expires_at > UTC_TIMESTAMP(6)", self.user_row(user)["id"]))

    def attempts(self, user):
        return self.sql("SELECT a.* FROM attempts a JOIN tenants t ON t.id = a.tenant_id "
                        "WHERE t.slug = %s AND a.identifier = %s ORDER BY a.created_at",
                        user.tenant, user.email)

    def administer_database(self, statement):
        """As the database's own root, over its socket: what no account of Gatehouse may do."""
        subprocess.run(["mariadb", "--no-defaults", "--socket", self.info["mariadb_socket"],
                        "--user", "root", "--execute", statement],
                       check=True, capture_output=True, timeout=30)

    @contextmanager
    def locked_table(self, table):
        """Somebody else's connection holds the table for itself."""
        holder = subprocess.Popen(
            ["mariadb", "--no-defaults", "--socket", self.info["mariadb_socket"], "--user",
             "root", "--unbuffered", "--skip-column-names", self.info["database"]],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            holder.stdin.write(f"LOCK TABLES {table} WRITE; SELECT 'locked';\n")
            holder.stdin.flush()
            assert holder.stdout.readline().strip() == "locked"
            yield
        finally:
            holder.kill()
            holder.communicate()


def build_flags():
    build = os.environ.get("GATEHOUSE_BUILD")
    return ["--build", build] if build else []


def run_script(name, *args):
    done = subprocess.run([str(ROOT / "scripts" / name), *args], capture_output=True, text=True,
                          timeout=900, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0, f"scripts/{name} {args}:\n{done.stdout}\n{done.stderr}"


def free_port_pair():
    """A port whose successor is free as well (HTTPS and HTTP of a stack)."""
    for _ in range(200):
        port = 20000 + secrets.randbelow(30000)
        try:
            with socket.socket() as first, socket.socket() as second:
                first.bind(("127.0.0.1", port))
                second.bind(("127.0.0.1", port + 1))
                return port
        except OSError:
            continue
    raise RuntimeError("no two free ports next to each other")


def start_stack(directory, settings=()):
    """scripts/up into `directory` with `--set` of each of `settings`."""
    flags = [flag for setting in settings for flag in ("--set", setting)]
    run_script("up", "--dir", str(directory), "--port", str(free_port_pair()), *build_flags(),
               *flags)
    return Stack(Path(directory) / "stack.json")


# What the tests want different from production: an address from which /auth/metrics is refused
# must exist, and all of 127/8 is loopback.
TEST_SETTINGS = ('server.metrics_allow=["127.0.0.1", "::1"]',)


def given_or_own_stack(variable):
    """Yields the stack that the environment names, else one of our own, taken down afterwards."""
    given = os.environ.get(variable)
    if given:
        yield Stack(given)
        return
    directory = tempfile.mkdtemp(prefix="gatehouse-")
    try:
        stack = start_stack(directory, TEST_SETTINGS)
        yield stack
    finally:
        if os.environ.get("GATEHOUSE_KEEP_STACK"):
            print(f"kept {directory}")
        else:
            run_script("down", "--dir", directory, "--wipe")
            shutil.rmtree(directory, ignore_errors=True)
