// The texts of the pages: one JSON file a language under texts/, of which the build gives each script
// what it names. The language is the visitor's choice, else the first of the browser's (its
// Accept-Language) that we have. Another language is another file, named by its code; its
// "language.name" is what it calls itself.
import type en from "../../texts/en.json";

export type Key = keyof typeof en;

// The files of texts/, by the build; English first.
declare const LANGUAGES: readonly { code: string; name: string }[];
export const languages = LANGUAGES;

const kept = "gatehouse.language";
let texts: Record<string, string> = {};
export let language = "en";
// The same with its region, where the browser names one: for dates and numbers.
export let locale = "en";

function stored(): string | null {
  try {
    return localStorage.getItem(kept);
  } catch {
    return null;  // storage is forbidden here
  }
}

function chosen(): string {
  const wanted = [stored(), ...navigator.languages].filter((one) => one !== null);
  for (const one of wanted) {
    const base = one.toLowerCase().split("-")[0];
    if (base && languages.some(({ code }) => code === base)) return base;
  }
  return "en";
}

export type Script = "people" | "account" | "admin";

// Those of one script of the pages'.
export async function loadTexts(script: Script): Promise<void> {
  language = chosen();
  locale = navigator.languages.find((one) => one.split("-")[0] === language) ?? language;
  texts = (await import(`../../.texts/${language}.${script}.json`)).default;
  document.documentElement.lang = language;
}

export function switchLanguage(code: string): void {
  try {
    localStorage.setItem(kept, code);
  } catch {
    // Then it holds for this page only, which is about to be loaded anew: nothing to be done.
  }
  location.reload();
}

const fill = (text: string, values: Record<string, string | number>): string =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));

// The text of a key; "{name}" in it becomes values.name.
export const t = (key: Key, values: Record<string, string | number> = {}): string =>
  fill(texts[key] ?? key, values);

// The text of a key that may be missing: codes of the server's, which speaks English itself.
export const tryText = (key: string, values: Record<string, string | number> = {}):
  string | undefined => texts[key] === undefined ? undefined : fill(texts[key], values);

// "1 device", "3 devices": `key` has a ".one" and an ".other".
export function plural(key: string, n: number): string {
  const form = new Intl.PluralRules(language).select(n);
  return fill(texts[`${key}.${form}`] ?? texts[`${key}.other`] ?? key, { n: n.toLocaleString(locale) });
}

export const dateTime = (time: string): string => new Intl.DateTimeFormat(locale,
  { dateStyle: "medium", timeStyle: "short" }).format(new Date(time));

export const date = (time: string): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(new Date(time));

// "3 minutes ago", "in 2 days", "now".
export function relative(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  const steps: [Intl.RelativeTimeFormatUnit, number][] =
    [["day", 86_400], ["hour", 3600], ["minute", 60]];
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  for (const [unit, length] of steps) {
    if (Math.abs(seconds) >= length) return format.format(Math.trunc(seconds / length), unit);
  }
  return format.format(0, "second");
}
