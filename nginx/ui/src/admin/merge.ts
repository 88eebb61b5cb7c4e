// Two people at the same thing: what each changed is done to what is there by then, and what one of
// them takes back is their own change alone.
import { Problem } from "../base/api";
import { t } from "../base/texts";

// A list that became `after` from `before`, where `now` is what others made of it.
export function merged(now: readonly string[], before: readonly string[], after: readonly string[]): string[] {
  const [was, is, has] = [new Set(before), new Set(after), new Set(now)];
  return [...now.filter((one) => is.has(one) || !was.has(one)),
    ...after.filter((one) => !was.has(one) && !has.has(one))];
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const isList = (value: unknown): value is string[] => Array.isArray(value);

// The members that become `after` from `before`: lists merged, the others as they are.
export function changesTo<T extends object>(now: T, before: T, after: Partial<T>): Partial<T> {
  const changes: Partial<T> = {};
  for (const name of Object.keys(after) as (keyof T)[]) {
    const [has, was, is] = [now[name], before[name], after[name]];
    if (same(was, is)) continue;
    const wanted = isList(has) && isList(was) && isList(is) ? merged(has, was, is) as T[keyof T] : is;
    if (!same(wanted, has)) changes[name] = wanted as T[keyof T];
  }
  return changes;
}

// The same backwards; what was changed once more since stays.
export function changesBack<T extends object>(now: T, before: T, after: Partial<T>): Partial<T> {
  const own = (Object.keys(after) as (keyof T)[]).filter((name) => isList(after[name]) || same(now[name], after[name]));
  return changesTo(now, { ...before, ...after } as T,
    Object.fromEntries(own.map((name) => [name, before[name]])) as Partial<T>);
}

// At the fields that are to become `after` but that somebody else has changed since `before`.
export function collision<T extends object>(now: T, before: T, after: Partial<T>): Problem | null {
  const fields = (Object.keys(after) as (keyof T & string)[]).filter((name) => !isList(after[name]) &&
    !same(before[name], after[name]) && !same(now[name], before[name]) && !same(now[name], after[name]));
  const text = t("admin.changed_meanwhile");
  return fields.length === 0 ? null : new Problem(409, "", text, fields.map((name) => ({
    pointer: `/${name}`, code: "", detail: "",
    user_message: t("admin.changed_to", { value: String(now[name] ?? t("none")) }) })));
}

// Where nothing is left to take back.
export const undoneAlready = (): Problem => new Problem(409, "", t("admin.undo_late"));
