// The sign-in page in a browser: filled in, and what it leads to.
import { send } from "./browser.mjs";
import { arrives, open, press } from "./page.mjs";

export async function fillSignIn(page, { tenant, email, password }) {
  await open(page, `/auth/ui/sign-in?tenant=${tenant}`);
  await page.getByLabel("E-mail address").fill(email);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await press(page, "Sign in");
}

export const signedInAs = async (page) => (await send(page, "/auth/session")).json?.user?.email;
export const arrived = (page, path = "/auth/ui/account") =>
  arrives(page, (url) => url.pathname === path);
