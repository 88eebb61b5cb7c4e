// Permissions (SPEC R1): module:resource:action, "*" for any of the three, a fourth part "own", and
// ALL_PERMISSIONS. What the catalogue lists are the boxes of the matrix; the others are "special".
import type { Permission } from "../base/types";

export const everything = "ALL_PERMISSIONS";

export interface Module {
  name: string;
  resources: string[];
  actions: string[];
  // Every code of it, and what it means.
  codes: Map<string, string | null>;
}

const grant = /^([a-z0-9_-]{1,60}|\*):([a-z0-9_-]{1,60}|\*):([a-z0-9_-]{1,60}|\*)(:own)?$/;

export const isGrant = (text: string): boolean => text === everything || grant.test(text);
export const isSpecial = (text: string): boolean => text === everything || text.includes("*") || text.endsWith(":own");

// The usual ones in the order in which people think of them.
const usual = ["view", "create", "edit", "delete"];
const byUse = (a: string, b: string): number => {
  const [i, j] = [usual.indexOf(a), usual.indexOf(b)];
  if (i >= 0 || j >= 0) return (i < 0 ? usual.length : i) - (j < 0 ? usual.length : j);
  return a.localeCompare(b);
};

export function modulesOf(catalogue: Permission[]): Module[] {
  const found = new Map<string, { resources: Set<string>; actions: Set<string>; codes: Map<string, string | null> }>();
  for (const { code, description } of catalogue) {
    const [name = "", resource = "", action = ""] = code.split(":");
    const one = found.get(name) ?? { resources: new Set(), actions: new Set(), codes: new Map() };
    one.resources.add(resource);
    one.actions.add(action);
    one.codes.set(code, description);
    found.set(name, one);
  }
  return [...found].sort(([a], [b]) => a.localeCompare(b)).map(([name, { resources, actions, codes }]) => ({
    name, codes, resources: [...resources].sort((a, b) => a.localeCompare(b)), actions: [...actions].sort(byUse),
  }));
}

// The ones with a star that give `code` too; ":own" ones give less.
export function givenBy(specials: string[], code: string): string | undefined {
  const parts = code.split(":");
  return specials.find((special) => special === everything || (!special.endsWith(":own") &&
    special.split(":").every((part, i) => part === "*" || part === parts[i])));
}

// Is there something in the catalogue that it is about? A role may hold nothing else.
export function isListed(modules: Module[], text: string): boolean {
  if (text === everything) return true;
  const [name, resource, action] = text.split(":");
  return modules.some((module) => (name === "*" || name === module.name) && [...module.codes.keys()].some((code) => {
    const [, r, a] = code.split(":");
    return (resource === "*" || resource === r) && (action === "*" || action === a);
  }));
}
