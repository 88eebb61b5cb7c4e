// Two people who administer the same thing at the same time, or one in two tabs (SPEC W3): nobody
// takes back what another did.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { administration, ask, heading, press, told } from "./support/admin.mjs";
import { launch, ownPage, signIn } from "./support/browser.mjs";
import { newTenant, newUser } from "./support/stack.mjs";

let browser;
let boss;
let person;
const scenes = [];
const enter = async (route, options) => {
  const scene = await administration(browser, boss.state, route, options);
  scenes.push(scene);
  return scene.page;
};

before(async () => {
  browser = await launch();
  const tenant = await newTenant({ max_sessions: 0 });
  boss = await signIn(browser, await newUser(tenant, "--tenant-admin"));
  person = await signIn(browser, await newUser(tenant));
  const page = await ownPage(browser, boss.state);
  for (const name of ["Guest", "Member", "Viewer"]) {
    const made = await ask(page, "/auth/roles", { method: "POST", csrf: boss.csrf,
      json: { name, permissions: [] } });
    assert.equal(made.status, 201, made.text);
  }
  await page.context().close();
});
after(() => browser?.close());

async function over() {
  for (const { context, faults } of scenes.splice(0)) {
    await context.close();
    assert.deepEqual(faults, []);
  }
}
const rolesOf = async (page) =>
  (await ask(page, `/auth/users/${person.userId}`)).json.roles.map(({ name }) => name).sort();
const undo = (page, text) => page.locator(".toast", { hasText: text }).getByRole("button", { name: "Undo" }).click();

test("roles that two people tick are all kept, and each undoes their own alone", async () => {
  const one = await enter(`users/${person.userId}`);
  const other = await enter(`users/${person.userId}`);
  const box = (page, name) => page.getByRole("checkbox", { name, exact: true });
  await box(other, "Guest").waitFor();
  await box(one, "Viewer").check();
  await told(one, "“Viewer” given");
  await box(other, "Guest").check();
  await told(other, "“Guest” given");
  assert.deepEqual(await rolesOf(one), ["Guest", "Viewer"]);
  assert.ok(await box(other, "Viewer").isChecked(), "what the other gave is shown");

  await box(one, "Member").check();
  await told(one, "“Member” given");
  await undo(one, "“Viewer” given");
  await told(one, "Undone");
  assert.deepEqual(await rolesOf(one), ["Guest", "Member"]);
  assert.ok(!await box(one, "Viewer").isChecked());
  assert.ok(await box(one, "Member").isChecked());
  await over();
});

test("the primary role that was taken is the primary one again with Undo", async () => {
  const page = await enter(`users/${person.userId}`);
  const inOrder = async () => (await ask(page, `/auth/users/${person.userId}`)).json.roles.map(({ name }) => name);
  const before = await inOrder();
  assert.equal(before.length, 2);
  await page.getByRole("checkbox", { name: before[0], exact: true }).uncheck();
  await told(page, "taken away");
  await undo(page, "taken away");
  await told(page, "Undone");
  assert.deepEqual(await inOrder(), before);
  await over();
});

async function newRole(page) {
  const name = `Together ${Date.now()}`;
  const made = await ask(page, "/auth/roles", { method: "POST", csrf: boss.csrf,
    json: { name, permissions: ["sales:orders:view"] } });
  assert.equal(made.status, 201, made.text);
  return made.json;
}
const roleOf = async (page, id) => (await ask(page, `/auth/roles/${id}`)).json;
async function openRole(id) {
  const page = await enter(`roles/${id}`);
  await page.getByRole("button", { name: "Save", exact: true }).waitFor();
  return page;
}
async function special(page, code) {
  await page.getByLabel("Add a special permission").fill(code);
  await press(page, "Add");
}

test("permissions that two people add to a role are all kept, and each undoes their own", async () => {
  const first = await enter("roles");
  const { id } = await newRole(first);
  const one = await openRole(id);
  const other = await openRole(id);
  await special(one, "hr:*:view");
  await press(one, "Save");
  await told(one, "saved");
  await special(other, "sales:*:view");
  await press(other, "Save");
  await told(other, "with what somebody else has changed");
  assert.deepEqual((await roleOf(one, id)).permissions, ["hr:*:view", "sales:*:view", "sales:orders:view"]);
  await other.getByRole("button", { name: "Remove hr:*:view" }).waitFor();
  await undo(one, "saved");
  await told(one, "Undone");
  assert.deepEqual((await roleOf(one, id)).permissions, ["sales:*:view", "sales:orders:view"]);
  // What the first tab now shows is what is there: saving it takes nothing back.
  await one.getByRole("button", { name: "Remove sales:*:view" }).waitFor();
  await over();
});

test("a name that two people change is asked about once", async () => {
  const first = await enter("roles");
  const { id, name } = await newRole(first);
  const one = await openRole(id);
  const other = await openRole(id);
  await one.getByLabel("Name", { exact: true }).fill(`${name} A`);
  await press(one, "Save");
  await heading(one, `${name} A`);
  await other.getByLabel("Name", { exact: true }).fill(`${name} B`);
  await press(other, "Save");
  await other.getByText(`Somebody else has changed this to “${name} A” meanwhile.`).waitFor();
  assert.equal(await other.getByLabel("Name", { exact: true }).getAttribute("aria-invalid"), "true");
  assert.equal((await roleOf(one, id)).name, `${name} A`);
  await press(other, "Save");
  await heading(other, `${name} B`);
  // The first one's Undo is about a name that nobody has any more.
  await undo(one, "saved");
  await told(one, "It was changed once more since.");
  assert.equal((await roleOf(one, id)).name, `${name} B`);
  await over();
});
