// What forms do with what people enter: where the focus is, what is told at which field, and that
// nothing entered is lost without a question (SPEC W1, W2).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { launch, ownPage, send, signIn } from "./support/browser.mjs";
import { inspect, open, watched } from "./support/page.mjs";
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
    await page.waitForURL(/account/);
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
    await page.waitForURL(/sign-in/);
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
    await other.waitForURL(/account/);
    await other.close();
    await page.getByRole("button", { name: "Save" }).click();
    await page.locator(".toast").getByText("Saved.").waitFor();
    assert.equal((await api("/auth/me")).json.first_name, "Wanjiku");
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
