// A tenant with an administrator at work: the administration as somebody sees it in a browser, and
// beside it the API, for what it did.
import assert from "node:assert/strict";

import { ask } from "./admin.mjs";
import { ownPage, signIn } from "./browser.mjs";
import { open, watched } from "./page.mjs";
import { newTenant, newUser } from "./stack.mjs";

export const admin = "/auth/ui/admin";
export const fresh = () => Math.random().toString(36).slice(2, 8);

export const said = (page, text) => page.getByText(text).first().waitFor();
export const region = (page, name) => page.locator("section.section").filter({ has: page.getByRole("heading",
  { name, exact: true }) });

export async function leave({ context, faults }) {
  await context.close();
  assert.deepEqual(faults, []);
}

// `boss` is Wanjiku Mwangi; `state` gives a context her cookies; `ask` is a call of hers that must
// succeed: its document.
export async function office(browser) {
  const tenant = await newTenant({ max_sessions: 0 });
  const boss = await newUser(tenant, "--tenant-admin", "--first-name", "Wanjiku", "--last-name", "Mwangi");
  const { state, csrf } = await signIn(browser, boss);
  const page = await ownPage(browser, state);
  const call = async (path, options = {}) => {
    const answer = await ask(page, path, { csrf, ...options });
    assert.ok(answer.status < 300, `${path}: ${answer.text}`);
    return answer.json;
  };
  return {
    tenant, boss, state, ask: call,
    byMail: async (email) => (await call(`/auth/users?email=${encodeURIComponent(email)}`)).items[0],
    roleNamed: async (name) => (await call("/auth/roles?limit=200")).items.find((role) => role.name === name),
    // The administration, as somebody sees it.
    enter: async (whose, route = "", options = {}) => {
      const scene = await watched(browser, { storageState: whose, ...options });
      await open(scene.page, admin + route);
      await scene.page.getByRole("heading", { level: 1 }).waitFor();
      return scene;
    },
  };
}
