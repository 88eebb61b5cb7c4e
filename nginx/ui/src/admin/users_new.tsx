// A new person: an account that is in use at once, with a password that is mailed (SPEC U2).
import { useState } from "preact/hooks";

import { call, get } from "../base/api";
import { useIdempotency } from "../base/idempotency";
import { go } from "../base/route";
import { displayName, may } from "../base/session";
import { t } from "../base/texts";
import type { Page, User } from "../base/types";
import { Notice, say } from "../parts/feedback";
import { Checkbox } from "../parts/fields";
import { Form, type Values } from "../parts/form";
import { Await, useLoad } from "../parts/load";
import { BackTo } from "./back_to";
import type { Admin } from "./context";
import { takenAt } from "./taken";
import { Title } from "./title";
import { factsOf, UserFields } from "./users_fields";
import { allRoles, RoleChoice } from "./users_roles";

export function NewUser({ context }: { context: Admin }) {
  const mayAssign = may(context.user, "auth:roles:assign") && may(context.user, "auth:roles:view");
  const mayFlag = context.user.is_tenant_admin || context.user.is_platform_admin;
  const roles = useLoad("", () => mayAssign ? allRoles(context) : Promise.resolve([]));
  const [chosen, setChosen] = useState<string[]>([]);
  // Who has the address already.
  const [known, setKnown] = useState<User | null>(null);
  const headersFor = useIdempotency();
  const submit = async (values: Values) => {
    const json = {
      ...factsOf(values), ...(chosen.length && { role_ids: chosen }),
      ...(values["is_tenant_admin"] && { is_tenant_admin: true }),
    };
    setKnown(null);
    const made = await call<User>("POST", "/auth/users", { json, query: context.query(), headers: headersFor(json) })
      .catch(async (error: unknown) => {
        const problem = takenAt(error, "email", t("users.taken"));
        if (problem.code === "already_exists" && may(context.user, "auth:users:view")) {
          const email = json.email ?? "";
          const { items } = await get<Page<User>>("/auth/users", context.query({ email }));
          setKnown(items[0] ?? null);
        }
        throw problem;
      });
    say(t("users.made", { email: made.email }));
    go(context.link(["users", made.id]));
  };
  return (
    <>
      <BackTo href={context.link(["users"])}>{t("users.title")}</BackTo>
      <Title>{t("users.new")}</Title>
      <section class="section" aria-label={t("users.new")}>
        <p class="intro">{t("users.new_intro")}</p>
        <Form guard submit={submit} label={t("users.make")} class="columns-2"
          actions={<a class="button" href={context.link(["users"])}>{t("cancel")}</a>}>
          {known && (
            <Notice kind="info">
              {t("users.taken_by")} <a href={context.link(["users", known.id])}>{displayName(known)}</a>
            </Notice>)}
          <UserFields />
          {mayAssign && (
            <fieldset class="whole">
              <legend>{t("users.roles")}</legend>
              <Await from={roles}>
                {(found) => <RoleChoice roles={found} chosen={chosen} change={setChosen} />}
              </Await>
            </fieldset>)}
          {mayFlag && <div class="whole"><Checkbox name="is_tenant_admin" label={t("users.tenant_admin")}
            help={t("users.tenant_admin_help")} /></div>}
        </Form>
      </section>
    </>);
}
