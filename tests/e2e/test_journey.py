"""The whole way of a person, once (SPEC U1, M1, M2, S7, T8, R7)."""

from support.client import Client
from support.gatehouse import fresh_email, fresh_password, User


def test_from_registration_to_the_end_of_the_session(stack, cache):
    """U1, M1, M2, R7, S7, T8: the person of the first sentence of SPEC.md."""
    client = Client(stack)
    user = User(fresh_email("journey"), fresh_password(), stack.tenant)

    # The tenant is not named: the configured default counts (N2).
    answer = client.post("/auth/register", {"email": user.email, "password": user.password,
                                            "first_name": "Amina", "last_name": "Otieno"})
    assert answer.status_code == 202 and answer.json() == {"status": "verification_sent"}
    client.post("/auth/login", {"email": user.email, "password": user.password},
                expect=(403, "email_not_verified"))
    client.get("/demo/", plain=True, expect=401)

    mail = stack.mail.wait(user.email, "verify_email")
    assert mail.link().startswith(stack.base_url + "/auth/ui/verify#token=")
    verified = client.post("/auth/verify-email", {"token": mail.token()}, expect=200)
    assert verified.json() == {"status": "verified"}

    session = client.keep(client.post("/auth/login", {"email": user.email,
                                                      "password": user.password}, expect=200))
    assert session["token_type"] == "Bearer" and session["expires_in"] == 3600
    assert session["user"]["email"] == user.email and session["user"]["email_verified"] is True
    assert session["user"]["status"] == "active" and session["user"]["roles"] == []
    assert session["session"]["amr"] == ["pwd"] and session["session"]["current"] is True

    page = client.get("/demo/", plain=True, expect=200)
    assert user.email in page.text

    client.post("/auth/logout", expect=204)
    client.get("/demo/", plain=True, expect=401)
    client.verify(expect=(401, "invalid_token"))
    cache.flush()
    client.get("/demo/", plain=True, expect=401)
    client.verify(expect=(401, "invalid_token"))
    client.refresh(expect=(401, "invalid_refresh_token"))


def test_mail_is_text_and_html_with_its_kind(stack):
    """M1: both parts carry the link; sent once; the outbox keeps no body (M2)."""
    client = Client(stack)
    email = fresh_email("mail")
    client.post("/auth/register", {"tenant": stack.tenant, "email": email,
                                   "password": fresh_password()}, expect=202)
    mail = stack.mail.wait(email, "verify_email")
    assert mail.message.get_content_type() == "multipart/alternative"
    assert mail.link() in mail.text and "token=" + mail.token() in mail.html
    for header in ("From", "Date", "Message-ID", "Subject", "MIME-Version"):
        assert mail.message[header], header
    rows = stack.sql("SELECT status, message FROM outbox WHERE recipient = %s AND status <> 'void'",
                     email)
    assert [row["status"] for row in rows] == ["sent"]
    assert not rows[0]["message"]
    assert len(stack.mail.all(email)) == 1


def test_cookie_mode_signs_a_browser_in_and_out(stack, tenant):
    """S8, S7: nothing in the body, HttpOnly cookies, CSRF for unsafe methods, all gone at the
    end; the device cookie stays."""
    user = stack.new_user(tenant)
    browser = Client(stack)
    answer = browser.login(user, transport="cookie")
    document = answer.json()
    assert "access_token" not in document and "refresh_token" not in document
    cookies = {line.split("=", 1)[0]: line.lower()
               for line in answer.raw.headers.getlist("Set-Cookie")}
    assert set(cookies) == {"__Host-gatehouse_access", "__Secure-gatehouse_refresh",
                            "__Host-gatehouse_csrf", "__Host-gatehouse_device"}
    for name, line in cookies.items():
        assert "secure" in line and "samesite=lax" in line and "domain=" not in line, line
        assert ("httponly" in line) == (name != "__Host-gatehouse_csrf"), line
        assert ("path=/auth/refresh" if "refresh" in name else "path=/;") in line + ";", line
    browser.get("/auth/session", expect=200)

    csrf, browser.csrf = browser.csrf, None
    browser.post("/auth/logout", expect=(403, "csrf_failed"))
    browser.post("/auth/logout", headers={"X-CSRF-Token": csrf[:-2] + "xx"},
                 expect=(403, "csrf_failed"))
    browser.post("/auth/logout", headers={"X-CSRF-Token": csrf, "Origin": "https://evil.test"},
                 expect=(403, "origin_not_allowed"))
    stolen = browser.http.cookies.get("__Host-gatehouse_access")
    gone = browser.post("/auth/logout", headers={"X-CSRF-Token": csrf, "Origin": stack.base_url},
                        expect=204)
    cleared = " ".join(gone.raw.headers.getlist("Set-Cookie"))
    assert "__Host-gatehouse_access=" in cleared and "__Secure-gatehouse_refresh=" in cleared
    assert "__Host-gatehouse_device" not in cleared
    assert browser.http.cookies.get("__Host-gatehouse_device")
    browser.get("/auth/session", expect=401)
    Client(stack).get("/auth/session", expect=401,
                      headers={"Cookie": f"__Host-gatehouse_access={stolen}"})


def test_cookie_refresh_needs_the_csrf_token(stack, tenant):
    """S8, T6: in cookie mode the refresh token is the cookie's."""
    user = stack.new_user(tenant)
    browser = Client(stack)
    browser.login(user, transport="cookie")
    csrf, browser.csrf = browser.csrf, None
    browser.post("/auth/refresh", expect=(403, "csrf_failed"))
    before = browser.http.cookies.get("__Secure-gatehouse_refresh", path="/auth/refresh")
    answer = browser.post("/auth/refresh", headers={"X-CSRF-Token": csrf}, expect=200)
    assert "refresh_token" not in answer.json() and answer.json()["csrf_token"]
    after = browser.http.cookies.get("__Secure-gatehouse_refresh", path="/auth/refresh")
    assert before and after and before != after
    browser.get("/auth/session", expect=200)
