"""The command line (SPEC A4; API.md, "Operation"): what it says, how it ends, what it leaves behind."""

import json
import subprocess
import tomllib

import pytest

from support.client import Client
from support.gatehouse import User, fresh_email, fresh_password


def fails(stack, *args, say=(), code=1, stdin=None):
    """One clear line on standard error, nothing on standard output."""
    done = stack.cli(*args, stdin=stdin, check=False)
    assert (done.returncode, done.stdout) == (code, ""), (done.stdout, done.stderr)
    assert done.stderr.startswith("gatehouse: ") and done.stderr.count("\n") == 1, done.stderr
    for text in say:
        assert text in done.stderr
    return done.stderr


def listed(stack, *args):
    return json.loads(stack.cli(*args, "--json").stdout)


def audited(stack, target):
    rows = stack.sql("SELECT event, ip, request_id, actor_id FROM audit_events "
                     "WHERE target_id = %s ORDER BY created_at", target)
    return [tuple(row.values()) if isinstance(row, dict) else tuple(row) for row in rows]


def test_help_is_everywhere(stack):
    commands = [[], ["migrate"], ["doctor"], ["config"], ["config", "check"], ["config", "example"],
                ["nginx-config"]]
    for noun, verbs in {"tenant": "create list suspend resume delete set",
                        "user": "create list unlock disable enable",
                        "role": "create list assign", "session": "list revoke",
                        "key": "init list rotate retire"}.items():
        commands += [[noun]] + [[noun, verb] for verb in verbs.split()]
    for command in commands:
        assert "Usage: gatehouse" in stack.cli(*command, "--help").stdout


def test_wrong_usage_ends_with_2(stack):
    fails(stack, code=2)
    fails(stack, "tenant", code=2)
    fails(stack, "tenant", "create", code=2)
    fails(stack, "user", "create", "--email", "a@b.example", code=2)
    fails(stack, "tenant", "list", "--nonsense", code=2)


def test_the_configuration_may_come_by_environment(stack):
    cli = stack.info["cli"]
    done = subprocess.run([cli, "config", "check"], capture_output=True, text=True, check=False,
                          env={"GATEHOUSE_CONFIG": stack.info["config"]})
    assert done.returncode == 0, done.stderr
    done = subprocess.run([cli, "--config", "/nonexistent", "config", "check"],
                          capture_output=True, text=True, check=False,
                          env={"GATEHOUSE_CONFIG": stack.info["config"]})
    assert done.returncode == 1 and "/nonexistent" in done.stderr


def test_config_check_names_every_problem(stack, tmp_path):
    bad = tmp_path / "bad.toml"
    bad.write_text("[server]\nbase_url = \"http://example.com\"\nnonsense = 1\n")
    done = subprocess.run([stack.info["cli"], "--config", bad, "config", "check"],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 1
    for text in ("bad.toml:2: server.base_url", "bad.toml:3: server.nonsense", "mail.from"):
        assert text in done.stderr
    tomllib.loads(stack.cli("config", "example").stdout)


def test_a_tenant_is_created_once(stack):
    slug = stack.new_tenant()
    fails(stack, "tenant", "create", slug, say=[slug, "already"])
    stack.cli("tenant", "create", slug, "--if-missing")
    mine = [t for t in listed(stack, "tenant", "list") if t["slug"] == slug]
    assert len(mine) == 1 and mine[0]["status"] == "active"
    assert audited(stack, mine[0]["id"]) == [("tenant.created", "cli", "cli", None)]
    for bad in ("Upper", "-dash", "a_b", "", "a" * 64, "a/b"):
        fails(stack, "tenant", "create", "--", bad)
    fails(stack, "tenant", "create", "fine-slug", "--name", "two\nlines")


def test_settings_are_checked_and_audited(stack):
    slug = stack.new_tenant()
    stack.cli("tenant", "set", slug, "access_ttl=60", "info_text=a = b",
              'registration_domains=["a.example"]')
    fails(stack, "tenant", "set", slug, "access_ttl=0", say=["access_ttl"])
    fails(stack, "tenant", "set", slug, "access_ttl=60", "nonsense=1", say=["nonsense"])
    fails(stack, "tenant", "set", slug, "access_ttl", say=["key=value"])
    fails(stack, "tenant", "set", "no-such-tenant", "access_ttl=60", say=["no-such-tenant"])
    stored = json.loads(stack.value("SELECT settings FROM tenants WHERE slug = %s", slug))
    assert stored == {"access_ttl": 60, "info_text": "a = b", "registration_domains": ["a.example"]}
    after = stack.value("SELECT after_json FROM audit_events WHERE event = 'settings.updated' AND "
                        "target_id = (SELECT LOWER(INSERT(INSERT(INSERT(INSERT(HEX(id), 9, 0, '-'),"
                        " 14, 0, '-'), 19, 0, '-'), 24, 0, '-')) FROM tenants WHERE slug = %s)",
                        slug)
    assert json.loads(after)["access_ttl"] == 60


def test_a_made_password_is_shown_once_and_works(stack, tenant):
    email = fresh_email()
    done = stack.cli("user", "create", "--tenant", tenant, "--email", email.upper(),
                     "--first-name", "Ann", "--last-name", "Größe")
    password = done.stdout.splitlines()[-1].rpartition(" ")[2]
    assert len(password) >= 16 and not set(password) & set("0O1lI")
    answer = Client(stack).login(User(email, password, tenant)).json()
    assert answer["user"]["email"] == email and answer["user"]["last_name"] == "Größe"
    fails(stack, "user", "create", "--tenant", tenant, "--email", email, say=["already"])
    again = stack.cli("user", "create", "--tenant", tenant, "--email", email, "--if-missing")
    assert "password" not in again.stdout
    assert ("user.created", "cli", "cli", None) in audited(stack, answer["user"]["id"])
    assert password not in str(stack.sql("SELECT after_json FROM audit_events"))


def test_passwords_of_the_command_line_meet_the_policy(stack, tenant):
    for weak in ("short", "password1234", "x" * 129):
        fails(stack, "user", "create", "--tenant", tenant, "--email", fresh_email(),
              "--password-stdin", stdin=weak + "\n", say=["password"])
    fails(stack, "user", "create", "--tenant", tenant, "--email", fresh_email(),
          "--password-stdin", stdin="", say=["standard input"])
    for bad in ("no address", "a@b", "a@b.example\nBcc: c@d.example"):
        fails(stack, "user", "create", "--tenant", tenant, "--email", bad, say=["e-mail address"])


def test_the_user_limit_holds_for_the_command_line_too(stack):
    slug = stack.new_tenant()
    stack.administer_database("UPDATE gatehouse.tenants SET max_users = 1 WHERE slug = '" + slug + "'")
    stack.new_user(slug)
    fails(stack, "user", "create", "--tenant", slug, "--email", fresh_email(),
          "--password-stdin", stdin=fresh_password() + "\n")


@pytest.mark.parametrize("what", ["disable", "revoke-email", "revoke-id"])
def test_what_ends_sessions_ends_them_at_once(stack, tenant, what):
    user = stack.new_user(tenant)
    client = Client(stack)
    client.login(user)
    client.verify()
    session, = listed(stack, "session", "list", "--tenant", tenant, "--email", user.email)
    assert session["email"] == user.email
    if what == "disable":
        stack.cli("user", "disable", "--tenant", tenant, "--email", user.email)
    elif what == "revoke-email":
        stack.cli("session", "revoke", "--tenant", tenant, "--email", user.email)
    else:
        stack.cli("session", "revoke", "--tenant", tenant, "--id", session["id"])
    client.verify(expect=(401, "invalid_token"))
    assert listed(stack, "session", "list", "--tenant", tenant, "--email", user.email) == []
    assert ("session.revoked", "cli", "cli", None) in audited(stack, session["id"])


def test_a_foreign_session_is_not_there(stack, tenant):
    user = stack.new_user(tenant)
    client = Client(stack)
    client.login(user)
    session, = listed(stack, "session", "list", "--tenant", tenant, "--email", user.email)
    fails(stack, "session", "revoke", "--tenant", stack.new_tenant(), "--id", session["id"],
          say=["no session"])
    fails(stack, "session", "revoke", "--tenant", tenant)
    fails(stack, "session", "revoke", "--tenant", tenant, "--id", "x", "--email", user.email)


def test_disabled_and_enabled_again(stack, tenant):
    user = stack.new_user(tenant)
    stack.cli("user", "disable", "--tenant", tenant, "--email", user.email)
    Client(stack).login(user, expect=(403, "account_disabled"))
    stack.cli("user", "disable", "--tenant", tenant, "--email", user.email)
    stack.cli("user", "enable", "--tenant", tenant, "--email", user.email)
    Client(stack).login(user)


def test_a_role_given_holds_for_the_living_token(stack, tenant):
    user = stack.new_user(tenant)
    client = Client(stack)
    client.login(user)
    client.verify(expect=(403, "no_role_assigned"))
    role = stack.new_role(tenant, "sales:orders:view")
    stack.assign(user, role)
    client.verify(expect=204)
    stack.assign(user, role)  # harmless
    mine, = [r for r in listed(stack, "role", "list", "--tenant", tenant) if r["name"] == role]
    assert mine["permissions"] == ["sales:orders:view"] and mine["system"] is False
    fails(stack, "role", "create", "--tenant", tenant, role, say=["already"])
    fails(stack, "role", "create", "--tenant", tenant, "a,b", say=["comma"])
    fails(stack, "role", "create", "--tenant", tenant, "ok", "--permission", "Sales:x:y")
    fails(stack, "role", "assign", "--tenant", tenant, "--email", user.email, "nonsense")
    foreign = stack.new_role(stack.new_tenant(), "sales:orders:view")
    fails(stack, "role", "assign", "--tenant", tenant, "--email", user.email, foreign)


def test_keys_are_listed_without_secrets_and_never_overwritten(stack):
    before = open(stack.config["server"]["key_file"], encoding="ascii").read()
    fails(stack, "key", "init", say=["exists already"])
    assert open(stack.config["server"]["key_file"], encoding="ascii").read() == before
    keys = listed(stack, "key", "list")
    assert {key["ring"] for key in keys} == {"jwt", "refresh", "totp", "csrf", "cache",
                                             "identifier"}
    text = json.dumps(keys)
    for line in before.splitlines():
        if line.startswith("secret"):
            assert line.split('"')[1] not in text


def test_the_doctor_finds_the_stack_healthy(stack):
    done = stack.cli("doctor")
    assert all(line.startswith("ok ") for line in done.stdout.splitlines()), done.stdout


def test_the_doctor_names_what_is_wrong(stack, tmp_path):
    sick = tmp_path / "sick.toml"
    text = open(stack.info["config"], encoding="utf-8").read()
    text = text.replace(stack.info["memcached_socket"], str(tmp_path / "nobody.sock"))
    text = text.replace(stack.config["mail"]["smtp_url"], "smtp://127.0.0.1:1")
    text = text.replace(stack.config["server"]["key_file"], str(tmp_path / "keys.toml"))
    sick.write_text(text)
    (tmp_path / "keys.toml").write_text("")
    (tmp_path / "keys.toml").chmod(0o644)
    done = subprocess.run([stack.info["cli"], "--config", sick, "doctor"], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 1
    failed = [line for line in done.stdout.splitlines() if line.startswith("FAIL")]
    assert len(failed) == 3, done.stdout
    for text in ("nobody.sock", "127.0.0.1:1", "0600"):
        assert any(text in line for line in failed)


def test_migrate_twice_is_harmless(stack):
    assert "current" in stack.cli("migrate").stdout


def test_output_that_cannot_be_written_is_an_error(stack):
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([stack.info["cli"], "--config", stack.info["config"], "tenant",
                               "list"], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1


def test_an_address_or_a_session_may_stand_alone(stack, tenant):
    """API.md "Operation": as KID and FILE do, beside --email and --id."""
    user = stack.new_user(tenant)
    client = Client(stack)
    client.login(user)
    session, = listed(stack, "session", "list", "--tenant", tenant, "--email", user.email)
    assert "is revoked" in stack.cli("session", "revoke", "--tenant", tenant, session["id"]).stdout
    client.verify(expect=(401, "invalid_token"))
    for verb in ("unlock", "disable", "enable", "reset-2fa"):
        assert user.email in stack.cli("user", verb, user.email, "--tenant", tenant).stdout
        assert "user" in stack.cli("user", verb, "--help").stdout
        fails(stack, "user", verb, "--tenant", tenant, code=2, say=["email"])
        fails(stack, "user", verb, "--tenant", tenant, user.email, fresh_email(), code=2)
        fails(stack, "user", verb, "--tenant", tenant, user.email, "--email", user.email, code=2)
    made = fresh_email()
    stack.cli("user", "create", "--tenant", tenant, made, "--password-stdin",
              stdin=fresh_password() + "\n")
    assert made in stack.cli("user", "list", "--tenant", tenant).stdout
    fails(stack, "session", "revoke", "--tenant", tenant, "nonsense", say=["not a session's id"])
    fails(stack, "session", "revoke", "--tenant", tenant, session["id"], "--email", user.email)
