// The frame around the administration's views (SPEC W3, N3): which organisation is administered, and
// that names and addresses follow what was done to it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { administration, ask, dialog, heading, platformAdmin, press, told } from "./support/admin.mjs";
import { launch, signIn } from "./support/browser.mjs";
import { inspect } from "./support/page.mjs";
import { newTenant } from "./support/stack.mjs";

let browser;
let admin;
before(async () => {
  browser = await launch();
  admin = await signIn(browser, platformAdmin);
});
after(() => browser?.close());

async function made(page) {
  const slug = `ways-${Date.now()}`;
  const answer = await ask(page, "/auth/tenants", { method: "POST", csrf: admin.csrf,
    json: { slug, name: `Ways ${slug}` } });
  assert.equal(answer.status, 201, answer.text);
  return answer.json;
}

test("N3: an organisation that is renamed is so in the frame and the window's title, and so by Undo", async () => {
  const { context, page, faults } = await administration(browser, admin.state, "users");
  const { id, name } = await made(page);
  await page.evaluate((to) => { location.hash = to; }, `#/tenants/${id}?tenant=${id}`);
  await heading(page, name);
  const shown = page.locator(".tenant-name");
  await page.waitForFunction((title) => document.title === `${title} · ${title}`, name);
  await page.getByLabel("Name", { exact: true }).fill("Renamed & Co");
  await press(page, "Save");
  await heading(page, "Renamed & Co");
  assert.equal(await shown.textContent(), "Renamed & Co");
  assert.equal(await page.title(), "Renamed & Co · Renamed & Co");
  await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
  await told(page, "Undone");
  await heading(page, name);
  assert.equal(await shown.textContent(), name);
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), name);
  await page.getByRole("link", { name: "Sign-ins", exact: true }).click();
  await page.waitForFunction((title) => document.title === `Sign-ins · ${title}`, name);
  assert.deepEqual(faults, []);
  await context.close();
});

test("N3: deleting the organisation that one administers leads back to one's own", async () => {
  const { context, page, faults } = await administration(browser, admin.state, "users", { refusals: [404] });
  const { id, name } = await made(page);
  await page.evaluate((to) => { location.hash = to; }, `#/tenants/${id}?tenant=${id}`);
  await heading(page, name);
  await press(page, "Delete");
  await press(dialog(page, /Delete/), "Delete");
  await told(page, "is deleted");
  await heading(page, "Organisations");
  assert.ok(!page.url().includes("tenant="), page.url());
  await page.locator(".tenant-name", { hasText: "Demo" }).waitFor();
  // A link that somebody kept.
  await page.evaluate((to) => { location.hash = to; }, `#/users?tenant=${id}`);
  await page.locator(".tenant-name", { hasText: "Unknown" }).waitFor();
  await inspect(page, "tenant-unknown");
  await page.getByRole("link", { name: "Back to your own organisation" }).click();
  await page.locator(".tenant-name", { hasText: "Demo" }).waitFor();
  await heading(page, "People");
  assert.deepEqual(faults, []);
  await context.close();
});

test("long names, the catalogue and days of the chart in 320 px", async () => {
  const { context, page, faults } = await administration(browser, admin.state, "attempts",
    { viewport: { width: 320, height: 800 } });
  await press(page, "7 days");
  await page.getByText("Days are counted in UTC").waitFor();
  await press(page, "24 hours");
  await page.getByText("Days are counted in UTC").waitFor({ state: "detached" });

  const name = "Wafanyabiashara wa Umoja na Maendeleo ".repeat(5).trim();
  const slug = `long-${Date.now()}`;
  const { id } = (await ask(page, "/auth/tenants", { method: "POST", csrf: admin.csrf, json: { slug, name } })).json;
  await page.evaluate((to) => { location.hash = to; }, `#/tenants?q=${slug}&tenant=${id}`);
  const link = page.getByRole("table").getByRole("link", { name }).first();
  await link.waitFor();
  assert.equal(await link.getAttribute("title"), name);
  for (const place of [link, page.locator(".tenant-name", { hasText: name })]) {
    const lines = await place.evaluate((one) =>
      Math.round(one.getBoundingClientRect().height / parseFloat(getComputedStyle(one).lineHeight)));
    assert.ok(lines >= 2 && lines <= 3, `${lines} lines`);
  }
  await inspect(page, "tenants-long");

  await page.evaluate(() => { location.hash = "#/roles/permissions"; });
  const row = page.locator("tbody tr").first();
  await row.waitFor();
  const [code, button] = await Promise.all([row.locator("code"), row.getByRole("button")]
    .map((one) => one.boundingBox()));
  assert.ok(Math.abs(code.y + code.height / 2 - button.y - button.height / 2) < 16, "beside the code");
  assert.ok(button.x >= code.x + code.width, "and not over it");
  await inspect(page, "catalogue");
  assert.deepEqual(faults, []);
  await context.close();
});
