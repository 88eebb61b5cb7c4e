// The mails of the stack, as its SMTP server filed them.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { info } from "./stack.mjs";

// Quoted-printable or 8bit, which is all that the mailer writes.
function decode(body, encoding) {
  if (!/quoted-printable/i.test(encoding ?? "")) return body;
  const bytes = body.replace(/=\r?\n/g, "")
    .replace(/=([0-9A-F]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
}

function textOf(raw) {
  const boundary = /boundary="?([^"\r\n;]+)/i.exec(raw)?.[1];
  const part = boundary ? raw.split(`--${boundary}`).find((one) => /text\/plain/i.test(one)) : raw;
  const [head, ...rest] = part.split(/\r?\n\r?\n/);
  return decode(rest.join("\n\n"), /transfer-encoding:\s*(\S+)/i.exec(head)?.[1]);
}

// The text of the newest mail of a kind ("verify_email") to an address, within 20 s; `skip` is how
// many there were before.
export async function newestMail(address, kind, skip = 0) {
  const folder = join(info.mail_dir, "new");
  for (const end = Date.now() + 20_000; Date.now() < end; await sleep(100)) {
    const found = readdirSync(folder).sort().map((name) => readFileSync(join(folder, name), "latin1"))
      .filter((raw) => raw.toLowerCase().includes(`to: ${address.toLowerCase()}`) &&
        new RegExp(`^X-Gatehouse-Mail: ${kind}\\b`, "mi").test(raw));
    if (found.length > skip) return textOf(found.at(-1));
  }
  throw new Error(`no mail ${kind} for ${address}`);
}

// The link of a mail, and of a welcome mail the password, each whole on a line.
export const linkOf = (text) => /^https:\/\/\S+$/m.exec(text)?.[0];
