// An https server of the tests' own, for pages of other origins: an empty page for every path,
// under whichever name it is reached by.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";

function selfSigned() {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-site-"));
  try {
    execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt",
      "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=site.test",
      "-keyout", join(folder, "key"), "-out", join(folder, "cert")], { stdio: "ignore" });
    return { key: readFileSync(join(folder, "key")), cert: readFileSync(join(folder, "cert")) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// On a free port of 127.0.0.1 and 127.0.0.2: `{port, close}`.
export async function openSite() {
  const answer = (request, response) => response
    .writeHead(200, { "Content-Type": "text/html; charset=utf-8" })
    .end("<!doctype html><title>Another site</title><body></body>");
  const tls = selfSigned();
  const listen = async (address, port) => {
    const server = createServer(tls, answer);
    await new Promise((ready, failed) => {
      server.once("error", failed).listen(port, address, ready);
    });
    return server;
  };
  const first = await listen("127.0.0.1", 0);
  const { port } = first.address();
  const second = await listen("127.0.0.2", port);
  const close = async () => {
    for (const server of [first, second]) {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    }
  };
  return { port, close };
}
