"""People, roles and records for tests of the administration, made through the API of outsiders or
the command line, and looked at in the database."""

import base64
import json
import secrets
import struct
import uuid
import zlib

import requests

from support.client import signed_in
from support.gatehouse import User, fresh_email

PLATFORM_ADMINISTRATOR = "00000000-0000-7000-8000-000000000001"


def text_id(raw):
    return str(uuid.UUID(bytes=raw)) if raw is not None else None


def raw_id(text):
    return uuid.UUID(text).bytes


def tenant_id(stack, slug):
    return text_id(stack.value("SELECT id FROM tenants WHERE slug = %s", slug))


def platform_admin(stack, tenant=None):
    """Signed in, in the stack's tenant or another."""
    user = stack.new_user(tenant or stack.tenant, flags=("--platform-admin",))
    return signed_in(stack, user)


def tenant_admin(stack, tenant):
    return signed_in(stack, stack.new_user(tenant, flags=("--tenant-admin",)))


def holder(stack, tenant, *permissions):
    """Somebody with one role that holds exactly these."""
    role = stack.new_role(tenant, *permissions)
    return signed_in(stack, stack.new_user(tenant, roles=(role,)))


def my_id(client):
    return client.stack.user_id(client.user)


def must_change(stack, user):
    """As an administrator's account creation leaves it (SPEC P5), before any sign-in of it."""
    stack.administer_database(
        f"UPDATE {stack.info['database']}.users SET must_change_password = TRUE "
        f"WHERE email = '{user.email}'")


def new_person(admin, **fields):
    """POST /auth/users; the answer's document."""
    body = {"email": fresh_email("person"), "first_name": "Ada", "last_name": "Byron", **fields}
    return admin.post("/auth/users", body, expect=201).json()


def new_role(admin, *permissions, name=None, **fields):
    """POST /auth/roles; the id."""
    body = {"name": name or f"Role {secrets.token_hex(5)}", "permissions": list(permissions),
            **fields}
    return admin.post("/auth/roles", body, expect=201).json()["id"]


def give(admin, user_id, *role_ids):
    return admin.call("PUT", f"/auth/users/{user_id}/roles", {"role_ids": list(role_ids)},
                      expect=200).json()


def welcome_password(stack, email):
    """The generated password, which stands on a line of its own (API.md "Mail")."""
    text = stack.mail.wait(email, "welcome").text
    lines = [line for line in text.splitlines()
             if len(line) >= 16 and line.isascii() and " " not in line and "/" not in line
             and "@" not in line and not line.startswith(("-", "=", "_"))]
    assert len(lines) == 1, f"one password on a line of its own: {text}"
    return lines[0]


def first_sign_in(stack, tenant, email):
    """An employee who signs in with the welcome mail's password and changes it."""
    user = User(email, welcome_password(stack, email), tenant)
    client = signed_in(stack, user)
    changed = "Xw4-" + secrets.token_urlsafe(15)
    client.post("/auth/change-password",
                {"current_password": user.password, "new_password": changed}, expect=204)
    user.password = changed
    return client


class Service:
    """A service credential (SPEC T10)."""

    def __init__(self, admin):
        document = admin.post("/auth/service-credentials",
                              {"name": f"service {secrets.token_hex(4)}"}, expect=201).json()
        self.id, self.client_id = document["id"], document["client_id"]
        self.secret = document["client_secret"]

    @property
    def basic(self):
        pair = f"{self.client_id}:{self.secret}".encode()
        return "Basic " + base64.b64encode(pair).decode()


def png(edge=24):
    """A small picture, by the byte: no library of images is needed for it."""
    def chunk(kind, data):
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + bytes((x * 7 % 256, y * 5 % 256, secrets.randbelow(256))[i]
                                  for x in range(edge) for i in range(3)) for y in range(edge))
    return (b"\x89PNG\r\n\x1a\n" +
            chunk(b"IHDR", struct.pack(">IIBBBBB", edge, edge, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def multipart(name="picture", content=None, filename="me.png", kind="image/png"):
    """Headers and data of an upload."""
    prepared = requests.Request("PUT", "http://localhost/", files={
        name: (filename, png() if content is None else content, kind)}).prepare()
    return {"headers": {"Content-Type": prepared.headers["Content-Type"]}, "data": prepared.body}


def rows_of(stack, *tables, without=()):
    """Everything that stands in these tables, for a before and after."""
    return {table: sorted(
        [{key: value for key, value in row.items() if key not in without}
         for row in stack.sql(f"SELECT * FROM `{table}`")], key=repr) for table in tables}


class Scene:
    """A tenant with an administrator, somebody who may manage people and roles but holds nothing of
    sales, somebody who holds sales, and a nobody."""

    def __init__(self, stack):
        self.stack = stack
        self.slug = stack.new_tenant("scene", max_sessions=0)
        self.id = tenant_id(stack, self.slug)
        self.boss = tenant_admin(stack, self.slug)
        self.manager = holder(stack, self.slug, "auth:users:*", "auth:roles:*")
        self.seller = holder(stack, self.slug, "sales:orders:*")
        self.sales_role = new_role(self.boss, "sales:orders:view")
        self.plain = signed_in(stack, stack.new_user(self.slug))


# Nobody's hash: a well-formed one.
BCRYPT = "$2y$10$abcdefghijklmnopqrstuu7Q4rq0Yw1lS0yXo1m1mV5dY3X1Zb0aG"


def write_import(tmp_path, *records):
    path = tmp_path / "people.json"
    path.write_text(json.dumps(list(records)))
    return str(path)
