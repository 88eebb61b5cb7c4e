// Data that a component asks for when it appears, and lists that are read page by page.
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { asProblem, get, type Problem, type Query } from "../base/api";
import { cameBack } from "../base/route";
import { gateOf, goTo, here, isSignedOut, leave } from "../base/session";
import { t } from "../base/texts";
import type { Page } from "../base/types";
import { Failure, Loading } from "./feedback";

// A call's failure, unless there is something to do before anything can be shown: to sign in, to set up a
// second factor. Then the page goes where that is done.
function failed(error: unknown, show: (problem: Problem) => void): void {
  if (isSignedOut(error)) return void leave();
  const problem = asProblem(error);
  const gate = gateOf(problem, here());
  if (gate) void goTo(gate);
  else show(problem);
}

export interface Loaded<T> {
  data: T | undefined;
  problem: Problem | null;
  reload(): void;
  // For what the page knows better now, after a change it made.
  set(data: T): void;
}

// Asks again whenever `key` changes; what earlier keys brought is gone.
export function useLoad<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const [held, hold] = useState<{ key: string; data: T } | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let current = true;
    setProblem(null);
    load().then((data) => { if (current) hold({ key, data }); })
      .catch((error: unknown) => { if (current) failed(error, setProblem); });
    return () => { current = false; };
  }, [key, turn]);
  const data = held?.key === key ? held.data : undefined;
  return { data, problem, reload: () => setTurn(turn + 1), set: (next) => hold({ key, data: next }) };
}

// What was loaded, or that it is on its way, or why not.
export function Await<T>({ from, children }: { from: Loaded<T>; children: (data: T) => ComponentChildren }) {
  if (from.problem) return <Failure problem={from.problem} retry={from.reload} />;
  if (from.data === undefined) return <Loading />;
  return <>{children(from.data)}</>;
}

export interface List<T> {
  items: T[];
  // Of the first page; `more` while a further one is on its way.
  state: "loading" | "ready" | "more" | "failed";
  problem: Problem | null;
  hasMore: boolean;
  loadMore(): void;
  reload(): void;
  // Changes the items on the page, after a change that was made of one of them.
  replace(change: (items: T[]) => T[]): void;
}

// The last list that more than a page of was shown, for who comes back to it.
let last: { key: string; items: unknown[]; cursor: string | null; y: number } | null = null;

const mostOfPage = 200;

// As many items as there were, as they are now.
async function again<T>(path: string, query: Query, n: number): Promise<Page<T>> {
  const found: Page<T> = { items: [], next_cursor: null };
  do {
    const limit = Math.min(mostOfPage, n - found.items.length);
    const page: Page<T> = await get<Page<T>>(path, { ...query, limit, cursor: found.next_cursor });
    found.items.push(...page.items);
    found.next_cursor = page.next_cursor;
  } while (found.next_cursor !== null && found.items.length < n);
  return found;
}

export function useList<T>(path: string, query: Query = {}): List<T> {
  const key = JSON.stringify([path, query]);
  const [before] = useState(() => last?.key === key && cameBack() ? last : null);
  const [items, setItems] = useState<T[]>(before ? before.items as T[] : []);
  const [state, setState] = useState<List<T>["state"]>("loading");
  const [problem, setProblem] = useState<Problem | null>(null);
  const [cursor, setCursor] = useState<string | null>(before?.cursor ?? null);
  const turn = useRef(0);
  const shown = useRef(before?.items.length ?? 0);  // to be asked for again
  const pages = useRef(0);
  const read = useCallback(async (from: string | null) => {
    const mine = from === null ? ++turn.current : turn.current;
    const many = shown.current;
    shown.current = 0;
    setState(from === null ? "loading" : "more");
    setProblem(null);
    try {
      const page = many > 0 ? await again<T>(path, query, many) : await get<Page<T>>(path, { ...query, cursor: from });
      if (mine !== turn.current) return;
      pages.current = from !== null || many > 0 ? 2 : 1;
      setItems((now) => from === null ? page.items : [...now, ...page.items]);
      setCursor(page.next_cursor);
      setState("ready");
    } catch (error) {
      if (mine !== turn.current) return;
      setState("failed");
      if (from === null) {
        // What was there answered another question.
        setItems([]);
        setCursor(null);
      }
      failed(error, setProblem);
    }
  }, [key]);
  useEffect(() => { void read(null); }, [read]);
  useEffect(() => { if (before) requestAnimationFrame(() => scrollTo(0, before.y)); }, []);
  const latest = useRef({ key, items, cursor });
  latest.current = { key, items, cursor };
  useLayoutEffect(() => () => {
    if (pages.current > 1) last = { ...latest.current, y: scrollY };
  }, []);
  return {
    items, state, problem, hasMore: cursor !== null && state !== "loading",
    loadMore: () => { if (state === "ready" || state === "failed") void read(cursor); },
    reload: () => { void read(null); },
    replace: (change) => setItems(change),
  };
}

export interface Column<T> {
  // Empty for what can be done with a row.
  title: string;
  cell(item: T): ComponentChildren;
  // The cell that names the row.
  heads?: boolean;
  // Numbers.
  end?: boolean;
}

// A table where there is room for one, else a card a row. The roles say again what the elements mean:
// a style that makes blocks of them takes that away.
export function Table<T extends { id: string }>({ caption, list, columns, empty }:
    { caption: string; list: List<T>; columns: Column<T>[]; empty: ComponentChildren }) {
  const body = useRef<HTMLTableSectionElement>(null);
  // How many rows there were when more were asked for: with the last of them the button goes, and the focus
  // to the first new one.
  const before = useRef<number | null>(null);
  useLayoutEffect(() => {
    const row = before.current !== null && list.state !== "more" ? body.current?.rows[before.current] : undefined;
    if (!row) return;
    before.current = null;
    if (list.hasMore) return;
    row.tabIndex = -1;
    row.focus();
  }, [list.items.length, list.state]);
  if (list.state === "failed" && list.items.length === 0 && list.problem) {
    return <Failure problem={list.problem} retry={list.reload} />;
  }
  if (list.state === "loading" && list.items.length === 0) return <Loading />;
  if (list.items.length === 0) return <>{empty}</>;
  return (
    <>
      <table class="list" role="table" aria-busy={list.state === "loading"}>
        <caption class="hidden">{caption}</caption>
        <thead role="rowgroup">
          <tr role="row">
            {columns.map(({ title, end }) =>
              <th key={title} scope="col" role="columnheader" class={end ? "end" : undefined}>
                {title || <span class="hidden">{t("actions")}</span>}
              </th>)}
          </tr>
        </thead>
        <tbody ref={body} role="rowgroup">
          {list.items.map((item) => (
            <tr key={item.id} role="row">
              {columns.map(({ title, cell, heads, end }) => heads
                ? <th key={title} scope="row" role="rowheader" data-title={title}>{cell(item)}</th>
                : <td key={title} role="cell" data-title={title} class={end ? "end" : undefined}>{cell(item)}</td>)}
            </tr>))}
        </tbody>
      </table>
      {list.problem && <Failure problem={list.problem} retry={list.loadMore} />}
      {list.hasMore && (
        <p class="more">
          <button type="button" class="button" aria-disabled={list.state === "more"}
            onClick={() => {
              if (list.state === "more") return;
              before.current = list.items.length;
              list.loadMore();
            }}>
            {list.state === "more" && <span class="spinner" aria-hidden="true" />}{t("more")}
          </button>
        </p>)}
    </>);
}
