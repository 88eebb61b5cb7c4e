"""An authenticator that is not ours (Debian's oathtool), and the way of people with it."""

import subprocess
import time

from support.client import Client

STEP = 30
MARGIN = 7  # seconds that the rest of a test's step may take


def settle():
    """Waits for the next step where the present one is nearly over: a code shall not age on its
    way."""
    left = STEP - time.time() % STEP
    if left < MARGIN:
        time.sleep(left + 0.1)


class Authenticator:
    def __init__(self, secret):
        self.secret = secret

    def code(self, drift=0):
        """Of this step, or of one before or after it."""
        settle()
        at = int(time.time()) + drift * STEP
        done = subprocess.run(["oathtool", "--totp", "--base32", f"--now=@{at}", self.secret],
                              capture_output=True, text=True, timeout=20, check=True)
        return done.stdout.strip()

    def wrong(self):
        """Six digits that are no code now, nor soon."""
        near = {self.code(drift) for drift in range(-2, 4)}
        return next(code for code in (f"{n:06}" for n in range(len(near) + 1)) if code not in near)


def enrol(client, password=None):
    """Turns the second factor on; the authenticator and the recovery codes. The step before the
    present one is used up, so that the present one is there for the test."""
    answer = client.post("/auth/2fa/enrol", {"password": password or client.user.password},
                         expect=200)
    authenticator = Authenticator(answer.json()["secret"])
    answer = client.post("/auth/2fa/confirm", {"code": authenticator.code(-1)}, expect=200)
    return authenticator, answer.json()["recovery_codes"]


def forget_steps(stack, user):
    """As if no code had been used yet: a test need not wait for the next."""
    stack.administer_database(
        f"UPDATE {stack.info['database']}.totp_secrets SET last_step = NULL WHERE user_id = "
        f"(SELECT id FROM {stack.info['database']}.users WHERE email = '{user.email}')")


def challenge(client, user, **options):
    """Signs in with the password; the token of the challenge that it leads to."""
    document = client.login(user, **options).json()
    assert document["mfa_required"] is True, document
    return document["challenge_token"]


def answer(client, token, code, expect=200, **options):
    """`token` None: it is in the cookie."""
    body = {"code": code} if token is None else {"challenge_token": token, "code": code}
    got = client.post("/auth/2fa/challenge", body, token=None, expect=expect, **options)
    if got.status_code == 200:
        client.keep(got)
    return got


def sign_in(stack, user, authenticator, client=None, **options):
    """Both factors, whatever codes were used before."""
    client = client or Client(stack)
    token = challenge(client, user, **options)
    forget_steps(stack, user)
    answer(client, token, authenticator.code())
    return client


class Person:
    """Somebody with the second factor on, and a client where they are signed in."""

    def __init__(self, stack, tenant, client=None, **options):
        """`client`: somebody who is signed in already."""
        self.stack = stack
        self.client = client or Client(stack)
        if client is None:
            self.client.login(stack.new_user(tenant, **options))
        self.user = self.client.user
        self.authenticator, self.recovery_codes = enrol(self.client)

    def code(self):
        """One that was not used."""
        forget_steps(self.stack, self.user)
        return self.authenticator.code()

    def challenge(self, client=None, **options):
        client = client or Client(self.stack)
        return client, challenge(client, self.user, **options)

    def begin(self):
        return self.challenge()[1]

    def enrolled(self):
        return bool(self.stack.user_row(self.user)["two_factor_enabled"])

    def challenges(self):
        return self.stack.value("SELECT COUNT(*) FROM challenges WHERE user_id = %s",
                                self.stack.user_row(self.user)["id"])
