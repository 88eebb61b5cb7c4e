// How hard a password is to guess, 0 to 4, as zxcvbn counts, for a first impression while typing.
// The dictionaries of the real estimate would be four times the page's whole budget; this one knows
// only shapes (runs, repeats, years, the words it is given and the commonest passwords) and counts
// what is left by its kind of character, so that it rather says "weak" too often.

const common = ["password", "qwerty", "asdf", "zxcv", "letmein", "welcome", "admin", "login", "iloveyou",
  "monkey", "dragon", "master", "sunshine", "princess", "football", "baseball", "secret", "shadow",
  "superman", "michael", "jesus", "hello", "changeme", "nenosiri", "karibu", "nairobi", "kenya", "mombasa",
  "tanzania", "uganda", "safari", "simba", "arsenal", "chelsea", "liverpool", "manchester", "gatehouse"];

const rows = ["abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm"];

const plain = (text: string): string => text.toLowerCase()
  .replace(/[@4]/g, "a").replace(/3/g, "e").replace(/[1!|]/g, "i").replace(/0/g, "o").replace(/[$5]/g, "s");

// Bits of a letter within words of a language, of a digit, of anything else.
const bitsOf = (c: string): number => /\p{L}/u.test(c) ? 2.6 : /\d/.test(c) ? 2.8 : 4;

const kindOf = (c: string): number => /\p{Lu}/u.test(c) ? 0 : /\p{L}/u.test(c) ? 1 : /\d/.test(c) ? 2 : 3;

// Whether kinds change so often that nobody spells a word there: then every character counts fully.
function looksRandom(characters: readonly string[]): boolean {
  const changes = characters.filter((c, i) => i > 0 && kindOf(c) !== kindOf(characters[i - 1] ?? "")).length;
  return changes >= 0.45 * characters.length;
}

function stepsAlongRow(a: string, b: string): boolean {
  return rows.some((row) => {
    const i = row.indexOf(a);
    const j = row.indexOf(b);
    return i >= 0 && j >= 0 && Math.abs(i - j) === 1;
  });
}

export function strength(password: string, words: readonly string[], minLength: number): number {
  const characters = [...password];
  const least = looksRandom(characters) ? 4.5 : 0;
  if (characters.length < minLength) return 0;
  const parts = words.flatMap((word) => [word, ...word.split(/[^\p{L}\d]+/u)])
    .map((word) => word.toLowerCase()).filter((word) => word.length >= 3);
  let rest = password.toLowerCase();
  let bits = 0;
  // A known word costs one guess among its kind, wherever it stands.
  for (const word of [...parts, ...common].sort((a, b) => b.length - a.length)) {
    const at = rest.includes(word) ? rest.indexOf(word) : plain(rest).indexOf(word);
    if (at < 0) continue;
    rest = rest.slice(0, at) + "\u0000" + rest.slice(at + word.length);
    bits += 4;
  }
  rest = rest.replace(/(19|20)\d\d/g, () => {
    bits += 6;
    return "\u0000";
  });
  const left = [...rest];
  const seen = new Map<string, number>();
  left.forEach((c, i) => {
    const before = left[i - 1] ?? "";
    if (c === "\u0000") return;
    const again = seen.get(c) ?? 0;
    seen.set(c, again + 1);
    // Two rows in turn are a walk over the keyboard as well.
    const cheap = c === before || stepsAlongRow(before, c) || stepsAlongRow(left[i - 2] ?? "", c);
    bits += cheap ? 0.5 : Math.max(least, bitsOf(c)) / (again > 2 ? 2 : 1);
  });
  if (/\p{Lu}/u.test(password.slice(1))) bits += 2;
  const limits = [12, 20, 28, 40];  // guesses of 10^3.6, 10^6, 10^8, 10^12
  return limits.filter((limit) => bits >= limit).length;
}
