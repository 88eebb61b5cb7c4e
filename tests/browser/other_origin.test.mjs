// A page of another origin in a real browser, where somebody is signed in, in cookie mode (SPEC
// S8, E2): it changes nothing, reads nothing and signs nobody in; a listed origin may do what the
// person may, with the CSRF token.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { launch, newContext, ownPage, send, signIn } from "./support/browser.mjs";
import { openSite } from "./support/site.mjs";
import {
  answersTo, baseUrl, info, newTenant, newUser, port, signInOf, stateOf,
} from "./support/stack.mjs";

const listed = info.cors_origins.find((origin) => !origin.includes("*"));
const listedHost = new URL(listed).hostname;
// The stack under a name of the listed origin's site: a SameSite=Lax cookie goes no further.
const siblingHost = `auth.${listedHost.split(".").slice(1).join(".")}`;

let site;
let browser;
let origins;

before(async () => {
  site = await openSite();
  origins = {
    "another site": `https://evil.localhost:${site.port}`,
    "another site by its address": `https://127.0.0.2:${site.port}`,
    "the same site on another port": `https://localhost:${site.port}`,
  };
  browser = await launch({
    [listedHost]: `127.0.0.1:${site.port}`,
    [siblingHost]: `127.0.0.1:${port}`,
  });
});

after(async () => {
  await browser?.close();
  await site?.close();
});

// Everything a page can do without asking us, each by a function of (page, url, body). The body is
// what it would like us to take for JSON.
const simpleFetch = (mode, type) => (page, url, body) =>
  send(page, url, { method: "POST", mode, body, headers: type ? { "Content-Type": type } : {} });

// A form in a frame of its own, so that the page stays. Resolves once the answer is there.
async function submitForm(page, url, enctype, fields) {
  const answered = page.waitForResponse((answer) => answer.url() === url);
  await page.evaluate(([action, type, pairs]) => {
    const frame = document.createElement("iframe");
    frame.name = `f${Math.random()}`;
    const form = document.createElement("form");
    Object.assign(form, { action, method: "POST", enctype: type, target: frame.name });
    for (const [name, value] of pairs) {
      const input = document.createElement("input");
      Object.assign(input, { type: "hidden", name, value });
      form.append(input);
    }
    document.body.append(frame, form);
    form.submit();
  }, [url, enctype, fields]);
  return (await answered).status();
}

// `{"a": 1, "_": "="}` is what a text/plain form makes of a field named `{"a": 1, "_": "` with the
// value `"}`.
const asPlainField = (body) => [[`${body.slice(0, -1)}${body === "{}" ? "" : ", "}"_": "`, '"}']];

const writes = {
  "fetch, text/plain": simpleFetch("cors", "text/plain"),
  "fetch without CORS, text/plain": simpleFetch("no-cors", "text/plain"),
  "fetch without CORS, JSON": simpleFetch("no-cors", "application/json"),
  "fetch, application/json": simpleFetch("cors", "application/json"),
  "fetch without CORS, a form": simpleFetch("no-cors", "application/x-www-form-urlencoded"),
  "fetch, a Blob without a type": (page, url, body) => page.evaluate(async ([to, text]) => {
    try {
      const blob = new Blob([text]);
      const how = { method: "POST", mode: "no-cors", credentials: "include", body: blob };
      return { type: (await fetch(to, how)).type };
    } catch (error) {
      return { refused: String(error) };
    }
  }, [url, body]),
  "a beacon": async (page, url, body) => {
    const sent = page.waitForRequest((request) => request.url() === url);
    await page.evaluate(([to, text]) => navigator.sendBeacon(to, text), [url, body]);
    await sent;
  },
  "an urlencoded form": (page, url, body) =>
    submitForm(page, url, "application/x-www-form-urlencoded", Object.entries(JSON.parse(body))),
  "a text/plain form": (page, url, body) =>
    submitForm(page, url, "text/plain", asPlainField(body)),
  "a multipart form": (page, url, body) =>
    submitForm(page, url, "multipart/form-data", Object.entries(JSON.parse(body))),
  "an empty form": (page, url) =>
    submitForm(page, url, "application/x-www-form-urlencoded", []),
};

// What a script has learned of an answer: nothing.
function isUnreadable(answer, what) {
  const seen = answer !== null && typeof answer === "object" && "type" in answer;
  assert.ok(!seen || answer.type === "opaque", `${what}: ${JSON.stringify(answer)}`);
  assert.ok(!answer?.text && !answer?.json, `${what}: ${JSON.stringify(answer)}`);
}

// A victim who is signed in, and a page of `origin` in that browser. `isUnharmed`: none of the
// stack's answers to what would change something was a yes, and nothing has changed.
async function trap(origin) {
  const tenant = await newTenant({ max_sessions: 0 });
  const user = await newUser(tenant, "--tenant-admin");
  const attacker = await newUser(tenant);
  const victim = await signIn(browser, user);
  const context = await newContext(browser, { storageState: victim.state });
  const accepted = [];
  context.on("response", (answer) => {
    const unsafe = !["GET", "HEAD", "OPTIONS"].includes(answer.request().method());
    if (unsafe && answer.url().startsWith(baseUrl) && answer.status() < 400) {
      accepted.push(`${answer.request().method()} ${answer.url()} ${answer.status()}`);
    }
  });
  const page = await context.newPage();
  await page.goto(origin + "/");
  const state = await stateOf(tenant);
  const isUnharmed = async () => {
    assert.deepEqual(accepted, []);
    assert.deepEqual(await stateOf(tenant), state);
    // The very same browser is still the victim's.
    const own = await ownPage(browser, await context.storageState());
    const session = await send(own, "/auth/session");
    await own.context().close();
    assert.equal(session.status, 200, session.text);
    assert.equal(session.json.user.id, victim.userId);
    assert.equal(session.json.session.id, victim.sessionId);
  };
  return { context, page, user, attacker, victim, isUnharmed };
}

for (const name of ["another site", "another site by its address",
  "the same site on another port"]) {
  describe(name, () => {
    let scene;
    before(async () => {
      scene = await trap(origins[name]);
    });
    after(() => scene?.context.close());

    test("S8: writes nothing that a page can send without asking", async () => {
      const { page, user, victim } = scene;
      const targets = [
        ["/auth/logout", "{}"],
        ["/auth/logout-all", '{"keep_current": false}'],
        ["/auth/change-password", JSON.stringify({
          current_password: user.password, new_password: "Xw4-quiet-otter-sings" })],
        ["/auth/me/email", JSON.stringify({
          new_email: "evil@example.test", password: user.password })],
        ["/auth/refresh", "{}"],
        ["/auth/revoke", JSON.stringify({ token: victim.state.cookies
          .find((cookie) => cookie.name === "__Host-gatehouse_access").value })],
        [`/auth/users/${victim.userId}/logout`, "{}"],
        [`/auth/users/${victim.userId}/force-password-reset`, "{}"],
      ];
      for (const [path, body] of targets) {
        for (const [way, write] of Object.entries(writes)) {
          isUnreadable(await write(page, baseUrl + path, body), `${way} to ${path}`);
        }
        await scene.isUnharmed();
      }
    });

    test("S8, E2: what needs our leave first does not get it", async () => {
      // The best a page could do: it knows the token (a page of the same host can read the cookie).
      const token = { "X-CSRF-Token": scene.victim.csrf };
      const answers = [
        await send(scene.page, `${baseUrl}/auth/logout`, { method: "POST", headers: token }),
        await send(scene.page, `${baseUrl}/auth/logout-all`, { method: "POST", json: {},
          headers: token }),
        await send(scene.page, `${baseUrl}/auth/me`, { method: "PATCH", json: { first_name: "E" },
          headers: token }),
        await send(scene.page, `${baseUrl}/auth/me`, { method: "DELETE",
          json: { password: scene.user.password }, headers: token }),
        await send(scene.page, `${baseUrl}/auth/me/sessions/${scene.victim.sessionId}`,
          { method: "DELETE", headers: token }),
        await send(scene.page, `${baseUrl}/auth/refresh`, { method: "POST", headers: token }),
        await send(scene.page, `${baseUrl}/auth/session`, { headers: token }),
        await send(scene.page, `${baseUrl}/auth/logout`, { method: "POST",
          headers: { "X-HTTP-Method-Override": "GET" } }),
      ];
      for (const answer of answers) assert.ok(answer.refused, JSON.stringify(answer));
      await scene.isUnharmed();
    });

    test("S8: reads nothing", async () => {
      const { page } = scene;
      for (const path of ["/auth/session", "/auth/me", "/auth/me/export", "/auth/csrf",
        "/auth/users", "/auth/verify", "/auth/nothing"]) {
        const url = baseUrl + path;
        assert.ok((await send(page, url)).refused, path);
        isUnreadable(await send(page, url, { mode: "no-cors" }), path);
        for (const [tag, attribute] of [["img", "src"], ["script", "src"], ["iframe", "src"],
          ["link", "href"], ["object", "data"], ["video", "src"]]) {
          const found = await page.evaluate(async ([kind, where, address]) => {
            const element = document.createElement(kind);
            const names = Object.keys(window).length;
            const done = new Promise((ready) => {
              element.onload = () => ready("load");
              element.onerror = () => ready("error");
              setTimeout(() => ready("nothing"), 400);
            });
            if (kind === "link") element.rel = "stylesheet";
            element[where] = address;
            document.body.append(element);
            const outcome = await done;
            let inside = null;
            try {
              inside = element.contentDocument?.body?.textContent || null;
            } catch {
              // Not ours to look at.
            }
            element.remove();
            return { outcome, inside, grown: Object.keys(window).length > names + 1 };
          }, [tag, attribute, url]);
          assert.equal(found.inside, null, `${tag} ${path}`);
          assert.ok(!found.grown, `${tag} ${path}`);
          if (tag === "img") assert.notEqual(found.outcome, "load", path);
        }
      }
      await scene.isUnharmed();
    });

    test("E6: no document of ours lives in its frame, and none tells its opener anything",
      async () => {
        const { context, page } = scene;
        await page.evaluate((url) => {
          const frame = document.createElement("iframe");
          frame.src = url;
          document.body.append(frame);
        }, `${baseUrl}/auth/me`);
        await page.waitForTimeout(500);
        const texts = await Promise.all(page.frames().slice(1)
          .map((frame) => frame.evaluate(() => document.body.textContent).catch(() => "")));
        assert.ok(texts.every((text) => !text.includes(scene.user.email)), texts.join());

        const opened = context.waitForEvent("page");
        await page.evaluate((url) => {
          window.popup = window.open(url);
        }, `${baseUrl}/auth/me`);
        const popup = await opened;
        await popup.waitForLoadState();
        // The person sees their own data; the page that opened it does not.
        assert.ok((await popup.textContent("body")).includes(scene.user.email));
        const told = await page.evaluate(() => {
          try {
            return window.popup.document.body.textContent;
          } catch (error) {
            return error.name;
          }
        });
        assert.equal(told, "SecurityError");
        await popup.close();
        await scene.isUnharmed();
      });

    test("S8: opens no socket and no stream", async () => {
      for (const path of ["/auth/session", "/auth/verify", "/auth/logout", "/demo/"]) {
        const outcome = await scene.page.evaluate(([socket, stream]) => Promise.all([
          new Promise((told) => {
            const opened = new WebSocket(socket);
            opened.onopen = () => told("open");
            opened.onerror = () => told("error");
          }),
          new Promise((told) => {
            const opened = new EventSource(stream, { withCredentials: true });
            opened.onmessage = opened.onopen = () => told("open");
            opened.onerror = () => (opened.close(), told("error"));
          }),
        ]), [baseUrl.replace("https:", "wss:") + path, baseUrl + path]);
        assert.deepEqual(outcome, ["error", "error"], path);
      }
      await scene.isUnharmed();
    });

    test("S8: signs nobody in as somebody else", async () => {
      const { page, attacker } = scene;
      const body = JSON.stringify(signInOf(attacker));
      for (const [way, write] of Object.entries(writes)) {
        isUnreadable(await write(page, `${baseUrl}/auth/login`, body), way);
      }
      assert.ok((await send(page, `${baseUrl}/auth/login`, {
        method: "POST", json: signInOf(attacker) })).refused);
      await scene.isUnharmed();
    });
  });
}

// A document without an origin of its own, as in a sandboxed frame: its Origin is "null".
test("S8: a frame without an origin is no page of ours, even inside one", async () => {
  const scene = await trap(baseUrl);
  const context = await newContext(browser, {
    bypassCSP: true, storageState: scene.victim.state });
  const page = await context.newPage();
  await page.goto(baseUrl + "/auth/health");
  const earlier = answersTo("/auth/logout").length;
  await page.evaluate((url) => {
    const frame = document.createElement("iframe");
    frame.sandbox = "allow-scripts allow-forms";
    frame.srcdoc = `<form method="post" action="${url}"></form><script>
      fetch("${url}", {method: "POST", mode: "no-cors", credentials: "include"})
        .finally(() => document.forms[0].submit());</script>`;
    document.body.append(frame);
  }, `${baseUrl}/auth/logout`);
  // The library misses requests of a frame that moves to another process; nginx does not.
  let answers = [];
  for (let tries = 0; tries < 100 && answers.length < 2; tries += 1) {
    await page.waitForTimeout(100);
    answers = answersTo("/auth/logout").slice(earlier);
  }
  assert.equal(answers.length, 2, "by fetch and by the form");
  assert.ok(answers.every((status) => [401, 403].includes(status)), answers.join());
  await context.close();
  await scene.isUnharmed();
  await scene.context.close();
});

describe("a listed origin", () => {
  const stack = `https://${siblingHost}`;
  let context;
  let page;
  let user;
  before(async () => {
    user = await newUser(await newTenant({ max_sessions: 0 }));
    context = await newContext(browser);
    page = await context.newPage();
    await page.goto(listed + "/");
  });
  after(() => context?.close());

  test("S8, E2: signs in, reads, writes with the token and signs out", async () => {
    const signedIn = await send(page, `${stack}/auth/login`, {
      method: "POST", json: signInOf(user) });
    assert.equal(signedIn.status, 200, JSON.stringify(signedIn));
    assert.ok(!("access_token" in signedIn.json) && !("refresh_token" in signedIn.json));
    const token = { "X-CSRF-Token": signedIn.json.csrf_token };
    assert.deepEqual((await context.cookies()).map((cookie) => cookie.name).sort(), [
      "__Host-gatehouse_access", "__Host-gatehouse_csrf", "__Host-gatehouse_device",
      "__Secure-gatehouse_refresh"]);
    // What is not the page's own to read it is told.
    assert.equal(await page.evaluate(() => document.cookie), "");
    assert.equal((await send(page, `${stack}/auth/csrf`)).json.csrf_token,
      signedIn.json.csrf_token);

    assert.equal((await send(page, `${stack}/auth/session`)).json.user.email, user.email);
    const without = await send(page, `${stack}/auth/me`, {
      method: "PATCH", json: { first_name: "Ada" } });
    assert.deepEqual([without.status, without.json.code], [403, "csrf_failed"]);
    const wrong = await send(page, `${stack}/auth/me`, {
      method: "PATCH", json: { first_name: "Ada" }, headers: { "X-CSRF-Token": "x" } });
    assert.deepEqual([wrong.status, wrong.json.code], [403, "csrf_failed"]);
    const changed = await send(page, `${stack}/auth/me`, {
      method: "PATCH", json: { first_name: "Ada" }, headers: token });
    assert.deepEqual([changed.status, changed.json.first_name], [200, "Ada"]);

    const refreshed = await send(page, `${stack}/auth/refresh`, {
      method: "POST", headers: token });
    assert.equal(refreshed.status, 200, JSON.stringify(refreshed));
    const left = await send(page, `${stack}/auth/logout`, {
      method: "POST", headers: { "X-CSRF-Token": refreshed.json.csrf_token } });
    assert.equal(left.status, 204, JSON.stringify(left));
    assert.deepEqual((await context.cookies()).map((cookie) => cookie.name),
      ["__Host-gatehouse_device"]);
    assert.equal((await send(page, `${stack}/auth/session`)).status, 401);
  });

  test("E2: its neighbour is not", async () => {
    const neighbour = await newContext(browser, { storageState: await context.storageState() });
    const other = await neighbour.newPage();
    await other.goto(`${listed.replace(/:\d+$/, "")}:${site.port}/`);
    for (const method of ["GET", "POST"]) {
      const answer = await send(other, `${stack}/auth/login`, method === "POST"
        ? { method, json: signInOf(user) } : {});
      assert.ok(answer.refused, JSON.stringify(answer));
    }
    await neighbour.close();
  });
});

test("S8: the stack's own page signs in, works and signs out", async () => {
  const user = await newUser(await newTenant());
  const victim = await signIn(browser, user);
  const page = await ownPage(browser, victim.state);
  assert.match(await page.evaluate(() => document.cookie), /^__Host-gatehouse_csrf=[^;]+$/);
  const bare = await send(page, "/auth/logout", { method: "POST" });
  assert.deepEqual([bare.status, bare.json.code], [403, "csrf_failed"]);
  const done = await send(page, "/auth/logout", {
    method: "POST", headers: { "X-CSRF-Token": victim.csrf } });
  assert.equal(done.status, 204);
  assert.equal((await send(page, "/auth/session")).status, 401);
  await page.context().close();
});
