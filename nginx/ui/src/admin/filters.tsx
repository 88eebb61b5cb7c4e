// The filters above a list. They live in the route, so that a link or "back" brings the same list.
import { toChildArray, type ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { go } from "../base/route";
import { t } from "../base/texts";
import { Empty } from "../parts/feedback";
import { Icon } from "../parts/icon";
import type { Admin } from "./context";
import { useDebounced } from "./debounce";

export interface Filters {
  // Without the empty ones.
  values: Record<string, string>;
  set(name: string, value: string): void;
  clear(): void;
}

export function useFilters({ route, link }: Admin, names: readonly string[]): Filters {
  const { tenant: _, ...rest } = route.query;
  const values = Object.fromEntries(names.flatMap((name) => rest[name] ? [[name, rest[name]]] : []));
  const others = Object.fromEntries(Object.entries(rest).filter(([name]) => !names.includes(name)));
  return {
    values,
    set: (name, value) => go(link(route.path, { ...rest, [name]: value }), true),
    clear: () => go(link(route.path, others), true),
  };
}

interface FilterProps { filters: Filters; name: string; label: string }

function Labelled({ label, children }: { label: string; children: (id: string) => ComponentChildren }) {
  const id = useId();
  return <div class="field"><label for={id}>{label}</label>{children(id)}</div>;
}

// Set once somebody has stopped typing, or at once with Enter.
export function TextFilter({ filters, name, label, type = "search", maxLength = 254 }:
    FilterProps & { type?: "search" | "email"; maxLength?: number }) {
  const value = filters.values[name] ?? "";
  const [typed, setTyped] = useState(value);
  // "Back", or a link, changed it; the space before the next word is nobody's change.
  useEffect(() => { if (value !== typed.trim()) setTyped(value); }, [value]);
  const settled = useDebounced(typed, 400);
  useEffect(() => { if (settled === typed && settled.trim() !== value) filters.set(name, settled.trim()); }, [settled]);
  return (
    <Labelled label={label}>
      {(id) => <input id={id} type="search" inputMode={type} value={typed} autocapitalize="none" spellcheck={false}
        maxLength={maxLength} onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={(event) => { if (event.key === "Enter") filters.set(name, typed.trim()); }} />}
    </Labelled>);
}

export function SelectFilter({ filters, name, label, any, options }:
    FilterProps & { any: string; options: readonly (readonly [string, string])[] }) {
  return (
    <Labelled label={label}>
      {(id) => (
        <select id={id} value={filters.values[name] ?? ""}
          onChange={(event) => filters.set(name, event.currentTarget.value)}>
          <option value="">{any}</option>
          {options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}
        </select>)}
    </Labelled>);
}

const two = (n: number): string => String(n).padStart(2, "0");

// A moment as an input of type datetime-local has it: in the visitor's own time zone.
export function localTime(time: string | null | undefined): string {
  const at = new Date(time ?? "");
  if (Number.isNaN(at.getTime())) return "";
  const day = `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

// And back; null for an empty or incomplete one.
export function utcTime(local: string | undefined): string | null {
  const at = new Date(local ?? "");
  return local && !Number.isNaN(at.getTime()) ? at.toISOString().replace(/\.\d+/, "") : null;
}

export function TimeFilter({ filters, name, label }: FilterProps) {
  return (
    <Labelled label={label}>
      {(id) => <input id={id} type="datetime-local" max="9999-12-31T23:59" value={localTime(filters.values[name])}
        onChange={({ currentTarget: input }) => {
          // Half a date is none yet.
          if (!input.validity.badInput) filters.set(name, utcTime(input.value) ?? "");
        }} />}
    </Labelled>);
}

// What stands where a list is empty: because of the filters, or because there is nothing.
export function NothingFound({ filters, title, children }:
    { filters: Filters; title: string; children?: ComponentChildren }) {
  if (Object.keys(filters.values).length === 0) return <Empty title={title}>{children}</Empty>;
  return (
    <Empty title={t("filters.nothing")}>
      <button type="button" class="button small" onClick={() => {
        filters.clear();
        document.querySelector<HTMLElement>("main h1")?.focus();
      }}>{t("filters.clear")}</button>
    </Empty>);
}

const wide = matchMedia("(min-width: 40.01rem)");

// Where there is little room, several filters wait behind a button; unless some are at work.
export function Toolbar({ filters, label, children }:
    { filters: Filters; label: string; children: ComponentChildren }) {
  const bar = useRef<HTMLDivElement>(null);
  const active = Object.keys(filters.values).length;
  const [open, setOpen] = useState(wide.matches || active > 0);
  useEffect(() => {
    const widen = () => { if (wide.matches) setOpen(true); };
    wide.addEventListener("change", widen);
    return () => wide.removeEventListener("change", widen);
  }, []);
  const clear = () => {
    filters.clear();
    bar.current?.querySelector<HTMLElement>("input, select")?.focus();
  };
  const one = toChildArray(children).length < 2;
  const fields = (
    <div ref={bar} class="toolbar filters" role="search" aria-label={label}>
      {children}
      {active > 0 && !one && <button type="button" class="button" onClick={clear}>{t("filters.clear")}</button>}
    </div>);
  if (one) return fields;
  return (
    <details class="filter-box" open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary><Icon name="filter" />{t("filters.title")}{active > 0 && <span class="tag">{active}</span>}</summary>
      {fields}
    </details>);
}
