// Mailed links: the token of the one that was opened, and what it is for.
import { post, Problem } from "../base/api";
import type { MailedLink } from "../base/types";
import { useLoad } from "../parts/load";

// The token of a mailed link ("#token=…"). It leaves the address bar at once, so that neither the
// history's list nor somebody looking over a shoulder sees it; the entry's state keeps it, so that
// the page may be loaded again, in another language for instance.
// The same link, or another, opened here again changes the fragment alone.
addEventListener("hashchange", () => location.reload());

export function tokenOfLink(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) history.replaceState({ token }, "", location.pathname + location.search);
  const kept = (history.state as { token?: unknown } | null)?.token;
  return typeof kept === "string" ? kept : null;
}

async function ask(token: string): Promise<MailedLink | "dead" | "unknown"> {
  try {
    return await post<MailedLink>("/auth/mailed-link", { token });
  } catch (error) {
    return error instanceof Problem && error.code === "invalid_token" ? "dead" : "unknown";
  }
}

export interface OpenedLink {
  // Nothing is known of it yet.
  asking: boolean;
  // It is of no use here.
  dead: boolean;
  // Undefined, too, where no answer came: then the page does without, and using the link will tell.
  link: MailedLink | undefined;
}

// This browser need not know the tenant that a mail came from; the server does. Asking uses nothing up.
export function useMailedLink(token: string | null, purposes: readonly MailedLink["purpose"][]): OpenedLink {
  const { data } = useLoad(token ?? "", async () => token ? ask(token) : "unknown");
  const link = typeof data === "object" ? data : undefined;
  const misled = link !== undefined && !purposes.includes(link.purpose);
  return { asking: data === undefined, dead: data === "dead" || misled, link };
}

// Once it is used up.
export const forgetLink = (): void => history.replaceState(null, "");
