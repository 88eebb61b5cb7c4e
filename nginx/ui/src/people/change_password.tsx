// A password that must be changed before anything else (SPEC P5): a generated one, for instance.
import { useState } from "preact/hooks";

import { post, Problem } from "../base/api";
import { goOn, returnTarget, whoAmI } from "../base/session";
import { t } from "../base/texts";
import { CodeField, PasswordField } from "../parts/fields";
import { Form } from "../parts/form";
import { Await, useLoad } from "../parts/load";
import { Card, signOut } from "../parts/shell";
import { useOptions } from "./options";

export function ChangePassword() {
  const session = useLoad("", whoAmI);
  const options = useOptions().data;
  const [codeToo, setCodeToo] = useState(false);
  const submit = async (values: Record<string, string>) => {
    try {
      await post("/auth/change-password", {
        current_password: values["current_password"], new_password: values["new_password"],
        ...(values["code"] && { code: values["code"] }),
      });
    } catch (error) {
      if (error instanceof Problem && error.code === "second_factor_required") setCodeToo(true);
      throw error;
    }
    await goOn(returnTarget());
  };
  return (
    <Card title={t("change_password.title")} tenant={options?.tenant.name}
      footer={<p><button type="button" class="link" onClick={signOut}>{t("sign_out")}</button></p>}>
      <Await from={session}>
        {(me) => me && (
          <>
            <p>{t(me.user.must_change_password ? "change_password.forced" : "change_password.body")}</p>
            <Form submit={submit} label={t("change_password.do")}>
              <input type="text" name="username" autocomplete="username" value={me.user.email} class="hidden"
                tabIndex={-1} aria-hidden="true" readOnly />
              <PasswordField name="current_password" label={t("field.current_password")}
                autocomplete="current-password" autofocus />
              <PasswordField name="new_password" label={t("field.new_password")} autocomplete="new-password"
                meter={[me.user.email, options?.tenant.name ?? ""]} minLength={options?.password_min_length ?? 10} />
              {(codeToo || me.user.two_factor_enabled) &&
                <CodeField name="code" label={t("second_factor.code")} help={t("second_factor.either")} />}
            </Form>
          </>)}
      </Await>
    </Card>);
}
