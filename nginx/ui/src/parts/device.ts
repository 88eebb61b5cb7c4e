// What people call a device. One that named itself keeps its name; a browser's is its user agent, of
// which they know the browser and the system.
import { t } from "../base/texts";
import type { IconName } from "./icon";

// The first that fits: others name those after them too.
const browsers: [RegExp, string][] = [
  [/Edg(?:e|A|iOS)?\//, "Edge"], [/OPR\/|Opera/, "Opera"], [/SamsungBrowser\//, "Samsung Internet"],
  [/Firefox\/|FxiOS\//, "Firefox"], [/Chrom(?:e|ium)\/|CriOS\//, "Chrome"], [/Safari\//, "Safari"],
];
const systems: [RegExp, string][] = [
  [/iPhone|iPod/, "iPhone"], [/iPad/, "iPad"], [/Android/, "Android"], [/CrOS/, "ChromeOS"],
  [/Windows/, "Windows"], [/Mac OS X|Macintosh/, "macOS"], [/Linux|X11/, "Linux"],
];

const first = (table: [RegExp, string][], text: string): string | undefined =>
  table.find(([pattern]) => pattern.test(text))?.[1];

export function deviceName(name: string | null, userAgent: string): string {
  // The server's own name of a browser is the user agent's beginning.
  const own = name && !userAgent.startsWith(name) && !name.startsWith("Mozilla/") ? name : null;
  if (own) return own;
  const browser = first(browsers, userAgent);
  const system = first(systems, userAgent);
  if (browser && system) return t("device.on", { browser, system });
  return browser ?? system ?? (name || t("device.unknown"));
}

export function deviceIcon(type: string, userAgent: string): IconName {
  switch (type) {
    case "mobile": return "phone";
    case "tablet": return "tablet";
    case "service": return "server";
    case "web":
      if (/iPad|Tablet/.test(userAgent)) return "tablet";
      return /Mobi|iPhone|Android/.test(userAgent) ? "phone" : "device";
    default: return "device";
  }
}
