// The people of a tenant: found by words, status and role. What is asked for stands in the address.
import { useEffect, useState } from "preact/hooks";

import { all } from "../base/all";
import { go } from "../base/route";
import { displayName, may } from "../base/session";
import { plural, t } from "../base/texts";
import type { Role, User } from "../base/types";
import { Empty } from "../parts/feedback";
import { Icon } from "../parts/icon";
import { Table, useList, useLoad, type Column } from "../parts/load";
import { When } from "../parts/when";
import type { Admin } from "./context";
import { useDebounced } from "./debounce";
import { Title } from "./title";
import { Face, RoleTags, StatusTag } from "./users_tags";

const sorts = ["-created_at", "created_at", "email", "-email"] as const;

export function UserList({ context }: { context: Admin }) {
  const { q = "", status = "", role = "", sort = "-created_at" } = context.route.query;
  const list = useList<User>("/auth/users", context.query({ q, status, role_id: role, sort }));
  const filtered = Boolean(q || status || role);
  const set = (change: Record<string, string>) => {
    const next = { q, status, role, sort, ...change };
    go(context.link(["users"], { ...next, sort: next.sort === sorts[0] ? "" : next.sort }), true);
  };
  const columns: Column<User>[] = [
    { title: t("users.person"), heads: true, cell: (user) => <Who user={user} context={context} /> },
    { title: t("users.status"), cell: ({ status: one }) => <StatusTag status={one} /> },
    { title: t("users.roles"), cell: (user) => <RoleTags user={user} /> },
    { title: t("users.last_sign_in"), cell: ({ last_login_at: last }) => last
      ? <When time={last} /> : <span class="quiet">
        {t("users.never")}</span> },
  ];
  return (
    <>
      <div class="head">
        <Title>{t("users.title")}</Title>
        {may(context.user, "auth:users:create") &&
          <a class="button primary" href={context.link(["users", "new"])}><Icon name="plus" />{t("users.add")}</a>}
      </div>
      <section class="section" aria-label={t("users.list")}>
        <Filters {...{ context, q, status, role, sort, set }} />
        <p class="hidden" role="status">
          {list.state === "ready" && (list.hasMore ? t("users.shown_more", { n: list.items.length })
            : plural("users.shown", list.items.length))}
        </p>
        <Table caption={t("users.title")} list={list} columns={columns} empty={filtered ? (
          <Empty title={t("users.none_found")}>
            <button type="button" class="button small" onClick={() => set({ q: "", status: "", role: "" })}>
              {t("users.clear")}</button>
          </Empty>) : <Empty title={t("users.none")}><p>{t("users.none_more")}</p></Empty>} />
      </section>
    </>);
}

function Who({ user, context }: { user: User; context: Admin }) {
  const name = displayName(user);
  return (
    <span class="person">
      <Face user={user} />
      <span class="person-text">
        <a href={context.link(["users", user.id])}>{name}</a>
        {name !== user.email && <span class="line quiet person-mail">{user.email}</span>}
      </span>
    </span>);
}

interface Filter { q: string; status: string; role: string; sort: string }

function Filters({ context, q, status, role, sort, set }:
    Filter & { context: Admin; set(change: Partial<Filter>): void }) {
  const seesRoles = may(context.user, "auth:roles:view");
  const roles = useLoad("", () => seesRoles ? all<Role>("/auth/roles", context.query({ sort: "name" }))
    : Promise.resolve([]));
  const [typed, setTyped] = useState(q);
  const settled = useDebounced(typed);
  useEffect(() => {
    if (settled === typed && settled.trim() !== q) set({ q: settled.trim() });
  }, [settled]);
  // "Back", or a link, changed it.
  useEffect(() => { if (q !== typed.trim()) setTyped(q); }, [q]);
  return (
    <form class="toolbar" role="search" onSubmit={(event) => {
      event.preventDefault();
      set({ q: typed.trim() });
    }}>
      <div class="field grows">
        <label for="users-q">{t("users.search")}</label>
        <input id="users-q" type="search" value={typed} maxLength={100} autocomplete="off" spellcheck={false}
          placeholder={t("users.search_for")} onInput={(event) => setTyped(event.currentTarget.value)} />
      </div>
      <div class="field">
        <label for="users-status">{t("users.status")}</label>
        <select id="users-status" value={status} onChange={(event) => set({ status: event.currentTarget.value })}>
          <option value="">{t("users.any_status")}</option>
          {(["active", "pending", "disabled"] as const).map((one) => <option key={one} value={one}>
            {t(`users.status.${one}`)}</option>)}
        </select>
      </div>
      {seesRoles && (
        <div class="field">
          <label for="users-role">{t("users.role")}</label>
          <select id="users-role" value={role} onChange={(event) => set({ role: event.currentTarget.value })}>
            <option value="">{t("users.any_role")}</option>
            {roles.data?.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
          </select>
        </div>)}
      <div class="field">
        <label for="users-sort">{t("users.sort")}</label>
        <select id="users-sort" value={sort} onChange={(event) => set({ sort: event.currentTarget.value })}>
          {sorts.map((one) => <option key={one} value={one}>{t(`users.sort.${one}`)}</option>)}
        </select>
      </div>
    </form>);
}
