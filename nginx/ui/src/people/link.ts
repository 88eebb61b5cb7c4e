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

// Once it is used up.
export const forgetLink = (): void => history.replaceState(null, "");
