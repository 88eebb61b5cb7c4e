// The e-mail address. A new one holds once the link that is mailed to it was opened (SPEC U3).
import { useState } from "preact/hooks";

import { post } from "../base/api";
import { t } from "../base/texts";
import { Dialog } from "../parts/dialog";
import { Notice } from "../parts/feedback";
import { Field } from "../parts/fields";
import { Form, type Values } from "../parts/form";
import { Section } from "../parts/shell";
import type { Me, Mine } from "./me";
import { useProof } from "./proof";

export function Email({ me }: Mine) {
  const [open, setOpen] = useState(false);
  const [sentTo, setSentTo] = useState<string | null>(null);
  return (
    <Section title={t("field.email_label")}
      action={
        <button type="button" class="button small" onClick={() => setOpen(true)}>{t("account.email.change")}</button>}>
      <p class="value">
        <span>{me.user.email}</span>
        {me.user.email_verified && <span class="tag good">{t("account.email.confirmed")}</span>}
      </p>
      {sentTo && <Notice kind="success">{t("account.email.sent", { email: sentTo })}</Notice>}
      {open && <Change me={me} close={() => setOpen(false)} sent={(to) => {
        setSentTo(to);
        setOpen(false);
      }} />}
    </Section>);
}

function Change({ me, close, sent }: { me: Me; close(): void; sent(to: string): void }) {
  const proof = useProof(me, { first: false });
  const submit = async (values: Values) => {
    const address = values["new_email"]?.trim() ?? "";
    await post("/auth/me/email", { new_email: address, ...proof.of(values) });
    sent(address);
  };
  return (
    <Dialog title={t("account.email.title")} close={close}>
      <Form submit={submit} explain={proof.explain} label={t("account.email.do")}
        actions={<button type="button" class="button" onClick={close}>{t("cancel")}</button>}>
        <p>{t("account.email.body", { email: me.user.email })}</p>
        <Field name="new_email" label={t("account.email.new")} inputMode="email" required autocomplete="email"
          autocapitalize="none" spellcheck={false} maxLength={254} autofocus />
        {proof.fields}
      </Form>
    </Dialog>);
}
