// Register (SPEC U1). Whatever is at the address, the answer is that a mail was sent.
import { useState } from "preact/hooks";

import { post } from "../base/api";
import { chosenTenant, pages, rememberTenant, returnTarget } from "../base/session";
import { t } from "../base/texts";
import { Empty, Notice } from "../parts/feedback";
import { Field, PasswordField } from "../parts/fields";
import { Form } from "../parts/form";
import { TenantCard, To } from "./options";
import { Resend } from "./resend";

export function Register() {
  const target = returnTarget();
  const [sentTo, setSentTo] = useState<string | null>(null);
  const [email, setEmail] = useState("");
  const submit = async (values: Record<string, string>) => {
    const tenant = chosenTenant();
    const optional = Object.fromEntries(["first_name", "last_name"]
      .map((name) => [name, values[name]?.trim()]).filter(([, value]) => value));
    const address = values["email"]?.trim() ?? "";
    await post("/auth/register", {
      ...(tenant && { tenant }), email: address, password: values["password"], ...optional,
    });
    rememberTenant(tenant);
    setSentTo(address);
  };
  if (sentTo !== null) {
    return (
      <TenantCard title={t("register.sent_title")} footer={() =>
        <p><To page={pages.signIn} target={target}>{t("sign_in.back")}</To></p>}>
        {() => (
          <>
            <p>{t("register.sent", { email: sentTo })}</p>
            <p class="quiet">{t("register.sent_more")} <Resend email={sentTo} /></p>
          </>)}
      </TenantCard>);
  }
  return (
    <TenantCard title={t("register.title")} footer={() =>
      <p>{t("register.have_one")} <To page={pages.signIn} target={target}>{t("sign_in.do")}</To></p>}>
      {(options) => options.registration === "closed" ? <Empty title={t("register.closed")} /> : (
        <>
          {options.registration === "domain" && <Notice kind="info">{t("register.domain")}</Notice>}
          <Form submit={submit} label={t("register.do")}>
            <div class="pair">
              <Field name="first_name" label={t("field.first_name")} autocomplete="given-name" maxLength={100} />
              <Field name="last_name" label={t("field.last_name")} autocomplete="family-name" maxLength={100} />
            </div>
            <Field name="email" label={t("field.email_label")} inputMode="email" required autocomplete="username"
              autocapitalize="none" spellcheck={false} maxLength={254}
              onInput={(event) => setEmail(event.currentTarget.value)} />
            <PasswordField name="password" label={t("field.password")} autocomplete="new-password"
              meter={[email, options.tenant.name]} minLength={options.password_min_length} />
          </Form>
        </>)}
    </TenantCard>);
}
