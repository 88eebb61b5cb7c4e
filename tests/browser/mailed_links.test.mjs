// Mails are opened in another browser than the one that asked for them: on the phone, in the mail
// program. Their links lead to the tenant that they came from all the same (SPEC N2, U1, U2, P3, W1).
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";

import { launch, ownPage, send, signIn } from "./support/browser.mjs";
import { linkOf, newestMail } from "./support/mail.mjs";
import { arrives, heading, inspect, open, press, tabThrough, watched } from "./support/page.mjs";
import { arrived, signedInAs } from "./support/sign_in.mjs";
import { cli, newTenant, newUser, sql } from "./support/stack.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

let tenant;
let name;
beforeEach(async () => {
  tenant = await newTenant({ password_min_length: 17 });
  name = `Tenant ${tenant}`;
});

const statusOf = async (email) => (await sql(`SELECT status FROM users WHERE email = '${email}'`))[0];

// The tenant's name above, and in the window's title.
async function inTheTenant(page) {
  await page.locator(".brand").getByText(name, { exact: true }).waitFor();
  assert.match(await page.title(), new RegExp(`· ${name}$`));
}

async function signInHere(page, { email, password }, arrive = "/auth/ui/account") {
  assert.equal(new URL(page.url()).searchParams.get("tenant"), tenant);
  await heading(page, "Sign in");
  await inTheTenant(page);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await press(page, "Sign in");
  await arrived(page, arrive);
  assert.equal(await signedInAs(page), email);
}

// A post of somebody who has no page open: what a test is not about.
async function post(path, json) {
  const page = await ownPage(browser);
  const answer = await send(page, path, { method: "POST", json });
  await page.context().close();
  assert.ok(answer.status < 300, answer.text ?? answer.refused);
}

const posts = (page, path) => {
  const sent = [];
  page.on("request", (request) => request.url().endsWith(path) && sent.push(request));
  return sent;
};

describe("a registration", () => {
  const fresh = () => ({ email: `baraka-${Date.now()}@example.test`, password: "three-wet-otters-sing" });

  test("is confirmed in another browser, and leads to its tenant's sign-in page", async () => {
    const user = fresh();
    const first = await watched(browser);
    await open(first.page, `/auth/ui/register?tenant=${tenant}`);
    await first.page.getByLabel("E-mail address").fill(user.email);
    await first.page.getByLabel("Password", { exact: true }).fill(user.password);
    await press(first.page, "Create the account");
    await heading(first.page, "Look into your mail");
    await first.context.close();

    const { context, page, faults } = await watched(browser);
    await page.goto(linkOf(await newestMail(user.email, "verify_email")));
    await page.getByRole("button", { name: "Confirm my address" }).waitFor();
    await inTheTenant(page);
    assert.equal(await statusOf(user.email), "pending", "opening the link uses nothing up");
    await inspect(page, "mailed-verify");
    await tabThrough(page);
    await press(page, "Confirm my address");
    await heading(page, "Thank you");
    await inTheTenant(page);
    await page.getByRole("link", { name: "Sign in", exact: true }).click();
    await signInHere(page, user);
    await context.close();
    assert.deepEqual([...first.faults, ...faults], []);
  });

  test("back to sign in is the tenant's too", async () => {
    const user = fresh();
    await post("/auth/register", { tenant, ...user });
    const { context, page, faults } = await watched(browser);
    await page.goto(linkOf(await newestMail(user.email, "verify_email")));
    await page.getByRole("button", { name: "Confirm my address" }).waitFor();
    await page.getByRole("link", { name: "Back to sign in" }).click();
    await heading(page, "Sign in");
    await inTheTenant(page);
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("a dead link is told at once, with what to do next", async () => {
    const user = fresh();
    await post("/auth/register", { tenant, ...user });
    const link = linkOf(await newestMail(user.email, "verify_email"));
    await post("/auth/verify-email", { token: link.split("#token=")[1] });
    const { context, page, faults } = await watched(browser, { refusals: [400] });
    const used = posts(page, "/auth/verify-email");
    await page.goto(link);
    await page.getByText("This link was used already").waitFor();
    assert.equal(await page.getByRole("button", { name: "Confirm my address" }).count(), 0);
    assert.ok(await page.getByRole("link", { name: "Back to sign in" }).isVisible());
    await inspect(page, "mailed-verify-dead");
    await tabThrough(page);
    assert.deepEqual(used, []);
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("one that dies while it is looked at is told too", async () => {
    const user = fresh();
    await post("/auth/register", { tenant, ...user });
    const link = linkOf(await newestMail(user.email, "verify_email"));
    const { context, page, faults } = await watched(browser, { refusals: [400] });
    await page.goto(link);
    await page.getByRole("button", { name: "Confirm my address" }).waitFor();
    await post("/auth/verify-email", { token: link.split("#token=")[1] });
    await press(page, "Confirm my address");
    await page.getByRole("alert").getByText("This link was used already").waitFor();
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("where the question has no answer the link can be used all the same", async () => {
    const user = fresh();
    await post("/auth/register", { tenant, ...user });
    const { context, page } = await watched(browser, { refusals: [503] });
    await context.route("**/auth/mailed-link", (route) => route.fulfill({ status: 503, body: "no" }));
    await page.goto(linkOf(await newestMail(user.email, "verify_email")));
    await press(page, "Confirm my address");
    await heading(page, "Thank you");
    assert.equal(await statusOf(user.email), "active");
    await context.close();
  });
});

describe("a reset", () => {
  let user;
  let link;
  beforeEach(async () => {
    user = await newUser(tenant);
    await post("/auth/forgot-password", { tenant, email: user.email });
    link = linkOf(await newestMail(user.email, "reset"));
  });

  test("asks for the tenant's length, and leads to its sign-in page", async () => {
    const { context, page, faults } = await watched(browser, { refusals: [422] });
    await page.goto(link);
    const field = page.getByLabel("New password");
    await field.waitFor();
    await inTheTenant(page);
    assert.ok(await field.evaluate((one) => one === document.activeElement), "has the focus");
    await page.getByText("At least 17 characters", { exact: false }).waitFor();
    // Strong enough elsewhere, too short here: said while typing.
    await field.fill("Zq7!vT4#xKp2");
    await page.getByText("Too easy to guess").waitFor();
    await inspect(page, "mailed-reset");
    await tabThrough(page);
    await field.fill("seven-dry-herons-wait");
    await page.getByText("Strong", { exact: true }).waitFor();
    await press(page, "Set the password");
    await heading(page, "Done");
    await inTheTenant(page);
    await page.getByRole("link", { name: "Sign in", exact: true }).click();
    await signInHere(page, { ...user, password: "seven-dry-herons-wait" });
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("a dead link is told at once, and another can be asked for", async () => {
    await post("/auth/reset-password", {
      token: link.split("#token=")[1], new_password: "seven-dry-herons-wait" });
    const { context, page, faults } = await watched(browser, { refusals: [400] });
    await page.goto(link);
    await page.getByText("This link is no longer valid.").waitFor();
    assert.equal(await page.getByLabel("New password").count(), 0);
    await inspect(page, "mailed-reset-dead");
    await tabThrough(page);
    await page.getByRole("link", { name: "Ask for a new one" }).click();
    await heading(page, "Forgot your password?");
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("where the question has no answer the link can be used all the same", async () => {
    const { context, page } = await watched(browser, { refusals: [503] });
    await context.route("**/auth/mailed-link", (route) => route.abort());
    await page.goto(link);
    await page.getByLabel("New password").fill("seven-dry-herons-wait");
    await press(page, "Set the password");
    await heading(page, "Done");
    await context.close();
  });

  test("outlives a change of language", async () => {
    const { context, page, faults } = await watched(browser);
    await page.goto(link);
    await page.getByLabel("New password").waitFor();
    await page.getByLabel("Language").selectOption("sw");
    await page.getByLabel("Nenosiri jipya").fill("seven-dry-herons-wait");
    await inTheTenant(page);
    await press(page, "Weka nenosiri");
    await heading(page, "Tayari");
    await context.close();
    assert.deepEqual(faults, []);
  });
});

test("U3: another address, confirmed in a browser where nobody is signed in", async () => {
  const user = await newUser(tenant);
  const wanted = `new-${user.email}`;
  const { state, csrf } = await signIn(browser, user);
  const desk = await ownPage(browser, state);
  const asked = await send(desk, "/auth/me/email", { method: "POST", headers: { "X-CSRF-Token": csrf },
    json: { new_email: wanted, password: user.password } });
  assert.equal(asked.status, 202, asked.text);
  await desk.context().close();
  const { context, page, faults } = await watched(browser);
  await page.goto(linkOf(await newestMail(wanted, "verify_email")));
  await press(page, "Confirm my address");
  await heading(page, "Thank you");
  await page.getByRole("link", { name: "Sign in", exact: true }).click();
  await signInHere(page, { email: wanted, password: user.password });
  await context.close();
  assert.deepEqual(faults, []);
});

test("U2: a new hire signs in with what the welcome mail says", async () => {
  const { state, csrf } = await signIn(browser, await newUser(tenant, "--tenant-admin"));
  const desk = await ownPage(browser, state);
  const email = `hire-${Date.now()}@example.test`;
  const made = await send(desk, "/auth/users", { method: "POST", headers: { "X-CSRF-Token": csrf },
    json: { email, first_name: "Juma", last_name: "Otieno" } });
  assert.equal(made.status, 201, made.text);
  await desk.context().close();
  const mail = await newestMail(email, "welcome");
  const password = mail.split(/\r?\n/).find((line) => /^\S{16,}$/.test(line) && !line.includes("://"));
  const { context, page, faults } = await watched(browser, { refusals: [403] });
  await page.goto(linkOf(mail));
  await signInHere(page, { email, password }, "/auth/ui/change-password");
  await heading(page, "Choose a new password");
  await context.close();
  assert.deepEqual(faults, []);
});

test("S1: the mail of a new device leads to the account, by its tenant's sign-in page", async () => {
  await cli(["tenant", "set", tenant, "max_sessions=0"]);
  const user = await newUser(tenant);
  for (const id of ["a", "b"]) {
    await post("/auth/login", { tenant, email: user.email, password: user.password, device: { id, name: id } });
  }
  const { context, page, faults } = await watched(browser, { refusals: [401] });
  await page.goto(linkOf(await newestMail(user.email, "new_device")));
  await arrives(page, (url) => url.pathname === "/auth/ui/sign-in");
  await signInHere(page, user);
  await page.getByRole("heading", { name: "Profile" }).waitFor();
  await context.close();
  assert.deepEqual(faults, []);
});
