// A role: its name, and what those who have it may do.
import { useMemo, useState } from "preact/hooks";

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
import { Title } from "../parts/shell";
import { BackTo } from "./back_to";
import type { Admin } from "./context";
import { modulesOf } from "./permission";
import { RoleForm, type RoleFacts } from "./roles_form";
import { undoing } from "./undo";

const catalogueOf = (context: Admin) => all<Permission>("/auth/permissions", context.query());
const roleOf = (context: Admin, id: string) => get<Role>(`/auth/roles/${encodeURIComponent(id)}`, context.query());

const mayChange = ({ user }: Admin, role: Role, what: "edit" | "delete"): boolean => may(user, `auth:roles:${what}`) &&
  (role.tenant_id !== null || (user.is_platform_admin && role.name !== "Platform Administrator"));

// New, or with what another one holds.
export function NewRole({ context }: { context: Admin }) {
  const from = context.route.query["from"];
  const loaded = useLoad("", async () => {
    const [catalogue, model] = await Promise.all([catalogueOf(context), from ? roleOf(context, from) : null]);
    return { modules: modulesOf(catalogue), model };
  });
  const headersFor = useIdempotency();
  const save = async (facts: RoleFacts) => {
    const made = await call<Role>("POST", "/auth/roles", { json: facts, query: context.query(), headers: headersFor(facts) });
    say(t("roles.made", { role: made.name }));
    go(context.link(["roles", made.id]));
  };
  return (
    <>
      <BackTo href={context.link(["roles"])}>{t("roles.title")}</BackTo>
      <Title>{t("roles.new")}</Title>
      <Await from={loaded}>
        {({ modules, model }) => (
          <RoleForm modules={modules} save={save} label={t("roles.make")} offersSystem={context.user.is_platform_admin && !context.tenantId}
            back={context.link(["roles"])} role={model && { ...model, name: t("roles.copy_of", { role: model.name }).slice(0, 64) }} isNew />)}
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
        {(one) => <Await from={catalogue}>{(codes) => <Shown {...{ context, role: one, codes, set: role.set }} />}</Await>}
      </Await>
    </>);
}

function Shown({ context, role, codes, set }: { context: Admin; role: Role; codes: Permission[]; set(role: Role): void }) {
  const modules = useMemo(() => modulesOf(codes), [codes]);
  // The form starts anew from what is kept: after a save that was undone.
  const [turn, setTurn] = useState(0);
  const changes = mayChange(context, role, "edit");
  const patch = (json: Partial<Role>) => call<Role>("PATCH", `/auth/roles/${role.id}`, { json, query: context.query() });
  const save = async (facts: RoleFacts) => {
    const json: Partial<Role> = {};
    const before: Partial<Role> = {};
    for (const name of ["name", "description", "permissions"] as const) {
      if (JSON.stringify(facts[name]) === JSON.stringify(role[name])) continue;
      Object.assign(json, { [name]: facts[name] });
      Object.assign(before, { [name]: role[name] });
    }
    if (Object.keys(json).length === 0) return say(t("roles.unchanged"));
    set(await patch(json));
    say(t("roles.saved", { role: facts.name }), undoing(async () => {
      set(await patch(before));
      setTurn((n) => n + 1);
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
          {may(context.user, "auth:users:view") && <a class="button small" href={context.link(["users"], { role: role.id })}>{t("roles.people")}</a>}
          {may(context.user, "auth:roles:create") &&
            <a class="button small" href={context.link(["roles", "new"], { from: role.id })}><Icon name="copy" />{t("roles.duplicate")}</a>}
          {mayChange(context, role, "delete") &&
            <button type="button" class="button small bad" onClick={() => remove(false)}>{t("roles.delete")}</button>}
        </div>
      </div>
      {!changes && <Notice kind="info">{t(role.tenant_id === null ? "roles.system_only" : "roles.read_only")}</Notice>}
      <RoleForm key={turn} modules={modules} role={role} save={save} label={t("save")} readOnly={!changes} back={context.link(["roles"])} />
    </>);
}
