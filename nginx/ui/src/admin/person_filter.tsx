// A filter by a person: the list takes an id, people type a name or an address. What is no id yet is
// never sent, and the list stays what it was.
import { useEffect, useId, useRef, useState } from "preact/hooks";

import { get } from "../base/api";
import { displayName, may } from "../base/session";
import { t } from "../base/texts";
import type { Page, User } from "../base/types";
import { Icon } from "../parts/icon";
import type { Names } from "./audit_names";
import type { Admin } from "./context";
import { useDebounced } from "./debounce";
import type { Filters } from "./filters";

export const isId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);

interface Found { id: string; name: string; more: string }
const most = 8;

// Without a look at people: those whom the list names anyway.
async function find({ user, query }: Admin, names: Names, words: string): Promise<Found[]> {
  if (may(user, "auth:users:view")) {
    const { items } = await get<Page<User>>("/auth/users", query({ q: words, limit: most }));
    return items.map((one) => ({ id: one.id, name: displayName(one), more: one.email }));
  }
  return [...names].flatMap(([id, name]) => name?.toLowerCase().includes(words.toLowerCase())
    ? [{ id, name, more: "" }] : []).slice(0, most);
}

export function PersonFilter({ context, filters, name, label, names, accepts = isId }: {
  context: Admin;
  filters: Filters;
  name: string;
  label: string;
  names: Names;
  // What may be sent as it is typed.
  accepts?(text: string): boolean;
}) {
  const id = useId();
  const value = filters.values[name] ?? "";
  const [typed, setTyped] = useState<string | null>(null);
  const [found, setFound] = useState<Found[] | null>(null);
  const [at, setAt] = useState(-1);
  const [wrong, setWrong] = useState(false);
  const words = useDebounced((typed ?? "").trim());
  // At once, while the log may know but an address.
  const chosen = useRef({ id: "", name: "" });
  const shown = typed ?? (value && (chosen.current.id === value ? chosen.current.name : names.get(value) ?? value));
  // In an old link, too.
  const bad = wrong || (typed === null && value !== "" && !accepts(value));
  useEffect(() => setTyped(null), [value]);
  useEffect(() => {
    if (words === "" || typed === null || accepts(words)) return setFound(null);
    let current = true;
    find(context, names, words).catch(() => []).then((items) => {
      if (!current) return;
      setFound(items);
      setAt(-1);
    });
    return () => { current = false; };
  }, [words, typed === null]);
  const close = () => {
    setFound(null);
    setAt(-1);
  };
  const choose = (one: Found) => {
    chosen.current = one;
    setWrong(false);
    close();
    setTyped(null);
    filters.set(name, one.id);
  };
  // By Enter, or on leaving the field: what is typed has to be somebody.
  const settle = () => {
    const text = typed?.trim();
    if (text === undefined) return;
    const one = found?.[at] ?? (found?.length === 1 ? found[0] : undefined);
    if (one) choose(one);
    else if (text === "" || accepts(text)) {
      setWrong(false);
      setTyped(null);
      filters.set(name, text);
    } else setWrong(true);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") {
      event.preventDefault();
      settle();
    } else if (event.key === "Escape" && found) {
      event.preventDefault();
      close();
    } else if (found?.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      setAt((now) => (now + (event.key === "ArrowDown" ? 1 : now < 0 ? 0 : -1) + found.length) % found.length);
    }
  };
  return (
    <div class="field combo">
      <label for={id}>{label}</label>
      <input id={id} type="text" role="combobox" value={shown} autocomplete="off" autocapitalize="none"
        spellcheck={false} maxLength={200} placeholder={t("audit.person_for")}
        aria-autocomplete="list" aria-expanded={Boolean(found?.length)} aria-controls={`${id}-list`}
        aria-activedescendant={found?.[at] ? `${id}-${at}` : undefined}
        aria-invalid={bad ? true : undefined} aria-describedby={bad ? `${id}-error` : undefined}
        onInput={({ currentTarget: { value: text } }) => {
          setTyped(text);
          setWrong(false);
          if (text === "") filters.set(name, "");
        }}
        onKeyDown={onKeyDown} onBlur={settle} />
      <ul id={`${id}-list`} class="combo-list" role="listbox" aria-label={label} hidden={!found?.length}>
        {found?.map((one, i) => (
          <li key={one.id} id={`${id}-${i}`} role="option" aria-selected={i === at}
            onMouseDown={(event) => {
              // The field keeps the focus.
              event.preventDefault();
              choose(one);
            }}>
            {one.name}{one.more && one.more !== one.name && <span class="line help">{one.more}</span>}
          </li>))}
      </ul>
      <p class="hidden" role="status">{found && typed !== null && (found.length
        ? t("audit.people_found", { n: found.length }) : t("audit.person_none"))}</p>
      {bad && <p class="field-error" id={`${id}-error`}><Icon name="alert" />
        {t(found?.length ? "audit.person_choose" : "audit.person_none")}</p>}
    </div>);
}
