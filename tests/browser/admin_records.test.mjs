// What the administration tells of the past (SPEC W3, L4, A1, M2) and its service credentials (T10),
// driven as people drive them.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";

import { administration, ask, dialog, focused, heading, platformAdmin, press, told } from "./support/admin.mjs";
import { launch, ownPage, send, signIn } from "./support/browser.mjs";
import { newestMail } from "./support/mail.mjs";
import { arrives, inspect, open, tabThrough } from "./support/page.mjs";
import { newTenant, newUser, signInOf, sql } from "./support/stack.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

// A tenant of the test's own, with an administrator who is signed in.
async function office(settings = {}) {
  const tenant = await newTenant(settings);
  const boss = await newUser(tenant, "--tenant-admin");
  return { tenant, boss, ...(await signIn(browser, boss)) };
}
const seen = async (page) => (await page.locator("tbody tr[role=row]").allTextContents());
const rows = (page, n) => page.waitForFunction((count) =>
  document.querySelectorAll("table.list[aria-busy=false] tbody tr").length === count, n);

describe("W3 sign-ins", () => {
  test("the chart shows the failures that the test made; the list is filtered by each", async () => {
    const { tenant, state } = await office();
    const person = await newUser(tenant);
    const plain = await ownPage(browser);
    const login = (user) => send(plain, "/auth/login", { method: "POST", json: signInOf(user, "body") });
    for (let i = 0; i < 3; ++i) await login({ ...person, password: "not-this-one-surely" });
    await login({ ...person, email: "nobody@example.test" });
    assert.equal((await login(person)).status, 200);
    await plain.context().close();

    const { context, page, faults } = await administration(browser, state, "attempts");
    await page.getByText("2 sign-ins, 4 failed attempts. Most failures: 4").waitFor();
    const bars = page.getByRole("img", { name: /2 sign-ins, 4 failed attempts/ });
    assert.equal(await bars.locator(".bucket").count(), 24);
    const heights = await bars.evaluate((svg) => ["succeeded", "failed"].map((kind) =>
      [...svg.querySelectorAll(`.${kind}`)].reduce((sum, one) => sum + one.height.baseVal.value, 0)));
    assert.ok(Math.abs(heights[1] / heights[0] - 2) < 0.01, `4 failures are twice 2 sign-ins: ${heights}`);
    await inspect(page, "attempts");
    await page.getByText("As a table").click();
    const numbers = page.getByRole("table", { name: "Over time" });
    const cells = await numbers.locator("td").allTextContents();
    assert.equal(cells.reduce((sum, cell) => sum + Number(cell), 0), 6);
    await inspect(page, "attempts-table");
    for (const [name, count] of [["7 days", 7], ["30 days", 30]]) {
      await press(page, name);
      await page.waitForFunction((n) => document.querySelectorAll(".bucket").length === n, count);
      await page.getByText("2 sign-ins, 4 failed attempts.").first().waitFor();
    }
    await inspect(page, "attempts-30d");
    await tabThrough(page);

    await rows(page, 6);
    const all = (await seen(page)).join("\n");
    for (const reason of ["The password was wrong", "There was no such account", "With the password"]) {
      assert.match(all, new RegExp(reason));
    }
    await page.getByLabel("Result").selectOption("Not signed in");
    await rows(page, 4);
    await page.getByLabel("E-mail address").fill("nobody@example.test");
    await rows(page, 1);
    assert.match(page.url(), /success=false/);
    await page.reload();
    await rows(page, 1);
    assert.equal(await page.getByLabel("E-mail address").inputValue(), "nobody@example.test", "kept in the address");
    await page.getByRole("button", { name: "Clear the filters" }).click();
    await rows(page, 6);
    assert.equal(await focused(page), "E-mail address");
    await page.getByLabel("Until").fill("2020-01-01T00:00");
    await page.getByLabel("Until").blur();
    await page.getByText("Nothing matches these filters").waitFor();
    await inspect(page, "attempts-nothing");
    await page.getByRole("search").getByRole("button", { name: "Clear the filters" }).click();
    await rows(page, 6);
    await page.getByLabel("IP address").fill("192.0.2.7");
    await page.getByText("Nothing matches these filters").waitFor();
    await page.getByLabel("IP address").fill("");
    await rows(page, 6);
    await page.getByRole("link", { name: person.email }).first().click();
    await heading(page, new RegExp(person.email));
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("every reason that the server writes has its words", () => {
    const source = (file) => readFileSync(new URL(`../../handlers/auth/${file}`, import.meta.url), "utf8");
    const found = (file, pattern) => [...source(file).matchAll(pattern)].map((match) => match[1]);
    const reasons = [...["attempt.h", "attempt.cpp", "oauth_sign_in.cpp"]
      .flatMap((file) => found(file, /kReason\w* = "(\w+)"/g)),
      ...found("challenge.cpp", /kTotp \? "(\w+)" : "\w+"/g), ...found("challenge.cpp", /kTotp \? "\w+" : "(\w+)"/g),
      ...found("challenge.cpp", /opened, false, "(\w+)"/g),
      ...found("sign_in.cpp", /FirstFactor factor\{"pwd", "(\w+)"/g),
      "email_not_verified", "account_disabled", "subscription_expired", "tenant_suspended"];
    assert.ok(reasons.length >= 14, reasons.join());
    const texts = JSON.parse(readFileSync(new URL("../../nginx/ui/texts/en.json", import.meta.url), "utf8"));
    assert.deepEqual(reasons.filter((reason) => !texts[`attempt.reason.${reason}`]), []);
    // What else begins with "oauth" has one text for all.
    assert.ok(texts["attempt.reason.oauth_other"]);
  });

  test("further pages come by “Show more”", async () => {
    const { tenant, state } = await office();
    const plain = await ownPage(browser);
    const { page, context, faults } = await administration(browser, state, "attempts");
    await rows(page, 1);
    await page.route((url) => url.pathname === "/auth/login-attempts", (route) => {
      const url = new URL(route.request().url());
      url.searchParams.set("limit", "1");
      return route.continue({ url: url.href });
    });
    await send(plain, "/auth/login", { method: "POST",
      json: signInOf({ tenant, email: "x@example.test", password: "wrong" }, "body") });
    await plain.context().close();
    await press(page, "Refresh");
    await page.getByRole("button", { name: "Show more" }).waitFor();
    await rows(page, 1);
    await press(page, "Show more");
    await rows(page, 2);
    assert.deepEqual(faults, []);
    await context.close();
  });
});

describe("W3 audit", () => {
  test("a change of settings stands there with before and after, and who made it", async () => {
    const { boss, state, csrf, userId } = await office();
    const { context, page, faults } = await administration(browser, state, "audit");
    const { tenant_id: id } = (await ask(page, "/auth/me")).json;
    const change = { password_min_length: 15, lockout_duration: 7200,
      registration: "closed", registration_domains: ["example.org"] };
    const changed = await ask(page, `/auth/tenants/${id}/settings`, { method: "PATCH", json: change, csrf });
    assert.equal(changed.status, 200);
    await press(page, "Refresh");
    const row = page.getByRole("row", { name: /Settings changed/ });
    await row.waitFor();
    assert.match(await row.textContent(), new RegExp(boss.email));
    assert.match(await row.textContent(), /Shortest password/, "which fields");
    await row.getByRole("button", { name: /^Details/ }).click();
    const details = dialog(page, "Settings changed");
    const line = (name) => details.getByRole("row", { name }).textContent();
    assert.equal(await line(/Shortest password/), "Shortest password1015");
    assert.equal(await line(/Locked for/), "Locked for15 minutes2 hours");
    assert.equal(await line(/Who may register/), "Who may registerAnybodyNobody");
    assert.equal(await line(/Domains/), "Domains that may register–example.org");
    const [request] =
      await sql(`SELECT request_id FROM audit_events WHERE event = 'settings.updated' ORDER BY id DESC LIMIT 1`);
    await details.getByText(request).waitFor();
    await inspect(page, "audit-details");
    await tabThrough(page);
    await page.keyboard.press("Escape");
    assert.match(await focused(page), /^Details/, "focus is back at its button");
    await row.getByRole("button", { name: /^Details/ }).click();
    await details.getByRole("link", { name: "Everything they did" }).click();
    await arrives(page, new RegExp(`actor_id=${userId}`));
    assert.equal(await details.count(), 0);
    await page.getByRole("button", { name: "Clear the filters" }).click();

    await page.getByLabel("What", { exact: true }).selectOption("Settings changed");
    await rows(page, 1);
    await page.getByRole("combobox", { name: "Who did it" }).fill(userId);
    await page.getByRole("combobox", { name: "Who did it" }).press("Enter");
    await arrives(page, new RegExp(`actor_id=${userId}`));
    await rows(page, 1);
    await inspect(page, "audit");
    await page.getByLabel("What", { exact: true }).selectOption("Role deleted");
    await page.getByText("Nothing matches these filters").waitFor();
    await page.getByRole("search").getByRole("button", { name: "Clear the filters" }).click();
    await tabThrough(page);
    await page.getByRole("link", { name: boss.email }).first().click();
    await heading(page, new RegExp(boss.email));
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("services to sign in with are compared one by one; a new one is told whole", async () => {
    const { state, csrf } = await office();
    const { context, page, faults } = await administration(browser, state, "audit");
    const { tenant_id: id } = (await ask(page, "/auth/me")).json;
    const provider = { id: "one", name: "One", type: "oidc",
      issuer: "https://one.example.org", client_id: "c",
      client_secret: "hidden", scopes: ["openid"] };
    const put = (...list) => ask(page, `/auth/tenants/${id}/settings`,
      { method: "PATCH", csrf, json: { oauth_providers: list } });
    assert.equal((await put(provider)).status, 200);
    const { client_secret: _, ...same } = provider;
    assert.equal((await put({ ...same, name: "Uno" })).status, 200);
    await press(page, "Refresh");
    const buttons = page.getByRole("row", { name: /Settings changed/ }).getByRole("button");
    await page.waitForFunction(() => document.querySelectorAll("tbody tr").length >= 2);
    await buttons.first().click();
    const details = page.getByRole("dialog");
    assert.deepEqual(await details.locator(".diff tbody tr").allTextContents(),
      ["Sign-in with other services › one › NameOneUno"]);
    await page.keyboard.press("Escape");
    await buttons.nth(1).click();
    const told1 = (await details.locator(".diff tbody tr").allTextContents()).join("\n");
    assert.match(told1, /https:\/\/one\.example\.org/);
    assert.ok(!told1.includes("hidden"), "never a secret");
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("every event has its words", async () => {
    const { state } = await office();
    const { context, page, faults } = await administration(browser, state, "audit");
    await rows(page, (await ask(page, "/auth/audit")).json.items.length);
    const options = await page.getByLabel("What", { exact: true }).locator("option").evaluateAll((all) =>
      all.map((one) => [one.value, one.textContent]));
    assert.equal(options.length, 1 + 36);
    for (const [value, text] of options) assert.notEqual(text, value);
    assert.deepEqual(faults, []);
    await context.close();
  });
});

describe("W3 outbox", () => {
  test("mails with their state, by state, kind and recipient; nothing of what stands in them", async () => {
    const { tenant, state } = await office();
    const plain = await ownPage(browser);
    const email = `asha-${Date.now()}@example.test`;
    await send(plain, "/auth/register", { method: "POST", json: { tenant, email, password: "three-wet-otters-sing" } });
    await plain.context().close();
    await newestMail(email, "verify_email");
    const { context, page, faults } = await administration(browser, state, "outbox");
    const row = page.getByRole("row", { name: email });
    for (let i = 0; i < 20 && !(await row.getByText("Sent").count()); ++i) {
      await press(page, "Refresh");
      await page.waitForTimeout(250);
    }
    assert.match(await row.textContent(), /Confirm the address/);
    await page.locator(".counts").getByText(/^Sent: \d/).waitFor();
    await inspect(page, "outbox");
    await tabThrough(page);
    await page.getByLabel("State").selectOption("Sent");
    await page.getByLabel("What about").selectOption("Confirm the address");
    await page.getByLabel("To", { exact: true }).fill(email.toUpperCase());
    await arrives(page, /recipient=/);
    await rows(page, 1);
    await page.getByLabel("State").selectOption("Given up");
    await page.getByText("Nothing matches these filters").waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  });
});

describe("W3 service credentials", () => {
  test("T10: one is created, its secret shown once, used, and deleted", async () => {
    const { state } = await office();
    const { context, page, faults } = await administration(browser, state, "services", { refusals: [401] });
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByText("No service credentials yet").waitFor();
    await inspect(page, "services-none");
    await press(page, "New credential");
    const asked = page.getByRole("dialog");
    await press(asked, "Create");
    await asked.getByText("Please fill this in.").waitFor();
    await asked.getByLabel("Name").fill("Till 4");
    await inspect(page, "services-new");
    await press(asked, "Create");
    await asked.getByText("Copy the secret now.").waitFor();
    await inspect(page, "services-secret");
    await tabThrough(page);
    const id = await asked.getByLabel("Client ID", { exact: true }).inputValue();
    const secret = await asked.getByLabel("Client secret", { exact: true }).inputValue();
    await press(asked, "Copy Client secret");
    await asked.getByRole("button", { name: "Copied Client secret" }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), secret);
    await press(asked, "I have copied it");
    assert.equal(await focused(page), "New credential");
    await rows(page, 1);
    assert.ok(!(await page.content()).includes(secret), "gone from the page");
    await inspect(page, "services");
    await tabThrough(page);

    const introspect = () => page.evaluate(async (basic) => {
      const answer = await fetch("/auth/introspect", { method: "POST", credentials: "omit",
        body: new URLSearchParams({ token: "none" }),
        headers: { Authorization: `Basic ${btoa(basic)}` } });
      return [answer.status, await answer.json()];
    }, `${id}:${secret}`);
    assert.deepEqual(await introspect(), [200, { active: false }]);
    await press(page, "Delete Till 4");
    await inspect(page, "services-delete");
    await press(dialog(page, /Till 4/), "Delete");
    await told(page, "is deleted");
    await page.getByText("No service credentials yet").waitFor();
    await page.waitForFunction(() => document.activeElement?.textContent === "New credential");
    assert.equal((await introspect())[0], 401);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test("a platform administrator makes them for the tenant that is administered", async () => {
    const { state: theirs } = await office();
    const mine = await administration(browser, theirs, "services");
    const { tenant_id: id } = (await ask(mine.page, "/auth/me")).json;
    const { state } = await signIn(browser, platformAdmin);
    const { context, page, faults } = await administration(browser, state, `services?tenant=${id}`);
    await press(page, "New credential");
    await page.getByRole("dialog").getByLabel("Name").fill("Kitchen");
    await press(page.getByRole("dialog"), "Create");
    await press(page.getByRole("dialog"), "I have copied it");
    await open(mine.page, "/auth/ui/admin#/services");
    await mine.page.reload();
    await mine.page.getByRole("row", { name: /Kitchen/ }).waitFor();
    assert.deepEqual([...faults, ...mine.faults], []);
    await context.close();
    await mine.context.close();
  });
});
