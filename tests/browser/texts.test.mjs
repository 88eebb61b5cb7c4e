// The pages' texts: every language says everything, with the same values in it (SPEC W4); and the
// strength that is shown while somebody types promises nothing that the server then refuses (P2).
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { launch, newContext, send } from "./support/browser.mjs";
import { baseUrl, newTenant } from "./support/stack.mjs";

const ui = new URL("../../nginx/ui/", import.meta.url);
const root = new URL("../../", import.meta.url);
const read = (name) => JSON.parse(readFileSync(new URL(`texts/${name}`, ui), "utf8"));
// What the sources of the server list.
const codes = (file, pattern) =>
  [...readFileSync(new URL(file, root), "utf8").matchAll(pattern)].map((match) => match[1]);

const english = read("en.json");
const others = readdirSync(new URL("texts/", ui)).filter((name) => name !== "en.json");
const values = (text) => [...text.matchAll(/\{\w+\}/g)].map(String).sort();

let browser;
after(() => browser?.close());

for (const name of others) {
  test(`${name} says what en.json says`, () => {
    const texts = read(name);
    // The server's words are English; here its codes stand for them.
    const isCode = (key) => /^(error|field_error)\./.test(key);
    assert.deepEqual(Object.keys(texts).filter((key) => !isCode(key)).sort(),
      Object.keys(english).filter((key) => !isCode(key)).sort());
    for (const [key, text] of Object.entries(texts)) {
      assert.ok(text.trim(), key);
      if (english[key]) assert.deepEqual(values(text), values(english[key]), key);
    }
  });

  test(`${name} knows every error of the server`, () => {
    const texts = read(name);
    for (const code of codes("fcgi/base/error.cpp", /ErrorInfo\{k\w+, \d+, "(\w+)"/g)) {
      assert.ok(texts[`error.${code}`], `error.${code}`);
    }
    const fields = [...codes("fcgi/http/field_error.cpp", /return "(\w+)";/g),
      ...codes("handlers/auth/password_policy.cpp", /refuse\("(\w+)"/g), "is_current"];
    assert.ok(fields.length > 10);
    for (const code of fields) assert.ok(texts[`field_error.${code}`], `field_error.${code}`);
  });
}

test("why a session ended is told for every reason", () => {
  const reasons = codes("handlers/auth/session_end.h", /EndWord\{"\w+", "(\w+)"\}/g);
  assert.ok(reasons.includes("signed_in_elsewhere"));
  for (const reason of reasons) assert.ok(english[`ended.${reason}`], reason);
});

test("every text is used", () => {
  const sources = readdirSync(new URL("src/", ui), { recursive: true })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => readFileSync(new URL(`src/${name}`, ui), "utf8")).join("\n");
  // Keys that are put together: `ended.${reason}`, plural("users.count", n).
  const heads = [...sources.matchAll(/[`"]([\w.]+\.)\$\{/g)].map((match) => match[1]);
  const unused = Object.keys(english).filter((key) => key !== "language.name" && !sources.includes(`"${key}"`) &&
    !heads.some((head) => key.startsWith(head)) &&
    !sources.includes(`"${key.replace(/\.(zero|one|two|few|many|other)$/, "")}"`));
  assert.deepEqual(unused, []);
});

test("P2: what is shown as good, the server takes", async () => {
  const { build } = createRequire(new URL("package.json", ui))("esbuild");
  const { outputFiles } = await build({ entryPoints: [fileURLToPath(new URL("src/parts/strength.ts", ui))],
    bundle: true, format: "esm", write: false });
  const { strength } = await import("data:text/javascript;base64," +
    Buffer.from(outputFiles[0].contents).toString("base64"));
  const tenant = await newTenant();
  browser = await launch();
  const page = await (await newContext(browser, { bypassCSP: true })).newPage();
  await page.goto(baseUrl + "/auth/health");
  const weak = ["password12", "1234567890", "qwertyuiop", "aaaaaaaaaaaa", "Password2024", "nairobi2025",
    "abcdefghijkl", `${tenant}1`, "P4ssw0rd12", "Q1w2e3r4t5"];
  for (const password of weak) assert.ok(strength(password, [tenant], 10) < 3, password);
  assert.equal(strength("short", [], 10), 0);
  const good = ["three-wet-otters-sing", "kahawa chungu asubuhi mapema", "Xk4#mPq9!vLz2", "mti-jiwe-samaki-72",
    "gR7tTq0pWzx", "the quiet lamp eats maize"];
  for (const [i, password] of good.entries()) {
    assert.ok(strength(password, [tenant], 10) >= 3, password);
    const answer = await send(page, "/auth/register", { method: "POST",
      json: { tenant, email: `meter-${i}@example.test`, password } });
    assert.equal(answer.status, 202, `${password}: ${answer.text}`);
  }
});
