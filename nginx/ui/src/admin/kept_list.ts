// A list that is as long and stands where it was once one comes back to it from something in it.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

import type { Query } from "../base/api";
import { useList, type List } from "../parts/load";

// Of the last list that was left.
let left = { key: "", count: 0, top: 0 };
const firstPage = 50;
const longestPage = 200;

export function useKeptList<T>(path: string, query: Query = {}): List<T> {
  const key = `${path} ${JSON.stringify(query)}`;
  const goal = useRef(left.key === key && left.count > 0 ? left : null);
  const limit = useRef(goal.current && goal.current.count > firstPage
    ? { key, most: Math.min(longestPage, goal.current.count) } : null);
  if (limit.current?.key !== key) limit.current = null;
  const list = useList<T>(path, limit.current ? { ...query, limit: limit.current.most } : query);
  const now = useRef({ key, count: 0 });
  now.current = { key, count: list.state === "loading" ? 0 : list.items.length };
  useLayoutEffect(() => () => { left = { ...now.current, top: scrollY }; }, []);
  useEffect(() => {
    if (!goal.current || list.state !== "ready") return;
    if (goal.current.key === key && list.items.length < goal.current.count && list.hasMore) return list.loadMore();
    const { key: wanted, top } = goal.current;
    goal.current = null;
    if (wanted === key) requestAnimationFrame(() => scrollTo(0, top));
  }, [list.state, list.items.length]);
  return list;
}
