// Registration, mailed links and new passwords on the hosted pages (SPEC W1, U1, P3, P5), as people
// meet them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { launch, ownPage, send, signIn } from "./support/browser.mjs";
import { linkOf, newestMail } from "./support/mail.mjs";
import { heading, inspect, open, press, watched } from "./support/page.mjs";
import { arrived, fillSignIn, signedInAs } from "./support/sign_in.mjs";
import { newTenant, newUser, sql } from "./support/stack.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

describe("W1 register, verify, sign in", () => {
  test("a person comes in through the mail's link", async () => {
    const tenant = await newTenant();
    const name = (await sql(`SELECT name FROM tenants WHERE slug = '${tenant}'`))[0];
    const { context, page, faults } = await watched(browser, { refusals: [400, 403, 422] });
    await open(page, `/auth/ui/sign-in?tenant=${tenant}`);
    await page.getByRole("link", { name: "Create an account" }).click();
    await heading(page, "Create an account");
    await page.getByText(name).first().waitFor();
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
    await page.getByRole("button", { name: "Confirm my address" }).waitFor();
    await inspect(page, "verify");
    await press(page, "Confirm my address");
    await heading(page, "Thank you");
    await inspect(page, "verify-done");

    await page.getByRole("link", { name: "Sign in" }).click();
    await page.getByText(name).waitFor();
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password", { exact: true }).fill("three-wet-otters-sing");
    await press(page, "Sign in");
    await arrived(page);
    assert.equal(await signedInAs(page), email);

    await page.goto(link);
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
    const desk = await ownPage(browser, state);
    const email = `juma-${Date.now()}@example.test`;
    const made = await send(desk, "/auth/users", { method: "POST", headers: { "X-CSRF-Token": csrf },
      json: { email, first_name: "Juma", last_name: "Otieno" } });
    assert.equal(made.status, 201, made.text);
    await desk.context().close();
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
    await page.getByText("Your current password is not right.").waitFor();
    await page.getByLabel("Current password").fill(generated);
    await press(page, "Change the password");
    await arrived(page);
    assert.equal(await signedInAs(page), email);
    await context.close();
    assert.deepEqual(faults, []);
  });
});
