// The running stack that GATEHOUSE_TEST_STACK describes (API.md "Operation"). Python's
// tests/support/gatehouse.py is its elder sister.
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

export const info = JSON.parse(readFileSync(process.env.GATEHOUSE_TEST_STACK, "utf8"));
export const baseUrl = info.base_url.replace(/\/$/, "");
export const port = Number(new URL(baseUrl).port || 443);

const fresh = (length = 6) => randomBytes(length).toString("hex");

// The command line; `stdin` is what it reads.
export async function cli(args, stdin = "") {
  const [program, ...rest] = info.cli.split(" ");
  const running = run(program, [...rest, "--config", info.config, ...args]);
  running.child.stdin.end(stdin);
  return (await running).stdout;
}

// Settings as `{max_sessions: 0}`.
export async function newTenant(settings = {}) {
  const slug = `browser-${fresh()}`;
  await cli(["tenant", "create", slug, "--name", `Tenant ${slug}`]);
  for (const [key, value] of Object.entries(settings)) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    await cli(["tenant", "set", slug, `${key}=${text}`]);
  }
  return slug;
}

// Active and verified. `flags` as "--tenant-admin".
export async function newUser(tenant, ...flags) {
  const user = { tenant, email: `browser-${fresh()}@example.test`, password: `Pw-${fresh(10)}` };
  await cli(["user", "create", "--tenant", tenant, "--email", user.email, "--password-stdin",
    ...flags], user.password + "\n");
  return user;
}

// What is sent to POST /auth/login, by whichever way.
export const signInOf = (user, transport = "cookie") => ({
  tenant: user.tenant, email: user.email, password: user.password, transport });

// Lines of a query, as the account that may read everything.
export async function sql(statement) {
  const { stdout } = await run("mariadb", ["--no-defaults", "--batch", "--skip-column-names",
    `--socket=${info.mariadb_socket}`, `--user=${info.mariadb_user}`, info.database,
    "--execute", statement], { env: { ...process.env, MYSQL_PWD: info.mariadb_password } });
  return stdout.trimEnd().split("\n").filter((line) => line !== "");
}

// The statuses of all answers to requests of a path, by nginx's log.
export const answersTo = (path) =>
  readFileSync(join(info.log_dir, "access.log"), "utf8").split("\n").filter(Boolean)
    .map((line) => JSON.parse(line)).filter((line) => line.path === path)
    .map((line) => Number(line.status));

// Everything about a tenant's people that a request might change, for a before and after.
export async function stateOf(tenant) {
  const mine = `WHERE tenant_id = (SELECT id FROM tenants WHERE slug = '${tenant}')`;
  return {
    users: await sql(`SELECT * FROM users ${mine} ORDER BY id`),
    sessions: await sql(`SELECT HEX(id), HEX(user_id), refresh_generation, revoked_at
      FROM sessions ${mine} ORDER BY id`),
    attempts: await sql(`SELECT HEX(id) FROM attempts ${mine} ORDER BY id`),
    audit: await sql(`SELECT HEX(id), event FROM audit_events ${mine} ORDER BY id`),
    links: await sql(`SELECT HEX(id) FROM links ${mine} ORDER BY id`),
  };
}
