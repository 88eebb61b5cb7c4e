// A new person: an account that is in use at once, with a password that is mailed (SPEC U2).
import { useState } from "preact/hooks";

import { call } from "../base/api";
import { useIdempotency } from "../base/idempotency";
import { go } from "../base/route";
import { may } from "../base/session";
import { t } from "../base/texts";
import type { User } from "../base/types";
import { say } from "../parts/feedback";
import { Checkbox } from "../parts/fields";
import { Form, type Values } from "../parts/form";
import { Await, useLoad } from "../parts/load";
import { BackTo } from "./back_to";
import type { Admin } from "./context";
import { Title } from "./title";
import { factsOf, UserFields } from "./users_fields";
import { allRoles, RoleChoice } from "./users_roles";

export function NewUser({ context }: { context: Admin }) {
  const mayAssign = may(context.user, "auth:roles:assign") && may(context.user, "auth:roles:view");
  const mayFlag = context.user.is_tenant_admin || context.user.is_platform_admin;
  const roles = useLoad("", () => mayAssign ? allRoles(context) : Promise.resolve([]));
  const [chosen, setChosen] = useState<string[]>([]);
  const headersFor = useIdempotency();
  const submit = async (values: Values) => {
    const json = {
      ...factsOf(values), ...(chosen.length && { role_ids: chosen }),
      ...(values["is_tenant_admin"] && { is_tenant_admin: true }),
    };
    const made = await call<User>("POST", "/auth/users", { json, query: context.query(), headers: headersFor(json) });
    say(t("users.made", { email: made.email }));
    go(context.link(["users", made.id]));
  };
  return (
    <>
      <BackTo href={context.link(["users"])}>{t("users.title")}</BackTo>
      <Title>{t("users.new")}</Title>
      <section class="section" aria-label={t("users.new")}>
        <p class="intro">{t("users.new_intro")}</p>
        <Form submit={submit} label={t("users.make")} class="columns-2"
          actions={<a class="button" href={context.link(["users"])}>{t("cancel")}</a>}>
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
