"""Who may call which route: the auth column of API.md as a table, and one client of every kind of
caller (SPEC N1, N3, R6, P5, T10)."""

from support.admin import Service, holder, must_change, platform_admin, tenant_admin
from support.client import Client, signed_in

ANYONE, SESSION, TENANT_ADMIN, PLATFORM_ADMIN, SERVICE, SERVICE_OR_SESSION, BY_ADDRESS = (
    "-", "S", "TA", "PA", "C", "C or S", "by address")

# The auth column of API.md; anything with colons is a permission.
TABLE = {
    "POST /auth/register": ANYONE,
    "POST /auth/mailed-link": ANYONE,
    "POST /auth/verify-email": ANYONE,
    "POST /auth/resend-verification": ANYONE,
    "POST /auth/login": ANYONE,
    "POST /auth/2fa/challenge": ANYONE,
    "POST /auth/2fa/enrol": SESSION,
    "POST /auth/2fa/confirm": SESSION,
    "POST /auth/2fa/disable": SESSION,
    "POST /auth/2fa/recovery-codes": SESSION,
    "POST /auth/refresh": ANYONE,
    "POST /auth/forgot-password": ANYONE,
    "POST /auth/reset-password": ANYONE,
    "GET /auth/oauth/providers": ANYONE,
    "GET /auth/sign-in-options": ANYONE,
    "GET /auth/session/end": ANYONE,  # with the token of a session that is over
    "GET /auth/oauth/{provider}/start": ANYONE,
    "GET /auth/oauth/{provider}/callback": ANYONE,
    "GET /auth/health": ANYONE,
    "GET /auth/ready": ANYONE,
    "GET /auth/openapi.json": ANYONE,
    "GET /.well-known/jwks.json": ANYONE,
    "GET /auth/metrics": BY_ADDRESS,
    "POST /auth/logout": SESSION,
    "POST /auth/logout-all": SESSION,
    "GET /auth/session": SESSION,
    "GET /auth/info": SESSION,
    "GET /auth/csrf": SESSION,
    "POST /auth/change-password": SESSION,
    "GET /auth/verify": SESSION,
    "POST /auth/check": SESSION,
    "POST /auth/introspect": SERVICE,
    "POST /auth/revoke": SERVICE_OR_SESSION,
    "GET /auth/service-credentials": TENANT_ADMIN,
    "POST /auth/service-credentials": TENANT_ADMIN,
    "DELETE /auth/service-credentials/{id}": TENANT_ADMIN,
    "GET /auth/me": SESSION,
    "PATCH /auth/me": SESSION,
    "DELETE /auth/me": SESSION,
    "POST /auth/me/email": SESSION,
    "PUT /auth/me/picture": SESSION,
    "DELETE /auth/me/picture": SESSION,
    "GET /auth/me/sessions": SESSION,
    "DELETE /auth/me/sessions/{id}": SESSION,
    "GET /auth/me/login-attempts": SESSION,
    "GET /auth/me/export": SESSION,
    "GET /auth/me/identities": SESSION,
    "POST /auth/oauth/{provider}/link": SESSION,
    "DELETE /auth/oauth/{provider}": SESSION,
    "GET /auth/users/{id}/picture": SESSION,
    "GET /auth/users": "auth:users:view",
    "POST /auth/users": "auth:users:create",
    "GET /auth/users/{id}": "auth:users:view",
    "PATCH /auth/users/{id}": "auth:users:edit",
    "DELETE /auth/users/{id}": "auth:users:delete",
    "PUT /auth/users/{id}/roles": "auth:roles:assign",
    "POST /auth/users/{id}/unlock": "auth:users:edit",
    "POST /auth/users/{id}/force-password-reset": "auth:users:edit",
    "POST /auth/users/{id}/logout": "auth:users:edit",
    "GET /auth/users/{id}/sessions": "auth:users:view",
    "GET /auth/roles": "auth:roles:view",
    "POST /auth/roles": "auth:roles:create",
    "GET /auth/roles/{id}": "auth:roles:view",
    "PATCH /auth/roles/{id}": "auth:roles:edit",
    "DELETE /auth/roles/{id}": "auth:roles:delete",
    "GET /auth/permissions": "auth:roles:view",
    "POST /auth/permissions/{code}": PLATFORM_ADMIN,
    "DELETE /auth/permissions/{code}": PLATFORM_ADMIN,
    "GET /auth/tenants": PLATFORM_ADMIN,
    "POST /auth/tenants": PLATFORM_ADMIN,
    "GET /auth/tenants/{id}": SESSION,
    "PATCH /auth/tenants/{id}": PLATFORM_ADMIN,
    "DELETE /auth/tenants/{id}": PLATFORM_ADMIN,
    "GET /auth/tenants/{id}/settings": TENANT_ADMIN,
    "PATCH /auth/tenants/{id}/settings": TENANT_ADMIN,
    "GET /auth/login-attempts": "auth:attempts:view",
    "GET /auth/login-attempts/summary": "auth:attempts:view",
    "GET /auth/audit": "auth:audit:view",
    "GET /auth/outbox": TENANT_ADMIN,
}

# "An account that must change its password … can do that, and …; all else answers 403."
WHILE_PASSWORD_IS_DUE = {"POST /auth/change-password", "GET /auth/session", "GET /auth/csrf",
                         "POST /auth/logout"}
# Of the S routes, the permission and role checks: these refuse who has no role (SPEC R6).
REFUSE_ROLELESS = {"GET /auth/verify", "POST /auth/check"}
# These end the session that asks.
LAST = ("POST /auth/logout-all", "POST /auth/logout")

PERMISSIONS = sorted({rule for rule in TABLE.values() if rule.startswith("auth:")})


def expected(name, caller):
    """(status, codes) of the refusal, or None where the caller gets past the gate."""
    rule = TABLE[name]
    if rule == ANYONE:
        return None
    if rule == SERVICE:
        return None if caller == "service" else (401, {"invalid_client"})
    if rule == SERVICE_OR_SESSION and caller == "service":
        return None
    if caller == "nobody":
        return 401, {"authentication_required"}
    if caller == "service":  # not a credential here
        return 401, {"authentication_required", "invalid_token"}
    if caller == "must change":
        return None if name in WHILE_PASSWORD_IS_DUE else (403, {"password_change_required"})
    if rule in (SESSION, SERVICE_OR_SESSION):
        roleless = caller == "roleless" and name in REFUSE_ROLELESS
        return (403, {"no_role_assigned"}) if roleless else None
    if caller == "roleless":
        return 403, {"no_role_assigned"}
    if caller == "platform admin":
        return None
    if caller in ("tenant admin", "foreign admin"):
        return (403, {"permission_denied"}) if rule == PLATFORM_ADMIN else None
    return None if caller == rule else (403, {"permission_denied"})


class Callers:
    """Signed-in clients by kind, made when first asked for; each can sign in again. The tenant of
    all but the foreign administrator is `home`."""

    def __init__(self, stack, home):
        self._stack = stack
        self._home = home
        self._made = {}
        self._makers = {
            "nobody": lambda: Client(stack),
            "roleless": lambda: signed_in(stack, stack.new_user(home)),
            "tenant admin": lambda: tenant_admin(stack, home),
            "foreign admin": lambda: tenant_admin(stack, stack.new_tenant("abroad")),
            "platform admin": lambda: platform_admin(stack, home),
            "must change": self._in_need,
            "service": self._service,
            **{code: lambda code=code: holder(stack, home, code) for code in PERMISSIONS},
        }

    def __call__(self, kind):
        if kind not in self._made:
            self._made[kind] = self._makers[kind]()
        return self._made[kind]

    def _in_need(self):
        role = self._stack.new_role(self._home, "ALL_PERMISSIONS")
        user = self._stack.new_user(self._home, roles=(role,))
        must_change(self._stack, user)
        return signed_in(self._stack, user)

    def _service(self):
        client = Client(self._stack)
        client.http.headers["Authorization"] = Service(self("tenant admin")).basic
        return client


def media_of(operation):
    """An empty body of the right kind, so that nothing but the gate refuses it with 401 or 403."""
    if not operation.media:
        return {}
    if operation.takes_json:
        return {"data": b"{}", "headers": {"Content-Type": "application/json"}}
    if "multipart/form-data" in operation.media:
        return {"data": b"--x--\r\n",
                "headers": {"Content-Type": "multipart/form-data; boundary=x"}}
    return {"data": b"token_type_hint=access_token",
            "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
