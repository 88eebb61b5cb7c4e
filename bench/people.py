"""Sessions by the thousand: rows written by SQL, tokens signed with the stack's own key. Signing in
that often would take longer than the measurement, and leaves nothing else behind."""

import secrets
import subprocess
import time
import uuid
from dataclasses import dataclass

NOW = "UTC_TIMESTAMP(6)"
# What an id ends in: the version and variant of UUIDv7, and the row's number.
NUMBERED = "UNHEX(CONCAT('{prefix}', LPAD(HEX(seq), 15, '0')))"


@dataclass
class Crowd:
    """People of one tenant, one session each."""
    tenant_id: str
    role: str
    user_prefix: str
    session_prefix: str
    count: int

    def claims(self, stack, number, now):
        """Of a token such as a sign-in issues (handlers/auth/token.cpp)."""
        tokens, base = stack.config.get("tokens", {}), stack.config["server"]["base_url"]
        email = f"{number}.{self.user_prefix[:8]}@example.test"
        return {"iss": tokens.get("issuer") or base, "aud": tokens.get("audience") or base,
                "sub": numbered(self.user_prefix, number), "jti": str(uuid.uuid4()),
                "sid": numbered(self.session_prefix, number), "iat": now, "nbf": now,
                "exp": now + 3600, "email": email, "username": email,
                "tenant_id": self.tenant_id, "role": self.role, "roles": [self.role],
                "permissions": ["inventory:stock:view", "sales:orders:edit", "sales:orders:view"],
                "amr": ["pwd"], "auth_time": now}

    def bearers(self, stack, key, most=None):
        """Header lines, one a session, of `most` sessions evenly from all; `key` as
        tests/support/keys.py has them."""
        now = int(time.time())
        header = key.header()
        step = max(1, self.count // (most or self.count))
        return [f"Authorization: Bearer {key.sign(header, self.claims(stack, number, now))}"
                for number in range(1, self.count + 1, step)]


def numbered(prefix, number):
    return str(uuid.UUID(prefix + f"{number:015x}"))


def prefix():
    """Of ids that nobody else has."""
    return "0190" + secrets.token_hex(4) + "7" + secrets.token_hex(2)[:3] + "8"


def administer(stack, script):
    """As the database's root, by standard input: scripts are longer than arguments may be."""
    done = subprocess.run(["mariadb", "--no-defaults", "--socket", stack.info["mariadb_socket"],
                           "--user", "root", stack.info["database"]],
                          input=script, text=True, capture_output=True, timeout=3600, check=False)
    if done.returncode != 0:
        raise SystemExit(done.stderr)


def gather(stack, tenant, role, count):
    """`count` active people of `tenant` who have `role`, signed in just now."""
    tenant_id = stack.value("SELECT id FROM tenants WHERE slug = %s", tenant)
    role_id = stack.value("SELECT id FROM roles WHERE tenant_id = %s AND name = %s", tenant_id,
                          role)
    crowd = Crowd(str(uuid.UUID(bytes=tenant_id)), role, prefix(), prefix(), count)
    user = NUMBERED.format(prefix=crowd.user_prefix)
    administer(stack, people_sql(f"UNHEX('{tenant_id.hex()}')", f"UNHEX('{role_id.hex()}')", user,
                                 crowd.user_prefix[:8], count)
               + sessions_sql(f"UNHEX('{tenant_id.hex()}')", user,
                              NUMBERED.format(prefix=crowd.session_prefix), count))
    return crowd


def people_sql(tenant, role, user, domain, count):
    """Active people, numbered; each argument but the last two is an SQL expression of `seq`."""
    return f"""
INSERT INTO users (id, tenant_id, email, email_verified_at, status, first_name, created_at,
  updated_at)
SELECT {user}, {tenant}, CONCAT(seq, '.{domain}@example.test'), {NOW}, 'active',
  CONCAT('Name', seq % 1000), {NOW}, {NOW} FROM seq_1_to_{count};
INSERT INTO user_words (tenant_id, word, user_id, created_at, email)
SELECT {tenant}, ELT(place, seq, '{domain}', 'example', 'test', CONCAT('name', seq % 1000)),
  {user}, {NOW}, CONCAT(seq, '.{domain}@example.test')
FROM seq_1_to_{count} JOIN (SELECT seq AS place FROM seq_1_to_5) AS places;
INSERT INTO user_roles (user_id, role_id, assigned_at)
SELECT {user}, {role}, {NOW} FROM seq_1_to_{count};
"""


def sessions_sql(tenant, user, session, count):
    """A session for each of them, begun just now."""
    return f"""
INSERT INTO sessions (id, tenant_id, user_id, device_id, device_name, device_type, ip, user_agent,
  amr, authenticated_at, created_at, last_active_at, expires_at, refresh_rotated_at, refresh_key,
  refresh_kid)
SELECT {session}, {tenant}, {user}, 'bench', 'bench', 'other', '127.0.0.1', 'bench', 'pwd',
  {NOW}, {NOW}, {NOW}, {NOW} + INTERVAL 1 DAY, {NOW}, REPEAT('k', 60), 'bench'
FROM seq_1_to_{count};
"""


def widen(stack, tenant, role, permissions):
    """Gives a role that many permissions besides its own: bench:thing1:view and so on."""
    role_id = stack.value("SELECT r.id FROM roles r JOIN tenants t ON t.id = r.tenant_id "
                          "WHERE t.slug = %s AND r.name = %s", tenant, role)
    administer(stack, f"""
INSERT INTO role_permissions (role_id, permission)
SELECT UNHEX('{role_id.hex()}'), CONCAT('bench:thing', seq, ':view') FROM seq_1_to_{permissions};
""")


def cookie(bearer):
    """The same credential as a browser sends it, among others."""
    token = bearer.removeprefix("Authorization: Bearer ")
    return f"Cookie: theme=dark; __Host-gatehouse_access={token}"
