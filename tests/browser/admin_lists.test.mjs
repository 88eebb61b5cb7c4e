// Lists of the administration and how they are searched (SPEC W3), driven as people drive them.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { administration, ask, dialog, focused, heading, press } from "./support/admin.mjs";
import { launch, signIn } from "./support/browser.mjs";
import { inspect, tabThrough } from "./support/page.mjs";
import { newTenant, newUser } from "./support/stack.mjs";

let browser;
let tenant;
let boss;
before(async () => {
  browser = await launch();
  tenant = await newTenant({ max_sessions: 0 });
  boss = await signIn(browser, await newUser(tenant, "--tenant-admin", "--first-name", "Wanjiku"));
});
after(() => browser?.close());

async function enter(route, options) {
  const scene = await administration(browser, boss.state, route, options);
  const leave = async () => {
    await scene.context.close();
    assert.deepEqual(scene.faults, []);
  };
  return { ...scene, leave };
}

test("a search keeps the space between two words, however slowly they come", async () => {
  const { page, leave } = await enter("outbox");
  const field = page.getByLabel("To", { exact: true });
  await field.pressSequentially("acme ");
  await page.waitForURL(/recipient=acme$/);
  await field.pressSequentially("ltd");
  await page.waitForURL(/recipient=acme\+ltd$/);
  assert.equal(await field.inputValue(), "acme ltd");
  await leave();
});
