// A hosted page in a browser, watched: what it writes to the console, what its policy refused, what
// axe-core finds, whether it fits a narrow window, where the Tab key goes.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { newContext } from "./browser.mjs";
import { baseUrl } from "./stack.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

// A context whose pages are watched: `{context, page, faults}`. A request that is refused on purpose
// leaves a line in the console as well: `refusals` are statuses that a test brings about.
export async function watched(browser, { refusals = [], ...options } = {}) {
  const context = await newContext(browser, { reducedMotion: "reduce", locale: "en-GB", ...options });
  const faults = [];
  await context.exposeFunction("gatehouseFault", (text) => faults.push(text));
  await context.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => globalThis.gatehouseFault(
      `policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
    addEventListener("unhandledrejection", (event) => globalThis.gatehouseFault(
      `rejection: ${event.reason}`));
  });
  const expected = refusals.map((status) => `status of ${status}`);
  const watch = (page) => {
    page.on("pageerror", (error) => faults.push(`error: ${error}`));
    page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      const text = message.text();
      if (!expected.some((one) => text.includes(one))) faults.push(`console: ${text}`);
    });
  };
  context.on("page", watch);
  const page = await context.newPage();
  return { context, page, faults };
}

export const open = (page, path) => page.goto(baseUrl + path);

// Until the page is at an address, a RegExp of it or a test of its URL, by way of whatever others: a
// navigation that the page's own next one cuts short is no failure, as it is to waitForURL.
export async function arrives(page, address) {
  const there = () => address instanceof RegExp ? address.test(page.url()) : address(new URL(page.url()));
  for (let i = 0; i < 600 && !there(); ++i) await page.waitForTimeout(50);
  assert.ok(there(), page.url());
  await page.waitForLoadState();
}

// The same by a reload, which the page may cut short as well.
export async function reloadTo(page, address) {
  await page.reload().catch((error) => {
    if (!String(error).includes("ERR_ABORTED")) throw error;
  });
  await arrives(page, address);
}
export const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
export const press = (scope, name) => scope.getByRole("button", { name, exact: true }).click();

// The rules of WCAG 2.2 A and AA, and what is good practice besides.
export async function findings(page) {
  await page.evaluate(axe).catch(async () => {
    // The page's policy forbids it to run text as a script; the debugger's own world does not.
    const session = await page.context().newCDPSession(page);
    await session.send("Runtime.evaluate", { expression: axe });
  });
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  }));
  return violations.map(({ id, help, nodes }) =>
    `${id}: ${help}: ${nodes.map(({ html }) => html.slice(0, 160)).join(" | ")}`);
}

// Nothing sticks out to the side.
export const overflow = (page) => page.evaluate(() => {
  const root = document.documentElement;
  return Math.max(0, root.scrollWidth - root.clientWidth);
});

// What is drawn next, and has come to its end: half way, a colour is none of ours.
const settle = (page) => page.evaluate(async () => {
  await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
  await Promise.allSettled(document.getAnimations().map((one) => one.finished));
});

// What axe finds in both colour schemes, and what does not fit 320 px.
export async function inspect(page, name) {
  const size = page.viewportSize();
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 800 });
      await settle(page);
      assert.deepEqual(await findings(page), [], `${name}, ${colorScheme}, ${width} px`);
      assert.equal(await overflow(page), 0, `${name} is wider than ${width} px`);
      await picture(page, `${name}-${colorScheme}-${width}`);
    }
  }
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
  if (size) await page.setViewportSize(size);
}

// For people to look at, where GATEHOUSE_SCREENSHOTS names a folder.
export async function picture(page, name) {
  const folder = process.env.GATEHOUSE_SCREENSHOTS;
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

// Presses Tab from the top of the page until focus is back there: the accessible names of what it
// met, in order. Fails where it is caught, or where what has focus shows no sign of it.
export async function tabThrough(page, limit = 200) {
  await page.evaluate(() => {
    // Where Tab goes on from is remembered even once nothing has the focus.
    document.body.tabIndex = -1;
    document.body.focus();
    document.body.removeAttribute("tabindex");
  });
  const met = [];
  for (let i = 0; i < limit; ++i) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body || element === document.documentElement) return null;
      const style = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const words = element.labels?.[0]?.cloneNode(true);
      words?.querySelector("select")?.remove();
      const label = words?.textContent ?? element.getAttribute("aria-label") ?? element.textContent;
      const again = element.dataset.tabbed === "1";
      element.dataset.tabbed = "1";
      return {
        again, name: (label ?? "").trim().replace(/\s+/g, " ") || element.name || element.tagName,
        seen: box.width > 0 && box.height > 0 && style.visibility !== "hidden",
        marked: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0,
      };
    });
    if (here === null || here.again) return met;
    assert.ok(here.seen, `"${here.name}" has focus but is not to be seen`);
    assert.ok(here.marked, `"${here.name}" has focus but does not show it`);
    met.push(here.name);
  }
  assert.fail(`Tab met ${limit} things and never came back: ${met.slice(-5)}`);
}

