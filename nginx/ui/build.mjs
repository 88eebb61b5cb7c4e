// Builds the pages into dist/: an HTML file a page, scripts and styles named by their content (so that
// browsers may keep them for ever), everything also gzipped for nginx's gzip_static. Fails where a page
// with all it loads would weigh more than its budget.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const out = join(here, "dist");
const made = join(here, "dist.new");
const base = "/auth/ui/";

// Bytes, gzipped: a page with its scripts, styles, icon and its largest language.
const budget = 100 * 1024;
// What the browser waits for before it shows anything: the style.
const blockingBudget = 50 * 1024;

// file: [script, title until the script has said its own]
const pages = {
  index: ["people", "Sign in"],
  "sign-in": ["people", "Sign in"],
  register: ["people", "Create an account"],
  verify: ["people", "Confirm your address"],
  forgot: ["people", "Forgot your password?"],
  reset: ["people", "Set a new password"],
  "change-password": ["people", "Choose a new password"],
  "not-found": ["people", "Not found"],
  account: ["account", "Your account"],
  admin: ["admin", "Administration"],
};

const scripts = [...new Set(Object.values(pages).map(([script]) => script))];

const zipped = (content) => gzipSync(content, { level: 9 });

async function place(path, content) {
  await writeFile(join(made, path), content);
  await writeFile(join(made, `${path}.gz`), zipped(content));
}

await rm(made, { recursive: true, force: true });
await mkdir(join(made, "assets"), { recursive: true });

const languages = await Promise.all((await readdir(join(here, "texts"))).map(async (file) => {
  const texts = JSON.parse(await readFile(join(here, "texts", file), "utf8"));
  return { code: basename(file, ".json"), name: texts["language.name"], texts };
}));
languages.sort((a, b) => Number(b.code === "en") - Number(a.code === "en") || a.name.localeCompare(b.name));

const shared = {
  absWorkingDir: here,
  entryPoints: scripts.map((name) => `src/${name}.tsx`),
  outdir: "assets",
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  bundle: true,
  splitting: true,
  minify: true,
  format: "esm",
  target: ["chrome105", "firefox110", "safari16"],
  define: { LANGUAGES: JSON.stringify(languages.map(({ code, name }) => ({ code, name }))) },
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  metafile: true,
  write: false,
};

// A script loads the texts that its sources name, and no others: as they stand ("sign_in.title"), or by
// their beginning, `ended.${reason}` and plural("users.count", n). Errors are named by the server.
const texts = join(here, ".texts");
await rm(texts, { recursive: true, force: true });
await mkdir(texts);
for (const script of scripts) {
  const { metafile } = await build({ ...shared, entryPoints: [`src/${script}.tsx`], splitting: false,
    external: ["../../.texts/*"], logOverride: { "empty-glob": "silent" } });
  const sources = (await Promise.all(Object.keys(metafile.inputs).filter((path) => path.startsWith("src/"))
    .map((path) => readFile(join(here, path), "utf8")))).join("\n");
  const heads = [...sources.matchAll(/[`"]([\w.]+\.)\$\{/g)].map((match) => match[1]);
  const isUsed = (key) => /^(field_)?error\./.test(key) || heads.some((head) => key.startsWith(head)) ||
    [key, key.replace(/\.(zero|one|two|few|many|other)$/, "")].some((name) => sources.includes(`"${name}"`));
  for (const { code, texts: all } of languages) {
    await writeFile(join(texts, `${code}.${script}.json`),
      JSON.stringify(Object.fromEntries(Object.entries(all).filter(([key]) => isUsed(key)))));
  }
}

const { outputFiles, metafile } = await build(shared);
const contents = new Map();
for (const file of outputFiles) {
  const path = `assets/${basename(file.path)}`;
  contents.set(path, file.contents);
  await place(path, file.contents);
}
const icon = await readFile(join(here, "icons/mark.svg"));
const iconPath = `assets/mark-${createHash("sha256").update(icon).digest("hex").slice(0, 8)}.svg`;
contents.set(iconPath, icon);
await place(iconPath, icon);

const outputs = Object.entries(metafile.outputs);
const entryOf = (name) => outputs.find(([, { entryPoint }]) => entryPoint === `src/${name}.tsx`)[0];

// All that a script loads at once, itself included; dynamic ones are the languages.
function closure(entry, kind, found = new Set()) {
  if (found.has(entry)) return found;
  found.add(entry);
  for (const { path, kind: how } of metafile.outputs[entry].imports) {
    if (how === "import-statement" || how === kind) closure(path, kind, found);
  }
  return found;
}

const template = await readFile(join(here, "page.html"), "utf8");
const table = [];
for (const [page, [script, title]] of Object.entries(pages)) {
  const entry = entryOf(script);
  const style = metafile.outputs[entry].cssBundle;
  const atOnce = closure(entry, "import-statement");
  const values = {
    page, title, icon: base + iconPath, style: base + style, script: base + entry,
    preload: [...atOnce].slice(1)
      .map((path) => `<link rel="modulepreload" href="${base}${path}">`).join("\n    "),
  };
  const html = template.replace(/\{\{(\w+)\}\}/g, (_, name) => values[name]);
  await place(`${page}.html`, html);

  const size = (path) => zipped(contents.get(path)).length;
  const later = [...closure(entry, "dynamic-import")]
    .filter((path) => metafile.outputs[path].entryPoint?.endsWith(`.${script}.json`));
  const total = zipped(html).length + size(style) + size(iconPath) +
    [...atOnce].reduce((sum, path) => sum + size(path), 0) + Math.max(...later.map(size));
  table.push({ page, bytes: total, style: size(style) });
  if (total > budget || size(style) > blockingBudget) {
    console.error(`${page}.html weighs ${total} bytes, ${size(style)} of them its style`);
    process.exitCode = 1;
  }
}
await writeFile(join(made, "sizes.json"), JSON.stringify(table, null, 2) + "\n");
if (!process.exitCode) {
  await rm(out, { recursive: true, force: true });
  await rename(made, out);
  const heaviest = table.reduce((a, b) => a.bytes > b.bytes ? a : b);
  console.log(`pages: ${table.length}, the heaviest ${heaviest.page}.html with ` +
    `${(heaviest.bytes / 1024).toFixed(1)} KiB gzipped`);
}
