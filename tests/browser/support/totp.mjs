// What an authenticator app shows (RFC 6238: SHA-1, six digits, half a minute).
import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const period = 30_000;

function decode(secret) {
  const bits = [...secret.replace(/[\s=]/g, "").toUpperCase()]
    .map((c) => alphabet.indexOf(c).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
}

export function codeOf(secret, now = Date.now()) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / period)));
  const mac = createHmac("sha1", decode(secret)).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

// A code that differs from all before it: a step is good once. The server takes one step of the
// future, so that nobody waits longer than it takes the clock to come near enough.
const used = new Map();
export async function freshCode(secret) {
  const last = used.get(secret) ?? 0;
  let step = Math.max(Math.floor(Date.now() / period), last + 1);
  while (step > Math.floor(Date.now() / period) + 1) await sleep(500);
  used.set(secret, step);
  return codeOf(secret, step * period);
}
