// Debian's Chromium under playwright-core, and a person who is signed in with it.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

import { baseUrl, signInOf } from "./stack.mjs";

// `names`: host names to `address:port`, so that pages can have origins of any name.
// GATEHOUSE_CHROMIUM: another program than Debian's.
export function launch(names = {}) {
  const rules = Object.entries(names).map(([name, target]) => `MAP ${name} ${target}`);
  return chromium.launch({
    executablePath: process.env.GATEHOUSE_CHROMIUM ?? "/usr/bin/chromium",
    args: [
      // Its sandbox refuses to work for root.
      ...(process.getuid() === 0 ? ["--no-sandbox"] : []),
      ...(rules.length ? [`--host-resolver-rules=${rules.join(",")}`] : []),
      "--no-proxy-server",
    ],
  });
}

// The local authority is nobody's but the stack's. No routes on a context whose requests go to
// another origin: under interception the library answers preflights itself, and all of them kindly.
// GATEHOUSE_BROWSER_LATENCY: milliseconds that each answer takes longer, which shows where a test
// looks at a page before what it looks for can be there.
export async function newContext(browser, options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
  const latency = Number(process.env.GATEHOUSE_BROWSER_LATENCY ?? 0);
  if (latency > 0) {
    context.on("page", async (page) => {
      const session = await context.newCDPSession(page);
      await session.send("Network.enable");
      await session.send("Network.emulateNetworkConditions",
        { offline: false, latency, downloadThroughput: -1, uploadThroughput: -1 });
    });
  }
  return context;
}

// A request from the page, as its script would send it: `{status, json, type}`, or `{refused}`,
// which is all that a script is told where it may not read the answer. Not without an end: a 401
// that asks for Basic waits for somebody to type.
export function send(page, url, { method = "GET", json, headers = {}, ...options } = {}) {
  const init = { method, headers, credentials: "include", ...options };
  if (json !== undefined) {
    init.body = JSON.stringify(json);
    init.headers = { "Content-Type": "application/json", ...headers };
  }
  return page.evaluate(async ([target, how]) => {
    try {
      const answer = await fetch(target, { ...how, signal: AbortSignal.timeout(10_000) });
      const text = await answer.text();
      let parsed = null;
      try {
        parsed = JSON.parse(text);
      } catch {
        // Not JSON.
      }
      return { status: answer.status, type: answer.type, text, json: parsed };
    } catch (error) {
      return { refused: String(error) };
    }
  }, [url, init]);
}

// A page of the stack's own origin. Its documents under /auth/ forbid scripts to fetch, which is
// not what is tried with it.
export async function ownPage(browser, state) {
  const context = await newContext(browser, { bypassCSP: true, storageState: state });
  const page = await context.newPage();
  await page.goto(baseUrl + "/auth/health");
  return page;
}

// Signs `user` in, in cookie mode, on a page of the stack's own; `state` gives another context the
// same cookies.
export async function signIn(browser, user) {
  const page = await ownPage(browser);
  const answer = await send(page, "/auth/login", { method: "POST", json: signInOf(user) });
  assert.equal(answer.status, 200, answer.text ?? answer.refused);
  const state = await page.context().storageState();
  await page.context().close();
  return {
    state, csrf: answer.json.csrf_token, userId: answer.json.user.id,
    sessionId: answer.json.session.id,
  };
}
