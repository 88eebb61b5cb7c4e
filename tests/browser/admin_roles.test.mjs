// The administration of roles and permissions (SPEC W3, R2 to R4) as a person drives it; what it did
// is looked up by the API and in the database.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { platformAdmin } from "./support/admin.mjs";
import { launch, signIn } from "./support/browser.mjs";
import { newestMail } from "./support/mail.mjs";
import { admin, fresh, leave, office, said } from "./support/office.mjs";
import { inspect, open, tabThrough, watched } from "./support/page.mjs";
import { sql } from "./support/stack.mjs";

let browser;
let tenant, bossState, ask, byMail, roleNamed, enter;
before(async () => {
  browser = await launch();
  ({ tenant, state: bossState, ask, byMail, roleNamed, enter } = await office(browser));
});
after(() => browser?.close());

describe("a role and a person who has it", () => {
  const role = `Front desk ${fresh()}`;
  const email = `asha-${fresh()}@example.test`;

  test("a role is made by the matrix", async () => {
    const scene = await enter(bossState, "#/roles");
    const { page } = scene;
    await page.getByRole("link", { name: "Add a role" }).click();
    await page.getByLabel("Name", { exact: true }).fill(role);
    await page.getByRole("textbox", { name: /^Description/ }).fill("Receives people");
    await page.getByRole("button", { name: /^auth/ }).click();
    await page.getByRole("checkbox", { name: "auth, users: view", exact: true }).check();
    await page.getByRole("button", { name: /^sales/ }).click();
    await page.getByRole("checkbox", { name: "sales, orders: everything", exact: true }).check();
    await page.getByRole("checkbox", { name: "sales, orders: delete", exact: true }).uncheck();
    await said(page, "4 permissions");
    await inspect(page, "role-new");
    await page.getByRole("button", { name: "Add the role" }).click();
    await page.getByRole("heading", { level: 1, name: role }).waitFor();
    assert.deepEqual((await roleNamed(role)).permissions,
      ["auth:users:view", "sales:orders:create", "sales:orders:edit", "sales:orders:view"]);
    await leave(scene);
  });

  test("a person is added, and an invalid field is named", async () => {
    const scene = await enter(bossState, "#/users", { refusals: [422, 409] });
    const { page } = scene;
    await page.getByRole("link", { name: "Add a person" }).click();
    await page.getByLabel("First name").fill("Asha");
    await page.getByLabel("Last name").fill("Otieno");
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Telephone").fill("+254 712 345 678");
    await page.getByLabel("Employee number").fill("E-17");
    await page.getByLabel("KRA PIN").fill("123");
    await page.getByLabel("Branch").fill("nairobi-2");
    await page.getByRole("checkbox", { name: role }).check();
    await page.getByRole("button", { name: "Add and send" }).click();
    const pin = page.getByLabel("KRA PIN");
    await page.locator(".field-error").waitFor();
    assert.equal(await pin.getAttribute("aria-invalid"), "true");
    assert.ok(await pin.evaluate((one) => one === document.activeElement), "focus is at the error");
    await inspect(page, "user-new");
    await pin.fill("a123456789b");
    const sent = page.waitForRequest((request) => request.method() === "POST");
    await page.getByRole("button", { name: "Add and send" }).click();
    assert.match((await sent).headers()["idempotency-key"], /^[0-9a-f-]{36}$/);
    await page.getByRole("heading", { level: 1, name: "Asha Otieno" }).waitFor();
    await said(page, `goes to ${email}`);
    const made = await byMail(email);
    assert.deepEqual([made.phone, made.kra_pin, made.branch_id, made.employee_id, made.roles[0].name,
      made.must_change_password],
      ["+254712345678", "A123456789B", "nairobi-2", "E-17", role, true]);

    await open(page, `${admin}#/users/new`);
    await page.getByLabel("First name").fill("Asha");
    await page.getByLabel("Last name").fill("Again");
    await page.getByLabel("E-mail address").fill(email);
    await page.getByRole("button", { name: "Add and send" }).click();
    await page.getByText("Somebody has this address already.").waitFor();
    assert.ok(await page.getByLabel("E-mail address").evaluate((one) => one === document.activeElement));
    await page.getByText("The address belongs to").getByRole("link", { name: "Asha Otieno" }).waitFor();
    await leave(scene);
  });

  test("she changes the mailed password, and gets to what the role opens", async () => {
    const mail = await newestMail(email, "welcome");
    const password = mail.split(/\r?\n/).map((line) => line.trim())
      .find((line) => line.length >= 10 && /^\S+$/.test(line) && !line.includes("/") && !line.includes("@"));
    const scene = await watched(browser);
    const { page } = scene;
    await open(page, `/auth/ui/sign-in?tenant=${tenant}#return_to=/demo/admin/`);
    await page.getByLabel("E-mail address").fill(email);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await page.getByRole("heading", { name: "Choose a new password" }).waitFor();
    await page.getByLabel("Current password").fill(password);
    await page.getByLabel("New password").fill("Tausi-anaruka-juu-77");
    await page.getByRole("button", { name: "Change the password" }).click();
    await page.getByRole("heading", { name: "For administrators" }).waitFor();
    await open(page, "/demo/");
    assert.match(await page.textContent("body"), new RegExp(email));
    await scene.context.close();
    // The 403s of a session that must change its password first are what it is about.
    assert.deepEqual(scene.faults.filter((one) => !one.includes("403")), []);
  });

  test("the role is taken from her, and with Undo given back", async () => {
    const { id } = await byMail(email);
    const scene = await enter(bossState, `#/users/${id}`);
    const { page } = scene;
    await page.getByRole("checkbox", { name: role }).uncheck();
    await said(page, `“${role}” taken away`);
    assert.deepEqual((await byMail(email)).roles, []);
    await page.getByRole("button", { name: "Undo" }).click();
    await said(page, "Undone.");
    assert.equal((await byMail(email)).roles[0].name, role);
    assert.ok(await page.getByRole("checkbox", { name: role }).isChecked());
    await inspect(page, "user");
    await leave(scene);
  });

  test("the role is edited, undone, duplicated and at last deleted though in use", async () => {
    const { id } = await roleNamed(role);
    const scene = await enter(bossState, `#/roles/${id}`, { refusals: [409] });
    const { page } = scene;
    await page.getByRole("button", { name: /^sales/ }).click();
    await page.getByRole("checkbox", { name: "sales: view everything" }).uncheck();
    await said(page, "1 change not saved");
    // Leaving asks.
    await page.getByRole("navigation", { name: "Views of the administration" }).getByRole("link",
      { name: "People" }).click();
    await page.getByRole("dialog", { name: "Leave without saving?" }).getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await said(page, "saved.");
    assert.ok(!(await roleNamed(role)).permissions.includes("sales:orders:view"));
    await page.getByRole("button", { name: "Undo" }).click();
    await said(page, "Undone.");
    assert.ok((await roleNamed(role)).permissions.includes("sales:orders:view"));

    await page.getByRole("link", { name: "Duplicate" }).click();
    await page.getByRole("heading", { level: 1, name: "Add a role" }).waitFor();
    assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), `${role} (copy)`);
    await page.getByRole("button", { name: "Add the role" }).click();
    await page.getByRole("heading", { level: 1, name: `${role} (copy)` }).waitFor();
    assert.deepEqual((await roleNamed(`${role} (copy)`)).permissions, (await roleNamed(role)).permissions);

    await open(page, `${admin}#/roles/${id}`);
    await page.getByRole("heading", { level: 1, name: role, exact: true }).waitFor();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    const sure = page.getByRole("dialog", { name: "Delete the role?" });
    await inspect(page, "role-delete");
    await sure.getByRole("button", { name: "Delete" }).click();
    const used = page.getByRole("dialog", { name: "People have this role" });
    await used.waitFor();
    assert.ok(await roleNamed(role), "not yet");
    await used.getByRole("button", { name: "Delete it anyway" }).click();
    await page.getByRole("heading", { level: 1, name: "Roles" }).waitFor();
    assert.equal(await roleNamed(role), undefined);
    assert.deepEqual((await byMail(email)).roles, []);
    await leave(scene);
  });
});

describe("roles", () => {
  test("what is wider than a box survives, is added and removed", async () => {
    const name = `Special ${fresh()}`;
    const made = await ask("/auth/roles", { method: "POST",
      json: { name, permissions: ["sales:*:view", "sales:orders:edit:own", "hr:employees:view"] } });
    const scene = await enter(bossState, `#/roles/${made.id}`);
    const { page } = scene;
    await page.getByRole("button", { name: /^sales/ }).click();
    // Its box says that it is given already.
    await page.getByRole("checkbox", { name: "sales, orders: view (already given by sales:*:view)" }).waitFor();
    const text = page.getByLabel("Add a special permission");
    await text.fill("sales:view");
    await text.press("Enter");
    await said(page, "Three parts");
    await text.fill("nowhere:*:view");
    await text.press("Enter");
    await said(page, "There is no permission");
    await inspect(page, "role-special");
    await text.fill("auth:*:view");
    await text.press("Enter");
    await page.getByRole("button", { name: "Remove auth:*:view" }).waitFor();
    // A plain one is its box.
    await text.fill("hr:employees:edit");
    await text.press("Enter");
    await page.getByRole("button", { name: "Remove sales:orders:edit:own" }).click();
    await page.getByRole("button", { name: "Save", exact: true }).click();
    await said(page, "saved.");
    assert.deepEqual((await roleNamed(name)).permissions, ["auth:*:view", "hr:employees:edit", "hr:employees:view",
      "sales:*:view"]);
    await leave(scene);
  });

  test("a system role can be looked at, and duplicated", async () => {
    const { id } = await roleNamed("Platform Administrator");
    const scene = await enter(bossState, "#/roles");
    const { page } = scene;
    await inspect(page, "roles");
    await page.getByRole("link", { name: "Platform Administrator", exact: true }).click();
    await said(page, "belongs to the system");
    assert.equal(new URL(page.url()).hash, `#/roles/${id}`);
    assert.equal(await page.getByRole("button", { name: "Save" }).count(), 0);
    assert.equal(await page.getByRole("button", { name: "Delete" }).count(), 0);
    await inspect(page, "role-system");
    await leave(scene);
  });

  test("the matrix works by keyboard alone", async () => {
    const name = `Keys ${fresh()}`;
    const scene = await enter(bossState, "#/roles/new");
    const { page } = scene;
    const focusOn = async (label, limit = 120) => {
      for (let i = 0; i < limit; ++i) {
        await page.keyboard.press("Tab");
        const here = await page.evaluate(() => document.activeElement?.getAttribute("aria-label") ??
          document.activeElement?.labels?.[0]?.textContent ?? document.activeElement?.textContent);
        if (here?.trim().startsWith(label)) return;
      }
      assert.fail(`Tab never came to ${label}`);
    };
    await page.getByLabel("Name", { exact: true }).waitFor();
    await page.keyboard.type(name);
    await focusOn("Find permissions");
    await page.keyboard.type("orders");
    await page.keyboard.press("Enter");  // filters, does not send
    await focusOn("sales");
    assert.equal(await page.getByRole("button", { name: /^auth/ }).count(), 0);
    await page.keyboard.press("Enter");
    await focusOn("sales: view everything");
    await page.keyboard.press("Space");
    await focusOn("sales, orders: edit");
    await page.keyboard.press("Space");
    await focusOn("Add a special permission");
    await page.keyboard.type("hr:*:view");
    await page.keyboard.press("Enter");
    await focusOn("Add the role");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name }).waitFor();
    assert.deepEqual((await roleNamed(name)).permissions, ["hr:*:view", "sales:orders:edit", "sales:orders:view"]);
    // Focus went to the new view's name.
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), name);
    await tabThrough(page);
    await leave(scene);
  });

  test("thousands of permissions do not freeze it", async () => {
    const scene = await enter(bossState, "#/roles", {});
    const { page } = scene;
    const items = [];
    for (let m = 0; m < 8; ++m) {
      for (let r = 0; r < 150; ++r) {
        for (const action of ["view", "create", "edit", "delete", "approve"]) {
          items.push({ code: `module${m}:resource${r}:${action}`, description: null, created_at: "2026-01-01T00:00:00Z",
            created_by: null });
        }
      }
    }
    await page.route("**/auth/permissions*", (route) => route.fulfill({ json: { items, next_cursor: null } }));
    await page.getByRole("link", { name: "Add a role" }).click();
    await page.getByRole("button", { name: /^module7/ }).click();
    await page.getByRole("checkbox", { name: "module7, resource0: view", exact: true }).waitFor();
    const slowest = await page.evaluate(async () => {
      const twice = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      const times = [];
      for (const box of [...document.querySelectorAll(".grid td input")].slice(0, 5)) {
        const start = performance.now();
        box.click();
        await twice();
        times.push(performance.now() - start);
      }
      return Math.max(...times);
    });
    assert.ok(slowest < 500, `a tick took ${slowest} ms`);
    await said(page, "5 permissions");
    await page.getByRole("checkbox", { name: "module7: everything", exact: true }).check();
    await said(page, "750 permissions");
    await leave(scene);
  });
});

describe("platform administrators", () => {
  let state;
  before(async () => { ({ state } = await signIn(browser, platformAdmin)); });

  test("add and delete permissions, and make roles of the system's", async () => {
    // First of the list, however long it is.
    const code = `0${fresh()}:things:view`;
    const name = `Everywhere ${fresh()}`;
    const scene = await enter(state, "#/roles");
    const { page } = scene;
    await page.getByRole("link", { name: "List of permissions" }).click();
    await page.getByRole("rowheader").first().waitFor();
    await inspect(page, "permissions");
    await page.getByRole("button", { name: "Add a permission" }).click();
    const dialog = page.getByRole("dialog", { name: "Add a permission" });
    await dialog.getByLabel("Permission", { exact: true }).fill("no such form");
    await dialog.getByRole("button", { name: "Add a permission" }).click();
    await dialog.getByText("That does not look right.").waitFor();
    await inspect(page, "permission-new");
    await dialog.getByLabel("Permission", { exact: true }).fill(code);
    await dialog.getByLabel("Description").fill("See things");
    await dialog.getByRole("button", { name: "Add a permission" }).click();
    await page.getByRole("rowheader", { name: code }).waitFor();
    assert.deepEqual(await sql(`SELECT description FROM permissions WHERE code = '${code}'`), ["See things"]);

    await open(page, `${admin}#/roles/new`);
    await page.getByLabel("Name", { exact: true }).fill(name);
    await page.getByLabel("For all organisations").check();
    // The first module may be open from the start.
    const module = page.getByRole("button", { name: new RegExp(`^${code.split(":")[0]}`) });
    if (await module.getAttribute("aria-expanded") !== "true") await module.click();
    await page.getByRole("checkbox", { name: code.replace(":", ", ").replace(":", ": "), exact: true }).check();
    await page.getByRole("button", { name: "Add the role" }).click();
    await page.getByRole("heading", { level: 1, name }).waitFor();
    assert.deepEqual(await sql(`SELECT tenant_id IS NULL FROM roles WHERE name = '${name}'`), ["1"]);
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { level: 1, name: "Roles" }).waitFor();

    await open(page, `${admin}#/roles/permissions`);
    await page.getByRole("button", { name: `Delete ${code}` }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await said(page, `${code} deleted.`);
    assert.deepEqual(await sql(`SELECT code FROM permissions WHERE code = '${code}'`), []);
    assert.equal(await page.getByRole("rowheader", { name: code }).count(), 0);
    await leave(scene);
  });
});
