// Who the ids of people in the audit log are, and what its roles are called, as far as this page may
// know: the log carries ids alone.
import { useEffect, useState } from "preact/hooks";

import { get } from "../base/api";
import { displayName, may } from "../base/session";
import type { AuditEvent, Role, User } from "../base/types";
import type { Admin } from "./context";

// null: nobody by that id (any more), as far as we may see.
export type Names = ReadonlyMap<string, string | null>;

// Addresses and names that the events themselves tell, the latest of each.
function told(events: AuditEvent[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { target_type, target_id, before, after } of events) {
    const email = after?.["email"] ?? before?.["email"];
    if (target_type === "user" && target_id && typeof email === "string") found.set(target_id, email);
    const name = after?.["name"] ?? before?.["name"];
    if (target_type === "role" && target_id && typeof name === "string" && !found.has(target_id)) {
      found.set(target_id, name);
    }
  }
  return found;
}

// `others`: ids that are asked about besides, some perhaps nobody's.
export function useNames({ user, query }: Admin, events: AuditEvent[], others: string[] = []): Names {
  const [asked, setAsked] = useState(new Map<string, string | null>());
  const known = new Map<string, string | null>([[user.id, displayName(user)], ...told(events), ...asked]);
  const isUnknown = (id: string | null): id is string => id !== null && !known.has(id);
  const people = !may(user, "auth:users:view") ? [] : [
    ...events.flatMap(({ actor_id, target_type, target_id }) => [actor_id, target_type === "user" ? target_id : null])
      .filter(isUnknown),
    ...others.filter((id) => id !== user.id && !asked.has(id)),
  ];
  const roles = !may(user, "auth:roles:view") ? [] : events.flatMap(({ target_type, target_id }) =>
    target_type === "role" ? [target_id] : []).filter(isUnknown);
  useEffect(() => {
    let current = true;
    const ask = async <T>(kind: string, ids: string[], nameOf: (one: T) => string) => {
      // One after the other: a page of the log names a few at most.
      for (const id of new Set(ids)) {
        if (!current) return;
        const name = await get<T>(`/auth/${kind}/${encodeURIComponent(id)}`, query()).then(nameOf, () => null);
        if (current) setAsked((before) => new Map(before).set(id, name));
      }
    };
    void ask<User>("users", people, displayName).then(() => ask<Role>("roles", roles, ({ name }) => name));
    return () => { current = false; };
  }, [events, others.join()]);
  return known;
}
