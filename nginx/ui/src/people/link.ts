// The token of a mailed link ("#token=…"). It leaves the address bar at once, so that neither the
// history nor somebody looking over a shoulder keeps it.
// The same link, or another, opened here again changes the fragment alone.
addEventListener("hashchange", () => location.reload());

export function tokenOfLink(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (token) history.replaceState(null, "", location.pathname + location.search);
  return token;
}
