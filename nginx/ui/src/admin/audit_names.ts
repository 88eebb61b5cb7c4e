// Who the ids of people in the audit log are, as far as this page may know: the log carries ids alone.
import { useEffect, useState } from "preact/hooks";

import { get } from "../base/api";
import { displayName, may } from "../base/session";
import type { AuditEvent, User } from "../base/types";
import type { Admin } from "./context";

// null: nobody by that id (any more), as far as we may see.
export type Names = ReadonlyMap<string, string | null>;

// Addresses that the events themselves tell.
function told(events: AuditEvent[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { target_type, target_id, before, after } of events) {
    const email = after?.["email"] ?? before?.["email"];
    if (target_type === "user" && target_id && typeof email === "string") found.set(target_id, email);
  }
  return found;
}

// `others`: ids that are asked about besides, some perhaps nobody's.
export function useNames({ user, query }: Admin, events: AuditEvent[], others: string[] = []): Names {
  const [asked, setAsked] = useState(new Map<string, string | null>());
  const known = new Map<string, string | null>([[user.id, displayName(user)], ...told(events), ...asked]);
  const wanted = [...new Set([
    ...events.flatMap(({ actor_id, target_type, target_id }) => [actor_id, target_type === "user" ? target_id : null])
      .filter((id) => id !== null && !known.has(id)),
    ...others.filter((id) => id !== user.id && !asked.has(id)),
  ])].filter((id) => id !== null);
  useEffect(() => {
    if (wanted.length === 0 || !may(user, "auth:users:view")) return;
    let current = true;
    const ask = async () => {
      // One after the other: a page of the log names a few people at most.
      for (const id of wanted) {
        const name = await get<User>(`/auth/users/${encodeURIComponent(id)}`, query()).then(displayName, () => null);
        if (!current) return;
        setAsked((before) => new Map(before).set(id, name));
      }
    };
    void ask();
    return () => { current = false; };
  }, [events, others.join()]);
  return known;
}
