"""gatehouse import users (SPEC P1, A4, R4; API.md "Operation")."""

import json
import subprocess
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pymysql
import pytest

from support.client import Client, signed_in
from support.gatehouse import User, fresh_email, fresh_password
from support.parallel import together

# Password and hash, from the test suites of libargon2, crypt_blowfish, PHP and SHA-crypt, and of
# Debian's crypt(3).
VECTORS = [
    ("password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"),
    ("password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
    ("password", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA"),
    ("password", "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ"),
    ("rasmuslerdorf", "$2y$07$BCryptRequires22Chrcte/VlQH0piJtjXl.0t1XkA8pw9dMXTpOq"),
    ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("correct horse", "$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2"),
    ("Hello world!", "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4"
                     "OTLiBFdcbYEdFCoEOfaS35inz1"),
    ("Hello world!", "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnC"
                     "M/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v."),
    ("correct horse", "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$zwtVrjrUCmXcyLTs6oxLTQlzifSUkF8RHJ./tK5KU79"),
]
PASSWORD, HASH = VECTORS[6]  # quick


def record(email=None, **fields):
    return {"email": email or fresh_email("imported"), "password_hash": HASH, **fields}


def lines(records):
    return "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records)


@pytest.fixture
def own(stack):
    """A tenant whose users can be counted."""
    return stack.new_tenant("import")


@pytest.fixture
def run(stack, own, tmp_path):
    """Imports `content` (text, or records: one a line) and returns the ended process."""
    def imports(content, *flags, tenant=own, check=True):
        file = tmp_path / "users.json"
        text = content if isinstance(content, (str, bytes)) else lines(content)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return stack.cli("import", "users", "--tenant", tenant, *flags, str(file), check=check)
    return imports


@pytest.fixture
def refused(stack, own, run):
    """The import ends with 1, names all of `say`, and writes nothing at all."""
    def imports(content, *say, flags=()):
        before = everything(stack, own)
        done = run(content, *flags, check=False)
        assert (done.returncode, done.stdout) == (1, ""), (done.stdout, done.stderr)
        for text in say:
            assert text in done.stderr, done.stderr
        assert HASH not in done.stderr
        assert everything(stack, own) == before
        return done.stderr
    return imports


def everything(stack, tenant):
    rows = stack.sql(
        "SELECT (SELECT COUNT(*) FROM users WHERE tenant_id = t.id) AS users,"
        " (SELECT COUNT(*) FROM user_words WHERE tenant_id = t.id) AS words,"
        " (SELECT COUNT(*) FROM audit_events WHERE tenant_id = t.id) AS events,"
        " (SELECT COUNT(*) FROM user_roles ur JOIN users u ON u.id = ur.user_id"
        "   WHERE u.tenant_id = t.id) AS roles FROM tenants t WHERE slug = %s", tenant)
    return rows[0]


def users_of(stack, tenant):
    return everything(stack, tenant)["users"]


def test_every_hash_format_signs_in_and_is_upgraded(stack, own, run):
    """P1."""
    people = [(User(fresh_email("hash"), password, own), hashed) for password, hashed in VECTORS]
    done = run([record(user.email) | {"password_hash": hashed} for user, hashed in people])
    assert f"imported {len(VECTORS)}, skipped 0" in done.stdout and done.stderr == ""
    for user, hashed in people:
        Client(stack).login(user, password=user.password + "x",
                            expect=(401, "invalid_credentials"))
        assert stack.user_row(user)["password_hash"] == hashed
        answer = Client(stack).login(user).json()
        assert answer["user"]["status"] == "active" and answer["user"]["email_verified"] is True
        assert answer["user"]["must_change_password"] is False
        row = stack.user_row(user)
        assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert (row["created_by"], row["is_tenant_admin"], row["two_factor_enabled"]) == (None, 0, 0)
        Client(stack).login(user)


@pytest.mark.parametrize("form", ["lines", "last line open", "blank lines and CRLF", "array",
                                  "pretty array", "array in one line"])
def test_an_array_and_one_object_a_line(stack, own, run, form):
    people = [record(first_name="Zoë \"Q\" \\ O'Neil", last_name="Größe 😀 ] , {"),
              record(fresh_email().upper(), first_name=None), record(roles=[])]
    run({"lines": lines(people),
         "last line open": lines(people).rstrip("\n"),
         "blank lines and CRLF": "\r\n \n" + lines(people).replace("\n", "\r\n\r\n"),
         "array": json.dumps(people),
         "pretty array": "\n " + json.dumps(people, indent=3) + "\n\n",
         "array in one line": json.dumps(people, separators=(",", ":"))}[form])
    assert users_of(stack, own) == 3
    row = stack.user_row(User(people[0]["email"], "", own))
    assert (row["first_name"], row["last_name"]) == (people[0]["first_name"],
                                                     people[0]["last_name"])
    row = stack.user_row(User(people[1]["email"].lower(), "", own))
    assert (row["first_name"], row["last_name"]) == (None, None)
    signed_in(stack, User(people[2]["email"], PASSWORD, own)).get("/auth/session", expect=200)


def test_nothing_to_import(stack, own, run):
    for content in ("", "\n\n", "[]", " [ ]\n"):
        assert "imported 0, skipped 0" in run(content).stdout
    assert users_of(stack, own) == 0


@pytest.mark.parametrize("fields, say", [
    ({"is_tenant_admin": True}, "/is_tenant_admin"),
    ({"tenant_id": str(uuid.uuid4())}, "/tenant_id"),
    ({"status": "active"}, "/status"),
    ({"email_verified": True}, "/email_verified"),
    ({"must_change_password": False}, "/must_change_password"),
    ({"id": str(uuid.uuid4())}, "/id"),
    ({"password": "three-wet-otters-sing"}, "/password"),
    ({"permissions": ["ALL_PERMISSIONS"]}, "/permissions"),
    ({"email": "nobody"}, "/email"),
    ({"email": "a@b.example\nBcc: c@d.example"}, "/email"),
    ({"email": "a" * 250 + "@b.example"}, "/email"),
    ({"email": 7}, "/email"),
    ({"email": None}, "/email"),
    ({"password_hash": None}, "/password_hash"),
    ({"first_name": ""}, "/first_name"),
    ({"first_name": "x" * 101}, "/first_name"),
    ({"last_name": "two\nlines"}, "/last_name"),
    ({"last_name": "\u202edrowssap"}, "/last_name"),
    ({"roles": "Clerk"}, "/roles"),
    ({"roles": [None]}, "/roles/0"),
    ({"roles": ["Nobody's role"]}, "/roles/0: There is no role Nobody's role"),
    ({"roles": ["a,b"]}, "/roles/0"),
])
def test_a_bad_field_is_named_and_nothing_is_written(refused, fields, say):
    """E5, R4: no mass assignment; limits as in the API."""
    refused([record(), record() | fields, record()], "1 problem, nothing is imported",
            "line 2: " + say)
    refused(json.dumps([record(), record() | fields]), "index 1: " + say)


SALT_AND_HASH = "$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
BCRYPT = "$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2"


@pytest.mark.parametrize("hashed", [
    "", "plain text", "d41d8cd98f00b204e9800998ecf8427e", "$1$salt$qJH7.N4xYta3aEG/dfqo/0",
    "$5$rounds=5000$salt$x", "$argon2d$v=19$m=256,t=2,p=1" + SALT_AND_HASH,
    "$argon2id$v=19$m=262145,t=1,p=1" + SALT_AND_HASH,
    "$argon2id$v=19$m=4294967296,t=1,p=1" + SALT_AND_HASH,
    "$argon2id$v=19$m=256,t=17,p=1" + SALT_AND_HASH, "$argon2i$v=19$m=256,t=1,p=17" + SALT_AND_HASH,
    "$2y$17" + BCRYPT, "$2b$31" + BCRYPT, "$2x$05" + BCRYPT, "$2b$05$short",
    VECTORS[7][1].replace("$6$", "$6$rounds=1000001$"), VECTORS[7][1][:-1],
    VECTORS[9][1].replace("$y$j9T$", "$y$jFT$"), "*LK*", "!" + HASH[1:],
])
def test_a_hash_that_cannot_verify_or_costs_too_much_is_refused(refused, hashed):
    """P1: parameters are bounded."""
    say = refused([record() | {"password_hash": hashed}], "line 1: /password_hash: Must")
    assert not hashed or hashed not in say


@pytest.mark.parametrize("content, say", [
    ("{", "line 1: not JSON"), ("7\n", "line 1: The body must be an object"),
    (lines([record()]) + "[]", "line 2: "), (lines([record()])[:-20], "line 1: not JSON"),
    (lines([record()]) + '{"email": "a@b.example", "email": "c@d.example"}', "line 2: not JSON"),
    ("[" + lines([record()]), "end: the file ends before the array does"),
    ("[" + lines([record()]) + ",]", "index 1: not JSON"),
    ("[" + lines([record()]) + "] x", "end: something stands after the end of the array"),
    ("[" + lines([record()]) + lines([record()]) + "]", "index 0: not JSON"),
    ("[[" + lines([record()]) + "]]", "index 0: The body must be an object"),
    ('{"email": "' + "x" * 70000 + '"}', "line 1: a record has at most 65536 bytes"),
    ('["' + "x" * 70000 + '", 7]', "index 1: The body must be an object"),
    (b'{"email": "\xff@b.example"}', "line 1: not JSON"),
    (lines([record()]).encode("utf-16"), "line 1: not JSON"),
])
def test_what_is_no_file_of_users(refused, content, say):
    refused(content, say)


def test_every_problem_is_counted_and_fifty_are_shown(refused):
    say = refused([record(**{f"m{i}": 1, "\x1b[31m": 2}) for i in range(40)],
                  "80 problems, nothing is imported", "line 25: /m24", "... and 30 more")
    assert len(say.splitlines()) == 52 and "line 26:" not in say and "\x1b" not in say


def test_an_address_twice_in_the_file(refused):
    same = fresh_email("twice")
    refused([record(same), record(), record(same.upper())],
            "1 problem", "line 3: /email: the same address as in line 1")
    refused(json.dumps([record("é" + same), record("e\u0301" + same)]),
            "index 1: /email: the same address as in index 0")


def test_existing_addresses_and_skip_existing(stack, own, run, refused):
    there = stack.new_user(own)
    people = [record(), record(there.email.upper()), record()]
    refused(people, f"line 2: /email: there is a user {there.email} already")
    run(people, "--dry-run", "--skip-existing")
    assert users_of(stack, own) == 1
    assert "imported 2, skipped 1" in run(people, "--skip-existing").stdout
    signed_in(stack, there)  # with the password of before
    before = everything(stack, own)
    assert "imported 0, skipped 3" in run(people, "--skip-existing").stdout
    assert everything(stack, own) == before
    elsewhere = stack.new_tenant()
    assert "imported 3, skipped 0" in run(people, tenant=elsewhere).stdout


def test_skip_existing_forgives_nothing_else(stack, own, refused):
    there = stack.new_user(own)
    refused([record(there.email), record(status="active")], "line 2: /status",
            flags=("--skip-existing",))


def test_a_dry_run_writes_nothing(stack, own, run, refused):
    assert "would be imported 2" in run([record(), record()], "--dry-run").stdout
    assert everything(stack, own)["events"] == 1  # of the tenant itself
    refused([record(roles=["no such role"])], "line 1", flags=("--dry-run",))


def test_roles_in_their_order(stack, own, run, refused):
    """R2, T1: the first is the primary one."""
    view = stack.new_role(own, "sales:orders:view", name="Z first")
    edit = stack.new_role(own, "sales:orders:edit", name="A second")
    stack.new_role(stack.new_tenant(), "sales:orders:view", name="Foreign role")
    user = User(fresh_email(), PASSWORD, own)
    refused([record(roles=["Foreign role"])], "/roles/0: There is no role Foreign role")
    refused([record(roles=[view, edit, view])], "/roles/2: Z first is named twice")
    none = User(fresh_email(), PASSWORD, own)
    run([record(user.email, roles=[view, edit]), record(none.email)])
    client = Client(stack)
    answer = client.login(user).json()
    assert [role["name"] for role in answer["user"]["roles"]] == [view, edit]
    client.verify(expect=204)
    client.get("/auth/verify?permission=sales:orders:edit&role=A%20second", expect=204)
    client.get("/auth/verify?permission=sales:orders:delete", expect=(403, "permission_denied"))
    signed_in(stack, none).verify(expect=(403, "no_role_assigned"))


def test_nobody_becomes_a_platform_admin_by_a_file(stack, own, run, refused):
    """R3, R4: ALL_PERMISSIONS through the system; in a role of the tenant it ends at its wall."""
    refused([record(roles=["Platform Administrator"])],
            "line 1: /roles/0: Platform Administrator gives all permissions in every tenant")
    owner = stack.new_role(own, "ALL_PERMISSIONS", name="Owner")
    user = User(fresh_email(), PASSWORD, own)
    run([record(user.email, roles=[owner])])
    answer = Client(stack).login(user).json()
    assert answer["user"]["is_platform_admin"] is False


def test_one_audit_event_a_user(stack, own, run):
    """A1."""
    role = stack.new_role(own, "sales:orders:view", name='Clerk "1"')
    people = [record(roles=[role]), record(first_name="Ann")]
    run(people)
    for person in people:
        target = stack.user_id(User(person["email"], "", own))
        event, = stack.sql("SELECT e.*, t.slug FROM audit_events e JOIN tenants t "
                           "ON t.id = e.tenant_id WHERE target_id = %s", target)
        assert (event["event"], event["target_type"], event["actor_id"], event["ip"],
                event["request_id"], event["slug"], event["before_json"]) == (
                    "user.created", "user", None, "cli", "cli", own, None)
        assert json.loads(event["after_json"]) == {
            "email": person["email"], "imported": True, "roles": person.get("roles", [])}


def test_the_search_finds_them(stack, own, run):
    """U5: the same words as of anybody else."""
    person = record("grace.hopper-" + fresh_email(), first_name="Zoë", last_name="O'Neil Größe")
    run([person])
    row = stack.user_row(User(person["email"], "", own))
    words = {r["word"] for r in stack.sql("SELECT word FROM user_words WHERE user_id = %s",
                                          row["id"])}
    assert {"grace", "hopper", "zoë", "neil", "größe"} <= words


def test_the_user_limit(stack, own, run, refused):
    """N4."""
    stack.new_user(own)
    stack.administer_database(
        f"UPDATE {stack.info['database']}.tenants SET max_users = 3 WHERE slug = '{own}'")
    refused([record() for _ in range(3)], "1 of 3, and 3 more")
    refused([record() for _ in range(3)], "1 of 3, and 3 more", flags=("--dry-run",))
    run([record(), record()])
    assert users_of(stack, own) == 3


def test_ten_thousand_in_one_go(stack, own, run):
    role = stack.new_role(own, "sales:orders:view")
    people = [record(f"many{i}@example.test", roles=[role], first_name="No", last_name=str(i))
              for i in range(10_000)]
    assert "imported 10000, skipped 0" in run(people).stdout
    counts = everything(stack, own)
    assert (counts["users"], counts["roles"]) == (10_000, 10_000)
    assert counts["events"] == 10_000 + 2  # the tenant's and the role's
    signed_in(stack, User("many9999@example.test", PASSWORD, own)).verify(expect=204)
    # A run that was cut off: what is missing follows.
    more = people + [record("many10000@example.test")]
    assert "imported 1, skipped 10000" in run(more, "--skip-existing").stdout


def test_two_imports_at_once(stack, own, tmp_path):
    """Each address once, whoever is first."""
    file = tmp_path / "users.json"
    file.write_text(lines(record(f"race{i}@example.test") for i in range(3000)))
    ended = together([lambda: stack.cli("import", "users", "--tenant", own, "--skip-existing",
                                        str(file))] * 3)
    imported = [int(done.stdout.split("imported ")[1].split(",")[0]) for done in ended]
    assert sum(imported) == users_of(stack, own) == 3000


def test_two_imports_share_the_user_limit(stack, own, tmp_path):
    """N4: also between the batches of each other."""
    stack.administer_database(
        f"UPDATE {stack.info['database']}.tenants SET max_users = 5000 WHERE slug = '{own}'")
    files = [tmp_path / f"users{i}.json" for i in range(2)]
    for i, file in enumerate(files):
        file.write_text(lines(record(f"limit{i}-{n}@example.test") for n in range(4000)))
    ended = together([lambda file=file: stack.cli("import", "users", "--tenant", own, str(file),
                                                  check=False) for file in files])
    # Perhaps neither comes to its end; what both have written is what they say, within the limit.
    assert 1 in [done.returncode for done in ended]
    assert all(done.returncode == 0 or "and 1000 more" in done.stderr or
               "and 4000 more" in done.stderr for done in ended), ended
    assert users_of(stack, own) <= 5000


@pytest.mark.parametrize("flags", [(), ("--skip-existing",)])
def test_somebody_who_registers_meanwhile(stack, own, tmp_path, flags):
    """Not seen when the file is checked, and there when it is written."""
    file = tmp_path / "users.json"
    same = fresh_email()
    file.write_text(lines([record(), record(same)]))
    root = pymysql.connect(unix_socket=stack.info["mariadb_socket"], user="root",
                           database=stack.info["database"])
    with root, root.cursor() as cursor, ThreadPoolExecutor() as pool:
        cursor.execute("INSERT INTO users (id, tenant_id, email, status, created_at, updated_at) "
                       "SELECT %s, id, %s, 'pending', NOW(), NOW() FROM tenants WHERE slug = %s",
                       (uuid.uuid4().bytes, same, own))
        running = pool.submit(stack.cli, "import", "users", "--tenant", own, *flags, str(file),
                              check=False)
        waiting = "SELECT COUNT(*) FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'"
        for _ in range(200):
            cursor.execute(waiting)
            if cursor.fetchone()[0]:
                break
            time.sleep(0.05)
        root.commit()
        done = running.result(60)
    if flags:
        assert "imported 1, skipped 1" in done.stdout
    else:
        assert done.returncode == 1 and f"a user {same} already" in done.stderr, done.stderr
        assert "0 users are imported so far" in done.stderr and users_of(stack, own) == 1


def test_what_cannot_be_read(stack, own, tmp_path):
    usable = tmp_path / "users.json"
    usable.write_text(lines([record()]))
    pipe = tmp_path / "pipe"
    subprocess.run(["mkfifo", pipe], check=True)
    for tenant, file, say in ((own, tmp_path / "absent", "absent"), (own, tmp_path, "regular file"),
                              (own, pipe, "regular file"), ("no-such-tenant", usable, "no tenant")):
        done = stack.cli("import", "users", "--tenant", tenant, str(file), check=False)
        assert done.returncode == 1 and say in done.stderr, done.stderr
    assert stack.cli("import", "users", "--tenant", own, check=False).returncode == 2
    for command in (["import"], ["import", "users"]):
        assert "Usage: gatehouse" in stack.cli(*command, "--help").stdout


def test_the_old_password_is_no_way_round_the_lockout(stack, own, run):
    """L1: an imported account is locked like any other."""
    user = User(fresh_email(), PASSWORD, own)
    run([record(user.email)])
    for _ in range(5):
        Client(stack).login(user, password=fresh_password(), expect=(401, "invalid_credentials"))
    Client(stack).login(user, expect=(429, "too_many_attempts"))
