// "My account" (SPEC W2): password, second factor, and what must be done first.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";

import { launch, ownPage, send, signIn } from "./support/browser.mjs";
import { arrives, inspect, open, picture, reloadTo, tabThrough, watched } from "./support/page.mjs";
import { newTenant, newUser, signInOf } from "./support/stack.mjs";
import { freshCode } from "./support/totp.mjs";

const security = "/auth/ui/account#/security";
let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

async function atSecurity(user, { refusals = [], heading = "Security", ...options } = {}) {
  const { state, csrf } = await signIn(browser, user);
  const seen = await watched(browser, { storageState: state, refusals, ...options });
  await open(seen.page, security);
  await seen.page.getByRole("heading", { level: 1, name: heading }).waitFor();
  return { ...seen, csrf };
}

const newPerson = async (settings = {}) => newUser(await newTenant({ max_sessions: 0, ...settings }));

const done = async ({ context, faults }) => {
  assert.deepEqual(faults, []);
  await context.close();
};

const said = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();

// What the sign-in says to this password on another device: 200, 401, or "code" where a second step
// follows.
async function signInAnswer(user, password = user.password) {
  const page = await ownPage(browser);
  const { status, json } = await send(page, "/auth/login", { method: "POST",
    json: { ...signInOf(user, "body"), password } });
  await page.context().close();
  return json.mfa_required ? "code" : status;
}

const focused = (page, kind) =>
  page.waitForFunction((name) => document.activeElement?.classList.contains(name), kind);

// The key as a person would type it into an app.
const secretOn = async (scope) => (await scope.locator(".secret").innerText()).replace(/\s/g, "");

// All ten, once they are there.
async function codesOn(scope) {
  const items = scope.getByRole("list", { name: "Recovery codes" }).getByRole("listitem");
  await items.nth(9).waitFor();
  return items.allInnerTexts();
}

test("W2, P4: the password is changed, and others are signed out", async () => {
  const user = await newPerson();
  const other = await atSecurity(user, { refusals: [401] });
  const seen = await atSecurity(user, { refusals: [403, 422] });
  const { page } = seen;
  const dialog = page.getByRole("dialog");
  await page.getByRole("button", { name: "Change the password" }).click();
  const current = dialog.getByLabel("Current password");
  const wanted = dialog.getByLabel("New password", { exact: true });
  assert.ok(await current.evaluate((field) => field === document.activeElement));
  await wanted.fill("password1234");
  await dialog.getByText("Too easy to guess").waitFor();
  await current.fill(user.password);
  await dialog.getByRole("button", { name: "Change the password" }).click();
  await dialog.getByText("This password is too easy to guess.").waitFor();
  assert.equal(await wanted.getAttribute("aria-invalid"), "true");
  await inspect(page, "account-password");
  await tabThrough(page);
  await current.fill("some other password");
  await wanted.fill("marula-canoe-lantern-42");
  await dialog.getByRole("button", { name: "Change the password" }).click();
  await dialog.getByText("Your current password is not right.").waitFor();
  await current.fill(user.password);
  await dialog.getByRole("button", { name: "Change the password" }).click();
  await said(page, "Your password is changed.");
  assert.equal(await dialog.count(), 0);
  assert.equal(await signInAnswer(user), 401);
  assert.equal(await signInAnswer(user, "marula-canoe-lantern-42"), 200);
  await page.reload();
  await page.getByRole("heading", { name: "Security" }).waitFor();
  await reloadTo(other.page, /sign-in\?ended=password_changed/);
  await done(other);
  await done(seen);
});

test("W2, F1, F3: the second factor is set up, used, renewed and turned off", async () => {
  const user = await newPerson();
  const seen = await atSecurity(user, { refusals: [401, 403, 422] });
  const { page, context } = seen;
  const main = page.getByRole("main");
  const dialog = page.getByRole("dialog");
  await inspect(page, "account-security");
  await tabThrough(page);
  await main.getByRole("button", { name: "Set it up" }).click();
  await main.getByText("Step 1 of 3").waitFor();
  await focused(page, "step");
  await main.getByRole("button", { name: "Cancel" }).click();
  await page.waitForFunction(() => document.activeElement?.tagName === "H1");
  await main.getByRole("button", { name: "Set it up" }).click();
  await main.getByLabel("Current password").fill("not this one");
  await main.getByRole("button", { name: "Continue" }).click();
  await main.getByText("Your current password is not right.").waitFor();
  await main.getByLabel("Current password").fill(user.password);
  await main.getByRole("button", { name: "Continue" }).click();

  const secret = await secretOn(main);
  assert.match(secret, /^[A-Z2-7]{32}$/);
  const qr = main.getByRole("img", { name: "QR code for your authenticator app" });
  assert.ok(await qr.evaluate((image) => image.complete && image.naturalWidth > 0));
  assert.match(await main.locator("a[href^='otpauth:']").getAttribute("href"), new RegExp(`secret=${secret}`));
  await inspect(page, "account-factor-scan");
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await main.getByRole("button", { name: "Copy the key" }).click();
  await said(page, "Copied");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
  // Six digits are sent by themselves.
  await main.getByLabel("Code from the app").fill("000000");
  await main.getByText("That code is not right.").waitFor();
  await main.getByLabel("Code from the app").fill(await freshCode(secret));

  await main.getByText("Step 3 of 3").waitFor();
  const codes = await codesOn(main);
  assert.equal(new Set(codes).size, 10);
  await inspect(page, "account-factor-codes");
  const arriving = page.waitForEvent("download");
  await main.getByRole("button", { name: "Download" }).click();
  const text = await readFile(await (await arriving).path(), "utf8");
  assert.deepEqual(text.split("\r\n").slice(3).filter(Boolean), codes);
  assert.ok(text.includes(user.email));
  await main.getByRole("button", { name: "Copy" }).click();
  await page.waitForFunction(async (all) => await navigator.clipboard.readText() === all, codes.join("\n"));
  // Paper gets the codes, whose they are, and no buttons.
  await page.emulateMedia({ media: "print" });
  await picture(page, "account-factor-print");
  await main.getByText(`Recovery codes of ${user.email}`).waitFor();
  assert.equal(await page.locator("button:visible, a:visible, h1:visible").count(), 0);
  await page.emulateMedia({ media: "screen" });
  // Looking elsewhere does not lose them, and they must be said to be safe.
  await page.getByRole("link", { name: "Devices" }).click();
  await page.getByRole("heading", { level: 1, name: "Devices" }).waitFor();
  await page.getByRole("link", { name: "Security" }).click();
  assert.deepEqual(await codesOn(main), codes);
  await main.getByRole("button", { name: "Done" }).click();
  await main.getByText("Please tick this first.").waitFor();
  await main.getByLabel("I have saved these codes").check();
  await main.getByRole("button", { name: "Done" }).click();
  await main.getByRole("button", { name: "New recovery codes" }).waitFor();
  assert.equal(await signInAnswer(user), "code");
  await inspect(page, "account-factor-on");

  await main.getByRole("button", { name: "New recovery codes" }).click();
  await dialog.getByLabel("Current password").fill(user.password);
  await dialog.getByLabel("Code from your authenticator app").fill(codes[0]);
  await inspect(page, "account-factor-renew");
  await dialog.getByRole("button", { name: "Make new codes" }).click();
  await dialog.waitFor({ state: "detached" });
  const renewed = await codesOn(main);
  await focused(page, "step");
  assert.equal(renewed.filter((code) => codes.includes(code)).length, 0);
  await main.getByLabel("I have saved these codes").check();
  await main.getByRole("button", { name: "Done" }).click();

  // With the second factor on, a new password needs a code too.
  await page.getByRole("button", { name: "Change the password" }).click();
  await dialog.getByLabel("Current password").fill(user.password);
  await dialog.getByLabel("New password", { exact: true }).fill("marula-canoe-lantern-42");
  await dialog.getByRole("button", { name: "Change the password" }).click();
  await dialog.getByText("Please fill this in.").waitFor();
  await dialog.getByLabel("Code from your authenticator app").fill(renewed[0]);
  await dialog.getByRole("button", { name: "Change the password" }).click();
  await said(page, "Your password is changed.");

  await main.getByRole("button", { name: "Turn off" }).click();
  await dialog.getByLabel("Current password").fill("marula-canoe-lantern-42");
  await dialog.getByLabel("Code from your authenticator app").fill(codes[1]);
  await dialog.getByRole("button", { name: "Turn off" }).click();
  await dialog.getByText("That code is not right.").waitFor();  // of those that were replaced
  await dialog.getByLabel("Code from your authenticator app").fill(renewed[1]);
  await dialog.getByRole("button", { name: "Turn off" }).click();
  await said(page, "Two-step sign-in is off.");
  await main.getByRole("button", { name: "Set it up" }).waitFor();
  assert.equal(await signInAnswer(user, "marula-canoe-lantern-42"), 200);
  await done(seen);
});

test("W2: a code that turns out to be needed is asked for", async () => {
  const user = await newPerson();
  const seen = await atSecurity(user, { refusals: [403] });
  const { page, csrf } = seen;
  // Meanwhile, in another window.
  const how = (json) => ({ method: "POST", json, headers: { "X-CSRF-Token": csrf } });
  const { json: { secret } } = await send(page, "/auth/2fa/enrol", how({ password: user.password }));
  const confirmed = await send(page, "/auth/2fa/confirm", how({ code: await freshCode(secret) }));
  await page.getByRole("button", { name: "Change the password" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Current password").fill(user.password);
  await dialog.getByLabel("New password", { exact: true }).fill("marula-canoe-lantern-42");
  await dialog.getByRole("button", { name: "Change the password" }).click();
  await dialog.getByText("Please enter the code").waitFor();
  await dialog.getByLabel("Code from your authenticator app").fill(confirmed.json.recovery_codes[0]);
  await dialog.getByRole("button", { name: "Change the password" }).click();
  await said(page, "Your password is changed.");
  await done(seen);
});

test("W2, F4: who must set up the second factor sees this alone, and then goes on", async () => {
  const user = await newPerson({ require_2fa: "all" });
  const seen = await watched(browser, { refusals: [403] });
  const { page } = seen;
  await open(page, `/auth/ui/sign-in?tenant=${user.tenant}`);
  await page.getByLabel("E-mail address").fill(user.email);
  await page.getByLabel("Password", { exact: true }).fill(user.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Set up two-step sign-in" }).waitFor();
  await page.getByText("Your organisation asks for a second step").waitFor();
  await inspect(page, "account-enrol");
  const met = await tabThrough(page);
  assert.deepEqual(met, ["Current password", "Show the password", "Continue", "Sign out", "Language"]);
  // Nor anything else by its address.
  await open(page, "/auth/ui/account#/devices");
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Set up two-step sign-in" }).waitFor();
  assert.equal(await page.getByRole("navigation").count(), 0);

  await page.getByLabel("Current password").fill(user.password);
  await page.getByRole("button", { name: "Continue" }).click();
  const secret = await secretOn(page);
  await inspect(page, "account-enrol-scan");
  await page.getByLabel("Code from the app").fill(await freshCode(secret));
  await page.getByText("Step 3 of 3").waitFor();
  await inspect(page, "account-enrol-codes");
  assert.equal((await codesOn(page)).length, 10);
  await page.getByLabel("I have saved these codes").check();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("heading", { level: 1, name: "Security" }).waitFor();
  await said(page, "You are all set.");
  await page.getByRole("link", { name: "Devices" }).click();
  await page.getByText("This device").waitFor();
  assert.equal(await signInAnswer(user), "code");
  await done(seen);
});

test("W2, F4: who must set up the second factor can leave", async () => {
  const user = await newPerson({ require_2fa: "all" });
  const seen = await atSecurity(user, { refusals: [401, 403], heading: "Set up two-step sign-in" });
  await seen.page.getByRole("button", { name: "Sign out" }).click();
  await arrives(seen.page, /\/auth\/ui\/sign-in/);
  assert.equal((await send(seen.page, "/auth/session")).status, 401);
  await done(seen);
});

test("W2, P5: who must change the password is sent there first", async () => {
  const user = await newPerson();
  const seen = await atSecurity(user, { refusals: [403] });
  const { page } = seen;
  await page.route("**/auth/info", (route) => route.fulfill({ status: 403, contentType: "application/problem+json",
    body: JSON.stringify({ code: "password_change_required", user_message: "Please choose a new password first." }) }));
  await reloadTo(page, /change-password#return_to=/);
  await page.getByRole("heading", { name: "Choose a new password" }).waitFor();
  await done(seen);
});
