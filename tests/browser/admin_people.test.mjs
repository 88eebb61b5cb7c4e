// The administration of people (SPEC W3, U2, U5, R4) as a person drives it; what it did is looked up
// by the API and in the database.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";

import { platformAdmin } from "./support/admin.mjs";
import { launch, ownPage, send, signIn } from "./support/browser.mjs";
import { newestMail } from "./support/mail.mjs";
import { admin, fresh, leave, office, region, said } from "./support/office.mjs";
import { arrives, inspect, open, overflow, tabThrough, watched } from "./support/page.mjs";
import { cli, info, newTenant, newUser, sql } from "./support/stack.mjs";

// "U*U", from the test suite of crypt_blowfish.
const hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

let browser;
let tenant, boss, bossState, ask, byMail, enter;
before(async () => {
  browser = await launch();
  ({ tenant, boss, state: bossState, ask, byMail, enter } = await office(browser));
});
after(() => browser?.close());

async function importPeople(people) {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-people-"));
  try {
    const file = join(folder, "people.json");
    writeFileSync(file, JSON.stringify(people.map((one) => ({ password_hash: hash, ...one }))));
    await cli(["import", "users", "--tenant", tenant, file]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("people", () => {
  const stem = `juma${fresh()}`;
  const one = () => `${stem}07@example.test`;

  before(async () => {
    await importPeople(Array.from({ length: 60 }, (_, i) => ({
      email: `${stem}${String(i).padStart(2, "0")}@example.test`, first_name: i % 2 ? "Juma" : "Zawadi",
        last_name: `Nr${i} ${stem}`,
    })));
  });

  test("are found by words and status, and shown page by page", async () => {
    const gone = await byMail(`${stem}33@example.test`);
    await ask(`/auth/users/${gone.id}`, { method: "PATCH", json: { status: "disabled" } });
    const scene = await enter(bossState, "#/users");
    const { page } = scene;
    const rows = page.getByRole("row");
    await page.getByLabel("Search").fill(stem);
    await said(page, "50 people shown; there are more.");
    assert.equal(await rows.count(), 51);
    await arrives(page, (url) => url.hash.includes(`q=${stem}`));
    await page.getByRole("button", { name: "Show more" }).click();
    await said(page, "60 people shown.");
    assert.equal(await rows.count(), 61);
    await page.getByLabel("Status").selectOption({ label: "Switched off" });
    await said(page, "1 person shown.");
    assert.match(await page.getByRole("table").textContent(), new RegExp(`${stem}33@`));
    await page.getByLabel("Status").selectOption({ label: "Any" });
    await page.getByLabel("Order").selectOption({ label: "Address, A to Z" });
    await page.getByRole("rowheader").first().getByText(`${stem}00@`).waitFor();
    // The address alone brings it back.
    await page.getByRole("rowheader").first().getByRole("link").click();
    await page.getByRole("heading", { level: 1, name: /Zawadi Nr0/ }).waitFor();
    await page.goBack();
    await page.getByRole("rowheader").first().getByText(`${stem}00@`).waitFor();
    assert.equal(await page.getByLabel("Search").inputValue(), stem);
    await page.getByLabel("Search").fill("nobody-of-that-name");
    await said(page, "Nobody matches");
    await inspect(page, "users-none");
    await page.getByRole("button", { name: "Show everybody" }).click();
    await said(page, "50 people shown; there are more.");
    await inspect(page, "users");
    await tabThrough(page, 120);
    await leave(scene);
  });

  test("are filtered by role", async () => {
    const role = await ask("/auth/roles", { method: "POST", json: { name: `Filter ${fresh()}`, permissions: [] } });
    const who = await byMail(one());
    await ask(`/auth/users/${who.id}/roles`, { method: "PUT", json: { role_ids: [role.id] } });
    const scene = await enter(bossState, "#/roles");
    await scene.page.getByRole("link", { name: `People with the role ${role.name}` }).click();
    await said(scene.page, "1 person shown.");
    assert.equal(await scene.page.getByLabel("Role").inputValue(), role.id);
    await leave(scene);
  });

  test("are edited: only what changed is sent, and Undo puts it back", async () => {
    const who = await byMail(one());
    const scene = await enter(bossState, `#/users/${who.id}`);
    const { page } = scene;
    await page.getByRole("button", { name: "Edit" }).click();
    await page.getByLabel("Restaurant").fill("r-9");
    await page.getByLabel("First name").fill("Jumanne");
    await inspect(page, "user-edit");
    const sent = page.waitForRequest((request) => request.method() === "PATCH");
    await page.getByRole("button", { name: "Save" }).click();
    assert.deepEqual((await sent).postDataJSON(), { first_name: "Jumanne", restaurant_id: "r-9" });
    await said(page, "Saved.");
    await page.getByRole("heading", { level: 1, name: /Jumanne/ }).waitFor();
    await page.waitForFunction(() => document.activeElement?.textContent === "Edit");
    await page.getByRole("button", { name: "Undo" }).click();
    await said(page, "Undone.");
    const after = await byMail(one());
    assert.deepEqual([after.first_name, after.restaurant_id], [who.first_name, null]);
    await tabThrough(page);
    await leave(scene);
  });

  test("are switched off, which ends their sessions, and with Undo on again", async () => {
    const who = await newUser(tenant);
    const { state } = await signIn(browser, who);
    const { id } = await byMail(who.email);
    const theirs = await ownPage(browser, state);
    const scene = await enter(bossState, `#/users/${id}`);
    const { page } = scene;
    await region(page, "Signed in on").getByRole("rowheader").first().waitFor();
    await page.getByRole("button", { name: "Switch off" }).click();
    await said(page, "is switched off.");
    assert.equal((await byMail(who.email)).status, "disabled");
    assert.equal((await send(theirs, "/auth/session")).status, 401);
    await said(page, "Not signed in anywhere");
    await page.getByRole("button", { name: "Undo" }).click();
    await said(page, "Undone.");
    assert.equal((await byMail(who.email)).status, "active");
    await page.getByRole("button", { name: "Switch off" }).waitFor();
    await leave(scene);
  });

  test("are signed out everywhere", async () => {
    const who = await newUser(tenant);
    const { state } = await signIn(browser, who);
    const { id } = await byMail(who.email);
    const scene = await enter(bossState, `#/users/${id}`);
    const { page } = scene;
    await page.getByRole("button", { name: "End all sessions" }).click();
    await inspect(page, "user-end-sessions");
    await page.getByRole("dialog").getByRole("button", { name: "End all sessions" }).click();
    await said(page, "Not signed in anywhere");
    assert.equal((await send(await ownPage(browser, state), "/auth/session")).status, 401);
    await leave(scene);
  });

  test("are unlocked", async () => {
    const who = await newUser(tenant);
    const { id } = await byMail(who.email);
    const other = await ownPage(browser);
    const attempt = (password) => send(other, "/auth/login", { method: "POST",
      json: { tenant, email: who.email, password } });
    for (let i = 0; i < 5; ++i) assert.equal((await attempt("wrong-wrong-wrong")).status, 401);
    assert.equal((await attempt(who.password)).status, 429);
    const scene = await enter(bossState, `#/users/${id}`);
    const { page } = scene;
    await region(page, "Sign-in attempts").getByText("Refused").first().waitFor();
    await page.getByRole("button", { name: "Unlock" }).click();
    await said(page, "can try again.");
    assert.equal((await attempt(who.password)).status, 200);
    await leave(scene);
  });

  test("must set a new password", async () => {
    const who = await newUser(tenant);
    const { state } = await signIn(browser, who);
    const { id } = await byMail(who.email);
    const scene = await enter(bossState, `#/users/${id}`);
    const { page } = scene;
    await page.getByRole("button", { name: "Require a new one" }).click();
    const dialog = page.getByRole("dialog", { name: "Require a new password?" });
    await dialog.getByText("The password stops working").waitFor();
    await dialog.getByRole("button", { name: "Require a new one" }).click();
    await said(page, `goes to ${who.email}`);
    assert.match(await newestMail(who.email, "reset"), /\/auth\/ui\/reset#token=/);
    assert.equal((await send(await ownPage(browser, state), "/auth/session")).status, 401);
    await said(page, "Not signed in anywhere");
    await leave(scene);
  });

  test("are made administrators, the last of whom stays one", async () => {
    const who = await byMail(`${stem}08@example.test`);
    const scene = await enter(bossState, `#/users/${who.id}`);
    const { page } = scene;
    await page.getByRole("button", { name: "Make administrator" }).click();
    await said(page, "is an administrator now.");
    assert.equal((await byMail(who.email)).is_tenant_admin, true);
    await page.getByRole("button", { name: "Undo" }).click();
    await said(page, "Undone.");
    assert.equal((await byMail(who.email)).is_tenant_admin, false);
    await leave(scene);
  });

  test("are deleted by whoever types who it is", async () => {
    const email = `${stem}09@example.test`;
    const who = await byMail(email);
    const scene = await enter(bossState, `#/users/${who.id}`);
    const { page } = scene;
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "Delete the account" });
    await dialog.getByLabel(`Type ${email} to confirm`).fill("somebody@else.test");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await dialog.getByText("That is another address.").waitFor();
    await inspect(page, "user-delete");
    assert.ok(await byMail(email));
    await dialog.getByLabel(`Type ${email} to confirm`).fill(email);
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { level: 1, name: "People" }).waitFor();
    assert.equal(await byMail(email), undefined);
    await leave(scene);
  });
});

describe("who may less", () => {
  test("sees no buttons for what they may not do", async () => {
    const role = await ask("/auth/roles", { method: "POST", json: { name: `Looks ${fresh()}`,
      permissions: ["auth:users:view"] } });
    const who = await newUser(tenant);
    const { id } = await byMail(who.email);
    await ask(`/auth/users/${id}/roles`, { method: "PUT", json: { role_ids: [role.id] } });
    const { state } = await signIn(browser, who);
    const scene = await enter(state, "#/users");
    const { page } = scene;
    await page.getByRole("rowheader").first().waitFor();
    const views = page.getByRole("navigation", { name: "Views of the administration" });
    assert.deepEqual(await views.getByRole("link").allTextContents(), ["People"]);
    assert.equal(await page.getByRole("link", { name: "Add a person" }).count(), 0);
    await page.getByLabel("Search").fill(boss.email);
    await page.getByRole("link", { name: "Wanjiku Mwangi" }).click();
    await page.getByRole("heading", { level: 1, name: "Wanjiku Mwangi" }).waitFor();
    await region(page, "Signed in on").getByRole("rowheader").first().waitFor();
    assert.deepEqual(await page.getByRole("main").getByRole("button").allTextContents(), []);
    assert.equal(await page.getByRole("main").getByRole("checkbox").count(), 0);
    await inspect(page, "user-seen");
    await open(page, `${admin}#/roles`);
    await said(page, "There is nothing here");
    await leave(scene);
  });

  test("hears why, where the server refuses", async () => {
    const role = await ask("/auth/roles", { method: "POST", json: {
      name: `Edits ${fresh()}`, permissions: ["auth:users:view", "auth:users:edit", "auth:users:delete"] } });
    const who = await newUser(tenant);
    const { id } = await byMail(who.email);
    await ask(`/auth/users/${id}/roles`, { method: "PUT", json: { role_ids: [role.id] } });
    const { state } = await signIn(browser, who);
    const head = await byMail(boss.email);
    const scene = await enter(state, `#/users/${head.id}`, { refusals: [403] });
    const { page } = scene;
    await page.getByRole("button", { name: "Switch off" }).click();
    await said(page, "That goes beyond what you may do yourself.");
    assert.equal((await byMail(boss.email)).status, "active");
    await inspect(page, "user-refused");
    await leave(scene);
  });

  test("is told that there is nothing, without any permission", async () => {
    const who = await newUser(tenant);
    const { state } = await signIn(browser, who);
    const scene = await enter(state);
    await said(scene.page, "You have nothing to administer");
    await inspect(scene.page, "admin-nothing");
    await leave(scene);
  });
});

describe("platform administrators", () => {
  let state;
  before(async () => { ({ state } = await signIn(browser, platformAdmin)); });

  test("administer another tenant, by address", async () => {
    const scene = await enter(state, "#/users");
    const { page } = scene;
    await page.getByRole("button", { name: "Change the organisation" }).click();
    const dialog = page.getByRole("dialog", { name: "Which organisation do you administer?" });
    await dialog.getByLabel("Name or short name").fill(tenant);
    await dialog.getByRole("link", { name: tenant }).waitFor();
    await inspect(page, "tenant-choice");
    await dialog.getByRole("link", { name: tenant }).click();
    await page.getByRole("button", { name: new RegExp(`Tenant ${tenant}`) }).waitFor();
    await page.getByLabel("Search").fill(boss.email);
    await page.getByRole("link", { name: "Wanjiku Mwangi" }).click();
    await page.getByRole("heading", { level: 1, name: "Wanjiku Mwangi" }).waitFor();
    // Of another tenant all the way.
    const { tenant_id: id } = await byMail(boss.email);
    assert.ok(page.url().endsWith(`?tenant=${id}`));
    await inspect(page, "elsewhere");
    await page.goBack();
    await page.getByLabel("Search").waitFor();
    await page.getByRole("button", { name: "Change the organisation" }).click();
    const again = page.getByRole("dialog");
    await again.getByLabel("Name or short name").fill(info.tenant);
    await again.locator("li").first().waitFor();
    await page.keyboard.press("Enter");
    await page.getByRole("button", { name: /Your organisation/ }).waitFor();
    assert.ok(!page.url().includes("tenant="));
    await leave(scene);
  });

  test("make a person's last administrator no less, and hear why", async () => {
    const lone = await newTenant();
    const head = await newUser(lone, "--tenant-admin");
    const [id] = await sql(`SELECT LOWER(HEX(u.id)) FROM users u WHERE u.email = '${head.email}'`);
    const [tenantHex] = await sql(`SELECT LOWER(HEX(id)) FROM tenants WHERE slug = '${lone}'`);
    const dashed = (hex) => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    const scene = await enter(state, `#/users/${dashed(id)}?tenant=${dashed(tenantHex)}`, { refusals: [409] });
    await scene.page.getByRole("button", { name: "Take away" }).click();
    await scene.page.getByRole("alert").waitFor();
    assert.deepEqual(await sql(`SELECT is_tenant_admin FROM users WHERE email = '${head.email}'`), ["1"]);
    await leave(scene);
  });
});

test("in Kiswahili everything is said, and fits a narrow window", async () => {
  const { id } = await byMail(boss.email);
  const scene = await watched(browser, { storageState: bossState, locale: "sw-KE",
    viewport: { width: 320, height: 800 } });
  const { page } = scene;
  for (const [route, title] of [["#/users", "Watu"], ["#/users/new", "Ongeza mtu"], [`#/users/${id}`, "Wanjiku Mwangi"],
    ["#/roles", "Nyadhifa"], ["#/roles/new", "Ongeza wadhifa"]]) {
    await open(page, admin + route);
    await page.getByRole("heading", { level: 1, name: title }).waitFor();
    await page.waitForLoadState("networkidle");
    assert.equal(await overflow(page), 0, route);
    assert.doesNotMatch(await page.textContent("body"), /\b(users|roles|admin)\.[a-z_]+/, route);
  }
  await leave(scene);
});

test("the administration asks whoever is not signed in to do that, and brings them back", async () => {
  const scene = await watched(browser, { refusals: [401] });
  await open(scene.page, `${admin}#/roles`);
  await arrives(scene.page, (url) => url.pathname.endsWith("/sign-in"));
  assert.ok(decodeURIComponent(scene.page.url()).includes(`return_to=${admin}#/roles`));
  await scene.page.waitForLoadState("networkidle");
  await leave(scene);
});
