// Where the sign-in page leads, from where one comes to it, and what brings one back (SPEC W1, O1).
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { launch, signIn } from "./support/browser.mjs";
import { arrives, heading, inspect, open, press, watched } from "./support/page.mjs";
import { arrived, fillSignIn, signedInAs } from "./support/sign_in.mjs";
import { baseUrl, cli, newTenant, newUser } from "./support/stack.mjs";

let browser;
before(async () => { browser = await launch(); });
after(() => browser?.close());

describe("ways in and out", () => {
  test("one goes on to where one wanted to go", async () => {
    const user = await newUser(await newTenant());
    const { context, page } = await watched(browser);
    await open(page, `/auth/ui/?tenant=${user.tenant}#return_to=/demo/?a=b&c=d`);
    await page.getByLabel("E-mail address").fill(user.email);
    await page.getByLabel("Password", { exact: true }).fill(user.password);
    await press(page, "Sign in");
    await arrived(page, "/demo/");
    assert.equal(new URL(page.url()).search, "?a=b&c=d");
    // Somebody who is signed in is not asked again.
    await open(page, "/auth/ui/#return_to=/demo/");
    await arrived(page, "/demo/");
    await context.close();
  });

  test("but never to another site", async () => {
    const user = await newUser(await newTenant({ max_sessions: 0 }));
    const { state } = await signIn(browser, user);
    const targets = ["https://evil.test/", "//evil.test/", "/\\evil.test/", "/%09/evil.test/", "/\t/evil.test/",
      "%2F%2Fevil.test", "javascript:alert(1)", "data:text/html,x", "https:evil.test", "\\\\evil.test",
      "/.//evil.test/", "/x/..//evil.test/", "/%2e//evil.test/", `${baseUrl}//evil.test/`, "%2F.%2F%2Fevil.test%2F",
      "http://localhost:1/", baseUrl.replace("://", "://evil.test@") + ".evil.test/", "%"];
    for (const target of targets) {
      const { context, page } = await watched(browser, { storageState: state });
      const visited = [];
      page.on("request", (request) => request.isNavigationRequest() && visited.push(new URL(request.url())));
      await open(page, "/auth/ui/sign-in#return_to=" + target);
      await arrives(page, (url) => url.pathname !== "/auth/ui/sign-in");
      for (const url of visited) assert.equal(url.origin, baseUrl, `${target} led to ${url}`);
      await context.close();
    }
  });

  test("a session that is over leads to the form, not round in circles", async () => {
    const user = await newUser(await newTenant());
    const { state } = await signIn(browser, user);
    await cli(["session", "revoke", "--tenant", user.tenant, "--email", user.email]);
    // As after an hour: the browser has dropped the access token, the CSRF cookie lives on.
    for (const gone of [[], ["__Host-gatehouse_access"]]) {
      const cookies = state.cookies.filter(({ name }) => !gone.includes(name));
      for (const path of ["/auth/ui/", "/auth/ui/account", "/auth/ui/sign-in#return_to=/demo/"]) {
        const { context, page } = await watched(browser, { storageState: { ...state, cookies } });
        const visited = [];
        page.on("request", (request) => request.isNavigationRequest() && visited.push(request.url()));
        await open(page, path);
        await page.getByLabel("Password", { exact: true }).waitFor();
        await page.waitForTimeout(700);  // a circle would have been run through by then
        assert.ok(visited.length <= 2, visited.join("\n"));
        await context.close();
      }
    }
  });

  test("a server out of breath signs nobody out", async () => {
    const user = await newUser(await newTenant());
    const { state } = await signIn(browser, user);
    const cookies = state.cookies.filter(({ name }) => name !== "__Host-gatehouse_access");
    const { context, page } = await watched(browser, { storageState: { ...state, cookies } });
    let answers = 0;
    await page.route("**/auth/refresh", (route) => ++answers === 1
      ? route.fulfill({ status: 503, contentType: "application/problem+json",
        body: JSON.stringify({ code: "unavailable", user_message: "Not now." }) })
      : route.fallback());
    await open(page, "/auth/ui/account");
    await page.getByRole("alert").getByText("Not now.").waitFor();
    await press(page, "Try again");
    await page.getByRole("button", { name: "Sign out" }).waitFor();
    assert.equal(new URL(page.url()).pathname, "/auth/ui/account");
    assert.equal(await signedInAs(page), user.email);
    await context.close();
  });

  test("an organisation that is no more is forgotten", async () => {
    const tenant = await newTenant();
    const user = await newUser(tenant);
    const { context, page } = await watched(browser);
    await fillSignIn(page, user);
    await arrived(page);
    await context.clearCookies();
    await page.evaluate(() => localStorage.setItem("gatehouse.tenant", "gone-for-good"));
    await open(page, "/auth/ui/sign-in");
    await page.getByLabel("Password", { exact: true }).waitFor();
    assert.equal(await page.evaluate(() => localStorage.getItem("gatehouse.tenant")), null);
    await context.close();
  });

  test("back does not bring what was typed", async () => {
    const user = await newUser(await newTenant());
    const { context, page } = await watched(browser);
    await open(page, "/auth/ui/register?tenant=" + user.tenant);
    await fillSignIn(page, user);
    await arrived(page);
    await page.goBack();
    await page.waitForLoadState("networkidle");
    const typed = await page.locator("input").evaluateAll((all) => all.map((one) => one.value));
    assert.ok(!typed.includes(user.password), page.url());
    await context.close();
  });

  test("a provider's button starts there, and its failures are told", async () => {
    const tenant = await newTenant({ oauth_providers: [{ id: "corp", name: "Corp & Sons", type: "oauth2",
      authorization_endpoint: "https://corp.example.test/authorize", token_endpoint: "https://corp.example.test/token",
      userinfo_endpoint: "https://corp.example.test/me", client_id: "gatehouse", client_secret: "shh-a-secret", scopes: [] }] });
    const { context, page, faults } = await watched(browser);
    await open(page, `/auth/ui/sign-in?tenant=${tenant}&error=authentication_required#return_to=/demo/`);
    await page.getByRole("alert").getByText("The sign-in at the other service was cancelled.").waitFor();
    await inspect(page, "sign-in-providers");
    const address = await page.getByRole("link", { name: "Continue with Corp & Sons" }).getAttribute("href");
    const answer = await context.request.get(baseUrl + address, { maxRedirects: 0 });
    assert.equal(answer.status(), 302, await answer.text());
    assert.equal(new URL(answer.headers()["location"]).origin, "https://corp.example.test");
    // What a link from outside can make the page say are texts of ours only.
    for (const words of ["error=<b>pay%20here</b>", "ended=<b>pay%20here</b>", "error=constructor"]) {
      await open(page, `/auth/ui/sign-in?tenant=${tenant}&${words}`);
      await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
      await page.locator(".notice").waitFor();
      assert.equal(await page.getByText(/pay here|constructor|native code/).count(), 0);
    }
    await context.close();
    assert.deepEqual(faults, []);
  });

  test("an unknown address says so, on a page of ours", async () => {
    const { context, page, faults } = await watched(browser, { refusals: [404] });
    const answer = await open(page, "/auth/ui/no-such-page");
    assert.equal(answer.status(), 404);
    await heading(page, "There is no such page");
    await inspect(page, "not-found");
    await context.close();
    assert.deepEqual(faults, []);
  });
});
