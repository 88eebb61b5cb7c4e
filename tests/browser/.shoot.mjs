import { launch, signIn } from "/tmp/wt-forms/tests/browser/support/browser.mjs";
import { open, watched, overflow } from "/tmp/wt-forms/tests/browser/support/page.mjs";
import { newTenant, newUser, sql } from "/tmp/wt-forms/tests/browser/support/stack.mjs";
import { send } from "/tmp/wt-forms/tests/browser/support/browser.mjs";
import { platformAdmin } from "/tmp/wt-forms/tests/browser/support/admin.mjs";
const browser = await launch();
const { state, csrf, userId } = await signIn(browser, platformAdmin);
const { page } = await watched(browser, { storageState: state, deviceScaleFactor: 1 });
await open(page, "/auth/ui/admin#/users");
await page.getByRole("heading", { level: 1 }).waitFor();
const H = { "X-CSRF-Token": csrf };
const long = "L".repeat(64);
let r = await send(page, "/auth/roles?limit=200");
let role = r.json.items.find((x) => x.name === long) ?? (await send(page, "/auth/roles", { method: "POST", headers: H, json: { name: long, permissions: [] } })).json;
const u = (await send(page, "/auth/users?limit=50")).json.items.find((x) => x.id !== userId) ?? (await send(page, "/auth/users", { method: "POST", headers: H, json: { email: "golda.nyambura@example.test", first_name: "Golda", last_name: "Nyambura", role_ids: [role.id] } })).json;
await send(page, `/auth/users/${u.id}/roles`, { method: "PUT", headers: H, json: { role_ids: [role.id] } });
const views = process.argv[2] ? process.argv[2].split(",") : ["users", "roles", "roles/new", "tenants", "tenants/new", "settings", "attempts", "audit", "outbox", "services"];
const font = process.argv[3];
for (const width of (process.argv[4] ?? "1280,768,320").split(",").map(Number)) {
  await page.setViewportSize({ width, height: 800 });
  for (const view of views) {
    await page.goto("about:blank");
    await open(page, view.startsWith("account") ? `/auth/ui/account#/${view.slice(8)}` : `/auth/ui/admin#/${view}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.waitForLoadState("networkidle");
    await page.waitForFunction(() => !document.querySelector(".loading"));
    if (font) await page.evaluate((f) => { document.documentElement.style.fontSize = f; }, font);
    await page.evaluate(() => new Promise((d) => requestAnimationFrame(() => requestAnimationFrame(d))));
    const o = await overflow(page);
    if (o) console.log(await page.evaluate(() => [...document.querySelectorAll("main table *")].filter((e) => e.scrollWidth > e.clientWidth + 1 && e.clientWidth).slice(0,4).map((e) => e.outerHTML.slice(0, 220) + getComputedStyle(e).display)));
    const who = o ? await page.evaluate(() => [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > document.documentElement.clientWidth + 1 && !e.closest(".hidden,.side,.grid-box,.scroll")).slice(0, 6).map((e) => `${e.tagName}.${e.className?.baseVal ?? e.className} ${Math.round(e.getBoundingClientRect().right)}`)) : "";
    console.log(width, font ?? "", view, "overflow", o, who);
    await page.screenshot({ path: `/tmp/forms-shots/${view.replace(/\W/g, "_")}-${width}${font ? "-" + font : ""}.png`, fullPage: false });
  }
}
await browser.close();
