// Tenants in the administration (SPEC W3, N3, N4, N6), driven as people drive them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { administration, ask, dialog, focused, heading, platformAdmin, press, told } from "./support/admin.mjs";
import { launch, newContext, send, signIn } from "./support/browser.mjs";
import { arrives, inspect, tabThrough } from "./support/page.mjs";
import { baseUrl, newTenant, newUser, sql } from "./support/stack.mjs";

let browser;
let admin;
before(async () => {
  browser = await launch();
  admin = await signIn(browser, platformAdmin);
});
after(() => browser?.close());

const tenantOf = async (page, slug) => {
  const [id] = await sql(`SELECT LOWER(HEX(id)) FROM tenants WHERE slug = '${slug}' AND deleted_at IS NULL`);
  if (!id) return null;
  const uuid = id.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  return (await ask(page, `/auth/tenants/${uuid}`)).json;
};
const openTenant = async (slug, options) => {
  const seen = await administration(browser, admin.state, `tenants?q=${slug}`, options);
  await seen.page.getByRole("row", { name: slug }).getByRole("link").first().click();
  await seen.page.getByRole("heading", { level: 2, name: "Overview" }).waitFor();
  return seen;
};

describe("W3 tenants", () => {
  test("a tenant is made with the operations roles and administered", async () => {
    const slug = `uhuru-${Date.now()}`;
    const { context, page, faults } = await administration(browser, admin.state, "tenants", { refusals: [409] });
    await page.getByRole("link", { name: "New organisation" }).click();
    await heading(page, "New organisation");
    await press(page, "Create the organisation");
    assert.equal(await focused(page), "Name", "the first field that wants something");
    await page.getByLabel("Name", { exact: true }).fill("Uhuru Traders");
    await page.getByLabel("Short name").fill("demo");
    await page.getByRole("radio", { name: /Operations/ }).check();
    await page.getByLabel("Plan").fill("Gold");
    await page.getByLabel("Most people").fill("25");
    await page.getByLabel("Subscription ends").fill("2031-05-06T07:08");
    await inspect(page, "tenants-new");
    await tabThrough(page);
    await press(page, "Create the organisation");
    await page.getByText("An organisation has this short name already.").waitFor();
    await page.getByLabel("Short name").fill(slug);
    await press(page, "Create the organisation");
    await heading(page, "Uhuru Traders");
    await told(page, "is created");
    const made = await tenantOf(page, slug);
    assert.equal(made.plan, "Gold");
    assert.equal(made.max_users, 25);
    assert.equal(made.subscription_ends_at,
      await page.evaluate(() => new Date("2031-05-06T07:08").toISOString()));
    const roles = (await ask(page, `/auth/roles?tenant_id=${made.id}`)).json.items.map(({ name }) => name);
    assert.ok(roles.includes("Stock Manager"), roles.join());

    await page.getByRole("link", { name: "Administer Uhuru Traders" }).click();
    await heading(page, "People");
    assert.match(page.url(), new RegExp(`tenant=${made.id}`));
    await page.getByRole("link", { name: "Settings" }).click();
    await heading(page, "Settings");
    assert.match(page.url(), new RegExp(`#/settings\\?tenant=${made.id}`));
    await page.getByLabel("Shortest password").fill("14");
    await press(page, "Save settings");
    await told(page, "Settings saved");
    assert.equal((await ask(page, `/auth/tenants/${made.id}/settings`)).json.password_min_length, 14);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("N6: suspending signs its people out at once; it is undone", async () => {
    const slug = await newTenant();
    const person = await newUser(slug);
    const { context, page, faults } = await openTenant(slug);
    const theirs = await newContext(browser, { bypassCSP: true, storageState: (await signIn(browser, person)).state });
    const their = await theirs.newPage();
    await their.goto(baseUrl + "/auth/health");
    const status = async () => (await send(their, "/auth/session")).status;
    assert.equal(await status(), 200);

    await press(page, "Suspend");
    await inspect(page, "tenants-suspend");
    await press(dialog(page, /Suspend/), "Suspend");
    await told(page, "is suspended");
    assert.equal(await status(), 401);
    await page.locator(".tag", { hasText: "Suspended" }).waitFor();
    await inspect(page, "tenants-suspended");
    await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
    await page.locator(".tag", { hasText: "Active" }).waitFor();
    assert.equal(await status(), 200);

    await press(page, "Suspend");
    await press(dialog(page, /Suspend/), "Suspend");
    await page.locator(".tag", { hasText: "Suspended" }).waitFor();
    await press(page, "Resume");
    await press(dialog(page, /Resume/), "Resume");
    await told(page, "is active again");
    assert.equal(await status(), 200);
    assert.deepEqual(faults, []);
    await theirs.close();
    await context.close();
  });

  test("facts are edited, only what differs, and undone", async () => {
    const slug = await newTenant();
    const { context, page, faults } = await openTenant(slug);
    const before = await tenantOf(page, slug);
    const sent = [];
    page.on("request", (request) => { if (request.method() === "PATCH") sent.push(request.postDataJSON()); });
    await page.getByLabel("Name", { exact: true }).fill("Another name");
    await page.getByLabel("Most people").fill("0");
    await press(page, "Save");
    await page.getByText("At least 1.").waitFor();
    assert.equal(await page.getByLabel("Most people").getAttribute("aria-invalid"), "true");
    await page.getByLabel("Most people").fill("7");
    await press(page, "Save");
    await heading(page, "Another name");
    assert.deepEqual(sent, [{ name: "Another name", max_users: 7 }]);
    await inspect(page, "tenants-card");
    await tabThrough(page);
    await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
    await heading(page, before.name);
    assert.equal((await tenantOf(page, slug)).max_users, null);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("deleting: an inhabited tenant goes only by its short name", async () => {
    const slug = await newTenant();
    await newUser(slug);
    const { context, page, faults } = await openTenant(slug, { refusals: [409] });
    await press(page, "Delete");
    const asked = dialog(page, /Delete/);
    await press(asked, "Cancel");
    assert.equal(await focused(page), "Delete", "focus is back");
    await press(page, "Delete");
    await press(asked, "Delete");
    const field = asked.getByLabel(`Type “${slug}” to confirm`);
    await field.waitFor();
    assert.ok(await field.evaluate((input) => input === document.activeElement));
    await field.fill("something-else");
    await press(asked, "Delete it and its people");
    await asked.getByText("That is not its short name.").waitFor();
    assert.ok(await tenantOf(page, slug), "it is still there");
    await inspect(page, "tenants-delete");
    await field.fill(slug);
    await press(asked, "Delete it and its people");
    await told(page, "is deleted");
    await heading(page, "Organisations");
    assert.equal(await tenantOf(page, slug), null);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("the list is searched; nothing found is said; one's own can neither go nor be suspended", async () => {
    const slug = await newTenant();
    const { context, page, faults } = await administration(browser, admin.state, "tenants");
    const search = page.getByRole("searchbox", { name: "Search by name or short name" });
    await search.fill(slug);
    await arrives(page, new RegExp(`q=${slug}`));
    await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
    await inspect(page, "tenants-list");
    await search.fill("there is none of this name");
    await page.getByText("Nothing matches these filters").waitFor();
    await inspect(page, "tenants-nothing");
    await press(page, "Clear the filters");
    await arrives(page, (url) => !url.hash.includes("q="));
    assert.equal(await focused(page), "Organisations");
    await search.fill("demo");
    await arrives(page, /q=demo/);
    await page.getByRole("table").getByRole("link", { name: "Demo", exact: true }).click();
    await page.getByText("You belong to this organisation yourself").waitFor();
    assert.equal(await page.getByRole("button", { name: "Suspend" }).count(), 0);
    await page.goBack();
    await heading(page, "Organisations");
    assert.equal(await search.inputValue(), "demo", "back brings the search");
    await tabThrough(page, 400);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("N3: a tenant's administrator sees the card of the own tenant, and nothing to change", async () => {
    const slug = await newTenant();
    const { state } = await signIn(browser, await newUser(slug, "--tenant-admin"));
    const { context, page, faults } = await administration(browser, state, "tenants");
    await page.getByRole("heading", { level: 2, name: "Overview" }).waitFor();
    await page.getByText(slug, { exact: true }).waitFor();
    for (const name of ["Suspend", "Delete", "Save"]) {
      assert.equal(await page.getByRole("button", { name, exact: true }).count(), 0, name);
    }
    const link = await page.getByLabel("Sign-in page of this organisation").inputValue();
    assert.equal(link, `${baseUrl}/auth/ui/sign-in?tenant=${slug}`);
    await inspect(page, "tenants-own");
    assert.deepEqual(faults, []);
    await context.close();
  });
});
