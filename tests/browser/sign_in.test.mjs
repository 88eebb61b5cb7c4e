// Signing in on the hosted pages (SPEC W1, W4, S2, F2), as people do.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { launch, ownPage, send, signIn } from "./support/browser.mjs";
import { findings, heading, inspect, open, picture, press, reloadTo, tabThrough, watched } from "./support/page.mjs";
import { arrived, fillSignIn, signedInAs } from "./support/sign_in.mjs";
import { baseUrl, info, newTenant, newUser } from "./support/stack.mjs";
import { freshCode } from "./support/totp.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

// Second factor on, by the API; the secret.
async function withSecondFactor(user) {
  const { state, csrf } = await signIn(browser, user);
  const page = await ownPage(browser, state);
  const post = (path, json) =>
    send(page, path, { method: "POST", json, headers: { "X-CSRF-Token": csrf } });
  const { secret } = (await post("/auth/2fa/enrol", { password: user.password })).json;
  const confirmed = await post("/auth/2fa/confirm", { code: await freshCode(secret) });
  assert.equal(confirmed.status, 200, confirmed.text);
  await page.context().close();
  return { secret, recovery: confirmed.json.recovery_codes };
}

describe("W1 register, verify, sign in", () => {
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
    await reloadTo(first.page, (url) => url.pathname === "/auth/ui/sign-in");
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
