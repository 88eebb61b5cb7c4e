// "My account" (SPEC W2, O2): accounts elsewhere, and people who have no password here.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";

import { launch, signIn } from "./support/browser.mjs";
import { openProvider } from "./support/oauth_provider.mjs";
import { arrives, inspect, open, tabThrough, watched } from "./support/page.mjs";
import { baseUrl, newTenant, newUser, sql } from "./support/stack.mjs";

let browser;
let provider;
const email = `linked-${randomBytes(6).toString("hex")}@example.test`;
before(async () => {
  browser = await launch();
  provider = await openProvider({ sub: "somebody-7", email, email_verified: true });
});
after(async () => {
  await browser.close();
  await provider.close();
});

const newPlace = () => newTenant({ max_sessions: 0, oauth_providers: [provider.setting] });

const done = async ({ context, faults }) => {
  assert.deepEqual(faults, []);
  await context.close();
};

const said = (page, text) => page.getByRole("status").filter({ hasText: text }).waitFor();

test("W2, O2: an account elsewhere is linked and unlinked", async () => {
  const user = await newUser(await newPlace());
  const { state, userId } = await signIn(browser, user);
  const seen = await watched(browser, { storageState: state });
  const { page } = seen;
  const linked = () =>
    sql(`SELECT provider FROM oauth_identities WHERE user_id = UNHEX(REPLACE('${userId}', '-', ''))`);
  await open(page, "/auth/ui/account#/security");
  await page.getByText("Not linked").waitFor();
  await page.getByRole("button", { name: "Link Corporate", exact: true }).click();
  // There and back, to where it was asked for.
  await said(page, "Corporate is linked.");
  await page.getByRole("heading", { level: 1, name: "Security" }).waitFor();
  assert.deepEqual(await linked(), ["corp"]);
  await page.getByText(email).waitFor();
  await inspect(page, "account-linked");
  await tabThrough(page);
  await page.getByRole("button", { name: "Unlink Corporate" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("You will no longer sign in with Corporate.").waitFor();
  assert.equal(await dialog.getByRole("link", { name: "set one by mail" }).count(), 0);
  await dialog.getByRole("button", { name: "Unlink" }).click();
  await said(page, "Corporate is no longer linked.");
  await page.getByRole("button", { name: "Link Corporate", exact: true }).waitFor();
  assert.deepEqual(await linked(), []);
  await done(seen);
});

test("W2, O2: who has no password keeps the way in, and needs none for the rest", async () => {
  const tenant = await newPlace();
  const seen = await watched(browser, { refusals: [401, 409] });
  const { page } = seen;
  await open(page, `/auth/oauth/corp/start?tenant=${tenant}&return_to=/auth/ui/account`);
  await page.getByRole("heading", { level: 1, name: "Profile" }).waitFor();
  await page.getByRole("link", { name: "Security" }).click();
  await page.getByText("You signed in without a password.").waitFor();
  const byMail = page.getByRole("link", { name: "set one by mail" });
  assert.match(await byMail.getAttribute("href"), new RegExp(`/auth/ui/forgot\\?tenant=${tenant}$`));
  await page.getByRole("button", { name: "Unlink Corporate" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Unlink" }).click();
  await dialog.getByText("You would have no way left to sign in. Set a password first.").waitFor();
  await inspect(page, "account-unlink-last");
  await dialog.getByRole("button", { name: "Cancel" }).click();

  await page.getByRole("button", { name: "Set it up" }).click();
  const password = page.getByRole("main").getByLabel("Your password");
  await page.getByText("Leave this empty if you have no password here.").waitFor();
  assert.equal(await password.getAttribute("required"), null);
  const sent = page.waitForRequest("**/auth/2fa/enrol");
  await page.getByRole("button", { name: "Continue" }).click();
  assert.deepEqual((await sent).postDataJSON(), {});
  await page.getByText("Step 2 of 3").waitFor();

  // A sign-in of an hour ago proves nothing any more.
  await page.route("**/auth/me/email", (route) => route.fulfill({ status: 401,
    contentType: "application/problem+json",
    body: JSON.stringify({ code: "authentication_required", user_message: "Please sign in." }) }));
  await page.getByRole("link", { name: "Profile" }).click();
  await page.getByRole("button", { name: "Change", exact: true }).click();
  await dialog.getByLabel("New e-mail address").fill("elsewhere@example.test");
  await dialog.getByRole("button", { name: "Send the link" }).click();
  await dialog.getByText("You signed in a while ago.").waitFor();
  await dialog.getByRole("button", { name: "Sign in again" }).click();
  await arrives(page, (url) => url.href.startsWith(`${baseUrl}/auth/ui/sign-in`) &&
    decodeURIComponent(url.hash) === "#return_to=/auth/ui/account#/profile");
  await done(seen);
});

test("W2: a provider that does not answer is said to be away", async () => {
  const user = await newUser(await newPlace());
  const { state } = await signIn(browser, user);
  const seen = await watched(browser, { storageState: state, refusals: [503] });
  const { page } = seen;
  await page.route("**/auth/oauth/corp/link", (route) => route.fulfill({ status: 503,
    contentType: "application/problem+json",
    body: JSON.stringify({ code: "unavailable", user_message: "The service is not available at the moment." }) }));
  await open(page, "/auth/ui/account#/security");
  await page.getByRole("button", { name: "Link Corporate", exact: true }).click();
  await page.getByText("The service is not available at the moment.").waitFor();
  await done(seen);
});
