// Asks for a link that resets the password; the answer is the same for every address (SPEC P3).
import { useState } from "preact/hooks";

import { post } from "../base/api";
import { chosenTenant, pages, returnTarget } from "../base/session";
import { t } from "../base/texts";
import { Field } from "../parts/fields";
import { Form } from "../parts/form";
import { TenantCard, To } from "./options";

export function Forgot() {
  const [sentTo, setSentTo] = useState<string | null>(null);
  const submit = async (values: Record<string, string>) => {
    const tenant = chosenTenant();
    const email = values["email"]?.trim() ?? "";
    await post("/auth/forgot-password", { ...(tenant && { tenant }), email });
    setSentTo(email);
  };
  return (
    <TenantCard title={t(sentTo === null ? "forgot.title" : "forgot.sent_title")} footer={() =>
      <p><To page={pages.signIn} target={returnTarget()}>{t("sign_in.back")}</To></p>}>
      {() => sentTo !== null ? <p role="status">{t("forgot.sent", { email: sentTo })}</p> : (
        <>
          <p>{t("forgot.body")}</p>
          <Form submit={submit} label={t("forgot.do")}>
            <Field name="email" label={t("field.email_label")} inputMode="email" required autocomplete="username"
              autocapitalize="none" spellcheck={false} maxLength={254} autofocus />
          </Form>
        </>)}
    </TenantCard>);
}
