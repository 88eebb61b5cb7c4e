// What an audit event says of before and after, as lines of a difference that people read.
import { dateTime, locale, t, tryText } from "../base/texts";
import { knownReason } from "../parts/attempt";
import { durationText, isDuration } from "./duration";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
type Members = Record<string, Json>;

export interface Change { path: string[]; before: Json | undefined; after: Json | undefined }

const isMembers = (value: Json | undefined): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);

// Lists of things with ids are compared thing by thing.
function byId(value: Json | undefined): Members | undefined {
  if (isMembers(value)) return value;
  if (!Array.isArray(value) || value.length === 0 ||
      !value.every((item) => isMembers(item) && typeof item["id"] === "string")) {
    return undefined;
  }
  return Object.fromEntries(value.map((item) => [String((item as Members)["id"]), item]));
}

const empty = (value: Json | undefined): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

// Told by their names beside them.
const hidden = ["role_ids"];

export function changesOf(before: Json | undefined, after: Json | undefined, path: string[] = []): Change[] {
  if (JSON.stringify(before ?? null) === JSON.stringify(after ?? null)) return [];
  const [was, is] = [byId(before), byId(after)];
  if ((was || is) && (was || empty(before)) && (is || empty(after))) {
    const keys = [...new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])].filter((key) =>
      path.length > 0 || !hidden.includes(key) || !("roles" in (is ?? was ?? {})));
    return keys.flatMap((key) => changesOf(was?.[key], is?.[key], [...path, key]));
  }
  return [{ path, before, after }];
}

// What a list lost and got, where both are lists of plain values.
export function listChange({ before, after }: Change): { gone: string[]; come: string[] } | undefined {
  const plain = (value: Json | undefined) => empty(value) ? []
    : Array.isArray(value) && value.every((item) => typeof item !== "object") ? value.map(String) : undefined;
  const [was, is] = [plain(before), plain(after)];
  if (!was || !is || !(Array.isArray(before) || Array.isArray(after))) return undefined;
  return { gone: was.filter((one) => !is.includes(one)), come: is.filter((one) => !was.includes(one)) };
}

export const nameOf = (key: string): string =>
  tryText(`audit.field.${key}`) ?? tryText(`settings.${key}`) ?? key.replaceAll("_", " ");

const isTime = (text: string): boolean => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text);

// A value in plain words; undefined where there is none.
export function valueText(key: string, value: Json | undefined): string | undefined {
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "boolean") return t(value ? "yes" : "no");
  if (typeof value === "number") return isDuration(key) ? durationText(value) : value.toLocaleString(locale);
  if (typeof value === "string") {
    return isTime(value) ? dateTime(value)
      : tryText(`settings.${key}.${value}`) ?? knownReason(value) ?? value;
  }
  if (Array.isArray(value)) {
    return value.length ? value.map((one) => valueText(key, one) ?? "").join(", ") : undefined;
  }
  return typeof value["name"] === "string" ? value["name"] : JSON.stringify(value);
}
