// The settings of a tenant in the administration (SPEC W3, N5), driven as people drive them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { administration, ask, dialog, focused, heading, press, told } from "./support/admin.mjs";
import { launch, newContext, send, signIn } from "./support/browser.mjs";
import { inspect, tabThrough } from "./support/page.mjs";
import { baseUrl, newTenant, newUser } from "./support/stack.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

// The settings page of a tenant of the test's own, and what the API says of it.
async function settingsOf(given = {}, options = {}) {
  const tenant = await newTenant(given);
  const { state, csrf, userId } = await signIn(browser, await newUser(tenant, "--tenant-admin"));
  const seen = await administration(browser, state, "settings", options);
  await seen.page.getByRole("button", { name: "Save settings" }).waitFor();
  const { page } = seen;
  const { tenant_id: id } = (await ask(page, `/auth/users/${userId}`)).json;
  const path = `/auth/tenants/${id}/settings`;
  const sent = [];
  page.on("request", (request) => { if (request.method() === "PATCH") sent.push(request.postDataJSON()); });
  return { ...seen, tenant, path, csrf, sent, read: async () => (await ask(page, path)).json };
}
const save = (page) => press(page, "Save settings");

describe("W3 settings", () => {
  test("every setting of the schema has its field; changes hold at once, and only they are sent", async () => {
    const { context, page, faults, tenant, sent, read } = await settingsOf();
    const schema = (await ask(page, "/auth/openapi.json")).json.components.schemas.SettingsChange.properties;
    for (const key of Object.keys(schema)) {
      if (key !== "oauth_providers") assert.equal(await page.locator(`[name="${key}"]`).count(), 1, key);
    }
    await inspect(page, "settings");
    await tabThrough(page);

    await page.getByLabel("Shortest password").fill("17");
    await page.getByRole("spinbutton", { name: "Locked for" }).fill("2");
    await page.getByLabel("Unit of “Locked for”").selectOption("hours");
    await page.getByLabel("Who may register").selectOption("Only addresses of these domains");
    await page.getByLabel("Domains that may register").fill("Example.org\n\n example.test \n");
    await page.getByLabel("Put permissions into tokens").uncheck();
    await page.getByLabel("Text for people without a role").fill("Ask Amina,\nroom 4.");
    await page.getByText("6 changes not saved").waitFor();
    await save(page);
    await told(page, "Settings saved.");
    assert.deepEqual(sent, [{ password_min_length: 17, lockout_duration: 7200, registration: "domain",
      registration_domains: ["Example.org", "example.test"], permissions_claim: false,
      info_text: "Ask Amina,\nroom 4." }]);
    const held = await read();
    assert.deepEqual(held.registration_domains, ["example.org", "example.test"]);
    assert.equal(held.lockout_duration, 7200);
    assert.equal(await page.getByText("not saved").count(), 0);

    const stranger = await newContext(browser, { bypassCSP: true });
    const other = await stranger.newPage();
    await other.goto(baseUrl + "/auth/health");
    const options = (await send(other, `/auth/sign-in-options?tenant=${tenant}`)).json;
    assert.equal(options.password_min_length, 17);
    const register = (password) => send(other, "/auth/register", { method: "POST",
      json: { tenant, email: "amina@example.org", password } });
    assert.equal((await register("wet-otters-sing")).status, 422, "15 characters");
    assert.equal((await register("three-wet-otters-sing")).status, 202);
    await stranger.close();

    await page.locator(".toast").getByRole("button", { name: "Undo" }).click();
    await told(page, "Undone");
    assert.equal((await read()).password_min_length, 10);
    assert.equal(await page.getByLabel("Shortest password").inputValue(), "10");
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("no second is lost, whichever unit it is shown in", async () => {
    const { context, page, faults, sent, read } =
      await settingsOf({ idle_timeout: 5400, session_ttl: 90_001, access_ttl: 172_800 / 2 });
    const shown = async (name) => [await page.getByLabel(name, { exact: true }).inputValue(),
      await page.getByLabel(`Unit of “${name}”`).locator("option:checked").textContent()];
    assert.deepEqual(await shown("Sign out when idle for"), ["90", "minutes"]);
    assert.deepEqual(await shown("Sign in again after"), ["90001", "seconds"]);
    assert.deepEqual(await shown("Renew access every"), ["1", "days"]);
    await page.getByLabel("Sender's name in mails").fill("Kahawa House");
    await save(page);
    await told(page, "Settings saved.");
    assert.deepEqual(sent, [{ mail_sender_name: "Kahawa House" }]);
    assert.equal((await read()).session_ttl, 90_001);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("a wrong value is told at its field, by the page and by the server", async () => {
    const { context, page, faults, sent, read } = await settingsOf({}, { refusals: [422] });
    await page.getByLabel("Shortest password").fill("9");
    await save(page);
    await page.getByText("At least 10.").waitFor();
    assert.equal(await focused(page), "Shortest password");
    await page.getByLabel("Shortest password").fill("10");
    await page.getByRole("spinbutton", { name: "Sign in again after" }).fill("367");
    await save(page);
    await page.getByText("At most 366.").waitFor();
    assert.deepEqual(sent, [], "nothing was sent");
    await page.getByRole("spinbutton", { name: "Sign in again after" }).fill("2");
    const domains = page.getByLabel("Domains that may register");
    await domains.fill("example.org\nno domain at all");
    await save(page);
    await page.locator("[name=registration_domains][aria-invalid=true]").waitFor();
    assert.equal(await focused(page), "Domains that may register (optional)");
    assert.equal((await read()).session_ttl, 86_400, "all or nothing");
    await inspect(page, "settings-error");
    await domains.fill("example.org");
    await save(page);
    await told(page, "Settings saved.");
    assert.equal((await read()).session_ttl, 172_800);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("a default is offered where the value differs, and what the page takes for it is", async () => {
    const given = {
      access_ttl: 60, session_ttl: 60, refresh_grace: 60, idle_timeout: 60,
      max_sessions: 6, lockout_threshold: 6,
      lockout_window: 60, lockout_duration: 60, password_min_length: 16, mfa_challenge_ttl: 60, verify_email_ttl: 60,
      password_reset_ttl: 60, registration: "closed", registration_domains: ["example.org"], ip_binding: "subnet",
      roles_claim: "csv", permissions_claim: false, sliding_renewal: false, info_text: "Text", mail_sender_name: "Name",
      oauth_link_verified_email: true };
    const plain = await settingsOf();
    const defaults = await plain.read();
    assert.equal(await plain.page.getByRole("button", { name: /^Reset to/ }).count(), 0);
    await plain.context.close();
    const { context, page, faults, sent, read } = await settingsOf(given);
    const reset = page.getByRole("button", { name: /^Reset to/ });
    assert.equal(await reset.count(), Object.keys(given).length);
    await inspect(page, "settings-changed");
    await page.getByRole("button", { name: "Reset to 1 hour (Renew access every)" }).click();
    assert.equal(await focused(page), "Renew access every");
    while (await reset.count()) await reset.first().click();
    await save(page);
    await told(page, "Settings saved.");
    assert.deepEqual(sent, [Object.fromEntries(Object.keys(given).map((key) => [key, null]))]);
    assert.deepEqual(await read(), defaults);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("leaving with something unsaved asks: by a link and by “back”", async () => {
    const { context, page, faults } = await settingsOf();
    await page.getByRole("link", { name: "Sign-ins" }).click();
    await heading(page, "Sign-ins");
    await page.getByRole("link", { name: "Settings" }).click();
    await page.getByLabel("Shortest password").fill("12");
    for (const leave of [
        () => page.evaluate(() => history.back()),
        () => page.getByRole("link", { name: "Audit log" }).click()]) {
      await leave();
      const asked = page.getByRole("dialog");
      await asked.waitFor();
      assert.match(page.url(), /#\/settings/);
      await press(asked, "Cancel");
      assert.equal(await page.getByLabel("Shortest password").inputValue(), "12");
    }
    await press(page, "Discard");
    assert.equal(await page.getByLabel("Shortest password").inputValue(), "10");
    await page.getByLabel("Shortest password").fill("12");
    await page.getByRole("link", { name: "Audit log" }).click();
    await inspect(page, "settings-leave");
    await page.getByRole("dialog").locator("button[type=submit]").click();
    await heading(page, "Audit log");
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("a service to sign in with is added, changed without its secret, and removed", async () => {
    const { context, page, faults, tenant, sent, read } = await settingsOf({}, { refusals: [422] });
    await press(page, "Add a service");
    const form = page.getByRole("dialog");
    await form.getByLabel("Name", { exact: true }).fill("Example");
    await form.getByLabel("Short name").fill("example");
    await form.getByLabel("Issuer address").fill("ftp://id.example.org");
    await form.getByLabel("Client ID").fill("gatehouse");
    await form.getByLabel("Client secret").fill("a secret of theirs");
    assert.equal(await form.getByLabel("Redirect address").inputValue(), `${baseUrl}/auth/oauth/example/callback`);
    await press(form, "Save");
    await form.locator("[name=issuer][aria-invalid=true]").waitFor();
    assert.equal(await focused(page), "Issuer address", "the server's error at its field");
    await inspect(page, "settings-provider");
    await form.getByLabel("Issuer address").fill("https://id.example.org");
    await press(form, "Save");
    await told(page, "“Example” is saved.");
    const [made] = (await read()).oauth_providers;
    assert.equal(made.issuer, "https://id.example.org");
    assert.deepEqual(made.scopes, ["openid", "email", "profile"]);
    const offered = (await ask(page, `/auth/sign-in-options?tenant=${tenant}`)).json.providers;
    assert.deepEqual(offered, [{ id: "example", name: "Example" }]);

    await page.getByRole("button", { name: "Edit Example" }).click();
    assert.equal(await form.getByLabel("Client secret").inputValue(), "", "never read back");
    await form.getByLabel("Name", { exact: true }).fill("Example Ltd");
    await press(form, "Save");
    await told(page, "“Example Ltd” is saved.");
    assert.ok(!("client_secret" in sent.at(-1).oauth_providers[0]), "left out: kept");
    await inspect(page, "settings-providers");

    await press(page, "Add a service");
    await form.getByLabel("Name", { exact: true }).fill("Forge");
    await form.getByLabel("Short name").fill("forge");
    await form.getByLabel("Kind").selectOption("oauth2");
    await form.getByLabel("Authorization address").fill("https://forge.example.org/authorize");
    await form.getByLabel("Token address").fill("https://forge.example.org/token");
    await form.getByLabel("Address of the person's details").fill("https://forge.example.org/user");
    await form.getByLabel("Client ID").fill("gatehouse");
    await form.getByLabel("Scopes").fill("user:email");
    await inspect(page, "settings-provider-oauth2");
    await press(form, "Save");
    await told(page, "“Forge” is saved.");
    await page.getByRole("button", { name: "Remove Example Ltd" }).click();
    await press(dialog(page, /Remove/), "Remove");
    await told(page, "is removed");
    assert.deepEqual((await read()).oauth_providers.map(({ id }) => id), ["forge"]);
    await page.waitForFunction(() => document.activeElement?.textContent === "Add a service");
    assert.deepEqual(faults, []);
    await context.close();
  });
});
