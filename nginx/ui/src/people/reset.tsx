// Where the mail's link that resets the password leads. A refused password leaves the link alive.
import { useState } from "preact/hooks";

import { post, Problem } from "../base/api";
import { pages } from "../base/session";
import { t } from "../base/texts";
import { Notice } from "../parts/feedback";
import { PasswordField } from "../parts/fields";
import { Form } from "../parts/form";
import { Card } from "../parts/shell";
import { forgetLink, tokenOfLink } from "./link";
import { To, useOptions } from "./options";

export function Reset() {
  const [token] = useState(tokenOfLink);
  const [done, setDone] = useState(false);
  const options = useOptions().data;
  const submit = async (values: Record<string, string>) => {
    await post("/auth/reset-password", { token, new_password: values["new_password"] });
    forgetLink();
    setDone(true);
  };
  const explain = (problem: Problem) => problem.status === 400
    ? <>{t("reset.failed")} <To page={pages.forgot}>{t("reset.ask_again")}</To></> : undefined;
  return (
    <Card title={t(done ? "reset.done_title" : "reset.title")}
      footer={!done && <p><To page={pages.signIn}>{t("sign_in.back")}</To></p>}>
      {done ? (
        <>
          <Notice kind="success">{t("reset.done")}</Notice>
          <a class="button primary wide" href={pages.signIn}>{t("sign_in.do")}</a>
        </>) : token ? (
        <Form submit={submit} explain={explain} label={t("reset.do")}>
          <PasswordField name="new_password" label={t("field.new_password")} autocomplete="new-password" autofocus
            meter={[options?.tenant.name ?? ""]} minLength={options?.password_min_length ?? 10} />
        </Form>) : (
        <Notice kind="error">{t("link.incomplete")} <To page={pages.forgot}>{t("reset.ask_again")}</To></Notice>)}
    </Card>);
}
