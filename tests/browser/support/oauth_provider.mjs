// A plain OAuth 2 provider on loopback, at which everybody is signed in and agrees at once.
// Python's tests/support/oauth_provider.py is its elder sister, and stricter.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";

const json = (response, status, document) =>
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(document));

// `{setting, close}`; `person` is what the provider tells of who is there.
export async function openProvider(person, id = "corp") {
  const codes = new Set();
  const tokens = new Set();
  const fresh = (kept) => {
    const made = randomBytes(18).toString("base64url");
    kept.add(made);
    return made;
  };
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://localhost");
    let body = "";
    request.on("data", (part) => { body += part; });
    request.on("end", () => {
      const asked = new URLSearchParams(body);
      if (url.pathname === "/authorize") {
        const back = new URL(url.searchParams.get("redirect_uri"));
        back.searchParams.set("code", fresh(codes));
        back.searchParams.set("state", url.searchParams.get("state"));
        return response.writeHead(302, { Location: back.href }).end();
      }
      if (url.pathname === "/token" && codes.delete(asked.get("code"))) {
        return json(response, 200, { access_token: fresh(tokens), token_type: "Bearer", expires_in: 60 });
      }
      const token = request.headers.authorization?.replace(/^Bearer /, "");
      if (url.pathname === "/userinfo" && tokens.has(token)) return json(response, 200, person);
      return json(response, 400, { error: "invalid_grant" });
    });
  });
  await new Promise((ready) => { server.listen(0, "127.0.0.1", ready); });
  const base = `http://127.0.0.1:${server.address().port}`;
  return {
    setting: {
      id, name: "Corporate", type: "oauth2", client_id: "client", client_secret: "a secret of theirs",
      authorization_endpoint: `${base}/authorize`, token_endpoint: `${base}/token`,
      userinfo_endpoint: `${base}/userinfo`, scopes: ["email"],
    },
    close: () => new Promise((closed) => {
      server.close(closed);
      server.closeAllConnections();
    }),
  };
}
