"""What the sign-in page reads before anybody is signed in: GET /auth/sign-in-options (SPEC W1, N2,
N5)."""

import pytest

from support.client import Client

OPTIONS = "/auth/sign-in-options"


@pytest.fixture(scope="module")
def home(stack):
    return stack.new_tenant("pages", max_sessions=0)


def options_of(stack, tenant):
    return Client(stack).get(f"{OPTIONS}?tenant={tenant}", expect=200).json()


def test_w1_the_sign_in_page_learns_what_it_needs(stack, home):
    """W1, N5: name, registration, length of passwords, providers: that and no more."""
    assert options_of(stack, home) == {
        "tenant": {"slug": home, "name": f"Tenant {home}"}, "registration": "open",
        "password_min_length": 10, "providers": []}


def test_w1_a_tenants_settings_hold_at_once_and_its_mail_domains_stay_secret(stack):
    """W1, N5: also the tenant's OAuth providers, as GET /auth/oauth/providers has them."""
    tenant = stack.new_tenant("options", registration="domain", password_min_length=14,
                              registration_domains=["secret.example"], oauth_providers=[
                                  {"id": "corp", "name": "Corp", "type": "oidc",
                                   "issuer": "https://idp.example.test", "client_id": "c-1",
                                   "scopes": ["openid"]}])
    answer = Client(stack).get(f"{OPTIONS}?tenant={tenant}", expect=200)
    document = answer.json()
    assert document["registration"] == "domain" and document["password_min_length"] == 14
    assert document["providers"] == [{"id": "corp", "name": "Corp"}]
    listed = Client(stack).get(f"/auth/oauth/providers?tenant={tenant}", expect=200).json()
    assert document["providers"] == listed["items"]
    for hidden in ("secret.example", "idp.example.test", "c-1"):
        assert hidden not in answer.text
    stack.set_tenant(tenant, registration="closed")
    assert options_of(stack, tenant)["registration"] == "closed"


def test_n2_the_tenant_is_chosen_as_at_sign_in(stack):
    """N2: by name, else the configured default; one that is not there as the providers have it. A
    suspended one still has a page, which then says so."""
    client = Client(stack)
    default = client.get(OPTIONS, expect=200).json()
    assert default["tenant"]["slug"] == stack.config["server"]["default_tenant"]
    for path in (OPTIONS, "/auth/oauth/providers"):
        client.get(f"{path}?tenant=no-such-tenant", expect=(422, "unknown_tenant"))
        client.get(f"{path}?tenant=UPPER", expect=(422, "validation_failed"))
    suspended = stack.new_tenant("dark")
    stack.cli("tenant", "suspend", suspended)
    providers = client.get(f"/auth/oauth/providers?tenant={suspended}").status_code
    assert client.get(f"{OPTIONS}?tenant={suspended}").status_code == providers == 200
