// Which roles somebody has: a list to tick.
import { useRef, useState } from "preact/hooks";

import { all } from "../base/all";
import { asProblem, call, get, type Problem } from "../base/api";
import { may } from "../base/session";
import { t } from "../base/texts";
import type { Role, User } from "../base/types";
import { Notice, say } from "../parts/feedback";
import { Await, useLoad } from "../parts/load";
import { Section } from "../parts/shell";
import type { Admin } from "./context";
import { everything } from "./permission";
import { undoing } from "./undo";
import { RoleTags } from "./users_tags";

// Those that can be given: everything everywhere is for platform administrators to give.
export const allRoles = async (context: Admin) => (await all<Role>("/auth/roles", context.query({ sort: "name" })))
  .filter(({ tenant_id: tenant, permissions }) => tenant !== null || context.user.is_platform_admin
    || !permissions.includes(everything));

// From how many on there is a field that filters them.
const many = 12;

export function RoleChoice({ roles, chosen, change }:
    { roles: Role[]; chosen: string[]; change(ids: string[]): void }) {
  const [words, setWords] = useState("");
  const shown = roles.filter(({ id, name }) => name.toLowerCase().includes(words.trim().toLowerCase())
    || chosen.includes(id));
  return (
    <div class="role-choice">
      {roles.length > many && (
        <input type="search" aria-label={t("users.roles_filter")} placeholder={t("users.roles_filter")} value={words}
          autocomplete="off"
          onInput={(event) => setWords(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Enter" && event.preventDefault()} />)}
      <ul class="role-list">
        {shown.map((role) => (
          <li key={role.id}>
            <label class="tick">
              <input type="checkbox" checked={chosen.includes(role.id)}
                onChange={(event) => change(event.currentTarget.checked
                ? [...chosen, role.id] : chosen.filter((id) => id !== role.id))} />
              <span>
                {role.name}{role.tenant_id === null && <> <span class="tag">{t("roles.system")}</span></>}
                {role.description && <span class="line quiet small-text">{role.description}</span>}
              </span>
            </label>
          </li>))}
      </ul>
      {shown.length === 0 && <p class="quiet">{t("users.roles_none")}</p>}
    </div>);
}

// Of one person: each tick is kept at once, and can be undone.
export function UserRoles({ context, user, set }: { context: Admin; user: User; set(user: User): void }) {
  const mayChange = may(context.user, "auth:roles:assign") && may(context.user, "auth:roles:view");
  const roles = useLoad("", () => mayChange ? allRoles(context) : Promise.resolve([]));
  const [wanted, setWanted] = useState<string[] | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  // One after the other: each replaces the whole list.
  const queue = useRef<Promise<unknown>>(Promise.resolve());
  const kept = user.roles.map(({ id }) => id);
  const path = `/auth/users/${user.id}`;

  // That one role, and no other: of the list as it is by now, which somebody else may have changed.
  // The answer is the place it had or got: the first role is the primary one.
  const turn = async (id: string, on: boolean, place?: number): Promise<number> => {
    const now = await get<User>(path, context.query());
    const ids = now.roles.map((one) => one.id);
    const at = ids.indexOf(id);
    if (on === at >= 0) {
      set(now);
      return at;
    }
    const next = on ? ids.toSpliced(place ?? ids.length, 0, id) : ids.toSpliced(at, 1);
    set(await call<User>("PUT", `${path}/roles`, { json: { role_ids: next }, query: context.query() }));
    return at;
  };
  // Undo stands in the queue as well.
  const enqueue = <T,>(run: () => Promise<T>): Promise<T> => {
    const done = queue.current.then(run);
    queue.current = done.catch(() => undefined);
    return done;
  };
  const keep = (ids: string[]) => {
    const before = wanted ?? kept;
    const on = ids.length > before.length;
    const id = (on ? ids.find((one) => !before.includes(one)) : before.find((one) => !ids.includes(one))) ?? "";
    const name = roles.data?.find((one) => one.id === id)?.name ?? "";
    setWanted(ids);
    setProblem(null);
    void enqueue(() => turn(id, on)).then((place) =>
      say(t(on ? "users.role_given" : "users.role_taken", { role: name }),
        undoing(() => enqueue(() => turn(id, !on, place)))))
      .catch((error: unknown) => setProblem(asProblem(error))).then(() => setWanted((now) => now === ids ? null : now));
  };
  return (
    <Section title={t("users.roles")} intro={mayChange ? t("users.roles_intro") : undefined}>
      {problem && <Notice kind="error">{problem.text}</Notice>}
      {mayChange ? (
        <Await from={roles}>{(found) => <RoleChoice roles={found} chosen={wanted ?? kept} change={keep} />}</Await>)
        : <RoleTags user={user} />}
    </Section>);
}
