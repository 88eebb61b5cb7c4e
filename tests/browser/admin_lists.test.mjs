// Lists of the administration and how they are searched (SPEC W3), driven as people drive them.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";

import { administration, ask, dialog, focused, heading, press } from "./support/admin.mjs";
import { launch, signIn } from "./support/browser.mjs";
import { arrives, inspect, tabThrough } from "./support/page.mjs";
import { cli, newTenant, newUser } from "./support/stack.mjs";

let browser;
let tenant;
let boss;
before(async () => {
  browser = await launch();
  tenant = await newTenant({ max_sessions: 0 });
  boss = await signIn(browser, await newUser(tenant, "--tenant-admin", "--first-name", "Wanjiku"));
});
after(() => browser?.close());

const enter = (route, options) => administration(browser, boss.state, route, options);

test("a search keeps the space between two words, however slowly they come", async () => {
  const { page, leave } = await enter("outbox");
  const field = page.getByLabel("To", { exact: true });
  await field.pressSequentially("acme ");
  await arrives(page, /recipient=acme$/);
  await field.pressSequentially("ltd");
  await arrives(page, /recipient=acme\+ltd$/);
  assert.equal(await field.inputValue(), "acme ltd");
  await leave();
});

const rows = (page, n) => page.waitForFunction((count) =>
  document.querySelectorAll("table.list[aria-busy=false] tbody tr").length === count, n);

test("A1: the audit log is filtered by a person's name, and what is nobody is not sent", async () => {
  const person = await newUser(tenant, "--first-name", "Anna", "--last-name", "Achieng");
  await newUser(tenant, "--first-name", "Anna", "--last-name", "Barasa");
  const { userId } = await signIn(browser, person);
  const { page, leave } = await enter("audit");
  const field = page.getByRole("combobox", { name: "Who did it" });
  const options = page.locator("[role=option]");
  await page.locator("tbody tr").first().waitFor();
  const asked = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.pathname === "/auth/audit") asked.push(url.searchParams.get("actor_id"));
  });
  const before = await page.locator("tbody tr").count();
  await field.fill("nobody-of-this-name");
  await field.press("Enter");
  await page.getByText("Nobody of that name was found.").last().waitFor();
  assert.equal(await field.getAttribute("aria-invalid"), "true");
  assert.equal(await page.locator("tbody tr").count(), before, "the list stays");
  assert.deepEqual(asked, []);

  await field.fill("anna");
  await options.nth(1).waitFor();
  await inspect(page, "audit-person");
  await field.press("Escape");
  assert.equal(await options.count(), 0);
  await field.fill("achieng");
  await options.filter({ hasText: "Achieng" }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll("[role=option]").length === 1);
  await field.press("ArrowDown");
  assert.equal(await options.getAttribute("aria-selected"), "true");
  await field.press("Enter");
  await arrives(page, new RegExp(`actor_id=${userId}`));
  assert.equal(await field.inputValue(), "Anna Achieng");
  await rows(page, 1);
  assert.deepEqual(asked, [userId]);
  await page.reload();
  await rows(page, 1);
  await page.waitForFunction(() =>
    document.querySelector("[role=combobox]").value === "Anna Achieng", undefined);
  await tabThrough(page);
  await field.fill("");
  await arrives(page, (url) => !url.hash.includes("actor_id"));

  // A link from before that never worked.
  await page.evaluate(() => { location.hash = "#/audit?actor_id=anna"; });
  await page.waitForFunction(() => document.querySelectorAll("tbody tr").length > 1);
  assert.equal(await field.inputValue(), "anna");
  await leave();
});

test("A1: who may not look at people finds those whom the log names", async () => {
  const page = (await enter("audit")).page;
  const role = (await ask(page, "/auth/roles", { method: "POST", csrf: boss.csrf,
    json: { name: `Auditor ${Date.now()}`, permissions: ["auth:audit:view"] } })).json;
  const auditor = await newUser(tenant);
  const signed = await signIn(browser, auditor);
  const given = await ask(page, `/auth/users/${signed.userId}/roles`, { method: "PUT", csrf: boss.csrf,
    json: { role_ids: [role.id] } });
  assert.equal(given.status, 200, given.text);
  await page.context().close();
  const scene = await administration(browser, signed.state, "audit");
  await scene.page.locator("tbody tr").first().waitFor();
  await scene.page.getByRole("combobox", { name: "To whom or what" }).fill(auditor.email.slice(0, 14));
  await scene.page.getByRole("option", { name: auditor.email }).click();
  await arrives(scene.page, new RegExp(`target_id=${signed.userId}`));
  await scene.context.close();
  assert.deepEqual(scene.faults, []);
});

test("back from a person, the list is as long and stands where it was", async () => {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-lists-"));
  try {
    const file = join(folder, "people.json");
    // "U*U", from the test suite of crypt_blowfish.
    const hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
    writeFileSync(file, JSON.stringify(Array.from({ length: 130 }, (_, i) =>
      ({ email: `many-${1000 + i}@example.test`, password_hash: hash }))));
    await cli(["import", "users", "--tenant", tenant, file]);
  } finally {
    rmSync(folder, { recursive: true });
  }
  const { page, leave } = await enter("users?sort=email");
  await rows(page, 50);
  await press(page, "Show more");
  await rows(page, 100);
  const one = page.getByRole("link", { name: "many-1080@example.test" });
  await one.scrollIntoViewIfNeeded();
  const stood = await page.evaluate(() => scrollY);
  assert.ok(stood > 2000, String(stood));
  await one.click();
  await heading(page, "many-1080@example.test");
  assert.ok(await page.getByRole("heading", { level: 1 }).isVisible());
  assert.equal(await page.evaluate(() => scrollY), 0, "another view begins at its top");
  await page.goBack();
  await rows(page, 100);
  await page.waitForFunction((top) => Math.abs(scrollY - top) < 20, stood);
  await page.getByLabel("Search").fill("many-1001");
  await rows(page, 1);
  await page.getByLabel("Search").fill("");
  await rows(page, 50);
  await leave();
});

test("A1: a change of a role says which, and roles that were assigned are told by name alone", async () => {
  const { page, leave } = await enter("users");
  const role = (await ask(page, "/auth/roles", { method: "POST", csrf: boss.csrf,
    json: { name: `Cashier ${Date.now()}`, permissions: [] } })).json;
  const changed = await ask(page, `/auth/roles/${role.id}`, { method: "PATCH", csrf: boss.csrf,
    json: { description: "At the till" } });
  assert.equal(changed.status, 200, changed.text);
  const { userId } = await signIn(browser, await newUser(tenant));
  await ask(page, `/auth/users/${userId}/roles`, { method: "PUT", csrf: boss.csrf, json: { role_ids: [role.id] } });
  await page.evaluate(() => { location.hash = "#/audit?event=role.updated"; });
  await page.getByRole("row", { name: /Role changed/ }).getByText(`Role: ${role.name}`).waitFor();
  await page.evaluate(() => { location.hash = "#/audit?event=role.assigned"; });
  const row = page.getByRole("row", { name: /Roles assigned/ }).first();
  await row.waitFor();
  assert.doesNotMatch(await row.textContent(), /role ids/);
  await row.getByRole("button", { name: /^Details/ }).click();
  const shown = dialog(page, "Roles assigned");
  await shown.getByRole("cell", { name: role.name }).waitFor();
  assert.ok(!(await shown.textContent()).includes(role.id));
  await leave();
});
