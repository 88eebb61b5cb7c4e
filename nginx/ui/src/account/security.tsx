// How somebody signs in: password, second factor, accounts elsewhere.
import { useState } from "preact/hooks";

import { get, post } from "../base/api";
import { pageFor, pages } from "../base/session";
import { t } from "../base/texts";
import type { SignInOptions } from "../base/types";
import { Dialog } from "../parts/dialog";
import { say } from "../parts/feedback";
import { PasswordField } from "../parts/fields";
import { Form, type Values } from "../parts/form";
import { useLoad } from "../parts/load";
import { Section, Title } from "../parts/shell";
import { LinkedAccounts } from "./linked";
import type { Mine } from "./me";
import { hasPassword, useProof } from "./proof";
import { SecondFactor } from "./second_factor";

export function Security(mine: Mine) {
  return (
    <>
      <Title tenant={mine.info.tenant.name}>{t("account.security")}</Title>
      <Password {...mine} />
      <SecondFactor {...mine} />
      <LinkedAccounts {...mine} />
    </>);
}

function Password(mine: Mine) {
  const [open, setOpen] = useState(false);
  return (
    <Section title={t("field.password")} intro={t("account.password.intro")}
      action={
        <button type="button" class="button small" onClick={() => setOpen(true)}>{t("change_password.do")}</button>}>
      {!hasPassword(mine.me) &&
        <p>{t("account.password.none")} <SetByMail slug={mine.info.tenant.slug} /></p>}
      {open && <Change {...mine} close={() => setOpen(false)} />}
    </Section>);
}

export const SetByMail = ({ slug }: { slug: string }) =>
  <a href={pageFor(pages.forgot, slug)}>{t("account.password.by_mail")}</a>;

function Change({ me, info, close }: Mine & { close(): void }) {
  const { slug, name } = info.tenant;
  const options = useLoad<SignInOptions>(slug, () => get("/auth/sign-in-options", { tenant: slug })).data;
  const proof = useProof(me, { code: true, name: "current_password" });
  const submit = async (values: Values) => {
    await proof.run(() => post("/auth/change-password", { ...proof.of(values), new_password: values["new_password"] }));
    say(t("account.password.done"));
    close();
  };
  return (
    <Dialog title={t("account.password.title")} close={close}>
      <Form submit={submit} explain={proof.explain} label={t("change_password.do")}
        actions={<button type="button" class="button" onClick={close}>{t("cancel")}</button>}>
        <p>{t("change_password.body")}</p>
        {proof.fields}
        <PasswordField name="new_password" label={t("field.new_password")} autocomplete="new-password"
          meter={[me.user.email, name, me.user.first_name ?? "", me.user.last_name ?? ""]}
          minLength={options?.password_min_length ?? 10} />
      </Form>
    </Dialog>);
}
