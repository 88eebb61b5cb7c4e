"""Names are to be seen: neither people nor tenants are called nothing (SPEC E5, T1 `username`)."""

import pytest

from support.admin import new_person, platform_admin, tenant_admin
from support.client import Client, problem, signed_in
from support.gatehouse import fresh_email, fresh_password
from support.oauth_provider import Provider, go, person, signed_in_as

# Spaces of several kinds, and what has no width: U+200B, U+2060, U+00AD, U+3164, U+2800.
BLANKS = (" ", "   ", "\u00a0", "\u3000\u2003", "\u200b", "\u2060\u00ad", "\u3164", "\u2800")


@pytest.fixture(scope="module")
def boss(stack, tenant):
    return tenant_admin(stack, tenant)


def refused(answer, *fields):
    document = problem(answer, 422, "validation_failed")
    assert [(e["pointer"], e["code"]) for e in document["errors"]] == [
        (f"/{field}", "invalid_format") for field in fields]


@pytest.mark.parametrize("blank", BLANKS)
def test_a_person_is_not_called_nothing(stack, tenant, boss, blank):
    """By registration, by an administrator, by themselves."""
    names = {"first_name": blank, "last_name": blank}
    refused(Client(stack).post("/auth/register", {
        "tenant": tenant, "email": fresh_email(), "password": fresh_password(), **names}), *names)
    refused(boss.post("/auth/users", {"email": fresh_email(), **names}), *names)
    someone = new_person(boss)
    refused(boss.call("PATCH", f"/auth/users/{someone['id']}", names), *names)
    me = signed_in(stack, stack.new_user(tenant))
    refused(me.call("PATCH", "/auth/me", names), *names)
    assert me.get("/auth/me").json()["first_name"] is None
    # What has something to see stays as it is.
    told = me.call("PATCH", "/auth/me", {"first_name": f"A{blank}b", "last_name": "\u6771"},
                   expect=200).json()
    assert (told["first_name"], told["last_name"]) == (f"A{blank}b", "\u6771")


@pytest.mark.parametrize("blank", BLANKS)
def test_tenants_and_roles_are_not_called_nothing(stack, boss, blank):
    root = platform_admin(stack)
    refused(root.post("/auth/tenants", {"slug": "blank-name", "name": blank}), "name")
    tenant = boss.get("/auth/me").json()["tenant_id"]
    refused(root.call("PATCH", f"/auth/tenants/{tenant}", {"name": blank}), "name")
    refused(boss.post("/auth/roles", {"name": blank, "permissions": []}), "name")


def test_the_command_line_refuses_them_too(stack, tenant, tmp_path):
    """A4: create and import."""
    email = fresh_email()
    for blank in BLANKS:
        for args in (("user", "create", "--tenant", tenant, email, "--first-name", blank),
                     ("tenant", "create", "blank-name", "--name", blank),
                     ("role", "create", "--tenant", tenant, blank)):
            done = stack.cli(*args, check=False)
            assert done.returncode == 1 and "not blanks alone" in done.stderr, (args, done)
        file = tmp_path / "people.json"
        file.write_text('[{"email": "%s", "password_hash": "$2b$05$abcdefghijklmnopqrstuuHNbAKRhpau'
                        'jgo33bRWs.NLUTJO3lOy2", "last_name": "%s"}]' % (email, blank))
        done = stack.cli("import", "users", "--tenant", tenant, str(file), check=False)
        assert done.returncode == 1 and "/last_name" in done.stderr, done.stderr
    assert stack.value("SELECT COUNT(*) FROM users WHERE email = %s", email) == 0


def test_a_provider_that_gives_a_blank_name_gives_none(stack, client):
    """O3: the person is not to blame for it."""
    provider = Provider()
    try:
        slug = stack.new_tenant("blank", oauth_providers=[provider.setting("corp")])
        go(client, provider, person(fresh_email(), given_name=" ", family_name="\u3164"),
           tenant=slug)
        me = signed_in_as(client)
        assert (me["first_name"], me["last_name"]) == (None, None)
    finally:
        provider.close()
