// The pages of those who are not signed in yet (SPEC W1, W4), driven as people drive them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { launch, newContext, send, signIn } from "./support/browser.mjs";
import { linkOf, newestMail } from "./support/mail.mjs";
import { findings, inspect, open, picture, tabThrough, watched } from "./support/page.mjs";
import { baseUrl, cli, info, newTenant, newUser, sql } from "./support/stack.mjs";
import { freshCode } from "./support/totp.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
const press = (page, name) => page.getByRole("button", { name, exact: true }).click();

async function fillSignIn(page, { tenant, email, password }) {
  await open(page, `/auth/ui/sign-in?tenant=${tenant}`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await press(page, "Sign in");
}

const signedInAs = async (page) => (await send(page, "/auth/session")).json?.user?.email;
const arrived = (page, path = "/auth/ui/account") =>
  page.waitForURL((url) => url.pathname === path);

// Second factor on, by the API; the secret.
async function withSecondFactor(user) {
  const { state, csrf } = await signIn(browser, user);
  const context = await newContext(browser, { bypassCSP: true, storageState: state });
  const page = await context.newPage();
  await page.goto(baseUrl + "/auth/health");
  const post = (path, json) =>
    send(page, path, { method: "POST", json, headers: { "X-CSRF-Token": csrf } });
  const { secret } = (await post("/auth/2fa/enrol", { password: user.password })).json;
  const confirmed = await post("/auth/2fa/confirm", { code: await freshCode(secret) });
  assert.equal(confirmed.status, 200, confirmed.text);
  await context.close();
  return { secret, recovery: confirmed.json.recovery_codes };
}

describe("W1 register, verify, sign in", () => {
  test("a person comes in through the mail's link", async () => {
    const tenant = await newTenant();
    const name = (await sql(`SELECT name FROM tenants WHERE slug = '${tenant}'`))[0];
    const { context, page, faults } = await watched(browser, { refusals: [400, 403, 422] });
    await open(page, `/auth/ui/sign-in?tenant=${tenant}`);
    await page.getByRole("link", { name: "Create an account" }).click();
    await heading(page, "Create an account");
    assert.ok(await page.getByText(name).isVisible(), "the tenant's name");
    const email = `wanjiku-${Date.now()}@example.test`;
    await page.getByLabel("First name").fill("Wanjiku");
    await page.getByLabel("E-mail address").fill(email);
    const password = page.getByLabel("Password", { exact: true });

    // Too weak: said while typing, and by the server at the field, which then has the focus.
    await password.fill("password123");
    await page.getByText("Too easy to guess").waitFor();
    await press(page, "Create the account");
    await page.locator("[aria-invalid=true]").waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("name")), "password");
    await inspect(page, "register-error");

    await password.fill("three-wet-otters-sing");
    await page.getByText("Strong", { exact: true }).waitFor();
    assert.equal(await password.getAttribute("type"), "password");
    await press(page, "Show the password");
    assert.equal(await password.getAttribute("type"), "text");
    await press(page, "Create the account");
    await heading(page, "Look into your mail");
    await inspect(page, "register-sent");

    // Before the link was used: told so, with a way to get another mail.
    await fillSignIn(page, { tenant, email, password: "three-wet-otters-sing" });
    const asked = [];
    page.on("request", (request) => request.url().endsWith("resend-verification") && asked.push(request));
    // Pressed twice in one breath: sent once.
    await page.getByRole("button", { name: "Send the mail again" }).evaluate((button) => {
      button.click();
      button.click();
    });
    await page.getByText("a new mail is on its way").waitFor();
    assert.equal(asked.length, 1);

    const link = linkOf(await newestMail(email, "verify_email", 1));
    await page.goto(link);
    await heading(page, "Confirm your address");
    assert.equal(new URL(page.url()).hash, "", "the token has left the address bar");
    assert.deepEqual(await sql(`SELECT status FROM users WHERE email = '${email}'`), ["pending"],
      "opening the link uses nothing up");
    await inspect(page, "verify");
    await press(page, "Confirm my address");
    await heading(page, "Thank you");
    await inspect(page, "verify-done");

    // This browser remembers the tenant.
    await page.getByRole("link", { name: "Sign in" }).click();
    await page.getByText(name).waitFor();
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password", { exact: true }).fill("three-wet-otters-sing");
    await press(page, "Sign in");
    await arrived(page);
    assert.equal(await signedInAs(page), email);

    await page.goto(link);
    await press(page, "Confirm my address");
    await page.getByRole("alert").getByText("This link was used already").waitFor();
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("a closed tenant offers no registration", async () => {
    const tenant = await newTenant({ registration: "closed" });
    const { context, page, faults } = await watched(browser);
    await open(page, `/auth/ui/sign-in?tenant=${tenant}`);
    await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
    assert.equal(await page.getByRole("link", { name: "Create an account" }).count(), 0);
    await open(page, `/auth/ui/register?tenant=${tenant}`);
    await page.getByText("Registration is closed here").waitFor();
    await inspect(page, "register-closed");
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("who names no known organisation is asked for it", async () => {
    const tenant = await newTenant();
    const { context, page, faults } = await watched(browser, { refusals: [422] });
    await open(page, "/auth/ui/sign-in?tenant=no-such-place");
    await heading(page, "Which organisation?");
    await inspect(page, "tenant");
    await page.getByLabel("Organisation").fill(tenant);
    await page.keyboard.press("Enter");
    await heading(page, "Sign in");
    await page.getByText(`Tenant ${tenant}`).waitFor();
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("wrong passwords are told, and so is the lock with its time", async () => {
    const user = await newUser(await newTenant({ lockout_threshold: 2 }));
    const { context, page, faults } = await watched(browser, { refusals: [401, 429] });
    await fillSignIn(page, { ...user, password: "not-the-password" });
    const alert = page.getByRole("alert");
    await alert.getByText("The e-mail address or the password is wrong.").waitFor();
    assert.ok(await alert.evaluate((element) => element === document.activeElement), "is read");
    await inspect(page, "sign-in-wrong");
    for (let i = 0; i < 2; ++i) {
      await page.waitForFunction(() => !document.querySelector("[aria-busy=true]"));
      const answer = page.waitForResponse((one) => one.url().endsWith("/auth/login"));
      await press(page, "Sign in");
      await answer;
    }
    await alert.getByText(/Too many attempts.*Wait 1[45] minutes/).waitFor();
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("nothing is sent before the fields are filled in", async () => {
    const { context, page, faults } = await watched(browser);
    const sent = [];
    page.on("request", (request) => request.method() === "POST" && sent.push(request.url()));
    await open(page, "/auth/ui/sign-in?tenant=" + info.tenant);
    await page.getByLabel("E-mail address").fill("not an address");
    await press(page, "Sign in");
    await page.getByText("That is not an e-mail address.").waitFor();
    await page.getByText("Please fill this in.").waitFor();
    assert.deepEqual(sent, []);
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("a server out of reach is told, and nothing that was typed is lost", async () => {
    const user = await newUser(await newTenant());
    const { context, page } = await watched(browser);
    await open(page, `/auth/ui/sign-in?tenant=${user.tenant}`);
    await page.getByLabel("E-mail address").fill(user.email);
    await page.getByLabel("Password", { exact: true }).fill(user.password);
    await context.setOffline(true);
    await press(page, "Sign in");
    await page.getByRole("alert").getByText("There is no answer").waitFor();
    await context.setOffline(false);
    await press(page, "Sign in");
    await arrived(page);
    await context.close();
  });
});

describe("W1 second factor", () => {
  test("a code, a wrong one, a recovery code", async () => {
    const user = await newUser(await newTenant({ max_sessions: 0 }));
    const { secret, recovery } = await withSecondFactor(user);
    const { context, page, faults } = await watched(browser, { refusals: [401] });
    await fillSignIn(page, user);
    await heading(page, "Confirm that it is you");
    const code = page.getByLabel("Code from your authenticator app");
    assert.equal(await code.getAttribute("autocomplete"), "one-time-code");
    await inspect(page, "second-factor");
    await code.fill("000 000");  // pasted with a blank; six digits send themselves
    await page.getByRole("alert").getByText("That code is not right").waitFor();
    await code.fill(await freshCode(secret));
    await arrived(page);
    assert.equal(await signedInAs(page), user.email);
    await context.close();

    const other = await watched(browser);
    await fillSignIn(other.page, user);
    await press(other.page, "Use a recovery code instead");
    await inspect(other.page, "second-factor-recovery");
    await other.page.getByLabel("Recovery code").fill(recovery[0]);
    await press(other.page, "Continue");
    await arrived(other.page);
    await other.context.close();
    assert.deepEqual([...faults, ...other.faults], []);
  });

  test("five wrong codes end the challenge, and one starts again", async () => {
    const user = await newUser(await newTenant({ lockout_threshold: 100 }));
    await withSecondFactor(user);
    const { context, page, faults } = await watched(browser, { refusals: [401] });
    await fillSignIn(page, user);
    for (let i = 0; i < 5; ++i) {
      const answer = page.waitForResponse((one) => one.url().endsWith("/auth/2fa/challenge"));
      await page.getByLabel("Code from your authenticator app").fill("");
      await page.getByLabel("Code from your authenticator app").fill(`00000${i}`);
      await answer;
      await page.waitForFunction(() => !document.querySelector("form[aria-busy=true]"));
    }
    await page.getByLabel("Code from your authenticator app").fill("");
    await page.getByLabel("Code from your authenticator app").fill("000009");
    await press(page, "Sign in again");
    await heading(page, "Sign in");
    await context.close();
    assert.deepEqual(faults, []);
  });
});

describe("W1 passwords", () => {
  test("forgot, reset, and the link works once", async () => {
    const user = await newUser(await newTenant());
    const { context, page, faults } = await watched(browser, { refusals: [400, 422] });
    await open(page, `/auth/ui/sign-in?tenant=${user.tenant}`);
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await heading(page, "Forgot your password?");
    await inspect(page, "forgot");
    await page.getByLabel("E-mail address").fill(user.email);
    await press(page, "Send the link");
    await heading(page, "Look into your mail");
    await inspect(page, "forgot-sent");
    const link = linkOf(await newestMail(user.email, "reset"));

    await page.goto(link);
    await heading(page, "Set a new password");
    const password = page.getByLabel("New password");
    await password.fill(user.password);
    await press(page, "Set the password");
    await page.getByText("Please choose a password that you do not use at the moment.").waitFor();
    await inspect(page, "reset-error");
    await password.fill("seven-dry-herons-wait");
    await press(page, "Set the password");
    await heading(page, "Done");
    await inspect(page, "reset-done");

    await page.goto(link);
    await page.getByLabel("New password").fill("eight-dry-herons-wait");
    await press(page, "Set the password");
    await page.getByRole("alert").getByText("This link is no longer valid.").waitFor();
    await fillSignIn(page, { ...user, password: "seven-dry-herons-wait" });
    await arrived(page);
    await open(page, "/auth/ui/reset");
    await page.getByText("This link is not complete").waitFor();
    await inspect(page, "reset-no-token");
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("a generated password is changed before anything else", async () => {
    const tenant = await newTenant();
    const admin = await newUser(tenant, "--tenant-admin");
    const { state, csrf } = await signIn(browser, admin);
    const office = await newContext(browser, { bypassCSP: true, storageState: state });
    const desk = await office.newPage();
    await desk.goto(baseUrl + "/auth/health");
    const email = `juma-${Date.now()}@example.test`;
    const made = await send(desk, "/auth/users", { method: "POST", headers: { "X-CSRF-Token": csrf },
      json: { email, first_name: "Juma", last_name: "Otieno" } });
    assert.equal(made.status, 201, made.text);
    await office.close();
    const welcome = await newestMail(email, "welcome");
    const generated = welcome.split(/\r?\n/).find((line) => /^\S{16,}$/.test(line) && !line.includes("://"));

    const { context, page, faults } = await watched(browser, { refusals: [403] });
    await fillSignIn(page, { tenant, email, password: generated });
    await arrived(page, "/auth/ui/change-password");
    await heading(page, "Choose a new password");
    await inspect(page, "change-password");
    await page.getByLabel("Current password").fill("not-that-one");
    await page.getByLabel("New password").fill("nine-tall-giraffes-hum");
    await press(page, "Change the password");
    await page.getByRole("alert").getByText("Your current password is not right.").waitFor();
    await page.getByLabel("Current password").fill(generated);
    await press(page, "Change the password");
    await arrived(page);
    assert.equal(await signedInAs(page), email);
    await context.close();
    assert.deepEqual(faults, []);
  });
});

describe("S2 one device, one session", () => {
  test("the first browser is told why it was signed out", async () => {
    const user = await newUser(await newTenant());
    const first = await watched(browser, { refusals: [401] });
    await fillSignIn(first.page, user);
    await arrived(first.page);
    const second = await watched(browser);
    await fillSignIn(second.page, user);
    await arrived(second.page);
    await second.context.close();

    await open(first.page, "/auth/ui/account#/history");
    await first.page.reload();
    await arrived(first.page, "/auth/ui/sign-in");
    await first.page.getByText("signed out here because you signed in on another device").waitFor();
    await inspect(first.page, "signed-out-elsewhere");
    // And back where it was, once signed in again.
    await first.page.getByLabel("E-mail address").fill(user.email);
    await first.page.getByLabel("Password", { exact: true }).fill(user.password);
    await press(first.page, "Sign in");
    await arrived(first.page);
    assert.equal(new URL(first.page.url()).hash, "#/history");
    await first.context.close();
    assert.deepEqual([...first.faults, ...second.faults], []);
  });
});

describe("ways in and out", () => {
  test("one goes on to where one wanted to go", async () => {
    const user = await newUser(await newTenant());
    const { context, page } = await watched(browser);
    await open(page, `/auth/ui/?tenant=${user.tenant}#return_to=/demo/?a=b&c=d`);
    await page.getByLabel("E-mail address").fill(user.email);
    await page.getByLabel("Password", { exact: true }).fill(user.password);
    await press(page, "Sign in");
    await arrived(page, "/demo/");
    assert.equal(new URL(page.url()).search, "?a=b&c=d");
    // Somebody who is signed in is not asked again.
    await open(page, "/auth/ui/#return_to=/demo/");
    await arrived(page, "/demo/");
    await context.close();
  });

  test("but never to another site", async () => {
    const user = await newUser(await newTenant({ max_sessions: 0 }));
    const { state } = await signIn(browser, user);
    const targets = ["https://evil.test/", "//evil.test/", "/\\evil.test/", "/%09/evil.test/", "/\t/evil.test/",
      "%2F%2Fevil.test", "javascript:alert(1)", "data:text/html,x", "https:evil.test", "\\\\evil.test",
      "/.//evil.test/", "/x/..//evil.test/", "/%2e//evil.test/", `${baseUrl}//evil.test/`, "%2F.%2F%2Fevil.test%2F",
      "http://localhost:1/", baseUrl.replace("://", "://evil.test@") + ".evil.test/", "%"];
    for (const target of targets) {
      const { context, page } = await watched(browser, { storageState: state });
      const visited = [];
      page.on("request", (request) => request.isNavigationRequest() && visited.push(new URL(request.url())));
      await open(page, "/auth/ui/sign-in#return_to=" + target);
      await page.waitForURL((url) => url.pathname !== "/auth/ui/sign-in");
      for (const url of visited) assert.equal(url.origin, baseUrl, `${target} led to ${url}`);
      await context.close();
    }
  });

  test("a session that is over leads to the form, not round in circles", async () => {
    const user = await newUser(await newTenant());
    const { state } = await signIn(browser, user);
    await cli(["session", "revoke", "--tenant", user.tenant, "--email", user.email]);
    // As after an hour: the browser has dropped the access token, the CSRF cookie lives on.
    for (const gone of [[], ["__Host-gatehouse_access"]]) {
      const cookies = state.cookies.filter(({ name }) => !gone.includes(name));
      for (const path of ["/auth/ui/", "/auth/ui/account", "/auth/ui/sign-in#return_to=/demo/"]) {
        const { context, page } = await watched(browser, { storageState: { ...state, cookies } });
        const visited = [];
        page.on("request", (request) => request.isNavigationRequest() && visited.push(request.url()));
        await open(page, path);
        await page.getByLabel("Password", { exact: true }).waitFor();
        await page.waitForTimeout(700);  // a circle would have been run through by then
        assert.ok(visited.length <= 2, visited.join("\n"));
        await context.close();
      }
    }
  });

  test("a server out of breath signs nobody out", async () => {
    const user = await newUser(await newTenant());
    const { state } = await signIn(browser, user);
    const cookies = state.cookies.filter(({ name }) => name !== "__Host-gatehouse_access");
    const { context, page } = await watched(browser, { storageState: { ...state, cookies } });
    let answers = 0;
    await page.route("**/auth/refresh", (route) => ++answers === 1
      ? route.fulfill({ status: 503, contentType: "application/problem+json",
        body: JSON.stringify({ code: "unavailable", user_message: "Not now." }) })
      : route.fallback());
    await open(page, "/auth/ui/account");
    await page.getByRole("alert").getByText("Not now.").waitFor();
    await press(page, "Try again");
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/auth/ui/account");
    assert.equal(await signedInAs(page), user.email);
    await context.close();
  });

  test("an organisation that is no more is forgotten", async () => {
    const tenant = await newTenant();
    const user = await newUser(tenant);
    const { context, page } = await watched(browser);
    await fillSignIn(page, user);
    await arrived(page);
    await context.clearCookies();
    await page.evaluate(() => localStorage.setItem("gatehouse.tenant", "gone-for-good"));
    await open(page, "/auth/ui/sign-in");
    await page.getByLabel("Password", { exact: true }).waitFor();
    assert.equal(await page.evaluate(() => localStorage.getItem("gatehouse.tenant")), null);
    await context.close();
  });

  test("back does not bring what was typed", async () => {
    const user = await newUser(await newTenant());
    const { context, page } = await watched(browser);
    await open(page, "/auth/ui/register?tenant=" + user.tenant);
    await fillSignIn(page, user);
    await arrived(page);
    await page.goBack();
    await page.waitForLoadState("networkidle");
    const typed = await page.locator("input").evaluateAll((all) => all.map((one) => one.value));
    assert.ok(!typed.includes(user.password), page.url());
    await context.close();
  });

  test("a mailed link outlives a change of language", async () => {
    const { context, page } = await watched(browser, { refusals: [400] });
    await open(page, "/auth/ui/reset#token=abcdefghijklmnopqrstuvwxyz");
    await page.getByLabel("Language").selectOption("sw");
    await page.getByLabel("Nenosiri jipya").fill("three-wet-otters-sing");
    const request = page.waitForRequest((one) => one.url().endsWith("/auth/reset-password"));
    await press(page, "Weka nenosiri");
    assert.equal((await request).postDataJSON().token, "abcdefghijklmnopqrstuvwxyz");
    await context.close();
  });

  test("a provider's button starts there, and its failures are told", async () => {
    const tenant = await newTenant({ oauth_providers: [{ id: "corp", name: "Corp & Sons", type: "oauth2",
      authorization_endpoint: "https://corp.example.test/authorize", token_endpoint: "https://corp.example.test/token",
      userinfo_endpoint: "https://corp.example.test/me", client_id: "gatehouse", client_secret: "shh-a-secret", scopes: [] }] });
    const { context, page, faults } = await watched(browser);
    await open(page, `/auth/ui/sign-in?tenant=${tenant}&error=authentication_required#return_to=/demo/`);
    await page.getByRole("alert").getByText("The sign-in at the other service was cancelled.").waitFor();
    await inspect(page, "sign-in-providers");
    const address = await page.getByRole("link", { name: "Continue with Corp & Sons" }).getAttribute("href");
    const answer = await context.request.get(baseUrl + address, { maxRedirects: 0 });
    assert.equal(answer.status(), 302, await answer.text());
    assert.equal(new URL(answer.headers()["location"]).origin, "https://corp.example.test");
    // What a link from outside can make the page say are texts of ours only.
    for (const words of ["error=<b>pay%20here</b>", "ended=<b>pay%20here</b>", "error=constructor"]) {
      await open(page, `/auth/ui/sign-in?tenant=${tenant}&${words}`);
      await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
      await page.locator(".notice").waitFor();
      assert.equal(await page.getByText(/pay here|constructor|native code/).count(), 0);
    }
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("an unknown address says so, on a page of ours", async () => {
    const { context, page, faults } = await watched(browser, { refusals: [404] });
    const answer = await open(page, "/auth/ui/no-such-page");
    assert.equal(answer.status(), 404);
    await heading(page, "There is no such page");
    await inspect(page, "not-found");
    await context.close();
    assert.deepEqual(faults, []);
  });
});

describe("W4", () => {
  test("by keyboard alone", async () => {
    const user = await newUser(await newTenant());
    const { context, page, faults } = await watched(browser);
    await open(page, `/auth/ui/sign-in?tenant=${user.tenant}`);
    await page.getByLabel("E-mail address").waitFor();
    assert.deepEqual(await tabThrough(page), ["E-mail address", "Password", "Show the password", "Forgot your password?",
      "Sign in", "Create an account", "Sign in to another organisation", "Language"]);
    await page.reload();
    await page.getByLabel("E-mail address").waitFor();
    // The first field has the focus already.
    await page.keyboard.type(user.email);
    await page.keyboard.press("Tab");
    await page.keyboard.type(user.password);
    await page.keyboard.press("Enter");
    await arrived(page);
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("in the browser's language, with a switch that stays", async () => {
    const { context, page, faults } = await watched(browser, { locale: "sw-KE" });
    await open(page, "/auth/ui/sign-in?tenant=" + info.tenant);
    await heading(page, "Ingia");
    assert.equal(await page.locator("html").getAttribute("lang"), "sw");
    assert.deepEqual(await findings(page), []);
    await picture(page, "sign-in-sw");
    await page.getByLabel("Lugha").selectOption("en");
    await heading(page, "Sign in");
    await open(page, "/auth/ui/register?tenant=" + info.tenant);
    await heading(page, "Create an account");
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("the server's errors are told in that language", async () => {
    const user = await newUser(await newTenant());
    const { context, page, faults } = await watched(browser, { locale: "sw", refusals: [401] });
    await open(page, `/auth/ui/sign-in?tenant=${user.tenant}`);
    await page.getByLabel("Anwani ya barua pepe").fill(user.email);
    await page.getByLabel("Nenosiri", { exact: true }).fill("not-the-password");
    await press(page, "Ingia");
    await page.getByRole("alert").getByText("Anwani ya barua pepe au nenosiri si sahihi.").waitFor();
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("a first visit costs few and small requests", async () => {
    const { context, page } = await watched(browser);
    const requests = [];
    page.on("requestfinished", (request) => requests.push(request));
    await open(page, "/auth/ui/sign-in?tenant=" + info.tenant);
    await page.getByLabel("Password", { exact: true }).waitFor();
    await page.waitForLoadState("networkidle");
    assert.ok(requests.length < 10, requests.map((one) => one.url()).join("\n"));
    let total = 0;
    for (const request of requests) {
      const { responseBodySize } = await request.sizes();
      total += responseBodySize;
      assert.ok(responseBodySize <= 50 * 1024, `${request.url()}: ${responseBodySize}`);
      const origin = new URL(request.url()).origin;
      assert.equal(origin, baseUrl);
    }
    assert.ok(total <= 100 * 1024, `${total} bytes`);
    await context.close();
  });

  test("every sign-in page suits eyes, readers and narrow windows", async () => {
    const { context, page, faults } = await watched(browser);
    for (const name of ["sign-in", "register", "forgot", "verify"]) {
      await open(page, `/auth/ui/${name}?tenant=${info.tenant}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await page.waitForLoadState("networkidle");
      await inspect(page, name);
      const controls = await page.locator("a, button, input, select").count();
      assert.equal((await tabThrough(page)).length, controls, `${name}: Tab meets everything`);
    }
    await context.close();
    assert.deepEqual(faults, []);
  });
});
