// A role: its name, and what those who have it may do.
import { useMemo, useRef, useState } from "preact/hooks";

import { all } from "../base/all";
import { call, get, Problem } from "../base/api";
import { useIdempotency } from "../base/idempotency";
import { go } from "../base/route";
import { may } from "../base/session";
import { t } from "../base/texts";
import type { Permission, Role } from "../base/types";
import { confirm } from "../parts/dialog";
import { Notice, say } from "../parts/feedback";
import { Icon } from "../parts/icon";
import { Await, useLoad } from "../parts/load";
import { BackTo } from "./back_to";
import type { Admin } from "./context";
import { changesBack, changesTo, collision, undoneAlready } from "./merge";
import { modulesOf } from "./permission";
import { RoleForm, type RoleFacts } from "./roles_form";
import { takenAt } from "./taken";
import { Title } from "./title";
import { undoing } from "./undo";

const catalogueOf = (context: Admin) => all<Permission>("/auth/permissions", context.query());
const roleOf = (context: Admin, id: string) => get<Role>(`/auth/roles/${encodeURIComponent(id)}`, context.query());

const mayChange = ({ user }: Admin, role: Role, what: "edit" | "delete"): boolean => may(user, `auth:roles:${what}`) &&
  (role.tenant_id !== null || (user.is_platform_admin && role.name !== "Platform Administrator"));

const nameTaken = (error: unknown): never => { throw takenAt(error, "name", t("roles.taken")); };

// New, or with what another one holds.
export function NewRole({ context }: { context: Admin }) {
  const from = context.route.query["from"];
  const loaded = useLoad("", async () => {
    const [catalogue, model] = await Promise.all([catalogueOf(context), from ? roleOf(context, from) : null]);
    return { modules: modulesOf(catalogue), model };
  });
  const headersFor = useIdempotency();
  const save = async (facts: RoleFacts) => {
    const made = await call<Role>("POST", "/auth/roles", { json: facts, query: context.query(),
      headers: headersFor(facts) }).catch(nameTaken);
    say(t("roles.made", { role: made.name }));
    go(context.link(["roles", made.id]));
  };
  return (
    <>
      <BackTo href={context.link(["roles"])}>{t("roles.title")}</BackTo>
      <Title>{t("roles.new")}</Title>
      <Await from={loaded}>
        {({ modules, model }) => (
          <RoleForm modules={modules} save={save} label={t("roles.make")}
            offersSystem={context.user.is_platform_admin && !context.tenantId}
            back={context.link(["roles"])} role={model && { ...model,
              name: t("roles.copy_of", { role: model.name }).slice(0, 64) }} isNew />)}
      </Await>
    </>);
}

export function OneRole({ context, id }: { context: Admin; id: string }) {
  const role = useLoad(id, () => roleOf(context, id));
  const catalogue = useLoad("", () => catalogueOf(context));
  return (
    <>
      <BackTo href={context.link(["roles"])}>{t("roles.title")}</BackTo>
      <Await from={role}>
        {(one) => <Await from={catalogue}>{(codes) => <Shown {...{ context, role: one, codes,
          set: role.set }} />}</Await>}
      </Await>
    </>);
}

function Shown({ context, role, codes, set }:
    { context: Admin; role: Role; codes: Permission[]; set(role: Role): void }) {
  const modules = useMemo(() => modulesOf(codes), [codes]);
  // The form starts anew from what is kept: after a save that was undone.
  const [turn, setTurn] = useState(0);
  const changes = mayChange(context, role, "edit");
  const patch = (json: Partial<Role>) => call<Role>("PATCH", `/auth/roles/${role.id}`,
    { json, query: context.query() });
  const anew = (next: Role) => {
    set(next);
    setTurn((n) => n + 1);
    requestAnimationFrame(() => document.querySelector<HTMLElement>("main h1")?.focus());
  };
  // The latest that they were told of: whoever saves once more means it.
  const told = useRef(role.updated_at);
  const save = async (facts: RoleFacts) => {
    const now = await roleOf(context, role.id);
    const problem = collision<Partial<Role>>(now, role, facts);
    if (problem && told.current !== now.updated_at) {
      told.current = now.updated_at;
      throw problem;
    }
    const changes = changesTo<Partial<Role>>(now, role, facts);
    const mixed = now.updated_at !== role.updated_at;
    if (Object.keys(changes).length === 0 && !mixed) return say(t("roles.unchanged"));
    const kept = Object.keys(changes).length > 0 ? await patch(changes).catch(nameTaken) : now;
    told.current = kept.updated_at;
    if (mixed) anew(kept);
    else set(kept);
    say(t(mixed ? "roles.saved_mixed" : "roles.saved", { role: kept.name }), undoing(async () => {
      const back = changesBack<Partial<Role>>(await roleOf(context, role.id), now, changes);
      if (Object.keys(back).length === 0) throw undoneAlready();
      anew(await patch(back));
    }));
  };
  const remove = (force: boolean) => confirm({
    title: t(force ? "roles.delete_used" : "roles.delete_title"),
    body: <p>{t(force ? "roles.delete_used_body" : "roles.delete_body", { role: role.name })}</p>,
    action: t(force ? "roles.delete_anyway" : "roles.delete"),
    danger: true,
    run: async () => {
      try {
        await call("DELETE", `/auth/roles/${role.id}`, { query: context.query(force ? { force } : {}) });
      } catch (error) {
        if (force || !(error instanceof Problem) || error.code !== "role_in_use") throw error;
        remove(true);
        return;
      }
      say(t("roles.deleted", { role: role.name }));
      go(context.link(["roles"]));
    },
  });
  return (
    <>
      <div class="head">
        <div>
          <Title>{role.name}</Title>
          {role.tenant_id === null && <p class="tags"><span class="tag accent">{t("roles.system")}</span></p>}
        </div>
        <div class="row-actions">
          {may(context.user, "auth:users:view") && <a class="button small"
            href={context.link(["users"], { role: role.id })}>{t("roles.people")}</a>}
          {may(context.user, "auth:roles:create") &&
            <a class="button small" href={context.link(["roles", "new"], { from: role.id })}><Icon name="copy" />
              {t("roles.duplicate")}</a>}
          {mayChange(context, role, "delete") &&
            <button type="button" class="button small bad" onClick={() => remove(false)}>{t("roles.delete")}</button>}
        </div>
      </div>
      {!changes && <Notice kind="info">{t(role.tenant_id === null ? "roles.system_only" : "roles.read_only")}</Notice>}
      <RoleForm key={turn} modules={modules} role={role} save={save} label={t("save")} readOnly={!changes}
        back={context.link(["roles"])} />
    </>);
}
