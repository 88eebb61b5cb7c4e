// What forms do with what people enter: where the focus is, what is told at which field, and that
// nothing entered is lost without a question (SPEC W1, W2).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { launch, ownPage, send, signIn } from "./support/browser.mjs";
import { arrives, inspect, open, watched } from "./support/page.mjs";
import { newTenant, newUser } from "./support/stack.mjs";
import { freshCode } from "./support/totp.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

const newPerson = async (settings = {}, ...flags) => newUser(await newTenant({ max_sessions: 0, ...settings }), ...flags);

const done = async ({ context, faults }) => {
  assert.deepEqual(faults, []);
  await context.close();
};

const focusOn = (locator) => locator.evaluate((element) => new Promise((settled) => {
  const look = (left) => document.activeElement === element || left === 0
    ? settled(document.activeElement === element) : setTimeout(look, 50, left - 1);
  look(40);
}));
const hasFocus = async (locator, name) => assert.ok(await focusOn(locator), `${name} has the focus`);

async function withSecondFactor(user) {
  const { state, csrf } = await signIn(browser, user);
  const page = await ownPage(browser, state);
  const post = (path, json) => send(page, path, { method: "POST", json, headers: { "X-CSRF-Token": csrf } });
  const { secret } = (await post("/auth/2fa/enrol", { password: user.password })).json;
  await post("/auth/2fa/confirm", { code: await freshCode(secret) });
  await page.context().close();
  return secret;
}

async function fillSignIn(page, user) {
  await open(page, `/auth/ui/sign-in?tenant=${user.tenant}`);
  await page.getByLabel("E-mail address").fill(user.email);
  await page.getByLabel("Password", { exact: true }).fill(user.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

// Somebody's page of the account, or of the administration.
async function at(view, { user, refusals = [], page: name = "account", ...options } = {}) {
  const somebody = user ?? await newPerson();
  const { state, csrf, sessionId } = await signIn(browser, somebody);
  const seen = await watched(browser, { storageState: state, refusals, ...options });
  await open(seen.page, `/auth/ui/${name}#/${view}`);
  await seen.page.getByRole("heading", { level: 1 }).waitFor();
  return { ...seen, user: somebody, csrf, sessionId, api: (path, how) => send(seen.page, path, how) };
}

describe("W1 focus", () => {
  test("a code that is asked for has the focus, a wrong one is told at its field and typed over", async () => {
    const user = await newPerson();
    const secret = await withSecondFactor(user);
    const seen = await watched(browser, { refusals: [401] });
    const { page } = seen;
    await fillSignIn(page, user);
    const code = page.getByLabel("Code from your authenticator app");
    await hasFocus(code, "the code's field");
    await code.pressSequentially("000000");
    await page.getByText("code is not right").or(page.locator(".field-error")).first().waitFor();
    await hasFocus(code, "the code's field");
    assert.equal(await code.getAttribute("aria-invalid"), "true");
    assert.equal(await page.locator(".notice").count(), 0);
    await inspect(page, "second-factor-wrong");
    await page.getByRole("button", { name: "Use a recovery code instead" }).click();
    await hasFocus(page.getByLabel("Recovery code"), "the recovery code's field");
    assert.equal(await page.locator(".field-error").count(), 0);
    await page.getByRole("button", { name: "Use the authenticator app instead" }).click();
    await hasFocus(code, "the code's field");
    await code.pressSequentially("111111");
    await page.locator(".field-error").waitFor();
    await hasFocus(code, "the code's field");
    await page.keyboard.type(await freshCode(secret));
    await arrives(page, /account/);
    await done(seen);
  });

  test("the choice of an organisation begins in its field", async () => {
    const seen = await watched(browser);
    await open(seen.page, "/auth/ui/sign-in");
    await seen.page.getByRole("button", { name: "Sign in to another organisation" }).click();
    await hasFocus(seen.page.getByLabel("Organisation"), "the organisation's field");
    await done(seen);
  });
});

describe("W2 what was entered", () => {
  test("signing out asks first where something would be lost", async () => {
    const user = await newPerson({}, "--tenant-admin");
    const seen = await at("settings", { user, page: "admin" });
    const { page, api } = seen;
    let asked = 0;
    page.on("dialog", (dialog) => { ++asked; void dialog.accept(); });
    await page.getByLabel("Shortest password").fill("17");
    await page.getByRole("button", { name: "Sign out" }).click();
    const question = page.getByRole("dialog", { name: "Leave without saving?" });
    await inspect(page, "leave-without-saving");
    await question.getByRole("button", { name: "Cancel" }).click();
    assert.equal((await api("/auth/session")).status, 200);
    await page.getByLabel("Language").selectOption("sw");
    await question.getByRole("button", { name: "Cancel" }).click();
    assert.equal(await page.getByLabel("Language").inputValue(), "en");
    assert.equal(await page.getByLabel("Shortest password").inputValue(), "17");
    await page.getByRole("button", { name: "Save settings" }).click();
    await page.locator(".toast").getByText("saved", { exact: false }).waitFor();
    await page.getByLabel("Shortest password").fill("18");
    await page.getByRole("button", { name: "Sign out" }).click();
    await question.getByRole("button", { name: "Leave" }).click();
    await arrives(page, /sign-in/);
    assert.equal(asked, 0, "the browser asks once more");
    await done(seen);
  });

  test("what is undone leaves later changes alone", async () => {
    const seen = await at("profile");
    const { page, api } = seen;
    const save = async (label, text) => {
      await page.getByLabel(label).fill(text);
      await page.getByRole("button", { name: "Save" }).click();
      await page.waitForFunction(() => !document.querySelector("form[aria-busy=true]"));
    };
    await save("First name", "Wanjiku");
    await save("Last name", "Otieno");
    await page.getByLabel("Postal address").fill("Moi Avenue 1");
    await page.getByRole("button", { name: "Undo" }).first().click();
    await page.waitForFunction(() => document.querySelector("[name=first_name]").value === "");
    assert.equal(await page.getByLabel("Postal address").inputValue(), "Moi Avenue 1");
    const { first_name: first, last_name: last } = (await api("/auth/me")).json;
    assert.deepEqual([first, last], [null, "Otieno"]);
    await done(seen);
  });

  test("a session that ended under a form is begun anew in another tab", async () => {
    const seen = await at("profile", { refusals: [401, 403] });
    const { page, user, context, csrf, sessionId, api } = seen;
    await page.getByLabel("First name").fill("Wanjiku");
    await api(`/auth/me/sessions/${sessionId}`, { method: "DELETE", headers: { "X-CSRF-Token": csrf } });
    await page.getByRole("button", { name: "Save" }).click();
    const again = page.getByRole("link", { name: "Sign in again in a new tab" });
    await again.waitFor();
    await inspect(page, "session-ended");
    const [other] = await Promise.all([context.waitForEvent("page"), again.click()]);
    await other.getByLabel("E-mail address").waitFor();
    await fillSignIn(other, user);
    await arrives(other, /account/);
    await other.close();
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".toast").getByText("Saved.").waitFor();
    assert.equal((await api("/auth/me")).json.first_name, "Wanjiku");
    await done(seen);
  });
});

describe("W2 forms", () => {
  test("what is pasted is read before it is judged, and a blank is nothing", async () => {
    const seen = await at("profile");
    const { page, api } = seen;
    for (const pasted of [" +254 712 345 678 ", "+254\u00a0712\u00a0345\u00a0679", "+254\u2013712\u2013345\u2013680"]) {
      await page.getByLabel("Phone").fill(pasted);
      await page.getByRole("button", { name: "Save" }).click();
      await page.waitForFunction(() => !document.querySelector("form[aria-busy=true]"));
      assert.equal(await page.locator(".field-error").count(), 0, pasted);
      assert.equal((await api("/auth/me")).json.phone, pasted.replace(/[^+\d]/g, ""));
    }
    await page.getByLabel("Phone").fill("0712 345 678");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("That is not a telephone number with its country code.").waitFor();
    await inspect(page, "profile-phone");
    await page.getByLabel("Phone").fill("");
    await page.getByRole("button", { name: "Save" }).click();
    await page.waitForFunction(() => !document.querySelector("form[aria-busy=true]"));
    assert.equal((await api("/auth/me")).json.phone, null);
    await page.getByLabel("First name").fill("   ");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".who-name").getByText(seen.user.email).waitFor();
    await done(seen);
  });

  test("a profile that was begun is not lost by the menu or by back", async () => {
    const seen = await at("devices");
    const { page } = seen;
    const question = page.getByRole("dialog", { name: "Leave without saving?" });
    await page.getByRole("link", { name: "Profile" }).click();
    await page.getByLabel("First name").fill("Wanjiku");
    await page.getByRole("link", { name: "Security" }).click();
    await question.getByRole("button", { name: "Cancel" }).click();
    for (let i = 0; i < 2; ++i) {
      await page.goBack();
      if (i === 0 && !(await question.isVisible())) await page.goBack();
      await question.waitFor();
      await page.keyboard.press("Escape");
      await question.waitFor({ state: "detached" });
      assert.match(page.url(), /#\/profile$/);
    }
    assert.equal(await page.getByLabel("First name").inputValue(), "Wanjiku");
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".toast").getByText("Saved.").waitFor();
    await page.getByRole("link", { name: "Security" }).click();
    await page.getByRole("heading", { level: 1, name: "Security" }).waitFor();
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Profile" }).waitFor();
    await page.getByLabel("Last name").fill("Otieno");
    await page.goBack();
    await question.getByRole("button", { name: "Leave" }).click();
    await page.getByRole("heading", { level: 1, name: "Devices" }).waitFor();
    await done(seen);
  });

  test("a password that was shown keeps its button's name and is hidden on sending", async () => {
    const user = await newPerson();
    const seen = await watched(browser, { refusals: [401] });
    const { page } = seen;
    await open(page, `/auth/ui/sign-in?tenant=${user.tenant}`);
    const password = page.getByLabel("Password", { exact: true });
    await page.getByLabel("E-mail address").fill(user.email);
    await password.fill(" wrong ");
    const show = page.getByRole("button", { name: "Show the password" });
    await show.click();
    assert.equal(await show.getAttribute("aria-pressed"), "true");
    assert.equal(await password.getAttribute("type"), "text");
    const sent = page.waitForRequest("**/auth/login");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    assert.equal((await sent).postDataJSON().password, " wrong ");
    await page.getByRole("alert").waitFor();
    assert.equal(await password.getAttribute("type"), "password");
    await done(seen);
  });

  test("the choice of another organisation is left by Cancel and by back", async () => {
    const user = await newPerson();
    const seen = await watched(browser);
    const { page } = seen;
    await open(page, `/auth/ui/sign-in?tenant=${user.tenant}`);
    const other = page.getByRole("button", { name: "Sign in to another organisation" });
    await other.click();
    await page.getByRole("link", { name: /^Go to / }).waitFor();
    await inspect(page, "choose-tenant");
    await page.getByLabel("Organisation").fill("Wo rse");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByText("Letters from a to z, digits and dashes only.").waitFor();
    await page.getByRole("button", { name: "Cancel" }).click();
    await other.click();
    await page.getByLabel("Organisation").waitFor();
    await page.goBack();
    await other.click();
    await page.getByLabel("Organisation").fill(` ${user.tenant.toUpperCase()} `);
    await page.getByRole("button", { name: "Continue" }).click();
    await arrives(page, new RegExp(`tenant=${user.tenant}`));
    await page.getByLabel("E-mail address").waitFor();
    await done(seen);
  });
});

describe("W3 views", () => {
  test("who locks themselves out of the console is led to their second factor, and back", async () => {
    const user = await newPerson({}, "--tenant-admin");
    const seen = await at("settings", { user, page: "admin", refusals: [403] });
    const { page, api, csrf } = seen;
    const { tenant_id: tenant } = (await api("/auth/me")).json;
    await api(`/auth/tenants/${tenant}/settings`, { method: "PATCH", json: { require_2fa: "all" },
      headers: { "X-CSRF-Token": csrf } });
    await page.getByLabel("Shortest password").fill("17");
    await page.getByRole("button", { name: "Save settings" }).click();
    await page.getByRole("link", { name: "Do that now" }).waitFor();
    await page.getByLabel("Shortest password").fill("10");
    await page.getByRole("link", { name: "People", exact: true }).click();
    await page.getByLabel("Current password").fill(user.password);
    await page.getByRole("button", { name: "Continue" }).click();
    const secret = (await page.locator(".secret").innerText()).replace(/\s/g, "");
    await page.locator("[name=code]").fill(await freshCode(secret));
    await page.getByRole("checkbox").check();
    await page.locator("button[type=submit]").click();
    await arrives(page, /admin#\/users/);
    await page.getByRole("heading", { level: 1, name: "People" }).waitFor();
    await done(seen);
  });

  test("a question goes with its view; a list is found again as it was left", async () => {
    const user = await newPerson({}, "--tenant-admin");
    const items = Array.from({ length: 60 }, (_, i) => ({ id: `0192a200-0000-7000-8000-0000000000${10 + i}`, name: `Service ${i}`,
      client_id: `gh_${i}`, created_at: "2026-01-01T00:00:00Z" }));
    const seen = await at("services", { user, page: "admin" });
    const { page } = seen;
    await page.route("**/auth/service-credentials*", (route) => {
      const url = new URL(route.request().url());
      const from = Number(url.searchParams.get("cursor") ?? 0);
      const to = from + Number(url.searchParams.get("limit") ?? 50);
      return route.fulfill({ json: { items: items.slice(from, to), next_cursor: to < items.length ? String(to) : null } });
    });
    await page.getByRole("link", { name: "Roles" }).click();
    await page.getByRole("heading", { level: 1, name: "Roles" }).waitFor();
    await page.locator(".side a").last().click();
    await page.getByRole("button", { name: "Show more" }).focus();
    await page.keyboard.press("Enter");
    const row = page.getByRole("row").filter({ hasText: "Service 50" });
    await hasFocus(row, "the first new row");
    await page.evaluate(() => scrollTo(0, 1e6));
    const y = await page.evaluate(() => scrollY);
    await page.getByRole("link", { name: "Settings" }).evaluate((link) => link.click());
    await page.getByRole("heading", { level: 1, name: "Settings" }).waitFor();
    await page.goBack();
    await page.getByRole("rowheader", { name: "Service 59" }).waitFor();
    await page.waitForFunction((far) => Math.abs(scrollY - far) < 5, y);
    await page.getByRole("row").filter({ hasText: "Service 59" }).getByRole("button").click();
    await page.getByRole("dialog").waitFor();
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "Roles" }).waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await done(seen);
  });

  test("a message that can be undone waits while it has the focus, and gives it back", async () => {
    const seen = await at("profile");
    const { page } = seen;
    await page.clock.install();
    await page.getByLabel("First name").fill("Wanjiku");
    const save = page.getByRole("button", { name: "Save" });
    await save.click();
    const undo = page.getByRole("button", { name: "Undo" });
    await undo.waitFor();
    await save.focus();
    await undo.focus();
    await page.clock.runFor(30_000);
    assert.equal(await undo.count(), 1);
    await page.getByRole("button", { name: "Dismiss" }).focus();
    await page.keyboard.press("Enter");
    await page.clock.runFor(1000);
    await hasFocus(save, "what had the focus before");
    await done(seen);
  });
});

describe("W4 answers that are not ours", () => {
  for (const [name, status, type, body, told] of [
    ["JSON of another kind", 403, "application/json", '{"error":"forbidden"}', "Something went wrong on this page."],
    ["a page with 503", 503, "text/html", "<h1>Busy</h1>", "The service is not available at the moment."],
    ["a page with 413", 413, "text/html", "<h1>Large</h1>", "That is too large to be sent."],
    ["a failure of something between", 500, "application/json", '{"message":"?"}', "Something went wrong on our side."],
  ]) {
    test(`${name} is told by its status`, async () => {
      const seen = await at("profile", { refusals: [status] });
      const { page } = seen;
      await page.route("**/auth/me", (route) => route.fulfill({ status, contentType: type, body }));
      await page.getByLabel("First name").fill("Wanjiku");
      await page.getByRole("button", { name: "Save" }).click();
      await page.getByRole("alert").filter({ hasText: told }).waitFor();
      assert.doesNotMatch(await page.getByRole("main").innerText(), /undefined/);
      await done(seen);
    });
  }

  test("an answer of another shape is a failure, not a duty", async () => {
    for (const body of ["{}", "null"]) {
      const { state } = await signIn(browser, await newPerson());
      const { context, page } = await watched(browser, { storageState: state });
      await page.route("**/auth/info", (route) => route.fulfill({ contentType: "application/json", body }));
      await open(page, "/auth/ui/account");
      await page.getByRole("button", { name: "Try again" }).waitFor();
      await page.unroute("**/auth/info");
      await page.getByRole("button", { name: "Try again" }).click();
      await page.getByRole("heading", { level: 1, name: "Profile" }).waitFor();
      await context.close();
    }
  });

  test("a page whose texts do not come says so", async () => {
    const { context, page } = await watched(browser);
    await page.route(/\/assets\/en\..*\.js/, (route) => route.abort());
    await open(page, "/auth/ui/sign-in");
    await page.getByRole("heading", { name: "A part of this page does not arrive" }).waitFor({ timeout: 5000 });
    await inspect(page, "stuck");
    await page.unroute(/\/assets\/en\..*\.js/);
    await page.getByRole("link", { name: "Reload" }).click();
    await page.getByLabel("E-mail address").waitFor();
    await context.close();
  });
});
