// What somebody who fills in a form of the administration could lose, or be told too late (SPEC W3).
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { administration, ask, dialog, focused, heading, platformAdmin, press } from "./support/admin.mjs";
import { launch, signIn } from "./support/browser.mjs";
import { arrives, inspect } from "./support/page.mjs";
import { newTenant, newUser } from "./support/stack.mjs";

let browser;
let boss;
before(async () => {
  browser = await launch();
  boss = await signIn(browser, await newUser(await newTenant({ max_sessions: 0 }), "--tenant-admin"));
});
after(() => browser?.close());

const enter = (route, options) => administration(browser, boss.state, route, options);

// The browser itself asks before the page goes.
async function staysOn(page) {
  const asked = page.waitForEvent("dialog");
  await page.evaluate(() => { setTimeout(() => location.reload()); });
  const question = await asked;
  assert.equal(question.type(), "beforeunload");
  await question.dismiss();
}

test("T10: the secret of a credential is not lost by Escape, the cross or leaving", async () => {
  const { page, leave } = await enter("users");
  await page.getByRole("link", { name: "Services" }).click();
  await press(page, "New credential");
  await page.getByLabel("Name").fill("Till 5");
  await press(page, "Create");
  const shown = dialog(page, "Credential for “Till 5”");
  const secret = shown.getByLabel("Client secret", { exact: true });
  await secret.waitFor();
  assert.equal(await focused(page), "Copy Client secret");
  const asked = dialog(page, "Close without the secret?");
  for (let i = 0; i < 3; ++i) {
    await page.keyboard.press("Escape");
    await asked.waitFor();
    if (i === 0) await inspect(page, "services-lose");
    await page.keyboard.press("Escape");
    await asked.waitFor({ state: "detached" });
    assert.ok(await secret.isVisible(), "it is still there");
  }
  await press(shown, "Close");
  await press(asked, "Cancel");
  await page.goBack();
  await press(dialog(page, "Leave without saving?"), "Cancel");
  assert.ok(await secret.isVisible());
  await staysOn(page);
  await press(shown, "Close");
  await press(asked, "Close without it");
  await secret.waitFor({ state: "detached" });
  await page.getByRole("link", { name: "People" }).click();
  await heading(page, "People");
  await leave();
});

test("F4: who requires a second factor of themselves is warned, and led to setting it up", async () => {
  const own = await signIn(browser, await newUser(await newTenant(), "--tenant-admin"));
  const { context, page, faults } = await administration(browser, own.state, "settings", { refusals: [403] });
  const choice = page.getByLabel("Second factor required");
  await choice.selectOption("Of administrators");
  await press(page, "Save settings");
  const asked = dialog(page, "It holds for you too");
  await asked.waitFor();
  await inspect(page, "settings-locks");
  await press(asked, "Cancel");
  const id = (await ask(page, "/auth/me")).json.tenant_id;
  assert.equal((await ask(page, `/auth/tenants/${id}/settings`)).json.require_2fa, "off");
  assert.equal(await choice.inputValue(), "admins", "what was chosen is still there");
  await press(page, "Save settings");
  await press(asked, "Save, and set mine up");
  await arrives(page, /account#\/security/);
  await heading(page, "Set up two-step sign-in");
  assert.equal((await ask(page, "/auth/info")).status, 403);
  assert.deepEqual(faults, []);
  await context.close();
});

test("who stays when asked goes back to where they came from afterwards", async () => {
  const { page, leave } = await enter("users");
  await page.getByRole("link", { name: "Roles", exact: true }).click();
  await heading(page, "Roles");
  await page.getByRole("link", { name: "Add a role" }).click();
  await page.getByLabel("Name", { exact: true }).fill("Half a role");
  const asked = dialog(page, "Leave without saving?");
  for (let i = 0; i < 2; ++i) {
    await page.goBack();
    await asked.waitFor();
    await page.keyboard.press("Escape");
    await asked.waitFor({ state: "detached" });
    assert.match(page.url(), /#\/roles\/new$/);
  }
  await page.getByRole("link", { name: "People", exact: true }).click();
  await press(asked, "Cancel");
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Half a role");
  await page.goBack();  // the entry that the link left behind is this view as well
  if (!await asked.isVisible()) await page.goBack();
  await press(asked, "Leave");
  await heading(page, "Roles");
  assert.match(page.url(), /#\/roles$/);
  await page.goBack();
  await heading(page, "People");
  await page.goForward();
  await heading(page, "Roles");
  await leave();
});

test("what is pasted with spaces, dashes and capitals is tidied; blanks are nothing", async () => {
  const admin = await signIn(browser, platformAdmin);
  const seen = await administration(browser, admin.state, "tenants/new");
  const { page } = seen;
  const name = page.getByLabel("Name", { exact: true });
  const slug = page.getByLabel("Short name");
  await name.fill("   ");
  const wanted = `tidy-${Date.now()}`;
  await slug.fill(`  ${wanted.toUpperCase()} `);
  await press(page, "Create the organisation");
  await page.getByText("Please fill this in.").waitFor();
  assert.equal(await focused(page), "Name");
  await name.fill("\u00a0Tidy Ltd ");
  const made = page.waitForRequest((request) => request.method() === "POST");
  await press(page, "Create the organisation");
  const { name: called, slug: short } = (await made).postDataJSON();
  assert.deepEqual([called, short], ["Tidy Ltd", wanted]);
  await heading(page, "Tidy Ltd");
  assert.deepEqual(seen.faults, []);
  await seen.context.close();

  const { page: people, leave } = await enter("users/new");
  await people.getByLabel("First name").fill(" Asha ");
  await people.getByLabel("Last name").fill("Otieno");
  await people.getByLabel("E-mail address").fill(` asha-${Date.now()}@example.test `);
  await people.getByLabel("Telephone").fill("\u00a0+254 712\u2013345\u2013678 ");
  const sent = people.waitForRequest((request) => request.method() === "POST");
  await people.getByRole("button", { name: "Add and send" }).click();
  const { first_name: first, phone } = (await sent).postDataJSON();
  assert.deepEqual([first, phone], ["Asha", "+254712345678"]);
  await heading(people, "Asha Otieno");
  await leave();
});

test("a person or an organisation half filled in is not lost by a link; saved, it may be left", async () => {
  const { page, leave } = await enter("users");
  await page.getByRole("link", { name: "Add a person" }).click();
  await page.getByLabel("First name").fill("Baraka");
  const asked = dialog(page, "Leave without saving?");
  await page.getByRole("link", { name: "Roles", exact: true }).click();
  await press(asked, "Cancel");
  assert.equal(await page.getByLabel("First name").inputValue(), "Baraka");
  await staysOn(page);
  await page.getByLabel("Last name").fill("Juma");
  await page.getByLabel("E-mail address").fill(`baraka-${Date.now()}@example.test`);
  await page.getByRole("button", { name: "Add and send" }).click();
  await heading(page, "Baraka Juma");
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByLabel("Branch").fill("nairobi-2");
  await page.getByRole("link", { name: "Roles", exact: true }).click();
  await press(asked, "Cancel");
  await press(page, "Save");
  await page.getByText("nairobi-2", { exact: true }).waitFor();
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await page.getByLabel("Branch").fill("nairobi-3");
  await press(page, "Cancel");
  await page.getByRole("link", { name: "Roles", exact: true }).click();
  await heading(page, "Roles");
  await leave();
});
