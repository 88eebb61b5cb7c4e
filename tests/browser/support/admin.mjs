// The administration in a browser: somebody signed in on it, and what people do on its views.
import assert from "node:assert/strict";

import { launch, send, signIn } from "./browser.mjs";
import { heading, open, press, watched } from "./page.mjs";
import { baseUrl, info } from "./stack.mjs";

export const platformAdmin = { tenant: info.tenant, email: info.admin_email, password: info.admin_password };

// A page of the administration for somebody with the cookies of `state`; `route` as "settings". To be
// left by `leave()`, which fails where the page had a fault.
export async function administration(browser, state, route, options = {}) {
  const seen = await watched(browser, { storageState: state, ...options });
  await open(seen.page, `/auth/ui/admin#/${route}`);
  const leave = async () => {
    await seen.context.close();
    assert.deepEqual(seen.faults, []);
  };
  return { ...seen, leave };
}

export const told = (page, text) => page.locator(".toast").getByText(text).waitFor();
export const dialog = (page, name) => page.getByRole("dialog", { name });

// The accessible name of what has the focus.
export const focused = (page) => page.evaluate(() => {
  const element = document.activeElement;
  return (element?.labels?.[0]?.textContent ?? element?.getAttribute("aria-label") ?? element?.textContent ?? "")
    .trim().replace(/\s+/g, " ");
});

// A call as the page's own person; what changes something gets the CSRF token of `csrf`.
export const ask = (page, path, { csrf, ...options } = {}) =>
  send(page, path, { ...options, ...(csrf && { headers: { "X-CSRF-Token": csrf, ...options.headers } }) });

export { baseUrl, heading, launch, press, signIn };
