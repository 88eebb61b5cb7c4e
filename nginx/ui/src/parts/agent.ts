// What a browser calls itself, shortened to what people know: "Chrome on Windows". What is not known is
// shown as it is.
const browsers: [RegExp, string][] = [
  [/\bEdgA?\//, "Edge"], [/\bOPR\//, "Opera"], [/SamsungBrowser\//, "Samsung Internet"], [/Firefox\/|FxiOS\//, "Firefox"],
  [/HeadlessChrome\/|Chrome\/|CriOS\//, "Chrome"], [/Version\/.*Safari\//, "Safari"], [/^curl\//, "curl"],
];
const systems: [RegExp, string][] = [
  [/Windows/, "Windows"], [/iPhone/, "iPhone"], [/iPad/, "iPad"], [/Android/, "Android"], [/Mac OS X|Macintosh/, "macOS"],
  [/CrOS/, "ChromeOS"], [/Linux/, "Linux"],
];

const first = (list: [RegExp, string][], text: string) => list.find(([pattern]) => pattern.test(text))?.[1];

export function agentName(userAgent: string): string {
  const browser = first(browsers, userAgent);
  const system = first(systems, userAgent);
  if (browser && system) return `${browser} · ${system}`;
  return browser ?? system ?? userAgent;
}
