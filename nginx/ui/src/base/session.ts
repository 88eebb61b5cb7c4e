// Who is signed in, where people go next, and how they are told that their session ended.
import { call, get, Problem, withQuery } from "./api";
import { t } from "./texts";
import type { Info, SessionInfo, User } from "./types";

export const pages = {
  signIn: "/auth/ui/sign-in",
  register: "/auth/ui/register",
  forgot: "/auth/ui/forgot",
  changePassword: "/auth/ui/change-password",
  account: "/auth/ui/account",
  admin: "/auth/ui/admin",
} as const;

// Where a link may lead that came from outside: a page of this origin, else nothing. Whatever names
// another origin in any spelling ("//host", "/\host", "https:host") is refused by comparing the
// parsed origin, not by looking at the text. What comes back is the whole address: the path alone of
// "/.//host" would be "//host", another origin's.
export function safeReturn(text: string | null): string | null {
  if (!text) return null;
  try {
    const url = new URL(text, location.origin);
    if (url.origin !== location.origin || !/^https?:$/.test(url.protocol)) return null;
    return url.href;
  } catch {
    return null;
  }
}

// "#return_to=/reports/?a=b&c=d" as nginx writes it, or percent-encoded as Gatehouse does. It stands
// last.
export function returnTarget(fragment = location.hash): string | null {
  const at = fragment.indexOf("return_to=");
  if (at < 0) return null;
  const raw = fragment.slice(at + "return_to=".length);
  try {
    return safeReturn(raw.startsWith("/") ? raw : decodeURIComponent(raw));
  } catch {
    return null;
  }
}

export const withReturn = (page: string, target: string | null): string =>
  target ? `${page}#return_to=${encodeURIComponent(target)}` : page;

const kept = "gatehouse.tenant";

// The tenant that the address names ("?tenant=acme"), else the one of this browser's last sign-in
// that named one, else undefined: the server's choice. "?tenant=" with nothing forgets it.
export function chosenTenant(): string | undefined {
  const named = new URLSearchParams(location.search).get("tenant");
  if (named !== null) return named || undefined;
  try {
    return localStorage.getItem(kept) ?? undefined;
  } catch {
    return undefined;  // storage is forbidden here
  }
}

export function rememberTenant(slug: string | undefined): void {
  try {
    if (slug) localStorage.setItem(kept, slug);
    else localStorage.removeItem(kept);
  } catch {
    // Then the address has to name it again.
  }
}

const target = "gatehouse.target";

// Over a provider's pages, which bring failures back without it.
export function keepTarget(page: string | null): void {
  try {
    if (page) sessionStorage.setItem(target, page);
    else sessionStorage.removeItem(target);
  } catch {
    // Then they arrive at their account.
  }
}

export function recallTarget(): string | null {
  try {
    return safeReturn(sessionStorage.getItem(target));
  } catch {
    return null;  // storage is forbidden here
  }
}

// A page of ours for the same tenant.
export function pageFor(page: string, tenant = chosenTenant()): string {
  return tenant ? `${page}?tenant=${encodeURIComponent(tenant)}` : page;
}

// 403s that stand for something to do first: the page where it is done, and from which people go on to
// `target`.
export function gateOf(problem: Problem, target: string | null): string | null {
  switch (problem.code) {
    case "password_change_required": return withReturn(pages.changePassword, target);
    case "two_factor_enrolment_required":
      return `${pages.account}#/security${target ? `?return_to=${encodeURIComponent(target)}` : ""}`;
    default: return null;
  }
}

// Where this page is.
export const here = (): string => location.pathname + location.search + location.hash;

// Where somebody who is signed in goes next: what must be done first, else where they wanted to go.
async function nextPage(target: string | null): Promise<string> {
  try {
    await get("/auth/me");
  } catch (error) {
    const gate = error instanceof Problem ? gateOf(error, target) : null;
    if (!gate) throw error;
    return gate;
  }
  return target ?? pages.account;
}

// The page is over: nothing on it may be pressed any more, and "back" does not come here again.
export function goTo(page: string): Promise<never> {
  const { origin, pathname, search, hash } = new URL(page, location.href);
  const isHere = origin === location.origin && pathname === location.pathname && search === location.search;
  location.replace(page);
  if (isHere && hash) location.reload();  // the browser would only scroll
  return new Promise(() => undefined);
}

// After a sign-in.
export const goOn = async (target: string | null): Promise<never> =>
  goTo(await nextPage(target).catch(() => target ?? pages.account));

// For who may be signed in already; stays where they are not, or where that cannot be told.
export async function goOnIfSignedIn(target: string | null): Promise<void> {
  // Without this cookie nobody is, and asking would only leave a 401 in the browser's console.
  if (!document.cookie.includes("__Host-gatehouse_csrf=")) return;
  const next = await nextPage(target).catch(() => null);
  if (next !== null) await goTo(next);
}

export const isSignedOut = (error: unknown): boolean => error instanceof Problem &&
  (error.code === "invalid_token" || error.code === "authentication_required" ||
    error.code === "invalid_refresh_token");

let wasSignedIn = false;

// To the sign-in page, which says why: the server tells the holder of a genuine token how its
// session ended. Browsers drop an expired token themselves; and who never had one is told nothing.
export async function leave(): Promise<void> {
  let ended = "unknown";
  try {
    ended = (await call<{ reason: string }>("GET", "/auth/session/end", { once: true })).reason;
  } catch (error) {
    if (error instanceof Problem && error.code === "authentication_required") {
      ended = wasSignedIn ? "expired" : "";
    }
  }
  // Of the tenant that the address names: a mail leads to the account so.
  const tenant = new URLSearchParams(location.search).get("tenant");
  location.replace(withReturn(withQuery(pages.signIn, { tenant, ended }), here()));
}

// What is no answer of ours, whatever its status says, must not be taken for one.
function sound<T>(answer: T, isSound: boolean): T {
  if (!isSound) throw new Problem(0, "unexpected", t("error.unexpected"));
  return answer;
}

// The session of this page; null after sending the visitor to the sign-in page.
export async function whoAmI(): Promise<SessionInfo | null> {
  try {
    const answer = await get<SessionInfo | null>("/auth/session");
    wasSignedIn = true;
    return sound(answer, typeof answer?.user?.email === "string" && Array.isArray(answer.session?.amr));
  } catch (error) {
    if (!isSignedOut(error)) throw error;
    await leave();
    return null;
  }
}

// The tenant of this page's session.
export async function whereAmI(): Promise<Info> {
  const answer = await get<Info>("/auth/info");
  return sound(answer, typeof answer?.tenant?.name === "string");
}

// SPEC R1: does one of these permissions cover `wanted`? For what a page offers; the server decides.
export function may(user: User, wanted: string): boolean {
  if (user.is_platform_admin || user.is_tenant_admin) return true;
  const segments = wanted.split(":");
  return user.permissions.some((held) => {
    if (held === "ALL_PERMISSIONS") return true;
    const parts = held.split(":");
    return parts.length === segments.length &&
      parts.every((part, i) => part === "*" || part === segments[i]);
  });
}

export const administers = (user: User): boolean =>
  ["auth:users:view", "auth:roles:view", "auth:attempts:view", "auth:audit:view"]
    .some((permission) => may(user, permission));

export const displayName = (user: Pick<User, "first_name" | "last_name" | "email">): string =>
  [user.first_name, user.last_name].map((name) => name?.trim()).filter(Boolean).join(" ") || user.email;
