// The views of a page, as the address's fragment names them: "#/users/0192…?q=ann" is the path
// ["users", "0192…"] with a query. A fragment costs no request, and "back" works.
import { useEffect, useState } from "preact/hooks";

import { withQuery, type Query } from "./api";

export interface Route { path: string[]; query: Record<string, string> }

export function parseRoute(fragment: string): Route {
  const [path = "", query = ""] = fragment.replace(/^#\/?/, "").split("?", 2);
  return {
    path: path.split("/").filter(Boolean).map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    }),
    query: Object.fromEntries(new URLSearchParams(query)),
  };
}

export const href = (path: string[], query: Query = {}): string =>
  withQuery(`#/${path.map(encodeURIComponent).join("/")}`, query);

// `replace` where "back" should not come here again: a filter that changes while somebody types.
export function go(target: string, replace = false): void {
  if (!replace) {
    location.hash = target;
    return;
  }
  history.replaceState(null, "", target);
  dispatchEvent(new HashChangeEvent("hashchange"));
}

// Asked before a view is left: true keeps it, and then has put the address back.
export type Keeper = (target: string) => boolean;
export const keepers = new Set<Keeper>();

// The entries of the history that are this page's know their order: an entry without a number is new.
const numberOf = (): number | undefined => (history.state as { number?: number } | null)?.number;
let current = 0;
let known = false;

// Whether this view was come to by "back" or "forward".
export const cameBack = (): boolean => known;

function count(): void {
  known = numberOf() !== undefined;
  current = numberOf() ?? current + 1;
  history.replaceState({ number: current }, "");
}

// For a keeper. A new entry becomes the one that was left; one that "back" came to stays before it: then
// the answer is true, and "back" leads there again.
export function putBack(fragment: string): boolean {
  const number = numberOf();
  const before = number !== undefined && number < current;
  if (before) history.pushState({ number: current }, "", fragment);
  else history.replaceState({ number: current }, "", fragment);
  return before;
}

export function useRoute(): Route {
  const [fragment, tell] = useState(location.hash);
  useEffect(() => {
    count();
    const listener = () => {
      const target = location.hash;
      if ([...keepers].some((keeps) => keeps(target))) return;
      count();
      tell(target);
    };
    addEventListener("hashchange", listener);
    return () => removeEventListener("hashchange", listener);
  }, []);
  return parseRoute(fragment);
}
